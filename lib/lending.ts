// Sessions of one's own, for operations in many calls: who waits for one, and who gets which.

import { Reservation } from './reservation';
import { isInterruption, Waiter } from './waiter';
import type { Lease, LeaseOptions } from './lease';
import type { Member } from './members';
import type { Fate } from './fate';
import type { Roster } from './roster';

type LeaseWaiter = Waiter<LeaseOptions, Lease>;

export class Lending {
  readonly #roster: Roster;
  readonly #waiters = new Set<LeaseWaiter>();

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** How many wait for whom no place in the crew's queue is kept, and no session is being opened. */
  get unserved(): number {
    return [...this.#waiters].filter((waiter) => !waiter.served).length;
  }

  /** What can be had without waiting. */
  lendNow(request: LeaseOptions): Lease | undefined {
    if (this.#waiters.size > 0 || !this.#roster.admits || request.anchor === true || request.fresh === true) return undefined;
    const member = this.#idle(request);
    return member === undefined ? undefined : this.#lend(member, request.signal);
  }

  wait(request: LeaseOptions): Promise<Lease> {
    const waiter: LeaseWaiter = new Waiter(request, () => this.#waiters.delete(waiter));
    this.#waiters.add(waiter);
    this.#roster.serve();
    return waiter.promise;
  }

  /** Those who wait hear why it is in vain; those for whom something is under way only if `all` are meant. */
  refuse(error: unknown, who: 'unserved' | 'all' | 'all but who mends'): void {
    for (const waiter of [...this.#waiters]) {
      if (who === 'all' || (who === 'unserved' ? !waiter.served : waiter.request.mending !== true)) waiter.reject(error);
    }
  }

  /** Gives what can be had now, in the order of coming. */
  serve(ready: boolean): void {
    for (const waiter of [...this.#waiters]) {
      const { anchor: wantsAnchor = false, mending = false } = waiter.request;
      if (waiter.served || (!ready && !mending)) continue;
      const { anchor } = this.#roster;
      if (anchor === undefined) return this.#roster.seekAnchor(mending);
      if (wantsAnchor) this.#serveAnchor(waiter, anchor);
      else this.#serveOrdinary(waiter, anchor);
    }
  }

  #serveAnchor(waiter: LeaseWaiter, anchor: Member): void {
    if (anchor.place === 'crew') {
      // Calls that wait have no other session.
      if (this.#roster.onlyOneWorks) return this.#reserve(waiter);
      this.#roster.members.leave(anchor);
    } else if (anchor.place !== 'resting') return;
    this.#lendTo(waiter, anchor);
  }

  #serveOrdinary(waiter: LeaseWaiter, anchor: Member): void {
    const roster = this.#roster;
    const member = waiter.request.fresh === true ? undefined : this.#idle(waiter.request);
    if (member !== undefined) return this.#lendTo(waiter, member);
    if (roster.holdings.hasRoom) return void this.#openFor(waiter);
    const unfit = roster.members.take(roster.holdings.isOrdinary);
    if (unfit !== undefined) return void this.#openFor(waiter, unfit);
    // The anchor last: who makes session objects can take no other.
    if (anchor.place === 'resting') return this.#lendTo(waiter, anchor);
    const last = roster.members.take((one) => one === anchor);
    if (last !== undefined) return this.#lendTo(waiter, last);
    this.#reserve(waiter);
  }

  /** An idle session that will do. */
  #idle(request: LeaseOptions): Member | undefined {
    return this.#roster.members.take((one) => this.#roster.holdings.isOrdinary(one) && fits(one, request));
  }

  async #openFor(waiter: LeaseWaiter, instead?: Member): Promise<void> {
    const roster = this.#roster;
    waiter.served = true;
    const { readWrite = false, mending = false } = waiter.request;
    let member: Member | undefined;
    try {
      if (instead !== undefined) await roster.holdings.exchange(roster.end(instead));
      member = await roster.holdings.open(readWrite, mending);
    } catch (error) {
      if (!roster.learnLimit(error)) waiter.reject(error);
    }
    waiter.served = false;
    if (member !== undefined) {
      // To whom it was opened for: in the queue a wish for a fresh one could not tell it from the others.
      if (this.#waiters.has(waiter)) this.#lendTo(waiter, member);
      else roster.rest(member);
    }
    roster.serve();
  }

  /** In turn with the calls. */
  #reserve(waiter: LeaseWaiter): void {
    const roster = this.#roster;
    waiter.served = true;
    const reservation = new Reservation((session) => {
      waiter.served = false;
      const member = roster.reserved(session, crew);
      if (session === undefined && roster.flushed !== undefined) waiter.reject(roster.flushed.error);
      if (member !== undefined) this.#arrived(waiter, member);
      roster.serve();
    });
    const crew = roster.reserve(reservation);
  }

  #arrived(waiter: LeaseWaiter, member: Member): void {
    const { request } = waiter;
    const isAnchor = !this.#roster.holdings.isOrdinary(member);
    if (!this.#waiters.has(waiter) || (request.anchor === true && !isAnchor)) return this.#roster.rest(member);
    if (isAnchor || (request.fresh !== true && fits(member, request))) return this.#lendTo(waiter, member);
    void this.#openFor(waiter, member);
  }

  #lendTo(waiter: LeaseWaiter, member: Member): void {
    waiter.resolve(this.#lend(member, waiter.request.signal));
  }

  #lend(member: Member, signal: AbortSignal | undefined): Lease {
    const roster = this.#roster;
    roster.returns.lent(member);
    let lent = true;
    const giveBack = (fate: Fate | 'written off'): void => {
      if (lent) roster.returns.givenBack(member, fate);
      lent = false;
    };
    return {
      id: member.id,
      // An interrupted call still runs.
      release: (error) => giveBack(isInterruption(error, signal) ? 'written off' : roster.returns.fate(member, error)),
      discard: () => giveBack(roster.holdings.isOrdinary(member) ? 'end' : 'reset'),
    };
  }
}

function fits(member: Member, { readWrite = false }: LeaseOptions): boolean {
  return member.readWrite || !readWrite;
}
