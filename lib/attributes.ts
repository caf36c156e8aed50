// Attributes: from the objects that callers give to templates, and from replies to objects. The list itself is generated from spec/.

import { types } from 'node:util';

import { boolean, bytes, isBytes, plainObject, rangeError, string, typeError, ulong, wrongType, wrongValue } from './arguments';
import { ATTRIBUTES, type AttributeKind, type AttributeName, type Attributes } from './generated/attributes';
import { CKF } from './generated/constants';
import { ReplyReader } from './wire/reader';
import type { RequestWriter } from './wire/writer';

export { ATTRIBUTES, type AttributeKind, type AttributeName, type Attributes } from './generated/attributes';

/** An attribute by its name, or by its number where the standard has no name for it. */
export type AttributeKey = AttributeName | number;

/** A value for an attribute given by number: its own type says how it is encoded. Numbers become a CK_ULONG, booleans a CK_BBOOL, strings UTF-8, null nothing. */
export type VendorAttributeValue = Uint8Array | number | bigint | boolean | string | Date | readonly (number | bigint)[] | AttributeTemplate | null;

// The two attributes that are a CK_DATE.
type DateName = 'startDate' | 'endDate';

type Given<Value> = Value extends number
  ? number | bigint
  : Value extends readonly number[]
    ? readonly (number | bigint)[]
    : Value extends Attributes
      ? AttributeTemplate
      : Value;

// Bytes would fit Attributes, all of whose properties are optional, so they are told apart first.
type GivenFor<Value> = Value extends Uint8Array ? Uint8Array : Given<Value>;

type NamedAttributes = {
  readonly [Name in AttributeName]?: GivenFor<NonNullable<Attributes[Name]>> | (Name extends DateName ? Date : never) | null | undefined;
};

/**
 * Attributes to be set or looked for: by name with the type of each, or by number. `undefined` leaves an attribute out, `null` gives it an empty value. Dates are
 * a Date, of which the day in UTC counts, or a string in the form 'YYYY-MM-DD'.
 *
 * @example
 * const template = { label: 'signer', id: Buffer.from('01', 'hex'), 0x80000123: true };
 */
export type AttributeTemplate = NamedAttributes | (NamedAttributes & { readonly [type: number]: VendorAttributeValue | undefined });

/** Attributes that were read: by name with the type of each, or by number as bytes. What is not there, or may not be seen, is undefined. */
export type ReadAttributes = Attributes & { [type: number]: Uint8Array | undefined };

const EMPTY = 0;
const BOOL = 1;
const ULONG = 2;
const BYTES = 3;
const ULONGS = 4;
const TEMPLATE = 5;
/** Added to a kind: the number has CKF_ARRAY_ATTRIBUTE, but by chance. */
const NO_ARRAY = 0x80;

const WIRE_KIND: Readonly<Record<AttributeKind, number>> = {
  bool: BOOL,
  ulong: ULONG,
  bytes: BYTES,
  text: BYTES,
  date: BYTES,
  ulongs: ULONGS,
  template: TEMPLATE,
};
const DEEPEST = 8;

const nameByType = new Map<number, AttributeName>();
for (const name of Object.keys(ATTRIBUTES) as AttributeName[]) {
  // Of two spellings of one attribute the first stands.
  if (!nameByType.has(ATTRIBUTES[name][0])) nameByType.set(ATTRIBUTES[name][0], name);
}

/** The name of an attribute by its number; undefined where the standard has none. */
export function attributeName(type: number): AttributeName | undefined {
  return nameByType.get(type);
}

function known(name: string): readonly [type: number, kind: AttributeKind] | undefined {
  return Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name as AttributeName] : undefined;
}

// Property names are strings: '2147483939' is how 0x80000123 arrives.
function numericKey(key: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(key)) return undefined;
  const type = Number(key);
  return Number.isSafeInteger(type) ? type : undefined;
}

/** Writes a template. Each property is read exactly once. */
export function encodeTemplate(writer: RequestWriter, attributes: unknown, path: string, depth = 1): void {
  if (depth > DEEPEST) throw wrongValue(path, `is nested more than ${DEEPEST} levels deep`);
  const given = plainObject(attributes, path);
  const mark = writer.mark();
  let count = 0;
  for (const key of Object.keys(given)) {
    const entry = known(key);
    const type = entry === undefined ? numericKey(key) : entry[0];
    if (type === undefined) throw unknownAttribute(key, path);
    const value = given[key];
    if (value === undefined) continue;
    const name = entry === undefined ? `${path}[${hexadecimal(type)}]` : `${path}.${key}`;
    writer.u64(type, name);
    if (value === null) writer.u8(EMPTY);
    else if (entry === undefined) encodeNumbered(writer, type, value, name, depth);
    else encodeByKind(writer, entry[1], value, name, depth);
    count++;
  }
  writer.patchU32(mark, count);
}

