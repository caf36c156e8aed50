// The errors of the library. Branch on `code`, never on the text.

import { adviceFor, sentenceFor, type CryptokiErrorCode } from './error-texts';
import { nameOf } from './constants';

export type { CryptokiErrorCode } from './error-texts';

// Two copies of this package in one process must recognise each other's errors, so `instanceof` is not enough.
const PKCS11_ERROR = Symbol.for('cryptoki.Pkcs11Error');
const CRYPTOKI_ERROR = Symbol.for('cryptoki.CryptokiError');

function carries(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && brand in value;
}

function defineName(error: { readonly prototype: Error }, name: string, brand: symbol): void {
  // On the prototype and not enumerable, as the names of the language's own errors: util.inspect then shows the facts only.
  Object.defineProperty(error.prototype, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(error.prototype, brand, { value: true });
}

/**
 * A function of the Cryptoki library answered with a CK_RV other than CKR_OK.
 *
 * @example
 * try {
 *   await token.login(pin);
 * } catch (error) {
 *   if (Pkcs11Error.is(error, 'CKR_PIN_INCORRECT')) askAgain();
 *   else throw error;
 * }
 */
export class Pkcs11Error extends Error {
  /** The name of the CK_RV, such as 'CKR_PIN_INCORRECT', or 'CKR_0x80000123' for a code that the standard does not have. */
  readonly code: string;
  /** The CK_RV as a number. */
  readonly rv: number;
  /** The function that returned it, such as 'C_Login'. */
  readonly call: string;
  /**
   * True where the token was lost during the call and has been recovered since. Whether the call has done its work nobody knows, so it was not repeated: that is
   * for the caller to decide, and it would work now.
   */
  declare readonly recovered?: true;

  /** For layers above this one, and tests: what the package throws it makes itself. */
  constructor(rv: number, call: string, advice?: string, options?: ErrorOptions) {
    const code = nameOf('CKR', rv) ?? `CKR_0x${rv.toString(16).padStart(8, '0')}`;
    const more = advice ?? adviceFor(code);
    super(more === undefined ? `${call}: ${code}` : `${call}: ${code}: ${more}`, options);
    this.code = code;
    this.rv = rv;
    this.call = call;
  }

  /**
   * Whether `value` is a Pkcs11Error, of this or of another copy of the package, and, when given, has that code.
   *
   * @example
   * if (Pkcs11Error.is(error, 'CKR_PIN_LOCKED')) tell('The PIN is locked');
   */
  static is(value: unknown, code?: string): value is Pkcs11Error {
    return carries(value, PKCS11_ERROR) && (code === undefined || (value as Pkcs11Error).code === code);
  }
}
defineName(Pkcs11Error, 'Pkcs11Error', PKCS11_ERROR);

/** Notes on an error of a call that may not be repeated that the token has been recovered since. For the classes of this library only. */
export function markRecovered(error: unknown): unknown {
  if (Pkcs11Error.is(error)) Object.defineProperty(error, 'recovered', { value: true, enumerable: true, configurable: true });
  return error;
}

/** Why a library could not be loaded. */
export type LoadFailureReason = 'missing' | 'directory' | 'not-a-library' | 'architecture' | 'dependency' | 'permission' | 'other';

/** Why a token cannot take a key. */
export type KeyRefusal = 'key-type' | 'key-length';

interface CryptokiErrorOptions extends ErrorOptions {
  readonly call?: string | undefined;
  readonly reason?: LoadFailureReason | KeyRefusal;
  readonly left?: readonly string[];
}

/**
 * An error of this package itself, not of the Cryptoki library. docs/errors.md lists the codes.
 *
 * @example
 * if (CryptokiError.is(error, 'ERR_CRYPTOKI_NOT_FOUND')) return undefined;
 */
export class CryptokiError extends Error {
  /** One of the ERR_CRYPTOKI_… codes. */
  readonly code: CryptokiErrorCode;
  /** The function that was being called, where there was one. */
  declare readonly call?: string;
  /** With ERR_CRYPTOKI_LOAD_FAILED and ERR_CRYPTOKI_ADDON: why. With ERR_CRYPTOKI_UNSUPPORTED, where a key cannot be taken for what it is: which of the two. */
  declare readonly reason?: LoadFailureReason | KeyRefusal;
  /** With ERR_CRYPTOKI_PARTLY_DONE: what is left on the token, in words with its URI where it has one; `cause` says why. */
  declare readonly left?: readonly string[];

  /** For layers above this one, and tests: what the package throws it makes itself. */
  constructor(code: CryptokiErrorCode, message?: string, options?: CryptokiErrorOptions) {
    const text = message ?? sentenceFor(code);
    super(options?.call === undefined ? text : `${options.call}: ${text}`, options);
    this.code = code;
    if (options?.call !== undefined) this.call = options.call;
    if (options?.reason !== undefined) this.reason = options.reason;
    if (options?.left !== undefined) this.left = options.left;
  }

  /**
   * Whether `value` is a CryptokiError, of this or of another copy of the package, and, when given, has that code.
   *
   * @example
   * if (CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT')) tell('The token does not answer');
   */
  static is(value: unknown, code?: CryptokiErrorCode): value is CryptokiError {
    return carries(value, CRYPTOKI_ERROR) && (code === undefined || (value as CryptokiError).code === code);
  }
}
defineName(CryptokiError, 'CryptokiError', CRYPTOKI_ERROR);

/**
 * What an operation rejects with when its AbortSignal was aborted without a reason: the same shape as Node's own AbortError.
 *
 * @example
 * if (error instanceof AbortError) return;
 */
export class AbortError extends Error {
  /** As Node's own. */
  readonly code = 'ABORT_ERR';

  /** For layers above this one, and tests: what the package throws it makes itself. */
  constructor(cause?: unknown) {
    super('The operation was aborted', cause === undefined ? undefined : { cause });
  }
}
Object.defineProperty(AbortError.prototype, 'name', { value: 'AbortError', configurable: true, writable: true });
