// The calls that are made most often, C_Sign and its kin: a session, some bytes, and a buffer for the result.

import { MOST_DIRECT } from '../wire/direct';
import type { Library } from './library';
import { goesOn, numberOf, type Turn } from './turns';

const HANDLE = 8;

/** Neither empty, which may be detached, nor long. */
const isShort = (length: number): boolean => length > 0 && length <= MOST_DIRECT;

/**
 * Makes such a call where everything is as it is nearly always; undefined where it is not, and nothing has been done: then the long way finds out why.
 */
export function quickly(
  library: Library,
  call: number,
  turn: Turn | undefined,
  session: unknown,
  input: unknown,
  output: unknown,
): Uint8Array | undefined {
  const { turns, direct } = library;
  if (turns.someKept) return undefined;
  // A Proxy is an instance of what it stands for, and no view.
  if (!ArrayBuffer.isView(session) || !ArrayBuffer.isView(input) || !ArrayBuffer.isView(output)) return undefined;
  const inputLength = (input as Uint8Array).length;
  const room = (output as Uint8Array).length;
  if ((session as Uint8Array).length !== HANDLE || library.size !== HANDLE || !isShort(inputLength) || !isShort(room)) return undefined;
  // After their lengths: V8 knows by then what they are.
  if (!(session instanceof Uint8Array) || !(input instanceof Uint8Array) || !(output instanceof Uint8Array)) return undefined;
  try {
    const result = direct.call(call, session, input, inputLength, output, room);
    if (turn !== undefined && turns.someWait) turns.used(numberOf(session), turn);
    return result;
  } catch (error) {
    if (turn !== undefined && turns.someWait && !goesOn(error)) turns.used(numberOf(session), turn);
    throw error;
  }
}
