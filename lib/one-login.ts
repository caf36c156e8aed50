// For interfaces whose calls bring a PIN each: the login is the token's, so two of them must not meet.

import type { CallOptions, Token } from './index';

const last = new WeakMap<Token, Promise<unknown>>();

/** One at a time by token. */
export function alone<Result>(token: Token, work: () => Promise<Result>): Promise<Result> {
  const mine = (last.get(token) ?? Promise.resolve()).then(work);
  last.set(
    token,
    mine.catch(() => undefined),
  );
  return mine;
}

/** Whether somebody is logged in already, through whatever module object of this process. */
export async function isTaken(token: Token, options: CallOptions = {}): Promise<boolean> {
  if (token.loggedIn) return true;
  try {
    const session = await token.session(options);
    const { state } = await session.info(options).finally(() => session.close());
    return state !== 'public';
  } catch {
    // A token that has no second session has nobody else either.
    return false;
  }
}
