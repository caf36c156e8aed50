// The data of an operation: in one piece, or in pieces that come one after the other.

import { bytes, wrongType } from './arguments';
import { concat, copyOf } from './bytes';
import type { Patience } from './patience';

/** Bytes in one piece. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** Bytes in one piece, or pieces of bytes: an array of them, a generator, a stream. */
export type DataInput = Bytes | Iterable<Bytes> | AsyncIterable<Bytes>;

/** Pieces of bytes only. */
export type DataSource = Iterable<Bytes> | AsyncIterable<Bytes>;

const EXPECTED = 'a Uint8Array, Buffer, TypedArray, DataView or ArrayBuffer, or an iterable, async iterable or stream of them';

/** A copy of data that comes in one piece: what the caller does to it afterwards changes nothing. Undefined for pieces. */
export function wholeOf(data: DataInput, name = 'data'): Uint8Array | undefined {
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return copyOf(bytes(data, name, true));
  // A string is iterable too, but no bytes.
  if (typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)) return undefined;
  throw wrongType(name, EXPECTED, data, true);
}

/** The pieces of a source, each as bytes; ends the source when it is left early. */
export async function* piecesOf(data: DataInput, patience: Patience, name = 'data'): AsyncGenerator<Uint8Array, void, undefined> {
  const source = data as DataSource;
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let over = false;
  try {
    for (let index = 0; ; index++) {
      let step: IteratorResult<Bytes, unknown>;
      try {
        step = await patience.orEnd(iterator.next());
      } catch (error) {
        // Whoever throws has ended; a source that merely takes too long has not.
        over = patience.options.signal?.aborted !== true;
        throw error;
      }
      if (step.done === true) {
        over = true;
        return;
      }
      yield bytes(step.value, `${name}[${index}]`, true);
    }
  } finally {
    if (!over) void endOf(iterator);
  }
}

/** All pieces as one, for mechanisms that take nothing else. */
export async function collect(data: DataInput, patience: Patience, name = 'data'): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of piecesOf(data, patience, name)) pieces.push(copyOf(piece));
    return concat(pieces);
  } finally {
    for (const piece of pieces) piece.fill(0);
  }
}

// Not waited for: a source that hangs would hold the caller, and what it says now interests nobody.
async function endOf(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The operation has its own error already.
  }
}
