import { BulkError } from './bulk-error';
import { STATUS } from '../wire/batch';
import { Slab, type Page } from './slab';
import type { Cause } from './bulk';
import type { Collection } from './results';
import type { Outlet } from './work';

/** The results of many inputs, left where they are. */
export class SlabResults implements Outlet<Uint8Array>, Collection<Slab<Uint8Array | Error>> {
  readonly #pages: Page[] = [];
  readonly #others = new Map<number, Uint8Array | Error>();
  /** One behind the last result. */
  #end = 0;
  #first = Infinity;

  adopt(page: Page): void {
    this.#pages.push(page);
    this.#end = Math.max(this.#end, page.first + page.lengths.length);
  }

  put(number: number, result: Uint8Array | Error): void {
    this.#others.set(number, result);
    if (number >= this.#end) this.#end = number + 1;
  }

  fail(number: number, error: unknown): void {
    this.put(number, error instanceof Error ? error : new Error(String(error)));
    this.#first = Math.min(this.#first, number);
  }

  all(taken: number, cause: Cause | undefined): Slab<Uint8Array | Error> {
    const left = cause?.error instanceof Error ? cause.error : undefined;
    const end = Math.max(taken, this.#end);
    if (left !== undefined) for (const number of this.#missing(end)) this.#others.set(number, left);
    return this.#slab(end);
  }

  complete(taken: number, cause: Cause | undefined): Slab<Uint8Array | Error> {
    const slab = this.#slab(Math.max(taken, this.#end));
    if (cause === undefined && this.#first === Infinity) return slab;
    if (cause !== undefined && this.#isEmpty()) throw cause.error;
    const missing = cause === undefined ? Infinity : (this.#missing(this.#end).next().value ?? this.#end);
    const index = Math.min(this.#first, missing);
    throw new BulkError(index, this.#others.get(index) ?? cause?.error, slab.toArray());
  }

  #slab(length: number): Slab<Uint8Array | Error> {
    return new Slab<Uint8Array | Error>(length, this.#pages, this.#others);
  }

  /** Nothing has been done. */
  #isEmpty(): boolean {
    return this.#others.size === 0 && this.#pages.every(({ lengths }) => lengths.every((length) => length >= STATUS.LONGER));
  }

  /** The inputs before `end` of which nothing has come. */
  *#missing(end: number): Generator<number, undefined, undefined> {
    const slab = this.#slab(end);
    for (let number = 0; number < end; number++) if (slab.at(number) === undefined) yield number;
    return undefined;
  }
}

/** A slab of results that came in an array. */
export function slabOf(results: readonly (Uint8Array | Error)[]): Slab<Uint8Array | Error> {
  return new Slab<Uint8Array | Error>(results.length, [], new Map(results.entries()));
}
