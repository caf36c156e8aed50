// Signatures of what a source gives, made on several tokens.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { isBytes, wrongType } from '../arguments';
import type { Cause } from '../bulk/bulk';
import { bulkOptions } from '../bulk/options';
import { Outflow } from '../bulk/outflow';
import { Progress } from '../bulk/progress';
import { iterate, stepOf } from '../iteration';
import { Patience } from '../patience';
import { checkSource, streamOptions, type NumberedSignature, type SignStreamOptions } from '../sign-stream';
import { portionOf } from './many';
import type { Parts } from './key-group';

/** Inputs that go to a token together, at most. */
const MOST = 1024;
/** Portions for each token that are on their way at once, at least. */
const SHARES = 4;
/** Milliseconds of reading after which others have their turn. */
const SLICE = 1;

type Given = Uint8Array | Error | NumberedSignature<Uint8Array | Error>;

/** As `PrivateKey.signStream`. */
export async function* signStream(
  parts: Parts,
  algorithm: unknown,
  source: unknown,
  options: SignStreamOptions = {},
): AsyncGenerator<Given, void, undefined> {
  const checked = bulkOptions(options);
  const { ordered, most } = streamOptions(options);
  checkSource(source);
  const patience = new Patience(checked.call);
  const outflow = new Outflow<Uint8Array>(ordered, checked.returns, most);
  const feed = new Feed({ parts, algorithm, options, outflow, patience, most, returns: checked.returns }, source as Iterable<unknown>);
  try {
    void patience.orEnd(feed.run()).then(
      (cause) => (cause !== undefined && feed.idle ? outflow.throw(cause.error) : outflow.end(cause)),
      (error: unknown) => outflow.throw(error),
    );
    for (;;) {
      const one = outflow.ready() ?? (await outflow.next());
      if (one === undefined) return;
      feed.gave();
      yield ordered ? one.result : { index: one.number, signature: one.result };
    }
  } finally {
    feed.close();
    patience.end();
  }
}

interface FeedParts {
  readonly parts: Parts;
  readonly algorithm: unknown;
  readonly options: SignStreamOptions;
  readonly outflow: Outflow<Uint8Array>;
  readonly patience: Patience;
  /** Inputs that may be on their way at once. */
  readonly most: number;
  readonly returns: boolean;
}

/** Reads a source as far ahead as there is room, and sends what has come on its way. */
class Feed {
  readonly #parts: FeedParts;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #waits: boolean;
  readonly #portion: number;
  readonly #progress: Progress;
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #open: Uint8Array[] = [];
  /** The number of the first of them. */
  #first = 0;
  #taken = 0;
  #given = 0;
  #stopped = false;
  #ended = false;
  #flushing = false;
  #failure: Cause | undefined;
  #cause: Cause | undefined;
  #onRoom: (() => void) | undefined;

  constructor(parts: FeedParts, source: Iterable<unknown> | AsyncIterable<unknown>) {
    this.#parts = parts;
    ({ iterator: this.#iterator, waits: this.#waits } = iterate(source));
    this.#portion = Math.max(1, Math.min(MOST, Math.floor(parts.most / (SHARES * parts.parts.balance.members.length))));
    this.#progress = new Progress(parts.options.onProgress, () => undefined);
  }

  /** Nothing has been done. */
  get idle(): boolean {
    return this.#progress.done + this.#progress.failed === 0;
  }

  /** Resolves when everything has been signed, or to the cause where the rest could not be. Rejects with what the source threw, or what nobody can do anything about. */
  async run(): Promise<Cause | undefined> {
    try {
      await this.#read();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#ended = true;
    this.#send();
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#progress.end();
    return this.#cause;
  }

  /** A result has been given to its taker. */
  gave(): void {
    this.#given++;
    this.#makeRoom();
  }

  /** Nobody wants the rest. */
  close(): void {
    this.#stopped = true;
    this.#controller.abort();
    this.#makeRoom();
    if (!this.#ended) void this.#leave();
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
    for (;;) {
      while (!this.#stopped && this.#taken - this.#given >= this.#parts.most) await new Promise<void>((resolve) => (this.#onRoom = resolve));
      if (this.#stopped) return void this.#leave();
      const step = this.#iterator.next();
      const { done, value } = stepOf(this.#waits ? await step : (step as IteratorResult<unknown>));
      if (done === true) return;
      this.#take(value);
      if (performance.now() - since < SLICE) continue;
      await nextTurn();
      since = performance.now();
    }
  }

  #take(value: unknown): void {
    const number = this.#taken++;
    if (!isBytes(value)) {
      this.#send();
      return this.#failed(
        number,
        wrongType(`source[${number}]`, 'an instance of Uint8Array, Buffer, another TypedArray, DataView or ArrayBuffer', value, true),
      );
    }
    if (this.#open.length === 0) this.#first = number;
    // A source may use its memory again for the next one.
    this.#open.push(
      ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice() : new Uint8Array(value).slice(),
    );
    if (this.#open.length >= this.#portion) this.#send();
    else this.#flushLater();
  }

  /** What comes in one turn of the event loop goes together; what comes slowly does not wait. */
  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#send();
    });
  }

  #send(): void {
    const inputs = this.#open;
    if (inputs.length === 0 || this.#stopped) return;
    this.#open = [];
    const sent: Promise<void> = this.#sign(inputs, this.#first).finally(() => this.#running.delete(sent));
    this.#running.add(sent);
  }

  async #sign(inputs: readonly Uint8Array[], first: number): Promise<void> {
    const { parts, algorithm, options } = this.#parts;
    try {
      const { results, cause } = await portionOf(parts, 'signMany', algorithm, inputs, { ...options, signal: this.#controller.signal });
      for (const [index, result] of results.entries()) {
        if (result instanceof Error) this.#failed(first + index, result);
        else if (result !== undefined) this.#done(first + index, result as Uint8Array);
      }
      if (cause !== undefined) this.#stop(cause);
      this.#progress.update();
    } catch (error) {
      this.#failure ??= { error };
      this.#stop(undefined);
    }
  }

  /** Nothing more is read or begun. */
  #stop(cause: Cause | undefined): void {
    this.#cause ??= cause;
    this.#stopped = true;
    this.#makeRoom();
  }

  #done(number: number, signature: Uint8Array): void {
    this.#progress.done++;
    this.#parts.outflow.put(number, signature);
  }

  #failed(number: number, error: unknown): void {
    this.#progress.failed++;
    this.#parts.outflow.fail(number, error);
    if (!this.#parts.returns) this.#stop(undefined);
  }

  #makeRoom(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }
}
