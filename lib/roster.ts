// Which session of a pool is where: in the crew, lent, resting, on its way in or out.

import { Changes } from './changes';
import { Pkcs11Error } from './errors';
import { IdleWatch } from './idle-watch';
import { Lending } from './lending';
import { Staffing } from './staffing';
import { meaningOf, type Meaning } from './recovery-codes';
import type { CallOptions } from './options';
import type { CrewPort } from './crew';
import type { PoolOptions, PoolStats, SessionDriver } from './lease';
import type { Mending } from './recovery';
import type { Reservation } from './reservation';

/** Enough for the tokens measured; some count each session as a connection. */
export const MOST_SESSIONS = 64;

/** A session of the pool. */
export interface Member {
  readonly id: bigint;
  readonly readWrite: boolean;
  /** In the crew; lent to somebody, or reserved; of no use to anybody for now; the anchor while nobody uses it. */
  place: 'crew' | 'lent' | 'leaving' | 'resting';
}

export type Fate = 'keep' | 'end' | 'reset';

/** For those who wait for a session when all are lost: they wait for the recovery instead. */
const WORLD_LOST = Symbol('world lost');

export class Roster {
  readonly #driver: SessionDriver;
  readonly #port: CrewPort;
  readonly #recovery: Mending;
  readonly #threads: number;
  readonly #all = new Map<bigint, Member>();
  readonly #members = new Set<Member>();
  readonly #lending = new Lending(this);
  readonly #staffing = new Staffing();
  readonly #changes = new Changes();
  readonly #idle: IdleWatch;
  #crew: bigint | undefined;
  #anchor: Member | undefined;
  #anchorOpening = false;
  /** A call that was given up is still in it. */
  #anchorHangs = false;
  #limit: number;
  #opening = 0;
  /** Of those that are being opened, those for the crew. */
  #joining = 0;
  #lent = 0;
  /** Calls and reservations in the crew's queue or in its members. */
  #calls = 0;
  /** Sessions with a call that nobody waits for: they count with the token, not with us. */
  #away = 0;
  /** The token has refused a session while some were away. */
  #full = false;
  #readWriteOnly = false;
  #suspended = 0;
  #closed = false;
  /** Which world this is: sessions of an earlier one are no concern of ours. */
  #world = 0;
  #missing = 0;
  #opened = 0;
  #ended = 0;
  #reopened = 0;
  #writtenOff = 0;
  /** Why the queue was emptied last; undefined where everything begins anew. */
  flushed: { readonly error: unknown } | undefined;

  constructor(driver: SessionDriver, options: PoolOptions, recovery: Mending) {
    this.#driver = driver;
    this.#port = driver.crews;
    this.#recovery = recovery;
    this.#limit = Math.max(1, Math.min(MOST_SESSIONS, options.limit));
    this.#threads = options.threads ?? MOST_SESSIONS;
    this.#idle = new IdleWatch(this, options.idleTime);
  }

