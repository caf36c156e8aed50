// Checks of what callers hand over. Each names the argument and says what came instead, without its content: it may be a PIN, a key or data.
// Kinds of objects are asked of node:util and not by instanceof: objects of another realm (vm, Jest) are as good.

import { types } from 'node:util';

type UsageErrorCode = 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE' | 'ERR_OUT_OF_RANGE';

/** A TypeError with the code that Node gives to a wrong argument. */
export function typeError(message: string, code: UsageErrorCode = 'ERR_INVALID_ARG_TYPE'): TypeError & { code: string } {
  return Object.assign(new TypeError(message), { code });
}

/** A RangeError with the code that Node gives to a number out of its range. */
export function rangeError(message: string): RangeError & { code: string } {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}

/** What was received, in the words of Node's own errors. Strings and bytes never show their content. */
export function describe(value: unknown, secret = false): string {
  if (value === null || value === undefined) return `Received ${value}`;
  switch (typeof value) {
    case 'function':
      return 'Received a function';
    case 'object':
      return `Received ${describeObject(value)}`;
    case 'number':
    case 'boolean':
      return secret ? `Received type ${typeof value}` : `Received type ${typeof value} (${value})`;
    case 'bigint':
      return secret ? 'Received type bigint' : `Received type bigint (${value}n)`;
    default:
      return `Received type ${typeof value}`;
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  let name: unknown;
  try {
    name = value.constructor?.name;
  } catch {
    // A getter or a proxy that throws: the kind of thing it is remains.
  }
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object';
}

/** The error of an argument that has the wrong type: `expected` continues "must be". */
export function wrongType(name: string, expected: string, value: unknown, secret = false): TypeError {
  return typeError(`The "${name}" argument must be ${expected}. ${describe(value, secret)}`);
}

/** The error of an argument of the right type whose value will not do: `reason` continues the sentence. */
export function wrongValue(name: string, reason: string): TypeError {
  return typeError(`The "${name}" argument ${reason}`, 'ERR_INVALID_ARG_VALUE');
}

/** A whole number from `low` to `high`. */
export function integer(value: unknown, name: string, low = 0, high = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw rangeError(`The value of "${name}" is out of range. It must be a whole number. Received ${value}`);
  if (value < low || value > high) throw outOfRange(name, low, high, value);
  return value;
}

function outOfRange(name: string, low: number | bigint, high: number | bigint, value: number | bigint): RangeError {
  const received = typeof value === 'bigint' ? `${value}n` : String(value);
  return rangeError(`The value of "${name}" is out of range. It must be >= ${low} and <= ${high}. Received ${received}`);
}

const MOST_ULONG = 0xffff_ffff_ffff_ffffn;

/** A CK_ULONG: a whole number up to 2^53 - 1, or a bigint up to 2^64 - 1. */
export function ulong(value: unknown, name: string): number | bigint {
  if (typeof value === 'number') return integer(value, name);
  if (typeof value !== 'bigint') throw wrongType(name, 'of type number or bigint', value);
  if (value < 0n || value > MOST_ULONG) throw outOfRange(name, 0, MOST_ULONG, value);
  return value;
}

/** true or false, nothing that merely looks like it. */
export function boolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(name, 'of type boolean', value);
  return value;
}

/** A string that has a UTF-8 form. */
export function string(value: unknown, name: string, secret = false): string {
  if (typeof value !== 'string') throw wrongType(name, 'of type string', value, secret);
  // A lone surrogate would silently become U+FFFD, and the label or PIN another one.
  if (/\p{Surrogate}/u.test(value)) throw wrongValue(name, 'must be well-formed Unicode text');
  return value;
}

/** One of a few strings. */
export function oneOf<Choice extends string>(value: unknown, name: string, choices: readonly Choice[]): Choice {
  if (choices.includes(value as Choice)) return value as Choice;
  const list = choices.map((choice) => `'${choice}'`).join(', ');
  if (typeof value !== 'string') throw wrongType(name, `one of ${list}`, value);
  throw wrongValue(name, `must be one of ${list}. Received '${value.slice(0, 64)}'`);
}

/** An object to take named values from: not null, not an array, not bytes. */
export function plainObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw wrongType(name, 'an object', value);
  }
  return value as Record<string, unknown>;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

function getter<Result>(prototype: object, name: string | symbol): (this: unknown) => Result {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get as (this: unknown) => Result;
}

