// Where the inputs of bulk work come from: an array or any iterable, window by window.

import { plainObject } from '../arguments';
import { checkedIterator, stepOf } from '../iteration';
import type { Window, Windows } from './window';

/** What bulk work is fed with. */
export interface Intake {
  /** How many inputs there are, where that is known. */
  readonly total: number | undefined;
  /** Inputs taken so far. */
  readonly taken: number;
  /** Nothing more will come. */
  readonly over: boolean;
  /** The next inputs; undefined where there are none now. Throws what the source throws. */
  next(): Window | undefined;
  /** Called when `next` has something again, after it had nothing. */
  onReady: (() => void) | undefined;
  /** What was none of the inputs it should have been; whoever reads it empties it. */
  readonly refused: { readonly number: number; readonly error: unknown }[];
  /** Ends the source, and wipes what was taken of it and not used. */
  close(): void;
}

/** Puts an element of the source into a window; false where there is no room for it. Throws where it is none. */
export type Put = (window: Window, element: unknown, number: number) => boolean;

/** Elements that are the inputs themselves. */
export const putInput: Put = (window, element, number) => window.add(element, undefined, 'inputs', number);

/** Elements that are an input and a signature. */
export const putPair: Put = (window, element, number) => {
  const { data, signature } = plainObject(element, `items[${number}]`);
  return window.add(data, signature, 'items', number);
};

/** Takes from an array or an iterable whenever there is something to do. */
export class IterableIntake implements Intake {
  readonly total: number | undefined;
  readonly refused: { number: number; error: unknown }[] = [];
  onReady: (() => void) | undefined;
  readonly #windows: Windows;
  readonly #put: Put;
  readonly #list: readonly unknown[] | undefined;
  readonly #iterator: Iterator<unknown> | undefined;
  #taken = 0;
  #over = false;
  /** Taken from the iterator, and too much for the window before. */
  #kept: { readonly element: unknown } | undefined;
  #ready: Window | undefined;

  /** The elements of an array are its elements now; their bytes are read when their turn comes. */
  constructor(windows: Windows, source: Iterable<unknown>, put: Put) {
    this.#windows = windows;
    this.#put = put;
    if (Array.isArray(source)) {
      this.#list = [...(source as unknown[])];
      this.total = this.#list.length;
    } else {
      this.#iterator = checkedIterator(source[Symbol.iterator]());
    }
  }

  get taken(): number {
    return this.#taken;
  }

  get over(): boolean {
    return this.#over && this.#ready === undefined;
  }

  /** Takes the first window now: what is in it may be changed by its owner from then on. */
  begin(): void {
    this.#ready = this.#fill();
  }

  next(): Window | undefined {
    const ready = this.#ready;
    this.#ready = undefined;
    return ready ?? this.#fill();
  }

  #fill(): Window | undefined {
    // A window ends before an input that is none: its numbers follow on each other.
    while (!this.#over) {
      const window = this.#windows.open(this.#taken);
      try {
        if (this.#list === undefined) this.#fromIterator(window);
        else this.#fromList(window, this.#list);
      } catch (error) {
        this.#windows.close(window);
        throw error;
      }
      if (window.count > 0) return window;
      this.#windows.close(window);
    }
    return undefined;
  }

  #fromList(window: Window, list: readonly unknown[]): void {
    let number = this.#taken;
    try {
      for (;;) {
        if (this.#put === putInput) number = window.inputs.addPlain(list, number);
        if (number >= list.length || !this.#put(window, list[number], number)) break;
        number++;
      }
    } catch (error) {
      this.refused.push({ number: number++, error });
    }
    this.#taken = number;
    this.#over = number >= list.length;
  }

  #fromIterator(window: Window): void {
    for (;;) {
      const kept = this.#kept ?? this.#pull();
      if (kept === undefined) return;
      const number = this.#taken;
      try {
        this.#kept = undefined;
        if (this.#put(window, kept.element, number)) {
          this.#taken++;
          continue;
        }
        this.#kept = kept;
      } catch (error) {
        this.#taken++;
        this.refused.push({ number, error });
      }
      return;
    }
  }

  #pull(): { readonly element: unknown } | undefined {
    let step: IteratorResult<unknown>;
    try {
      step = stepOf(this.#iterator!.next());
    } catch (error) {
      // Whoever throws has ended.
      this.#over = true;
      throw error;
    }
    if (step.done !== true) return { element: step.value };
    this.#over = true;
    return undefined;
  }

  close(): void {
    if (this.#ready !== undefined) this.#windows.close(this.#ready);
    this.#ready = undefined;
    this.#kept = undefined;
    if (this.#over) return;
    this.#over = true;
    try {
      this.#iterator?.return?.();
    } catch {
      // The work has its own end already.
    }
  }
}
