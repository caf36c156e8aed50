// Figures for those who watch a token: how many sessions, how many calls, how long they take.

import { CALL, CALL_NAMES } from './generated/calls';
import type { ObservedToken } from './diagnostics';
import type { PoolStats } from './lease';

/** The calls of one function of the library since the token was opened. */
export interface CallStats {
  /** Calls that have ended, in whatever way. */
  readonly count: number;
  /** Those that did not answer CKR_OK. */
  readonly failed: number;
  /** Milliseconds of all of them together, with the waiting for a session. */
  readonly total: number;
  /** `buckets[n]` counts those that took at least 2 ** (n - 1) and less than 2 ** n microseconds; `buckets[0]` those of less than one. As long as is needed. */
  readonly buckets: readonly number[];
}

/** The sessions of a token. */
export interface SessionStats extends PoolStats {}

/** Figures of a token in this process, from its first use on. */
export interface TokenStats {
  /** Those of the pool. */
  readonly sessions: SessionStats;
  /** How often the token or its login was lost and brought back. */
  readonly recoveries: number;
  /** Calls that failed for something that was mended: those that may be repeated were made once more. */
  readonly retries: number;
  /**
   * By function of the standard. A signature is one call, to be found under `C_Sign`, although it takes two functions; `batch` is one of many inputs. What needs no
   * session, such as `token.info()`, is among them too.
   */
  readonly calls: Readonly<Record<string, CallStats>>;
}

/** The functions that an engine's recipe ends with; what the engine does for itself is not counted. */
const RECIPES: Readonly<Record<number, string>> = {
  [CALL.SignOnce]: 'C_Sign',
  [CALL.VerifyOnce]: 'C_Verify',
  [CALL.EncryptOnce]: 'C_Encrypt',
  [CALL.DecryptOnce]: 'C_Decrypt',
  [CALL.DigestOnce]: 'C_Digest',
  [CALL.SignRecoverOnce]: 'C_SignRecover',
  [CALL.VerifyRecoverOnce]: 'C_VerifyRecover',
  [CALL.Find]: 'C_FindObjects',
  [CALL.ReadAttributes]: 'C_GetAttributeValue',
  [CALL.Batch]: 'batch',
};

const NAMES: readonly (string | undefined)[] = Array.from(
  { length: Math.max(...Object.values(CALL)) + 1 },
  (_, call) => CALL_NAMES[call] ?? RECIPES[call],
);

/** The name under which a call is counted; undefined where it is not. */
export const countedName = (call: number): string | undefined => NAMES[call];

/** Less than 2 ** 32 microseconds, more than an hour. */
const BUCKETS = 33;

/** Durations, each in the bucket of its power of two. */
export class Histogram {
  readonly #buckets = new Array<number>(BUCKETS).fill(0);
  #failed = 0;
  #total = 0;

  note(milliseconds: number, ok: boolean): void {
    const microseconds = milliseconds * 1000;
    const bucket = microseconds < 0xffff_ffff ? 32 - Math.clz32(microseconds) : BUCKETS - 1;
    this.#buckets[bucket]!++;
    this.#total += milliseconds;
    if (!ok) this.#failed++;
  }

  stats(): CallStats {
    const last = this.#buckets.findLastIndex((count) => count > 0);
    const count = this.#buckets.reduce((sum, some) => sum + some, 0);
    return { count, failed: this.#failed, total: this.#total, buckets: this.#buckets.slice(0, last + 1) };
  }
}

/** Counts the calls of one token, or of a module where they are for none. */
export class CallMeter {
  /** Which token, by its present names. */
  token: ObservedToken | undefined;
  readonly #histograms: (Histogram | undefined)[] = new Array<Histogram | undefined>(NAMES.length).fill(undefined);

  constructor(token: ObservedToken | undefined) {
    this.token = token;
  }

  note(call: number, milliseconds: number, ok: boolean): void {
    const histogram = this.#histograms[call];
    if (histogram !== undefined) histogram.note(milliseconds, ok);
    else if (countedName(call) !== undefined) (this.#histograms[call] = new Histogram()).note(milliseconds, ok);
  }

  stats(): Record<string, CallStats> {
    const stats: Record<string, CallStats> = {};
    for (const [call, histogram] of this.#histograms.entries()) {
      if (histogram === undefined) continue;
      const name = NAMES[call]!;
      stats[name] = stats[name] === undefined ? histogram.stats() : sum(stats[name], histogram.stats());
    }
    return stats;
  }
}

/** One function by itself, and as part of a recipe. */
function sum(one: CallStats, other: CallStats): CallStats {
  const [longer, shorter] = one.buckets.length >= other.buckets.length ? [one.buckets, other.buckets] : [other.buckets, one.buckets];
  return {
    count: one.count + other.count,
    failed: one.failed + other.failed,
    total: one.total + other.total,
    buckets: longer.map((count, index) => count + (shorter[index] ?? 0)),
  };
}
