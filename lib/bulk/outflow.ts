// The results of a stream on their way to the one who takes them.

import { BulkError } from './bulk-error';
import type { Cause } from './bulk';
import type { Outlet } from './work';

/** A result and the number of its input. */
export interface Numbered<Result> {
  readonly number: number;
  readonly result: Result | Error;
}

export class Outflow<Result> implements Outlet<Result> {
  readonly #ordered: boolean;
  readonly #returns: boolean;
  /** Ordered: the results in places by their number; there are never more on their way than places. */
  readonly #places: (Result | Error | undefined)[];
  #next = 0;
  /** As they finish. */
  #queue: Numbered<Result>[] = [];
  #taken = 0;
  #failure: { readonly index: number; readonly error: unknown } | undefined;
  #ended = false;
  #cause: Cause | undefined;
  #thrown: Cause | undefined;
  #notify: (() => void) | undefined;

  constructor(ordered: boolean, returns: boolean, most: number) {
    this.#ordered = ordered;
    this.#returns = returns;
    this.#places = ordered ? new Array<Result | Error | undefined>(most).fill(undefined) : [];
  }

  put(number: number, result: Result | Error): void {
    if (this.#ordered) this.#places[number % this.#places.length] = result;
    else this.#queue.push({ number, result });
    this.#wake();
  }

  fail(number: number, error: unknown): void {
    if (this.#returns) return this.put(number, error instanceof Error ? error : new Error(String(error)));
    if (this.#failure === undefined || number < this.#failure.index) this.#failure = { index: number, error };
  }

  /** Nothing more will come; `cause` where something is missing. */
  end(cause: Cause | undefined): void {
    this.#cause = cause;
    this.#ended = true;
    this.#wake();
  }

  /** The taker is to throw this, whatever else there is. */
  throw(error: unknown): void {
    this.#thrown = { error };
    this.#ended = true;
    this.#wake();
  }

  /** The next result, or undefined at the end; waits for it. Throws when the work has failed and all results before that have been taken. */
  async next(): Promise<Numbered<Result> | undefined> {
    for (;;) {
      if (this.#thrown !== undefined) throw this.#thrown.error;
      const one = this.ready();
      if (one !== undefined) return one;
      if (this.#ended) break;
      await new Promise<void>((resolve) => (this.#notify = resolve));
    }
    if (this.#failure !== undefined) throw new BulkError(this.#failure.index, this.#failure.error, []);
    if (this.#cause !== undefined) throw this.#cause.error;
    return undefined;
  }

  /** The next result, where it is there. */
  ready(): Numbered<Result> | undefined {
    if (this.#thrown !== undefined) return undefined;
    if (!this.#ordered) return this.#fromQueue();
    const place = this.#next % this.#places.length;
    const result = this.#places[place];
    if (result === undefined) return undefined;
    this.#places[place] = undefined;
    return { number: this.#next++, result };
  }

  #fromQueue(): Numbered<Result> | undefined {
    if (this.#taken === this.#queue.length) {
      this.#queue = [];
      this.#taken = 0;
      return undefined;
    }
    return this.#queue[this.#taken++];
  }

  #wake(): void {
    this.#notify?.();
    this.#notify = undefined;
  }
}
