// The engine's side of a batch: reads its frame, makes its reply.

import { CALL } from '../../lib/generated/calls';
import { STATUS } from '../../lib/wire/batch';
import { FrameReader } from './frame';
import { ReplyBuilder, type Submitted } from './fake-binding';

export interface ReadBatch {
  readonly crew: bigint;
  readonly operation: number;
  readonly members: number;
  readonly key: bigint;
  readonly pin: Buffer | null | undefined;
  readonly capacity: number;
  readonly suspending: readonly bigint[];
  readonly mechanisms: readonly bigint[];
  readonly items: readonly Buffer[];
  readonly signatures: readonly Buffer[] | undefined;
}

const VERIFY = 1;

/** What a batch asks for; its mechanisms have no parameters. */
export function readBatch({ frame, payloads, call }: Submitted): ReadBatch {
  if (call !== CALL.Batch) throw new Error(`call ${call} is no batch`);
  const reader = new FrameReader(frame, payloads);
  const crew = reader.u64();
  const operation = reader.u8();
  const own = reader.u8() === 1;
  const members = reader.u32();
  const key = reader.u64();
  const pin = reader.u8() === 1 ? reader.bytes() : undefined;
  const capacity = reader.u32();
  const suspending = Array.from({ length: reader.u32() }, () => reader.u64());
  const mechanism = (): bigint => {
    const type = reader.u64();
    if (reader.u8() !== 0) throw new Error('a mechanism with a parameter');
    return type;
  };
  const common = own ? [] : [mechanism()];
  const count = reader.u32();
  const items = packed(reader, count);
  const signatures = operation === VERIFY ? packed(reader, count) : undefined;
  const mechanisms = own ? Array.from({ length: count }, mechanism) : common;
  if (!reader.atEnd) throw new Error('a batch is longer than it should be');
  return { crew, operation, members, key, pin, capacity, suspending, mechanisms, items, signatures };
}

function packed(reader: FrameReader, count: number): Buffer[] {
  const bytes = reader.bytes()!;
  const lengths = reader.bytes()!;
  if (lengths.length !== 4 * count) throw new Error(`${lengths.length} bytes of lengths for ${count} items`);
  let at = 0;
  const items = Array.from({ length: count }, (_, index) => {
    const length = lengths.readUInt32LE(4 * index);
    at += length;
    return Buffer.from(bytes.subarray(at - length, at));
  });
  if (at !== bytes.length) throw new Error(`${bytes.length} bytes for items of ${at}`);
  return items;
}

/** What became of an item: its output; nothing for a signature that is valid; why it failed; or that nobody has begun it. */
export type Fate = Uint8Array | 'valid' | 'not begun' | { readonly rv: number; readonly functionIndex?: number; readonly session?: bigint };

/** The reply to a batch. */
export function batchReply(fates: readonly Fate[], capacity: number): Uint8Array {
  const stride = Math.ceil(capacity / 8) * 8;
  const reply = new ReplyBuilder(0, 0xffff).u32(fates.length).u32(stride);
  const failures = new ReplyBuilder();
  const longer = new ReplyBuilder();
  let failed = 0;
  let long = 0;
  fates.forEach((fate, item) => {
    if (fate === 'valid') reply.u32(0);
    else if (fate === 'not begun') reply.u32(STATUS.NOT_BEGUN);
    else if (!(fate instanceof Uint8Array)) {
      failed++;
      reply.u32(STATUS.FAILED);
      failures
        .u32(item)
        .u64(fate.rv)
        .u16(fate.functionIndex ?? CALL.C_Sign)
        .u64(fate.session ?? 1n);
    } else if (fate.length > stride) {
      long++;
      reply.u32(STATUS.LONGER);
      longer.u32(item).bytes(fate);
    } else reply.u32(fate.length);
  });
  const statuses = reply.build();
  const outputs = Buffer.alloc(((8 - (statuses.length % 8)) % 8) + fates.length * stride);
  fates.forEach((fate, item) => {
    const at = outputs.length - (fates.length - item) * stride;
    if (fate instanceof Uint8Array && fate.length <= stride) outputs.set(fate, at);
  });
  const count = (value: number): Uint8Array => new ReplyBuilder().u32(value).block();
  return Uint8Array.from(Buffer.concat([statuses, outputs, count(failed), failures.block(), count(long), longer.block()]));
}
