// Requests: the bytes of docs/boundary.md, made from what callers give. Everything is read once, checked and copied here; nothing reaches the addon before all of it is.

import { boolean, bytes, integer, isBytes, rangeError, string, ulong, wrongType, wrongValue } from '../arguments';
import { encodeReadTemplate, encodeTemplate, type AttributeKey, type AttributeTemplate } from '../attributes';
import { encodeMechanism, encodeParameter, type MechanismInput, type ParameterInput } from '../mechanism';
import type { WrittenBackField, WrittenBackPlan } from './written-back';

const NULL_POINTER = 0xffff_ffff;
const NEXT_PAYLOAD = 0xffff_fffe;
const FIRST_SIZE = 1024;
// A buffer that has once grown beyond this is not kept for the next request.
const LARGEST_KEPT = 1 << 20;
// From here on the copy that the addon makes anyhow is the only one.
const PAYLOAD_FROM = 4096;
// Up to here a loop is quicker than the built-in function.
const SHORT = 64;
const LARGEST_REQUEST = 2 ** 31 - 1;
const MOST_ENTRIES = 1_000_000;
const DEFAULT_CAPACITY = 4096;

/** Capacity of an output that asks the library for the length first. */
export const ASK_LENGTH = 0xffff_ffff;
/** Capacity of an output that passes NULL for the buffer and for its length. */
export const NO_OUTPUT = 0xffff_fffe;

const encoder = new TextEncoder();

/** What `Client` hands to the addon. */
export interface FinishedRequest {
  readonly frame: Uint8Array;
  readonly length: number;
  readonly payload: Uint8Array | Uint8Array[] | undefined;
  readonly plan: WrittenBackPlan | undefined;
}

/**
 * One request. Made by `Client.request(call)`, filled in the order of the call's roles, sent by `Client.call`. `name` is the argument as the caller knows it, for
 * the errors.
 */
export class RequestWriter {
  #buffer = new Uint8Array(FIRST_SIZE);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;
  #payloads: Uint8Array[] | undefined;
  #payloadLengths: number[] | undefined;
  #payloadTotal = 0;
  #call = 0;
  #plan: WrittenBackField[] | undefined;
  readonly #payloadFrom: number;

  /** `inline` keeps everything in the frame itself. */
  constructor(options: { inline?: boolean } = {}) {
    this.#payloadFrom = options.inline ? Infinity : PAYLOAD_FROM;
  }

  /** The fields that the token may write into, of the mechanisms and parameters written so far. */
  get plan(): WrittenBackPlan | undefined {
    return this.#plan;
  }

