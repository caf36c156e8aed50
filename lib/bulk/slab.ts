import { integer } from '../arguments';
import { STATUS } from '../wire/batch';

/** The length of a result that is not in its page, as every status that is no length. */
export const NOT_HERE: number = STATUS.NOT_BEGUN;

/** Results side by side in memory: those of inputs that follow on each other. */
export interface Page {
  /** The number of the first input. */
  readonly first: number;
  readonly bytes: Uint8Array;
  /** Where in `bytes` the first result is, and how far it is from one to the next. */
  readonly start: number;
  readonly stride: number;
  /** Of each result; STATUS.LONGER and above where it is none of this page. */
  readonly lengths: Uint32Array;
}

const endOf = ({ first, lengths }: Page): number => first + lengths.length;

/**
 * The results of many inputs, side by side in memory as the token gave them. There is an array for a result only when it is asked for: a million of them would keep
 * the garbage collector busier than a fast token is with signing. Each is a view of memory shared by thousands, which stays as long as any of them does.
 *
 * @example
 * const signatures = await key.signMany('sha256', documents, { results: 'slab' });
 * for (const signature of signatures) output.write(signature);
 */
export class Slab<Result = Uint8Array> implements Iterable<Result> {
  /** How many results there are: as many as there were inputs. */
  readonly length: number;
  /** In the order of their inputs. */
  readonly #pages: readonly Page[];
  readonly #others: ReadonlyMap<number, Result>;
  /** The page that was read last: the next result is most likely there, too. */
  #latest: Page | undefined;

  /** Not for callers: slabs come from `signMany` and its kind. */
  constructor(length: number, pages: readonly Page[], others: ReadonlyMap<number, Result>) {
    this.length = length;
    this.#pages = pages.toSorted((a, b) => a.first - b.first);
    this.#others = others;
  }

  /**
   * The result of the input with this number, from 0; undefined where there is none.
   *
   * @example
   * const slab = await key.signMany('sha256', documents, { results: 'slab' });
   * const first = slab.at(0);
   */
  at(index: number): Result | undefined {
    return this.#result(integer(index, 'index'));
  }

  /**
   * All of them in an array.
   *
   * @example
   * const slab = await key.signMany('sha256', documents, { results: 'slab' });
   * const signatures = slab.toArray();
   */
  toArray(): Result[] {
    return [...this];
  }

  /** In the order of the inputs. */
  *[Symbol.iterator](): Generator<Result, void, undefined> {
    for (let number = 0; number < this.length; number++) yield this.#result(number)!;
  }

  #result(number: number): Result | undefined {
    let page = this.#latest;
    if (page === undefined || number < page.first || number >= endOf(page)) this.#latest = page = this.#pageOf(number);
    if (page !== undefined) {
      const item = number - page.first;
      const length = page.lengths[item]!;
      const { bytes, start, stride } = page;
      if (length < STATUS.LONGER) return new Uint8Array(bytes.buffer, bytes.byteOffset + start + item * stride, length) as Result;
    }
    return this.#others.get(number);
  }

  #pageOf(number: number): Page | undefined {
    const pages = this.#pages;
    let low = 0;
    let high = pages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(pages[middle]!) <= number) low = middle + 1;
      else high = middle;
    }
    const page = pages[low];
    return page !== undefined && page.first <= number ? page : undefined;
  }
}