  get crew(): bigint {
    return (this.#crew ??= this.#port.open());
  }

  get limit(): number {
    return this.#limit;
  }

  get size(): number {
    return this.#all.size;
  }

  get lending(): Lending {
    return this.#lending;
  }

  get anchor(): Member | undefined {
    return this.#anchor;
  }

  get admits(): boolean {
    return this.#suspended === 0 && !this.#closed;
  }

  worldLost(error: unknown): boolean {
    return error === WORLD_LOST;
  }

  stats(): PoolStats {
    const running = Math.min(this.#calls, this.#members.size);
    return {
      open: this.#all.size + this.#away,
      busy: this.#lent + this.#away + running,
      idle: this.#members.size - running + (this.#anchor?.place === 'resting' ? 1 : 0),
      queued: this.#calls - running + this.#lending.unserved,
      limit: this.#limit,
      opened: this.#opened,
      closed: this.#ended,
      reopened: this.#reopened,
      writtenOff: this.#writtenOff,
    };
  }

  /** Until calls may be queued, or the pool is closed. */
  async admission(options: CallOptions): Promise<void> {
    const { signal } = options;
    await this.#changes.until(() => this.#suspended === 0 || this.#closed || signal?.aborted === true);
  }

  // --- calls for the crew -------------------------------------------------------------------------------------------------------------------------------------

  queued(): void {
    this.#calls++;
    const { demand } = this;
    this.#idle.note(demand);
    if (demand > this.#members.size) this.#grow();
  }

  answered(): void {
    this.#calls--;
    if (this.#calls === 0 && this.#suspended > 0) this.#changes.notify();
  }

  goesOn(session: bigint): void {
    const member = this.#all.get(session);
    if (member?.place === 'crew') this.#join(member);
  }

  met(session: bigint, error: unknown): void {
    const member = this.#all.get(session);
    if (member?.place !== 'crew') return;
    const fate = this.fate(member, error);
    if (fate === 'keep') return this.#join(member);
    this.leaveCrew(member);
    this.#lent++;
    this.#takeBack(member, fate);
  }

  stuck(milliseconds: number, ticket: number): bigint[] {
    return this.#crew === undefined ? [] : this.#port.stuck(this.#crew, milliseconds, ticket);
  }

  /** To close, or to reset, queues behind the call. */
  writeOff(session: bigint): void {
    const member = this.#all.get(session);
    if (member === undefined || (member.place !== 'crew' && member.place !== 'lent')) return;
    this.#port.writeOff(session);
    this.#writtenOff++;
    const lent = member.place === 'lent';
    this.#members.delete(member);
    member.place = 'leaving';
    if (member === this.#anchor) {
      if (!lent) this.#lent++;
      this.#anchorHangs = true;
      void this.#driver.reset(session).then(() => {
        if (member === this.#anchor) this.#anchorHangs = false;
        this.#back(member);
      });
    } else {
      if (lent) this.#lent--;
      this.#all.delete(session);
      this.#away++;
      this.#missing++;
      void this.#driver.close(session, true).then(() => this.#gone());
    }
    this.serve();
  }

  #gone(): void {
    this.#away--;
    this.#ended++;
    this.#full = false;
    this.serve();
  }

  /** Opens as many sessions as there are calls for, within the limit. */
  #grow(): void {
    const wanted = Math.min(this.demand, this.#threads, this.#limit);
    if (this.#members.size + this.#joining >= wanted || this.#closed) return;
    if (this.#anchor === undefined) return this.seekAnchor(false);
    while (this.#members.size + this.#joining < wanted && this.hasRoom) void this.#openMember();
    // The anchor last: who makes session objects can take no other.
    if (this.#members.size + this.#joining < wanted && this.#anchor.place === 'resting') this.#join(this.#anchor);
  }

  #join(member: Member): void {
    if (this.#closed || (this.#readWriteOnly && !member.readWrite) || !this.#port.join(this.crew, member.id)) return void this.end(member, true);
    member.place = 'crew';
    this.#members.add(member);
    this.#idle.watch();
    this.#staffing.come();
  }

  /** Takes a member out; a call that runs in it runs on, and what is addressed to the session itself queues behind. */
  leaveCrew(member: Member): void {
    this.#members.delete(member);
    this.#port.leave(this.crew, member.id);
    member.place = 'lent';
  }

  /** A member that has nothing to do, and is a member no more. */
  take(fits: (member: Member) => boolean): Member | undefined {
    const candidates: bigint[] = [];
    for (const member of this.#members) if (fits(member)) candidates.push(member.id);
    const id = candidates.length === 0 ? 0n : this.#port.take(this.crew, candidates);
    const member = this.#all.get(id);
    if (member === undefined) return undefined;
    this.#members.delete(member);
    member.place = 'lent';
    return member;
  }

  readonly isOrdinary = (member: Member): boolean => member !== this.#anchor;

  // --- opening and ending -------------------------------------------------------------------------------------------------------------------------------------

  get hasRoom(): boolean {
    return this.#all.size + this.#opening < this.#limit && !this.#full;
  }

  /** Undefined: the session was opened in a world that is gone meanwhile. */
  async open(readWrite: boolean, anchor: boolean, mending: boolean): Promise<Member | undefined> {
    const world = this.#world;
    this.#opening++;
    try {
      const opened = await this.#driver.open(readWrite || this.#readWriteOnly, anchor, mending);
      if (world !== this.#world) {
        void this.#driver.close(opened.id, true);
        return undefined;
      }
      const member: Member = { ...opened, place: 'lent' };
      this.#all.set(member.id, member);
      // Sessions asked for at once can succeed after another one has met the limit.
      this.#limit = Math.max(this.#limit, this.#all.size);
      this.#opened++;
      if (this.#missing > 0) this.#reopened++;
      if (this.#missing > 0) this.#missing--;
      return member;
    } catch (error) {
      if (world !== this.#world) return undefined;
      throw error;
    } finally {
      this.#opening--;
    }
  }

  seekAnchor(mending: boolean): void {
    if (!this.#anchorOpening && this.hasRoom) void this.#openAnchor(mending);
  }

  async #openAnchor(mending: boolean): Promise<void> {
    const world = this.#world;
    this.#anchorOpening = true;
    try {
      const member = await this.open(true, true, mending);
      if (world === this.#world) this.#anchorOpening = false;
      if (member !== undefined) {
        this.#anchor = member;
        this.rest(member);
      }
      this.serve();
    } catch (error) {
      this.#anchorOpening = false;
      if (!this.learnLimit(error)) {
        this.#lending.refuse(error, 'unserved');
        this.#refuse(error);
      }
      this.serve();
    }
  }

  async #openMember(): Promise<void> {
    this.#joining++;
    let joined = true;
    try {
      const member = await this.open(false, false, false);
      this.#joining--;
      if (member !== undefined) this.rest(member);
    } catch (error) {
      this.#joining--;
      joined = this.learnLimit(error);
      // Where there are others, they do the work.
      if (!joined && this.#members.size === 0) this.#refuse(error);
    }
    if (joined) this.serve();
    else this.#changes.notify();
  }

  /** No session can be had: the calls that wait for one hear why. */
  #refuse(error: unknown): void {
    this.flushed = { error };
    this.#port.flush(this.crew);
    this.#staffing.refuse(error);
  }

  /** Whether the token has said that it stands no further session, and has some of ours. */
  learnLimit(error: unknown): boolean {
    if (meaningOf(error) !== 'session-limit' || this.#all.size + this.#away === 0) return false;
    if (this.#away > 0) this.#full = true;
    else this.#limit = this.#all.size;
    const idle = this.#anchor === undefined ? this.take(() => true) : undefined;
    if (idle !== undefined) this.rest(idle);
    return true;
  }

  /** Where a session goes that nobody uses. One becomes the anchor when the anchor was lost and no other can be opened. */
  rest(member: Member): void {
    if (this.#anchor === undefined && !this.#anchorOpening && !this.hasRoom) this.#anchor = member;
    if (member !== this.#anchor) return this.#join(member);
    member.place = 'resting';
  }

  /** Closes a session; it counts until the token has closed it. */
  async end(member: Member, tidiesUp = false): Promise<void> {
    if (this.#members.has(member)) this.leaveCrew(member);
    member.place = 'leaving';
    const world = this.#world;
    await this.#driver.close(member.id, tidiesUp);
    if (world !== this.#world || !this.#all.delete(member.id)) return;
    this.#ended++;
    this.#full = false;
    if (member === this.#anchor) this.#anchor = undefined;
    this.serve();
  }

  /** Closes members that were not needed for a while: no more than `needed` are. */
  endIdle(needed: number): void {
    let spare = [...this.#members].filter(this.isOrdinary).length - needed;
    for (; spare > 0; spare--) {
      const member = this.take(this.isOrdinary);
      if (member === undefined) break;
      void this.end(member);
    }
    const anchor = this.#anchor;
    if (anchor?.place !== 'crew' || this.#members.size <= needed) return;
    this.leaveCrew(anchor);
    this.rest(anchor);
  }

  /** Calls and batches at present. */
  get demand(): number {
    return this.#calls + this.#staffing.held;
  }

  get hasMembers(): boolean {
    return this.#members.size > 0;
  }

  /** Gives those who wait what can be had now; and the crew the sessions it has calls for. */
  serve(): void {
    this.#changes.notify();
    if (this.#closed) return;
    if (this.#suspended === 0) this.#lending.serve(this.#recovery.ready);
    this.#grow();
  }

  /** What becomes of a session that has met `error`. */
  fate(member: Member, error: unknown): Fate {
    const meaning = meaningOf(error);
    if (meaning === 'session-lost' || meaning === 'token-lost' || meaning === 'library-lost') return 'end';
    const doubtful = meaning === 'session-dirty' || meaning === 'device-error' || leavesActive(meaning, error);
    if (doubtful) return member === this.#anchor ? 'reset' : 'end';
    return this.#readWriteOnly && !member.readWrite ? 'end' : 'keep';
  }

  /** A session is lent, and comes back. */
  lent(member: Member): void {
    member.place = 'lent';
    this.#lent++;
  }

  givenBack(member: Member, fate: Fate | 'written off'): void {
    if (!this.#all.has(member.id)) this.#lent--;
    else if (fate === 'written off') this.writeOff(member.id);
    else this.#takeBack(member, fate);
  }

  /** Whether calls wait for a single member. */
  get onlyOneWorks(): boolean {
    return this.#members.size === 1 && this.#calls > 0;
  }

  /** Queues for a session in turn with the calls. */
  reserve(reservation: Reservation): void {
    this.#port.reserve(this.crew, reservation);
    this.queued();
  }

  /** The session that came; it is a member no more. */
  reserved(session: bigint | undefined): Member | undefined {
    this.answered();
    const member = session === undefined ? undefined : this.#all.get(session);
    if (member === undefined) return undefined;
    this.#members.delete(member);
    member.place = 'lent';
    return member;
  }

  /** Ends a session for the sake of another: its place is kept. */
  async makeRoom(instead: Member): Promise<void> {
    this.#opening++;
    await this.end(instead).finally(() => this.#opening--);
  }

  /** At least one session for bulk work, and up to `wanted` of them, until the function is called that it answers. */
  async staff(wanted: number, options: CallOptions): Promise<() => void> {
    const release = this.#staffing.hold(Math.max(1, Math.min(wanted, this.#limit)));
    this.#idle.note(this.demand);
    try {
      this.#grow();
      if (this.#members.size === 0) await this.#staffing.first(options);
      return () => {
        release();
        this.#changes.notify();
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  #takeBack(member: Member, fate: Fate): void {
    if (this.#closed) return;
    if (fate === 'keep') return this.#back(member);
    member.place = 'leaving';
    if (fate === 'end') this.#missing++;
    void (fate === 'end' ? this.end(member, true) : this.#driver.reset(member.id)).then(() => this.#back(member));
  }

  async #anchorBack(member: Member): Promise<void> {
    await this.#driver.reset(member.id);
    if (member === this.#anchor) this.#anchorHangs = false;
    this.#back(member);
  }

  #back(member: Member): void {
    this.#lent--;
    if (this.#all.get(member.id) === member && !this.#closed) this.rest(member);
    this.serve();
  }

  async withoutSessions<T>(work: () => Promise<T>): Promise<T> {
    this.#suspended++;
    try {
      await this.#changes.until(() => this.#opening === 0 && this.#lent === 0 && this.#calls === 0 && this.#staffing.held === 0);
      await this.#endAll();
      return await work();
    } finally {
      this.#suspended--;
      this.serve();
    }
  }

  async forbidReadOnly(): Promise<void> {
    this.#readWriteOnly = true;
    for (const member of [...this.#members]) if (!member.readWrite) void this.end(member);
    await this.#changes.until(() => this.#opening === 0 && [...this.#all.values()].every((member) => member.readWrite));
  }

  allowReadOnly(): void {
    this.#readWriteOnly = false;
  }

  async trim(): Promise<boolean> {
    const endings: Promise<void>[] = [];
    for (let idle = this.take(this.isOrdinary); idle !== undefined; idle = this.take(this.isOrdinary)) endings.push(this.end(idle));
    await Promise.all(endings);
    return endings.length > 0;
  }

  async reset(): Promise<void> {
    this.#world++;
    this.flushed = undefined;
    this.#lending.refuse(WORLD_LOST, 'all but who mends');
    this.#staffing.refuse(WORLD_LOST);
    const old = [...this.#all.values()];
    const idle = new Set(old.filter((member) => member.place === 'resting'));
    if (this.#crew !== undefined) {
      this.#port.flush(this.#crew);
      for (let member = this.take(() => true); member !== undefined; member = this.take(() => true)) idle.add(member);
      this.#port.end(this.#crew);
    }
    this.#crew = undefined;
    this.#members.clear();
    this.#all.clear();
    this.#anchor = undefined;
    this.#anchorOpening = this.#anchorHangs = false;
    this.#full = false;
    this.#missing += old.length;
    const closings = old.map((member) => ({ member, closed: this.#closeOld(member, !idle.has(member)) }));
    await Promise.all(closings.filter(({ member }) => idle.has(member)).map((one) => one.closed));
  }

  async #closeOld(member: Member, busy: boolean): Promise<void> {
    if (busy) this.#port.writeOff(member.id);
    await this.#driver.close(member.id, true);
    this.#ended++;
  }

  async close(reason: () => unknown): Promise<void> {
    this.#closed = true;
    this.#idle.end();
    // Whoever wakes up below must see that the pool is closing.
    await Promise.resolve();
    this.#lending.refuse(reason(), 'all');
    this.#staffing.refuse(reason());
    this.#changes.notify();
    if (this.#crew !== undefined) this.#port.flush(this.#crew);
    await this.#changes.until(() => this.#opening === 0);
    // A call that was given up may never come back: its session goes with the library.
    if (this.#anchorHangs && this.#anchor !== undefined) this.#all.delete(this.#anchor.id);
    await this.#endAll();
    if (this.#crew !== undefined) this.#port.end(this.#crew);
  }

  /** The anchor last: the login and session objects live in it, and calls still run in the others. */
  async #endAll(): Promise<void> {
    const others = [...this.#all.values()].filter(this.isOrdinary);
    await Promise.all(others.map((member) => this.end(member)));
    await Promise.all([...this.#all.values()].map((member) => this.end(member)));
  }
}

/** An operation that the token had begun, and then knew nothing of its key or its user, may still be there. */
function leavesActive(meaning: Meaning | undefined, error: unknown): boolean {
  return (meaning === 'login-lost' || meaning === 'handle-stale') && Pkcs11Error.is(error) && !error.call.endsWith('Init');
}
