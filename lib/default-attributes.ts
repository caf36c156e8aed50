// What is read of every object at once, so that the usual questions about it need no further call.

import { CKO } from './generated/constants';
import type { AttributeKey } from './attributes';

const STORAGE = ['class', 'token', 'private', 'label', 'modifiable'] as const;
const KEY = [...STORAGE, 'keyType', 'id', 'local', 'derive'] as const;

/** Per class: its own attributes, and those by which a key's type, strength and public half are known. */
const BY_CLASS: ReadonlyMap<number, readonly AttributeKey[]> = new Map<number, readonly AttributeKey[]>([
  [CKO.DATA, [...STORAGE, 'application', 'objectId']],
  [CKO.CERTIFICATE, [...STORAGE, 'id', 'certificateType', 'trusted', 'certificateCategory', 'subject', 'issuer', 'serialNumber', 'value']],
  [
    CKO.PUBLIC_KEY,
    [
      ...KEY,
      'encrypt',
      'verify',
      'wrap',
      'modulus',
      'modulusBits',
      'publicExponent',
      'ecParams',
      'ecPoint',
      'parameterSet',
      'value',
      'prime',
      'subprime',
      'base',
      'publicKeyInfo',
    ],
  ],
  [
    CKO.PRIVATE_KEY,
    [
      ...KEY,
      'sensitive',
      'extractable',
      'alwaysAuthenticate',
      'decrypt',
      'sign',
      'unwrap',
      'modulus',
      'publicExponent',
      'ecParams',
      'parameterSet',
      'publicKeyInfo',
    ],
  ],
  [CKO.SECRET_KEY, [...KEY, 'sensitive', 'extractable', 'encrypt', 'decrypt', 'sign', 'verify', 'wrap', 'unwrap', 'valueLen']],
  [CKO.OTP_KEY, [...KEY, 'sensitive', 'extractable', 'sign', 'verify']],
  [CKO.DOMAIN_PARAMETERS, [...STORAGE, 'keyType', 'local', 'prime', 'subprime', 'base', 'primeBits', 'ecParams']],
  [CKO.HW_FEATURE, ['class', 'hwFeatureType', 'value', 'resetOnInit', 'hasReset']],
  [CKO.MECHANISM, ['class', 'mechanismType']],
  [CKO.PROFILE, ['class', 'profileId', 'token', 'private', 'label']],
  [
    CKO.VALIDATION,
    [
      'class',
      'validationType',
      'validationVersion',
      'validationLevel',
      'validationModuleId',
      'validationFlag',
      'validationAuthorityType',
      'validationCountry',
      'validationCertificateIdentifier',
      'validationCertificateUri',
      'validationVendorUri',
      'validationProfile',
    ],
  ],
  [
    CKO.TRUST,
    [
      ...STORAGE,
      'issuer',
      'serialNumber',
      'hashOfCertificate',
      'nameHashAlgorithm',
      'trustServerAuth',
      'trustClientAuth',
      'trustCodeSigning',
      'trustEmailProtection',
      'trustIpsecIke',
      'trustTimeStamping',
      'trustOcspSigning',
    ],
  ],
]);

/** The attributes to read of an object of this class, those of `more` included. */
export function defaultAttributes(objectClass: number | undefined, more: readonly AttributeKey[] = []): AttributeKey[] {
  const usual = (objectClass === undefined ? undefined : BY_CLASS.get(objectClass)) ?? STORAGE;
  return [...new Set<AttributeKey>([...usual, ...more])];
}

const KEYS: ReadonlySet<number> = new Set<number>([CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY, CKO.OTP_KEY]);

/** The attributes to read where only those of `only` are wanted: with what a key cannot be used without, whatever else is learned later. */
export function fewAttributes(objectClass: number | undefined, only: readonly AttributeKey[]): AttributeKey[] {
  const needed: AttributeKey[] = objectClass === undefined ? ['class'] : [];
  if (objectClass === undefined || KEYS.has(objectClass)) needed.push('keyType');
  if (objectClass === undefined || objectClass === CKO.PRIVATE_KEY) needed.push('alwaysAuthenticate');
  return [...new Set<AttributeKey>([...only, ...needed])];
}
