import { CryptokiError } from './errors';
import { timeoutError, watch, type CallOptions } from './options';

const LONG = 0x7fff_ffff;

let waiting = 0;
let timer: NodeJS.Timeout | undefined;

/** Keeps the process alive while somebody waits for what does not: calls that only tidy up. */
export function keepAlive(): () => void {
  if (waiting++ === 0) timer = setInterval(() => undefined, LONG);
  let over = false;
  return () => {
    if (!over && --waiting === 0) clearInterval(timer);
    over = true;
  };
}

/** One who waits for something that may be long in coming, and may lose patience. */
export class Waiter<Request extends CallOptions, Result> {
  readonly request: Request;
  readonly promise: Promise<Result>;
  /** Somebody is seeing to it; no second one needs to. */
  served = false;
  readonly #leave: () => void;
  readonly #unwatch: (() => void) | undefined;
  readonly #release: () => void;
  #settle!: { resolve(result: Result): void; reject(error: unknown): void };

  /** `leave` is called once, when the waiting is over in whatever way. */
  constructor(request: Request, leave: () => void) {
    this.request = request;
    this.#leave = leave;
    this.promise = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // It throws for a signal that is none: nothing may have been begun by then.
    this.#unwatch = watch(request, (reason) => this.reject(reason));
    this.#release = keepAlive();
  }

  resolve(result: Result): void {
    this.#over();
    this.#settle.resolve(result);
  }

  reject(error: unknown): void {
    this.#over();
    this.#settle.reject(error);
  }

  #over(): void {
    this.#unwatch?.();
    this.#release();
    this.#leave();
  }
}

/** Whether an operation ended because its user lost patience: its call may still be running in the token. */
export function isInterruption(error: unknown, signal: AbortSignal | undefined): boolean {
  return error !== undefined && (signal?.aborted === true || CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT'));
}

/** The options of one step of an operation: the same signal, and what is left of its time since `started` (performance.now). */
export function remaining(options: CallOptions, started: number): CallOptions {
  if (options.timeLimit === undefined) return options;
  const left = Math.floor(options.timeLimit - (performance.now() - started));
  if (left < 1) throw timeoutError(options.timeLimit);
  return { signal: options.signal, timeLimit: left };
}
