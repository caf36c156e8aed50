// The recovery of a token: one at a time, for which everybody waits.

import { integer, plainObject } from './arguments';
import { BackOff } from './back-off';
import { Breaker } from './breaker';
import { CryptokiError, markRecovered } from './errors';
import { isLoginInDoubt, meaningOf, type Meaning } from './recovery-codes';
import { Waiter } from './waiter';
import type { CallOptions } from './options';

/** How long a lost token is looked for. */
export interface RecoveryOptions {
  /** Milliseconds that a recovery may take before it counts as failed. Default: 30,000. */
  readonly timeLimit?: number | undefined;
  /** Milliseconds after a failed recovery in which calls are refused at once; doubles from failure to failure, up to a minute. Default: 1,000. */
  readonly coolDown?: number | undefined;
}

/** The recovery of one token, as its pool sees it. */
export interface Mending {
  /** False while the token is being recovered, or could not be. */
  readonly ready: boolean;
  /** Recoveries so far: what failed in an earlier generation failed in a world that is gone. */
  readonly generation: number;
  /** Until the token is there again. Rejects with ERR_CRYPTOKI_UNAVAILABLE where it could not be recovered, and it is not yet time to try once more. */
  wait(options: CallOptions): Promise<void>;
  /**
   * To be asked when a call has failed that began in `generation`. True: the world is whole, the call may be made once more. False: the error is the call's own.
   * Rejects with ERR_CRYPTOKI_UNAVAILABLE as `wait`.
   */
  mend(error: unknown, generation: number, options: CallOptions): Promise<boolean>;
}

/** For pools without a token to look for: a lost or blocked session is replaced, more is not done. */
export const REPLACE_SESSIONS: Mending = Object.freeze({
  ready: true,
  generation: 0,
  wait: async () => undefined,
  mend: async (error: unknown) => {
    const meaning = meaningOf(error);
    return meaning === 'session-lost' || meaning === 'session-dirty';
  },
});

/** The error of a call that may not be repeated, after `mend` has said that the world is whole. `renewed`: the generation is another one. */
export function recoveredError(error: unknown, renewed: boolean): unknown {
  // A device that was in trouble for one call only was not lost.
  return renewed || meaningOf(error) !== 'device-error' ? markRecovered(error) : error;
}

/** One recovery as it goes on: what it must not do twice it remembers. */
export interface Attempt {
  /** What has failed will fail again: there is no use in another step. */
  readonly hopeless: boolean;
  /** Once through all the steps; rejects where one of them does not succeed yet. */
  step(options: CallOptions): Promise<void>;
  /** The recovery is over, in whatever way. */
  end(): void;
}

/** The token, as its recovery sees it. */
export interface Patient {
  readonly label: string;
  /** Nobody wants it any more. */
  readonly closed: boolean;
  /** Whether sessions are meant to be those of a user. */
  readonly expectsLogin: boolean;
  /** What an error means that means nothing by itself. */
  meaningOf(error: unknown, options: CallOptions): Promise<Meaning | undefined>;
  /** Whether sessions and login are as they should be: undefined. Where only the login is gone, how it is restored. Rejects where more is gone than that. */
  examine(meaning: Meaning | undefined, options: CallOptions): Promise<Attempt | undefined>;
  /** All sessions and handles are gone: begins to bring everything back. */
  begin(meaning: Meaning | undefined): Attempt;
  /** The handles of objects are suspected. */
  forgetHandles(): void;
  /** For those who watch: what has become of it. */
  report(event: RecoveryEvent): void;
}

export type Finding = 'well' | 'mended';

/** Makes a call that needs no session, and once more when it has failed for something that is mended now. */
export async function repeatedOnce<T>(recovery: Mending | undefined, options: CallOptions, call: () => Promise<T>): Promise<T> {
  if (recovery === undefined) return call();
  if (!recovery.ready) await recovery.wait(options);
  const { generation } = recovery;
  try {
    return await call();
  } catch (error) {
    if (!(await recovery.mend(error, generation, options))) throw error;
  }
  return call();
}

