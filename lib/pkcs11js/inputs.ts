// Arguments, checked in the order in which they stand and in the words of pkcs11js, and written.

import { lengthOfPlain } from '../arguments';
import type { InputKind } from '../generated/pkcs11js-functions';
import type { RequestWriter } from '../wire/writer';
import { bytesOf, cut, handleOf, isBuffer, wrong } from './checks';
import { writeHandle } from './handles';
import { encodeMechanism, encodeMessageParameter } from './parameters';
import type { Pending } from './results';
import { convertDates, encodeTemplate, encodeWanted } from './templates';

type Encoder = (writer: RequestWriter, value: unknown, index: number, pending: Pending) => void;

const MOST_COUNT = 0xffff_fffd;
const LABEL_LENGTH = 32;
const WIRE_HANDLE = 8;
const CKF_OS_LOCKING_OK = 2;

function numberOf(value: unknown, index: number): number {
  if (typeof value !== 'number') throw wrong(index, 'a Number');
  return cut(value);
}

function expectOutput(value: unknown, index: number, pending: Pending): Uint8Array {
  if (!isBuffer(value)) throw wrong(index, 'a Buffer');
  pending.given = value;
  // Not `bytes`: it copies what others may change, and a copy is not where the result is wanted.
  pending.target = value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  pending.room = pending.target.length;
  return pending.target;
}

function initialize(writer: RequestWriter, value: unknown, index: number): void {
  if (value !== undefined && value !== null && typeof value !== 'object') throw wrong(index, 'an Object');
  const given = (value ?? {}) as { flags?: unknown; libraryParameters?: unknown };
  const { flags } = given;
  const mask = typeof flags === 'number' ? cut(flags) : 0;
  let reserved: string | null = null;
  if ('libraryParameters' in given) {
    if (typeof given.libraryParameters !== 'string') {
      throw new TypeError(`Argument ${index} has wrong type. Property 'libraryParameters' should be a String`);
    }
    reserved = given.libraryParameters;
  }
  // Who does not let the library lock says that no two threads call it at once: so one call runs at a time.
  const serial = (mask & CKF_OS_LOCKING_OK) === 0;
  writer.u8(1).u64(mask).terminated(reserved, 'libraryParameters', true).bool(serial);
}

const ENCODERS: Readonly<Record<InputKind, Encoder>> = {
  handle: (writer, value, index, { size }) => {
    // Nearly every one is the Buffer that it was given as, and copied here and now, as a closer look would have it too.
    if (size === WIRE_HANDLE && lengthOfPlain(value) === size) writer.eight(value as Uint8Array);
    else writeHandle(writer, handleOf(value, index, size));
  },
  number: (writer, value, index) => void writer.u64(numberOf(value, index)),
  count: (writer, value, index) => void writer.u32(Math.min(numberOf(value, index), MOST_COUNT)),
  boolean: (writer, value, index) => {
    if (typeof value !== 'boolean') throw wrong(index, 'a Boolean');
    writer.bool(value);
  },
  bytes: (writer, value, index) => void writer.rawBytes(bytesOf(value, index)),
  pin: (writer, value, index) => {
    if (typeof value !== 'string' && value !== null && !isBuffer(value)) throw wrong(index, 'a String');
    writer.pin(value, `argument ${index}`);
  },
  label: (writer, value, index) => {
    if (typeof value !== 'string' && !isBuffer(value)) throw wrong(index, 'a String');
    const encoded = typeof value === 'string' ? Buffer.from(value) : bytesOf(value, index);
    writer.rawBytes(encoded.subarray(0, LABEL_LENGTH));
  },
  text: (writer, value, index) => {
    if (typeof value !== 'string') throw wrong(index, 'a String');
    writer.terminated(value, `argument ${index}`);
  },
  template: (writer, value, index, { size }) => encodeTemplate(writer, value, index, size),
  attributes: (writer, value, index, pending) => {
    pending.list = value;
    pending.elements = encodeWanted(writer, value, index);
  },
  mechanism: (writer, value, index, { size }) => encodeMechanism(writer, value, index, size),
  parameter: (writer, value, index, pending) => {
    pending.parameter = value;
    encodeMessageParameter(writer, value, index);
  },
  output: (writer, value, index, pending) => void writer.capacity(expectOutput(value, index, pending).byteLength),
  fill: (writer, value, index, pending) => void writer.u32(expectOutput(value, index, pending).byteLength),
  initialize,
};

/** How an argument of a function is checked and written. */
export function encoderOf(kind: InputKind, convertsDates: boolean): Encoder {
  const encode = ENCODERS[kind];
  if (!convertsDates || kind !== 'template') return encode;
  return (writer, value, index, pending) => {
    convertDates(value);
    encode(writer, value, index, pending);
  };
}
