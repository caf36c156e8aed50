import { PrivateKey, type CallOptions, type PublicKey } from '../index';
import { decrypt, hashAndSign, sign, type DecryptAlgorithm, type SignAlgorithm } from './algorithms';
import { operation, scwsError } from './error';
import { behind, TokenObject } from './object';
import { arrayBuffer, binary } from './values';

const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  ec: 'ECDSA',
  dsa: 'DSA',
  ed25519: 'EdDSA',
  ed448: 'EdDSA',
  x25519: 'ECDH',
  x448: 'ECDH',
  dh: 'DH',
};

/**
 * A public or private key. A public key does nothing here but pair with the others.
 *
 * @example
 * const key = (await token.getObjects()).find(({ type }) => type === 'privateKey');
 * const signature = await key.hashAndSign(document, 'sha256');
 */
export class Key extends TokenObject<PublicKey | PrivateKey> {
  /** Which half. */
  get type(): 'publicKey' | 'privateKey' {
    return behind(this).ours instanceof PrivateKey ? 'privateKey' : 'publicKey';
  }

  /** 'RSA', 'ECDSA', 'EdDSA', 'DSA' …; the name of the library for others. */
  get algorithmName(): string {
    const { type } = behind(this).ours;
    return ALGORITHMS[type] ?? type;
  }

  /** Whether the key wants its PIN for every use. */
  get alwaysAuthenticate(): boolean {
    return behind(this).ours.attributes.alwaysAuthenticate === true;
  }

  /**
   * Signs: with null the bytes as they are, by PKCS #1; with a hash's name data that is such a hash; with `{ mgf, saltLen }` a hash by PSS. EC signatures
   * are r‖s.
   *
   * @example
   * const signature = await key.sign(hash, 'sha256');
   */
  sign(data: string | ArrayBuffer | Uint8Array, algorithm?: SignAlgorithm): Promise<ArrayBuffer> {
    return this.#use(data, (key, bytes, options) => sign(key, bytes, algorithm, options));
  }

  /**
   * Hashes and signs.
   *
   * @example
   * const signature = await key.hashAndSign(document, 'sha256');
   */
  hashAndSign(data: string | ArrayBuffer | Uint8Array, algorithm: SignAlgorithm): Promise<ArrayBuffer> {
    return this.#use(data, (key, bytes, options) => hashAndSign(key, bytes, algorithm, options));
  }

  /**
   * Decrypts with an RSA key: PKCS #1 v1.5, `{ type: 'oaep', hashAlg, mgf }`, or `{ type: 'raw' }`.
   *
   * @example
   * const secret = await key.decrypt(sealed, { type: 'oaep', hashAlg: 'sha1' });
   */
  decrypt(data: string | ArrayBuffer | Uint8Array, algorithm?: DecryptAlgorithm): Promise<ArrayBuffer> {
    return this.#use(data, (key, bytes, options) => decrypt(key, bytes, algorithm, options));
  }

  #use(data: unknown, work: (key: PrivateKey, bytes: Uint8Array, options: CallOptions) => Promise<Uint8Array>): Promise<ArrayBuffer> {
    return operation(async () => {
      const bytes = binary(data, 'data');
      const { ours, connection } = behind(this);
      connection.assertOpen();
      if (!(ours instanceof PrivateKey)) throw scwsError('CKR_KEY_FUNCTION_NOT_PERMITTED', 'It is a public key.');
      return arrayBuffer(await work(ours, bytes, connection.options));
    });
  }
}
