import { keyObjectOf, requireSpki, type PublicKeyMaterial } from './export-key';
import { cipherMany, verifyMany, type CipherAlgorithms, type SignedData, type VerifyManyOptions } from './bulk';
import { cipher, cipherStream } from './key-cipher';
import { encapsulate, wrap, type Encapsulated, type EncapsulateOptions } from './key-agreement';
import { Key } from './key';
import { verify, verifyDigest } from './key-sign';
import { cryptoKeyOf, type CryptoKeyAlgorithm } from './crypto-key';
import type { KeyObject, webcrypto } from 'node:crypto';
import type { AesGcmMadeIv, CipherAlgorithm, WrapAlgorithm } from './algorithms/names';
import type { Bytes, DataInput } from './data-source';
import type { BytesOfMany } from './bulk';
import type { BulkResultOptions, InSlab, ReturnErrors } from './bulk/options';
import type { Slab } from './bulk/slab';
import type { CallOptions } from './options';
import type { PrivateKey } from './private-key';
import type { SecretKey } from './secret-key';
import type { SignatureAlgorithm } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';

/**
 * A public key on a token (CKO_PUBLIC_KEY).
 *
 * @example
 * const publicKey = await token.publicKey({ label: 'signer' });
 * publicKey.toKeyObject().export({ format: 'pem', type: 'spki' });
 */
export class PublicKey extends Key implements PublicKeyMaterial {
  #spki: Uint8Array | undefined;
  #keyObject: KeyObject | undefined;

  /**
   * Whether the signature is that of the private key for this data; false for every signature that is not, whatever is wrong
   * with it. Arguments as for `PrivateKey.sign`.
   *
   * @example
   * const valid = await publicKey.verify('sha256', document, signature);
   */
  verify(algorithm: SignatureAlgorithm, data: DataInput, signature: Bytes, options?: SignatureOptions): Promise<boolean> {
    return verify(this, algorithm, data, signature, options);
  }

  /**
   * As `verify`, for a digest that has been made already.
   *
   * @example
   * const valid = await publicKey.verifyDigest('sha256', digest, signature);
   */
  verifyDigest(algorithm: SignatureAlgorithm, digest: Bytes, signature: Bytes, options?: SignatureOptions): Promise<boolean> {
    return verifyDigest(this, algorithm, digest, signature, options);
  }

  /**
   * Verifies many signatures; arguments as for `verify`, options and errors as for `PrivateKey.signMany`. A signature that is not valid is an answer and no error.
   *
   * @example
   * const valid = await publicKey.verifyMany('sha256', [{ data: document, signature }]);
   */
  verifyMany(algorithm: SignatureAlgorithm, items: Iterable<SignedData>, options: VerifyManyOptions & ReturnErrors): Promise<(boolean | Error)[]>;
  verifyMany(algorithm: SignatureAlgorithm, items: Iterable<SignedData>, options?: VerifyManyOptions): Promise<boolean[]>;
  verifyMany(algorithm: SignatureAlgorithm, items: Iterable<SignedData>, options?: VerifyManyOptions): Promise<(boolean | Error)[]> {
    return verifyMany(this, algorithm, items, options);
  }

  /**
   * Encrypts for the holder of the private key.
   *
   * @example
   * const sealed = await publicKey.encrypt({ name: 'rsa-oaep', hash: 'sha256' }, secret);
   */
  async encrypt(algorithm: Exclude<CipherAlgorithm, AesGcmMadeIv>, data: DataInput, options?: CallOptions): Promise<Uint8Array> {
    return (await cipher(this, 'encrypt', algorithm, data, options)) as Uint8Array;
  }

  /**
   * As `encrypt`, piece by piece.
   *
   * @example
   * for await (const piece of publicKey.encryptStream('rsa-oaep', [secret])) output.write(piece);
   */
  encryptStream(algorithm: CipherAlgorithm, data: DataInput, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return cipherStream(this, 'encrypt', algorithm, data, options);
  }

  /**
   * Encrypts many inputs; options and errors as for `PrivateKey.signMany`.
   *
   * @example
   * const sealed = await publicKey.encryptMany('rsa-oaep', [secret]);
   */
  encryptMany(
    algorithm: CipherAlgorithms,
    inputs: Iterable<Bytes>,
    options: BulkResultOptions & InSlab & ReturnErrors,
  ): Promise<Slab<Uint8Array | Error>>;
  encryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options: BulkResultOptions & InSlab): Promise<Slab>;
  encryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options: BulkResultOptions & ReturnErrors): Promise<(Uint8Array | Error)[]>;
  encryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options?: BulkResultOptions): Promise<Uint8Array[]>;
  encryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options?: BulkResultOptions): Promise<BytesOfMany> {
    return cipherMany(this, 'encrypt', algorithm, inputs, options);
  }

  /**
   * Another key, encrypted for the holder of the private key; it must be extractable (C_WrapKey).
   *
   * @example
   * const wrapped = await publicKey.wrap({ name: 'rsa-oaep', hash: 'sha256' }, secretKey);
   */
  wrap(algorithm: WrapAlgorithm, key: SecretKey | PrivateKey, options?: CallOptions): Promise<Uint8Array> {
    return wrap(this, algorithm, key, options);
  }

  /**
   * Makes a shared secret, and the ciphertext from which the holder of the private key makes it too (C_EncapsulateKey).
   *
   * @example
   * const { ciphertext, key } = await publicKey.encapsulate({ type: 'aes', length: 256 });
   */
  encapsulate(options?: EncapsulateOptions): Promise<Encapsulated> {
    return encapsulate(this, options);
  }

  /**
   * The SubjectPublicKeyInfo in DER (RFC 5280). Throws `ERR_CRYPTOKI_UNSUPPORTED` where the token does not tell the key.
   *
   * @example
   * const fingerprint = createHash('sha256').update(publicKey.toSpki()).digest('hex');
   */
  toSpki(): Uint8Array {
    this.#spki ??= requireSpki(this.attributes);
    return Uint8Array.from(this.#spki);
  }

  /**
   * The key for node:crypto.
   *
   * @example
   * crypto.verify('sha256', document, publicKey.toKeyObject(), signature);
   */
  toKeyObject(): KeyObject {
    this.#keyObject ??= keyObjectOf(this.toSpki());
    return this.#keyObject;
  }

  /**
   * The key for Web Cryptography of Node.js, and for what is built on it. An elliptic curve need not be named; the usages are all that the algorithm has for
   * public keys, unless they are given. Rejects with `ERR_INVALID_ARG_VALUE`, and the error of `subtle.importKey` as its cause, where the algorithm does not fit the key or Node.js does not know it.
   *
   * @example
   * const cryptoKey = await publicKey.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' });
   * const valid = await crypto.subtle.verify('RSASSA-PKCS1-v1_5', cryptoKey, signature, document);
   */
  async toCryptoKey(algorithm: CryptoKeyAlgorithm, usages?: readonly webcrypto.KeyUsage[]): Promise<webcrypto.CryptoKey> {
    return cryptoKeyOf(this.toSpki(), algorithm, usages);
  }
}
