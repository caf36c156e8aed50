import { X509Certificate, type KeyObject, type webcrypto } from 'node:crypto';
import { CKC, CKO } from './generated/constants';
import { certificateParts, type CertificateParts } from './certificate-parts';
import { keyUsagesOf, nameAttributes, type KeyUsage, type NameAttribute } from './certificate-fields';
import { chainOf } from './chain';
import { cryptoKeyOf, type CryptoKeyAlgorithm } from './crypto-key';
import { CryptokiError } from './errors';
import { DetachedPublicKey, keyObjectOf, type PublicKeyMaterial } from './export-key';
import { nameOr } from './inspect';
import { findKeyOf } from './key-match';
import { contextOf, CryptokiObject } from './object';
import { rememberPublicKey, type PrivateKey } from './private-key';
import type { CallOptions } from './options';
import type { PublicKey } from './public-key';

/**
 * A certificate on a token (CKO_CERTIFICATE).
 *
 * @example
 * for await (const certificate of token.certificates()) console.log(certificate.x509.subject, certificate.x509.validTo);
 */
export class Certificate extends CryptokiObject implements PublicKeyMaterial {
  #x509: X509Certificate | undefined;

  /** One of `CKC` (CKA_CERTIFICATE_TYPE). */
  get certificateType(): number {
    return this.attributes.certificateType ?? CKC.X_509;
  }

  /** The whole certificate in DER (CKA_VALUE); empty where the token has only a URL of it. */
  get raw(): Uint8Array {
    return this.attributes.value ?? new Uint8Array(0);
  }

  /**
   * The certificate as node:crypto has it: subject, issuer, validity, extensions, fingerprints. Throws `ERR_CRYPTOKI_UNSUPPORTED`
   * where it is none that node:crypto can read.
   */
  get x509(): X509Certificate {
    this.#x509 ??= this.#parse();
    return this.#x509;
  }

  /**
   * What its key may be used for (keyUsage of RFC 5280, section 4.2.1.3); undefined where it does not say. `x509.keyUsage` is another
   * thing: the extended usages.
   */
  get keyUsage(): readonly KeyUsage[] | undefined {
    return keyUsagesOf(this.raw);
  }

  /** The subject as it stands in the certificate, attribute by attribute: the text that `x509.subject` gives can be read in two ways. */
  get subjectAttributes(): readonly NameAttribute[] {
    const parts = certificateParts(this.raw);
    return (parts && nameAttributes(parts.subject)) ?? [];
  }

  #parse(): X509Certificate {
    if (this.certificateType !== CKC.X_509) throw unreadable(`it is of type ${nameOr('CKC', this.certificateType)}`);
    if (this.raw.length === 0)
      throw unreadable(this.attributes.url ? `the token has only its URL, ${this.attributes.url}` : 'the token does not give it');
    try {
      return new X509Certificate(this.raw);
    } catch (error) {
      throw unreadable('node:crypto cannot read it', error);
    }
  }

  /**
   * The private key of this certificate, on the same token: the one with its CKA_ID, else the one with its public key. Rejects with
   * `ERR_CRYPTOKI_NOT_FOUND` where there is none, or none that can be seen. Its `publicKey` is the certificate's.
   *
   * @example
   * const key = await certificate.privateKey();
   * key.publicKey?.toKeyObject();
   */
  async privateKey(options: CallOptions = {}): Promise<PrivateKey> {
    const { publicKeyInfo } = this.#parts();
    const key = await findKeyOf(contextOf(this), CKO.PRIVATE_KEY, publicKeyInfo, this.id, options);
    if (key === undefined) throw this.#noKey('private');
    rememberPublicKey(key as PrivateKey, new DetachedPublicKey(publicKeyInfo));
    return key as PrivateKey;
  }

  /**
   * The public key object of this certificate on the token; `ERR_CRYPTOKI_NOT_FOUND` where there is none. `x509.publicKey` is there
   * without one.
   *
   * @example
   * const publicKey = await certificate.publicKey();
   */
  async publicKey(options: CallOptions = {}): Promise<PublicKey> {
    const key = await findKeyOf(contextOf(this), CKO.PUBLIC_KEY, this.#parts().publicKeyInfo, this.id, options);
    if (key === undefined) throw this.#noKey('public');
    return key as PublicKey;
  }

  /**
   * The SubjectPublicKeyInfo in the certificate, in DER (RFC 5280, section 4.1). Throws `ERR_CRYPTOKI_UNSUPPORTED` where there is none to read.
   *
   * @example
   * const pin = createHash('sha256').update(certificate.toSpki()).digest('base64');
   */
  toSpki(): Uint8Array {
    return Uint8Array.from(this.#parts().publicKeyInfo);
  }

  /**
   * The public key in the certificate, for node:crypto. Throws `ERR_CRYPTOKI_UNSUPPORTED` where this Node.js has no such type of key.
   *
   * @example
   * const valid = verify('sha256', document, certificate.toKeyObject(), signature);
   */
  toKeyObject(): KeyObject {
    return keyObjectOf(this.toSpki());
  }

  /**
   * The public key in the certificate, for Web Cryptography of Node.js, as `PublicKey.toCryptoKey`.
   *
   * @example
   * const cryptoKey = await certificate.toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' });
   */
  async toCryptoKey(algorithm: CryptoKeyAlgorithm, usages?: readonly webcrypto.KeyUsage[]): Promise<webcrypto.CryptoKey> {
    return cryptoKeyOf(this.toSpki(), algorithm, usages);
  }

  /**
   * This certificate, its issuer, the issuer's issuer: as far as the token has them. Signatures are checked, validity is not.
   *
   * @example
   * for (const { x509 } of await certificate.chain()) console.log(x509.subject);
   */
  async chain(options: CallOptions = {}): Promise<Certificate[]> {
    return chainOf(contextOf(this), this, options);
  }

  #parts(): CertificateParts {
    const parts = this.certificateType === CKC.X_509 ? certificateParts(this.raw) : undefined;
    if (parts === undefined) throw unreadable('its public key cannot be read');
    return parts;
  }

  #noKey(which: 'private' | 'public'): CryptokiError {
    const { token } = this;
    const hint = token.loggedIn ? '' : '. Nobody is logged in: private objects cannot be seen';
    const name = this.label === undefined ? 'the certificate' : `the certificate "${this.label}"`;
    return new CryptokiError('ERR_CRYPTOKI_NOT_FOUND', `No ${which} key of ${name} on the token "${token.label}"${hint}`);
  }

  /** @internal */
  protected override describe(): Record<string, unknown> {
    let subject: string | undefined;
    try {
      subject = this.x509.subject?.replaceAll('\n', ', ');
    } catch {
      subject = undefined;
    }
    return { ...super.describe(), ...(subject !== undefined && { subject }) };
  }
}

function unreadable(reason: string, cause?: unknown): CryptokiError {
  const options = cause === undefined ? undefined : { cause };
  return new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `The certificate cannot be read: ${reason}`, options);
}
