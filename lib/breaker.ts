import { BackOff } from './back-off';
import { CryptokiError } from './errors';

const LONGEST = 60_000;

interface Trip {
  readonly since: Date;
  readonly until: number;
  readonly cause: unknown;
}

/**
 * Keeps callers from what has just failed as a whole: they are told at once, and not each after a time limit of its own. After a pause, which grows from failure
 * to failure, one may try again.
 */
export class Breaker {
  readonly #pauses: BackOff;
  #trip: Trip | undefined;

  /** `coolDown`: milliseconds of the first pause. */
  constructor(coolDown: number) {
    this.#pauses = new BackOff(coolDown, Math.max(coolDown, LONGEST));
  }

  get tripped(): boolean {
    return this.#trip !== undefined;
  }

  /** Whether the pause is over. */
  get mayTry(): boolean {
    return this.#trip === undefined || performance.now() >= this.#trip.until;
  }

  trip(cause: unknown): void {
    this.#trip = { since: this.#trip?.since ?? new Date(), until: performance.now() + this.#pauses.pause(), cause };
  }

  mend(): void {
    this.#trip = undefined;
    this.#pauses.reset();
  }

  /** What callers are told meanwhile. */
  error(token: string): CryptokiError {
    const { since, until, cause } = this.#trip!;
    const left = Math.max(0, Math.ceil(until - performance.now()));
    const message = `The token "${token}" was lost and could not be recovered, since ${since.toISOString()}. It is tried again ${left === 0 ? 'with the next call' : `in ${left} ms`}`;
    return new CryptokiError('ERR_CRYPTOKI_UNAVAILABLE', message, { cause });
  }
}
