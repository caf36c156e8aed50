import type { CryptokiObject } from './object';
import type { ObjectReading } from './object-reading';

/**
 * The objects that a search finds, one after the other: for `for await`, or all of them with `toArray`. The search begins when the first is asked for, and they
 * are read ahead; the consumer may take its time, or leave.
 *
 * @example
 * for await (const key of token.privateKeys()) console.log(key.label);
 */
export class FoundObjects<Kind extends CryptokiObject> implements AsyncGenerator<Kind, void, undefined> {
  #begin: (() => ObjectReading | undefined) | undefined;
  #reading: ObjectReading | undefined;
  /** What has been asked for and not answered yet: one after the other. */
  #queue: Promise<void> | undefined;

  /** @internal `begin` checks the arguments; it answers nothing where nothing can match. */
  constructor(begin: () => ObjectReading | undefined) {
    this.#begin = begin;
  }

  /**
   * The next object.
   *
   * @example
   * const { value: first } = await token.objects({ label: 'signer' }).next();
   */
  next(): Promise<IteratorResult<Kind, void>> {
    if (this.#queue === undefined) {
      const object = this.#reading?.take();
      if (object !== undefined) return Promise.resolve({ value: object as Kind, done: false });
      if (this.#reading === undefined && this.#begin === undefined) return Promise.resolve(END);
    }
    return this.#inTurn(() => this.#step());
  }

  /**
   * All that are left, in one array.
   *
   * @example
   * const keys = await token.privateKeys({}, { only: ['label', 'id'] }).toArray();
   */
  toArray(): Promise<Kind[]> {
    return this.#inTurn(async () => {
      const all: Kind[] = [];
      for (;;) {
        const next = await this.#step();
        if (next.done === true) return all;
        all.push(next.value);
        for (let object = this.#reading?.take(); object !== undefined; object = this.#reading?.take()) all.push(object as Kind);
      }
    });
  }

  /**
   * Ends the search, as leaving a `for await` does.
   *
   * @example
   * const found = token.objects();
   * const { value: first } = await found.next();
   * await found.return();
   */
  return(): Promise<IteratorResult<Kind, void>> {
    return this.#inTurn(async () => this.#end());
  }

  /**
   * Ends the search, and rejects with `error`.
   *
   * @example
   * await token.objects().throw(new Error('enough')).catch((error: Error) => console.log(error.message));
   */
  throw(error: unknown): Promise<IteratorResult<Kind, void>> {
    return this.#inTurn(async () => {
      this.#end();
      throw error;
    });
  }

  /** Itself: for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** `return`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #end(): IteratorResult<Kind, void> {
    this.#reading?.end();
    this.#reading = this.#begin = undefined;
    return END;
  }

  async #step(): Promise<IteratorResult<Kind, void>> {
    const begin = this.#begin;
    this.#begin = undefined;
    try {
      if (begin !== undefined) this.#reading = begin();
      const value = await this.#reading?.next();
      return value === undefined ? this.#end() : { value: value as Kind, done: false };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue === undefined ? work() : this.#queue.then(work);
    const settled: Promise<void> = result.then(
      () => this.#leave(settled),
      () => this.#leave(settled),
    );
    this.#queue = settled;
    return result;
  }

  #leave(settled: Promise<void>): void {
    if (this.#queue === settled) this.#queue = undefined;
  }
}

const END: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });
