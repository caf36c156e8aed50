// The algorithms of these conventions in the words of the library.

import { createHash } from 'node:crypto';
import { CKK, CKM, type CallOptions, type PrivateKey, type SignatureOptions } from '../index';
import { badParameters } from './error';

const HASHES: Readonly<Record<number, string>> = { 20: 'sha1', 32: 'sha256', 48: 'sha384', 64: 'sha512' };
const NAMES: readonly string[] = Object.values(HASHES);

/** Parameters of PSS. The hash of the data, where it is not named, is the one of that length. */
export interface PssAlgorithm {
  /** The hash of the mask: 'sha1', 'sha256', 'sha384', 'sha512'. */
  readonly mgf: string;
  /** Bytes of the salt. */
  readonly saltLen: number;
  /** The hash of the data. */
  readonly hashAlg?: string | undefined;
}

/** How `sign` signs: null is PKCS #1 over the bytes as they are; a hash's name says that the data is such a hash. */
export type SignAlgorithm = string | null | undefined | PssAlgorithm;

/** How `decrypt` decrypts: PKCS #1 v1.5 where nothing else is said. */
export type DecryptAlgorithm =
  | null
  | undefined
  | { readonly type?: 'pkcs1' | 'oaep' | 'raw' | undefined; readonly hashAlg?: string | undefined; readonly mgf?: string | undefined };

function hashName(value: unknown, name: string): string {
  const lower = typeof value === 'string' ? value.toLowerCase().replace('-', '') : '';
  if (NAMES.includes(lower)) return lower;
  throw badParameters(`"${name}" must be 'sha1', 'sha256', 'sha384' or 'sha512'.`);
}

function isPss(algorithm: unknown): algorithm is PssAlgorithm {
  return typeof algorithm === 'object' && algorithm !== null;
}

function pssOptions({ mgf, saltLen }: PssAlgorithm): SignatureOptions {
  if (!Number.isSafeInteger(saltLen) || saltLen < 0) throw badParameters('"saltLen" must be a number of bytes.');
  return { padding: 'pss', saltLength: saltLen, mgf1Hash: hashName(mgf, 'mgf') };
}

const isEc = (key: PrivateKey): boolean => key.keyType === CKK.EC;
const isRsa = (key: PrivateKey): boolean => key.keyType === CKK.RSA;

/** Signs data that is a hash, or the very bytes to be signed. */
export async function sign(key: PrivateKey, data: Uint8Array, algorithm: SignAlgorithm, options: CallOptions): Promise<Uint8Array> {
  if (isPss(algorithm)) {
    const pss = pssOptions(algorithm);
    const hash = algorithm.hashAlg === undefined ? HASHES[data.length] : hashName(algorithm.hashAlg, 'hashAlg');
    if (hash === undefined) throw badParameters('For PSS the data must be a SHA-1 or SHA-2 hash.');
    return key.signDigest(hash, data, { ...options, ...pss });
  }
  if (algorithm === null || algorithm === undefined) {
    // Ed25519 and its kin take the message as it is.
    const mechanism = isEc(key) ? CKM.ECDSA : CKM.RSA_PKCS;
    return key.sign(isEc(key) || isRsa(key) ? { mechanism } : null, data, options);
  }
  const hash = hashName(algorithm, 'alg');
  return key.signDigest(hash, data, isEc(key) ? { ...options, dsaEncoding: 'ieee-p1363' } : options);
}

/** Hashes data and signs the hash. */
export async function hashAndSign(key: PrivateKey, data: Uint8Array, algorithm: SignAlgorithm, options: CallOptions): Promise<Uint8Array> {
  if (algorithm === null || algorithm === undefined) {
    if (isRsa(key) || isEc(key)) throw badParameters('"alg" must name the hash.');
    return key.sign(null, data, options);
  }
  const hash = isPss(algorithm) ? hashName(algorithm.hashAlg ?? algorithm.mgf, 'hashAlg') : hashName(algorithm, 'alg');
  const named = isPss(algorithm) ? { ...algorithm, hashAlg: hash } : hash;
  return sign(key, createHash(hash).update(data).digest(), named, options);
}

/** Decrypts with an RSA key. */
export async function decrypt(key: PrivateKey, data: Uint8Array, algorithm: DecryptAlgorithm, options: CallOptions): Promise<Uint8Array> {
  if (algorithm === null || algorithm === undefined) return key.decrypt('rsa-pkcs1', data, options);
  if (typeof algorithm !== 'object') throw badParameters('"alg" must be an object, or left out.');
  const { type = 'pkcs1', hashAlg = 'sha1', mgf = hashAlg } = algorithm;
  if (type === 'pkcs1') return key.decrypt('rsa-pkcs1', data, options);
  if (type === 'raw') return key.decrypt('rsa-raw', data, options);
  if (type !== 'oaep') throw badParameters(`"type" must be 'pkcs1', 'oaep' or 'raw'.`);
  return key.decrypt({ name: 'rsa-oaep', hash: hashName(hashAlg, 'hashAlg'), mgf1Hash: hashName(mgf, 'mgf') }, data, options);
}
