import { cipherMany, signMany, verifyMany, type CipherAlgorithms, type SignedData, type SignManyOptions, type VerifyManyOptions } from './bulk';
import { cipher, cipherStream } from './key-cipher';
import { derive, deriveBits, unwrap, wrap, type DeriveOptions, type UnwrapOptions } from './key-agreement';
import { Key } from './key';
import { sign, verify } from './key-sign';
import { signer, type Signer } from './signer';
import { signStream, type NumberedSignature, type SignStreamOptions, type Unordered } from './sign-stream';
import type { BytesOfMany } from './bulk';
import type { BulkResultOptions, InSlab, ReturnErrors } from './bulk/options';
import type { Slab } from './bulk/slab';
import type { AesGcmMadeIv, CipherAlgorithm, DeriveAlgorithm, WrapAlgorithm } from './algorithms/names';
import type { Bytes, DataInput, DataSource } from './data-source';
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
   * Makes a signer: the same algorithm and options again and again, with nothing left to be decided for each code. Whatever is wrong with them shows here.
   *
   * @example
   * const signer = await hmac.signer('sha256');
   * const code = await signer.sign(message);
   */
  signer(algorithm: SignatureAlgorithm, options?: SignatureOptions): Promise<Signer> {
    return signer(this, algorithm, options);
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
   * Makes the authentication codes of many inputs, thousands or millions, as quickly as the token can: over as many sessions as it stands, and without a promise for each. The codes come
   * in the order of the inputs. Algorithm and options are those of `sign`, and the options of bulk work (docs/bulk.md).
   *
   * An input that fails ends the work with a `BulkError`, which has all that was done; with `onError: 'return'` its error stands in its place instead. Inputs must
   * not be changed before the promise settles: they are read when their turn comes.
   *
   * @example
   * const codes = await hmac.signMany('sha256', documents, { onProgress: ({ done, total }) => tell(`${done} of ${total}`) });
   */
  signMany(
    algorithm: SignatureAlgorithm,
    inputs: Iterable<Bytes>,
    options: SignManyOptions & InSlab & ReturnErrors,
  ): Promise<Slab<Uint8Array | Error>>;
  signMany(algorithm: SignatureAlgorithm, inputs: Iterable<Bytes>, options: SignManyOptions & InSlab): Promise<Slab>;
  signMany(algorithm: SignatureAlgorithm, inputs: Iterable<Bytes>, options: SignManyOptions & ReturnErrors): Promise<(Uint8Array | Error)[]>;
  signMany(algorithm: SignatureAlgorithm, inputs: Iterable<Bytes>, options?: SignManyOptions): Promise<Uint8Array[]>;
  signMany(algorithm: SignatureAlgorithm, inputs: Iterable<Bytes>, options?: SignManyOptions): Promise<BytesOfMany> {
    return signMany(this, algorithm, inputs, options);
  }

  /**
   * Verifies many authentication codes; arguments as for `verify`, options and errors as for `signMany`. A code that is not valid is an answer and no error.
   *
   * @example
   * const valid = await hmac.verifyMany('sha256', [{ data: message, signature: code }]);
   */
  verifyMany(algorithm: SignatureAlgorithm, items: Iterable<SignedData>, options: VerifyManyOptions & ReturnErrors): Promise<(boolean | Error)[]>;
  verifyMany(algorithm: SignatureAlgorithm, items: Iterable<SignedData>, options?: VerifyManyOptions): Promise<boolean[]>;
  verifyMany(algorithm: SignatureAlgorithm, items: Iterable<SignedData>, options?: VerifyManyOptions): Promise<(boolean | Error)[]> {
    return verifyMany(this, algorithm, items, options);
  }

  /**
   * Makes the authentication codes of what a source gives, as long as it gives something, in constant memory: each piece of an iterable, async iterable or stream is one input. The source is
   * read ahead as far as `highWaterMark` says and no further than codes are taken. Codes come in the order of the inputs; with `ordered: false` as they
   * finish, each with the number of its input.
   *
   * @example
   * for await (const one of hmac.signStream('sha256', documents)) output.write(one);
   */
  signStream(
    algorithm: SignatureAlgorithm,
    source: DataSource,
    options: SignStreamOptions & Unordered & ReturnErrors,
  ): AsyncGenerator<NumberedSignature<Uint8Array | Error>, void, undefined>;
  signStream(
    algorithm: SignatureAlgorithm,
    source: DataSource,
    options: SignStreamOptions & Unordered,
  ): AsyncGenerator<NumberedSignature, void, undefined>;
  signStream(
    algorithm: SignatureAlgorithm,
    source: DataSource,
    options: SignStreamOptions & ReturnErrors,
  ): AsyncGenerator<Uint8Array | Error, void, undefined>;
  signStream(algorithm: SignatureAlgorithm, source: DataSource, options?: SignStreamOptions): AsyncGenerator<Uint8Array, void, undefined>;
  signStream(algorithm: SignatureAlgorithm, source: DataSource, options?: SignStreamOptions): AsyncGenerator<unknown, void, undefined> {
    return signStream(this, algorithm, source, options);
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
   * Encrypts many inputs; options and errors as for `signMany`. What must not be used twice, the IV or nonce of AES-GCM, AES-CTR, AES-CCM, ChaCha20-Poly1305 and the
   * like, is refused where it would be: give an array with an algorithm for each input.
   *
   * @example
   * const sealed = await key.encryptMany(
   *   documents.map(() => ({ name: 'aes-gcm', iv: randomBytes(12) })),
   *   documents,
   * );
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
   * Decrypts many inputs, with one algorithm or an array with one for each; options and errors as for `signMany`.
   *
   * @example
   * const opened = await key.decryptMany([{ name: 'aes-gcm', iv, additionalData: header }], [sealed]);
   */
  decryptMany(
    algorithm: CipherAlgorithms,
    inputs: Iterable<Bytes>,
    options: BulkResultOptions & InSlab & ReturnErrors,
  ): Promise<Slab<Uint8Array | Error>>;
  decryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options: BulkResultOptions & InSlab): Promise<Slab>;
  decryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options: BulkResultOptions & ReturnErrors): Promise<(Uint8Array | Error)[]>;
  decryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options?: BulkResultOptions): Promise<Uint8Array[]>;
  decryptMany(algorithm: CipherAlgorithms, inputs: Iterable<Bytes>, options?: BulkResultOptions): Promise<BytesOfMany> {
    return cipherMany(this, 'decrypt', algorithm, inputs, options);
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
