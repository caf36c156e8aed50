import { delegate } from './delegate';
import { KeyGroup } from './key-group';
import type { PrivateKey, PublicHalf } from '../private-key';

/**
 * A private key that is on several tokens, used as one: `TokenGroup.privateKey` makes it. Each call goes to the token that has least to do; where that one fails,
 * to the next.
 *
 * @example
 * const group = new TokenGroup([token]);
 * const key = await group.privateKey({ label: 'signer' });
 * const signature = await key.sign('sha256', document);
 */
export class PrivateKeyGroup extends KeyGroup<PrivateKey> {
  /** As `PrivateKey.sign`. Data in pieces is signed on one token and not once more elsewhere. */
  declare readonly sign: PrivateKey['sign'];
  /** As `PrivateKey.signDigest`. */
  declare readonly signDigest: PrivateKey['signDigest'];
  /** As `PrivateKey.decrypt`. */
  declare readonly decrypt: PrivateKey['decrypt'];
  /** As `PrivateKey.decryptStream`, on one token from the beginning to the end. */
  declare readonly decryptStream: PrivateKey['decryptStream'];
  /** As `PrivateKey.signMany`, shared among the tokens. The inputs must stay as they are until the end. */
  declare readonly signMany: PrivateKey['signMany'];
  /** As `PrivateKey.signDigestMany`, shared among the tokens. */
  declare readonly signDigestMany: PrivateKey['signDigestMany'];
  /** As `PrivateKey.decryptMany`, shared among the tokens. */
  declare readonly decryptMany: PrivateKey['decryptMany'];
  /** As `PrivateKey.signStream`, shared among the tokens. */
  declare readonly signStream: PrivateKey['signStream'];

  static {
    delegate(PrivateKeyGroup.prototype, {
      once: { sign: 2, signDigest: 2, decrypt: 2 },
      many: ['signMany', 'signDigestMany', 'decryptMany'],
      pieces: ['decryptStream'],
      streams: ['signStream'],
    });
  }

  /** The public half, as far as one of the tokens has told it. */
  get publicKey(): PublicHalf | undefined {
    return this.keys.find(({ publicKey }) => publicKey !== undefined)?.publicKey;
  }
}
