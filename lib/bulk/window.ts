// Inputs packed one behind the other, as the engine takes them: one copy per input, in memory that is used again.

import { bytes, lengthOfPlain } from '../arguments';
import type { Packed } from '../wire/batch';

/** Items of one window, at most: what takes the event loop about half a millisecond to pack. */
export const MOST_ITEMS = 4096;
/** Bytes of one window, at most. A single item may be larger: then it is not copied here, for submitting copies it anyhow. */
export const MOST_BYTES = 1 << 22;

const FIRST_BYTES = 1 << 14;
const GROWTH = 4;

/** One byte string per item. */
export class Column {
  #data = new Uint8Array(FIRST_BYTES);
  /** Where each item ends. */
  readonly #ends: Uint32Array;
  readonly #lengths: Uint8Array;
  readonly #view: DataView;
  /** A single item in memory of its giver. */
  #lent: Uint8Array | undefined;
  count = 0;
  #used = 0;
  readonly #field: string;
  readonly #secret: boolean;

  /** `field`: what it is of an element, for errors; signatures are no secret. */
  constructor(field: '' | '.data' | '.signature', most = MOST_ITEMS) {
    this.#field = field;
    this.#secret = field !== '.signature';
    this.#ends = new Uint32Array(most);
    this.#lengths = new Uint8Array(4 * most);
    this.#view = new DataView(this.#lengths.buffer);
  }

  get size(): number {
    return this.#lent?.length ?? this.#used;
  }

  /** Takes a copy of one more item; false where there is no room for it. Throws for what is no bytes, with this name and number. */
  add(value: unknown, name: string, number: number): boolean {
    let length = lengthOfPlain(value);
    let given = value as Uint8Array;
    if (length <= 0) {
      given = this.#checked(value, name, number);
      length = given.length;
    }
    const { count } = this;
    const end = this.#used + length;
    if (count === this.#ends.length || this.#lent !== undefined) return false;
    if (end > MOST_BYTES) {
      if (count > 0) return false;
      this.#lent = this.#checked(given, name, number);
    } else {
      if (end > this.#data.length) this.#grow(end);
      this.#data.set(given, this.#used);
    }
    this.#used = end;
    this.#ends[count] = end;
    this.#view.setUint32(4 * count, length, true);
    this.count = count + 1;
    return true;
  }

  /** As `add` for the elements of a list from `from` on, as far as they are ordinary and there is room: answers the number of the first that is left. */
  addPlain(list: readonly unknown[], from: number): number {
    const ends = this.#ends;
    const view = this.#view;
    let data = this.#data;
    let { count } = this;
    let used = this.#used;
    let number = from;
    if (this.#lent !== undefined) return number;
    for (const most = Math.min(list.length, from + ends.length - count); number < most; number++) {
      const value = list[number];
      const length = lengthOfPlain(value);
      const end = used + length;
      if (length <= 0 || end > MOST_BYTES) break;
      if (end > data.length) {
        this.#used = used;
        this.#grow(end);
        data = this.#data;
      }
      data.set(value as Uint8Array, used);
      used = end;
      ends[count] = end;
      view.setUint32(4 * count, length, true);
      count++;
    }
    this.#used = used;
    this.count = count;
    return number;
  }

  /** Takes the last item back. */
  dropLast(): void {
    this.count--;
    this.#used = this.#start(this.count);
    this.#lent = undefined;
  }

  /** The item, in place. */
  item(index: number): Uint8Array {
    return (this.#lent ?? this.#data).subarray(this.#start(index), this.#ends[index]);
  }

  lengthOf(index: number): number {
    return this.#view.getUint32(4 * index, true);
  }

  /** Items `from` to `to` as they stand in a request. */
  packed(from: number, to: number): Packed {
    return { bytes: (this.#lent ?? this.#data).subarray(this.#start(from), this.#start(to)), lengths: this.#lengths.subarray(4 * from, 4 * to) };
  }

  /** Nothing of what was in it stays. */
  clear(): void {
    this.#data.fill(0, 0, Math.min(this.#used, this.#data.length));
    this.#lent = undefined;
    this.#used = 0;
    this.count = 0;
  }

  #checked(value: unknown, name: string, number: number): Uint8Array {
    return bytes(value, `${name}[${number}]${this.#field}`, this.#secret);
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }

  #grow(needed: number): void {
    const old = this.#data;
    this.#data = new Uint8Array(Math.min(Math.max(needed, GROWTH * old.length), MOST_BYTES));
    this.#data.set(old.subarray(0, this.#used));
    old.fill(0, 0, this.#used);
  }
}

/** A row of inputs, and what became of them. */
export class Window {
  readonly inputs: Column;
  /** To verify: the signatures beside the inputs. */
  readonly signatures: Column | undefined;
  /** The number of the first input. */
  first = 0;
  /** The number of each, where they do not follow on each other. */
  numbers: number[] | undefined;
  /** How often its items have failed for reasons beyond themselves. */
  failures = 0;
  /** Items that are not done yet. */
  left = 0;

  constructor(withSignatures: boolean, most = MOST_ITEMS) {
    this.inputs = new Column(withSignatures ? '.data' : '', most);
    this.signatures = withSignatures ? new Column('.signature', most) : undefined;
  }

  get count(): number {
    return this.inputs.count;
  }

  /** Bytes in it. */
  get size(): number {
    return this.inputs.size + (this.signatures?.size ?? 0);
  }

  /** The number of an item among all inputs. */
  number(index: number): number {
    return this.numbers === undefined ? this.first + index : this.numbers[index]!;
  }

  add(input: unknown, signature: unknown, name: string, number: number): boolean {
    const { inputs, signatures } = this;
    if (!inputs.add(input, name, number)) return false;
    if (signatures === undefined) return true;
    try {
      if (signatures.add(signature, name, number)) return true;
    } catch (error) {
      inputs.dropLast();
      throw error;
    }
    inputs.dropLast();
    return false;
  }

  /** Takes over an item of another window. */
  take(other: Window, index: number): boolean {
    const number = other.number(index);
    if (!this.add(other.inputs.item(index), other.signatures?.item(index), '', number)) return false;
    this.numbers ??= [];
    this.numbers.push(number);
    return true;
  }

  clear(): void {
    this.inputs.clear();
    this.signatures?.clear();
    this.numbers = undefined;
    this.failures = 0;
  }
}

/** The windows of one piece of work: those that are done serve again. */
export class Windows {
  readonly #withSignatures: boolean;
  readonly #most: number;
  readonly #free: Window[] = [];
  readonly #open = new Set<Window>();

  constructor(withSignatures: boolean, most = MOST_ITEMS) {
    this.#withSignatures = withSignatures;
    this.#most = Math.min(most, MOST_ITEMS);
  }

  /** An empty one, for inputs from this number on. */
  open(first: number): Window {
    const window = this.#free.pop() ?? new Window(this.#withSignatures, this.#most);
    window.first = first;
    this.#open.add(window);
    return window;
  }

  /** Wipes it. */
  close(window: Window): void {
    if (!this.#open.delete(window)) return;
    window.clear();
    this.#free.push(window);
  }

  /** Wipes all of them. */
  end(): void {
    for (const window of [...this.#open]) this.close(window);
  }
}
