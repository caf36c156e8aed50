// Arguments as Web IDL converts them: https://webidl.spec.whatwg.org. What cannot be converted is a TypeError.

import { types } from 'node:util';
import { typeError, wrongType } from '../arguments';

/** Throws where arguments are missing. */
export function count(given: ArrayLike<unknown>, least: number, method: string): void {
  if (given.length >= least) return;
  throw typeError(`${method} needs ${least} ${least === 1 ? 'argument' : 'arguments'}, and got ${given.length}`);
}

/** A copy of the bytes of a BufferSource. What is detached has none; shared memory is not allowed. */
export function bufferSource(value: unknown, name: string): Uint8Array<ArrayBuffer> {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (!types.isArrayBuffer(buffer)) throw wrongType(name, 'an ArrayBuffer or a view of one', value, true);
  const { byteLength } = value as ArrayBuffer | ArrayBufferView;
  // Of what is detached no view can be made.
  if (byteLength === 0) return new Uint8Array(0);
  return Uint8Array.from(new Uint8Array(buffer, ArrayBuffer.isView(value) ? value.byteOffset : 0, byteLength));
}

/** An array buffer of exactly these bytes. They are taken over: nobody else may have use for them. */
export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (types.isArrayBuffer(buffer) && buffer.byteLength === bytes.byteLength) return buffer;
  const copy = Uint8Array.from(bytes).buffer;
  bytes.fill(0);
  return copy;
}

/** One of the words of an enumeration. */
export function enumeration<Word extends string>(value: unknown, words: readonly Word[], name: string): Word {
  const text = `${value as string}`;
  if (words.includes(text as Word)) return text as Word;
  throw typeError(`The "${name}" argument must be one of ${words.map((word) => `'${word}'`).join(', ')}`, 'ERR_INVALID_ARG_VALUE');
}

/** The items of a sequence. */
export function sequence<Item>(value: unknown, name: string, convert: (item: unknown) => Item): Item[] {
  if (typeof value !== 'object' || value === null || typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] !== 'function') {
    throw wrongType(name, 'an iterable', value);
  }
  return Array.from(value as Iterable<unknown>, (item) => convert(item));
}

/** The items of a sequence, each one of the words. */
export const enumerations = <Word extends string>(value: unknown, words: readonly Word[], name: string): Word[] =>
  sequence(value, name, (item) => enumeration(item, words, name));

/** The members of a dictionary, read one by one, in the order that the caller asks for them. */
export class Dictionary {
  readonly #source: Readonly<Record<string, unknown>>;
  readonly #name: string;

  constructor(source: object, name: string) {
    this.#source = source as Readonly<Record<string, unknown>>;
    this.#name = name;
  }

  /** Undefined where the member is not there. */
  optional<T>(member: string, convert: (value: unknown, name: string) => T): T | undefined {
    const value = this.#source[member];
    return value === undefined ? undefined : convert(value, `${this.#name}.${member}`);
  }

  required<T>(member: string, convert: (value: unknown, name: string) => T): T {
    const value = this.#source[member];
    if (value === undefined) throw typeError(`The "${this.#name}.${member}" member is required`);
    return convert(value, `${this.#name}.${member}`);
  }
}

const within =
  (most: number) =>
  (value: unknown, name: string): number => {
    const number = Math.trunc(Number(value));
    if (!Number.isFinite(number) || number < 0 || number > most) throw typeError(`The "${name}" member must be a number from 0 to ${most}`);
    return number;
  };

export const octet = within(0xff);
export const unsignedShort = within(0xffff);
export const unsignedLong = within(0xffff_ffff);

export const text = (value: unknown): string => `${value as string}`;

/** An unsigned integer in bytes, big-endian. */
export function bigInteger(value: unknown, name: string): Uint8Array<ArrayBuffer> {
  if (!types.isUint8Array(value)) throw wrongType(name, 'a Uint8Array', value);
  return bufferSource(value, name);
}
