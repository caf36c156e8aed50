import { signalOf, throwIfAborted, timeLimitOf, watch, type CallOptions } from './options';

/**
 * The signal and the time limit of an operation of many steps, as one: what it waits for between its calls, a source of data
 * above all, must not outlast them either. `end` belongs into a finally.
 */
export class Patience {
  /** For the calls of the operation. */
  readonly options: CallOptions;
  readonly #end: (() => void) | undefined;
  #rejects: Set<(reason: unknown) => void> | undefined;

  constructor(options: CallOptions) {
    const signal = signalOf(options);
    throwIfAborted(signal);
    if (signal === undefined && timeLimitOf(options) === undefined) {
      this.options = {};
      return;
    }
    const controller = new AbortController();
    this.options = { signal: controller.signal };
    this.#end = watch(options, (reason) => {
      controller.abort(reason);
      for (const reject of this.#rejects ?? []) reject(reason);
    });
  }

  /** Neither a signal nor a time limit: there is nothing to end. */
  get endless(): boolean {
    return this.#end === undefined;
  }

  /** What comes first: the value, or the end of patience. */
  async orEnd<T>(value: T | PromiseLike<T>): Promise<T> {
    if (this.#end === undefined) return value;
    throwIfAborted(this.options.signal);
    const rejects = (this.#rejects ??= new Set());
    let leave = (): void => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      rejects.add(reject);
      leave = () => rejects.delete(reject);
    });
    try {
      return await Promise.race([value, ended]);
    } finally {
      leave();
    }
  }

  end(): void {
    this.#end?.();
  }
}

/** The value, unless the signal or the time limit comes first. */
export async function inTime<T>(value: Promise<T>, options: CallOptions): Promise<T> {
  if (options.signal === undefined && options.timeLimit === undefined) return value;
  const patience = new Patience(options);
  try {
    return await patience.orEnd(value);
  } finally {
    patience.end();
  }
}
