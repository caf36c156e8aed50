// Public keys from attributes: as SubjectPublicKeyInfo (RFC 5280 section 4.1), and as KeyObject of node:crypto.

import { createHash, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { CKK } from './generated/constants';
import { CryptokiError } from './errors';
import { cryptoKeyOf, type CryptoKeyAlgorithm } from './crypto-key';
import { curveOf, pointOf } from './curves';
import { algorithmIdentifier, bitString, DerError, integer, nullValue, oid, parse, sequence, TAG } from './der';
import { nameOr } from './inspect';
import { parameterSetOf } from './algorithms/parameter-sets';
import type { Attributes } from './generated/attributes';

/** A public key: its DER, and what node:crypto makes of it. */
export interface PublicKeyMaterial {
  /** The SubjectPublicKeyInfo in DER. */
  toSpki(): Uint8Array;
  /** The key for node:crypto. */
  toKeyObject(): KeyObject;
  /** The key for Web Cryptography of Node.js. */
  toCryptoKey(algorithm: CryptoKeyAlgorithm, usages?: readonly webcrypto.KeyUsage[]): Promise<webcrypto.CryptoKey>;
}

export const OID = Object.freeze({
  RSA: '1.2.840.113549.1.1.1',
  EC: '1.2.840.10045.2.1',
  DSA: '1.2.840.10040.4.1',
  DH: '1.2.840.113549.1.3.1',
});

type Builder = (attributes: Attributes, keyType: number) => Uint8Array | undefined;

function rsa({ modulus, publicExponent }: Attributes): Uint8Array | undefined {
  if (modulus === undefined || publicExponent === undefined) return undefined;
  return spki(algorithmIdentifier(OID.RSA, nullValue()), sequence(integer(modulus), integer(publicExponent)));
}

function onCurve({ ecParams, ecPoint }: Attributes, keyType: number): Uint8Array | undefined {
  const curve = ecParams === undefined ? undefined : curveOf(ecParams, keyType);
  const point = curve === undefined || ecPoint === undefined ? undefined : pointOf(ecPoint, curve);
  if (ecParams === undefined || curve === undefined || point === undefined) return undefined;
  if (curve.kind !== 'weierstrass') return curve.oid === undefined ? undefined : spki(algorithmIdentifier(curve.oid), point);
  // A curve by its PKCS#11 name becomes its identifier; parameters in full stay as they are.
  const parameters = ecParams[0] === TAG.SEQUENCE || curve.oid === undefined ? ecParams : oid(curve.oid);
  return spki(algorithmIdentifier(OID.EC, parameters), point);
}

function dsa({ prime, subprime, base, value }: Attributes): Uint8Array | undefined {
  if (prime === undefined || subprime === undefined || base === undefined || value === undefined) return undefined;
  return spki(algorithmIdentifier(OID.DSA, sequence(integer(prime), integer(subprime), integer(base))), integer(value));
}

function dh({ prime, base, value }: Attributes): Uint8Array | undefined {
  if (prime === undefined || base === undefined || value === undefined) return undefined;
  return spki(algorithmIdentifier(OID.DH, sequence(integer(prime), integer(base))), integer(value));
}

function ofSet({ parameterSet, value }: Attributes, keyType: number): Uint8Array | undefined {
  const set = parameterSetOf(keyType, parameterSet);
  return set === undefined || value?.length !== set.publicKeyBytes ? undefined : spki(algorithmIdentifier(set.oid), value);
}

const spki = (algorithm: Uint8Array, key: Uint8Array): Uint8Array => sequence(algorithm, bitString(key));

const BUILDERS: ReadonlyMap<number, Builder> = new Map<number, Builder>([
  [CKK.RSA, rsa],
  [CKK.EC, onCurve],
  [CKK.EC_EDWARDS, onCurve],
  [CKK.EC_MONTGOMERY, onCurve],
  [CKK.DSA, dsa],
  [CKK.DH, dh],
  [CKK.ML_DSA, ofSet],
  [CKK.ML_KEM, ofSet],
  [CKK.SLH_DSA, ofSet],
]);

function isSpki(bytes: Uint8Array): boolean {
  try {
    parse(bytes, (reader) => {
      const body = reader.sequence();
      body.sequence().oid();
      body.bits();
      body.end();
    });
    return true;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/**
 * The SubjectPublicKeyInfo of a public key, or of a private key that knows its public half; undefined where the attributes do
 * not say it. CKA_PUBLIC_KEY_INFO comes second: some tokens leave it empty, and some put something else there.
 */
export function spkiOf(attributes: Attributes): Uint8Array | undefined {
  const keyType = attributes.keyType ?? CKK.VENDOR_DEFINED;
  const built = BUILDERS.get(keyType)?.(attributes, keyType);
  if (built !== undefined) return built;
  const info = attributes.publicKeyInfo;
  return info !== undefined && isSpki(info) ? Uint8Array.from(info) : undefined;
}

/** As `spkiOf`; throws where the attributes do not say it. */
export function requireSpki(attributes: Attributes): Uint8Array {
  const der = spkiOf(attributes);
  if (der !== undefined) return der;
  const type = nameOr('CKK', attributes.keyType ?? CKK.VENDOR_DEFINED);
  throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `The token does not tell the public key, or in a form that is not understood (${type})`);
}

/** The KeyObject of a SubjectPublicKeyInfo. Throws where this Node.js has no such type of key. */
export function keyObjectOf(der: Uint8Array): KeyObject {
  try {
    if (isInfinity(subjectPublicKey(der))) throw new TypeError(INFINITY);
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    const message = `Node.js ${process.version} has no KeyObject for this type of key; toSpki() gives it in DER`;
    throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', message, { cause });
  }
}

/** The key inside a SubjectPublicKeyInfo: of an elliptic curve the point. */
export const subjectPublicKey = (der: Uint8Array): Uint8Array =>
  parse(der, (reader) => {
    const body = reader.sequence();
    body.element();
    return body.bits();
  });

/** SHA-1 of the key inside a SubjectPublicKeyInfo (RFC 5280 section 4.2.1.2): the usual CKA_ID of what belongs together. */
export const keyIdentifier = (der: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha1').update(subjectPublicKey(der)).digest());

// The point at infinity, which OpenSSL reads, is no public key (SEC 1, section 3.2.2.1), and Node.js 20 ends the process when it is asked for the curve or the coordinates
// of one. It has a single byte, and no other key has.
const INFINITY = 'The public key is the point at infinity';
const isInfinity = (key: Uint8Array): boolean => key.length < 2;

/** The SubjectPublicKeyInfo of a key of node:crypto. Throws for the point at infinity. */
export function publicDer(key: KeyObject): Buffer {
  const der = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' });
  if (isInfinity(subjectPublicKey(der))) throw new TypeError(INFINITY);
  return der;
}

/**
 * The public half of a private key where the token has no object for it: known from a certificate or from the private key.
 *
 * @example
 * const pem = (await key.findPublicKey())?.toKeyObject().export({ format: 'pem', type: 'spki' });
 */
export class DetachedPublicKey implements PublicKeyMaterial {
  readonly #spki: Uint8Array;

  /** Not for callers: `privateKey.publicKey` and `privateKey.findPublicKey()` give them. */
  constructor(spki: Uint8Array) {
    this.#spki = spki;
  }

  /**
   * The SubjectPublicKeyInfo in DER (RFC 5280).
   *
   * @example
   * const der = key.publicKey?.toSpki();
   */
  toSpki(): Uint8Array {
    return Uint8Array.from(this.#spki);
  }

  /**
   * The key for node:crypto. Throws `ERR_CRYPTOKI_UNSUPPORTED` where this Node.js has no such type of key.
   *
   * @example
   * const keyObject = key.publicKey?.toKeyObject();
   */
  toKeyObject(): KeyObject {
    return keyObjectOf(this.#spki);
  }

  /**
   * The key for Web Cryptography of Node.js, as `PublicKey.toCryptoKey`.
   *
   * @example
   * const cryptoKey = await key.publicKey?.toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' });
   */
  toCryptoKey(algorithm: CryptoKeyAlgorithm, usages?: readonly webcrypto.KeyUsage[]): Promise<webcrypto.CryptoKey> {
    return cryptoKeyOf(this.#spki, algorithm, usages);
  }
}
