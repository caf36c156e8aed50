import { BulkError } from './bulk-error';
import type { Cause } from './bulk';
import type { Outlet } from './work';

/** What many results are collected in. */
export interface Collection<All> {
  /** With errors in their places; `cause` in the places of those that were not done. `taken`: how many inputs there were. */
  all(taken: number, cause: Cause | undefined): All;
  /** Only where every single input succeeded. Throws the cause itself where nothing has been done. */
  complete(taken: number, cause: Cause | undefined): All;
}

/** The results of many inputs in an array, in their order. */
export class Results<Result> implements Outlet<Result>, Collection<(Result | Error)[]> {
  readonly #values: (Result | Error | undefined)[];
  #first = Infinity;

  constructor(total: number | undefined) {
    // Room for all: an array that is filled from several places at once would become slow.
    this.#values = total === undefined ? [] : new Array<Result | Error | undefined>(total);
  }

  put(number: number, result: Result): void {
    this.#values[number] = result;
  }

  fail(number: number, error: unknown): void {
    this.#values[number] = error instanceof Error ? error : new Error(String(error));
    this.#first = Math.min(this.#first, number);
  }

  all(taken: number, cause: Cause | undefined): (Result | Error)[] {
    const values = this.#values;
    const left = cause?.error instanceof Error ? cause.error : undefined;
    if (left !== undefined) for (let number = 0; number < Math.max(taken, values.length); number++) values[number] ??= left;
    return values as (Result | Error)[];
  }

  complete(_taken: number, cause: Cause | undefined): Result[] {
    if (cause === undefined && this.#first === Infinity) return this.#values as Result[];
    if (cause !== undefined && this.#values.every((value) => value === undefined)) throw cause.error;
    const index = Math.min(this.#first, cause === undefined ? Infinity : this.#firstMissing());
    const error = this.#values[index];
    throw new BulkError(index, error instanceof Error ? error : cause?.error, this.#values);
  }

  #firstMissing(): number {
    const missing = this.#values.findIndex((value) => value === undefined);
    return missing < 0 ? this.#values.length : missing;
  }
}
