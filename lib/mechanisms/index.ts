// Mechanisms with their parameters, checked and named as everywhere in this library: for what the names of algorithms do not say,
// and for `cryptoki/raw`. They are made from the same rows as the algorithms.

import { CKK, CKM } from '../generated/constants';
import { bytes, integer, plainObject, string, wrongValue } from '../arguments';
import { CIPHERS, type Given } from '../algorithms/ciphers';
import { DERIVATIONS, type DerivationHelp } from '../algorithms/derivations';
import { hashByName, hashNames, type Hash } from '../algorithms/hashes';
import { pbkdf2 } from '../algorithms/pbkdf2';
import { rowFor } from '../algorithms/plan-cipher';
import { listed, type KeyFacts } from '../algorithms/facts';
import { SIGNATURES, type SignatureOptions, type SignatureRow } from '../algorithms/signatures';
import type { MechanismWithParameter } from '../mechanism';
import type { AesCbc, AesCcm, AesCtr, AesGcm, AesKeyWrap, ChaCha20Poly1305, Ecdh, Hkdf, RsaAesKeyWrap, RsaOaep } from '../algorithms/names';

type Fields<Algorithm> = Omit<Algorithm, 'name'>;
type Hashed = { readonly hash?: string | undefined };

const NO_FACTS: KeyFacts = { keyType: CKK.VENDOR_DEFINED, type: 'any' };
const ANYTHING = { has: () => true, quirks: {} };

/** The mechanism of a cipher. `length` is for AES-CCM, which wants to know how long the data are. */
function cipher(name: string, fields: object, length?: number): MechanismWithParameter {
  const given = plainObject(fields, 'fields') as Given;
  const row = rowFor(CIPHERS, () => true, { name, fields: given }, NO_FACTS);
  const [mechanism] = row.mechanisms(given, ANYTHING);
  return { mechanism: mechanism ?? 0, parameter: row.parameter?.(given, length, false) };
}

function hashOf(name: string | undefined, usable: (hash: Hash) => boolean): Hash | undefined {
  if (name === undefined) return undefined;
  const hash = hashByName(string(name, 'hash'));
  if (hash === undefined || !usable(hash)) throw wrongValue('hash', `must be one of ${listed(hashNames(usable))}`);
  return hash;
}

/** The mechanism of a signature: the one that hashes too, or with `digestGiven` the one that takes a digest. */
function signature(name: string, options: SignatureOptions & Hashed, digestGiven: boolean): MechanismWithParameter {
  plainObject(options, 'options');
  const row = SIGNATURES.find((candidate) => candidate.name === name) as SignatureRow;
  const hash = hashOf(options.hash, (candidate) => row.hashes(candidate, NO_FACTS));
  const request = { facts: NO_FACTS, options, algorithm: hash?.name ?? null, hash, digestGiven };
  const mechanism = digestGiven ? row.bare : row.whole(request);
  if (mechanism === undefined) throw wrongValue('hash', `has no mechanism together with ${name}`);
  return { mechanism, parameter: row.parameter?.(request, digestGiven) };
}

const BYTES_ONLY: DerivationHelp = {
  publicValue: (value) => bytes(value, 'publicKey'),
  handle: () => {
    throw wrongValue('salt', 'must be bytes here');
  },
  isKey: () => false,
};

function derivation(name: string, fields: object): MechanismWithParameter {
  const given = plainObject(fields, 'fields') as Given;
  const row = rowFor(DERIVATIONS, () => true, { name, fields: given }, NO_FACTS);
  return { mechanism: row.mechanism(given), parameter: row.parameter(given, NO_FACTS, BYTES_ONLY) };
}

/**
 * Mechanisms with their parameters.
 *
 * @example
 * await key.sign({ mechanism: mechanisms.rsaPss({ hash: 'sha256', saltLength: 20 }) }, document);
 */