function encodeByKind(writer: RequestWriter, kind: AttributeKind, value: unknown, name: string, depth: number): void {
  switch (kind) {
    case 'bool':
      writer.u8(BOOL).u8(boolean(value, name) ? 1 : 0);
      return;
    case 'ulong':
      writer.u8(ULONG).u64(ulong(value, name), name);
      return;
    case 'bytes':
      encodeBytes(writer, bytes(value, name));
      return;
    case 'text':
      encodeText(writer, string(value, name));
      return;
    case 'date':
      encodeText(writer, dateDigits(value, name));
      return;
    case 'ulongs':
      writer.u8(ULONGS).ulongs(value as number[], name);
      return;
    case 'template':
      writer.u8(TEMPLATE);
      encodeTemplate(writer, value, name, depth + 1);
  }
}

// The numbers of NSS contain CKF_ARRAY_ATTRIBUTE by chance: those from CKA_VENDOR_DEFINED | 0x4e534350 on, and CKA_NSS_DB. They hold no arrays.
const isOfNss = (type: number): boolean => (type >= 0xce534350 && type < 0xce544350) || type === 0xd5a0db00;

// A token follows pointers in the value of an array attribute: no bytes of the caller's may stand there. The engine refuses them too, unless it is told that the
// number has the flag by chance.
function encodeNumbered(writer: RequestWriter, type: number, value: unknown, name: string, depth: number): void {
  const holdsArray = typeof value === 'object' && !isBytes(value) && !types.isDate(value);
  const flagged = Math.floor(type / CKF.ARRAY_ATTRIBUTE) % 2 === 1;
  if (flagged && !holdsArray && !isOfNss(type)) throw wrongType(name, 'an object with attributes or an array of numbers', value);
  const kindAt = writer.length;
  encodeByValue(writer, value, name, depth);
  if (flagged && !holdsArray) writer.addBits(kindAt, NO_ARRAY);
}

function encodeByValue(writer: RequestWriter, value: unknown, name: string, depth: number): void {
  if (typeof value === 'boolean') encodeByKind(writer, 'bool', value, name, depth);
  else if (typeof value === 'number' || typeof value === 'bigint') encodeByKind(writer, 'ulong', value, name, depth);
  else if (typeof value === 'string') encodeByKind(writer, 'text', value, name, depth);
  else if (types.isDate(value)) encodeByKind(writer, 'date', value, name, depth);
  else if (Array.isArray(value)) encodeByKind(writer, 'ulongs', value, name, depth);
  else if (isBytes(value)) encodeByKind(writer, 'bytes', value, name, depth);
  else if (typeof value === 'object') encodeByKind(writer, 'template', value, name, depth);
  else throw wrongType(name, 'bytes, a number, a boolean, a string, a Date, an array of numbers, or an object with attributes', value);
}

// An empty value is NULL with length 0 inside a template: kind 0 says just that.
function encodeBytes(writer: RequestWriter, value: Uint8Array): void {
  if (value.byteLength === 0) writer.u8(EMPTY);
  else writer.u8(BYTES).rawBytes(value);
}

function encodeText(writer: RequestWriter, value: string): void {
  if (value === '') writer.u8(EMPTY);
  else writer.u8(BYTES).text(value);
}

/** CK_DATE: 'YYYYMMDD', or nothing for no date. */
function dateDigits(value: unknown, name: string): string {
  if (value === '') return '';
  if (types.isDate(value)) {
    const time = value.getTime();
    if (Number.isNaN(time)) throw wrongValue(name, 'must be a valid date');
    const iso = new Date(time).toISOString();
    // Beyond the year 9999 the ISO form starts with a sign, and CK_DATE has no room for it.
    if (!/^\d{4}-/.test(iso)) throw rangeError(`The value of "${name}" is out of range. A date has a year from 0 to 9999`);
    return iso.slice(0, 10).replaceAll('-', '');
  }
  if (typeof value !== 'string') throw wrongType(name, "a Date or a string in the form 'YYYY-MM-DD'", value);
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  // Date.parse lets 30 February roll over into March.
  if (match === null || new Date(`${value}T00:00:00Z`).getUTCDate() !== Number(match[3])) {
    throw wrongValue(name, `must be a date in the form 'YYYY-MM-DD'. Received '${value.slice(0, 32)}'`);
  }
  return `${match[1]}${match[2]}${match[3]}`;
}

