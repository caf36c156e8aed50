// The algorithms that ciphers and derivations are asked for by name, as types. The rows beside this file check the values.

import type { KeyObject } from 'node:crypto';
import type { MechanismAlgorithm } from './facts';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';

/** RSAES-OAEP (RFC 8017, section 7.1; CKM_RSA_PKCS_OAEP). */
export interface RsaOaep {
  readonly name: 'rsa-oaep';
  /** Default: 'sha1', as in node:crypto. */
  readonly hash?: string | undefined;
  /** Default: the same hash. */
  readonly mgf1Hash?: string | undefined;
  /** The label L that is bound to the ciphertext. Default: none. */
  readonly label?: Uint8Array | undefined;
}

/** CKM_RSA_AES_KEY_WRAP: a fresh AES key wraps with RFC 5649, RSAES-OAEP wraps the AES key. */
export interface RsaAesKeyWrap extends Omit<RsaOaep, 'name'> {
  readonly name: 'rsa-aes-kw';
  /** 128, 192 or 256 (default). */
  readonly aesKeyBits?: number | undefined;
}

/** AES and triple DES in CBC mode (CKM_AES_CBC_PAD, CKM_AES_CBC, CKM_DES3_CBC_PAD, CKM_DES3_CBC). */
export interface AesCbc {
  readonly name: 'aes-cbc' | 'des3-cbc';
  /** 16 bytes for AES, 8 for DES3. */
  readonly iv: Uint8Array;
  /** PKCS#7 padding. Default: true; without it the data must be whole blocks. */
  readonly padding?: boolean | undefined;
}

/** AES in counter mode (CKM_AES_CTR). Encrypting and decrypting are the same. */
export interface AesCtr {
  readonly name: 'aes-ctr';
  /** 16 bytes: the first counter block. */
  readonly counter: Uint8Array;
  /** How many of its bits count, 1 to 128. Default: 128. */
  readonly counterBits?: number | undefined;
}

/** AES in Galois/counter mode (CKM_AES_GCM). */
export interface AesGcm {
  readonly name: 'aes-gcm';
  /** Usually 12 bytes; never the same twice for a key. */
  readonly iv: Uint8Array;
  /** Not encrypted, but authenticated together with the data. */
  readonly additionalData?: Uint8Array | undefined;
  /** Bytes of the tag, which stands behind the ciphertext. Default: 16. */
  readonly tagLength?: number | undefined;
}

/** AES-GCM with an IV that the token makes; the result then is `{ iv, ciphertext }`. For tokens that insist on it. */
export interface AesGcmMadeIv extends Omit<AesGcm, 'iv'> {
  /** Left out. */
  readonly iv?: undefined;
}

/** AES in counter mode with CBC-MAC (CKM_AES_CCM). It wants to know how long the data are, so a stream is collected first. */
export interface AesCcm {
  readonly name: 'aes-ccm';
  /** 7 to 13 bytes; never the same twice for a key. */
  readonly nonce: Uint8Array;
  /** Not encrypted, but authenticated together with the data. */
  readonly additionalData?: Uint8Array | undefined;
  /** Bytes of the tag, which stands behind the ciphertext. Default: 16. */
  readonly tagLength?: number | undefined;
}

/** AES in output feedback and cipher feedback modes (CKM_AES_OFB, CKM_AES_CFB8, CKM_AES_CFB128). */
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

/** RFC 8439 (CKM_CHACHA20_POLY1305); the tag of 16 bytes stands behind the ciphertext. */
export interface ChaCha20Poly1305 {
  readonly name: 'chacha20-poly1305';
  /** 12 bytes; never the same twice for a key. */
  readonly nonce: Uint8Array;
  /** Not encrypted, but authenticated together with the data. */
  readonly additionalData?: Uint8Array | undefined;
}

/** Ciphers without parameters: RSAES-PKCS1-v1_5, RSA without padding, and blocks one by one. */
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

/** Diffie-Hellman on elliptic curves, for EC, X25519 and X448 keys (CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE). */
export interface Ecdh {
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

/** Diffie-Hellman in the integers modulo a prime (CKM_DH_PKCS_DERIVE). */
export interface Dh {
  readonly name: 'dh';
  /** Of the other side: the number, big-endian. */
  readonly publicKey: Uint8Array;
}

/** RFC 5869 (CKM_HKDF_DERIVE). */
export interface Hkdf {
  readonly name: 'hkdf';
  /** Default: 'sha256'. */
  readonly hash?: string | undefined;
  /** Bytes, or a key of the same token. Default: none. */
  readonly salt?: Uint8Array | SecretKey | undefined;
  /** What the key is for: other information, another key. Default: none. */
  readonly info?: Uint8Array | undefined;
  /** Whether to extract. Default: true. */
  readonly extract?: boolean | undefined;
  /** Whether to expand. Default: true. */
  readonly expand?: boolean | undefined;
}

/** The simple derivations of PKCS#11: the key and the data one behind the other, or xor. */
export interface WithData {
  readonly name: 'concatenate-key-data' | 'concatenate-data-key' | 'xor-data' | 'aes-ecb-data';
  /** What is put before or behind the key, combined with it, or encrypted with it: then whole blocks. */
  readonly data: Uint8Array;
}

/** The data, encrypted with the key in CBC mode, is the new key (CKM_AES_CBC_ENCRYPT_DATA). */
export interface AesCbcData {
  readonly name: 'aes-cbc-data';
  /** 16 bytes. */
  readonly iv: Uint8Array;
  /** Whole blocks of 16 bytes. */
  readonly data: Uint8Array;
}

/** Two keys, one behind the other (CKM_CONCATENATE_BASE_AND_KEY). */
export interface WithKey {
  readonly name: 'concatenate-key-key';
  /** The key behind the base key. */
  readonly key: SecretKey;
}

/** A part of the bits of a key (CKM_EXTRACT_KEY_FROM_KEY). */
export interface ExtractBits {
  readonly name: 'extract-bits';
  /** Where the part begins, counted from the left. Default: 0. */
  readonly firstBit?: number | undefined;
}

/** How to derive a key: an algorithm with its fields, or a mechanism. */
export type DeriveAlgorithm = Ecdh | Dh | Hkdf | WithData | AesCbcData | WithKey | ExtractBits | 'hkdf' | MechanismAlgorithm;
