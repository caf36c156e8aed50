// Which caller waits for which reply. One per environment: the addon delivers the replies of all libraries together.

import { CallRecord } from './call-record';
import type { CallMeter } from '../stats';

/** Who waits for the reply of one call. */
export interface Receiver {
  /**
   * The reply is what stands in the slab from `start` to `end`; it is gone when this returns, unless that is true: then it stays, which is possible for the reply that
   * fills a slab made for it (`fillsSlab`). Must not throw.
   */
  receive(slab: Uint8Array, start: number, end: number): boolean | void;
}

const RECORD_HEADER = 8;
/** Slabs up to this size are used again. */
const LARGEST_USED_AGAIN = 1 << 17;

/** Whether hardly anything else is in the slab, and nothing else will ever be. */
export function fillsSlab(slab: Uint8Array, start: number, end: number): boolean {
  return slab.length > LARGEST_USED_AGAIN && (end - start) * 2 > slab.length;
}

/** Calls on their way from which on replies may wait for each other, and milliseconds after which they are fetched at the latest. */
const MANY = 16;
const LONGEST_WAIT = 1;
// As it is now: who replaces it with a clock of their own, as tests do, does not mean ours.
const later = setTimeout;

/** Places for calls on their way at the beginning: a power of two, as it always is. */
const FIRST_PLACES = 256;

export class Tickets {
  // The low bits of a ticket are its place. A Map would cost more than all else that is done with it here.
  #receivers = new Array<Receiver | undefined>(FIRST_PLACES).fill(undefined);
  #numbers = new Uint32Array(FIRST_PLACES);
  readonly #record: CallRecord = new CallRecord(FIRST_PLACES);
  #pending = 0;
  #last: number;
  readonly #collect: ((more: boolean) => void) | undefined;
  #collector: NodeJS.Timeout | undefined;
  /** The collector runs: many calls are on their way, and replies come. */
  #collecting = false;
  /** Replies have come since it last looked. */
  #arrived = false;

  /** `collect` delivers what waits for others; without it nothing does. */
  constructor(last = 0, collect?: (more: boolean) => void) {
    this.#last = last;
    this.#collect = collect;
  }

  /** How many calls have not been answered yet. */
  get pending(): number {
    return this.#pending;
  }

  /** A number for a new call, which is counted by `meter`; `first`: others are made right after it. They wrap around, so one whose place is still taken is passed over. */
  open(receiver: Receiver, call = 0, meter?: CallMeter, first = true): number {
    if (this.#pending * 2 >= this.#numbers.length) this.#grow();
    const mask = this.#numbers.length - 1;
    let ticket = this.#last;
    do ticket = (ticket + 1) >>> 0;
    while (this.#receivers[ticket & mask] !== undefined);
    this.#last = ticket;
    this.#receivers[ticket & mask] = receiver;
    this.#numbers[ticket & mask] = ticket;
    this.#pending++;
    if (this.#pending >= MANY && !this.#collecting && this.#collect !== undefined) {
      this.#begin();
      this.#collect(true);
    }
    if (meter !== undefined) this.#record.begin(ticket & mask, ticket, call, meter, first);
    return ticket;
  }

  /** Whether this call has not been answered yet. */
  isPending(ticket: number): boolean {
    const place = ticket & (this.#numbers.length - 1);
    return this.#receivers[place] !== undefined && this.#numbers[place] === ticket;
  }

  /** Forgets a call that never reached the addon. */
  drop(ticket: number): void {
    this.#take(ticket);
    this.#record.drop(ticket & (this.#numbers.length - 1), ticket);
  }

  #take(ticket: number): Receiver | undefined {
    const place = ticket & (this.#numbers.length - 1);
    const receiver = this.#receivers[place];
    if (receiver === undefined || this.#numbers[place] !== ticket) return undefined;
    this.#receivers[place] = undefined;
    this.#pending--;
    return receiver;
  }

  #begin(): void {
    this.#collecting = true;
    if (this.#collector === undefined) this.#collector = later(this.#fetch, LONGEST_WAIT).unref();
    else this.#collector.refresh();
  }

  /** Fetches what waits for others. Where nothing has come since the last time, as from a token that hangs, it rests, and the addon announces every reply again. */
  #fetch = (): void => {
    this.#collecting = false;
    const more = this.#arrived && this.#pending >= MANY;
    this.#arrived = false;
    if (more) this.#begin();
    this.#collect?.(more);
  };

  /** Those that had places of their own have them in a larger table too. */
  #grow(): void {
    const receivers = this.#receivers;
    const numbers = this.#numbers;
    this.#receivers = new Array<Receiver | undefined>(numbers.length * 2).fill(undefined);
    this.#numbers = new Uint32Array(numbers.length * 2);
    const moves: [from: number, to: number][] = [];
    for (let at = 0; at < numbers.length; at++) {
      if (receivers[at] === undefined) continue;
      const place = numbers[at]! & (this.#numbers.length - 1);
      this.#receivers[place] = receivers[at];
      this.#numbers[place] = numbers[at]!;
      moves.push([at, place]);
    }
    this.#record.grow(this.#numbers.length, moves);
  }

  /** Hands every reply of a slab to its caller, and leaves no trace of them in the slab. */
  deliver(slab: Uint8Array): void {
    let keptFrom = slab.length;
    let keptTo = slab.length;
    try {
      let at = 0;
      this.#record.arrive();
      this.#arrived = true;
      if (this.#pending >= MANY && !this.#collecting && this.#collect !== undefined) this.#begin();
      while (at + RECORD_HEADER <= slab.length) {
        const start = at + RECORD_HEADER;
        const end = Math.min(start + word(slab, at + 4), slab.length);
        const ticket = word(slab, at);
        const receiver = this.#take(ticket);
        if (receiver !== undefined) {
          this.#record.end(ticket & (this.#numbers.length - 1), ticket, slab, start);
          if (receiver.receive(slab, start, end) === true) {
            keptFrom = start;
            keptTo = end;
          }
        }
        // Records start at multiples of 8. No bit operators: a slab may be larger than 2 GiB.
        at = end + ((8 - (end % 8)) % 8);
      }
    } finally {
      slab.fill(0, 0, keptFrom);
      slab.fill(0, keptTo);
    }
  }
}

// Most slabs hold few replies: a DataView for each would cost more than it saves.
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
