/** How far bulk work has come. */
export interface BulkProgress {
  /** Inputs that are done. */
  readonly done: number;
  /** Inputs that failed; not among those that are done. */
  readonly failed: number;
  /** How many inputs there are, where that is known. */
  readonly total?: number;
  /** Inputs per second, over the last second or so. */
  readonly perSecond: number;
}

/** Milliseconds between two reports at least. */
const PAUSE = 50;
/** Milliseconds over which the rate is taken. */
const SPAN = 1000;

/** Counts, and tells the caller now and then. */
export class Progress {
  readonly #tell: ((progress: BulkProgress) => void) | undefined;
  readonly #total: () => number | undefined;
  readonly #samples: { readonly at: number; readonly count: number }[];
  #told = 0;
  done = 0;
  failed = 0;

  constructor(tell: ((progress: BulkProgress) => void) | undefined, total: () => number | undefined) {
    this.#tell = tell;
    this.#total = total;
    this.#samples = [{ at: performance.now(), count: 0 }];
  }

  /** Tells, where it is time to. Throws what the caller's function throws. */
  update(): void {
    if (this.#tell !== undefined && performance.now() - this.#told >= PAUSE) this.#report(this.#tell);
  }

  /** The last word. */
  end(): void {
    if (this.#tell !== undefined) this.#report(this.#tell);
  }

  #report(tell: (progress: BulkProgress) => void): void {
    const at = performance.now();
    const count = this.done + this.failed;
    this.#told = at;
    this.#samples.push({ at, count });
    while (this.#samples.length > 2 && this.#samples[1]!.at < at - SPAN) this.#samples.shift();
    const first = this.#samples[0]!;
    const perSecond = Math.round(((count - first.count) * 1000) / Math.max(at - first.at, 0.001));
    const total = this.#total();
    tell({ done: this.done, failed: this.failed, ...(total !== undefined && { total }), perSecond });
  }
}
