// The sessions that take calls from one queue at present, and what the engine is told of them.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CrewPort } from './crew';
import type { Reservation } from './reservation';

/** Milliseconds between two looks. */
const LOOK = 20;

/** A session of the pool. */
export interface Member {
  readonly id: bigint;
  readonly readWrite: boolean;
  /** In the crew; lent to somebody, or on its way between two places; of no use to anybody for now; the anchor while nobody uses it. */
  place: 'crew' | 'lent' | 'leaving' | 'resting';
  /** Calls in it that nobody waits for any more: its closing queues behind them. */
  hanging: number;
}

export class Members implements Iterable<Member> {
  readonly #port: CrewPort;
  readonly #members = new Set<Member>();
  #crew: bigint | undefined;
  /** Calls and reservations that wait, or run; those that still run in the sessions of an earlier crew are no concern of this one. */
  calls = 0;

  constructor(port: CrewPort) {
    this.#port = port;
  }

  /** The engine's number, in the place of that of a session. */
  get id(): bigint {
    return (this.#crew ??= this.#port.open());
  }

  /** Whether calls that were addressed to this crew are among those that are counted. */
  counts(crew: bigint): boolean {
    return crew === this.#crew;
  }

  get size(): number {
    return this.#members.size;
  }

  /** How many of them have something to do, for all that is known here. */
  get busy(): number {
    return Math.min(this.calls, this.#members.size);
  }

  [Symbol.iterator](): Iterator<Member> {
    return [...this.#members].values();
  }

  /** The session takes calls from now on, or again after a failure. False where it is no more. */
  join(member: Member): boolean {
    if (!this.#port.join(this.id, member.id)) return false;
    member.place = 'crew';
    this.#members.add(member);
    return true;
  }

  /** Takes a member out; a call that runs in it runs on, and what is addressed to the session itself queues behind. */
  leave(member: Member): void {
    this.#port.leave(this.id, member.id);
    this.left(member);
  }

  /** The engine has taken it out already. */
  left(member: Member): void {
    this.#members.delete(member);
    member.place = 'lent';
  }

  has(member: Member): boolean {
    return this.#members.has(member);
  }

  /** Takes a member out that has nothing to do. */
  take(fits: (member: Member) => boolean): Member | undefined {
    const candidates = new Map<bigint, Member>();
    for (const member of this.#members) if (fits(member)) candidates.set(member.id, member);
    const taken = candidates.size === 0 ? undefined : candidates.get(this.#port.take(this.id, [...candidates.keys()]));
    if (taken !== undefined) this.left(taken);
    return taken;
  }

  reserve(reservation: Reservation): void {
    this.#port.reserve(this.id, reservation);
  }

  stuck(milliseconds: number, ticket: number): bigint[] {
    return this.#crew === undefined ? [] : this.#port.stuck(this.#crew, milliseconds, ticket);
  }

  /** Until nothing runs in them, as long as somebody cares. */
  async atRest(cares: () => boolean): Promise<void> {
    while (cares() && this.stuck(0, 0).length > 0) await sleep(LOOK);
  }

  /** The call that runs in a session may never end. */
  writeOff(member: Member): void {
    this.#port.writeOff(member.id);
    this.#members.delete(member);
  }

  /** Calls that nobody has taken yet are answered. */
  flush(): void {
    if (this.#crew !== undefined) this.#port.flush(this.#crew);
  }

  /** The same, and there are no members any more. */
  dissolve(): void {
    if (this.#crew !== undefined) this.#port.end(this.#crew);
    this.#crew = undefined;
    this.calls = 0;
    this.#members.clear();
  }
}
