import { watch, type CallOptions } from './options';
import { keepAlive } from './waiter';

/** For those who wait until something has come about that several things can bring about. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed: everybody who waits looks again. */
  notify(): void {
    for (const look of this.#waiting) look();
  }

  /** Rejects where signal or time limit come first. */
  async until(reached: () => boolean, options?: CallOptions): Promise<void> {
    let end: { readonly reason: unknown } | undefined;
    const unwatch = watch(options, (reason) => {
      end = { reason };
      this.notify();
    });
    const release = keepAlive();
    try {
      while (!reached()) {
        if (end !== undefined) throw end.reason;
        await new Promise<void>((resolve) => this.#next(resolve));
      }
    } finally {
      release();
      unwatch?.();
    }
  }

  #next(resolve: () => void): void {
    const look = (): void => {
      this.#waiting.delete(look);
      resolve();
    };
    this.#waiting.add(look);
  }
}
