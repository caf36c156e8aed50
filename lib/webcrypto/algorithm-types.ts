// The algorithms of operations, as types. The providers beside this file check the values.

import type { Placement } from './provider';
import type { webcrypto } from 'node:crypto';

/** How to sign or verify: the name, and for RSA-PSS the length of the salt, for ECDSA the hash, for ML-DSA a context where there is one. */
export type SignAlgorithm =
  | webcrypto.AlgorithmIdentifier
  | webcrypto.RsaPssParams
  | webcrypto.EcdsaParams
  | (webcrypto.Algorithm & { readonly context?: webcrypto.BufferSource | undefined });

/** How to encrypt or decrypt; and how to wrap or unwrap, with AES-KW too. */
export type CipherAlgorithm =
  | webcrypto.AlgorithmIdentifier
  | webcrypto.RsaOaepParams
  | webcrypto.AesCbcParams
  | webcrypto.AesCtrParams
  | webcrypto.AesGcmParams;

/** How to derive. */
export type DeriveAlgorithm = webcrypto.AlgorithmIdentifier | webcrypto.EcdhKeyDeriveParams | webcrypto.HkdfParams | webcrypto.Pbkdf2Params;

/** What a key that is there is for. */
export type KeyAlgorithm =
  | webcrypto.AlgorithmIdentifier
  | webcrypto.RsaHashedImportParams
  | webcrypto.EcKeyImportParams
  | (webcrypto.Algorithm & { readonly hash?: webcrypto.HashAlgorithmIdentifier | undefined });

/** An algorithm as it is, or with where its key shall live. */
type Placed<Params> = Params | (Params & Placement);

/** Algorithms of key pairs that need no more than their name. */
type PairName = 'Ed25519' | 'X25519' | `ML-DSA-${44 | 65 | 87}` | `ML-KEM-${512 | 768 | 1024}`;

/** The algorithm of a new key pair, and where it shall live. */
export type NewKeyPairAlgorithm = PairName | Placed<webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | { readonly name: PairName }>;

/** The algorithm of a new secret key, and where it shall live. */
export type NewSecretKeyAlgorithm = Placed<webcrypto.AesKeyGenParams | webcrypto.HmacKeyGenParams>;

/** The algorithm of any new key: what it is for, and where it shall live. */
export type NewKeyAlgorithm =
  | string
  | NewKeyPairAlgorithm
  | NewSecretKeyAlgorithm
  | Placed<webcrypto.Algorithm | webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | webcrypto.HmacImportParams>;
