// Which caller waits for which reply. One per environment: the addon delivers the replies of all libraries together.

/** Takes the reply of one call: a copy of its own. It must not throw. */
export type Receiver = (reply: Uint8Array) => void;

const RECORD_HEADER = 8;

export class Tickets {
  readonly #waiting = new Map<number, Receiver>();
  #last: number;

  constructor(last = 0) {
    this.#last = last;
  }

  /** How many calls have not been answered yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** A number for a new call. They wrap around, so one that is still waiting is passed over. */
  open(receiver: Receiver): number {
    do {
      this.#last = (this.#last + 1) >>> 0;
    } while (this.#waiting.has(this.#last));
    this.#waiting.set(this.#last, receiver);
    return this.#last;
  }

  /** Forgets a call that never reached the addon. */
  drop(ticket: number): void {
    this.#waiting.delete(ticket);
  }

  /** Hands every reply of a slab to its caller, and leaves no trace of them in the slab. */
  deliver(slab: Uint8Array): void {
    try {
      const view = new DataView(slab.buffer, slab.byteOffset, slab.byteLength);
      let at = 0;
      while (at + RECORD_HEADER <= slab.byteLength) {
        const ticket = view.getUint32(at, true);
        const start = at + RECORD_HEADER;
        const end = start + view.getUint32(at + 4, true);
        const receiver = this.#waiting.get(ticket);
        if (receiver !== undefined) {
          this.#waiting.delete(ticket);
          receiver(slab.slice(start, end));
        }
        // Records start at multiples of 8. No bit operators: a slab may be larger than 2 GiB.
        at = end + ((8 - (end % 8)) % 8);
      }
    } finally {
      slab.fill(0);
    }
  }
}
