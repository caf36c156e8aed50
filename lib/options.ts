// What every operation accepts: a signal and a time limit.

import { onAbort } from './abort';
import { integer, plainObject, wrongType } from './arguments';
import { AbortError, CryptokiError } from './errors';

/** Options of every operation that may take time. */
export interface CallOptions {
  /** Ends the waiting: the promise rejects with the signal's reason. A call that already runs in the token runs out and its result is dropped. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, 1 to 2147483647. Afterwards the promise rejects with ERR_CRYPTOKI_TIMEOUT. */
  readonly timeLimit?: number | undefined;
}

const MOST_TIME = 0x7fff_ffff;

/** Signal and time limit, out of whatever options an operation has. */
export function callOptions(options: CallOptions): CallOptions {
  const { signal, timeLimit } = plainObject(options, 'options') as CallOptions;
  return { signal, timeLimit };
}

/** The signal of some options, checked. */
export function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  const { signal } = plainObject(options, 'options') as CallOptions;
  if (signal === undefined) return undefined;
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal) || typeof signal.addEventListener !== 'function') {
    throw wrongType('options.signal', 'an instance of AbortSignal', signal);
  }
  return signal;
}

/** The time limit of some options in milliseconds, checked. */
export function timeLimitOf(options: CallOptions | undefined): number | undefined {
  const timeLimit = options?.timeLimit;
  return timeLimit === undefined ? undefined : integer(timeLimit, 'options.timeLimit', 1, MOST_TIME);
}

/** What a promise rejects with when its signal fired: the reason that the caller gave, or an AbortError like Node's. */
export function abortReason(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  return reason instanceof DOMException && reason.name === 'AbortError' ? new AbortError(reason) : reason;
}

/** Throws when the signal has fired already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/** The error of an operation that took longer than its time limit. */
export function timeoutError(timeLimit: number): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_TIMEOUT', `The operation took longer than its time limit of ${timeLimit} ms`);
}

/**
 * Joins signal and time limit into one watch: `onEnd` is called at most once, with what the promise shall reject with. The function returned ends the watch.
 * Without either there is nothing to watch and the result is undefined.
 */
export function watch(options: CallOptions | undefined, onEnd: (reason: unknown) => void): (() => void) | undefined {
  if (options === undefined) return undefined;
  const signal = signalOf(options);
  const timeLimit = timeLimitOf(options);
  if (signal === undefined && timeLimit === undefined) return undefined;
  let timer: NodeJS.Timeout | undefined;
  let unwatch: (() => void) | undefined;
  const end = (): void => {
    clearTimeout(timer);
    unwatch?.();
  };
  if (signal !== undefined) {
    unwatch = onAbort(signal, () => {
      end();
      onEnd(abortReason(signal));
    });
  }
  if (timeLimit !== undefined) {
    timer = setTimeout(() => {
      end();
      onEnd(timeoutError(timeLimit));
    }, timeLimit);
  }
  return end;
}
