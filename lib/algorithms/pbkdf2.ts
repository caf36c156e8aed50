// Keys from passwords: RFC 8018.

import { bytes, integer, plainObject, string } from '../arguments';
import { CKM, CKP, CKZ } from '../generated/constants';
import { copyOf } from '../bytes';
import { hashField } from './ciphers';
import type { Hash } from './hashes';
import type { Quirks } from './quirks';
import type { MechanismWithParameter } from '../mechanism';

/** How a key is made from a password: PBKDF2 (RFC 8018, section 5.2; CKM_PKCS5_PBKD2). */
export interface Pbkdf2 {
  /** Text is taken as UTF-8. */
  readonly password: string | Uint8Array;
  /** At least 16 random bytes, by the RFC's advice. */
  readonly salt: Uint8Array;
  /** How often the pseudorandom function is applied. */
  readonly iterations: number;
  /** Of its HMAC. Default: 'sha256'. */
  readonly hash?: string | undefined;
}

const encoder = new TextEncoder();
const usable = ({ pbkdf2: prf }: Hash): boolean => prf !== undefined;

/** The structure with the length of the password, or the first one of v2.40, with a pointer to it by mistake. */
export type Pbkdf2Structure = 'CK_PKCS5_PBKD2_PARAMS2' | 'CK_PKCS5_PBKD2_PARAMS';

export const pbkdf2Structure = ({ firstPbkdf2 }: Quirks): Pbkdf2Structure =>
  firstPbkdf2 === true ? 'CK_PKCS5_PBKD2_PARAMS' : 'CK_PKCS5_PBKD2_PARAMS2';

/** Checked copies of the fields; the password's is the caller's to wipe. */
export function pbkdf2Fields(fields: Pbkdf2): Pbkdf2 & { readonly password: Uint8Array } {
  const { password, salt, iterations, hash } = plainObject(fields, 'pbkdf2');
  hashField({ hash }, 'hash', 'sha256', usable);
  return {
    password:
      typeof password === 'string' ? encoder.encode(string(password, 'pbkdf2.password', true)) : copyOf(bytes(password, 'pbkdf2.password', true)),
    salt: copyOf(bytes(salt, 'pbkdf2.salt')),
    iterations: integer(iterations, 'pbkdf2.iterations', 1),
    hash: hash as string | undefined,
  };
}

/** CKM_PKCS5_PBKD2. */
export function pbkdf2(fields: Pbkdf2, structure: Pbkdf2Structure = 'CK_PKCS5_PBKD2_PARAMS2'): MechanismWithParameter {
  const { password, salt, iterations, hash } = pbkdf2Fields(fields);
  const { pbkdf2: prf } = hashField({ hash }, 'hash', 'sha256', usable);
  const parameter = {
    saltSource: CKZ.SALT_SPECIFIED,
    saltSourceData: salt,
    iterations,
    prf: prf ?? CKP.PKCS5_PBKD2_HMAC_SHA256,
    password,
  };
  return { mechanism: CKM.PKCS5_PBKD2, parameter, structure };
}
