// Stands in for the addon: keeps what was submitted, answers when told to.

import { DIRECT_HEADER, replyPlace, type Binding, type ModuleRef } from '../../lib/wire/binding';
import { CALL, ENGINE, FUNCTION_ENGINE } from '../../lib/generated/calls';

export interface Submitted {
  readonly ref: ModuleRef;
  readonly ticket: number;
  readonly frame: Uint8Array;
  readonly payloads: readonly Uint8Array[];
  readonly call: number;
}

/** Builds replies as docs/boundary.md has them. */
export class ReplyBuilder {
  readonly #parts: number[] = [];
  #writtenBack: Uint8Array = new Uint8Array(0);
  readonly #rv: number;
  readonly #index: number;

  constructor(rv = 0, functionIndex = 0) {
    this.#rv = rv;
    this.#index = functionIndex;
  }

  static engine(code: number, detail = ''): Uint8Array {
    return new ReplyBuilder(code, FUNCTION_ENGINE).bytes(Buffer.from(detail)).build();
  }

  u8(value: number): this {
    this.#parts.push(value & 255);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >> 8);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  u64(value: number | bigint): this {
    const wide = BigInt(value);
    return this.u32(Number(wide & 0xffff_ffffn)).u32(Number(wide >> 32n));
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    for (const byte of value) this.#parts.push(byte);
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  padded(value: string, size: number): this {
    return this.bytes(Buffer.from(value.padEnd(size)));
  }

  ulongs(...values: (number | bigint)[]): this {
    this.u32(values.length);
    for (const value of values) this.u64(value);
    return this;
  }

  writtenBack(build: (block: ReplyBuilder) => ReplyBuilder): this {
    this.#writtenBack = build(new ReplyBuilder()).block();
    return this;
  }

  block(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }

  build(): Uint8Array {
    const header = new ReplyBuilder().u64(this.#rv).u16(this.#index).u16(0).u32(this.#writtenBack.length).block();
    return Uint8Array.from(Buffer.concat([header, this.#writtenBack, Uint8Array.from(this.#parts)]));
  }
}

/** A slab of records. */
export function slab(...records: readonly (readonly [ticket: number, reply: Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [ticket, reply] of records) {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(ticket, 0);
    head.writeUInt32LE(reply.length, 4);
    parts.push(head, reply, Buffer.alloc((8 - (reply.length % 8)) % 8));
  }
  return Uint8Array.from(Buffer.concat(parts));
}

export class FakeBinding implements Binding {
  readonly specHash = 'fake';
  readonly submitted: Submitted[] = [];
  readonly slabs: Uint8Array[] = [];
  starts = 0;
  /** Tickets that are still queued: only these can be cancelled. */
  readonly queued = new Set<number>();
  /** Tickets that were held, and how often somebody was woken for them. */
  readonly held: number[] = [];
  wakes = 0;
  /** Tickets for which the environment need not stay alive. */
  readonly unreferenced: number[] = [];
  /** Called for each submit; what it returns is delivered later. */
  answer: ((call: Submitted) => Uint8Array | undefined) | undefined;
  answerSync: ((call: Submitted) => Uint8Array) | undefined;
  #deliver: ((slab: Uint8Array) => void) | undefined;

  start(deliver: (slab: Uint8Array) => void): void {
    this.starts++;
    this.#deliver = deliver;
  }

  module(path: string, options: { threads: number }): ModuleRef {
    return { path, ...options } as unknown as ModuleRef;
  }

  submit(ref: ModuleRef, ticket: number, frame: Uint8Array, length: number, payload?: Uint8Array | Uint8Array[], held?: boolean): void {
    if (held === true) this.held.push(ticket);
    const call = this.#copy(ref, ticket, frame, length, payload);
    this.submitted.push(call);
    const reply = this.answer?.(call);
    if (reply !== undefined) setImmediate(() => this.deliver(ticket, reply));
  }

  wake(): void {
    this.wakes++;
  }

  /** What `collect` has been told. */
  readonly collected: boolean[] = [];

  collect(more: boolean): void {
    this.collected.push(more);
  }

  direct(ref: ModuleRef, frame: Uint8Array): () => Uint8Array | undefined {
    return () => {
      const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
      const answer = this.callSync(ref, frame.subarray(DIRECT_HEADER), length);
      if (typeof answer !== 'number') return answer;
      frame.fill(0, DIRECT_HEADER, DIRECT_HEADER + length);
      new DataView(frame.buffer, frame.byteOffset).setUint32(0, answer, true);
      return undefined;
    };
  }

  callSync(ref: ModuleRef, frame: Uint8Array, length: number, payload?: Uint8Array | Uint8Array[]): number | Uint8Array {
    const call = this.#copy(ref, 0, frame, length, payload);
    this.submitted.push(call);
    const reply = this.answerSync?.(call) ?? ReplyBuilder.engine(ENGINE.BUSY);
    const start = replyPlace(length);
    if (start + reply.length > frame.length) return reply;
    frame.set(reply, start);
    return reply.length;
  }

  cancel(_ref: ModuleRef, ticket: number): number {
    if (!this.queued.delete(ticket)) return 0;
    setImmediate(() => this.deliver(ticket, ReplyBuilder.engine(ENGINE.CANCELLED)));
    return -1;
  }

  unref(_ref: ModuleRef, ticket: number): void {
    this.unreferenced.push(ticket);
  }

  deliver(ticket: number, reply: Uint8Array): void {
    this.deliverSlab(slab([ticket, reply]));
  }

  deliverSlab(bytes: Uint8Array): void {
    this.slabs.push(bytes);
    this.#deliver?.(bytes);
  }

  get last(): Submitted {
    return this.submitted.at(-1)!;
  }

  #copy(ref: ModuleRef, ticket: number, frame: Uint8Array, length: number, payload: Uint8Array | Uint8Array[] | undefined): Submitted {
    const copy = frame.slice(0, length);
    const given = payload === undefined ? [] : Array.isArray(payload) ? payload : [payload];
    return { ref, ticket, frame: copy, payloads: given.map((part) => Uint8Array.from(part)), call: copy[0]! | (copy[1]! << 8) };
  }
}

/** The reply to Load of a library with these functions. */
export function loadedReply(functions: readonly number[], realPath = '/lib/real.so'): Uint8Array {
  const bits = Buffer.alloc(13);
  for (const index of functions) bits[index >> 3]! |= 1 << (index & 7);
  return new ReplyBuilder(0, CALL.Load).u8(3).u8(1).u8(8).u8(1).text(realPath).bytes(bits).build();
}
