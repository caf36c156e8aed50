import { BulkError } from './bulk-error';
import { Slab } from './slab';
import type { Cause } from './bulk';
import type { Collection } from './results';
import type { Outlet } from './work';

const FIRST = 8192;

/** The results of many inputs, left where they are. */
export class SlabResults implements Outlet<Uint8Array>, Collection<Slab<Uint8Array | Error>> {
  readonly #pages: Uint8Array[] = [];
  readonly #others = new Map<number, Uint8Array | Error>();
  #page: Uint32Array;
  #start: Uint32Array;
  #length: Uint32Array;
  /** One behind the last result. */
  #end = 0;
  #first = Infinity;

  constructor(total: number | undefined) {
    const places = total ?? FIRST;
    this.#page = new Uint32Array(places);
    this.#start = new Uint32Array(places);
    this.#length = new Uint32Array(places);
  }

  place(number: number, reply: Uint8Array, at: number, length: number): void {
    if (this.#pages.at(-1) !== reply) this.#pages.push(reply);
    if (number >= this.#page.length) this.#grow(number + 1);
    this.#page[number] = this.#pages.length;
    this.#start[number] = at;
    this.#length[number] = length;
    if (number >= this.#end) this.#end = number + 1;
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
    if (left !== undefined) for (let number = 0; number < end; number++) if (this.#isMissing(number)) this.#others.set(number, left);
    return this.#slab(end);
  }

  complete(taken: number, cause: Cause | undefined): Slab<Uint8Array | Error> {
    const slab = this.#slab(Math.max(taken, this.#end));
    if (cause === undefined && this.#first === Infinity) return slab;
    if (cause !== undefined && this.#end === 0) throw cause.error;
    const missing = cause === undefined ? Infinity : this.#firstMissing();
    const index = Math.min(this.#first, missing);
    throw new BulkError(index, this.#others.get(index) ?? cause?.error, slab.toArray());
  }

  #slab(length: number): Slab<Uint8Array | Error> {
    if (length > this.#page.length) this.#grow(length);
    return new Slab<Uint8Array | Error>(length, { pages: this.#pages, page: this.#page, start: this.#start, length: this.#length }, this.#others);
  }

  #isMissing(number: number): boolean {
    return (this.#page[number] ?? 0) === 0 && !this.#others.has(number);
  }

  #firstMissing(): number {
    let number = 0;
    while (number < this.#end && !this.#isMissing(number)) number++;
    return number;
  }

  #grow(needed: number): void {
    const places = Math.max(needed, 2 * this.#page.length);
    const grown = (old: Uint32Array): Uint32Array => {
      const array = new Uint32Array(places);
      array.set(old);
      return array;
    };
    this.#page = grown(this.#page);
    this.#start = grown(this.#start);
    this.#length = grown(this.#length);
  }
}

/** A slab of results that came in an array. */
export function slabOf(results: readonly (Uint8Array | Error)[]): Slab<Uint8Array | Error> {
  const slab = new SlabResults(0);
  results.forEach((result, number) => slab.put(number, result));
  return slab.all(results.length, undefined);
}
