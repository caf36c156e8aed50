// How many items go into one batch: enough for the threads never to wait for JavaScript, few enough for progress and changes of mind to come through.

import { MOST_ITEMS } from './window';

/** Milliseconds that one batch is to take. */
const AIM = 50;
/** Items per session at least: a slow item must not leave the others without work. */
const PER_SESSION = 4;
/** From one batch to the next not more than so many times as large: the first were few. */
const GROWTH = 4;

export class Pace {
  readonly #least: number;
  #items: number;
  #last = 0;

  constructor(concurrency: number) {
    this.#least = Math.min(PER_SESSION * concurrency, MOST_ITEMS);
    this.#items = this.#least;
  }

  /** Items for the next batch. */
  get items(): number {
    return this.#items;
  }

  /** A batch that began at that time of performance.now() is back, with so many items done. */
  landed(items: number, began: number): void {
    const now = performance.now();
    // Batches overlap: this one has had the sessions for itself since the one before was back.
    const taken = Math.max(now - Math.max(began, this.#last), 0.01);
    this.#last = now;
    if (items > 0) this.#items = Math.ceil(Math.min(Math.max((items * AIM) / taken, this.#least), this.#items * GROWTH, MOST_ITEMS));
  }
}
