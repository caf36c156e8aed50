// Which token of a group a call goes to, and what becomes of it when that token fails.

import { CryptokiError } from '../errors';
import { onAbort } from '../abort';
import { Patience } from '../patience';
import { isOfToken } from './member';
import type { CallOptions } from '../options';
import type { Member } from './member';

/** What is to be done, on whatever token. */
export interface Task<T> {
  readonly options: CallOptions;
  /** It may be done once more, on another token. */
  readonly repeatable: boolean;
  /** How many calls it counts for; the time limit of a member is that of one. */
  readonly weight: number;
  run(member: Member, options: CallOptions): Promise<T>;
}

/** A signal that follows two others. */
function join(one: AbortSignal, other: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const ends = [one, other].map((signal) => onAbort(signal, () => controller.abort(signal.reason)));
  return {
    signal: controller.signal,
    end: () => {
      for (const end of ends) end();
    },
  };
}

/** Counts of a group. */
export interface Counts {
  calls: number;
  failovers: number;
}

export class Balance {
  readonly members: readonly Member[];
  readonly counts: Counts = { calls: 0, failovers: 0 };
  /** Milliseconds that a call may take on one token, while there are others. */
  readonly memberTimeLimit: number | undefined;
  /** Errors that are the token's although they do not look like it. */
  readonly #faults = new WeakSet<object>();
  /** Where the search begins: among equals everybody has a turn. */
  #turn = 0;

  constructor(members: readonly Member[], memberTimeLimit: number | undefined) {
    this.members = members;
    this.memberTimeLimit = memberTimeLimit;
    for (const member of members) member.onLost = () => this.#lost(member);
  }

  /** Notes on an error that it is the fault of the token: it does not have what the others have. */
  fault(error: Error): Error {
    this.#faults.add(error);
    return error;
  }

  isOfToken(error: unknown): boolean {
    return isOfToken(error) || (typeof error === 'object' && error !== null && this.#faults.has(error));
  }

  /** Does it on the token that has least to do; where that fails for a reason of its own, on the next one. */
  async run<T>(task: Task<T>): Promise<T> {
    const patience = new Patience(task.options);
    try {
      this.counts.calls += task.weight;
      return await this.#runWithin(task, patience);
    } finally {
      patience.end();
    }
  }

  async #runWithin<T>(task: Task<T>, patience: Patience): Promise<T> {
    const failed = new Map<Member, unknown>();
    for (;;) {
      const member = this.choose(failed);
      if (member === undefined) throw this.exhausted(failed);
      if (failed.size > 0) this.counts.failovers++;
      try {
        return await this.#attempt(member, task, patience.options, failed);
      } catch (error) {
        if (patience.options.signal?.aborted === true || !this.isOfToken(error)) throw error;
        member.setAside(error);
        if (!task.repeatable) throw error;
        failed.set(member, error);
      }
    }
  }

  /** The token for the next call; undefined where all have failed. Those that were set aside are looked at meanwhile. */
  choose(failed: ReadonlyMap<Member, unknown>): Member | undefined {
    const left = this.members.filter((member) => !failed.has(member) && member.state !== 'closed');
    for (const member of this.members) member.look();
    const ready = left.filter(({ state }) => state === 'ready');
    const usable = ready.length > 0 ? ready : left.filter(({ state }) => state === 'recovering');
    if (usable.length > 0) return this.#leastBusy(usable);
    return left.reduce<Member | undefined>(
      (soonest, member) => (soonest === undefined || member.until < soonest.until ? member : soonest),
      undefined,
    );
  }

  #leastBusy(members: readonly Member[]): Member {
    const start = this.#turn++ % members.length;
    let best = members[start]!;
    for (let step = 1; step < members.length; step++) {
      const member = members[(start + step) % members.length]!;
      if (member.inFlight < best.inFlight || (member.inFlight === best.inFlight && member.latency < best.latency)) best = member;
    }
    return best;
  }

  /** Where a token is in its own recovery, or takes too long, and another one is ready, the call does not wait for it. */
  async #attempt<T>(member: Member, task: Task<T>, { signal }: CallOptions, failed: ReadonlyMap<Member, unknown>): Promise<T> {
    const { weight } = task;
    const another = task.repeatable && this.members.some((other) => other !== member && !failed.has(other) && other.state !== 'closed');
    const limit = another && weight === 1 ? this.memberTimeLimit : undefined;
    const joined = another && signal !== undefined ? join(signal, member.taken) : undefined;
    const started = performance.now();
    member.begin(weight);
    try {
      const result = await task.run(member, { signal: another ? (joined?.signal ?? member.taken) : signal, timeLimit: limit });
      member.answered(weight, weight === 1 ? performance.now() - started : undefined);
      return result;
    } catch (error) {
      if (limit !== undefined && CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT')) {
        throw this.fault(new CryptokiError('ERR_CRYPTOKI_TIMEOUT', `The token ${member.name} took longer than ${limit} ms`, { cause: error }));
      }
      // An error of the call is an answer too.
      if (!this.isOfToken(error)) member.answered(weight, undefined);
      throw error;
    } finally {
      member.end(weight);
      joined?.end();
    }
  }

  #lost(member: Member): void {
    if (!this.members.some((other) => other !== member && other.state === 'ready')) return;
    member.takeAway(this.fault(new CryptokiError('ERR_CRYPTOKI_UNAVAILABLE', `The token ${member.name} was lost, and is being recovered`)));
  }

  /** What is thrown when nobody is left. */
  exhausted(failed: ReadonlyMap<Member, unknown>): unknown {
    const errors = [...failed.values()];
    if (errors.length === 0) return new CryptokiError('ERR_CRYPTOKI_CLOSED', 'All tokens of the group have been closed');
    if (this.members.length === 1) return errors[0];
    const texts = [...failed].map(([member, error]) => `${member.name}: ${error instanceof Error ? error.message : String(error)}`);
    const message = `None of the tokens of the group could do it. ${texts.join('. ')}`;
    return new CryptokiError('ERR_CRYPTOKI_UNAVAILABLE', message, { cause: errors.length === 1 ? errors[0] : new AggregateError(errors, message) });
  }
}
