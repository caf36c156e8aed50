// What util.inspect shows of our objects: what one needs to know them by, and no secret.

import { inspect, type InspectOptions } from 'node:util';
import { nameOf, type ConstantFamily } from './constants';

/** `ClassName { … }`, or `[ClassName]` where inspection goes no deeper. */
export function inspectAs(object: object, fields: Record<string, unknown>, depth: number, options: InspectOptions): string {
  const name = object.constructor.name;
  if (depth < 0) return `[${name}]`;
  return `${name} ${inspect(fields, { ...options, depth: options.depth === null ? null : depth })}`;
}

/** The name of a constant, or its number in hexadecimal where the standard has none. */
export function nameOr(family: ConstantFamily, value: number | bigint): string {
  return nameOf(family, value) ?? `${family}_0x${value.toString(16).padStart(8, '0')}`;
}

const MOST_BYTES = 32;

/** Bytes that are no secret, in hexadecimal. */
export function describeBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MOST_BYTES)).toString('hex');
  return bytes.length > MOST_BYTES ? `${hex}… (${bytes.length} bytes)` : hex;
}
