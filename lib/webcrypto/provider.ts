// What every algorithm is to the rest: its name, the operations it has, how their parameters are read, and what they do.

import { CoreProvider, type Registry } from './core';
import { CryptokiError } from '../errors';
import { CryptoKey, materialOf, removedWhenUnreachable, requirePublic } from './crypto-key';
import { abilitiesOf } from '../key';
import { Dictionary } from './idl';
import { domError, onToken } from './errors';
import { rights, type Usage } from './usages';
import { stateOf } from '../token-objects';
import type { AttributeName } from '../attributes';
import type { JsonWebKey } from 'node:crypto';
import type { KeyPair } from '../generate-key';
import type { NewSecretKeyOptions } from '../new-key';
import type { PrivateKey } from '../private-key';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';
import type { SecretKeyType } from '../generate-key';
import type { Token } from '../token';

/** What an algorithm can be asked to do. */
export type Operation =
  | 'digest'
  | 'sign'
  | 'verify'
  | 'encrypt'
  | 'decrypt'
  | 'wrapKey'
  | 'unwrapKey'
  | 'generateKey'
  | 'importKey'
  | 'exportKey'
  | 'deriveBits'
  | 'getKeyLength'
  | 'encapsulate'
  | 'decapsulate';

/** The forms of keys: those of the standard, and those that the draft for newer algorithms adds. */
export const FORMATS = ['raw', 'spki', 'pkcs8', 'jwk', 'raw-secret', 'raw-public', 'raw-seed'] as const;
/** One of the forms. */
export type Format = (typeof FORMATS)[number];

/** An algorithm whose parameters have been read. */
export interface Algorithm {
  readonly name: string;
}

/** Where a key shall live: members of the algorithm of `generateKey`, `importKey`, `deriveKey` and `unwrapKey` that the standard does not have. */
export interface Placement {
  /** true: kept on the token. Default: what `createCrypto` was told, else false: the key lives as long as somebody has its CryptoKey. */
  readonly token?: boolean | undefined;
  /** CKA_LABEL: the name to find it by. */
  readonly label?: string | undefined;
  /** CKA_ID: what a private key, its public key and its certificate have in common. */
  readonly id?: Uint8Array | undefined;
  /** true, for an extractable key: it leaves the token wrapped by another key only. Default: the value of an extractable key can be read. */
  readonly sensitive?: boolean | undefined;
}

/** What is wanted of a new key besides its algorithm. */
export interface Wish {
  readonly extractable: boolean;
  readonly usages: readonly Usage[];
  readonly placement: Placement;
}

/** A secret key that another algorithm makes: what it shall be, and how it becomes a CryptoKey, or what else is wanted. */
export interface SecretPlan<T = CryptoKey> {
  readonly type: SecretKeyType;
  readonly options: NewSecretKeyOptions;
  /** What is not as it was announced is destroyed. */
  finish(key: SecretKey): Promise<T>;
}

/** A shared secret, and what the other side makes it of. */
export interface Encapsulation<T> {
  /** The shared secret. */
  readonly sharedKey: T;
  /** What the holder of the private key decapsulates. */
  readonly ciphertext: Uint8Array;
}

/** Asked for when all else has been checked; `bits`: the length of the key, where that is known before. Undefined where the key must be imported. */
export type SecretPlanner = (bits?: number) => Promise<SecretPlan | undefined>;

/** What algorithms share. */
export interface Host {
  readonly token: Token;
  readonly providers: Registry;
  /** Whether new keys are kept on the token where nothing else is said. */
  readonly kept: boolean;
}

/** What `generateKey` gives for two halves. */
export interface CryptoKeyPair {
  /** The half to give away. */
  readonly publicKey: CryptoKey;
  /** The half that stays on the token. */
  readonly privateKey: CryptoKey;
}

export type KeyData = Uint8Array<ArrayBuffer> | JsonWebKey;

/** Reads the parameters of an operation. */
export type Reader = (source: Dictionary) => object;

/** An operation without parameters. */
export const plain: Reader = () => ({});

