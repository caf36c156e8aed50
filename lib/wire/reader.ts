// Replies: docs/boundary.md. A reply belongs to its reader; what is read out of it is a copy, so nothing keeps a neighbour's secret alive.

import { decodeAttributes, type AttributeKey, type ReadAttributes } from '../attributes';
import { CryptokiError } from '../errors';
import { CALL_NAMES } from '../generated/calls';
import type { StructureName } from '../generated/parameters';
import { readStructure } from './structure';
import { readWrittenBack, type WrittenBack, type WrittenBackPlan } from './written-back';

const HEADER = 16;
const ENGINE = 0xffff;
const NULL_POINTER = 0xffff_ffff;
const TWO_32 = 0x1_0000_0000;
// From this size on a result may share the memory of its reply, which holds hardly anything else.
const LARGE = 1 << 16;
// Up to here a loop is quicker than the built-in functions.
const SHORT = 256;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class ReplyReader {
  readonly #bytes: Uint8Array;
  #view: DataView | undefined;
  readonly #plan: WrittenBackPlan | undefined;
  readonly #writtenBackLength: number;
  readonly #end: number;
  readonly #start: number;
  readonly #borrowed: boolean;
  #at: number;

  /** CK_RV, or the engine's code when `fromEngine`. */
  readonly rv: number;
  /** Index of the function that returned it. */
  readonly functionIndex: number;

  /** `start` and `length` are given where the reply is a part of memory that is not its own: it is to be read before that is used again. */
  constructor(reply: Uint8Array, plan?: WrittenBackPlan, start = 0, length?: number) {
    this.#bytes = reply;
    this.#plan = plan;
    this.#start = start;
    this.#end = length === undefined ? reply.length : start + length;
    this.#borrowed = length !== undefined;
    this.#at = start;
    this.#need(HEADER);
    this.rv = this.#word(start) + this.#word(start + 4) * TWO_32;
    this.functionIndex = this.#bytes[start + 8]! | (this.#bytes[start + 9]! << 8);
    this.#writtenBackLength = this.#word(start + 12);
    this.#at = start + HEADER;
    this.#need(this.#writtenBackLength);
    this.#at += this.#writtenBackLength;
  }

  /** A reader of something encoded that stands by itself. */
  static of(encoded: Uint8Array): ReplyReader {
    const reply = new Uint8Array(HEADER + encoded.length);
    reply.set(encoded, HEADER);
    return new ReplyReader(reply);
  }

  /** The engine itself answered: `rv` is one of its codes, or 0. */
  get fromEngine(): boolean {
    return this.functionIndex === ENGINE;
  }

  /** The function that returned `rv`, such as 'C_Sign'. */
  get functionName(): string {
    return CALL_NAMES[this.functionIndex] ?? `function ${this.functionIndex}`;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#at++]!;
  }

  u16(): number {
    this.#need(2);
    const value = this.#bytes[this.#at]! | (this.#bytes[this.#at + 1]! << 8);
    this.#at += 2;
    return value;
  }

  u32(): number {
    this.#need(4);
    const value = this.#word(this.#at);
    this.#at += 4;
    return value;
  }

  /** A CK_ULONG or a handle as it is. */
  u64(): bigint {
    this.#need(8);
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const value = this.#view.getBigUint64(this.#at, true);
    this.#at += 8;
    return value;
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  /** A CK_ULONG as a number: undefined for CK_UNAVAILABLE_INFORMATION and for what a number cannot hold exactly. */
  size(): number | undefined {
    this.#need(8);
    const value = this.#word(this.#at) + this.#word(this.#at + 4) * TWO_32;
    this.#at += 8;
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }

  /** A CK_ULONG that is always there: flags, an identifier, a count. */
  number(): number {
    const value = this.size();
    if (value === undefined) throw new CryptokiError('ERR_CRYPTOKI_LENGTH', 'The library gave a number above 2^53 - 1', { call: this.functionName });
    return value;
  }

  /** A copy of bytes; undefined for a NULL pointer. */
  bytesOrNull(): Uint8Array | undefined {
    const length = this.u32();
    if (length === NULL_POINTER) return undefined;
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    if (length <= SHORT) return shortCopy(this.#bytes, start, length);
    const shareable = length >= LARGE && length >= this.#bytes.length / 2 && !this.#borrowed;
    return shareable ? this.#bytes.subarray(start, this.#at) : this.#bytes.slice(start, this.#at);
  }

  /** A copy of bytes; empty for a NULL pointer. */
  bytes(): Uint8Array {
    return this.bytesOrNull() ?? new Uint8Array(0);
  }

  /** What is made of bytes where they lie, of which nothing may be kept; of none at all for a NULL pointer. */
  bytesAs<T>(make: (memory: Uint8Array, at: number, length: number) => T): T {
    const given = this.u32();
    const length = given === NULL_POINTER ? 0 : given;
    this.#need(length);
    const at = this.#at;
    this.#at += length;
    return make(this.#bytes, at, length);
  }

  /** Copies bytes to where the caller has room for them, and answers how many there are. */
  bytesInto(target: Uint8Array): number {
    const length = this.u32();
    if (length === NULL_POINTER) return 0;
    this.#need(length);
    if (length > target.length) throw new CryptokiError('ERR_CRYPTOKI_LENGTH', undefined, { call: this.functionName });
    const bytes = this.#bytes;
    const start = this.#at;
    this.#at += length;
    if (length > SHORT) target.set(bytes.subarray(start, this.#at));
    else for (let index = 0; index < length; index++) target[index] = bytes[start + index]!;
    return length;
  }

  /** Bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  text(): string {
    const length = this.u32();
    if (length === NULL_POINTER) return '';
    this.#need(length);
    const text = decoder.decode(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return text;
  }

  /** A list of CK_ULONG or handles as they are. */
  ulongs(): bigint[] {
    const count = this.#count(8);
    const values = new Array<bigint>(count);
    for (let index = 0; index < count; index++) values[index] = this.u64();
    return values;
  }

  /** A list of CK_ULONG that are identifiers: slots, mechanisms. */
  numbers(): number[] {
    const count = this.#count(8);
    const values = new Array<number>(count);
    for (let index = 0; index < count; index++) values[index] = this.number();
    return values;
  }

  /** A copy of all that has not been read yet, and how far from the start of the reply it begins. */
  rest(): { bytes: Uint8Array; place: number } {
    const from = this.#at;
    this.#at = this.#end;
    return { bytes: this.#bytes.slice(from, this.#end), place: from - this.#start };
  }

  /** A list of handles as it stands in the reply: for another request. */
  rawUlongs(): Uint8Array {
    const length = this.#count(8) * 8;
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** The attributes of one object, in the order of `keys` when they were read by it. */
  attributes(keys?: readonly AttributeKey[]): ReadAttributes {
    return decodeAttributes(this, keys);
  }

  /** An information structure such as CK_TOKEN_INFO, by the names of its fields; texts without their padding. */
  structure(name: StructureName): Record<string, unknown> {
    return readStructure(this, name);
  }

  /**
   * What the token wrote into the parameter: an object with the fields that can be written, or bytes for a parameter given as bytes; undefined when nothing can be.
   * `plan` is that of another request, for the recipe WrittenBack.
   */
  writtenBack(plan: WrittenBackPlan | undefined = this.#plan): WrittenBack | undefined {
    if (this.#writtenBackLength === 0 || plan === undefined) return undefined;
    const after = this.#at;
    this.#at = this.#start + HEADER;
    try {
      return readWrittenBack(this, plan);
    } finally {
      this.#at = after;
    }
  }

  /** Overwrites the reply; what was read out of it stays. */
  wipe(): void {
    this.#bytes.fill(0, this.#start, this.#end);
  }

  // Most replies are short and read once: a DataView for each would cost more than it saves.
  #word(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  #count(size: number): number {
    const count = this.u32();
    this.#need(count * size);
    return count;
  }

  #need(length: number): void {
    if (this.#at + length > this.#end) throw new CryptokiError('ERR_CRYPTOKI_INTERNAL', 'A reply ends too early');
  }
}

function shortCopy(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  for (let index = 0; index < length; index++) copy[index] = bytes[start + index]!;
  return copy;
}
