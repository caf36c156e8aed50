import { CrewCall, type Build, type CrewCallOptions, type Desk, type Job } from './crew-call';
import { CryptokiError } from './errors';
import { throwIfAborted, timeLimitOf, type CallOptions } from './options';
import { recoveredError, REPLACE_SESSIONS, type Mending } from './recovery';
import { Roster } from './roster';
import { isInterruption, remaining } from './waiter';
import type { Lease, LeaseOptions, PoolOptions, PoolStats, SessionDriver, UseOptions } from './lease';
import type { Decode } from './wire/pending-call';
import type { ReplyReader } from './wire/reader';

export { MOST_SESSIONS } from './holdings';
export type { Build, CrewCallOptions, Job } from './crew-call';
export type { Lease, LeaseOptions, PoolOptions, PoolStats, SessionDriver, UseOptions } from './lease';

/**
 * The sessions of one token. Calls in one crossing are queued for all of them together, in the engine: `call`. Who needs a session for itself gets one lent, in
 * turn with the calls: `use`. The anchor is opened first and stays, for a login lives as long as any session does; it is lent last.
 */
export class SessionPool {
  readonly #roster: Roster;
  readonly #recovery: Mending;
  readonly #desk: Desk;
  #closing: Promise<void> | undefined;

  constructor(driver: SessionDriver, options: PoolOptions) {
    this.#recovery = options.recovery ?? REPLACE_SESSIONS;
    this.#roster = new Roster(driver, options, this.#recovery);
    this.#desk = this.#makeDesk(driver);
  }

  /** The engine's number for all sessions together, in the place of that of one. */
  get crew(): bigint {
    return this.#roster.members.id;
  }

  /** Most sessions at once, as far as it is known by now. */
  get limit(): number {
    return this.#roster.holdings.limit;
  }

  /** Sessions open now, lent or idle, the anchor included. */
  get size(): number {
    return this.#roster.holdings.size;
  }

  /** Who sees to it that a lost token is found again. */
  get recovery(): Mending {
    return this.#recovery;
  }

  /** How many wait for a session of their own. */
  get waiting(): number {
    return this.#roster.lending.waiting;
  }

  stats(): PoolStats {
    return this.#roster.stats();
  }

  /**
   * Makes a call in whichever session is free next, and answers what `decode` reads out of the reply, or a reader. `build` is asked for the request, and asked
   * again where the call has to be repeated.
   */
  call(build: Build, options?: CrewCallOptions): Promise<ReplyReader>;
  call<T>(build: Build, options: CrewCallOptions, decode: Decode<T>): Promise<T>;
  call<T>(build: Build, options: CrewCallOptions = NONE, decode?: Decode<T>): Promise<T> {
    return this.run({ build }, options, decode as Decode<T>);
  }

