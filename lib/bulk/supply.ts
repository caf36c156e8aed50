// What the next batch is made of: inputs as they come, and those that must go once more.

import type { Intake } from './intake';
import type { Outlet, Work } from './work';
import type { Window, Windows } from './window';

/** Items `from` to `to` of a window: one batch. */
export interface Portion {
  readonly window: Window;
  readonly from: number;
  readonly to: number;
  /** Room for each output. */
  readonly capacity: number;
}

/** Room for the outputs of one batch. */
const MOST_OUTPUT = 1 << 24;
/** For outputs of which nothing is known. */
const FIRST_CAPACITY = 512;

export class Supply<Result> {
  readonly #work: Work<Result>;
  readonly #windows: Windows;
  readonly #intake: Intake;
  readonly #outlet: Outlet<Result>;
  /** Called when there is something after there was nothing. */
  onReady: (() => void) | undefined;
  /** Windows to come, those that must go once more before the others. */
  readonly #waiting: Window[] = [];
  #window: Window | undefined;
  #from = 0;
  #preparing = false;
  #longest = FIRST_CAPACITY;
  #failure: { readonly error: unknown } | undefined;

  constructor(work: Work<Result>, windows: Windows, intake: Intake, outlet: Outlet<Result>) {
    this.#work = work;
    this.#windows = windows;
    this.#intake = intake;
    this.#outlet = outlet;
    intake.onReady = () => this.onReady?.();
  }

  /** Everything has been taken. */
  get over(): boolean {
    const dry = this.#failure !== undefined || this.#intake.over;
    return dry && this.#window === undefined && this.#waiting.length === 0 && !this.#preparing;
  }

  /** What the source, or the preparing of its inputs, threw. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Inputs are being prepared. */
  get busy(): boolean {
    return this.#preparing;
  }

  /** The next portion, of so many items at most; undefined where there is none now. */
  take(most: number): Portion | undefined {
    const window = this.#current();
    if (window === undefined) return undefined;
    const from = this.#from;
    const { to, capacity } = this.#cut(window, from, Math.min(window.count, from + most));
    this.#from = to;
    if (to === window.count) this.#window = undefined;
    return { window, from, to, capacity };
  }

  /** Packs the next inputs, if need be, while the threads are at the last ones. */
  ahead(): void {
    this.#window ??= this.#next();
  }

  /** An output was that long: the next will find room. */
  learn(length: number): void {
    this.#longest = Math.max(this.#longest, length);
  }

  /** Items that go once more; `failed`: they have been tried in vain. */
  again(window: Window, indexes: readonly number[], failed: boolean): void {
    const windows: Window[] = [];
    let copy: Window | undefined;
    for (const index of indexes) {
      if (copy?.take(window, index) === true) continue;
      copy = this.#windows.open(0);
      copy.failures = window.failures + (failed ? 1 : 0);
      copy.take(window, index);
      windows.push(copy);
    }
    for (const one of windows) one.left = one.count;
    this.#waiting.unshift(...windows);
  }

  /** So many items of a window are done, or go on in another one. */
  release(window: Window, items: number): void {
    window.left -= items;
    if (window.left === 0) this.#windows.close(window);
  }

  close(): void {
    this.#intake.close();
    this.#windows.end();
    this.#window = undefined;
    this.#waiting.length = 0;
  }

  #current(): Window | undefined {
    if (this.#window === undefined || this.#from === this.#window.count) this.#window = this.#next();
    return this.#window;
  }

  #next(): Window | undefined {
    this.#from = 0;
    const waiting = this.#waiting.shift();
    if (this.#work.prepare !== undefined) {
      this.#prepareNext();
      return waiting;
    }
    return waiting ?? this.#pull();
  }

  #pull(): Window | undefined {
    if (this.#failure !== undefined) return undefined;
    let window: Window | undefined;
    try {
      window = this.#intake.next();
    } catch (error) {
      this.#failure = { error };
    }
    for (const { number, error } of this.#intake.refused.splice(0)) this.#outlet.fail(number, error);
    if (window !== undefined) window.left = window.count;
    return window;
  }

  /** One window is prepared ahead of those that are used. */
  #prepareNext(): void {
    if (this.#preparing || this.#waiting.length > 0) return;
    const window = this.#pull();
    if (window !== undefined) void this.#prepare(window);
  }

  async #prepare(window: Window): Promise<void> {
    this.#preparing = true;
    try {
      const prepared = await this.#work.prepare!(window, this.#windows, this.#outlet);
      if (prepared.count === 0) this.#windows.close(prepared);
      else {
        prepared.left = prepared.count;
        this.#waiting.push(prepared);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#preparing = false;
      this.onReady?.();
    }
  }

  #cut(window: Window, from: number, most: number): { to: number; capacity: number } {
    const { capacity, capacityFor } = this.#work;
    if (capacity !== undefined || capacityFor === undefined) {
      const room = capacity ?? this.#longest;
      return { to: Math.min(most, from + Math.max(1, Math.floor(MOST_OUTPUT / Math.max(room, 1)))), capacity: room };
    }
    let widest = 0;
    for (let to = from; to < most; to++) {
      const room = Math.max(widest, capacityFor.call(this.#work, window.number(to), window.inputs.lengthOf(to)) ?? this.#longest);
      if (to > from && (to + 1 - from) * room > MOST_OUTPUT) return { to, capacity: widest };
      widest = room;
    }
    return { to: most, capacity: widest };
  }
}
