// Binary values of these conventions: in as hexadecimal text, ArrayBuffer or Uint8Array, out as ArrayBuffer.

import { badParameters } from './error';

/** A copy of a binary argument. */
export function binary(value: unknown, name: string): Uint8Array {
  if (typeof value === 'string') {
    if (value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value)) return Buffer.from(value, 'hex');
    throw badParameters(`"${name}" is a string, but not in hexadecimal.`);
  }
  try {
    if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
    if (value instanceof Uint8Array) return Uint8Array.from(value);
  } catch (error) {
    throw badParameters(`"${name}" has been detached.`, error);
  }
  throw badParameters(`"${name}" must be a string in hexadecimal, an ArrayBuffer or a Uint8Array.`);
}

/** A binary result. */
export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

export const hexadecimal = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

/** Text, or null where the reader has a PIN pad. */
export function pinValue(value: unknown, name: string): string | null {
  if (value === null || typeof value === 'string') return value;
  throw badParameters(`"${name}" must be a string, or null for the PIN pad of the reader.`);
}
