import { CKO } from './generated/constants';
import { DetachedPublicKey, spkiOf } from './export-key';
import { cipherMany, signMany, type CipherAlgorithms, type SignManyOptions } from './bulk';
import { cipher, cipherStream } from './key-cipher';
import { decapsulate, derive, deriveBits, unwrap, type DeriveOptions, type EncapsulateOptions, type UnwrapOptions } from './key-agreement';
import { Key } from './key';
import { sign, signDigest } from './key-sign';
import { signer, type Signer } from './signer';
import { contextOf } from './object';
import { signStream, type NumberedSignature, type SignStreamOptions, type Unordered } from './sign-stream';
import type { BytesOfMany } from './bulk';
import type { BulkResultOptions, InSlab, ReturnErrors } from './bulk/options';
import type { Slab } from './bulk/slab';
import type { AesGcmMadeIv, CipherAlgorithm, DeriveAlgorithm, WrapAlgorithm } from './algorithms/names';
import type { Bytes, DataInput, DataSource } from './data-source';
import type { CallOptions } from './options';
import type { Certificate } from './certificate';
import type { PublicKey } from './public-key';
import type { SecretKey } from './secret-key';
import type { SignatureAlgorithm } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';

/** The public half of a private key: an object on the token, or what is known of it without one. */
export type PublicHalf = PublicKey | DetachedPublicKey;

/** Tells a private key its public half. For the classes of this library only. */
export let rememberPublicKey: (key: PrivateKey, half: PublicHalf) => void;

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean => a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;

/**
 * A private key on a token (CKO_PRIVATE_KEY). It is used, never seen.
 *
 * @example
 * const key = await token.privateKey({ label: 'signer' });
 * const signature = await key.sign('sha256', document);
 */
export class PrivateKey extends Key {
  #publicKey: PublicHalf | undefined;

  static {
    rememberPublicKey = (key, half) => {
      key.#publicKey = half;
    };
  }

  /** Whether the key wants the PIN for every single use (CKA_ALWAYS_AUTHENTICATE). */
  get alwaysAuthenticate(): boolean {
    return this.attributes.alwaysAuthenticate === true;
  }

  /**
   * The public half, as far as it is known without asking the token: RSA keys know it themselves, a key pair just made and the key
   * of a certificate too. `findPublicKey` looks for the others.
   */
  get publicKey(): PublicHalf | undefined {
    if (this.#publicKey === undefined) {
      const spki = spkiOf(this.attributes);
      if (spki !== undefined) this.#publicKey = new DetachedPublicKey(spki);
    }
    return this.#publicKey;
  }

  /**
   * Signs. The algorithm is that of node:crypto's `sign`: the name of a hash; null for keys that sign the message itself (Ed25519,
   * ML-DSA …); or a mechanism in full. Where the token lacks the mechanism that hashes and signs, node:crypto hashes.
   * Data that comes in pieces goes to the token in pieces. ECDSA signatures are DER unless `dsaEncoding` says otherwise.
   *
   * @example
   * const signature = await key.sign('sha256', document);
   * const pss = await key.sign('sha256', document, { padding: 'pss', saltLength: 32 });
   */
  sign(algorithm: SignatureAlgorithm, data: DataInput, options?: SignatureOptions): Promise<Uint8Array> {
    return sign(this, algorithm, data, options);
  }

  /**
   * Makes a signer: the same algorithm and options again and again, with nothing left to be decided for each signature. Whatever is wrong with them shows here.
   *
   * @example
   * const signer = await key.signer('sha256');
   * const signature = await signer.sign(document);
   */
  signer(algorithm: SignatureAlgorithm, options?: SignatureOptions): Promise<Signer> {
    return signer(this, algorithm, options);
  }

  /**
   * Signs a digest that has been made already; the algorithm is the hash that made it.
   *
   * @example
   * const signature = await key.signDigest('sha256', createHash('sha256').update(document).digest());
   */
  signDigest(algorithm: SignatureAlgorithm, digest: Bytes, options?: SignatureOptions): Promise<Uint8Array> {
    return signDigest(this, algorithm, digest, options);
  }