  /** As `call`, for a call that is told when it is over. */
  run<T>(job: Job, options: CrewCallOptions, decode: Decode<T>): Promise<T> {
    const call = new CrewCall<T>(this.#desk, job, decode, options);
    call.begin();
    return call.promise;
  }

  #makeDesk(driver: SessionDriver): Desk {
    const roster = this.#roster;
    const recovery = this.#recovery;
    return {
      port: driver.crews,
      get crew() {
        return roster.members.id;
      },
      get generation() {
        return recovery.generation;
      },
      get admits() {
        return recovery.ready && roster.admits;
      },
      get flushed() {
        return roster.flushed;
      },
      admission: (options) => this.#admission(options),
      queued: () => roster.queued(),
      answered: (crew) => roster.answered(crew),
      goesOn: (session) => roster.returns.goesOn(session),
      met: (session, error) => roster.returns.met(session, error),
      writeOff: (session) => roster.returns.writeOff(session),
      closedBy: (error) => (this.#closing === undefined ? undefined : closed(error)),
      mend: (error, generation, options) => recovery.mend(error, generation, options),
      fresh: (job, decode, options) => this.#fresh(driver, job, decode, options),
    };
  }

  async #admission(options: CrewCallOptions): Promise<void> {
    for (;;) {
      this.#assertOpen();
      if (!this.#recovery.ready && options.mending !== true) await this.#recovery.wait(options);
      else if (!this.#roster.admits) await this.#roster.admission(options);
      else return;
    }
  }

  #fresh<T>(driver: SessionDriver, job: Job, decode: Decode<T> | undefined, options: CrewCallOptions): Promise<T> {
    return this.use({ ...options, fresh: true, again: true }, async (lease, left) =>
      driver.crews.send(await job.build(lease.id, left), { ...left, accept: options.accept }, decode),
    );
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
      if (!this.#recovery.ready && options.mending !== true) await this.#recovery.wait(remaining(options, started));
      const { generation } = this.#recovery;
      try {
        return await this.#roster.lending.wait({ ...options, ...remaining(options, started) });
      } catch (error) {
        if (this.#roster.worldLost(error)) continue;
        if (again || options.mending === true || this.#closing !== undefined || isInterruption(error, options.signal)) throw error;
        if (!(await this.#recovery.mend(error, generation, remaining(options, started)))) throw error;
        again = true;
      }
    }
  }

  /** The ordinary case: a session is idle and nobody was here before. */
  #leaseNow(options: LeaseOptions): Lease | undefined {
    this.#assertOpen();
    throwIfAborted(options.signal);
    return this.#recovery.ready ? this.#roster.lending.lendNow(options) : undefined;
  }

  /** The anchor's session id, opening it when needed. Calls about the login go there and need no lease. */
  async anchor(options: CallOptions & { mending?: boolean } = {}): Promise<bigint> {
    this.#assertOpen();
    return this.#roster.anchor?.id ?? this.use({ ...options, anchor: true }, async (lease) => lease.id);
  }

  /**
   * Sees to it that there are sessions for a batch: resolves when there is one, and goes on opening up to `wanted`, as far as the token stands them. They stay
   * until the function is called that it answers.
   */
  async staff(wanted: number, options: CallOptions & { mending?: boolean } = {}): Promise<() => void> {
    const started = timeLimitOf(options) === undefined ? 0 : performance.now();
    for (;;) {
      await this.#admission({ ...options, ...remaining(options, started) });
      try {
        return await this.#roster.staff(wanted, remaining(options, started));
      } catch (error) {
        if (!this.#roster.worldLost(error)) throw error;
      }
    }
  }

  /** A session has met this in a batch: decides what becomes of it. */
  met(session: bigint, error: Error): void {
    this.#roster.returns.met(session, error);
  }

  /** The sessions whose present item of the batch with this ticket takes longer than so many milliseconds. */
  stuck(milliseconds: number, ticket: number): bigint[] {
    return this.#roster.members.stuck(milliseconds, ticket);
  }

  /** What runs in the session is waited for no longer; another one takes its place. */
  writeOff(session: bigint): void {
    this.#roster.returns.writeOff(session);
  }

  /** A call in this session was given up, and is over when this promise is settled: to close the session would wait for it. */
  hangs(session: bigint, over: Promise<unknown>): void {
    void this.#roster.returns.hangs(session, over);
  }

  /** Every session is presumed to be dead: who waits for one waits for the recovery. What still runs in them is not waited for. */
  reset(options: CallOptions = {}): Promise<void> {
    return this.#roster.reset(options);
  }

  /** Runs `work` while no session of ours is open, as C_InitToken asks. Who wants one meanwhile waits. */
  async withoutSessions<T>(work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    this.#assertOpen();
    return this.#roster.withoutSessions(options, async () => {
      this.#assertOpen();
      return work();
    });
  }

  /** While the security officer is logged in no read-only session may exist (PKCS #11 v3.2, section 5.6.8, C_Login). */
  async forbidReadOnly(options: CallOptions = {}): Promise<void> {
    this.#assertOpen();
    await this.#roster.forbidReadOnly(options);
  }

  allowReadOnly(): void {
    this.#roster.allowReadOnly();
  }

  /** Closes what is idle, to make room for a session outside the pool. Answers whether there was any. */
  async trim(): Promise<boolean> {
    const roster = this.#roster;
    const endings: Promise<void>[] = [];
    for (let idle = roster.members.take(roster.holdings.isOrdinary); idle !== undefined; idle = roster.members.take(roster.holdings.isOrdinary))
      endings.push(roster.end(idle));
    await Promise.all(endings);
    return endings.length > 0;
  }

  /** Refuses those who wait, and closes every session after the calls that run in it. Twice is fine. */
  close(): Promise<void> {
    return (this.#closing ??= this.#roster.close(closed));
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }
}

const NONE: CrewCallOptions = Object.freeze({});

function closed(cause?: unknown): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed', cause === undefined ? undefined : { cause });
}
