// The engine answers with codes; here they become errors. Where the standard has a CK_RV that says the same, that one is used, so that callers have one thing to check.

import { rangeError } from '../arguments';
import { CKR } from '../constants';
import { CryptokiError, Pkcs11Error, type CryptokiErrorCode } from '../errors';
import { ENGINE } from '../generated/calls';
import { functionOf } from './call-names';

const CODES: Readonly<Record<number, CryptokiErrorCode>> = {
  [ENGINE.BUSY]: 'ERR_CRYPTOKI_BUSY',
  [ENGINE.CLOSED]: 'ERR_CRYPTOKI_CLOSED',
  [ENGINE.CANCELLED]: 'ERR_CRYPTOKI_CANCELLED',
  [ENGINE.MEMORY]: 'ERR_CRYPTOKI_MEMORY',
  [ENGINE.TOO_LARGE]: 'ERR_CRYPTOKI_TOO_LARGE',
  [ENGINE.LENGTH_LIE]: 'ERR_CRYPTOKI_LENGTH',
  [ENGINE.NOT_LOADED]: 'ERR_CRYPTOKI_NOT_LOADED',
  [ENGINE.THREAD_FAILED]: 'ERR_CRYPTOKI_THREAD',
  [ENGINE.NOT_ALLOWED]: 'ERR_CRYPTOKI_NOT_ALLOWED',
};

/** The error for an engine code. `requested` is the call that was asked for; `detail` what the engine adds, such as the function that is missing. */
export function engineError(code: number, detail: string, requested: number): Error {
  const call = /^C_[A-Za-z]+$/.test(detail) ? detail : functionOf(requested);
  switch (code) {
    case ENGINE.FUNCTION_MISSING:
      return new Pkcs11Error(CKR.FUNCTION_NOT_SUPPORTED, call, 'the library does not have this function');
    case ENGINE.SESSION_UNKNOWN:
      return new Pkcs11Error(CKR.SESSION_HANDLE_INVALID, call);
    case ENGINE.NOT_INITIALIZED:
      return new Pkcs11Error(CKR.CRYPTOKI_NOT_INITIALIZED, call);
    case ENGINE.ULONG_RANGE:
      return rangeError('A number does not fit into the CK_ULONG of this platform');
  }
  const known = CODES[code];
  if (known !== undefined) return new CryptokiError(known, undefined, { call });
  return new CryptokiError('ERR_CRYPTOKI_INTERNAL', `The two halves of this package disagree (engine code ${code} ${detail}); please report it`, {
    call,
  });
}
