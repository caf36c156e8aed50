import { CryptokiError } from './errors';
import { throwIfAborted, timeLimitOf, type CallOptions } from './options';
import { meaningOf } from './recovery-codes';
import { recoveredError, REPLACE_SESSIONS, type Mending } from './recovery';
import { Changes } from './changes';
import { IdleSessions } from './idle-sessions';
import { isInterruption, remaining, Waiter } from './waiter';
import type { Lease, LeaseOptions, PoolOptions, SessionDriver, UseOptions } from './lease';

export type { Lease, LeaseOptions, PoolOptions, SessionDriver, UseOptions } from './lease';

interface Entry {
  readonly id: bigint;
  readonly readWrite: boolean;
}

type PoolWaiter = Waiter<LeaseOptions, Lease>;
type Fate = 'keep' | 'end' | 'reset';

/** For those who wait for a session when all are lost: they wait for the recovery instead. */
const WORLD_LOST = Symbol('world lost');

/** Enough for the tokens measured; some count each session as a connection. */
export const MOST_SESSIONS = 64;

/**
 * The sessions of one token: opened as needed up to the token's limit, each lent to one user at a time, in the order of
 * asking. The anchor is opened first and stays, for a login lives as long as any session does; it is lent last.
 */
export class SessionPool {
  readonly #driver: SessionDriver;
  readonly #entries = new Set<Entry>();
  /** Ordinary sessions nobody uses. */
  readonly #idle: IdleSessions<Entry>;
  readonly #waiters = new Set<PoolWaiter>();
  readonly #changes = new Changes();
  readonly #recovery: Mending;
  #anchor: Entry | undefined;
  #anchorState: 'absent' | 'opening' | 'idle' | 'busy' = 'absent';
  #limit: number;
  #opening = 0;
  #busy = 0;
  #readWriteOnly = false;
  #suspended = 0;
  #closing: Promise<void> | undefined;

  constructor(driver: SessionDriver, options: PoolOptions) {
    this.#driver = driver;
    this.#recovery = options.recovery ?? REPLACE_SESSIONS;
    this.#limit = Math.max(1, Math.min(MOST_SESSIONS, options.limit));
    this.#idle = new IdleSessions((entry) => void this.#end(entry), options.idleTime);
  }

  /** Most sessions at once, as far as it is known by now. */
  get limit(): number {
    return this.#limit;
  }

  /** Who sees to it when the token is lost: for work that has a lease of its own. */
  get recovery(): Mending {
    return this.#recovery;
  }

  /** Sessions open now, lent or idle, the anchor included. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many wait for a session. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Lends a session; waits while all are lent. Abort and time limit end the waiting. */
  async lease(options: LeaseOptions = {}): Promise<Lease> {
    return this.#leaseNow(options) ?? this.#acquire(options);
  }