  /**
   * Signs many inputs, thousands or millions, as quickly as the token can: over as many sessions as it stands, and without a promise for each. The signatures come
   * in the order of the inputs. Algorithm and options are those of `sign`, and the options of bulk work (docs/bulk.md).
   *
   * An input that fails ends the work with a `BulkError`, which has all that was done; with `onError: 'return'` its error stands in its place instead. Inputs must
   * not be changed before the promise settles: they are read when their turn comes.
   *
   * @example
   * const signatures = await key.signMany('sha256', documents, { onProgress: ({ done, total }) => tell(`${done} of ${total}`) });
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
   * As `signMany`, for digests that have been made already; the algorithm is the hash that made them.
   *
   * @example
   * const digests = documents.map((one) => createHash('sha256').update(one).digest());
   * const signatures = await key.signDigestMany('sha256', digests);
   */
  signDigestMany(
    algorithm: SignatureAlgorithm,
    digests: Iterable<Bytes>,
    options: SignManyOptions & InSlab & ReturnErrors,
  ): Promise<Slab<Uint8Array | Error>>;
  signDigestMany(algorithm: SignatureAlgorithm, digests: Iterable<Bytes>, options: SignManyOptions & InSlab): Promise<Slab>;
  signDigestMany(algorithm: SignatureAlgorithm, digests: Iterable<Bytes>, options: SignManyOptions & ReturnErrors): Promise<(Uint8Array | Error)[]>;
  signDigestMany(algorithm: SignatureAlgorithm, digests: Iterable<Bytes>, options?: SignManyOptions): Promise<Uint8Array[]>;
  signDigestMany(algorithm: SignatureAlgorithm, digests: Iterable<Bytes>, options?: SignManyOptions): Promise<BytesOfMany> {
    return signMany(this, algorithm, digests, options, true);
  }

  /**
   * Signs what a source gives, as long as it gives something, in constant memory: each piece of an iterable, async iterable or stream is one input. The source is
   * read ahead as far as `highWaterMark` says and no further than signatures are taken. Signatures come in the order of the inputs; with `ordered: false` as they
   * finish, each with the number of its input.
   *
   * @example
   * for await (const signature of key.signStream('sha256', documents)) output.write(signature);
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
   * Decrypts. What cannot be decrypted rejects with the token's code; to a stranger all of these should look alike.
   *
   * @example
   * const secret = await key.decrypt({ name: 'rsa-oaep', hash: 'sha256' }, sealed);
   */
  async decrypt(algorithm: Exclude<CipherAlgorithm, AesGcmMadeIv>, data: DataInput, options?: CallOptions): Promise<Uint8Array> {
    return (await cipher(this, 'decrypt', algorithm, data, options)) as Uint8Array;
  }

  /**
   * As `decrypt`, piece by piece.
   *
   * @example
   * for await (const piece of key.decryptStream({ name: 'rsa-oaep', hash: 'sha1' }, [sealed])) output.write(piece);
   */
  decryptStream(algorithm: CipherAlgorithm, data: DataInput, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return cipherStream(this, 'decrypt', algorithm, data, options);
  }

  /**
   * Decrypts many inputs; options and errors as for `signMany`.
   *
   * @example
   * const secrets = await key.decryptMany('rsa-oaep', [sealed]);
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
   * Brings a wrapped key in (C_UnwrapKey). The key must have been made with `privateKey: { unwrap: true }`.
   *
   * @example
   * const secret = await key.unwrap('rsa-oaep', wrapped, { type: 'aes', label: 'data key' });
   */
  unwrap(algorithm: WrapAlgorithm, wrapped: Bytes, options: UnwrapOptions): Promise<SecretKey | PrivateKey> {
    return unwrap(this, algorithm, wrapped, options);
  }

