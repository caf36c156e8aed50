// The three forms of a function: on this thread, as a promise, and with a callback.

import { wrong, wrongCount } from './checks';
import { translated } from './errors';
import type { PreparedFunction } from './function';
import type { Library } from './library';

/** The library that is loaded; throws where there is none. */
export type Loaded = () => Library;

type Told = (error: unknown, result: unknown) => void;

/** Makes the call on this thread. */
export function sync(one: PreparedFunction, loaded: Loaded, given: unknown[]): unknown {
  try {
    return one.sync(loaded(), given);
  } catch (error) {
    throw translated(error, one.name, one.plain, sync);
  }
}

/** Makes a call on this thread that `isQuick`. */
export function quick(one: PreparedFunction, loaded: Loaded, session: unknown, input: unknown, output: unknown): unknown {
  try {
    const library = loaded();
    return one.quick(library, session, input, output) ?? one.sync(library, [session, input, output]);
  } catch (error) {
    throw translated(error, one.name, one.plain, quick);
  }
}

/** Makes the call not on this thread; `counted` more arguments are looked for. */
export async function promise(one: PreparedFunction, loaded: Loaded, given: unknown[], counted: number): Promise<unknown> {
  try {
    return await one.async(loaded(), given, counted);
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
    const library = loaded();
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
