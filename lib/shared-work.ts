import { inTime } from './patience';
import type { CallOptions } from './options';

/**
 * Work for all who want what comes of it, each of whom waits as long as he likes. The last one who loses patience takes it along: a call that never returns must
 * not hold those who come later.
 */
export class SharedWork<T> {
  readonly #abandon = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  #settled = false;

  constructor(work: (options: CallOptions) => Promise<T>) {
    this.#result = work({ signal: this.#abandon.signal });
    const settle = (): void => {
      this.#settled = true;
    };
    // Also when nobody waits for it any more.
    this.#result.then(settle, settle);
  }

  /** Nothing will come of it: whoever wants it now has to begin anew. */
  get abandoned(): boolean {
    return this.#abandon.signal.aborted;
  }

  async wait(options: CallOptions): Promise<T> {
    this.#waiting++;
    try {
      return await inTime(this.#result, options);
    } finally {
      if (--this.#waiting === 0 && !this.#settled) this.#abandon.abort();
    }
  }
}
