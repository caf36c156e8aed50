import { throwIfAborted, type CallOptions } from './options';
import { remaining, Waiter } from './waiter';

/** One at a time, in the order of coming. Who waits may lose patience. */
export class Turns {
  readonly #waiters = new Set<Waiter<CallOptions, void>>();
  #taken = false;

  /** `work` gets the options with what is left of their time limit. */
  async take<T>(options: CallOptions, work: (left: CallOptions) => Promise<T>): Promise<T> {
    throwIfAborted(options.signal);
    const started = performance.now();
    if (this.#taken) await this.#wait(options);
    this.#taken = true;
    try {
      return await work(remaining(options, started));
    } finally {
      this.#taken = false;
      const [next] = this.#waiters;
      if (next !== undefined) {
        // Taken for the next one before anybody else can come in between.
        this.#taken = true;
        next.resolve();
      }
    }
  }

  #wait(options: CallOptions): Promise<void> {
    const waiter: Waiter<CallOptions, void> = new Waiter(options, () => this.#waiters.delete(waiter));
    this.#waiters.add(waiter);
    return waiter.promise;
  }
}
