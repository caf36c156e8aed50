import { delegate } from './delegate';
import { KeyGroup } from './key-group';
import type { KeyObject, webcrypto } from 'node:crypto';
import type { CryptoKeyAlgorithm } from '../crypto-key';
import type { PublicKeyMaterial } from '../export-key';
import type { PublicKey } from '../public-key';

/**
 * A public key that is on several tokens, used as one: `TokenGroup.publicKey` makes it.
 *
 * @example
 * const group = new TokenGroup([token]);
 * const key = await group.publicKey({ label: 'signer' });
 * const valid = await key.verify('sha256', document, signature);
 */
export class PublicKeyGroup extends KeyGroup<PublicKey> implements PublicKeyMaterial {
  /** As `PublicKey.verify`. Data in pieces is verified on one token and not once more elsewhere. */
  declare readonly verify: PublicKey['verify'];
  /** As `PublicKey.verifyDigest`. */
  declare readonly verifyDigest: PublicKey['verifyDigest'];
  /** As `PublicKey.encrypt`. */
  declare readonly encrypt: PublicKey['encrypt'];
  /** As `PublicKey.encryptStream`, on one token from the beginning to the end. */
  declare readonly encryptStream: PublicKey['encryptStream'];
  /** As `PublicKey.verifyMany`, shared among the tokens. The inputs must stay as they are until the end. */
  declare readonly verifyMany: PublicKey['verifyMany'];
  /** As `PublicKey.encryptMany`, on one token as long as it does not fail. */
  declare readonly encryptMany: PublicKey['encryptMany'];

  static {
    delegate(PublicKeyGroup.prototype, {
      once: { verify: 3, verifyDigest: 3, encrypt: 2 },
      many: ['verifyMany', 'encryptMany'],
      pieces: ['encryptStream'],
      streams: [],
    });
  }

  /**
   * The SubjectPublicKeyInfo in DER, as `PublicKey.toSpki`.
   *
   * @example
   * const group = new TokenGroup([token]);
   * const der = (await group.publicKey({ label: 'signer' })).toSpki();
   */
  toSpki(): Uint8Array {
    return this.keys[0]!.toSpki();
  }

  /**
   * The key for node:crypto, as `PublicKey.toKeyObject`.
   *
   * @example
   * const group = new TokenGroup([token]);
   * const keyObject = (await group.publicKey({ label: 'signer' })).toKeyObject();
   */
  toKeyObject(): KeyObject {
    return this.keys[0]!.toKeyObject();
  }

  /**
   * The key for Web Cryptography of Node.js, as `PublicKey.toCryptoKey`.
   *
   * @example
   * const group = new TokenGroup([token]);
   * const cryptoKey = await (await group.publicKey({ label: 'signer' })).toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' });
   */
  toCryptoKey(algorithm: CryptoKeyAlgorithm, usages?: readonly webcrypto.KeyUsage[]): Promise<webcrypto.CryptoKey> {
    return this.keys[0]!.toCryptoKey(algorithm, usages);
  }
}
