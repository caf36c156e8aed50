import { types } from 'node:util';
import { exceptionOf, type RestException } from './errors';
import type { Callback } from './responses';

/** Callback and promise of one method: both get the same response, or the same exception, the callback first. `work` begins at once. */
export function answer<Response>(callback: Callback<Response> | undefined, work: () => Promise<Response>): Promise<Response> {
  const settled = settle(callback, work);
  // Who takes a callback has heard of the failure, and need not look at the promise: Node.js would end the process otherwise.
  if (callback !== undefined) settled.catch(() => undefined);
  return settled;
}

async function settle<Response>(callback: Callback<Response> | undefined, work: () => Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await work();
  } catch (error) {
    const exception = await exceptionOf(error);
    tell(callback, exception, null);
    throw exception;
  }
  tell(callback, null, response);
  return response;
}

/** The callback among the arguments of a method, wherever the optional ones before it were left out. What is no function is none. */
export function callbackAmong<Response>(given: readonly unknown[]): Callback<Response> | undefined {
  return given.find((argument) => typeof argument === 'function') as Callback<Response> | undefined;
}

// What the callback throws is its owner's affair, and must be seen: but it is no failure of the method.
function tell<Response>(callback: Callback<Response> | undefined, error: RestException | null, response: Response | null): void {
  try {
    const returned: unknown = callback?.(error, response);
    if (types.isPromise(returned)) returned.catch(warn);
  } catch (thrown) {
    warn(thrown);
  }
}

function warn(thrown: unknown): void {
  process.emitWarning(thrown instanceof Error ? thrown : new Error('A callback threw something that is no error'));
}
