// Structures by their generated layouts: parameters of mechanisms on the way in, information structures on the way out.

import { boolean, bytes, integer, plainObject, string, ulong, wrongType, wrongValue } from '../arguments';
import { encodeTemplate } from '../attributes';
import { LAYOUTS, type Choice, type LayoutField, type StructureName } from '../generated/parameters';
import { encodeMechanism } from '../mechanism';
import type { ReplyReader } from './reader';
import type { RequestWriter } from './writer';
import type { ResultPath } from './written-back';

const OUT = 1;
const SHARED = 8;
const NUL_TERMINATED = 16;
const DEEPEST = 8;
const MOST_ENTRIES = 1_000_000;

const NO_PARAMETER = 0;
const RAW_PARAMETER = 1;
const ULONG_PARAMETER = 2;
const STRUCTURE_PARAMETER = 3;

/** Where encoding stands: `name` for errors, `result` for what the token writes back. */
interface Place {
  readonly name: string;
  readonly result: ResultPath;
  readonly depth: number;
}

/** Writes a `parameter` that is a structure. */
export function encodeStructureParameter(
  writer: RequestWriter,
  structure: StructureName,
  value: unknown,
  name: string,
  result: ResultPath,
  depth: number,
): void {
  writer.u8(STRUCTURE_PARAMETER).u16(LAYOUTS[structure].id);
  encodeFields(writer, structure, value, { name, result, depth });
}

/** Writes a `parameter` that is bytes or a CK_ULONG, or is not there. */
export function encodePlainParameter(writer: RequestWriter, value: Uint8Array | number | bigint | null, name: string): void {
  if (value === null) writer.u8(NO_PARAMETER);
  else if (typeof value === 'object') writer.u8(RAW_PARAMETER).rawBytes(value);
  else writer.u8(ULONG_PARAMETER).u64(value, name);
}

function encodeFields(writer: RequestWriter, structure: StructureName, value: unknown, place: Place): void {
  if (place.depth > DEEPEST) throw wrongValue(place.name, `is nested more than ${DEEPEST} levels deep`);
  const given = plainObject(value, place.name);
  const { fields } = LAYOUTS[structure];
  expectKnown(given, structure, fields, place.name);
  const seen: Seen = { lengths: new Map(), numbers: new Map(), lastLength: 0 };
  for (const field of fields) {
    const inside = { name: `${place.name}.${field[0]}`, result: [...place.result, field[0]], depth: place.depth };
    encodeField(writer, field, given[field[0]], seen, inside);
  }
}

function expectKnown(given: Record<string, unknown>, structure: StructureName, fields: readonly LayoutField[], name: string): void {
  for (const key of Object.keys(given)) {
    if (fields.some(([known]) => known === key)) continue;
    const names = fields.map(([known]) => `'${known}'`).join(', ');
    throw wrongValue(name, `has no field '${key.slice(0, 64)}': ${structure} has ${names}`);
  }
}

/** What the fields of one structure need to know of each other. */
interface Seen {
  readonly lengths: Map<string, number>;
  readonly numbers: Map<string, number | bigint>;
  lastLength: number;
}

function encodeField(writer: RequestWriter, field: LayoutField, value: unknown, seen: Seen, place: Place): void {
  const [fieldName, kind, extra, flags, fallback] = field;
  const out = (flags & OUT) !== 0;
  switch (kind) {
    case 'ulong': {
      const number = ulong(value ?? fallbackNumber(fallback, seen), place.name);
      seen.numbers.set(fieldName, number);
      writer.u64(number, place.name);
      if (out) writer.expectBack({ path: place.result, kind: 'ulong' });
      return;
    }
    case 'byte':
      writer.u8(integer(value ?? fallback ?? (out ? 0 : value), place.name, 0, 255));
      if (out) writer.expectBack({ path: place.result, kind: 'byte' });
      return;
    case 'bool':
      writer.u8(boolean(value ?? fallback, place.name) ? 1 : 0);
      return;
    case 'fixed':
      writer.rawBytes(fixedBytes(value, extra as number, place.name));
      return;
    case 'paddedText':
      throw wrongValue(place.name, 'belongs to a structure that only the token fills');
    case 'bytes':
    case 'text':
      encodeBytes(writer, field, value, seen, place);
      return;
    case 'struct':
      encodeFields(writer, extra as StructureName, value, { ...place, depth: place.depth + 1 });
      return;
    case 'pointer':
      if (value === undefined || value === null) return void writer.u8(0);
      writer.u8(1);
      encodeFields(writer, extra as StructureName, value, { ...place, depth: place.depth + 1 });
      return;
    case 'array':
      encodeArray(writer, extra as StructureName, value, place);
      return;
    case 'template':
      encodeTemplate(writer, value ?? {}, place.name, place.depth);
      return;
    case 'mechanism':
      if (value === undefined || value === null) return void writer.u8(0);
      writer.u8(1);
      encodeMechanism(writer, value, place.name, place.result, place.depth + 1);
      return;
    case 'handle':
      writer.expectBack({ path: place.result, kind: 'ulong' });
      return;
    case 'choice':
      encodeChoice(writer, extra as Choice, value, seen, place);
  }
}

