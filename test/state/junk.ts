// Values that no argument of the library should trip over.

/** What a getter or a trap of ours throws: it must come through unchanged. */
export class Thrown extends Error {
  readonly code = 'THROWN';
}

const thrower = (): never => {
  throw new Thrown('from the caller');
};

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function shrunk(): Uint8Array {
  const buffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 64 }]) as ArrayBuffer & { resize(size: number): void };
  const view = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return view;
}

/** An object whose every property, known or not, throws when it is read. */
const hostile = (): object =>
  new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower, getOwnPropertyDescriptor: thrower, getPrototypeOf: thrower });

/** An object that has another value at every look. */
function fickle(): object {
  let looks = 0;
  return new Proxy({}, { get: () => [1, 'one', null, new Uint8Array(1), -1][looks++ % 5] });
}

const circle: Record<string, unknown> = { label: 'round' };
circle['wrapTemplate'] = circle;
circle['parameter'] = circle;

/** No argument of any method may be one of these. */
export const neverRight: readonly (readonly [title: string, make: () => unknown])[] = [
  ['a symbol', () => Symbol('junk')],
  ['NaN', () => Number.NaN],
  ['-1', () => -1],
  ['1.5', () => 1.5],
  ['Infinity', () => Infinity],
  ['2^53', () => 2 ** 53],
  ['-1n', () => -1n],
  ['2^64', () => 2n ** 64n],
  ['2^70', () => 2n ** 70n],
  ['a lone surrogate', () => 'x\ud800'],
];

/** For some arguments these are right. */
export const mostlyWrong: readonly (readonly [title: string, make: () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['0', () => 0],
  ['2^32', () => 2 ** 32],
  ['0n', () => 0n],
  ['2^63', () => 2n ** 63n],
  ['an empty string', () => ''],
  ['a string', () => 'junk'],
  ['a string with NUL', () => 'a\0b'],
  ['a long string', () => 'x'.repeat(100_000)],
  ['a function', () => () => 1],
  ['a function that throws', () => thrower],
  ['an empty object', () => ({})],
  ['a boolean object', () => Object(true) as object],
  ['an object without prototype', () => Object.create(null) as object],
  ['an object that throws', hostile],
  ['an object that changes', fickle],
  ['a circle', () => circle],
  ['a date', () => new Date(Number.NaN)],
  ['a promise', () => Promise.resolve(1)],
  [
    'a rejected promise',
    () => {
      const promise = Promise.reject(new Thrown('from a promise'));
      promise.catch(() => undefined);
      return promise;
    },
  ],
  ['an empty array', () => []],
  ['an array of null', () => [null]],
  ['an array with holes', () => new Array(3)],
  ['an array of symbols', () => [Symbol('junk')]],
  ['an array-like without end', () => ({ length: 2 ** 53 })],
  ['no bytes', () => new Uint8Array(0)],
  ['bytes', () => new Uint8Array(3)],
  ['detached bytes', detached],
  ['bytes out of bounds', shrunk],
  ['shared bytes', () => new Uint8Array(new SharedArrayBuffer(4))],
  ['a data view', () => new DataView(new ArrayBuffer(4))],
  ['floats', () => new Float64Array(2)],
  ['an array buffer', () => new ArrayBuffer(4)],
  ['a signal that is none', () => ({ signal: { aborted: false } })],
  ['a time limit of 0', () => ({ timeLimit: 0 })],
  ['a time limit of text', () => ({ timeLimit: '5' })],
  ['attributes of null', () => ({ label: null, class: null, value: null })],
  ['attributes of the wrong types', () => ({ label: 5, class: 'x', value: {}, token: 1 })],
  ['attributes out of range', () => ({ modulusBits: Number.NaN, class: 2 ** 60, valueLen: -1 })],
  ['unknown attributes', () => ({ noSuchAttribute: 1, '-5': 1, '99999999999999999999': 1 })],
  ['a mechanism of junk', () => ({ mechanism: {}, parameter: Symbol('junk') })],
  ['a mechanism with a wrong parameter', () => ({ mechanism: 0x1087, parameter: { iv: 'text', tagBits: Number.NaN } })],
  ['a name of nothing', () => ({ name: 'no such thing' })],
];

export const junk = [...neverRight, ...mostlyWrong];

const USAGE = ['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'];

/** Whether an error is one that the library means to give, for a wrong argument or otherwise. */
export function isDesigned(error: unknown): boolean {
  if (error instanceof Thrown) return true;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return (
    USAGE.includes(error.code) || error.code.startsWith('CKR_') || (error.code.startsWith('ERR_CRYPTOKI_') && error.code !== 'ERR_CRYPTOKI_INTERNAL')
  );
}

export function isUsageError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && USAGE.includes(error.code as string);
}
