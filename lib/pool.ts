import { CryptokiError } from './errors';
import { throwIfAborted, type CallOptions } from './options';
import { meaningOf } from './recovery-codes';
import { isInterruption, keepAlive, remaining, Waiter } from './waiter';

/** How the pool makes and ends sessions; the only thing it knows about Cryptoki. */
export interface SessionDriver {
  /**
   * Opens a session. The `anchor` is wanted read-write, but may become read-only where the token is write protected; the
   * answer says what it is.
   */
  open(readWrite: boolean, anchor: boolean): Promise<{ id: bigint; readWrite: boolean }>;
  /**
   * Ends a session once the calls queued in it are over. Never rejects: what cannot be closed is gone for us anyway. Where it only `tidiesUp`, a call that
   * hangs in the session does not keep the process alive.
   */
  close(id: bigint, tidiesUp: boolean): Promise<void>;
  /** Ends whatever operation is active in a session, once the calls queued in it are over; the process need not stay alive for it. Never rejects. */
  reset(id: bigint): Promise<void>;
}

export interface LeaseOptions extends CallOptions {
  /** A session that may change token objects. Default: any session. */
  readonly readWrite?: boolean | undefined;
  /** The anchor session itself: session objects made in it live as long as the token object does. */
  readonly anchor?: boolean | undefined;
  /** A session opened now: those that wait idle are suspected to be lost. */
  readonly fresh?: boolean | undefined;
}

export interface UseOptions extends LeaseOptions {
  /** The work may be done a second time, in a fresh session, when its session turns out to be lost. */
  readonly repeatable?: boolean | undefined;
}

/** A session lent to one user at a time. */
export interface Lease {
  /** The engine's session id. */
  readonly id: bigint;
  /** Gives the session back; `error`, what the work in it ended with, decides whether it is kept. Once is enough. */
  release(error?: unknown): void;
  /** Gives it back with an operation possibly still active: the session is closed, or its operations are ended. */
  discard(): void;
}

export interface PoolOptions {
  /** Most sessions at once: what the token tells. Never more than 64. */
  readonly limit: number;
  /** Milliseconds after which an idle session is closed. */
  readonly idleTime?: number;
}

interface Entry {
  readonly id: bigint;
  readonly readWrite: boolean;
  idleSince: number;
}

type PoolWaiter = Waiter<LeaseOptions, Lease>;
type Fate = 'keep' | 'end' | 'reset';

/** Enough for the tokens measured; some count each session as a connection. */
export const MOST_SESSIONS = 64;

/** Some devices end an idle session after 30 s themselves. */
const IDLE_TIME = 20_000;

/**
 * The sessions of one token: opened as needed up to the token's limit, each lent to one user at a time, in the order of
 * asking. The anchor is opened first and stays, for a login lives as long as any session does; it is lent last.
 */
