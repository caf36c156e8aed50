import { CKR } from './generated/constants';
import { Pkcs11Error } from './errors';

/**
 * What a return code says about the world beyond the call that returned it.
 *
 * - `session-lost`: this session is gone, others may live.
 * - `session-dirty`: an operation is left active in it; the session is not fit for the next user.
 * - `session-limit`: the token stands no further session.
 * - `token-lost`: the token or its device is gone, and every session with it.
 * - `device-error`: the device is in trouble; its sessions may have outlived it.
 * - `library-lost`: the library was finalised behind our back.
 * - `login-lost`: nobody is logged in any more.
 * - `handle-stale`: the handle of an object means nothing now.
 */
export type Meaning =
  | 'session-lost'
  | 'session-dirty'
  | 'session-limit'
  | 'token-lost'
  | 'device-error'
  | 'library-lost'
  | 'login-lost'
  | 'handle-stale';

/** The one table of codes that ask for more than an error message; PKCS #11 v3.2, section 5.1. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [CKR.SESSION_HANDLE_INVALID, 'session-lost'],
  [CKR.SESSION_CLOSED, 'session-lost'],
  [CKR.OPERATION_ACTIVE, 'session-dirty'],
  [CKR.OPERATION_CANCEL_FAILED, 'session-dirty'],
  [CKR.SESSION_COUNT, 'session-limit'],
  [CKR.TOKEN_RESOURCE_EXCEEDED, 'session-limit'],
  [CKR.DEVICE_REMOVED, 'token-lost'],
  [CKR.TOKEN_NOT_PRESENT, 'token-lost'],
  [CKR.DEVICE_ERROR, 'device-error'],
  [CKR.CRYPTOKI_NOT_INITIALIZED, 'library-lost'],
  [CKR.USER_NOT_LOGGED_IN, 'login-lost'],
  [CKR.OBJECT_HANDLE_INVALID, 'handle-stale'],
  [CKR.KEY_HANDLE_INVALID, 'handle-stale'],
]);

/** What `error` says beyond its call; undefined for everything that concerns this call only. */
export function meaningOf(error: unknown): Meaning | undefined {
  return Pkcs11Error.is(error) ? MEANINGS.get(error.rv) : undefined;
}
