// A promise with its two functions, without a closure for each.

/** What settles a promise. */
export interface Settling<T> {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason: unknown) => void;
}

let resolveLast: ((value: never) => void) | undefined;
let rejectLast: ((reason: unknown) => void) | undefined;

const noteLast = (resolve: (value: never) => void, reject: (reason: unknown) => void): void => {
  resolveLast = resolve;
  rejectLast = reject;
};

/** Gives `to` a promise and its functions. */
export function defer<T>(to: Settling<T>): void {
  to.promise = new Promise<T>(noteLast as never);
  to.resolve = resolveLast as (value: T | PromiseLike<T>) => void;
  to.reject = rejectLast!;
  // They hold the promise, and that what it was settled with, down to the stack of an error.
  resolveLast = rejectLast = undefined;
}
