import { delegate } from './delegate';
import { KeyGroup } from './key-group';
import type { SecretKey } from '../secret-key';

/**
 * A secret key that is on several tokens, used as one: `TokenGroup.secretKey` makes it.
 *
 * @example
 * const group = new TokenGroup([token]);
 * const key = await group.secretKey({ label: 'data key' });
 * const sealed = await key.encrypt({ name: 'aes-gcm', iv: randomBytes(12) }, document);
 */
export class SecretKeyGroup extends KeyGroup<SecretKey> {
  /** As `SecretKey.sign`. Data in pieces is signed on one token and not once more elsewhere. */
  declare readonly sign: SecretKey['sign'];
  /** As `SecretKey.verify`. */
  declare readonly verify: SecretKey['verify'];
  /** As `SecretKey.encrypt`. */
  declare readonly encrypt: SecretKey['encrypt'];
  /** As `SecretKey.decrypt`. */
  declare readonly decrypt: SecretKey['decrypt'];
  /** As `SecretKey.encryptStream`, on one token from the beginning to the end. */
  declare readonly encryptStream: SecretKey['encryptStream'];
  /** As `SecretKey.decryptStream`, on one token from the beginning to the end. */
  declare readonly decryptStream: SecretKey['decryptStream'];
  /** As `SecretKey.signMany`, shared among the tokens. The inputs must stay as they are until the end. */
  declare readonly signMany: SecretKey['signMany'];
  /** As `SecretKey.verifyMany`, shared among the tokens. */
  declare readonly verifyMany: SecretKey['verifyMany'];
  /** As `SecretKey.encryptMany`, on one token as long as it does not fail. */
  declare readonly encryptMany: SecretKey['encryptMany'];
  /** As `SecretKey.decryptMany`, shared among the tokens. */
  declare readonly decryptMany: SecretKey['decryptMany'];
  /** As `SecretKey.signStream`, shared among the tokens. */
  declare readonly signStream: SecretKey['signStream'];

  static {
    delegate(SecretKeyGroup.prototype, {
      once: { sign: 2, verify: 3, encrypt: 2, decrypt: 2 },
      many: ['signMany', 'verifyMany', 'encryptMany', 'decryptMany'],
      pieces: ['encryptStream', 'decryptStream'],
      streams: ['signStream'],
    });
  }
}
