// Many operations may share one AbortSignal: it gets one listener of ours for all of them. Node.js warns of a leak from the eleventh listener on, and adding
// one costs more than a call to a fast token.

class Watchers {
  readonly #signal: AbortSignal;
  readonly #callbacks = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort);
  }

  add(callback: () => void): void {
    this.#callbacks.add(callback);
  }

  /** The last one takes the listener along: a signal that lives as long as the program keeps nothing of ours. */
  remove(callback: () => void): void {
    if (this.#callbacks.delete(callback) && this.#callbacks.size === 0) this.#end();
  }

  readonly #abort = (): void => {
    this.#end();
    for (const callback of this.#callbacks) callback();
  };

  #end(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    watchersOf.delete(this.#signal);
  }
}

const watchersOf = new WeakMap<AbortSignal, Watchers>();

/** Calls back when the signal aborts, unless the function returned was called before. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let watchers = watchersOf.get(signal);
  if (watchers === undefined) {
    watchers = new Watchers(signal);
    watchersOf.set(signal, watchers);
  }
  const these = watchers;
  these.add(callback);
  return () => these.remove(callback);
}
