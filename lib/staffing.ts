// Sessions that bulk work has asked for: how many it keeps, and who waits for the first.

import { Waiter } from './waiter';
import type { CallOptions } from './options';

export class Staffing {
  readonly #waiters = new Set<Waiter<CallOptions, void>>();
  #held = 0;

  /** So many sessions are to stay, or to be opened where there are fewer. */
  get held(): number {
    return this.#held;
  }

  /** Keeps so many more until the function is called. */
  hold(count: number): () => void {
    this.#held += count;
    let holds = true;
    return () => {
      if (holds) this.#held -= count;
      holds = false;
    };
  }

  /** Until there is a session. */
  first(options: CallOptions): Promise<void> {
    const waiter: Waiter<CallOptions, void> = new Waiter(options, () => this.#waiters.delete(waiter));
    this.#waiters.add(waiter);
    return waiter.promise;
  }

  /** There is one. */
  come(): void {
    for (const waiter of [...this.#waiters]) waiter.resolve();
  }

  /** There is none, and this is why. */
  refuse(error: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.reject(error);
  }
}
