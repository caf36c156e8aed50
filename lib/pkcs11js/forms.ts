// The three forms of a function: on this thread, as a promise, and with a callback.

import { wrong, wrongCount } from './checks';
import { NativeError, translated } from './errors';
import type { PreparedFunction } from './function';
import type { Library } from './library';

/** What an object of PKCS11 has loaded. It stands here: an object with hundreds of functions is a hash table to V8, and slow to read. */
export class Loaded {
  #library: Library | undefined;

  /** The library that is loaded; throws where there is none. */
  get library(): Library {
    if (this.#library === undefined) throw new NativeError('PKCS11 module not loaded yet');
    return this.#library;
  }

  /** Takes another one, or none, and gives the one before back. */
  replace(library: Library | undefined): void {
    const before = this.#library;
    this.#library = library;
    before?.release();
  }
}

type Told = (error: unknown, result: unknown) => void;

/** Makes the call on this thread. */
export function sync(one: PreparedFunction, loaded: Loaded, given: unknown[]): unknown {
  try {
    return one.sync(loaded.library, given);
  } catch (error) {
    throw translated(error, one.name, one.plain, sync);
  }
}

/** Makes a call on this thread that `isQuick`. */
export function quick(one: PreparedFunction, loaded: Loaded, session: unknown, input: unknown, output: unknown): unknown {
  try {
    const { library } = loaded;
    return one.quick(library, session, input, output) ?? one.sync(library, [session, input, output]);
  } catch (error) {
    throw translated(error, one.name, one.plain, quick);
  }
}

/** Makes the call not on this thread; `counted` more arguments are looked for. */
export async function promise(one: PreparedFunction, loaded: Loaded, given: unknown[], counted: number): Promise<unknown> {
  try {
    return await one.async(loaded.library, given, counted);
  } catch (error) {
    throw translated(error, one.name, one.plain);
  }
}

/** Makes the call not on this thread and tells a callback, the last argument. Throws for wrong arguments. */
export function told(one: PreparedFunction, loaded: Loaded, given: unknown[]): void {
  const { count, name, plain } = one;
  let result: Promise<unknown>;
  const callback = given[count] as Told;
  try {
    const { library } = loaded;
    if (given.length !== count + 1) throw wrongCount(count + 1, given.length);
    // It is looked at last, and before anything is called.
    const expectCallback = (): void => {
      if (typeof callback !== 'function') throw wrong(count, 'a Function');
    };
    result = one.async(library, given.slice(0, count), 1, expectCallback);
  } catch (error) {
    throw translated(error, name, plain, told);
  }
  // In a turn of its own, where what it throws is an uncaught exception and no rejection.
  result.then(
    (value) => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, translated(error, name, plain), null),
  );
}