/** Writes the list of attributes that are to be read. */
export function encodeReadTemplate(writer: RequestWriter, keys: readonly AttributeKey[], path: string): void {
  if (!Array.isArray(keys)) throw wrongType(path, 'an array of attribute names or numbers', keys);
  const count = keys.length;
  writer.u32(count);
  for (let index = 0; index < count; index++) {
    const key: unknown = keys[index];
    const name = `${path}[${index}]`;
    if (typeof key === 'number') {
      writer.u64(key, name).u8(BYTES);
      continue;
    }
    if (typeof key !== 'string') throw wrongType(name, 'the name or the number of an attribute', key);
    const entry = known(key);
    if (entry === undefined) throw unknownAttribute(key, path);
    writer.u64(entry[0], name).u8(WIRE_KIND[entry[1]]);
  }
}

/** Reads the attributes of one object: under the keys they were asked by, or else by their names. */
export function decodeAttributes(reader: ReplyReader, keys?: readonly AttributeKey[]): ReadAttributes {
  const result: Record<string | number, unknown> = {};
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    const type = reader.size() ?? -1;
    const key = keys?.[index] ?? nameByType.get(type) ?? type;
    result[key] = decodeValue(reader, typeof key === 'number' ? 'bytes' : ATTRIBUTES[key][1]);
  }
  return result as ReadAttributes;
}

/** As `decodeAttributes`, for many objects that were asked for the same: what the keys stand for is looked up once. */
export function attributesDecoder(keys: readonly AttributeKey[]): (reader: ReplyReader) => ReadAttributes {
  const kinds = keys.map((key) => (typeof key === 'number' ? 'bytes' : ATTRIBUTES[key][1]));
  return (reader) => {
    const result: Record<string | number, unknown> = {};
    const count = reader.u32();
    for (let index = 0; index < count; index++) {
      // The type, which is that of the key.
      reader.size();
      result[keys[index]!] = decodeValue(reader, kinds[index]!);
    }
    return result as ReadAttributes;
  };
}

function decodeValue(reader: ReplyReader, kind: AttributeKind): unknown {
  switch (reader.u8()) {
    case EMPTY:
      return undefined;
    case BOOL:
      return reader.bool();
    case ULONG:
      return reader.size();
    case BYTES:
      return decodeBytes(reader, kind);
    case ULONGS:
      return reader.numbers();
    case TEMPLATE:
      return decodeAttributes(reader);
    default:
      throw typeError('The reply has an attribute of a kind that this package does not know');
  }
}

// Bytes come also where a token gave a value of another length than its kind has: then there is no value to speak of.
function decodeBytes(reader: ReplyReader, kind: AttributeKind): unknown {
  if (kind === 'bytes') return reader.bytes();
  const text = reader.text();
  if (kind === 'text') return text;
  if (kind === 'date') return dateOf(text);
  return undefined;
}

/** The attributes of a template that is the value of an attribute, from its encoding. */
export function attributesOfTemplate(encoded: Uint8Array): ReadAttributes {
  return decodeAttributes(ReplyReader.of(encoded));
}

/** A CK_DATE; undefined where it is none. */
export function dateOf(digits: string): string | undefined {
  return /^\d{8}$/.test(digits) && digits !== '00000000' ? `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` : undefined;
}

function hexadecimal(type: number): string {
  return `0x${type.toString(16)}`;
}

function unknownAttribute(key: string, path: string): TypeError {
  const close = closeNames(key);
  const hint =
    close.length === 0
      ? 'Give an attribute that the standard does not have by its number'
      : `Did you mean ${close.map((name) => `'${name}'`).join(' or ')}?`;
  return wrongValue(path, `has no attribute named '${key.slice(0, 64)}'. ${hint}`);
}

const MOST_HINTS = 3;

function closeNames(key: string): string[] {
  const wanted = key.replace(/^CKA_/, '').replaceAll('_', '').toLowerCase().slice(0, 64);
  const most = Math.ceil(wanted.length / 3);
  return (Object.keys(ATTRIBUTES) as string[])
    .map((name) => [name, editDistance(wanted, name.toLowerCase())] as const)
    .filter(([, distance]) => distance <= most)
    .sort((a, b) => a[1] - b[1])
    .slice(0, MOST_HINTS)
    .map(([name]) => name);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
