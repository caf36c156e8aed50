import { keepAlive } from './waiter';

/** For those who wait until something has come about that several things can bring about. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed: everybody who waits looks again. */
  notify(): void {
    for (const look of this.#waiting) look();
  }

  async until(reached: () => boolean): Promise<void> {
    const release = keepAlive();
    while (!reached()) await new Promise<void>((resolve) => this.#next(resolve));
    release();
  }

  #next(resolve: () => void): void {
    const look = (): void => {
      this.#waiting.delete(look);
      resolve();
    };
    this.#waiting.add(look);
  }
}
