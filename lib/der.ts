// Just enough DER (ITU-T X.690) to carry keys and signatures in and out of tokens. Reading is strict: anything that
// has two spellings in BER has one here, so that what is read and written again is the same bytes.

import { concat } from './bytes';

/** The bytes are not the DER that was expected. Callers turn it into the error that fits their argument. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export const TAG = Object.freeze({
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  SEQUENCE: 0x30,
  CONTEXT_0: 0xa0,
  CONTEXT_1: 0xa1,
});

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly whole: Uint8Array;
}

/** Reads one level of DER; what it gives out are views of the input. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The tag of the next element, or undefined at the end. */
  get next(): number | undefined {
    return this.#bytes[this.#at];
  }

  element(): Element {
    const start = this.#at;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag above 30 is not expected');
    const length = this.#length();
    const from = this.#at;
    if (length > this.#bytes.length - from) throw new DerError('an element is longer than its surroundings');
    this.#at += length;
    return { tag, content: this.#bytes.subarray(from, this.#at), whole: this.#bytes.subarray(start, this.#at) };
  }

  read(tag: number): Uint8Array {
    const element = this.element();
    if (element.tag !== tag) throw new DerError(`expected tag ${hex(tag)}, found ${hex(element.tag)}`);
    return element.content;
  }

  /** The content when the next element has this tag. */
  optional(tag: number): Uint8Array | undefined {
    return this.next === tag ? this.read(tag) : undefined;
  }

  sequence(): DerReader {
    return new DerReader(this.read(TAG.SEQUENCE));
  }

  /** A non-negative INTEGER without its sign byte; zero is one zero byte. */
  unsigned(): Uint8Array {
    const content = this.read(TAG.INTEGER);
    const [first, second] = content;
    if (first === undefined) throw new DerError('an INTEGER is empty');
    if (first & 0x80) throw new DerError('an INTEGER is negative');
    if (first !== 0 || second === undefined) return content;
    if (!(second & 0x80)) throw new DerError('an INTEGER has a needless zero');
    return content.subarray(1);
  }

  /** An INTEGER below 128: versions. */
  small(): number {
    const [value, ...more] = this.unsigned();
    if (value === undefined || more.length > 0) throw new DerError('a version is too large');
    return value;
  }

  oid(): string {
    return decodeOid(this.read(TAG.OID));
  }

  /** A BIT STRING of whole bytes. */
  bits(): Uint8Array {
    const content = this.read(TAG.BIT_STRING);
    if (content[0] !== 0) throw new DerError('a BIT STRING is not made of whole bytes');
    return content.subarray(1);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new DerError('there are bytes behind the last element');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DerError('the bytes end too early');
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('a length is indefinite or too large');
    let length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('a length is not in its shortest form');
    return length;
  }
}

/** Reads exactly one element of this tag with `read`, nothing behind it. */
export function parse<T>(bytes: Uint8Array, read: (reader: DerReader) => T): T {
  const reader = new DerReader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}

/** One element; the parts are its content. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const prefix = length < 0x80 ? [tag, length] : [tag, 0, ...lengthBytes(length)];
  if (length >= 0x80) prefix[1] = 0x80 | (prefix.length - 2);
  return concat([Uint8Array.from(prefix), ...parts]);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(TAG.SEQUENCE, ...parts);
export const octetString = (bytes: Uint8Array): Uint8Array => element(TAG.OCTET_STRING, bytes);
export const bitString = (bytes: Uint8Array): Uint8Array => element(TAG.BIT_STRING, Uint8Array.of(0), bytes);
export const nullValue = (): Uint8Array => element(TAG.NULL);

/** A non-negative INTEGER from big-endian bytes of any width. */
export function integer(bytes: Uint8Array): Uint8Array {
  const value = unpadded(bytes);
  if (value.length === 0) return element(TAG.INTEGER, Uint8Array.of(0));
  return (value[0] as number) & 0x80 ? element(TAG.INTEGER, Uint8Array.of(0), value) : element(TAG.INTEGER, value);
}

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80);
    bytes.push(...groups);
  }
  return element(TAG.OID, Uint8Array.from(bytes));
}

/** AlgorithmIdentifier (RFC 5280 section 4.1.1.2). */
export const algorithmIdentifier = (algorithm: string, parameters?: Uint8Array): Uint8Array =>
  parameters === undefined ? sequence(oid(algorithm)) : sequence(oid(algorithm), parameters);

/** Big-endian bytes without leading zeros. */
export function unpadded(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length && bytes[at] === 0) at++;
  return bytes.subarray(at);
}

/** Big-endian bytes in exactly `width` bytes; undefined when the number is too large for it. */
export function padded(bytes: Uint8Array, width: number): Uint8Array | undefined {
  const value = unpadded(bytes);
  if (value.length > width) return undefined;
  const out = new Uint8Array(width);
  out.set(value, width - value.length);
  return out;
}

