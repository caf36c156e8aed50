// Stands in for the engine's crews: sessions that only count, calls that take as long as a test wants.

import type { CrewPort } from '../../lib/crew';
import type { RequestWriter } from '../../lib/wire/writer';
import type { Sent } from '../../lib/wire/client';
import { ENGINE, FUNCTION_ENGINE } from '../../lib/generated/calls';
import { ReplyBuilder } from './fake-binding';

/** What a call does: the bytes of its result, or the CK_RV with which it fails. */
export type FakeWork = (session: bigint) => Promise<Uint8Array | number>;

interface Queued {
  readonly receiver: Sent;
  readonly work: FakeWork | undefined;
}

interface FakeCrew {
  /** The last is used next. */
  readonly idle: bigint[];
  readonly members: Set<bigint>;
  queue: Queued[];
}

const works = new WeakMap<object, { work: FakeWork; session: bigint }>();

/** A request as `Build` makes it. */
export function fakeRequest(session: bigint, work: FakeWork): RequestWriter {
  const request = { call: 1, plan: undefined, wipe: () => undefined };
  works.set(request, { work, session });
  return request as unknown as RequestWriter;
}

const after = (reply: ReplyBuilder, session: bigint): Uint8Array => reply.u64(session).build();

export class FakeCrews implements CrewPort {
  readonly writtenOff: bigint[] = [];
  readonly unreferenced: number[] = [];
  readonly #crews = new Map<bigint, FakeCrew>();
  readonly #running = new Map<number, bigint>();
  #next = 1000n;
  #ticket = 0;

  open(): bigint {
    const id = this.#next++;
    this.#crews.set(id, { idle: [], members: new Set(), queue: [] });
    return id;
  }

  /** The members of all crews. */
  get members(): bigint[] {
    return [...this.#crews.values()].flatMap((crew) => [...crew.members]);
  }

  join(crew: bigint, session: bigint): boolean {
    const its = this.#crews.get(crew)!;
    its.members.add(session);
    its.idle.push(session);
    this.#go(its);
    return true;
  }

  leave(crew: bigint, session: bigint): void {
    const its = this.#crews.get(crew);
    its?.members.delete(session);
    if (its?.idle.includes(session)) its.idle.splice(its.idle.indexOf(session), 1);
  }

  take(crew: bigint, candidates: readonly bigint[]): bigint {
    const its = this.#crews.get(crew)!;
    const session = its.idle.findLast((one) => candidates.length === 0 || candidates.includes(one));
    if (session === undefined) return 0n;
    this.leave(crew, session);
    return session;
  }

  flush(crew: bigint): void {
    const its = this.#crews.get(crew)!;
    const { queue } = its;
    its.queue = [];
    for (const { receiver } of queue) this.#answer(receiver, after(new ReplyBuilder(ENGINE.CANCELLED, FUNCTION_ENGINE).u32(0), 0n));
  }

  end(crew: bigint): void {
    this.flush(crew);
    this.#crews.delete(crew);
  }

  stuck(): bigint[] {
    return [...this.#running.values()];
  }

  writeOff(session: bigint): void {
    this.writtenOff.push(session);
    for (const crew of this.#crews.keys()) this.leave(crew, session);
  }

  reserve(crew: bigint, receiver: Sent): void {
    this.#push(crew, { receiver, work: undefined });
  }

  start(request: RequestWriter, receiver: Sent): void {
    const { work, session } = works.get(request)!;
    this.#push(session, { receiver, work });
  }

  async send<T>(request: RequestWriter): Promise<T> {
    const { work, session } = works.get(request)!;
    const result = await work(session);
    if (typeof result === 'number') throw new Error(`failed with ${result}`);
    return result as T;
  }

  cancel(ticket: number): number {
    for (const crew of this.#crews.values()) {
      const place = crew.queue.findIndex(({ receiver }) => receiver.ticket === ticket);
      if (place < 0) continue;
      const [{ receiver }] = crew.queue.splice(place, 1) as [Queued];
      this.#answer(receiver, after(new ReplyBuilder(ENGINE.CANCELLED, FUNCTION_ENGINE).u32(0), 0n));
      return -1;
    }
    return Number(this.#running.get(ticket) ?? 0n);
  }

  unref(ticket: number): void {
    this.unreferenced.push(ticket);
  }

  #push(crew: bigint, queued: Queued): void {
    queued.receiver.ticket = ++this.#ticket;
    const its = this.#crews.get(crew)!;
    its.queue.push(queued);
    this.#go(its);
  }

  #go(crew: FakeCrew): void {
    while (crew.queue.length > 0 && crew.idle.length > 0) {
      const { receiver, work } = crew.queue.shift()!;
      const session = crew.idle.pop()!;
      if (work === undefined) {
        crew.members.delete(session);
        this.#answer(receiver, new ReplyBuilder(0, FUNCTION_ENGINE).u64(session).build());
      } else void this.#run(crew, session, receiver, work);
    }
  }

  async #run(crew: FakeCrew, session: bigint, receiver: Sent, work: FakeWork): Promise<void> {
    this.#running.set(receiver.ticket, session);
    const result = await work(session);
    this.#running.delete(receiver.ticket);
    // A member whose call has failed waits until it is told to go on.
    if (typeof result === 'number') return this.#answer(receiver, after(new ReplyBuilder(result, 1), session));
    if (crew.members.has(session)) crew.idle.push(session);
    this.#answer(receiver, new ReplyBuilder(0, 1).bytes(result).build());
    this.#go(crew);
  }

  #answer(receiver: Sent, reply: Uint8Array): void {
    setImmediate(() => receiver.receive(reply, 0, reply.length));
  }
}
