// The frame of a batch and its reply: docs/boundary.md.

import { endianness } from 'node:os';

import { CryptokiError } from '../errors';
import type { MechanismInput } from '../mechanism';
import type { RequestWriter } from './writer';

/** What is done with each item of a batch. */
export const OPERATION = Object.freeze({ sign: 0, verify: 1, encrypt: 2, decrypt: 3, digest: 4 });

export type BatchOperation = keyof typeof OPERATION;

/** Byte strings packed one behind the other, and their lengths as rows of u32. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly lengths: Uint8Array;
}

export interface BatchRequest {
  readonly crew: bigint;
  readonly operation: BatchOperation;
  /** Most members of the crew at once. */
  readonly members: number;
  /** 0 for digests. */
  readonly key: bigint;
  readonly pin: Uint8Array | null | undefined;
  /** Room for each output. */
  readonly capacity: number;
  /** CK_RVs after which a session is of no use any more until somebody has seen to it. */
  readonly suspending: readonly number[];
  /** One for all items, or one for each. */
  readonly mechanism: MechanismInput | readonly MechanismInput[];
  readonly count: number;
  readonly data: Packed;
  /** To verify. */
  readonly signatures: Packed | undefined;
}

const MECHANISM_PER_ITEM = 1;

const isList = (mechanism: BatchRequest['mechanism']): mechanism is readonly MechanismInput[] => Array.isArray(mechanism);

/** Fills a request made for CALL.Batch. */
export function writeBatch(request: RequestWriter, batch: BatchRequest): RequestWriter {
  const { mechanism, data, signatures } = batch;
  request
    .u64(batch.crew)
    .u8(OPERATION[batch.operation])
    .u8(isList(mechanism) ? MECHANISM_PER_ITEM : 0);
  request.u32(batch.members).u64(batch.key).contextPin(batch.pin).u32(batch.capacity).ulongs(batch.suspending);
  if (!isList(mechanism)) request.mechanism(mechanism);
  request.u32(batch.count).rawBytes(data.bytes).rawBytes(data.lengths);
  if (signatures !== undefined) request.rawBytes(signatures.bytes).rawBytes(signatures.lengths);
  if (isList(mechanism)) for (const one of mechanism) request.mechanism(one);
  return request;
}

/** Why an item failed. */
export interface ItemFailure {
  /** CK_RV, or an engine code. */
  readonly rv: number;
  /** Index of the function that returned it; ENGINE_ANSWERED for an engine code. */
  readonly functionIndex: number;
  /** The session it failed in. */
  readonly session: bigint;
}

export const ENGINE_ANSWERED = 0xffff;

/** Status of an item; everything below is the length of its output. */
export const STATUS = Object.freeze({ LONGER: 0xffff_fffd, FAILED: 0xffff_fffe, NOT_BEGUN: 0xffff_ffff });

const isLittleEndian = endianness() === 'LE';

const HEADER = 16;
const WRITTEN_BACK_LENGTH = 12;
const TWO_32 = 0x1_0000_0000;

const NONE: ReadonlyMap<number, never> = new Map<number, never>();

/** The reply to a batch, read in place. */
export class BatchReply {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** From one output to the next. */
  readonly stride: number;
  /** Where the first output is. */
  readonly outputs: number;
  readonly failures: ReadonlyMap<number, ItemFailure>;
  /** The outputs that are longer than the stride. */
  readonly longer: ReadonlyMap<number, Uint8Array>;
  /** Of each item the length of its output, or one of STATUS. */
  readonly statuses: Uint32Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    try {
      const start = HEADER + this.#view.getUint32(WRITTEN_BACK_LENGTH, true);
      this.count = this.#view.getUint32(start, true);
      this.stride = this.#view.getUint32(start + 4, true);
      this.statuses = this.#words(start + 8, this.count);
      const end = start + 8 + 4 * this.count;
      this.outputs = end + ((8 - (end % 8)) % 8);
      let at = this.outputs + this.count * this.stride;
      [this.failures, at] = this.#failures(at);
      this.longer = this.#longer(at);
    } catch (error) {
      if (error instanceof RangeError) throw new CryptokiError('ERR_CRYPTOKI_INTERNAL', 'The reply to a batch ends too early');
      throw error;
    }
  }

  /** In place, where the processor reads them as they are written: in little endian. */
  #words(at: number, count: number): Uint32Array {
    const { buffer, byteOffset } = this.bytes;
    if (isLittleEndian && (byteOffset + at) % 4 === 0) return new Uint32Array(buffer, byteOffset + at, count);
    return Uint32Array.from({ length: count }, (_, index) => this.#view.getUint32(at + 4 * index, true));
  }

  #failures(from: number): [failures: ReadonlyMap<number, ItemFailure>, end: number] {
    const count = this.#view.getUint32(from, true);
    let at = from + 4;
    if (count === 0) return [NONE, at];
    const failures = new Map<number, ItemFailure>();
    for (let index = 0; index < count; index++) {
      const rv = this.#view.getUint32(at + 4, true) + this.#view.getUint32(at + 8, true) * TWO_32;
      const functionIndex = this.#view.getUint16(at + 12, true);
      failures.set(this.#view.getUint32(at, true), { rv, functionIndex, session: this.#view.getBigUint64(at + 14, true) });
      at += 22;
    }
    return [failures, at];
  }

  #longer(from: number): ReadonlyMap<number, Uint8Array> {
    const count = this.#view.getUint32(from, true);
    if (count === 0) return NONE;
    const longer = new Map<number, Uint8Array>();
    let at = from + 4;
    for (let index = 0; index < count; index++) {
      const length = this.#view.getUint32(at + 4, true);
      const end = at + 8 + length;
      if (end > this.bytes.length) throw new RangeError();
      longer.set(this.#view.getUint32(at, true), this.bytes.subarray(at + 8, end));
      at = end;
    }
    return longer;
  }
}
