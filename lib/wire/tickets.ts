// Which caller waits for which reply. One per environment: the addon delivers the replies of all libraries together.

/** Takes the reply of one call: a copy of its own. It must not throw. */
export type Receiver = (reply: Uint8Array) => void;

const RECORD_HEADER = 8;

// A short reply of its own ArrayBuffer costs more than all else that is done with it. So short ones share one, which nobody but their readers sees: what is read out
// of a reply is a copy.
const POOL_SIZE = 1 << 16;
const LARGEST_POOLED = 1 << 12;
// Up to here a loop is quicker than a view to copy from.
const SHORT = 256;
let pool = new Uint8Array(0);
let poolUsed = 0;

function copyOf(slab: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > LARGEST_POOLED) return slab.slice(start, end);
  if (poolUsed + length > pool.byteLength) {
    pool = new Uint8Array(POOL_SIZE);
    poolUsed = 0;
  }
  const from = poolUsed;
  poolUsed += length;
  if (length > SHORT) pool.set(slab.subarray(start, end), from);
  else for (let index = 0; index < length; index++) pool[from + index] = slab[start + index]!;
  return pool.subarray(from, poolUsed);
}

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
        const end = Math.min(start + view.getUint32(at + 4, true), slab.byteLength);
        const receiver = this.#waiting.get(ticket);
        if (receiver !== undefined) {
          this.#waiting.delete(ticket);
          receiver(copyOf(slab, start, end));
        }
        // Records start at multiples of 8. No bit operators: a slab may be larger than 2 GiB.
        at = end + ((8 - (end % 8)) % 8);
      }
    } finally {
      slab.fill(0);
    }
  }
}
