import { cipher, cipherStream } from './key-cipher';
import { derive, deriveBits, unwrap, wrap, type DeriveOptions, type UnwrapOptions } from './key-agreement';
import { Key } from './key';
import { sign, verify } from './key-sign';
import type { AesGcmMadeIv, CipherAlgorithm, DeriveAlgorithm, WrapAlgorithm } from './algorithms/names';
import type { Bytes, DataInput } from './data-source';
import type { CallOptions } from './options';
import type { PrivateKey } from './private-key';
import type { SignatureAlgorithm } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';

/** What encrypting gives when the token made the IV. */
export interface WithIv {
  /** The IV; whoever decrypts needs it. */
  readonly iv: Uint8Array;
  /** The ciphertext, the tag behind it. */
  readonly ciphertext: Uint8Array;
}

/**
 * A secret key on a token (CKO_SECRET_KEY).
 *
 * @example
 * const key = await token.generateKey('aes', { length: 256 });
 * const sealed = await key.encrypt({ name: 'aes-gcm', iv }, document);
 */
export class SecretKey extends Key {
  /**
   * An authentication code: HMAC with the hash of this name, or 'cmac' with AES and DES3 keys.
   *
   * @example
   * const code = await hmac.sign('sha256', message);
   */
  sign(algorithm: SignatureAlgorithm, data: DataInput, options?: SignatureOptions): Promise<Uint8Array> {
    return sign(this, algorithm, data, options);
  }

  /**
   * Whether it is the authentication code of the data; false for every code that is not.
   *
   * @example
   * const valid = await hmac.verify('sha256', message, code);
   */
  verify(algorithm: SignatureAlgorithm, data: DataInput, code: Bytes, options?: SignatureOptions): Promise<boolean> {
    return verify(this, algorithm, data, code, options);
  }

  /**
   * Encrypts. Authenticated modes put the tag behind the ciphertext. With 'aes-gcm' and no IV the token makes one, if it can, and
   * the result is `{ iv, ciphertext }`.
   *
   * @example
   * const iv = randomBytes(12);
   * const sealed = await key.encrypt({ name: 'aes-gcm', iv, additionalData: header }, document);
   */
  encrypt(algorithm: Exclude<CipherAlgorithm, AesGcmMadeIv>, data: DataInput, options?: CallOptions): Promise<Uint8Array>;
  encrypt(algorithm: AesGcmMadeIv, data: DataInput, options?: CallOptions): Promise<WithIv>;
  encrypt(algorithm: CipherAlgorithm, data: DataInput, options?: CallOptions): Promise<Uint8Array | WithIv> {
    return cipher(this, 'encrypt', algorithm, data, options);
  }

  /**
   * As `encrypt`, piece by piece.
   *
   * @example
   * for await (const piece of key.encryptStream({ name: 'aes-cbc', iv: randomBytes(16) }, source)) output.write(piece);
   */
  encryptStream(algorithm: CipherAlgorithm, data: DataInput, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return cipherStream(this, 'encrypt', algorithm, data, options);
  }

  /**
   * Decrypts what `encrypt` with the same algorithm and fields gave. Rejects with the token's code where it was not that, such as
   * CKR_ENCRYPTED_DATA_INVALID.
   *
   * @example
   * const document = await key.decrypt({ name: 'aes-gcm', iv, additionalData: header }, sealed);
   */
  async decrypt(algorithm: Exclude<CipherAlgorithm, AesGcmMadeIv>, data: DataInput, options?: CallOptions): Promise<Uint8Array> {
    return (await cipher(this, 'decrypt', algorithm, data, options)) as Uint8Array;
  }

  /**
   * As `decrypt`, piece by piece. With authenticated modes nothing that came out is proven before the end.
   *
   * @example
   * for await (const piece of key.decryptStream({ name: 'aes-gcm', iv, additionalData: header }, [sealed])) output.write(piece);
   */
  decryptStream(algorithm: CipherAlgorithm, data: DataInput, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return cipherStream(this, 'decrypt', algorithm, data, options);
  }

  /**
   * Another key, encrypted with this one; it must be extractable (C_WrapKey).
   *
   * @example
   * const wrapped = await kek.wrap('aes-kwp', key);
   */
  wrap(algorithm: WrapAlgorithm, key: SecretKey | PrivateKey, options?: CallOptions): Promise<Uint8Array> {
    return wrap(this, algorithm, key, options);
  }

  /**
   * Brings a wrapped key in (C_UnwrapKey).
   *
   * @example
   * const key = await kek.unwrap('aes-kwp', wrapped, { type: 'aes', label: 'data key' });
   */
  unwrap(algorithm: WrapAlgorithm, wrapped: Bytes, options: UnwrapOptions): Promise<SecretKey | PrivateKey> {
    return unwrap(this, algorithm, wrapped, options);
  }

  /**
   * A key that follows from this one (C_DeriveKey).
   *
   * @example
   * const key = await master.derive({ name: 'hkdf', hash: 'sha256', salt, info }, { type: 'aes', length: 256 });
   */
  derive(algorithm: DeriveAlgorithm, options?: DeriveOptions): Promise<SecretKey> {
    return derive(this, algorithm, options);
  }

  /**
   * As `derive`, but bytes: so many bits of them. The token must allow them to be read.
   *
   * @example
   * const bits = await master.deriveBits({ name: 'hkdf', hash: 'sha256', info }, 256);
   */
  deriveBits(algorithm: DeriveAlgorithm, length?: number, options?: CallOptions): Promise<Uint8Array> {
    return deriveBits(this, algorithm, length, options);
  }
}
