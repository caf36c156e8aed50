// For interfaces whose calls bring a PIN each: the login is the token's, so two of them must not meet.

import { realpathSync } from 'node:fs';
import type { CallOptions, Token, User } from './index';

const last = new Map<string, Promise<unknown>>();

/** One at a time by token, whichever module object of this process has it: the login is the same. */
export function alone<Result>(token: Token, work: () => Promise<Result>): Promise<Result> {
  const place = placeOf(token);
  const mine = (last.get(place) ?? Promise.resolve()).then(work);
  const ended: Promise<unknown> = mine
    .catch(() => undefined)
    .finally(() => {
      if (last.get(place) === ended) last.delete(place);
    });
  last.set(place, ended);
  return mine;
}

function placeOf({ slot }: Token): string {
  return `${slot.id} ${realPath(slot.module.path)}`;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // A name that the system's loader looks up in its own places.
    return path;
  }
}

/** Tokens on which logging out has failed, as when the card was pulled: the token object believes in that login, and the library may have restored it. */
const owed = new WeakSet<Token>();

/** Runs `work` and logs out again, unless somebody was logged in before: that one stays. */
export async function loggedOutAfter<Result>(token: Token, options: CallOptions, work: () => Promise<Result>): Promise<Result> {
  options.signal?.throwIfAborted();
  if (owed.has(token)) await logout(token, options);
  const somebody = await whoIsIn(token, options);
  try {
    return await work();
  } finally {
    if (somebody === undefined) {
      owed.add(token);
      await logout(token).catch(() => undefined);
    }
  }
}

async function logout(token: Token, options: CallOptions = {}): Promise<void> {
  await token.logout(options);
  owed.delete(token);
}

/** Who is logged in already, through whatever module object of this process. */
export async function whoIsIn(token: Token, options: CallOptions = {}): Promise<User | undefined> {
  if (token.user !== undefined) return token.user;
  try {
    const session = await token.session(options);
    const { state } = await session.info(options).finally(() => session.close());
    return state === 'public' ? undefined : state;
  } catch {
    // A token that has no second session has nobody else either.
    return undefined;
  }
}
