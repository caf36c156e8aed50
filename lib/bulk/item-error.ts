import { CALL_NAMES, ENGINE, CALL } from '../generated/calls';
import { CryptokiError, Pkcs11Error } from '../errors';
import { engineError } from '../wire/engine-errors';
import { ENGINE_ANSWERED, type BatchOperation, type ItemFailure } from '../wire/batch';

const RECIPE = { sign: CALL.SignOnce, verify: CALL.VerifyOnce, encrypt: CALL.EncryptOnce, decrypt: CALL.DecryptOnce, digest: CALL.DigestOnce };

/** The error of one item of a batch. */
export function itemError({ rv, functionIndex }: ItemFailure, operation: BatchOperation, callTimeLimit: number | undefined): Error {
  if (functionIndex !== ENGINE_ANSWERED) return new Pkcs11Error(rv, CALL_NAMES[functionIndex] ?? `function ${functionIndex}`);
  if (rv !== ENGINE.ABANDONED) return engineError(rv, '', RECIPE[operation]);
  const limit = callTimeLimit === undefined ? '' : ` of ${callTimeLimit} ms`;
  return new CryptokiError('ERR_CRYPTOKI_TIMEOUT', `The call in the token took longer than its time limit${limit}, and was given up`);
}