// The engine's own accessors: an object can shadow `byteLength`, but not change what these say.
const kindOf = getter<string | undefined>(typedArray, Symbol.toStringTag);
const typedArrayBuffer = getter<ArrayBufferLike>(typedArray, 'buffer');
const typedArrayOffset = getter<number>(typedArray, 'byteOffset');
const typedArrayLength = getter<number>(typedArray, 'byteLength');
const dataViewBuffer = getter<ArrayBufferLike>(DataView.prototype, 'buffer');
const dataViewOffset = getter<number>(DataView.prototype, 'byteOffset');
const dataViewLength = getter<number>(DataView.prototype, 'byteLength');
const arrayBufferLength = getter<number>(ArrayBuffer.prototype, 'byteLength');
const sharedLength = getter<number>(SharedArrayBuffer.prototype, 'byteLength');
const firstElement = Reflect.get(typedArray, 'at') as (this: unknown, index: number) => unknown;
const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get as ((this: unknown) => boolean) | undefined;

const EXPECTED_BYTES = 'an instance of Uint8Array, Buffer, another TypedArray, DataView or ArrayBuffer';

/**
 * The bytes of a Uint8Array, Buffer, any other view, or an ArrayBuffer, as a Uint8Array over the same memory. Memory that can change under a reader (shared or
 * resizable) is copied. Detached memory is an error: what was there is gone.
 */
export function bytes(value: unknown, name: string, secret = false): Uint8Array {
  if (!ArrayBuffer.isView(value)) {
    if (!types.isAnyArrayBuffer(value)) throw wrongType(name, EXPECTED_BYTES, value, secret);
    return steady(value, 0, bufferLength(value, name), name);
  }
  const kind = kindOf.call(value);
  if (kind === undefined) {
    try {
      return steady(dataViewBuffer.call(value), dataViewOffset.call(value), dataViewLength.call(value), name);
    } catch (error) {
      if (error instanceof TypeError && !('code' in error)) throw detached(name);
      throw error;
    }
  }
  const length = typedArrayLength.call(value);
  if (length === 0) expectAttached(value, name);
  const buffer = typedArrayBuffer.call(value);
  if (kind === 'Uint8Array' && !changes(buffer) && isPlain(value)) return value as Uint8Array;
  return steady(buffer, typedArrayOffset.call(value), length, name);
}

/**
 * The length of a Uint8Array or Buffer, for whoever copies it at once: shared or resizable memory needs no care then. 0 for an empty one, which may have
 * lost its memory; -1 for everything else. Both are for `bytes` to judge.
 */
export function lengthOfPlain(value: unknown): number {
  return kindOf.call(value) === 'Uint8Array' ? typedArrayLength.call(value) : -1;
}

// What most callers give, and what needs no view of our own: nothing shadows what the array says of itself.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Uint8Array.prototype || prototype === Buffer.prototype) && !Object.hasOwn(value, 'byteLength') && !Object.hasOwn(value, 'buffer')
  );
}

function changes(buffer: ArrayBufferLike): boolean {
  return types.isSharedArrayBuffer(buffer) || resizable?.call(buffer) === true;
}

/** Whether a value is bytes of any form. */
export function isBytes(value: unknown): value is ArrayBufferView | ArrayBufferLike {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

function bufferLength(value: ArrayBufferLike, name: string): number {
  if (types.isSharedArrayBuffer(value)) return sharedLength.call(value);
  const length = arrayBufferLength.call(value);
  if (length === 0) expectAttached(value, name);
  return length;
}

// A detached array says length 0, like an empty one; a method that validates its array tells them apart.
function expectAttached(value: object, name: string): void {
  try {
    if (ArrayBuffer.isView(value)) firstElement.call(value, 0);
    else new Uint8Array(value as ArrayBuffer);
  } catch {
    throw detached(name);
  }
}

function detached(name: string): TypeError {
  return wrongValue(name, 'has lost its memory: its ArrayBuffer was detached (transferred) or has shrunk');
}

function steady(buffer: ArrayBufferLike, offset: number, length: number, name: string): Uint8Array {
  const view = new Uint8Array(buffer, offset, length);
  if (changes(buffer)) {
    const copy = new Uint8Array(length);
    copy.set(view);
    if (typedArrayLength.call(view) !== length) throw detached(name);
    return copy;
  }
  return view;
}