const lacking = (name: string, what: string): DOMException => domError('NotSupportedError', `${name} cannot ${what}`);

/** One algorithm. The functions are those of webcrypto-core's providers, called with arguments that have been converted and checked. */
export abstract class Provider extends CoreProvider {
  abstract readonly name: string;
  /** Which usages its keys can have; as webcrypto-core knows them. */
  abstract readonly usages: readonly Usage[] | { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] };
  /** The operations it has, and how their parameters are read. */
  abstract readonly operations: Readonly<Partial<Record<Operation, Reader>>>;

  /** What it wraps must have a multiple of so many bytes. */
  readonly wrapsMultiplesOf: number = 1;

  readonly host: Host;

  constructor(host: Host) {
    super();
    this.host = host;
  }

  /** The usages for private and secret keys, and those for public keys. */
  allowed(which: 'private' | 'public' | 'secret'): readonly Usage[] {
    const { usages } = this;
    if ('privateKey' in usages) return which === 'private' ? usages.privateKey : which === 'public' ? usages.publicKey : [];
    return which === 'secret' ? usages : [];
  }

  onDigest(_algorithm: Algorithm, _data: Uint8Array): Promise<Uint8Array> {
    throw lacking(this.name, 'digest');
  }

  onSign(_algorithm: Algorithm, _key: CryptoKey, _data: Uint8Array): Promise<Uint8Array> {
    throw lacking(this.name, 'sign');
  }

  onVerify(_algorithm: Algorithm, _key: CryptoKey, _signature: Uint8Array, _data: Uint8Array): Promise<boolean> {
    throw lacking(this.name, 'verify');
  }

  onEncrypt(_algorithm: Algorithm, _key: CryptoKey, _data: Uint8Array): Promise<Uint8Array> {
    throw lacking(this.name, 'encrypt');
  }

  onDecrypt(_algorithm: Algorithm, _key: CryptoKey, _data: Uint8Array): Promise<Uint8Array> {
    throw lacking(this.name, 'decrypt');
  }

  /** Throws where the parameters cannot be meant. */
  checkGenerate(_algorithm: Algorithm): void {}

  onGenerateKey(_algorithm: Algorithm, _wish: Wish): Promise<CryptoKey | CryptoKeyPair> {
    throw lacking(this.name, 'generate keys');
  }

  onImportKey(_format: Format, _data: KeyData, _algorithm: Algorithm, _wish: Wish): Promise<CryptoKey> {
    throw lacking(this.name, 'import keys');
  }

  onExportKey(_format: Format, _key: CryptoKey): Promise<Uint8Array | JsonWebKey> {
    throw lacking(this.name, 'export keys');
  }

  onDeriveBits(_algorithm: Algorithm, _key: CryptoKey, _length: number | null): Promise<Uint8Array> {
    throw lacking(this.name, 'derive bits');
  }

  /** A shared secret for the holder of the private key. */
  onEncapsulate<T>(_key: CryptoKey, _plan: SecretPlan<T>): Promise<Encapsulation<T>> {
    throw lacking(this.name, 'encapsulate');
  }

  /** The same secret at the other side. */
  onDecapsulate<T>(_key: CryptoKey, _ciphertext: Uint8Array, _plan: SecretPlan<T>): Promise<T> {
    throw lacking(this.name, 'decapsulate');
  }

  /** A key that never leaves the token, where that is possible; undefined where it must be made of bits. */
  onDeriveKey(_algorithm: Algorithm, _key: CryptoKey, _length: number | null, _plan: SecretPlanner): Promise<CryptoKey | undefined> {
    return Promise.resolve(undefined);
  }

  /** Wraps a secret key without reading it; undefined where that is not possible. */
  onWrapSecret(_algorithm: Algorithm, _key: CryptoKey, _secret: SecretKey): Promise<Uint8Array | undefined> {
    return Promise.resolve(undefined);
  }

  /** The reverse. */
  onUnwrapSecret(_algorithm: Algorithm, _key: CryptoKey, _wrapped: Uint8Array, _plan: SecretPlanner): Promise<CryptoKey | undefined> {
    return Promise.resolve(undefined);
  }

  /** The bits of a key of this algorithm that is derived; null for as many as there are. */
  keyLength(_algorithm: Algorithm): number | null {
    throw lacking(this.name, 'be derived');
  }

  /** How the token makes a key of this algorithm out of another. */
  secretPlan(_algorithm: Algorithm, _wish: Wish, _bits: number | undefined): Promise<SecretPlan | undefined> {
    return Promise.resolve(undefined);
  }

  /** The CryptoKey of a key that is on the token already, with these usages, or all for which it has the rights. */
  adopt(_key: PrivateKey | PublicKey | SecretKey, _algorithm: Algorithm, _usages: readonly Usage[] | undefined): CryptoKey {
    throw lacking(this.name, 'take this kind of key');
  }

  /** The members that every way of making a key has in common. */
  protected placed({ extractable, placement }: Pick<Wish, 'extractable' | 'placement'>): {
    label?: string | undefined;
    id?: Uint8Array | undefined;
    token: boolean;
    extractable: boolean;
    sensitive: boolean;
  } {
    const { token = this.host.kept, label, id, sensitive } = placement;
    return { token, label, id, extractable, sensitive: sensitive ?? !extractable };
  }

  /** The hash that a member names. */
  protected readonly hash = (value: unknown, name: string): Algorithm => {
    const given =
      typeof value === 'object' && value !== null
        ? new Dictionary(value, name).required('name', (text) => `${text as string}`)
        : `${value as string}`;
    const provider = this.host.providers.get(given);
    if (!(provider instanceof Provider) || provider.operations.digest === undefined)
      throw domError('NotSupportedError', `The "${name}" member names no hash`);
    return { name: provider.name };
  };

  /** Whether the token has a mechanism for this use, one of CKF. */
  protected async has(mechanism: number, use: number): Promise<boolean> {
    return onToken(async () => (await abilitiesOf(stateOf(this.host.token), {})).has(mechanism, use));
  }

  /** The CryptoKeys of a pair that was made here. The public half can always be exported. */
  protected pairOf({ privateKey, publicKey }: KeyPair, algorithm: Algorithm, { extractable, usages }: Wish): CryptoKeyPair {
    const half = (which: 'private' | 'public'): Usage[] => usages.filter((usage) => this.allowed(which).includes(usage));
    return {
      privateKey: new CryptoKey({ type: 'private', extractable, algorithm, usages: half('private') }, { key: removedWhenUnreachable(privateKey) }),
      publicKey: new CryptoKey({ type: 'public', extractable: true, algorithm, usages: half('public') }, { key: removedWhenUnreachable(publicKey) }),
    };
  }

  /** Runs `work` with a public key on the token: brought there at the first need, and once more when a recovery has taken it away. */
  protected async withPublic<T>(key: CryptoKey, names: readonly AttributeName[], work: (key: PublicKey) => Promise<T>): Promise<T> {
    const material = materialOf(key)!;
    const given = material.key as PublicKey | undefined;
    if (given !== undefined && material.spki === undefined) return onToken(() => work(given));
    return onToken(async () => {
      const fresh = given === undefined;
      try {
        return await work(given ?? (await this.#bring(key, names)));
      } catch (error) {
        if (fresh || !CryptokiError.is(error, 'ERR_CRYPTOKI_STALE')) throw error;
        return work(await this.#bring(key, names));
      }
    });
  }

  #bring(key: CryptoKey, names: readonly AttributeName[]): Promise<PublicKey> {
    const material = materialOf(key)!;
    material.coming ??= this.#import(key, names).finally(() => (material.coming = undefined));
    return material.coming;
  }

  async #import(key: CryptoKey, names: readonly AttributeName[]): Promise<PublicKey> {
    const attributes = rights(key.usages as Usage[], names);
    const brought = (await this.host.token.importKey(requirePublic(key), { attributes })) as PublicKey;
    materialOf(key)!.key = removedWhenUnreachable(brought);
    return brought;
  }
}
