import { Pkcs11Error } from './errors';
import { meaningOf, type Meaning } from './recovery-codes';

/** What becomes of a session: it is used again, it is closed, or what is active in it is ended. */
export type Fate = 'keep' | 'end' | 'reset';

/** What becomes of a session that has met `error`. The login and session objects live in the anchor: it is kept as long as it lives. */
export function fateOf(error: unknown, isAnchor: boolean): Fate {
  const meaning = meaningOf(error);
  if (meaning === 'session-lost' || meaning === 'token-lost' || meaning === 'library-lost') return 'end';
  const doubtful = meaning === 'session-dirty' || meaning === 'device-error' || leavesActive(meaning, error);
  if (!doubtful) return 'keep';
  return isAnchor ? 'reset' : 'end';
}

/** An operation that the token had begun, and then knew nothing of its key or its user, may still be there. */
function leavesActive(meaning: Meaning | undefined, error: unknown): boolean {
  return (meaning === 'login-lost' || meaning === 'handle-stale') && Pkcs11Error.is(error) && !error.call.endsWith('Init');
}

/** Whether what `error` says of one session is true of all: they are gone, or nobody is logged in any more. */
export function isLostForAll(error: unknown): boolean {
  const meaning = meaningOf(error);
  return meaning === 'token-lost' || meaning === 'library-lost' || meaning === 'login-lost';
}
