// What the checks of graphene-pk11 have in common.

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Key, MechanismType, PrivateKey, PublicKey, Session } from 'graphene-pk11';
import { algorithmIdentifier, bitString, DerReader, sequence, TAG, oid } from '../../../../lib/der';

/** A promise of what a function with a callback gives. */
export const called = <T>(body: (callback: (error: Error | null, value?: T | null) => void) => unknown): Promise<T> =>
  new Promise((resolve, reject) => void body((error, value) => (error ? reject(error) : resolve(value as T))));

export const sign = (session: Session, mechanism: MechanismType, key: Key, data: Buffer): Promise<Buffer> =>
  called((callback) => session.createSign(mechanism, key).once(data, callback));

export const verify = (session: Session, mechanism: MechanismType, key: Key, data: Buffer, signature: Buffer): Promise<boolean> =>
  called((callback) => session.createVerify(mechanism, key).once(data, signature, callback));

export const encrypt = (session: Session, mechanism: MechanismType, key: Key, data: Buffer): Promise<Buffer> =>
  called((callback) => session.createCipher(mechanism, key).once(data, Buffer.alloc(data.length + 1024), callback));

export const decrypt = (session: Session, mechanism: MechanismType, key: Key, data: Buffer): Promise<Buffer> =>
  called((callback) => session.createDecipher(mechanism, key).once(data, Buffer.alloc(data.length + 1024), callback));

export interface Pair {
  readonly publicKey: PublicKey;
  readonly privateKey: PrivateKey;
}

/** The public key of the token for node:crypto. */
export function rsaPublicKey(key: Key): KeyObject {
  const { modulus, publicExponent } = key.getAttribute({ modulus: null, publicExponent: null }) as { modulus: Buffer; publicExponent: Buffer };
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: text(modulus), e: text(publicExponent) }, format: 'jwk' });
}

/** CKA_EC_POINT without its OCTET STRING. */
export const point = (key: Key): Buffer => Buffer.from(new DerReader(key.getAttribute('pointEC') as Buffer).read(TAG.OCTET_STRING));

/** The public key of the token for node:crypto, on a curve of Weierstrass. */
export function ecPublicKey(key: Key): KeyObject {
  // CKA_EC_PARAMS has two names there, and comes back by the first of them.
  const curve = key.getAttribute('paramsECDSA') as Buffer;
  const spki = sequence(sequence(oid('1.2.840.10045.2.1'), curve), bitString(point(key)));
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

export const ed25519PublicKey = (key: Key): KeyObject =>
  createPublicKey({ key: Buffer.from(sequence(algorithmIdentifier('1.3.101.112'), bitString(point(key)))), format: 'der', type: 'spki' });

export interface DsaNumbers {
  readonly prime: Buffer;
  readonly subprime: Buffer;
  readonly base: Buffer;
  /** y of a public key, x of a private one. */
  readonly value: Buffer;
}

/** The numbers of DSA keys of node:crypto. */
export function dsaNumbers(key: KeyObject): DsaNumbers {
  const isPublic = key.type === 'public';
  const reader = new DerReader(key.export({ format: 'der', type: isPublic ? 'spki' : 'pkcs8' } as { format: 'der'; type: 'pkcs8' })).sequence();
  if (!isPublic) reader.unsigned();
  const algorithm = reader.sequence();
  algorithm.oid();
  const parameters = algorithm.sequence();
  const [prime, subprime, base] = [parameters.unsigned(), parameters.unsigned(), parameters.unsigned()].map((number) => Buffer.from(number));
  const value = Buffer.from(new DerReader(isPublic ? reader.bits() : reader.read(TAG.OCTET_STRING)).unsigned());
  return { prime: prime!, subprime: subprime!, base: base!, value };
}
