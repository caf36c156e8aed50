// Attributes of many objects as the engine replies with them: a table whose cells are read when somebody looks at them (docs/boundary.md, "Rows").

import { ATTRIBUTES, attributesOfTemplate, dateOf, type AttributeKey, type AttributeKind, type ReadAttributes } from './attributes';
import { CryptokiError } from './errors';
import type { Epoch } from './token-context';
import type { ReplyReader } from './wire/reader';

const HEAD = 16;
const TWO_32 = 0x1_0000_0000;
/** Up to here a loop is quicker than a call. */
const SHORT = 32;
/** V8 copies so many characters out of a string; more than that would keep the whole string alive. */
const MOST_COPIED = 12;
const MOST_AS_CHARACTERS = 1 << 18;

// Kinds of values, and no value.
const EMPTY = 0;
const BOOL = 1;
const ULONG = 2;
const BYTES = 3;
const ULONGS = 4;
const TEMPLATE = 5;

/** The attributes of the objects of one reply. Each object reads its own when it is asked for them, and keeps the reply until then. */
export class AttributeRows {
  readonly count: number;
  /** What all of them are, where it is known without asking: it goes before what the token says. */
  readonly objectClass: number | undefined;
  /** When the handles were good. */
  readonly epoch: Epoch;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  /** Where places in the reply count from. */
  readonly #origin: number;
  readonly #table: number;
  readonly #stride: number;
  readonly #slots: number;
  readonly #keys: readonly AttributeKey[];
  readonly #kinds: readonly AttributeKind[];
  readonly #class: number;
  readonly #label: number;
  readonly #id: number;
  readonly #keyType: number;
  /** The whole as characters; made when it is first needed. */
  #characters: string | undefined;

  /** `keys` are those that were asked for. */
  constructor(reply: ReplyReader, keys: readonly AttributeKey[], objectClass: number | undefined, epoch: Epoch) {
    const { bytes, place } = reply.rest();
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#origin = -place;
    this.count = this.#u32(0);
    this.#stride = this.#u32(4);
    this.#table = 8;
    this.#slots = HEAD + Math.ceil(keys.length / 8) * 8;
    if (this.#stride !== this.#slots + keys.length * 8 || this.#table + this.count * this.#stride > bytes.byteLength) throw damaged();
    this.#keys = keys;
    this.#kinds = keys.map((key) => (typeof key === 'number' ? 'bytes' : ATTRIBUTES[key][1]));
    this.#class = keys.indexOf('class');
    this.#label = keys.indexOf('label');
    this.#id = keys.indexOf('id');
    this.#keyType = keys.indexOf('keyType');
    this.objectClass = objectClass;
    this.epoch = epoch;
  }

  /** Whether C_GetAttributeValue returned CKR_OK for an object. */
  isOk(row: number): boolean {
    const at = this.#table + row * this.#stride;
    return this.#u32(at) === 0 && this.#u32(at + 4) === 0;
  }

  /** What it returned. */
  rv(row: number): number {
    return this.#u64(this.#table + row * this.#stride);
  }

  handle(row: number): bigint {
    const at = this.#table + row * this.#stride + 8;
    return BigInt(this.#u32(at)) | (BigInt(this.#u32(at + 4)) << 32n);
  }

  class(row: number): number | undefined {
    return this.objectClass ?? (this.#value(row, this.#class) as number | undefined);
  }

  label(row: number): string | undefined {
    return this.#value(row, this.#label) as string | undefined;
  }

  id(row: number): Uint8Array | undefined {
    return this.#value(row, this.#id) as Uint8Array | undefined;
  }

  keyType(row: number): number | undefined {
    return this.#value(row, this.#keyType) as number | undefined;
  }

  /** All that was read of one object. */
  attributes(row: number): ReadAttributes {
    const keys = this.#keys;
    const result: Record<string | number, unknown> = {};
    for (let column = 0; column < keys.length; column++) result[keys[column]!] = this.#value(row, column);
    if (this.objectClass !== undefined) result['class'] = this.objectClass;
    return result as ReadAttributes;
  }

  #value(row: number, column: number): unknown {
    if (column < 0) return undefined;
    const start = this.#table + row * this.#stride;
    const slot = start + this.#slots + column * 8;
    switch (this.#bytes[start + HEAD + column]) {
      case EMPTY:
        return undefined;
      case BOOL:
        return this.#bytes[slot] !== 0;
      case ULONG: {
        const value = this.#u64(slot);
        return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
      }
      case BYTES:
        return this.#decode(slot, this.#kinds[column]!);
      case ULONGS:
        return this.#numbers(slot);
      case TEMPLATE:
        return attributesOfTemplate(this.#copy(slot));
      default:
        throw damaged();
    }
  }

  // Bytes come also where a token gave a value of another length than its kind has: then there is no value to speak of.
  #decode(slot: number, kind: AttributeKind): unknown {
    if (kind === 'bytes') return this.#copy(slot);
    if (kind !== 'text' && kind !== 'date') return undefined;
    const text = this.#characterString(this.#place(slot), this.#u32(slot + 4));
    return kind === 'text' ? text : dateOf(text);
  }

  #characterString(start: number, length: number): string {
    const bytes = this.#bytes;
    const end = start + length;
    let isAscii = length <= MOST_COPIED && bytes.byteLength <= MOST_AS_CHARACTERS;
    for (let at = start; isAscii && at < end; at++) isAscii = bytes[at]! < 0x80;
    if (!isAscii) return this.#text.toString('utf8', start, end);
    // To cut a short string out of a long one takes a third of the time of decoding it.
    this.#characters ??= this.#text.toString('latin1');
    return this.#characters.slice(start, end);
  }

  #numbers(slot: number): number[] {
    const start = this.#place(slot);
    return Array.from({ length: this.#u32(slot + 4) / 8 }, (_, index) => this.#u64(start + index * 8));
  }

  #copy(slot: number): Uint8Array {
    const start = this.#place(slot);
    const length = this.#u32(slot + 4);
    if (length > SHORT) return this.#bytes.slice(start, start + length);
    const copy = new Uint8Array(length);
    for (let index = 0; index < length; index++) copy[index] = this.#bytes[start + index]!;
    return copy;
  }

  #place(slot: number): number {
    const start = this.#origin + this.#u32(slot);
    if (start < 0 || start + this.#u32(slot + 4) > this.#bytes.byteLength) throw damaged();
    return start;
  }

  #u32(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  #u64(at: number): number {
    return this.#u32(at) + this.#u32(at + 4) * TWO_32;
  }
}

function damaged(): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_INTERNAL', 'A reply with attributes is damaged');
}
