// The data of an operation: in one piece, or in pieces that come one after the other.

import { bytes, wrongType } from './arguments';
import { concat, copyOf } from './bytes';
import { iterate, stepOf } from './iteration';
import type { Patience } from './patience';

/** Bytes in one piece. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/** Bytes in one piece, or pieces of bytes: an array of them, a generator, a stream. */
export type DataInput = Bytes | Iterable<Bytes> | AsyncIterable<Bytes>;

/** Pieces of bytes only. */
export type DataSource = Iterable<Bytes> | AsyncIterable<Bytes>;

const EXPECTED = 'a Uint8Array, Buffer, TypedArray, DataView or ArrayBuffer, or an iterable, async iterable or stream of them';

/** A copy of data that comes in one piece: what the caller does to it afterwards changes nothing. Undefined for pieces. */
export function wholeOf(data: DataInput, name = 'data'): Uint8Array | undefined {
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return copyOf(bytes(data, name, true));
  // A string is iterable too, but no bytes.
  if (typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)) return undefined;
  throw wrongType(name, EXPECTED, data, true);
}

const NOTHING = new Uint8Array(0);

/**
 * The pieces of a source, each as bytes. With a block size all but the last are whole blocks: some tokens take nothing else. `close`
 * belongs into a finally: it ends a source that has not come to its end.
 */
export class Pieces {
  readonly #iterator: Iterator<Bytes> | AsyncIterator<Bytes>;
  readonly #patience: Patience;
  readonly #block: number;
  #rest: Uint8Array = NOTHING;
  #index = 0;
  #over = false;

  constructor(data: DataInput, patience: Patience, block = 1) {
    const source = data as DataSource;
    this.#block = block;
    this.#iterator = iterate(source).iterator;
    this.#patience = patience;
  }

  /** The next piece, never an empty one: p11-kit refuses parts of no bytes. Undefined at the end. The source may use its memory again when it is asked for the one behind. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const piece = await this.#pull();
      const rest = this.#rest;
      if (piece?.length === 0) continue;
      if (piece === undefined || this.#block === 1) {
        this.#rest = NOTHING;
        return piece ?? (rest.length > 0 ? rest : undefined);
      }
      const joined = rest.length > 0 ? concat([rest, piece]) : piece;
      const cut = joined.length - (joined.length % this.#block);
      this.#rest = copyOf(joined.subarray(cut));
      if (cut > 0) return joined.subarray(0, cut);
    }
  }

  async #pull(): Promise<Uint8Array | undefined> {
    if (this.#over) return undefined;
    let step: IteratorResult<Bytes, unknown>;
    try {
      step = stepOf(await this.#patience.orEnd(this.#iterator.next()));
    } catch (error) {
      // Whoever throws has ended; a source that merely takes too long has not.
      this.#over = this.#patience.options.signal?.aborted !== true;
      throw error;
    }
    if (step.done === true) {
      this.#over = true;
      return undefined;
    }
    return bytes(step.value, `data[${this.#index++}]`, true);
  }

  /** All that is left as one array, for mechanisms that take nothing else; `first` stands before it. */
  async collect(first?: Uint8Array): Promise<Uint8Array> {
    const pieces = first === undefined ? [] : [first];
    try {
      for (let piece = await this.next(); piece !== undefined; piece = await this.next()) pieces.push(copyOf(piece));
      return concat(pieces);
    } finally {
      for (const piece of pieces) piece.fill(0);
    }
  }

  close(): void {
    if (!this.#over) void this.#end();
    this.#over = true;
  }

  // Not waited for: a source that hangs would hold the caller, and what it says now interests nobody.
  async #end(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The operation has its own error already.
    }
  }
}
