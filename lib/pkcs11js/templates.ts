// Attributes, in the forms of pkcs11js: lists of numbers with values on the way in, the same lists with Buffers on the way out.

import { types } from 'node:util';

import { bytes } from '../arguments';
import { ATTRIBUTES } from '../generated/attributes';
import { CKF } from '../constants';
import { CKA_ALLOWED_MECHANISMS, CKA_END_DATE, CKA_START_DATE } from '../generated/pkcs11js-constants';
import type { ReplyReader } from '../wire/reader';
import type { RequestWriter } from '../wire/writer';
import { cut, isBuffer, wrong } from './checks';
import { handleFrom } from './handles';

const EMPTY = 0;
const BOOL = 1;
const ULONG = 2;
const BYTES = 3;
const ULONGS = 4;
const BY_CHANCE = 0x80;
const VENDOR = 0x8000_0000;
const DATE_LENGTH = 8;

/** An element of a list: read once, and given its value at the end. */
interface Element {
  value?: unknown;
}

// Asked for as what they are, they cost one call: NSS takes no more room than they need.
const ulongs = new Set(Object.values(ATTRIBUTES).flatMap(([type, kind]) => (kind === 'ulong' ? [type] : [])));

const isDate = (type: number): boolean => type === CKA_START_DATE || type === CKA_END_DATE;
const shown = (type: number): string => `0x${type.toString(16).toUpperCase().padStart(8, '0')}`;

function expectDate(type: number, value: unknown): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'string' && !isBuffer(value)) {
    throw new TypeError(`Attribute with type ${shown(type)} is not convertible to CK_DATE. Should be a String, Buffer or Date`);
  }
  if ((typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength) < DATE_LENGTH) {
    throw new TypeError(`Attribute with type ${shown(type)} is not convertible to CK_DATE. The length of the data should be at least 8 bytes.`);
  }
}

// A token follows pointers in the value of an array attribute, where no bytes of the caller's may stand. A vendor's number may have the flag by chance.
function arrayKind(type: number, index: number): number {
  if (Math.floor(type / CKF.ARRAY_ATTRIBUTE) % 2 === 0) return 0;
  if (type >= VENDOR) return BY_CHANCE;
  throw new TypeError(`Element ${index} has wrong type. The value of attribute ${shown(type)} is a list, which cannot be given as bytes`);
}

function encodeMechanisms(writer: RequestWriter, list: Uint8Array, index: number, size: number): void {
  if (list.byteLength % size !== 0) throw new TypeError(`Element ${index} has wrong length. Should be a multiple of ${size} bytes`);
  writer.u8(ULONGS).u32(list.byteLength / size);
  for (let at = 0; at < list.byteLength; at += size) {
    writer.raw(list.subarray(at, at + size));
    if (size === 4) writer.u32(0);
  }
}

function encodeValue(writer: RequestWriter, type: number, value: unknown, index: number, size: number): void {
  if (value === undefined || value === null || value === '') return void writer.u8(EMPTY);
  if (isBuffer(value)) {
    const data = bytes(value, 'value');
    if (data.byteLength === 0) writer.u8(EMPTY);
    else if (type === CKA_ALLOWED_MECHANISMS) encodeMechanisms(writer, data, index, size);
    else writer.u8(BYTES | arrayKind(type, index)).rawBytes(data);
    return;
  }
  const more = arrayKind(type, index);
  if (typeof value === 'number') writer.u8(ULONG | more).u64(cut(value));
  else if (typeof value === 'boolean') writer.u8(BOOL | more).bool(value);
  else writer.u8(BYTES | more).text(value as string, 'value');
}

function readElement(element: unknown, index: number): { type: number; value: unknown } {
  if (typeof element !== 'object' || element === null) throw new TypeError(`Element ${index} has wrong type. Should be an Object`);
  const { type, value } = element as { type: unknown; value: unknown };
  if (typeof type !== 'number') throw new TypeError(`Element ${index} has wrong type. Property 'type' should be a Number`);
  const fits = value === undefined || value === null || ['number', 'boolean', 'string'].includes(typeof value) || isBuffer(value);
  if (!fits) throw new TypeError(`Element ${index} has wrong type. Property 'value' should be a Number, Boolean, String or Buffer`);
  const cutType = cut(type);
  if (isDate(cutType)) expectDate(cutType, value);
  return { type: cutType, value };
}

function listOf(value: unknown, index: number): unknown[] {
  if (!Array.isArray(value)) throw wrong(index, 'an Array');
  return value as unknown[];
}

/** Writes attributes with their values; `size` is that of a CK_ULONG. */
export function encodeTemplate(writer: RequestWriter, value: unknown, index: number, size: number): void {
  const list = listOf(value, index);
  const count = list.length;
  writer.u32(count);
  for (let at = 0; at < count; at++) {
    const { type, value: given } = readElement(list[at], at);
    writer.u64(type);
    encodeValue(writer, type, given, at, size);
  }
}

/** Writes the attributes that are to be read, and answers their elements. */
export function encodeWanted(writer: RequestWriter, value: unknown, index: number): Element[] {
  const list = listOf(value, index);
  const count = list.length;
  const elements: Element[] = [];
  writer.u32(count);
  for (let at = 0; at < count; at++) {
    const element = list[at];
    const { type } = readElement(element, at);
    elements.push(element as Element);
    writer.u64(type).u8(ulongs.has(type) ? ULONG : BYTES);
  }
  return elements;
}

/** Gives the elements their values as the library has them: a Buffer each, undefined for what it does not tell. `size` is that of a CK_ULONG. */
export function takeValues(reply: ReplyReader, elements: readonly Element[], size: number): void {
  const count = reply.u32();
  for (let at = 0; at < count; at++) {
    reply.u64();
    const kind = reply.u8();
    elements[at]!.value = kind === EMPTY ? undefined : kind === ULONG ? handleFrom(reply, size) : Buffer.from(reply.bytes());
  }
}

/** Dates become what CK_DATE has, in the caller's own list, before an object is made or changed. */
export function convertDates(list: unknown): void {
  if (!Array.isArray(list)) return;
  for (const attribute of list as { type?: unknown; value?: unknown }[]) {
    if (typeof attribute !== 'object' || attribute === null || !isDate(attribute.type as number) || !types.isDate(attribute.value)) continue;
    attribute.value = Buffer.from(attribute.value.toISOString().slice(0, 10).replaceAll('-', ''));
  }
}
