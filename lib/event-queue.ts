import { abortReason } from './options';

/** What happened, kept until somebody asks: the one side pushes, the other iterates. */
export class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #events: Event[] = [];
  readonly #signal: AbortSignal | undefined;
  #end: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** The signal ends the iteration with its reason. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => this.fail(abortReason(this.#signal!));

  push(event: Event): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Nothing more will come; what is here already is still given out. */
  end(): void {
    this.#finish({});
  }

  /** The iteration throws `error`, after what is here already. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  #finish(end: { error?: unknown }): void {
    this.#end ??= end;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    for (;;) {
      while (this.#events.length > 0) yield this.#events.shift()!;
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
