// The algorithms that ciphers and derivations are asked for by name, as types. The rows beside this file check the values.

import type { KeyObject } from 'node:crypto';
import type { MechanismAlgorithm } from './facts';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';

export interface RsaOaep {
  readonly name: 'rsa-oaep';
  /** Default: 'sha1', as in node:crypto. */
  readonly hash?: string | undefined;
  /** Default: the same hash. */
  readonly mgf1Hash?: string | undefined;
  readonly label?: Uint8Array | undefined;
}

/** CKM_RSA_AES_KEY_WRAP: a fresh AES key wraps with RFC 5649, RSAES-OAEP wraps the AES key. */
export interface RsaAesKeyWrap extends Omit<RsaOaep, 'name'> {
  readonly name: 'rsa-aes-kw';
  /** 128, 192 or 256 (default). */
  readonly aesKeyBits?: number | undefined;
}

export interface AesCbc {
  readonly name: 'aes-cbc' | 'des3-cbc';
  /** 16 bytes for AES, 8 for DES3. */
  readonly iv: Uint8Array;
  /** PKCS#7 padding. Default: true; without it the data must be whole blocks. */
  readonly padding?: boolean | undefined;
}

export interface AesCtr {
  readonly name: 'aes-ctr';
  /** 16 bytes: the first counter block. */
  readonly counter: Uint8Array;
  /** How many of its bits count, 1 to 128. Default: 128. */
  readonly counterBits?: number | undefined;
}

export interface AesGcm {
  readonly name: 'aes-gcm';
  /** Usually 12 bytes; never the same twice for a key. */
  readonly iv: Uint8Array;
  readonly additionalData?: Uint8Array | undefined;
  /** Bytes of the tag, which stands behind the ciphertext. Default: 16. */
  readonly tagLength?: number | undefined;
}

/** AES-GCM with an IV that the token makes; the result then is `{ iv, ciphertext }`. For tokens that insist on it. */
export interface AesGcmMadeIv extends Omit<AesGcm, 'iv'> {
  readonly iv?: undefined;
}

export interface AesCcm {
  readonly name: 'aes-ccm';
  /** 7 to 13 bytes; never the same twice for a key. */
  readonly nonce: Uint8Array;
  readonly additionalData?: Uint8Array | undefined;
  /** Bytes of the tag, which stands behind the ciphertext. Default: 16. */
  readonly tagLength?: number | undefined;
}

export interface AesWithIv {
  readonly name: 'aes-ofb' | 'aes-cfb8' | 'aes-cfb128';
  /** 16 bytes. */
  readonly iv: Uint8Array;
}

/** RFC 3394 ('aes-kw') and RFC 5649 ('aes-kwp'). */
export interface AesKeyWrap {
  readonly name: 'aes-kw' | 'aes-kwp';
  /** 8 bytes for 'aes-kw', 4 for 'aes-kwp'. Default: those of the RFC. */
  readonly iv?: Uint8Array | undefined;
}

export interface ChaCha20Poly1305 {
  readonly name: 'chacha20-poly1305';
  /** 12 bytes; never the same twice for a key. */
  readonly nonce: Uint8Array;
  readonly additionalData?: Uint8Array | undefined;
}

export interface PlainCipher {
  readonly name: 'rsa-pkcs1' | 'rsa-raw' | 'aes-ecb' | 'des3-ecb';
}

/** How to encrypt or decrypt: an algorithm with its fields, its name alone where it needs none, or a mechanism. */
export type CipherAlgorithm =
  | RsaOaep
  | AesCbc
  | AesCtr
  | AesGcm
  | AesCcm
  | AesWithIv
  | AesKeyWrap
  | ChaCha20Poly1305
  | PlainCipher
  | 'rsa-oaep'
  | 'aes-kw'
  | 'aes-kwp'
  | PlainCipher['name']
  | MechanismAlgorithm
  | AesGcmMadeIv;

/** How to wrap or unwrap keys. */
export type WrapAlgorithm = Exclude<CipherAlgorithm, AesGcmMadeIv> | RsaAesKeyWrap | 'rsa-aes-kw';

export interface Ecdh {
  /** For EC, X25519 and X448 keys. */
  readonly name: 'ecdh';
  /** Of the other side; bytes are the point as it is. */
  readonly publicKey: PublicKey | KeyObject | Uint8Array;
  /** A hash: the key derivation function of ANSI X9.63 over the shared secret. Default: the shared secret itself. */
  readonly kdf?: string | undefined;
  /** Goes into the key derivation function. */
  readonly sharedData?: Uint8Array | undefined;
  /** Cofactor Diffie-Hellman. Default: false. */
  readonly cofactor?: boolean | undefined;
}

export interface Dh {
  readonly name: 'dh';
  /** Of the other side: the number, big-endian. */
  readonly publicKey: Uint8Array;
}

/** RFC 5869. */
export interface Hkdf {
  readonly name: 'hkdf';
  /** Default: 'sha256'. */
  readonly hash?: string | undefined;
  readonly salt?: Uint8Array | SecretKey | undefined;
  readonly info?: Uint8Array | undefined;
  /** Whether to extract. Default: true. */
  readonly extract?: boolean | undefined;
  /** Whether to expand. Default: true. */
  readonly expand?: boolean | undefined;
}

/** The simple derivations of PKCS#11: the key and the data one behind the other, or xor. */
export interface WithData {
  readonly name: 'concatenate-key-data' | 'concatenate-data-key' | 'xor-data' | 'aes-ecb-data';
  readonly data: Uint8Array;
}

export interface AesCbcData {
  readonly name: 'aes-cbc-data';
  /** 16 bytes. */
  readonly iv: Uint8Array;
  readonly data: Uint8Array;
}

export interface WithKey {
  readonly name: 'concatenate-key-key';
  /** The key behind the base key. */
  readonly key: SecretKey;
}

export interface ExtractBits {
  readonly name: 'extract-bits';
  /** Default: 0. */
  readonly firstBit?: number | undefined;
}

/** How to derive a key: an algorithm with its fields, or a mechanism. */
export type DeriveAlgorithm = Ecdh | Dh | Hkdf | WithData | AesCbcData | WithKey | ExtractBits | 'hkdf' | MechanismAlgorithm;
