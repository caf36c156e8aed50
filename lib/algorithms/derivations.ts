// How keys are derived from keys: one row per algorithm.

import { CKD, CKF, CKK, CKM } from '../generated/constants';
import { boolean, bytes, integer, wrongValue } from '../arguments';
import { field, hashField, optionalBytes, type Given } from './ciphers';
import type { KeyFacts, Parameter } from './facts';

/** What a row may ask for while it makes a parameter. */
export interface DerivationHelp {
  /** The public value of the other side: bytes as they are, or taken out of a key. */
  publicValue(value: unknown, facts: KeyFacts): Uint8Array;
  /** The handle of a secret key on the same token. */
  handle(key: unknown, name: string): bigint;
  /** Whether something is a key of this library. */
  isKey(value: unknown): boolean;
}

export interface DerivationRow {
  readonly name: string;
  /** Types of base key; undefined: every secret key. */
  readonly keyTypes: readonly number[] | undefined;
  readonly fields: readonly string[];
  readonly mechanism: (given: Given) => number;
  readonly parameter: (given: Given, facts: KeyFacts, help: DerivationHelp) => Parameter;
  /** Bytes that come out when no length is asked for; undefined where a length must be given. */
  readonly bytes: (facts: KeyFacts, given: Given) => number | undefined;
}

function kdfOf(given: Given): number {
  return given.kdf === undefined || given.kdf === null ? CKD.NULL : (hashField(given, 'kdf', '', ({ kdf }) => kdf !== undefined).kdf ?? CKD.NULL);
}

function ecdh(given: Given, facts: KeyFacts, help: DerivationHelp): Parameter {
  const kdf = kdfOf(given);
  const sharedData = optionalBytes(given, 'sharedData');
  if (kdf === CKD.NULL && sharedData !== undefined) throw wrongValue('algorithm.sharedData', "needs a 'kdf' that uses it");
  return { kdf, sharedData, publicData: help.publicValue(given.publicKey, facts) };
}

function hkdf(given: Given, _facts: KeyFacts, help: DerivationHelp): Parameter {
  const extract = boolean(given.extract ?? true, 'algorithm.extract');
  const expand = boolean(given.expand ?? true, 'algorithm.expand');
  if (!extract && !expand) throw wrongValue('algorithm.expand', 'and algorithm.extract cannot both be false');
  const { hmac, mechanism } = hashField(given, 'hash', 'sha256', (hash) => hash.hmac !== undefined);
  if (hmac === undefined || mechanism === undefined) throw wrongValue('algorithm.hash', 'has no mechanism');
  const common = { extract, expand, prfHashMechanism: mechanism, info: optionalBytes(given, 'info') };
  if (given.salt === undefined || given.salt === null) return { ...common, saltType: CKF.HKDF_SALT_NULL };
  if (help.isKey(given.salt)) return { ...common, saltType: CKF.HKDF_SALT_KEY, saltKey: help.handle(given.salt, 'algorithm.salt') };
  const salt = bytes(given.salt, 'algorithm.salt');
  // RFC 5869 section 2.2: an empty salt is none; NSS takes it only as that.
  return salt.length === 0 ? { ...common, saltType: CKF.HKDF_SALT_NULL } : { ...common, saltType: CKF.HKDF_SALT_DATA, salt };
}

const data = (given: Given): { data: Uint8Array } => ({ data: bytes(given.data, 'algorithm.data') });

const withData = (name: string, mechanism: number): DerivationRow => ({
  name,
  keyTypes: undefined,
  fields: ['data'],
  mechanism: () => mechanism,
  parameter: data,
  bytes: () => undefined,
});

const dataBytes = (_facts: KeyFacts, given: Given): number | undefined => (ArrayBuffer.isView(given.data) ? given.data.byteLength : undefined);

export const DERIVATIONS: readonly DerivationRow[] = Object.freeze([
  {
    name: 'ecdh',
    // Edwards: SoftHSM 2.6 keeps X25519 and X448 keys under that type.
    keyTypes: [CKK.EC, CKK.EC_MONTGOMERY, CKK.EC_EDWARDS],
    fields: ['publicKey', 'kdf', 'sharedData', 'cofactor'],
    mechanism: ({ cofactor }) => (boolean(cofactor ?? false, 'algorithm.cofactor') ? CKM.ECDH1_COFACTOR_DERIVE : CKM.ECDH1_DERIVE),
    parameter: ecdh,
    bytes: ({ curve }, { kdf }) => (kdf === undefined || kdf === null ? curve?.fieldBytes : undefined),
  },
  {
    name: 'dh',
    keyTypes: [CKK.DH],
    fields: ['publicKey'],
    mechanism: () => CKM.DH_PKCS_DERIVE,
    parameter: (given, facts, help) => help.publicValue(given.publicKey, facts),
    bytes: ({ modulusBytes }) => modulusBytes,
  },
  {
    name: 'hkdf',
    keyTypes: undefined,
    fields: ['hash', 'salt', 'info', 'extract', 'expand'],
    mechanism: () => CKM.HKDF_DERIVE,
    parameter: hkdf,
    bytes: (_facts, given) => (given.expand === false ? hashField(given, 'hash', 'sha256', () => true).bytes : undefined),
  },
  withData('concatenate-key-data', CKM.CONCATENATE_BASE_AND_DATA),
  withData('concatenate-data-key', CKM.CONCATENATE_DATA_AND_BASE),
  withData('xor-data', CKM.XOR_BASE_AND_DATA),
  {
    name: 'concatenate-key-key',
    keyTypes: undefined,
    fields: ['key'],
    mechanism: () => CKM.CONCATENATE_BASE_AND_KEY,
    parameter: (given, _facts, help) => help.handle(given.key, 'algorithm.key'),
    bytes: () => undefined,
  },
  {
    name: 'extract-bits',
    keyTypes: undefined,
    fields: ['firstBit'],
    mechanism: () => CKM.EXTRACT_KEY_FROM_KEY,
    parameter: (given) => integer(given.firstBit ?? 0, 'algorithm.firstBit'),
    bytes: () => undefined,
  },
  {
    name: 'aes-ecb-data',
    keyTypes: [CKK.AES],
    fields: ['data'],
    mechanism: () => CKM.AES_ECB_ENCRYPT_DATA,
    parameter: data,
    bytes: dataBytes,
  },
  {
    name: 'aes-cbc-data',
    keyTypes: [CKK.AES],
    fields: ['iv', 'data'],
    mechanism: () => CKM.AES_CBC_ENCRYPT_DATA,
    parameter: (given) => ({ iv: field(given, 'iv', [16]), ...data(given) }),
    bytes: dataBytes,
  },
]);
