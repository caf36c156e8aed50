import { inspect, type InspectOptions } from 'node:util';
import { CKO } from '../generated/constants';
import { CoreCryptoKey } from './core';
import { domError } from './errors';
import { inspectAs } from '../inspect';
import { keyObjectOf } from '../export-key';
import { contextOf } from '../object';
import { destroyObject } from '../object-calls';
import { normalized, type Usage } from './usages';
import type { PublicKey } from '../public-key';
import type { KeyObject, webcrypto } from 'node:crypto';
import type { PrivateKey } from '../private-key';
import type { SecretKey } from '../secret-key';
import type { Epoch, TokenContext } from '../token-context';

/** What stands behind a CryptoKey: a key on a token, a public key by its numbers, or bytes in this process. For the classes of this library only. */
export interface Material {
  key?: PrivateKey | PublicKey | SecretKey | undefined;
  readonly spki?: Uint8Array | undefined;
  /** A public key that is on its way to the token: one for all who wait for it. */
  coming?: Promise<PublicKey> | undefined;
  readonly bytes?: Uint8Array | undefined;
}

/** How a CryptoKey is described. */
export interface KeyFields {
  readonly type: webcrypto.KeyType;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly Usage[];
}

/** The material of a key; undefined for what is no CryptoKey of ours. For the classes of this library only. */
export let materialOf: (key: unknown) => Material | undefined;

/**
 * A key of a `Crypto`: a `CryptoKey` as the standard has it, and instance of the CryptoKey of webcrypto-core. The key itself is on the token.
 *
 * @example
 * const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
 * console.log(privateKey.type, privateKey.usages);
 */
export class CryptoKey extends CoreCryptoKey {
  /** 'private', 'public' or 'secret'. */
  declare readonly type: webcrypto.KeyType;
  /** Whether `exportKey` and `wrapKey` take it. */
  declare readonly extractable: boolean;
  /** The algorithm it is for, with its parameters. */
  declare readonly algorithm: webcrypto.KeyAlgorithm;
  /** What it may be used for. */
  declare readonly usages: webcrypto.KeyUsage[];

  readonly #material: Material;

  static {
    materialOf = (key) => (typeof key === 'object' && key !== null && #material in key ? key.#material : undefined);
  }

  /** Not for callers: keys come from generating, importing and `crypto.keyOf`. */
  constructor({ type, extractable, algorithm, usages }: KeyFields, material: Material) {
    super();
    this.#material = material;
    const { hash } = algorithm as { readonly hash?: object };
    if (hash !== undefined) Object.freeze(hash);
    const fields = { type, extractable, algorithm: Object.freeze(algorithm), usages: Object.freeze(normalized(usages)) };
    for (const [name, value] of Object.entries(fields)) Object.defineProperty(this, name, { value, enumerable: true, writable: false });
  }

  /**
   * The key on the token; undefined for a public key that has not been needed there, and for one that is kept in this process because the token has no use for it.
   * It can be destroyed with `tokenKey.destroy()`, if it was made here or not.
   */
  get tokenKey(): PrivateKey | PublicKey | SecretKey | undefined {
    return this.#material.key;
  }

  /**
   * A public key for node:crypto. Throws an InvalidAccessError for others: they are on the token.
   *
   * @example
   * publicKey.toKeyObject().export({ format: 'pem', type: 'spki' });
   */
  toKeyObject(): KeyObject {
    return keyObjectOf(requirePublic(this));
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { type, extractable, algorithm, usages } = this;
    return inspectAs(this, { type, extractable, algorithm, usages }, depth, options);
  }
}

/** The SubjectPublicKeyInfo of a public key: a copy. */
export function requirePublic(key: CryptoKey): Uint8Array {
  if (key.type !== 'public') throw domError('InvalidAccessError', `The key is ${key.type}, not public`);
  const { key: onToken, spki } = materialOf(key)!;
  return spki === undefined ? (onToken as PublicKey).toSpki() : Uint8Array.from(spki);
}

interface LeftBehind {
  readonly context: TokenContext;
  readonly handle: bigint;
  readonly epoch: Epoch;
}

// A key of the session that nobody can reach any more is of no use: without this a program that imports a public key for each signature would fill the token.
const leftBehind = new FinalizationRegistry<LeftBehind>(({ context, handle, epoch }) => {
  // After a recovery the handle may be that of something else.
  if (context.epoch === epoch) void destroyObject(context, handle, false, {}).catch(() => undefined);
});

/** Has a key that was made here, and is not kept on the token, removed when nobody has it any more. */
export function removedWhenUnreachable<Kind extends PrivateKey | PublicKey | SecretKey>(key: Kind): Kind {
  const context = contextOf(key);
  if (key.attributes.token === false) leftBehind.register(key, { context, handle: key.handle, epoch: context.epoch });
  return key;
}

/** Whether a key on a token is a public one. */
export const isPublic = (key: PrivateKey | PublicKey | SecretKey): key is PublicKey => key.class === CKO.PUBLIC_KEY;
