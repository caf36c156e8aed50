import { randomUUID, webcrypto, type KeyObject } from 'node:crypto';
import { AesCbcProvider, AesCtrProvider, AesGcmProvider, AesKwProvider } from './aes';
import { boolean, plainObject, wrongType } from '../arguments';
import { CoreCrypto } from './core';
import { Ed25519Provider, X25519Provider } from './curve25519';
import { EcdhProvider, EcdsaProvider } from './elliptic';
import { HASHES, ShaProvider } from './sha';
import { HkdfProvider, Pbkdf2Provider } from './key-derivation';
import { HmacProvider } from './hmac';
import { certificateOf, keyOf, keyPairOf, type KeySource } from './key-of';
import type { KeyAlgorithm } from './algorithm-types';
import type { Certificate } from '../certificate';
import { MlDsaProvider, MlKemProvider } from './parameter-set-keys';
import { RsaOaepProvider, RsaPssProvider, RsaSsaProvider } from './rsa';
import { SubtleCrypto } from './subtle';
import { Token } from '../token';
import type { CryptoKey } from './crypto-key';
import type { CryptoKeyPair, Host, Provider } from './provider';
import type { PrivateKey } from '../private-key';
import type { Usage } from './usages';

/** How a `Crypto` is made. */
export interface CryptoOptions {
  /** true: new keys are kept on the token where their algorithm does not say otherwise. Default: false. */
  readonly token?: boolean | undefined;
}

const PROVIDERS: readonly (new (host: Host) => Provider)[] = [
  RsaSsaProvider,
  RsaPssProvider,
  RsaOaepProvider,
  EcdsaProvider,
  EcdhProvider,
  Ed25519Provider,
  X25519Provider,
  AesCbcProvider,
  AesCtrProvider,
  AesGcmProvider,
  AesKwProvider,
  HmacProvider,
  HkdfProvider,
  Pbkdf2Provider,
];

const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'];
const ML_KEM = ['ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024'];

/**
 * A W3C Crypto whose keys are on a token. Log in to the token for all that needs private keys.
 *
 * @example
 * const crypto = new Crypto(token);
 * const digest = await crypto.subtle.digest('SHA-256', document);
 */
export class Crypto extends CoreCrypto {
  /** The operations. */
  readonly subtle: SubtleCrypto;
  /** The token. */
  readonly token: Token;
  readonly #host: Host;

  /** For every token that this library opens. `createCrypto` does the same. */
  constructor(token: Token, options: CryptoOptions = {}) {
    super();
    if (!(token instanceof Token)) throw wrongType('token', 'a Token', token);
    const kept = boolean(plainObject(options, 'options')['token'] ?? false, 'options.token');
    this.token = token;
    this.subtle = new SubtleCrypto();
    const { providers } = this.subtle;
    this.#host = { token, providers, kept };
    for (const Kind of PROVIDERS) providers.set(new Kind(this.#host));
    for (const name of ML_DSA) providers.set(new MlDsaProvider(this.#host, name));
    for (const name of ML_KEM) providers.set(new MlKemProvider(this.#host, name));
    for (const name of HASHES) providers.set(new ShaProvider(this.#host, name));
  }

  /**
   * Fills an array of whole numbers with random ones, by node:crypto: the standard wants them at once, and a token takes its time. `token.random` gives those of
   * the token.
   *
   * @example
   * const iv = crypto.getRandomValues(new Uint8Array(12));
   */
  getRandomValues<Kind extends ArrayBufferView>(array: Kind): Kind {
    return webcrypto.getRandomValues(array as unknown as Uint8Array) as unknown as Kind;
  }

  /**
   * A random UUID (RFC 9562, version 4).
   *
   * @example
   * const id = crypto.randomUUID();
   */
  randomUUID(): `${string}-${string}-${string}-${string}-${string}` {
    return randomUUID();
  }

  /**
   * The CryptoKey of a key or a certificate of the token, or of a public key from elsewhere. The algorithm is needed where the key can serve several; `namedCurve` is
   * that of the key, and a missing `hash` is SHA-256. Usages: those that are asked for, or all that the key has the rights for. Rejects with a DataError for a key that
   * is not for the algorithm.
   *
   * @example
   * const key = await crypto.keyOf(await token.privateKey({ label: 'signer' }), { name: 'RSA-PSS', hash: 'SHA-256' });
   */
  keyOf(source: KeySource | KeyObject, algorithm?: KeyAlgorithm, usages?: Iterable<Usage>): Promise<CryptoKey> {
    return keyOf(this.#host, source, algorithm, usages);
  }

  /**
   * Both halves of a key of the token as CryptoKeys: of a private key, or of the key of a certificate. Rejects with an OperationError where the token does not tell the
   * other half.
   *
   * @example
   * const { privateKey, publicKey } = await crypto.keyPairOf(await token.privateKey({ label: 'signer' }));
   */
  keyPairOf(source: PrivateKey | Certificate, algorithm?: KeyAlgorithm): Promise<CryptoKeyPair> {
    return keyPairOf(this.#host, source, algorithm);
  }

  /**
   * The certificate of a private or public key, where the token has one.
   *
   * @example
   * const certificate = await crypto.certificateOf(privateKey);
   * certificate?.x509.subject;
   */
  certificateOf(key: webcrypto.CryptoKey): Promise<Certificate | undefined> {
    return certificateOf(this.#host, key);
  }
}

/**
 * A W3C Crypto whose keys are on a token.
 *
 * @example
 * const crypto = createCrypto(token);
 * const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
 */
export const createCrypto = (token: Token, options?: CryptoOptions): Crypto => new Crypto(token, options);