/** What is told of recoveries. */
export interface RecoveryEvent {
  readonly state: 'started' | 'finished' | 'failed';
  /** What it was that was lost. */
  readonly meaning: Meaning | undefined;
  /** Milliseconds since it started. */
  readonly duration: number;
  /** Whether it failed, or how it failed before it succeeded. */
  readonly error: unknown;
}

const TIME_LIMIT = 30_000;
const COOL_DOWN = 1000;
const MOST_TIME = 0x7fff_ffff;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
/** A token that takes longer to say how it is, is not well. */
const EXAMINATION = 5000;

/** After these nothing that the library says of the past is to be believed. */
const ALL_IS_LOST: ReadonlySet<Meaning | undefined> = new Set<Meaning | undefined>(['token-lost', 'device-lost', 'library-lost', undefined]);

/** The options of a recovery, checked; undefined where there shall be none. */
export function recoveryOptions(given: unknown): Required<RecoveryOptions> | undefined {
  if (given === false) return undefined;
  const { timeLimit = TIME_LIMIT, coolDown = COOL_DOWN } = given === undefined ? {} : (plainObject(given, 'options.recovery') as RecoveryOptions);
  return {
    timeLimit: integer(timeLimit, 'options.recovery.timeLimit', 1, MOST_TIME) as number,
    coolDown: integer(coolDown, 'options.recovery.coolDown', 1, MOST_TIME) as number,
  };
}

export class Recovery implements Mending {
  readonly #patient: Patient;
  readonly #timeLimit: number;
  readonly #breaker: Breaker;
  readonly #waiters = new Set<Waiter<CallOptions, Finding>>();
  #ready = true;
  #running = false;
  #generation = 0;
  #recoveries = 0;
  #retries = 0;
  #hurry: (() => void) | undefined;
  /** Ends what the recovery waits for. */
  readonly #ending = new AbortController();

  constructor(patient: Patient, options: Required<RecoveryOptions>) {
    this.#patient = patient;
    this.#timeLimit = options.timeLimit;
    this.#breaker = new Breaker(options.coolDown);
  }

  get ready(): boolean {
    return this.#ready;
  }

  get generation(): number {
    return this.#generation;
  }

  /** How many have succeeded. */
  get recoveries(): number {
    return this.#recoveries;
  }

  /** How many calls have failed for something that was mended. */
  get retries(): number {
    return this.#retries;
  }

