// Replies, in the forms of pkcs11js.

import { CKR } from '../constants';
import type { ReplyReader } from '../wire/reader';
import type { ResultKind } from '../generated/pkcs11js-functions';
import { Pkcs11Error as OwnError, CryptokiError } from '../errors';
import type { Version } from './types';
import type { WrittenBack } from '../wire/written-back';
import { handleFrom as handle } from './handles';
import { takeValues } from './templates';

const TWO_32 = 0x1_0000_0000;
const UTC_LENGTH = 16;

/** What a call needs to know until its reply comes. */
export interface Pending {
  /** Bytes of a CK_ULONG. */
  readonly size: number;
  /** The buffer that the result is written to: as it was given, and its bytes. */
  given: ArrayBufferView | undefined;
  target: Uint8Array | undefined;
  /** How many bytes it had when the call was made. */
  room: number;
  /** The elements of the list of attributes to read, and that list. */
  elements: readonly { value?: unknown }[] | undefined;
  list: unknown;
  /** The parameter of a function for messages. */
  parameter: unknown;
}

type Decoder = (reply: ReplyReader, pending: Pending) => unknown;

// What a token does not know has all bits set, and 32 of them in pkcs11js.
function number(reply: ReplyReader): number {
  const low = reply.u32();
  const high = reply.u32();
  const whole = high * TWO_32 + low;
  return Number.isSafeInteger(whole) ? whole : low;
}

function list<Item>(reply: ReplyReader, read: (reply: ReplyReader) => Item): Item[] {
  const count = reply.u32();
  const items: Item[] = [];
  for (let at = 0; at < count; at++) items.push(read(reply));
  return items;
}

const version = (reply: ReplyReader): Version => ({ major: reply.u8(), minor: reply.u8() });

// pkcs11js takes the functions of version 2.40, so that is what a library of a later one tells it, and what its callers know how to compare.
const asIn240 = (given: Version): Version => (given.major > 2 ? { major: 2, minor: 40 } : given);

function written(reply: ReplyReader, { target, room }: Pending): number {
  if (target!.byteLength < room) throw new CryptokiError('ERR_CRYPTOKI_LENGTH', 'The buffer for the result has lost its memory');
  return reply.bytesInto(target!);
}

function view(given: ArrayBufferView, length: number): unknown {
  // As pkcs11js: of whatever view it is.
  if ('subarray' in given) return (given as Uint8Array).subarray(0, length);
  return Buffer.from(given.buffer as ArrayBuffer, given.byteOffset, length);
}

function output(reply: ReplyReader, pending: Pending): unknown {
  const length = written(reply, pending);
  if (pending.parameter !== undefined) takeBack(reply.writtenBack(), pending.parameter);
  return view(pending.given!, length);
}

// As in C: what the library writes into a parameter stands in the caller's own memory afterwards.
function takeBack(back: WrittenBack | undefined, parameter: unknown): void {
  if (back === undefined || typeof parameter !== 'object' || parameter === null) return;
  if (back instanceof Uint8Array) return fill(parameter, back);
  const fields = parameter as Record<string, unknown>;
  for (const [name, value] of Object.entries(back)) {
    if (value instanceof Uint8Array) fill(fields[name], value);
    else fields[name] = typeof value === 'bigint' ? Number(value) : value;
  }
}

function fill(given: unknown, bytes: Uint8Array): void {
  if (!ArrayBuffer.isView(given)) return;
  const target = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  target.set(bytes.subarray(0, target.byteLength));
}

const DECODERS: Readonly<Record<ResultKind, Decoder>> = {
  nothing: (reply, { parameter }) => {
    if (parameter !== undefined) takeBack(reply.writtenBack(), parameter);
    return undefined;
  },
  true: () => true,
  initialize: (reply) => {
    // Somebody else in this process has done so, and keeps the end to himself; this thread takes part all the same.
    if (reply.u8() !== 0) throw new OwnError(CKR.CRYPTOKI_ALREADY_INITIALIZED, 'C_Initialize');
    return undefined;
  },
  handle: (reply, { size }) => handle(reply, size),
  handles: (reply, { size }) => list(reply, () => handle(reply, size)),
  event: (reply, { size }) => (reply.rv === CKR.NO_EVENT ? null : handle(reply, size)),
  number,
  numbers: (reply) => list(reply, number),
  keyPair: (reply, { size }) => {
    const publicKey = handle(reply, size);
    return { privateKey: handle(reply, size), publicKey };
  },
  bytes: (reply) => Buffer.from(reply.bytes()),
  output,
  length: written,
  filled: (reply, pending) => {
    written(reply, pending);
    return pending.given;
  },
  encapsulated: (reply, pending) => {
    const ciphertext = output(reply, pending);
    return { ciphertext, key: handle(reply, pending.size) };
  },
  attributes: (reply, { size, elements, list: given }) => {
    takeValues(reply, elements!, size);
    // What can be read has been given all the same.
    if (reply.rv !== 0) throw new OwnError(reply.rv, 'C_GetAttributeValue');
    return given;
  },
  completed: (reply, { size }) => ({
    version: number(reply),
    value: Buffer.from(reply.bytes()),
    object: handle(reply, size),
    additionalObject: handle(reply, size),
  }),
  CK_INFO: (reply) => ({
    cryptokiVersion: asIn240(version(reply)),
    manufacturerID: reply.text(),
    flags: number(reply),
    libraryDescription: reply.text(),
    libraryVersion: version(reply),
  }),
  CK_SLOT_INFO: (reply) => ({
    slotDescription: reply.text(),
    manufacturerID: reply.text(),
    flags: number(reply),
    hardwareVersion: version(reply),
    firmwareVersion: version(reply),
  }),
  CK_TOKEN_INFO: (reply) => {
    const texts = {
      label: reply.text(),
      manufacturerID: reply.text(),
      model: reply.text(),
      serialNumber: reply.text(),
    };
    const numbers = {
      flags: number(reply),
      maxSessionCount: number(reply),
      sessionCount: number(reply),
      maxRwSessionCount: number(reply),
      rwSessionCount: number(reply),
      maxPinLen: number(reply),
      minPinLen: number(reply),
    };
    const memory = {
      totalPublicMemory: reply.u64(),
      freePublicMemory: reply.u64(),
      totalPrivateMemory: reply.u64(),
      freePrivateMemory: reply.u64(),
    };
    const versions = { hardwareVersion: version(reply), firmwareVersion: version(reply) };
    // What is behind a NUL is nothing: a token without a clock has one there at once.
    const utcTime = reply.text().slice(0, UTC_LENGTH).split('\0')[0];
    return { ...texts, ...numbers, ...versions, utcTime, ...memory };
  },
  CK_MECHANISM_INFO: (reply) => ({ minKeySize: number(reply), maxKeySize: number(reply), flags: number(reply) }),
  CK_SESSION_INFO: (reply, { size }) => ({ slotID: handle(reply, size), state: number(reply), flags: number(reply), deviceError: number(reply) }),
};

/** How the reply of a function is read. */
export const decoderOf = (result: ResultKind): Decoder => DECODERS[result];