  /** Lends a session to `work` and takes it back. `work` gets the options with what is left of their time limit. */
  async use<T>(options: UseOptions, work: (lease: Lease, options: CallOptions) => Promise<T>): Promise<T> {
    // Checked here: what is left of a limit that is none would look as if it were over.
    const started = timeLimitOf(options) === undefined ? 0 : performance.now();
    const lease = this.#leaseNow(options) ?? (await this.#acquire(options));
    const { generation } = this.#recovery;
    try {
      const result = await work(lease, remaining(options, started));
      lease.release();
      return result;
    } catch (error) {
      lease.release(error);
      const interrupted = isInterruption(error, options.signal);
      // Closing the pool takes the sessions away from under running work: then that is what happened, whatever the engine said.
      if (this.#closing !== undefined && !interrupted) throw closed(error);
      if (interrupted || options.mending === true || options.again === true) throw error;
      if (!(await this.#recovery.mend(error, generation, remaining(options, started)))) throw error;
      if (options.repeatable !== true) throw recoveredError(error, generation !== this.#recovery.generation);
    }
    return this.use({ ...options, ...remaining(options, started), fresh: true, again: true }, work);
  }

  /** As `#leaseNow` where waiting is needed, for a session or for the token. To have no session is no work done: that may always be tried again. */
  async #acquire(options: LeaseOptions): Promise<Lease> {
    const started = timeLimitOf(options) === undefined ? 0 : performance.now();
    for (let again = false; ;) {
      const left = { ...options, ...remaining(options, started) };
      if (!this.#recovery.ready && options.mending !== true) await this.#recovery.wait(left);
      const { generation } = this.#recovery;
      try {
        return await this.#leaseLater({ ...left, ...remaining(left, started) });
      } catch (error) {
        if (error === WORLD_LOST) continue;
        if (again || options.mending === true || this.#closing !== undefined || isInterruption(error, options.signal)) throw error;
        if (!(await this.#recovery.mend(error, generation, remaining(options, started)))) throw error;
        again = true;
      }
    }
  }

  /** Every session is presumed to be dead: who waits for one waits for the recovery. What still runs in them is not waited for. */
  async reset(): Promise<void> {
    for (const waiter of [...this.#waiters]) if (waiter.request.mending !== true) waiter.reject(WORLD_LOST);
    const idle = new Set([...this.#idle, ...(this.#anchorState === 'idle' ? [this.#anchor!] : [])]);
    const old = [...this.#entries];
    this.#entries.clear();
    for (const entry of idle) this.#idle.remove(entry);
    if (this.#anchorState !== 'opening') this.#anchorState = 'absent';
    this.#anchor = undefined;
    const closings = old.map((entry) => ({ entry, closed: this.#driver.close(entry.id, true) }));
    await Promise.all(closings.filter(({ entry }) => idle.has(entry)).map((one) => one.closed));
  }

  /** The ordinary case: a session is idle and nobody was here before. */
  #leaseNow(options: LeaseOptions): Lease | undefined {
    this.#assertOpen();
    throwIfAborted(options.signal);
    if (this.#waiters.size > 0 || this.#suspended > 0 || options.anchor === true || !this.#recovery.ready) return undefined;
    const entry = this.#fitting(options);
    return entry === undefined ? undefined : this.#lend(entry, options.signal);
  }

  #leaseLater(options: LeaseOptions): Promise<Lease> {
    const waiter: PoolWaiter = new Waiter(options, () => this.#waiters.delete(waiter));
    this.#waiters.add(waiter);
    this.#serve();
    return waiter.promise;
  }

  /** The anchor's session id, opening it when needed. Calls about the login go there and need no lease. */
  async anchor(options: CallOptions & { mending?: boolean } = {}): Promise<bigint> {
    this.#assertOpen();
    return this.#anchor?.id ?? this.use({ ...options, anchor: true }, async (lease) => lease.id);
  }

  /** Runs `work` while no session of ours is open, as C_InitToken asks. Who wants one meanwhile waits. */
  async withoutSessions<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    this.#suspended++;
    try {
      await this.#changes.until(() => this.#opening === 0 && this.#busy === 0);
      await this.#endAll();
      this.#assertOpen();
      return await work();
    } finally {
      this.#suspended--;
      this.#serve();
    }
  }

  /** While the security officer is logged in no read-only session may exist (PKCS #11 v3.2, section 5.6.8, C_Login). */
  async forbidReadOnly(): Promise<void> {
    this.#assertOpen();
    this.#readWriteOnly = true;
    for (const entry of [...this.#idle]) if (!entry.readWrite) void this.#end(entry);
    await this.#changes.until(() => this.#opening === 0 && [...this.#entries].every((entry) => entry.readWrite));
  }

  allowReadOnly(): void {
    this.#readWriteOnly = false;
  }

  /** Closes what is idle, to make room for a session outside the pool. Answers whether there was any. */
  async trim(): Promise<boolean> {
    const idle = [...this.#idle];
    await Promise.all(idle.map((entry) => this.#end(entry)));
    return idle.length > 0;
  }

  /** Refuses those who wait, and closes every session after the calls queued in it. Twice is fine. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#idle.close();
    // The first statement of an async function runs before `#closing` is set; what wakes up below must see it.
    await Promise.resolve();
    for (const waiter of [...this.#waiters]) waiter.reject(closed());
    await this.#changes.until(() => this.#opening === 0);
    await this.#endAll();
  }

  /** The anchor last: the login and session objects live in it, and calls still run in the others. */
  async #endAll(): Promise<void> {
    const others = [...this.#entries].filter((entry) => entry !== this.#anchor);
    await Promise.all(others.map((entry) => this.#end(entry)));
    await Promise.all([...this.#entries].map((entry) => this.#end(entry)));
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  /** Gives the waiters what can be had now, in the order of their coming. */
  #serve(): void {
    this.#changes.notify();
    if (this.#suspended > 0 || this.#closing !== undefined) return;
    for (const waiter of this.#waiters) {
      if (waiter.served) continue;
      if (this.#anchorState === 'absent' && this.#hasRoom()) void this.#open(waiter, { anchor: true });
      if (this.#anchor === undefined) return;
      if (this.#anchorState === 'busy' && this.#idle.oldest === undefined && !this.#hasRoom()) return;
      if (waiter.request.anchor !== true) this.#serveOrdinary(waiter);
      else if (this.#anchorState === 'idle') this.#lendTo(waiter, this.#anchor);
    }
  }

  #serveOrdinary(waiter: PoolWaiter): void {
    const fit = this.#fitting(waiter.request);
    if (fit !== undefined) this.#lendTo(waiter, fit);
    else if (this.#hasRoom()) void this.#open(waiter, {});
    else if (this.#idle.oldest !== undefined) void this.#open(waiter, { instead: this.#idle.oldest });
    // The anchor last: who makes session objects can take no other.
    else if (this.#anchorState === 'idle') this.#lendTo(waiter, this.#anchor!);
  }

  /** An idle session that will do. */
  #fitting({ readWrite = false, fresh = false }: LeaseOptions): Entry | undefined {
    return fresh ? undefined : this.#idle.find((entry) => entry.readWrite || !readWrite);
  }

  #hasRoom(): boolean {
    return this.#entries.size + this.#opening < this.#limit;
  }

  async #open(waiter: PoolWaiter, how: { anchor?: boolean; instead?: Entry }): Promise<void> {
    const anchor = how.anchor === true;
    const readWrite = anchor || waiter.request.readWrite === true || this.#readWriteOnly;
    waiter.served = true;
    this.#opening++;
    if (anchor) this.#anchorState = 'opening';
    try {
      if (how.instead !== undefined) await this.#end(how.instead);
      const entry = await this.#driver.open(readWrite, anchor, waiter.request.mending === true);
      this.#add(entry, anchor);
      // To whom it was opened for: in the queue a wish for a fresh one could not tell it from the others.
      if (!anchor && this.#waiters.has(waiter) && this.#closing === undefined) this.#lendTo(waiter, entry);
    } catch (error) {
      if (anchor) this.#anchorState = 'absent';
      if (meaningOf(error) === 'session-limit' && this.#entries.size > 0) this.#learnLimit();
      else waiter.reject(error);
    } finally {
      this.#opening--;
      waiter.served = false;
      this.#serve();
    }
  }

  #learnLimit(): void {
    this.#limit = this.#entries.size;
    const { oldest } = this.#idle;
    if (this.#anchorState !== 'absent' || oldest === undefined) return;
    this.#idle.remove(oldest);
    this.#rest(oldest);
  }

  #add(entry: Entry, anchor: boolean): void {
    this.#entries.add(entry);
    // Sessions asked for at once can succeed after another one has met the limit.
    this.#limit = Math.max(this.#limit, this.#entries.size);
    if (anchor) this.#anchor = entry;
    this.#rest(entry);
  }

  /** Where a session goes that nobody uses. One becomes the anchor when the anchor was lost and no other can be opened. */
  #rest(entry: Entry): void {
    if (this.#anchorState === 'absent' && !this.#hasRoom()) this.#anchor = entry;
    if (entry === this.#anchor) this.#anchorState = 'idle';
    else this.#idle.add(entry);
  }

  #lendTo(waiter: PoolWaiter, entry: Entry): void {
    waiter.resolve(this.#lend(entry, waiter.request.signal));
  }

  #lend(entry: Entry, signal: AbortSignal | undefined): Lease {
    this.#occupy(entry);
    this.#busy++;
    let lent = true;
    const giveBack = (fate: Fate): void => {
      if (lent) this.#takeBack(entry, fate);
      lent = false;
    };
    return {
      id: entry.id,
      release: (error) => giveBack(error === undefined && !this.#readWriteOnly ? 'keep' : this.#fate(entry, error, signal)),
      discard: () => giveBack(entry === this.#anchor ? 'reset' : 'end'),
    };
  }

  #occupy(entry: Entry): void {
    if (entry === this.#anchor) this.#anchorState = 'busy';
    else this.#idle.remove(entry);
  }

  /** What becomes of a session whose user met `error`. */
  #fate(entry: Entry, error: unknown, signal: AbortSignal | undefined): Fate {
    const meaning = meaningOf(error);
    if (meaning === 'session-lost' || meaning === 'token-lost' || meaning === 'library-lost') return 'end';
    // An interrupted call still runs: to close, or to reset, queues behind it, and only then the place is free again.
    const doubtful = meaning === 'session-dirty' || meaning === 'device-error' || isInterruption(error, signal);
    if (doubtful) return entry === this.#anchor ? 'reset' : 'end';
    return this.#readWriteOnly && !entry.readWrite ? 'end' : 'keep';
  }

  #takeBack(entry: Entry, fate: Fate): void {
    if (this.#closing !== undefined) return;
    if (fate === 'keep') this.#back(entry);
    else void (fate === 'end' ? this.#end(entry, true) : this.#driver.reset(entry.id)).then(() => this.#back(entry));
  }

  #back(entry: Entry): void {
    this.#busy--;
    if (this.#entries.has(entry)) this.#rest(entry);
    this.#serve();
  }

  /** Closes a session; it counts until the token has closed it. */
  async #end(entry: Entry, tidiesUp = false): Promise<void> {
    this.#occupy(entry);
    await this.#driver.close(entry.id, tidiesUp);
    this.#entries.delete(entry);
    if (entry === this.#anchor) {
      this.#anchor = undefined;
      this.#anchorState = 'absent';
    }
    this.#serve();
  }
}

function closed(cause?: unknown): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed', cause === undefined ? undefined : { cause });
}
