import { CKR } from './generated/constants';
import { CryptokiError, Pkcs11Error } from './errors';

/**
 * What a return code says about the world beyond the call that returned it.
 *
 * - `session-lost`: this session is gone, others may live.
 * - `session-dirty`: an operation is left active in it; the session is not fit for the next user.
 * - `session-limit`: the token stands no further session.
 * - `token-lost`: the token or its device is gone, and every session with it.
 * - `device-error`: the device is in trouble; its sessions may have outlived it.
 * - `device-lost`: the library has lost its device, and finds it again only when it is initialised anew.
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
  | 'device-lost'
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
  [CKR.WRAPPING_KEY_HANDLE_INVALID, 'handle-stale'],
  [CKR.UNWRAPPING_KEY_HANDLE_INVALID, 'handle-stale'],
]);

/** After these codes a session rests until somebody has decided what becomes of it. */
export const SUSPENDING: readonly number[] = Object.freeze([...MEANINGS].filter(([, meaning]) => meaning !== 'session-limit').map(([rv]) => rv));

/** What `error` says beyond its call; undefined for everything that concerns this call only. */
export function meaningOf(error: unknown): Meaning | undefined {
  return Pkcs11Error.is(error) ? MEANINGS.get(error.rv) : undefined;
}

/** Whether `error` says nothing of itself, but may mean `device-lost` with some libraries: see the quirk `losesDevice`. */
export const mayBeDeviceLost = (error: unknown): boolean => Pkcs11Error.is(error, 'CKR_GENERAL_ERROR');

/**
 * The answers to C_Login by which the PIN has not been looked at: what is not there cannot count tries. All others may have cost one, those that name the device
 * rather than the PIN too, for a card counts before it compares.
 */
const PIN_UNTOUCHED: ReadonlySet<number> = new Set<number>([
  CKR.SESSION_HANDLE_INVALID,
  CKR.SESSION_CLOSED,
  CKR.CRYPTOKI_NOT_INITIALIZED,
  CKR.TOKEN_NOT_PRESENT,
  CKR.OPERATION_ACTIVE,
]);

/** The answers that leave it open whether it was the PIN. */
const PIN_IN_DOUBT: ReadonlySet<number> = new Set<number>([
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.DEVICE_MEMORY,
  CKR.HOST_MEMORY,
  CKR.GENERAL_ERROR,
  CKR.FUNCTION_FAILED,
  CKR.FUNCTION_CANCELED,
]);

const isLogin = (error: Pkcs11Error): boolean => error.call === 'C_Login' || error.call === 'C_LoginUser';

/** Whether the failure of a login says something of the PIN. */
export type PinVerdict = 'untouched' | 'in-doubt' | 'refused';

export function pinVerdict(error: unknown): PinVerdict {
  // Given up, or never made: the one may have reached the token, the other has not.
  if (!Pkcs11Error.is(error)) return CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT') ? 'in-doubt' : 'untouched';
  if (!isLogin(error) || PIN_UNTOUCHED.has(error.rv)) return 'untouched';
  return PIN_IN_DOUBT.has(error.rv) ? 'in-doubt' : 'refused';
}

/** A login failed in a way that may have cost a try. */
export function isLoginInDoubt(error: unknown): boolean {
  return Pkcs11Error.is(error) && isLogin(error) && !PIN_UNTOUCHED.has(error.rv);
}
