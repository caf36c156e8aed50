// Failures of the Trust1Connector API: an Error whose enumerable members are those of the agent's answer.

import { CryptokiError, Pkcs11Error, type Token } from '../index';

/** The status codes of the original agent with what they mean; `Pkcs11Container` uses some of them. */
export const T1C_STATUS: Readonly<Record<number, string>> = Object.freeze({
  0: 'Card reader error',
  1: 'No reader found',
  2: 'Card reader is not a Belfius reader',
  100: 'Card error',
  101: 'Card not present',
  102: 'Wrong card',
  103: 'Wrong PIN, two tries remaining',
  104: 'Wrong PIN, one try remaining',
  105: 'Pin blocked',
  106: 'Invalid pin',
  107: 'Verify Pin not supported by the reader',
  108: 'Application locked',
  109: 'Verify Pin cancelled',
  110: 'Verify Pin timed out',
  111: 'Wrong PIN, four tries remaining',
  112: 'Wrong PIN, three tries remaining',
  113: 'PUK blocked',
  200: 'Malformed JWT',
  201: 'No valid certificate for the JWT',
  202: 'JWT algorithm not supported',
  203: 'Wrong JWT signature',
  204: 'Wrong UID in the JWT',
  205: 'JWT expired',
  300: 'Failed to load the library',
  351: 'File error',
  352: 'File access error',
  400: 'Session error',
  401: 'No active session',
  402: 'Invalid session id',
  500: 'Agent error',
  501: 'Unknown agent',
  800: 'Invalid JSON',
  801: 'Invalid arguments',
  802: 'Invalid HTTP request',
  803: 'Missing authentication token',
  804: 'Invalid authentication token',
  900: 'Internal error',
  901: 'Invalid configuration',
  902: 'Invalid container configuration',
});

/**
 * What a method's callback gets and its promise rejects with. `JSON.stringify` shows `success`, `code` and `description`; `cause` holds what the token
 * said, where it said something.
 *
 * @example
 * pkcs11.signData(request).catch((error) => console.log(error.code, error.description));
 */
export class RestException extends Error {
  /** Always false. */
  readonly success = false;
  /** One of `T1C_STATUS`. */
  readonly code: number;
  /** What `T1C_STATUS` says of the code; the message may say more. */
  readonly description: string;

  /** For the container: `more` says what was wrong, without secrets. */
  constructor(code: number, more?: string, cause?: unknown) {
    const description = T1C_STATUS[code]!;
    super(more === undefined ? description : `${description}: ${more}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.description = description;
  }
}
Object.defineProperty(RestException.prototype, 'name', { value: 'RestException', configurable: true, writable: true });

/** A bad argument. */
export function invalid(more: string, cause?: unknown): RestException {
  return new RestException(801, more, cause);
}

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ['CKR_SLOT_ID_INVALID', 1],
  ['CKR_TOKEN_NOT_PRESENT', 101],
  ['CKR_DEVICE_REMOVED', 101],
  ['CKR_TOKEN_NOT_RECOGNIZED', 102],
  ['CKR_PIN_LOCKED', 105],
  ['CKR_PIN_INVALID', 106],
  ['CKR_PIN_LEN_RANGE', 106],
  ['CKR_FUNCTION_CANCELED', 109],
]);

/** What else the token is to blame for: it says what cannot be, lacks what is needed, or is another one by now. */
const CARD_ERRORS: ReadonlySet<string> = new Set([
  'ERR_CRYPTOKI_CLOSED',
  'ERR_CRYPTOKI_LENGTH',
  'ERR_CRYPTOKI_STALE',
  'ERR_CRYPTOKI_TOO_LARGE',
  'ERR_CRYPTOKI_UNAVAILABLE',
  'ERR_CRYPTOKI_UNSUPPORTED',
]);

/** The exception for whatever went wrong. `token` is asked how many tries are left when it has refused a PIN. */
export async function exceptionOf(error: unknown, token?: Token): Promise<RestException> {
  if (error instanceof RestException) return error;
  if (Pkcs11Error.is(error)) {
    if (error.code === 'CKR_PIN_INCORRECT') return new RestException(await statusOfWrongPin(token), undefined, error);
    return new RestException(STATUS_OF.get(error.code) ?? 100, undefined, error);
  }
  if (CryptokiError.is(error, 'ERR_CRYPTOKI_LOAD_FAILED') || CryptokiError.is(error, 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY')) {
    return new RestException(300, undefined, error);
  }
  if (CryptokiError.is(error) && CARD_ERRORS.has(error.code)) return new RestException(100, undefined, error);
  return new RestException(900, undefined, error);
}

async function statusOfWrongPin(token: Token | undefined): Promise<number> {
  try {
    const info = await token?.info();
    // This try has locked it, though the token calls the PIN wrong and not locked.
    if (info?.userPinLocked) return 105;
    if (info?.userPinFinalTry) return 104;
    if (info?.userPinCountLow) return 103;
  } catch {
    // The PIN was wrong, whatever the token says afterwards.
  }
  return 112;
}