  async wait(options: CallOptions): Promise<void> {
    while (!this.#ready) await this.#join(undefined, options);
  }

  async mend(error: unknown, generation: number, options: CallOptions): Promise<boolean> {
    const meaning = meaningOf(error) ?? (await this.#patient.meaningOf(error, options));
    if (meaning === undefined || meaning === 'session-limit' || this.#patient.closed) return false;
    if (meaning === 'session-dirty') return true;
    if (!(await this.#mend(meaning, generation, options))) return false;
    // Whether the PIN has been looked at nobody knows: nobody but its owner may say that it is tried again.
    if (isLoginInDoubt(error)) return false;
    this.#retries++;
    return true;
  }

  async #mend(meaning: Meaning, generation: number, options: CallOptions): Promise<boolean> {
    while (generation === this.#generation) {
      const finding = await this.#join(meaning, options);
      if (finding === 'mended') return true;
      // Somebody is logged in, and yet the token has said that nobody is: it is asked once more. Where nobody is meant to be, it is right.
      if (meaning === 'login-lost') return this.#patient.expectsLogin;
      // It was somebody else's question that was answered so.
      if (ALL_IS_LOST.has(meaning)) continue;
      if (meaning === 'handle-stale' && generation === this.#generation) {
        this.#patient.forgetHandles();
        this.#generation++;
      }
      return true;
    }
    await this.wait(options);
    return true;
  }

  /** All that is held of the token is suspected to be gone, whatever it says. */
  suspect(meaning: Meaning): void {
    // What comes of it is for those who use the token.
    if (!this.#running && !this.#breaker.tripped) void this.#run(meaning);
  }

  /** It may be worth a look now: something has come. */
  hurry(): void {
    this.#hurry?.();
  }

  /** Ends the waiting of everybody. */
  close(reason: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.reject(reason);
    this.#ending.abort(reason);
    this.#hurry?.();
  }

  /** Waits for the recovery that runs, or for one that begins now. */
  #join(meaning: Meaning | undefined, options: CallOptions): Promise<Finding> {
    if (!this.#running && !this.#breaker.mayTry) throw this.#breaker.error(this.#patient.label);
    const waiter: Waiter<CallOptions, Finding> = new Waiter(options, () => this.#waiters.delete(waiter));
    this.#waiters.add(waiter);
    if (!this.#running) void this.#run(meaning);
    return waiter.promise;
  }

  async #run(meaning: Meaning | undefined): Promise<void> {
    this.#running = true;
    const started = performance.now();
    try {
      const finding = await this.#recover(meaning, started);
      this.#over((waiter) => waiter.resolve(finding));
    } catch (error) {
      this.#ready = false;
      this.#breaker.trip(error);
      this.#report('failed', meaning, started, error);
      this.#over((waiter) => waiter.reject(this.#breaker.error(this.#patient.label)));
    }
  }

  #over(tell: (waiter: Waiter<CallOptions, Finding>) => void): void {
    this.#running = false;
    for (const waiter of [...this.#waiters]) tell(waiter);
  }

  async #recover(meaning: Meaning | undefined, started: number): Promise<Finding> {
    const lost = ALL_IS_LOST.has(meaning) || this.#breaker.tripped;
    const finding = lost ? 'lost' : await this.#examine(meaning);
    if (finding === 'well') return finding;
    // From here on nobody else uses the token.
    this.#ready = false;
    this.#report('started', meaning, started, undefined);
    const failure = await this.#bringBack(finding === 'lost' ? this.#patient.begin(meaning) : finding, started);
    this.#generation++;
    this.#recoveries++;
    this.#breaker.mend();
    this.#ready = true;
    this.#report('finished', meaning, started, failure);
    return 'mended';
  }

  /** What is to be done, if anything is. */
  async #examine(meaning: Meaning | undefined): Promise<'well' | 'lost' | Attempt> {
    try {
      return (await this.#patient.examine(meaning, { timeLimit: Math.min(EXAMINATION, this.#timeLimit), signal: this.#ending.signal })) ?? 'well';
    } catch {
      return 'lost';
    }
  }

  /** Answers how it failed before it succeeded. */
  async #bringBack(attempt: Attempt, started: number): Promise<unknown> {
    // After a failure one look is enough: callers have been told.
    const looks = this.#breaker.tripped ? 1 : Number.POSITIVE_INFINITY;
    const pauses = new BackOff(FIRST_PAUSE, LONGEST_PAUSE);
    let failure: unknown;
    try {
      for (let look = 1; ; look++) {
        try {
          await attempt.step({ timeLimit: this.#left(started), signal: this.#ending.signal });
          return failure;
        } catch (error) {
          failure = error;
          const pause = pauses.pause();
          if (attempt.hopeless || this.#patient.closed || look >= looks || this.#left(started) <= pause) throw error;
          await this.#pause(pause);
        }
      }
    } finally {
      attempt.end();
    }
  }

  #left(started: number): number {
    return Math.max(1, Math.floor(this.#timeLimit - (performance.now() - started)));
  }

  /** Who waits keeps the process alive; the search by itself does not. */
  async #pause(time: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, time);
      timer.unref();
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
    if (this.#patient.closed) throw new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed');
  }

  #report(state: RecoveryEvent['state'], meaning: Meaning | undefined, started: number, error: unknown): void {
    this.#patient.report({ state, meaning, duration: performance.now() - started, error });
  }
}
