// To and from the CryptoKey of Node.js itself: those of a token are made by cryptoki/webcrypto.

import { KeyObject, webcrypto } from 'node:crypto';
import { types } from 'node:util';
import { plainObject, string, wrongType, wrongValue } from './arguments';
import { curveOf } from './curves';
import { DerError, parse } from './der';
import { CKK } from './generated/constants';
import { pairByName, secretByName } from './algorithms/key-types';
import type { AttributeName, Attributes } from './generated/attributes';

/** The algorithm of a CryptoKey: its name where that says all, else what `subtle.importKey` wants. The curve need not be said. */
export type CryptoKeyAlgorithm = string | (webcrypto.Algorithm & { readonly hash?: webcrypto.HashAlgorithmIdentifier; readonly namedCurve?: string });

/** What a public key can do, by algorithm; in all others it verifies. */
const ENCAPSULATES = ['encapsulateKey', 'encapsulateBits'];
const PUBLIC_USAGES: Readonly<Record<string, readonly string[]>> = {
  'rsa-oaep': ['encrypt', 'wrapKey'],
  ecdh: [],
  x25519: [],
  x448: [],
  'ml-kem-512': ENCAPSULATES,
  'ml-kem-768': ENCAPSULATES,
  'ml-kem-1024': ENCAPSULATES,
};

/** The names of Web Cryptography for the curves it has (section 23.2.2). */
const WEB_CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

function webCurveOf(spki: Uint8Array): string | undefined {
  try {
    return parse(spki, (reader) => {
      const algorithm = reader.sequence().sequence();
      algorithm.oid();
      const curve = curveOf(algorithm.element().whole, CKK.EC);
      return curve?.name === undefined ? undefined : (WEB_CURVES[curve.name] ?? curve.name);
    });
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Fields as they are now, so that they cannot change on the way. */
function checkedAlgorithm(algorithm: unknown): { name: string; namedCurve?: unknown } {
  if (typeof algorithm === 'string') return { name: algorithm };
  if (typeof algorithm !== 'object' || algorithm === null) throw wrongType('algorithm', 'a string or an object', algorithm);
  const given = { ...plainObject(algorithm, 'algorithm') };
  return { ...given, name: string(given['name'], 'algorithm.name') };
}

/** The CryptoKey of Node.js for a SubjectPublicKeyInfo. */
export async function cryptoKeyOf(
  spki: Uint8Array,
  algorithm: CryptoKeyAlgorithm,
  usages?: readonly webcrypto.KeyUsage[],
): Promise<webcrypto.CryptoKey> {
  const given = checkedAlgorithm(algorithm);
  const name = given.name.toLowerCase();
  const namedCurve = given.namedCurve ?? (name === 'ecdsa' || name === 'ecdh' ? webCurveOf(spki) : undefined);
  const whole = (namedCurve === undefined ? given : { ...given, namedCurve }) as webcrypto.Algorithm;
  if (usages !== undefined && !Array.isArray(usages)) throw wrongType('usages', 'an array of strings', usages);
  const wanted = [...(usages ?? PUBLIC_USAGES[name] ?? ['verify'])].map((usage, index) => string(usage, `usages[${index}]`));
  try {
    return await webcrypto.subtle.importKey('spki', spki, whole, true, wanted as webcrypto.KeyUsage[]);
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : 'unknown';
    throw Object.assign(wrongValue('algorithm', `does not make a CryptoKey of this public key (${reason})`), { cause });
  }
}

/** What is taken over of a CryptoKey. */
export interface TakenCryptoKey {
  readonly key: KeyObject;
  /** The kind of a secret key. */
  readonly type: string | undefined;
  /** Its usages as attributes. */
  readonly attributes: Attributes;
}

const ATTRIBUTE_OF_USAGE: Readonly<Record<string, AttributeName>> = {
  sign: 'sign',
  verify: 'verify',
  encrypt: 'encrypt',
  decrypt: 'decrypt',
  wrapKey: 'wrap',
  unwrapKey: 'unwrap',
  deriveKey: 'derive',
  deriveBits: 'derive',
  encapsulateKey: 'encapsulate',
  encapsulateBits: 'encapsulate',
  decapsulateKey: 'decapsulate',
  decapsulateBits: 'decapsulate',
};

function secretType(name: string): string {
  if (name.startsWith('AES-')) return 'aes';
  if (name === 'ChaCha20-Poly1305') return 'chacha20';
  return name === 'HMAC' ? 'hmac' : 'generic';
}

/** The attributes that its usages ask for: those that keys of this type have without asking, it has only where it says so. */
function uses({ usages }: webcrypto.CryptoKey, usual: Attributes | undefined): Attributes {
  const asked = usages.flatMap((usage) => ATTRIBUTE_OF_USAGE[usage] ?? []);
  const not = Object.keys(usual ?? {}).map((name) => [name, false] as const);
  return Object.fromEntries([...not, ...asked.map((name) => [name, true] as const)]);
}

/** A CryptoKey of Node.js as KeyObject, with what it may be used for; undefined for everything else. */
export function takenCryptoKey(source: unknown): TakenCryptoKey | undefined {
  // Node.js knows its own by their properties, and a proxy can claim any.
  if (types.isProxy(source) || !types.isCryptoKey(source)) return undefined;
  const cryptoKey = source as webcrypto.CryptoKey;
  // Node.js 20 would give it all the same.
  if (!cryptoKey.extractable) throw wrongValue('key', 'is a CryptoKey that is not extractable: nobody may have it');
  const key = KeyObject.from(cryptoKey);
  if (key.type === 'secret') {
    const type = secretType(cryptoKey.algorithm.name);
    return { key, type, attributes: uses(cryptoKey, secretByName(type)?.use) };
  }
  const row = pairByName(key.asymmetricKeyType ?? '');
  return { key, type: undefined, attributes: uses(cryptoKey, key.type === 'private' ? row?.privateUse : row?.publicUse) };
}