export const mechanisms = Object.freeze({
  /** RSASSA-PKCS1-v1_5 with its hash; without `hash` CKM_RSA_PKCS, which pads what it is given. */
  rsaPkcs1: ({ hash }: Hashed = {}): MechanismWithParameter =>
    hash === undefined ? { mechanism: CKM.RSA_PKCS } : signature('RSASSA-PKCS1-v1_5', { hash }, false),
  /** RSASSA-PSS with its hash. */
  rsaPss: (options: Pick<SignatureOptions, 'saltLength' | 'mgf1Hash'> & { readonly hash: string }): MechanismWithParameter =>
    signature('RSASSA-PSS', options, false),
  /** CKM_RSA_PKCS_PSS, which takes the digest. */
  rsaPssDigest: (options: Pick<SignatureOptions, 'saltLength' | 'mgf1Hash'> & { readonly hash: string }): MechanismWithParameter =>
    signature('RSASSA-PSS', options, true),
  /** RSAES-OAEP. */
  rsaOaep: (fields: Fields<RsaOaep> = {}): MechanismWithParameter => cipher('rsa-oaep', fields),
  /** CKM_RSA_AES_KEY_WRAP. */
  rsaAesKeyWrap: (fields: Fields<RsaAesKeyWrap> = {}): MechanismWithParameter => cipher('rsa-aes-kw', fields),
  /** ECDSA with its hash; without `hash` CKM_ECDSA, which takes the digest. */
  ecdsa: ({ hash }: Hashed = {}): MechanismWithParameter => (hash === undefined ? { mechanism: CKM.ECDSA } : signature('ECDSA', { hash }, false)),
  /** EdDSA; with `prehash` or a `context` one of its variants. */
  eddsa: ({ prehash, context }: Pick<SignatureOptions, 'prehash' | 'context'> = {}): MechanismWithParameter =>
    prehash === undefined && context === undefined ? { mechanism: CKM.EDDSA } : signature('EdDSA', { prehash, context }, false),
  /** ML-DSA; with `hash` HashML-DSA. */
  mlDsa: (options: Pick<SignatureOptions, 'context' | 'hedge'> & Hashed = {}): MechanismWithParameter => signature('ML-DSA', options, false),
  /** SLH-DSA; with `hash` HashSLH-DSA. */
  slhDsa: (options: Pick<SignatureOptions, 'context' | 'hedge'> & Hashed = {}): MechanismWithParameter => signature('SLH-DSA', options, false),
  /** HMAC. */
  hmac: (options: Pick<SignatureOptions, 'macLength'> & { readonly hash: string }): MechanismWithParameter => signature('HMAC', options, false),
  /** AES-CMAC. */
  aesCmac: (options: Pick<SignatureOptions, 'macLength'> = {}): MechanismWithParameter => signature('AES-CMAC', options, false),
  /** AES, block by block: for single blocks only. */
  aesEcb: (): MechanismWithParameter => ({ mechanism: CKM.AES_ECB }),
  /** AES-CBC; `padding: false` for data in whole blocks. */
  aesCbc: (fields: Fields<AesCbc>): MechanismWithParameter => cipher('aes-cbc', fields),
  /** AES in counter mode. */
  aesCtr: (fields: Fields<AesCtr>): MechanismWithParameter => cipher('aes-ctr', fields),
  /** AES-GCM; `tagLength` in bytes. */
  aesGcm: (fields: Fields<AesGcm>): MechanismWithParameter => cipher('aes-gcm', fields),
  /** AES-CCM. `dataLength`: bytes of the data without the tag. */
  aesCcm: ({ dataLength, ...fields }: Fields<AesCcm> & { readonly dataLength: number }): MechanismWithParameter =>
    cipher('aes-ccm', fields, integer(dataLength, 'dataLength')),
  /** AES key wrap, RFC 3394. */
  aesKeyWrap: (fields: Fields<AesKeyWrap> = {}): MechanismWithParameter => cipher('aes-kw', fields),
  /** AES key wrap with padding, RFC 5649. */
  aesKeyWrapPadded: (fields: Fields<AesKeyWrap> = {}): MechanismWithParameter => cipher('aes-kwp', fields),
  /** RFC 8439. */
  chaCha20Poly1305: (fields: Fields<ChaCha20Poly1305>): MechanismWithParameter => cipher('chacha20-poly1305', fields),
  /** CKM_ECDH1_DERIVE; the public key is the point as it is. */
  ecdh: (fields: Omit<Fields<Ecdh>, 'publicKey'> & { readonly publicKey: Uint8Array }): MechanismWithParameter => derivation('ecdh', fields),
  /** RFC 5869; the salt is bytes. */
  hkdf: (fields: Omit<Fields<Hkdf>, 'salt'> & { readonly salt?: Uint8Array | undefined } = {}): MechanismWithParameter => derivation('hkdf', fields),
  /** For C_GenerateKey; `token.generateKey` has it as its option `pbkdf2`. */
  pbkdf2,
  /** For `encapsulate` and `decapsulate`. */
  mlKem: (): MechanismWithParameter => ({ mechanism: CKM.ML_KEM }),
});
