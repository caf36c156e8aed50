// Checks of arguments, in the words of pkcs11js.

import { bytes } from '../arguments';

const TWO_32 = 0x1_0000_0000;

/** An argument has the wrong type: `should` continues "Should be". */
export function wrong(index: number, should: string): TypeError {
  return new TypeError(`Argument ${index} has wrong type. Should be ${should}`);
}

/** The wrong number of arguments came. */
export function wrongCount(expected: number, received: number): TypeError {
  return new TypeError(`Parameters are required. Expected ${expected} arguments, but received ${received}.`);
}

/**
 * A number as a CK_ULONG. Numbers up to 32 bits are cut as the addon of pkcs11js cuts them: −1 is 4294967295, 1.5 is 1, NaN is 0. Larger ones are taken whole.
 */
export function cut(value: number): number {
  return value >= TWO_32 && Number.isSafeInteger(value) ? value : value >>> 0;
}

/** What an addon for Node.js takes for a Buffer: any view. */
export function isBuffer(value: unknown): value is ArrayBufferView {
  return ArrayBuffer.isView(value);
}

/** The bytes of an argument. */
export function bytesOf(value: unknown, index: number): Uint8Array {
  if (!isBuffer(value)) throw wrong(index, 'a Buffer');
  return bytes(value, `argument ${index}`);
}

/** The bytes of a handle, which has as many as a CK_ULONG. */
export function handleOf(value: unknown, index: number, size: number): Uint8Array {
  const handle = bytesOf(value, index);
  if (handle.byteLength !== size) throw new TypeError(`Argument ${index} has wrong length. Should be ${size} bytes.`);
  return handle;
}
