/** Pauses that double, each shortened by chance: those who lost the same token at the same moment shall not all come back at the same moment. */
export class BackOff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  /** Both in milliseconds. */
  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  /** Milliseconds to wait now: between a half and the whole of what it has come to. */
  pause(): number {
    const pause = this.#next;
    this.#next = Math.min(pause * 2, this.#longest);
    return pause * (0.5 + Math.random() / 2);
  }

  /** Begins again with the first. */
  reset(): void {
    this.#next = this.#first;
  }
}
