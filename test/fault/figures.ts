// What a run under fault comes to: a row of the table in docs/reliability.md.

import type { Outcome } from './workload';

/** A fault that was made, and when the world was well again: at once, or after an outage. In milliseconds of performance.now(). */
export interface Fault {
  readonly at: number;
  readonly over: number;
}

export interface Row {
  readonly scenario: string;
  readonly signs: number;
  readonly faults: number;
  readonly right: number;
  /** Attempts beyond one for each signature; undefined where nobody counts them. */
  readonly retries: number | undefined;
  readonly recoveries: number | undefined;
  /** Milliseconds without a signature because of each fault. */
  readonly pauses: readonly number[];
  readonly seconds: number;
  /** In which everything had to be there; of a row of many runs, each of them. */
  readonly allowed: number;
  /** PINs that the token refused. */
  readonly wastedTries: number | undefined;
  /** What is not as it should be; empty: all is. */
  readonly findings: readonly string[];
  /** What a token cannot survive by its own fault, and what came instead. */
  readonly note?: string;
}

/**
 * How long no signature came because of each fault. After an outage: from its end to the first signature. After a fault of a moment:
 * the longest gap between two signatures until the next fault, for calls that had begun before still come in.
 */
export function pausesOf(faults: readonly Fault[], arrivals: Float64Array): number[] {
  return faults.flatMap(({ at, over }, index) => {
    const end = faults[index + 1]?.at ?? Infinity;
    const from = over > at ? over : at;
    let last = from;
    let longest = 0;
    let any = false;
    for (const arrival of arrivals) {
      if (arrival < from || arrival > end) continue;
      any = true;
      longest = Math.max(longest, arrival - last);
      last = arrival;
      if (over > at) break;
    }
    return any ? [longest] : [];
  });
}

/** Such as 'CKR_DEVICE_REMOVED × 3'. */
export const refusalsOf = ({ refusals }: Outcome): string => [...refusals].map(([code, count]) => `${code} × ${count}`).join(', ');

/** What is wrong with an outcome as its caller sees it; `allowed`: milliseconds in which everything had to be there. */
export function findingsOf(outcome: Outcome, allowed: number): string[] {
  const { signs, right, wrong, missing, doubled, milliseconds } = outcome;
  const findings: string[] = [];
  if (milliseconds > allowed) findings.push(`took ${(milliseconds / 1000).toFixed(1)} s of ${allowed / 1000} s`);
  if (wrong > 0) findings.push(`${wrong} wrong`);
  if (doubled > 0) findings.push(`${doubled} doubled`);
  if (missing > 0) findings.push(`${missing} missing (${refusalsOf(outcome)})`);
  if (findings.length === 0 && right !== signs) findings.push(`${right} of ${signs} right`);
  return findings;
}
