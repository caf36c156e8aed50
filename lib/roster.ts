// Which session of a pool is where: in the crew, lent, resting, on its way in or out.

import { Changes } from './changes';
import { Holdings, MOST_SESSIONS, PATIENCE } from './holdings';
import { IdleWatch } from './idle-watch';
import { Lending } from './lending';
import { Members, type Member } from './members';
import { Returns } from './returns';
import { Staffing } from './staffing';
import { isLostForAll } from './fate';
import { inTime } from './patience';
import type { CallOptions } from './options';
import type { PoolOptions, PoolStats, SessionDriver } from './lease';
import type { Mending } from './recovery';
import type { Reservation } from './reservation';

/** For those who wait for a session when all are lost: they wait for the recovery instead. */
const WORLD_LOST = Symbol('world lost');

export class Roster {
  readonly lending = new Lending(this);
  readonly returns = new Returns(this);
  readonly #recovery: Mending;
  readonly #threads: number;
  readonly holdings: Holdings;
  readonly members: Members;
  readonly #staffing = new Staffing();
  readonly #changes = new Changes();
  readonly #idle: IdleWatch;
  /** Sessions that are being opened for the crew. */
  #joining = 0;
  #suspended = 0;
  #closed = false;
  /** Why the queue was emptied last; undefined where everything begins anew. */
  flushed: { readonly error: unknown } | undefined;

  constructor(driver: SessionDriver, options: PoolOptions, recovery: Mending) {
    this.#recovery = recovery;
    this.holdings = new Holdings(driver, options.limit);
    this.members = new Members(driver.crews);
    this.#threads = options.threads ?? MOST_SESSIONS;
    this.#idle = new IdleWatch(this, options.idleTime);
  }

  get anchor(): Member | undefined {
    return this.holdings.anchor;
  }