  /**
   * A key that both sides of a key agreement can make (C_DeriveKey).
   *
   * @example
   * const key = await mine.derive({ name: 'ecdh', publicKey: theirs, kdf: 'sha256' }, { type: 'aes', length: 256 });
   */
  derive(algorithm: DeriveAlgorithm, options?: DeriveOptions): Promise<SecretKey> {
    return derive(this, algorithm, options);
  }

  /**
   * As `derive`, but bytes: so many bits of them, or all. The token must allow them to be read.
   *
   * @example
   * const shared = await mine.deriveBits({ name: 'ecdh', publicKey: theirs });
   */
  deriveBits(algorithm: DeriveAlgorithm, length?: number, options?: CallOptions): Promise<Uint8Array> {
    return deriveBits(this, algorithm, length, options);
  }

  /**
   * The shared secret of a ciphertext that `PublicKey.encapsulate` gave (C_DecapsulateKey, PKCS #11 v3.2).
   *
   * @example
   * const secret = await kem.decapsulate(ciphertext, { type: 'aes', length: 256 });
   */
  decapsulate(ciphertext: Bytes, options?: EncapsulateOptions): Promise<SecretKey> {
    return decapsulate(this, ciphertext, options);
  }

  /**
   * Looks for the public half: a public key with the same CKA_ID, a certificate of the key, or what the private key says itself.
   * Undefined where the token has none of it. `publicKey` is it from then on.
   *
   * @example
   * const publicKey = await key.findPublicKey();
   * publicKey?.toKeyObject();
   */
  async findPublicKey(options: CallOptions = {}): Promise<PublicHalf | undefined> {
    const known = spkiOf(this.attributes);
    const half = (await this.#publicObject(known, options)) ?? (await this.#fromCertificate(known, options)) ?? this.publicKey;
    this.#publicKey = half;
    return half;
  }

  /**
   * The certificate of this key: by CKA_ID, or by its public key. Undefined where the token has none.
   *
   * @example
   * const certificate = await key.certificate();
   * certificate?.x509.subject;
   */
  async certificate(options: CallOptions = {}): Promise<Certificate | undefined> {
    const spki = spkiOf(this.attributes) ?? (await this.#publicObject(undefined, options))?.toSpki();
    const { id } = this;
    if (id !== undefined && id.length > 0) {
      for await (const found of contextOf(this).find({ class: CKO.CERTIFICATE, id }, options)) {
        if (spki === undefined || same(spkiOfCertificate(found as Certificate), spki)) return found as Certificate;
      }
    }
    if (spki === undefined) return undefined;
    for await (const found of contextOf(this).find({ class: CKO.CERTIFICATE }, options)) {
      if (same(spkiOfCertificate(found as Certificate), spki)) return found as Certificate;
    }
    return undefined;
  }

  async #publicObject(known: Uint8Array | undefined, options: CallOptions): Promise<PublicKey | undefined> {
    const { id, keyType } = this;
    if (id === undefined || id.length === 0) return undefined;
    for await (const found of contextOf(this).find({ class: CKO.PUBLIC_KEY, keyType, id }, options)) {
      // Two keys can share an identifier by accident; where the private key tells, it decides.
      const candidate = found as PublicKey;
      if (known === undefined || same(spkiOf(candidate.attributes), known)) return candidate;
    }
    return undefined;
  }

  async #fromCertificate(known: Uint8Array | undefined, options: CallOptions): Promise<DetachedPublicKey | undefined> {
    if (known !== undefined) return undefined;
    const certificate = await this.certificate(options);
    const spki = certificate === undefined ? undefined : spkiOfCertificate(certificate);
    return spki === undefined ? undefined : new DetachedPublicKey(spki);
  }
}

/** The public key of a certificate in DER; undefined for what is no X.509 certificate that node:crypto reads. */
function spkiOfCertificate(certificate: Certificate): Uint8Array | undefined {
  try {
    return certificate.x509.publicKey.export({ format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