export class SessionPool {
  readonly #driver: SessionDriver;
  readonly #idleTime: number;
  readonly #entries = new Set<Entry>();
  /** Ordinary sessions nobody uses; the last one is used next, so that the first grow old and are closed. */
  readonly #idle: Entry[] = [];
  readonly #waiters = new Set<PoolWaiter>();
  readonly #observers = new Set<() => void>();
  #anchor: Entry | undefined;
  #anchorState: 'absent' | 'opening' | 'idle' | 'busy' = 'absent';
  #limit: number;
  #opening = 0;
  #busy = 0;
  #readWriteOnly = false;
  #suspended = 0;
  #closing: Promise<void> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(driver: SessionDriver, options: PoolOptions) {
    this.#driver = driver;
    this.#limit = Math.max(1, Math.min(MOST_SESSIONS, options.limit));
    this.#idleTime = options.idleTime ?? IDLE_TIME;
  }

  /** Most sessions at once, as far as it is known by now. */
  get limit(): number {
    return this.#limit;
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
    return this.#leaseNow(options) ?? this.#leaseLater(options);
  }

  /** Lends a session to `work` and takes it back. `work` gets the options with what is left of their time limit. */
  async use<T>(options: UseOptions, work: (lease: Lease, options: CallOptions) => Promise<T>): Promise<T> {
    const started = options.timeLimit === undefined ? 0 : performance.now();
    const lease = this.#leaseNow(options) ?? (await this.#leaseLater(options));
    try {
      const result = await work(lease, remaining(options, started));
      lease.release();
      return result;
    } catch (error) {
      lease.release(error);
      // Closing the pool takes the sessions away from under running work: then that is what happened, whatever the engine said.
      if (this.#closing !== undefined && !isInterruption(error, options.signal)) throw closed(error);
      if (options.repeatable !== true || meaningOf(error) !== 'session-lost') throw error;
    }
    return this.use({ ...options, ...remaining(options, started), fresh: true, repeatable: false }, work);
  }

  /** The ordinary case: a session is idle and nobody was here before. */
  #leaseNow(options: LeaseOptions): Lease | undefined {
    this.#assertOpen();
    throwIfAborted(options.signal);
    if (this.#waiters.size > 0 || this.#suspended > 0 || options.anchor === true) return undefined;
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
  async anchor(options: CallOptions = {}): Promise<bigint> {
    this.#assertOpen();
    return this.#anchor?.id ?? this.use({ ...options, anchor: true }, async (lease) => lease.id);
  }

  /** Runs `work` while no session of ours is open, as C_InitToken asks. Who wants one meanwhile waits. */
  async withoutSessions<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    this.#suspended++;
    try {
      await this.#until(() => this.#opening === 0 && this.#busy === 0);
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
    await this.#until(() => this.#opening === 0 && [...this.#entries].every((entry) => entry.readWrite));
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
    clearTimeout(this.#idleTimer);
    // The first statement of an async function runs before `#closing` is set; what wakes up below must see it.
    await Promise.resolve();
    for (const waiter of [...this.#waiters]) waiter.reject(closed());
    await this.#until(() => this.#opening === 0);
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
    for (const observe of this.#observers) observe();
    if (this.#suspended > 0 || this.#closing !== undefined) return;
    for (const waiter of this.#waiters) {
      if (waiter.served) continue;
      if (this.#anchorState === 'absent' && this.#hasRoom()) void this.#open(waiter, { anchor: true });
      if (this.#anchor === undefined) return;
      if (this.#anchorState === 'busy' && this.#idle.length === 0 && !this.#hasRoom()) return;
      if (waiter.request.anchor !== true) this.#serveOrdinary(waiter);
      else if (this.#anchorState === 'idle') this.#lendTo(waiter, this.#anchor);
    }
  }

  #serveOrdinary(waiter: PoolWaiter): void {
    const fit = this.#fitting(waiter.request);
    if (fit !== undefined) this.#lendTo(waiter, fit);
    else if (this.#hasRoom()) void this.#open(waiter, {});
    else if (this.#idle.length > 0) void this.#open(waiter, { instead: this.#idle[0]! });
    // The anchor last: who makes session objects can take no other.
    else if (this.#anchorState === 'idle') this.#lendTo(waiter, this.#anchor!);
  }

  /** An idle session that will do. */
  #fitting({ readWrite = false, fresh = false }: LeaseOptions): Entry | undefined {
    return fresh ? undefined : this.#idle.findLast((entry) => entry.readWrite || !readWrite);
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
      const entry = { ...(await this.#driver.open(readWrite, anchor)), idleSince: 0 };
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
    const idle = this.#anchorState === 'absent' ? this.#idle.shift() : undefined;
    if (idle !== undefined) this.#rest(idle);
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
    if (entry === this.#anchor) {
      this.#anchorState = 'idle';
      return;
    }
    entry.idleSince = performance.now();
    this.#idle.push(entry);
    this.#watchIdle();
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
    else if (entry === this.#idle.at(-1)) this.#idle.pop();
    else if (this.#idle.includes(entry)) this.#idle.splice(this.#idle.indexOf(entry), 1);
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

  async #until(quiet: () => boolean): Promise<void> {
    const release = keepAlive();
    while (!quiet()) await new Promise<void>((resolve) => this.#observeOnce(resolve));
    release();
  }

  #observeOnce(resolve: () => void): void {
    const observe = (): void => {
      this.#observers.delete(observe);
      resolve();
    };
    this.#observers.add(observe);
  }

  #watchIdle(): void {
    if (this.#idleTimer !== undefined || this.#closing !== undefined) return;
    // The timer must not be what keeps a forgotten module from being collected.
    this.#idleTimer = setTimeout(SessionPool.#timeOver, this.#idleTime, new WeakRef(this));
    this.#idleTimer.unref();
  }

  static #timeOver(this: void, pool: WeakRef<SessionPool>): void {
    const still = pool.deref();
    if (still !== undefined) still.#endIdle();
  }

  #endIdle(): void {
    this.#idleTimer = undefined;
    const before = performance.now() - this.#idleTime;
    for (const entry of [...this.#idle]) if (entry.idleSince <= before) void this.#end(entry);
    if (this.#idle.length > 0) this.#watchIdle();
  }
}

function closed(cause?: unknown): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed', cause === undefined ? undefined : { cause });
}
