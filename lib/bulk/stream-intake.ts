// A source that gives its inputs one by one, perhaps slowly, perhaps without end: it is read as far ahead as there is room.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { iterate, stepOf } from '../iteration';
import { putInput, type Intake } from './intake';
import type { Window, Windows } from './window';

/** Milliseconds of reading after which others have their turn, and inputs after which the clock is looked at. */
const SLICE = 1;
const STRIDE = 64;

export class StreamIntake implements Intake {
  readonly total = undefined;
  readonly refused: { number: number; error: unknown }[] = [];
  onReady: (() => void) | undefined;
  readonly #windows: Windows;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #waits: boolean;
  /** Inputs that may be on their way at once, from here to the one who takes the results. */
  readonly #most: number;
  #taken = 0;
  #given = 0;
  /** A window that is full, and the one that is being filled. */
  #full: Window | undefined;
  #open: Window | undefined;
  #ended = false;
  #closed = false;
  #failure: { readonly error: unknown } | undefined;
  #announced = false;
  #onRoom: (() => void) | undefined;

  constructor(windows: Windows, source: Iterable<unknown> | AsyncIterable<unknown>, most: number) {
    this.#windows = windows;
    this.#most = most;
    ({ iterator: this.#iterator, waits: this.#waits } = iterate(source));
  }

  get taken(): number {
    return this.#taken;
  }

  get over(): boolean {
    return this.#ended && this.#failure === undefined && this.#full === undefined && this.#open === undefined && this.refused.length === 0;
  }

  /** Begins to read. */
  begin(): void {
    void this.#read();
  }

  next(): Window | undefined {
    const window = this.#full ?? this.#open;
    if (window === this.#full) this.#full = undefined;
    else this.#open = undefined;
    this.#makeRoom();
    if (window === undefined && this.#failure !== undefined) throw this.#failure.error;
    return window;
  }

  /** A result has been given to its taker. */
  gave(): void {
    this.#given++;
    this.#makeRoom();
  }

  close(): void {
    this.#closed = true;
    for (const window of [this.#full, this.#open]) if (window !== undefined) this.#windows.close(window);
    this.#full = undefined;
    this.#open = undefined;
    this.#makeRoom();
    if (!this.#ended) void this.#leave();
    this.#ended = true;
  }

  // Not waited for: a source that hangs would hold the caller, and what it says now interests nobody.
  async #leave(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The work has its own end already.
    }
  }

  async #read(): Promise<void> {
    let since = performance.now();
    try {
      for (;;) {
        while (this.#taken - this.#given >= this.#most) await this.#room();
        if (this.#closed) return;
        const step = this.#iterator.next();
        // A promise is waited for only where there is one: it would cost more than all else that is done with an input here.
        const { done, value } = stepOf(this.#waits ? await step : (step as IteratorResult<unknown>));
        if (done === true || this.#closed) break;
        while (!this.#add(value)) await this.#room();
        if (this.#taken % STRIDE !== 0 || performance.now() - since < SLICE) continue;
        await nextTurn();
        since = performance.now();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#ended = true;
    this.#announce();
  }

  /** False where it must wait for room. */
  #add(value: unknown): boolean {
    if (this.#closed) return true;
    const number = this.#taken;
    this.#open ??= this.#windows.open(number);
    try {
      if (putInput(this.#open, value, number)) {
        this.#taken++;
        this.#announce();
        return true;
      }
      if (this.#full !== undefined) return false;
      this.#full = this.#open;
      this.#open = undefined;
      return this.#add(value);
    } catch (error) {
      return this.#refuse(number, error);
    }
  }

  /** Numbers follow on each other in a window: it ends where one is missing. */
  #refuse(number: number, error: unknown): boolean {
    if (this.#open!.count === 0) this.#windows.close(this.#open!);
    else if (this.#full !== undefined) return false;
    else this.#full = this.#open;
    this.#open = undefined;
    this.#taken++;
    this.refused.push({ number, error });
    this.#announce();
    return true;
  }

  /** Once per turn of the event loop: what comes in one turn goes together. */
  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    setImmediate(() => {
      this.#announced = false;
      this.onReady?.();
    });
  }

  #room(): Promise<void> {
    return new Promise((resolve) => (this.#onRoom = resolve));
  }

  #makeRoom(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }
}
