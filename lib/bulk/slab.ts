import { integer } from '../arguments';

/** Where a result lies: in which of the pages, where in it, and how long it is. */
export interface Places {
  readonly pages: readonly Uint8Array[];
  /** 1 is the first page; 0 is none: the result is among the others. */
  readonly page: Uint32Array;
  readonly start: Uint32Array;
  readonly length: Uint32Array;
}

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
  readonly #places: Places;
  readonly #others: ReadonlyMap<number, Result>;

  /** Not for callers: slabs come from `signMany` and its kind. */
  constructor(length: number, places: Places, others: ReadonlyMap<number, Result>) {
    this.length = length;
    this.#places = places;
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
    const { pages, page, start, length } = this.#places;
    const at = page[number] ?? 0;
    if (at === 0) return this.#others.get(number);
    const bytes = pages[at - 1]!;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start[number]!, length[number]) as Result;
  }
}
