// The errors of the standard, and what becomes of the token's.

import { CryptokiError, Pkcs11Error } from '../errors';
import { CKR } from '../generated/constants';

/** The names of DOMException that Web Cryptography uses, save for those of getRandomValues. */
export type DomErrorName = 'InvalidAccessError' | 'NotSupportedError' | 'OperationError' | 'DataError' | 'SyntaxError';

/** A DOMException of that name. */
export function domError(name: DomErrorName, message: string, cause?: unknown): DOMException {
  // The types of Node 20 do not know of the cause, which it has.
  return new DOMException(message, cause === undefined ? name : ({ name, cause } as unknown as string));
}

/** Codes by which a token says that it has no such thing at all. */
const LACKING: ReadonlySet<number> = new Set<number>([
  CKR.FUNCTION_NOT_SUPPORTED,
  CKR.MECHANISM_INVALID,
  CKR.CURVE_NOT_SUPPORTED,
  // NSS, of a curve that it does not have: the parameters are always ours.
  CKR.DOMAIN_PARAMS_INVALID,
  CKR.KEY_SIZE_RANGE,
]);

/** Codes by which a token says that this key must not be used so. */
const FORBIDDEN: ReadonlySet<number> = new Set<number>([
  CKR.KEY_FUNCTION_NOT_PERMITTED,
  CKR.KEY_NOT_WRAPPABLE,
  CKR.KEY_UNEXTRACTABLE,
  CKR.ATTRIBUTE_SENSITIVE,
]);

/** The standard's error for what the library or the token has thrown, with that as its cause; an error of the standard stays as it is. */
export function fromToken(error: unknown): unknown {
  if (error instanceof DOMException) return error;
  if (Pkcs11Error.is(error)) {
    const name = LACKING.has(error.rv) ? 'NotSupportedError' : FORBIDDEN.has(error.rv) ? 'InvalidAccessError' : 'OperationError';
    return domError(name, `The token refuses: ${error.code}`, error);
  }
  if (CryptokiError.is(error, 'ERR_CRYPTOKI_UNSUPPORTED')) return domError('NotSupportedError', error.message, error);
  if (CryptokiError.is(error)) return domError('OperationError', `The operation failed: ${error.code}`, error);
  return domError('OperationError', 'The operation failed', error);
}

/** What `work` gives, its failure in the standard's words. */
export async function onToken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromToken(error);
  }
}