function fallbackNumber(fallback: LayoutField[4], seen: Seen): number | bigint | undefined {
  if (typeof fallback === 'object') return (seen.lengths.get(fallback.bitsOf) ?? 0) * 8;
  return typeof fallback === 'number' ? fallback : undefined;
}

function fixedBytes(value: unknown, size: number, name: string): Uint8Array {
  const checked = bytes(value, name);
  if (checked.byteLength !== size) throw wrongValue(name, `must have exactly ${size} bytes. Received ${checked.byteLength}`);
  return checked;
}

function encodeBytes(writer: RequestWriter, field: LayoutField, value: unknown, seen: Seen, place: Place): void {
  const [fieldName, kind, , flags] = field;
  const absent = value === undefined || value === null;
  const checked = absent ? undefined : fieldBytes(kind, value, place.name);
  const length = checked?.byteLength ?? 0;
  if ((flags & SHARED) !== 0 && !absent && length !== seen.lastLength) {
    throw wrongValue(
      place.name,
      `must be as long as the field before it, for both share one length. Received ${length} and ${seen.lastLength} bytes`,
    );
  }
  if ((flags & NUL_TERMINATED) !== 0 && checked?.includes(0)) throw wrongValue(place.name, 'must not contain a NUL character');
  if (checked === undefined) writer.bytes(null);
  else writer.rawBytes(checked);
  seen.lengths.set(fieldName, length);
  seen.lastLength = length;
  if ((flags & OUT) !== 0) writer.expectBack({ path: place.result, kind: 'bytes' });
}

const encoder = new TextEncoder();

function fieldBytes(kind: string, value: unknown, name: string): Uint8Array {
  return kind === 'text' && typeof value === 'string' ? encoder.encode(string(value, name)) : bytes(value, name);
}

function encodeArray(writer: RequestWriter, structure: StructureName, value: unknown, place: Place): void {
  if (value === undefined || value === null) return void writer.u32(0);
  if (!Array.isArray(value)) throw wrongType(place.name, 'an array of objects', value);
  const count = value.length;
  if (count > MOST_ENTRIES) throw wrongValue(place.name, `has ${count} elements. At most ${MOST_ENTRIES} are possible`);
  writer.u32(count);
  for (let index = 0; index < count; index++) {
    const name = `${place.name}[${index}]`;
    encodeFields(writer, structure, value[index], { name, result: [...place.result, index], depth: place.depth + 1 });
  }
}

function encodeChoice(writer: RequestWriter, choice: Choice, value: unknown, seen: Seen, place: Place): void {
  if (value === undefined || value === null) return void writer.u8(NO_PARAMETER);
  const by = Number(seen.numbers.get(choice.by));
  // A type that the standard does not have: the value's own form decides.
  const form = choice.cases[by] ?? (typeof value === 'number' || typeof value === 'bigint' ? 'ulong' : 'bytes');
  if (form === 'ulong') encodePlainParameter(writer, ulong(value, place.name), place.name);
  else if (form === 'bytes' || ArrayBuffer.isView(value)) encodePlainParameter(writer, bytes(value, place.name), place.name);
  else encodeStructureParameter(writer, form as StructureName, value, place.name, place.result, place.depth + 1);
}

/** Reads the fields of an information structure. */
export function readStructure(reader: ReplyReader, structure: StructureName): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, kind, extra] of LAYOUTS[structure].fields) {
    switch (kind) {
      case 'ulong':
        result[name] = reader.size();
        break;
      case 'byte':
        result[name] = reader.u8();
        break;
      case 'bool':
        result[name] = reader.bool();
        break;
      case 'paddedText':
        result[name] = unpad(reader.text());
        break;
      case 'struct':
        result[name] = readStructure(reader, extra as StructureName);
        break;
      default:
        result[name] = reader.bytes();
    }
  }
  return result;
}

// Blank padded by the standard; some libraries end the text with a NUL as C does, and leave anything behind it.
function unpad(text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}