/** r ‖ s of a token, the halves equally long, as the Ecdsa-Sig-Value of RFC 3279 section 2.2.3: the whole array, or a part of it. */
export function signatureToDer(bytes: Uint8Array, at = 0, length: number = bytes.length): Uint8Array {
  if (length === 0 || length % 2 !== 0) throw new DerError('a signature has no two equal halves');
  const half = length / 2;
  const middle = at + half;
  const end = at + length;
  if (half > SHORT_HALF) return sequence(integer(bytes.subarray(at, middle)), integer(bytes.subarray(middle, end)));
  // Every ECDSA signature comes by here: put together from parts it would take longer than all the rest of a call.
  const r = beginOfInteger(bytes, at, middle);
  const s = beginOfInteger(bytes, middle, end);
  const content = 4 + (middle - r) + (end - s);
  const out = new Uint8Array(2 + content);
  out[0] = TAG.SEQUENCE;
  out[1] = content;
  const behind = putInteger(out, 2, bytes, r, at, middle);
  putInteger(out, behind, bytes, s, middle, end);
  return out;
}

/** So many bytes more than the signature itself `signatureToDerInPlace` may need. */
export const DER_GROWTH = 8;

/**
 * As `signatureToDer`, over the signature itself, which stands in `bytes` from `at` on with DER_GROWTH bytes behind it. Answers the length; 0 for halves too long
 * to be done in this way.
 */
export function signatureToDerInPlace(bytes: Uint8Array, at: number, length: number): number {
  const half = length / 2;
  if (half > SHORT_HALF) return 0;
  const middle = at + half;
  const end = at + length;
  const r = beginOfInteger(bytes, at, middle);
  const s = beginOfInteger(bytes, middle, end);
  const rLength = middle - r;
  const sLength = end - s;
  const rAt = at + 4;
  const sAt = rAt + rLength + 2;
  // Where r loses leading zeros, s moves into where r stands.
  const rFirst = sAt < middle;
  if (rFirst) moveInteger(bytes, r, at, middle, rAt);
  moveInteger(bytes, s, middle, end, sAt);
  if (!rFirst) moveInteger(bytes, r, at, middle, rAt);
  bytes[sAt - 2] = TAG.INTEGER;
  bytes[sAt - 1] = sLength;
  bytes[at] = TAG.SEQUENCE;
  bytes[at + 1] = rLength + sLength + 4;
  bytes[at + 2] = TAG.INTEGER;
  bytes[at + 3] = rLength;
  return rLength + sLength + 6;
}

/** Moves an INTEGER that begins at `begin`, perhaps one before `from`, to `to`. */
function moveInteger(bytes: Uint8Array, begin: number, from: number, end: number, to: number): void {
  const shift = to - begin;
  const first = Math.max(begin, from);
  if (shift > 0) for (let index = end - 1; index >= first; index--) bytes[index + shift] = bytes[index]!;
  else if (shift < 0) for (let index = first; index < end; index++) bytes[index + shift] = bytes[index]!;
  if (begin < from) bytes[to] = 0;
}

/** Halves up to this length give elements whose lengths take one byte. */
const SHORT_HALF = 60;

/** Where the shortest INTEGER of a big-endian number begins; one before `from` where a zero must stand in front. */
function beginOfInteger(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to - 1 && bytes[at] === 0) at++;
  return bytes[at]! < 0x80 ? at : at - 1;
}

/** Writes an INTEGER into zeros, and answers where the next element comes. */
function putInteger(out: Uint8Array, at: number, bytes: Uint8Array, begin: number, from: number, to: number): number {
  const value = at + 2 - begin;
  out[at] = TAG.INTEGER;
  out[at + 1] = to - begin;
  for (let index = Math.max(begin, from); index < to; index++) out[value + index] = bytes[index]!;
  return value + to;
}

/**
 * The reverse, each half `width` bytes, or as many as the larger number has; undefined for anything that no valid signature
 * can look like.
 */
export function signatureFromDer(der: Uint8Array, width?: number): Uint8Array | undefined {
  try {
    const [r, s] = parse(der, (reader) => {
      const body = reader.sequence();
      const pair = [body.unsigned(), body.unsigned()] as const;
      body.end();
      return pair;
    });
    const half = width ?? Math.max(r.length, s.length);
    const left = padded(r, half);
    const right = padded(s, half);
    return left === undefined || right === undefined ? undefined : concat([left, right]);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function decodeOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw new DerError('an OBJECT IDENTIFIER has a padded arc');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('an OBJECT IDENTIFIER has an arc that is too large');
    fresh = (byte & 0x80) === 0;
    if (fresh) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [head, ...rest] = arcs;
  if (head === undefined || !fresh) throw new DerError('an OBJECT IDENTIFIER is cut short');
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - first * 40, ...rest].join('.');
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return bytes;
}

const hex = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;