  /** Notes that the next part of the written-back block is for this field. */
  expectBack(field: WrittenBackField): void {
    (this.#plan ??= []).push(field);
  }

  get call(): number {
    return this.#call;
  }

  /** Bytes written so far, payloads not counted. */
  get length(): number {
    return this.#length;
  }

  begin(call: number): this {
    this.wipe();
    this.#call = call;
    this.#reserve(8);
    this.#view.setUint32(0, call, true);
    this.#view.setUint32(4, 0, true);
    this.#length = 8;
    return this;
  }

  /** As `begin`, with what was written for an earlier call: from its first byte on. */
  beginAgain(call: number, frame: Uint8Array): this {
    if (this.#length > 0) this.wipe();
    this.#call = call;
    return this.raw(frame);
  }

  /** How the call wants to be made: bits of MANNER. */
  manners(bits: number): this {
    this.#buffer[2] = bits;
    return this;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** A CK_ULONG: an identifier, a handle, flags, a number. */
  u64(value: number | bigint, name = 'value'): this {
    const checked = ulong(value, name);
    this.#reserve(8);
    if (typeof checked === 'bigint') {
      this.#view.setBigUint64(this.#length, checked, true);
    } else {
      this.#view.setUint32(this.#length, checked >>> 0, true);
      this.#view.setUint32(this.#length + 4, Math.floor(checked / 0x1_0000_0000), true);
    }
    this.#length += 8;
    return this;
  }

  bool(value: boolean, name = 'value'): this {
    return this.u8(boolean(value, name) ? 1 : 0);
  }

  /** Bytes, or null for a NULL pointer. */
  bytes(value: ArrayBufferView | ArrayBufferLike | null, name = 'data', secret = false): this {
    if (value === null) return this.u32(NULL_POINTER);
    return this.rawBytes(bytes(value, name, secret));
  }

  /** Bytes that need no check any more. */
  rawBytes(value: Uint8Array): this {
    if (value.length >= this.#payloadFrom) return this.#payload(value);
    return this.u32(value.length).raw(value);
  }

  /** Bytes that are a part of a frame already. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** The first eight bytes of an array: a handle. */
  eight(value: Uint8Array): this {
    this.#reserve(8);
    const buffer = this.#buffer;
    const at = this.#length;
    for (let index = 0; index < 8; index++) buffer[at + index] = value[index]!;
    this.#length = at + 8;
    return this;
  }

  /** Everything is in the frame: no argument is so long that it goes beside it. */
  get inline(): boolean {
    return this.#payloads === undefined;
  }

  /** A copy of what was written from `start` on. */
  encodedSince(start: number): Uint8Array {
    const length = this.#length - start;
    if (length > SHORT) return this.#buffer.slice(start, this.#length);
    const copy = new Uint8Array(length);
    for (let index = 0; index < length; index++) copy[index] = this.#buffer[start + index]!;
    return copy;
  }

  #payload(value: Uint8Array): this {
    this.#payloadTotal += value.length;
    if (this.#payloadTotal > LARGEST_REQUEST) throw tooLarge();
    (this.#payloads ??= []).push(value);
    (this.#payloadLengths ??= []).push(value.byteLength);
    return this.u32(NEXT_PAYLOAD);
  }

  /** Text in UTF-8, or null for a NULL pointer. */
  text(value: string | null, name = 'text', secret = false): this {
    if (value === null) return this.u32(NULL_POINTER);
    const checked = string(value, name, secret);
    const start = this.#length;
    this.u32(0);
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(checked.length * 3);
    const { written } = encoder.encodeInto(checked, this.#buffer.subarray(this.#length));
    this.#length += written;
    this.#view.setUint32(start, written, true);
    return this;
  }

  /** Text that the library reads up to its NUL: it must have none inside. */
  terminated(value: string | null, name: string, secret = false): this {
    if (typeof value === 'string' && value.includes('\0')) throw wrongValue(name, 'must not contain a NUL character');
    return this.text(value, name, secret);
  }

  /** A PIN: text, bytes, or null for the token's own PIN pad. Errors about it do not show it. */
  pin(value: string | ArrayBufferView | ArrayBufferLike | null, name = 'pin'): this {
    if (typeof value === 'string') return this.text(value, name, true);
    if (value !== null && !isBytes(value)) {
      throw wrongType(name, 'of type string, an instance of Uint8Array, or null', value, true);
    }
    return this.bytes(value, name, true);
  }

  /** The PIN of a context-specific login inside a recipe; undefined where none is needed. */
  contextPin(value: string | ArrayBufferView | null | undefined, name = 'pin'): this {
    return value === undefined ? this.u8(0) : this.u8(1).pin(value, name);
  }

  /** A label of 32 characters, which the engine pads with blanks. */
  label(value: string | ArrayBufferView, name = 'label'): this {
    const encoded = typeof value === 'string' ? encoder.encode(string(value, name)) : bytes(value, name);
    if (encoded.length > 32) throw wrongValue(name, `must not be longer than 32 bytes in UTF-8. Received ${encoded.length} bytes`);
    return this.rawBytes(encoded);
  }

  /** A list of CK_ULONG. */
  ulongs(values: readonly (number | bigint)[], name = 'values'): this {
    if (!Array.isArray(values)) throw wrongType(name, 'an array of numbers', values);
    const count = values.length;
    if (count > MOST_ENTRIES) throw rangeError(`The "${name}" argument has ${count} elements. At most ${MOST_ENTRIES} are possible`);
    this.u32(count);
    for (let index = 0; index < count; index++) this.u64(values[index], `${name}[${index}]`);
    return this;
  }

  /** How many bytes an output is expected to have; the engine grows the buffer when they do not suffice. */
  capacity(value?: number, name = 'capacity'): this {
    const guess =
      value === undefined ? Math.min(this.#length + this.#payloadTotal + DEFAULT_CAPACITY, NO_OUTPUT - 1) : integer(value, name, 0, ASK_LENGTH);
    return this.u32(guess);
  }

  template(attributes: AttributeTemplate, name = 'template'): this {
    encodeTemplate(this, attributes, name);
    return this;
  }

  /** The attributes to read, by name, or by number for what the standard does not have. */
  readTemplate(names: readonly AttributeKey[], name = 'attributes'): this {
    encodeReadTemplate(this, names, name);
    return this;
  }

  mechanism(mechanism: MechanismInput | null, name = 'mechanism'): this {
    encodeMechanism(this, mechanism, name);
    return this;
  }

  parameter(parameter: ParameterInput, name = 'parameter'): this {
    encodeParameter(this, parameter, name);
    return this;
  }

  /** Leaves room for a u32 that `patchU32` fills in. */
  mark(): number {
    this.u32(0);
    return this.#length - 4;
  }

  /** Sets bits of a byte that has been written. */
  addBits(offset: number, bits: number): void {
    this.#buffer[offset]! |= bits;
  }

  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  finish(): FinishedRequest {
    const lengths = this.#payloadLengths;
    const payloads = this.#payloads;
    if (payloads !== undefined && lengths !== undefined) {
      // A getter among the later arguments can have taken the memory of an earlier one away.
      for (let index = 0; index < payloads.length; index++) {
        if (payloads[index]!.byteLength !== lengths[index]) throw wrongValue('data', 'lost its memory while the call was being made');
      }
    }
    const payload = payloads?.length === 1 ? payloads[0] : payloads;
    return { frame: this.#buffer, length: this.#length, payload, plan: this.#plan };
  }

  /** Overwrites what was written, and what stands behind it up to `end`: it may hold a PIN or a key. */
  wipe(end = 0): void {
    if (this.#buffer.length > LARGEST_KEPT) this.#replace(FIRST_SIZE, 0);
    else this.#buffer.fill(0, 0, Math.max(this.#length, end));
    this.#length = 0;
    this.#payloads = undefined;
    this.#payloadLengths = undefined;
    this.#payloadTotal = 0;
    this.#plan = undefined;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    if (needed > LARGEST_REQUEST) throw tooLarge();
    this.#replace(Math.min(Math.max(needed, this.#buffer.length * 2), LARGEST_REQUEST), this.#length);
  }

  #replace(size: number, keep: number): void {
    const old = this.#buffer;
    this.#buffer = new Uint8Array(size);
    this.#buffer.set(old.subarray(0, keep));
    this.#view = new DataView(this.#buffer.buffer);
    old.fill(0);
  }
}

function tooLarge(): RangeError {
  return rangeError('The arguments of this call are larger than 2 GiB together');
}
