// The shortest way to a function and back: a session, some bytes, room for the result. Callers that make such calls on their own thread again and again, and give
// little each time, would spend more on a request and a reply than on the call.

import { MANNER } from '../generated/calls';
import { replyPlace } from './binding';
import type { Client } from './client';
import { errorOf } from './pending-call';
import { ReplyReader } from './reader';

const HEADER = 8;
const HANDLE = 8;
const LENGTH = 4;
const REPLY_HEADER = 16;
// Up to here a loop is quicker than the built-in functions.
const SHORT = 16;
/** Most bytes of input and of output. */
export const MOST_DIRECT = 1024;
const SIZE = 2 * MOST_DIRECT + 256;

/** The memory of such calls. */
export class DirectCalls {
  readonly #run: (length: number) => number | Uint8Array;
  readonly #frame = new Uint8Array(new ArrayBuffer(SIZE));
  /** The same, to be wiped: eight bytes at a time, for `fill` takes longer than so few. */
  readonly #words = new Float64Array(this.#frame.buffer);
  #last = this.#frame.subarray(0, 0);
  // What an array says of itself is said by a function.
  #lastFrom = 0;
  #lastLength = 0;

  constructor(client: Client) {
    this.#run = client.direct(this.#frame);
    this.#frame[2] = MANNER.EXACT | MANNER.PATIENT;
  }

  /**
   * Calls a function of the form (session, input, output), waiting for its turn, and answers how many bytes of the output it has written. `session` has eight bytes,
   * `input` and `output` at most MOST_DIRECT. Throws as `Client.callSync` does.
   */
  call(call: number, session: Uint8Array, input: Uint8Array, inputLength: number, output: Uint8Array, room: number): number {
    const frame = this.#frame;
    frame[0] = call;
    for (let index = 0; index < HANDLE; index++) frame[HEADER + index] = session[index]!;
    let at = writeU32(frame, HEADER + HANDLE, inputLength);
    if (inputLength > SHORT) frame.set(input, at);
    else for (let index = 0; index < inputLength; index++) frame[at + index] = input[index]!;
    at = writeU32(frame, at + inputLength, room);
    const start = replyPlace(at);
    let end = start;
    try {
      const answer = this.#run(at);
      // What does not fit behind the request is no answer to it.
      if (typeof answer !== 'number') throw errorOf(new ReplyReader(answer), call);
      end = start + answer;
      if (!isOk(frame, start)) throw errorOf(new ReplyReader(frame, undefined, start, answer), call);
      const length = readU32(frame, start + REPLY_HEADER);
      const from = start + REPLY_HEADER + LENGTH;
      output.set(this.#part(from, length));
      return length;
    } finally {
      const words = this.#words;
      for (let index = HEADER / 8; index * 8 < end; index++) words[index] = 0;
    }
  }

  // To make a view costs as much as all the rest, and calls that are made again and again are of one kind.
  #part(from: number, length: number): Uint8Array {
    if (this.#lastFrom !== from || this.#lastLength !== length) {
      this.#last = this.#frame.subarray(from, from + length);
      this.#lastFrom = from;
      this.#lastLength = length;
    }
    return this.#last;
  }
}

function writeU32(frame: Uint8Array, at: number, value: number): number {
  frame[at] = value;
  frame[at + 1] = value >>> 8;
  frame[at + 2] = value >>> 16;
  frame[at + 3] = value >>> 24;
  return at + LENGTH;
}

const readU32 = (frame: Uint8Array, at: number): number =>
  (frame[at]! | (frame[at + 1]! << 8) | (frame[at + 2]! << 16) | (frame[at + 3]! << 24)) >>> 0;

// CKR_OK, and nothing was written back: a function of this form has no parameter.
function isOk(frame: Uint8Array, start: number): boolean {
  return (frame[start]! | frame[start + 1]! | frame[start + 2]! | frame[start + 3]! | readU32(frame, start + 4)) === 0;
}
