// The shortest way to a function and back: a session, some bytes, room for the result. Callers that make such calls on their own thread again and again, and give
// little each time, would spend more on a request and a reply than on the call.

import { endianness } from 'node:os';

import { MANNER } from '../generated/calls';
import { DIRECT_HEADER, replyPlace } from './binding';
import type { Client } from './client';
import { errorOf } from './pending-call';
import { ReplyReader } from './reader';
import { ResultRoom } from './result-room';

/** Most bytes of input and of output. */
export const MOST_DIRECT = 1024;
const SIZE = 2 * MOST_DIRECT + 256;
/** Numbers are written and read four bytes at a time, in the order of the processor: frames have that of nearly all of them. */
export const hasDirectCalls = endianness() === 'LE';

// Where things stand in the frame, in words of four bytes: the length of the request and, in the answer, of the reply; call and manners; the length of the input.
const LENGTHS = 0;
const CALL = DIRECT_HEADER / 4;
const SESSION = DIRECT_HEADER + 8;
const INPUT_LENGTH = SESSION / 4 + 2;
const INPUT = SESSION + 12;
// And in the reply: the code, in two words; the length of what was written back; that of the output; the output.
const WRITTEN_BACK = 3;
const OUTPUT_LENGTH = 4;
const OUTPUT = 20;
const MANNERS = (MANNER.EXACT | MANNER.PATIENT) << 16;
// Up to here a loop is quicker than the built-in function.
const SHORT = 16;

/** The memory of such calls. */
export class DirectCalls {
  readonly #run: () => Uint8Array | undefined;
  readonly #frame = new Uint8Array(new ArrayBuffer(SIZE));
  readonly #words = new Uint32Array(this.#frame.buffer);
  /** To be wiped eight bytes at a time, for `fill` takes longer than so few. */
  readonly #doubles = new Float64Array(this.#frame.buffer);
  #last = this.#frame.subarray(0, 0);
  // What an array says of itself is said by a function.
  #lastFrom = 0;
  #lastLength = 0;
  readonly #results = new ResultRoom();

  constructor(client: Client) {
    this.#run = client.direct(this.#frame);
  }

  /**
   * Calls a function of the form (session, input, output), waiting for its turn, and answers a view of what it has written of the output. `session` has eight bytes,
   * `input` and `output` at most MOST_DIRECT. Throws as `Client.callSync` does.
   */
  call(call: number, session: Uint8Array, input: Uint8Array, inputLength: number, output: Uint8Array, room: number): Uint8Array {
    const frame = this.#frame;
    const words = this.#words;
    words[CALL] = call | MANNERS;
    frame[SESSION] = session[0]!;
    frame[SESSION + 1] = session[1]!;
    frame[SESSION + 2] = session[2]!;
    frame[SESSION + 3] = session[3]!;
    frame[SESSION + 4] = session[4]!;
    frame[SESSION + 5] = session[5]!;
    frame[SESSION + 6] = session[6]!;
    frame[SESSION + 7] = session[7]!;
    words[INPUT_LENGTH] = inputLength;
    if (inputLength > SHORT) frame.set(input, INPUT);
    else for (let index = 0; index < inputLength; index++) frame[INPUT + index] = input[index]!;
    const at = INPUT + inputLength;
    frame[at] = room;
    frame[at + 1] = room >>> 8;
    frame[at + 2] = room >>> 16;
    frame[at + 3] = 0;
    words[LENGTHS] = at + 4 - DIRECT_HEADER;
    const start = replyPlace(at + 4);
    const first = start / 4;
    let end = start;
    try {
      // What does not fit behind the request is no answer to it.
      const other = this.#run();
      if (other !== undefined) throw errorOf(new ReplyReader(other), call);
      const size = words[LENGTHS]!;
      end += size;
      // Not CKR_OK, or something was written back: a function of this form has no parameter.
      if ((words[first]! | words[first + 1]! | words[first + WRITTEN_BACK]!) !== 0) {
        throw errorOf(new ReplyReader(frame, undefined, start, size), call);
      }
      const length = words[first + OUTPUT_LENGTH]!;
      return this.#results.take(output, this.#part(start + OUTPUT, length), words, first + OUTPUT / 4, length);
    } finally {
      const doubles = this.#doubles;
      for (let index = start / 8; index * 8 < end; index++) doubles[index] = 0;
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