  get admits(): boolean {
    return this.#suspended === 0 && !this.#closed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls and batches at present. */
  get demand(): number {
    return this.members.calls + this.#staffing.held;
  }

  get hasMembers(): boolean {
    return this.members.size > 0;
  }

  /** Whether calls wait for a single member. */
  get onlyOneWorks(): boolean {
    return this.members.size === 1 && this.members.calls > 0;
  }

  worldLost(error: unknown): boolean {
    return error === WORLD_LOST;
  }

  stats(): PoolStats {
    const { busy, calls, size } = this.members;
    const { anchor, away, limit, tally } = this.holdings;
    const { opened, closed, reopened, writtenOff } = tally;
    return {
      open: this.holdings.size + away,
      busy: this.returns.outstanding + away + busy,
      idle: size - busy + (anchor?.place === 'resting' ? 1 : 0),
      queued: calls - busy + this.lending.unserved,
      limit,
      opened,
      closed,
      reopened,
      writtenOff,
    };
  }

  /** Until calls may be queued, or the pool is closed. */
  admission(options: CallOptions): Promise<void> {
    return this.#changes.until(() => this.#suspended === 0 || this.#closed, options);
  }

  // --- calls for the crew

  queued(): void {
    this.members.calls++;
    const { demand } = this;
    this.#idle.note(demand);
    if (demand > this.members.size) this.#grow();
  }

  answered(crew: bigint): void {
    if (!this.members.counts(crew)) return;
    this.members.calls--;
    if (this.members.calls === 0 && this.#suspended > 0) this.#changes.notify();
  }

  /** Queues for a session in turn with the calls. */
  reserve(reservation: Reservation): bigint {
    this.members.reserve(reservation);
    this.queued();
    return this.members.id;
  }

  /** The session that came; it is a member no more. */
  reserved(session: bigint | undefined, crew: bigint): Member | undefined {
    this.answered(crew);
    const member = session === undefined ? undefined : this.holdings.get(session);
    if (member !== undefined) this.members.left(member);
    return member;
  }

  /** At least one session for bulk work, and up to `wanted` of them, until the function is called that it answers. */
  async staff(wanted: number, options: CallOptions): Promise<() => void> {
    const leave = this.#staffing.hold(Math.max(1, Math.min(wanted, this.holdings.limit)));
    const release = (): void => {
      leave();
      this.#changes.notify();
    };
    this.#idle.note(this.demand);
    try {
      this.#grow();
      if (!this.hasMembers) await this.#staffing.first(options);
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  // --- opening and ending

  /** Opens as many sessions as there are calls for, within the limit. */
  #grow(): void {
    const wanted = Math.min(this.demand, this.#threads, this.holdings.limit);
    // While all is made anew there is a session for who does that, and nobody else.
    if (this.members.size + this.#joining >= wanted || this.#closed || !this.#recovery.ready) return;
    const { anchor } = this;
    if (anchor === undefined) return this.seekAnchor(false);
    while (this.members.size + this.#joining < wanted && this.holdings.hasRoom) void this.#openMember();
    // The anchor last: who makes session objects can take no other.
    if (this.members.size + this.#joining < wanted && anchor.place === 'resting') this.join(anchor);
  }

  seekAnchor(mending: boolean): void {
    if (!this.holdings.anchorOpening && this.holdings.hasRoom) void this.#openAnchor(mending);
  }

  async #openAnchor(mending: boolean): Promise<void> {
    let goesOn = true;
    try {
      const member = await this.holdings.open(true, mending, true);
      if (member !== undefined) this.rest(member);
    } catch (error) {
      goesOn = this.learnLimit(error);
      if (!goesOn) {
        this.lending.refuse(error, 'unserved');
        this.#refuse(error);
      }
    }
    // Nothing to be had means nothing to be tried again: those who waited for it have been told.
    if (goesOn) this.serve();
    else this.#changes.notify();
  }

  async #openMember(): Promise<void> {
    const { generation } = this.#recovery;
    this.#joining++;
    let goesOn = true;
    try {
      const member = await this.holdings.open(false, false).finally(() => this.#joining--);
      if (member !== undefined) this.rest(member);
    } catch (error) {
      goesOn = this.learnLimit(error);
      // Where there are others, they do the work.
      if (!goesOn && !this.hasMembers) this.#refuse(error);
      else if (!goesOn && isLostForAll(error)) void this.#mend(error, generation);
    }
    if (goesOn) this.serve();
    else this.#changes.notify();
  }

  /** The others have lost the same, and do not notice where calls in them never return. */
  async #mend(error: unknown, generation: number): Promise<void> {
    await this.#recovery.mend(error, generation, {}).catch(() => undefined);
    if (generation !== this.#recovery.generation) this.serve();
  }

  /** No session can be had: the calls that wait for one hear why. */
  #refuse(error: unknown): void {
    this.flushed = { error };
    this.members.flush();
    this.#staffing.refuse(error);
  }

  learnLimit(error: unknown): boolean {
    const learned = this.holdings.learnLimit(error);
    const idle = learned && this.anchor === undefined ? this.members.take(() => true) : undefined;
    if (idle !== undefined) this.rest(idle);
    return learned;
  }

  /** Where a session goes that nobody uses. One becomes the anchor when the anchor was lost and no other can be opened. */
  rest(member: Member): void {
    const holdings = this.holdings;
    if (holdings.anchor === undefined && !holdings.anchorOpening && !holdings.hasRoom) holdings.anchor = member;
    if (member === holdings.anchor) member.place = 'resting';
    else this.join(member);
  }

  /** It takes calls from now on, or again after a failure; or is ended, where it may take none. */
  join(member: Member): void {
    if (this.#closed || (this.holdings.readWriteOnly && !member.readWrite) || !this.members.join(member)) return void this.end(member, true);
    this.#idle.watch();
    this.#staffing.come();
  }

  async end(member: Member, tidiesUp = false): Promise<void> {
    if (this.members.has(member)) this.members.leave(member);
    member.place = 'leaving';
    await this.holdings.close(member, tidiesUp);
    this.serve();
  }

  /** Closes members that were not needed for a while: no more than `needed` are. */
  endIdle(needed: number): void {
    let spare = [...this.members].filter(this.holdings.isOrdinary).length - needed;
    for (; spare > 0; spare--) {
      const member = this.members.take(this.holdings.isOrdinary);
      if (member === undefined) break;
      void this.end(member);
    }
    const { anchor } = this;
    if (anchor?.place !== 'crew' || this.members.size <= needed) return;
    this.members.leave(anchor);
    this.rest(anchor);
  }

  /** Gives those who wait what can be had now; and the crew the sessions it has calls for. */
  serve(): void {
    this.#changes.notify();
    if (this.#closed) return;
    if (this.#suspended === 0) this.lending.serve(this.#recovery.ready);
    this.#grow();
  }

  // --- all together

  async withoutSessions<T>(options: CallOptions, work: () => Promise<T>): Promise<T> {
    this.#suspended++;
    try {
      await this.#changes.until(() => !this.holdings.opening && this.returns.outstanding === 0 && this.demand === 0, options);
      await inTime(this.#endAll(), options);
      return await work();
    } finally {
      this.#suspended--;
      this.serve();
    }
  }

  async forbidReadOnly(options: CallOptions): Promise<void> {
    this.holdings.readWriteOnly = true;
    for (const member of this.members) if (!member.readWrite) void this.end(member);
    await this.#changes.until(() => !this.holdings.opening && this.holdings.list().every((member) => member.readWrite), options);
  }

  allowReadOnly(): void {
    this.holdings.readWriteOnly = false;
  }

  async reset(options: CallOptions): Promise<void> {
    this.flushed = undefined;
    this.lending.refuse(WORLD_LOST, 'all but who mends');
    this.#staffing.refuse(WORLD_LOST);
    const all = this.holdings.list();
    const idle = new Set(all.filter((member) => member.place === 'resting' && member.hanging === 0));
    this.members.flush();
    for (let member = this.members.take(() => true); member !== undefined; member = this.members.take(() => true)) idle.add(member);
    for (const member of all) if (!idle.has(member)) this.members.writeOff(member);
    this.members.dissolve();
    await this.holdings.abandon((member) => idle.has(member), options);
  }

  async close(reason: () => unknown): Promise<void> {
    this.#closed = true;
    this.#idle.end();
    // Whoever wakes up below must see that the pool is closing.
    await Promise.resolve();
    this.lending.refuse(reason(), 'all');
    this.#staffing.refuse(reason());
    this.#changes.notify();
    this.members.flush();
    const late = setTimeout(() => this.holdings.endOpening(), PATIENCE);
    await this.#changes.until(() => !this.holdings.opening);
    clearTimeout(late);
    // Who gives up an item that hangs has to find it among the members.
    await this.members.atRest(() => this.#staffing.held > 0);
    await this.#endAll();
    this.members.dissolve();
  }

  /** The anchor last: the login and session objects live in it, and calls still run in the others. */
  async #endAll(): Promise<void> {
    for (const first of [this.holdings.isOrdinary, () => true]) {
      const members = this.holdings.list().filter(first);
      // A call that was given up may never come back: its session is closed when it does, or goes with the library.
      await Promise.all(members.map((member) => (member.hanging === 0 ? this.end(member) : void this.end(member, true))));
    }
  }
}
