// For libraries that know one Web Cryptography only: keys of the token are used on the token, everything else is done by Node.js.

import { webcrypto } from 'node:crypto';
import { types } from 'node:util';
import { wrongType } from '../arguments';
import { Crypto } from './crypto';
import { domError } from './errors';
import { materialOf } from './crypto-key';
import type { NewKeyAlgorithm, NewKeyPairAlgorithm, NewSecretKeyAlgorithm } from './algorithm-types';

/** That of Node.js. */
type Subtle = webcrypto.SubtleCrypto;

/** The operations of a token and of Node.js in one. */
export interface CombinedSubtleCrypto extends Omit<Subtle, 'generateKey'> {
  /** New keys: on the token where the algorithm has a member `token`, else in Node.js. */
  generateKey(algorithm: NewKeyPairAlgorithm, extractable: boolean, keyUsages: Iterable<webcrypto.KeyUsage>): Promise<webcrypto.CryptoKeyPair>;
  generateKey(algorithm: NewSecretKeyAlgorithm, extractable: boolean, keyUsages: Iterable<webcrypto.KeyUsage>): Promise<webcrypto.CryptoKey>;
  generateKey(
    algorithm: NewKeyAlgorithm,
    extractable: boolean,
    keyUsages: Iterable<webcrypto.KeyUsage>,
  ): Promise<webcrypto.CryptoKey | webcrypto.CryptoKeyPair>;
}

/** What `combineWithNode` gives. */
export interface CombinedCrypto {
  /** The operations. */
  readonly subtle: CombinedSubtleCrypto;
  /** As that of Node.js. */
  getRandomValues<Kind extends ArrayBufferView>(array: Kind): Kind;
  /** As that of Node.js. */
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}

type Key = webcrypto.CryptoKey;
type AnyMethod = (...args: unknown[]) => Promise<unknown>;

/** The methods that use a key, and which argument it is. */
const KEYED: Readonly<Record<string, number>> = {
  sign: 1,
  verify: 1,
  encrypt: 1,
  decrypt: 1,
  exportKey: 1,
  deriveBits: 1,
  deriveKey: 1,
  wrapKey: 2,
  unwrapKey: 2,
  encapsulateKey: 1,
  encapsulateBits: 1,
  decapsulateKey: 1,
  decapsulateBits: 1,
};

/** The methods that make a key of nothing, and which argument says where. */
const MAKING: Readonly<Record<string, number>> = { generateKey: 0, importKey: 2 };

const FORMATS = { public: 'spki', private: 'pkcs8', secret: 'raw' } as const;

/** The same key on the other side: what it is made of must be known to both. */
async function carried(key: Key, from: Subtle, to: Subtle): Promise<Key> {
  const format = FORMATS[key.type as keyof typeof FORMATS];
  const exported = (await from.exportKey(format as 'raw', key)) as ArrayBuffer;
  try {
    return await to.importKey(format as 'raw', exported, key.algorithm as never, true, key.usages);
  } finally {
    new Uint8Array(exported).fill(0);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether an algorithm says of a new key whether it is kept on the token, which has no meaning elsewhere. */
const isPlaced = (algorithm: unknown): boolean => isObject(algorithm) && algorithm['token'] !== undefined;

class CombinedSubtle {
  readonly #token: Subtle;

  constructor(token: Subtle) {
    this.#token = token;
    const node = webcrypto.subtle;
    for (const [name, place] of Object.entries(KEYED)) this.#define(name, (args) => this.#keyed(name, place, args));
    for (const [name, place] of Object.entries(MAKING)) this.#define(name, (args) => this.#call(isPlaced(args[place]) ? token : node, name, args));
    this.#define('digest', (args) => this.#call(node, 'digest', args));
  }

  #define(name: string, work: (args: unknown[]) => Promise<unknown>): void {
    Object.defineProperty(this, name, { value: async (...args: unknown[]) => work(args), configurable: true, writable: true });
  }

  #call(side: Subtle, name: string, args: readonly unknown[]): Promise<unknown> {
    const method = Reflect.get(side, name) as AnyMethod | undefined;
    // ML-KEM is newer than many a Node.js.
    if (method === undefined) throw domError('NotSupportedError', `Node.js ${process.version} has no ${name}`);
    return method.apply(side, [...args]);
  }

  #sideOf(key: unknown): Subtle {
    return materialOf(key) === undefined ? webcrypto.subtle : this.#token;
  }

  async #keyed(name: string, place: number, args: readonly unknown[]): Promise<unknown> {
    const side = this.#sideOf(args[place]);
    const given = [...args];
    if (name === 'wrapKey') given[1] = await this.#brought(given[1], side);
    if (name.startsWith('derive') && isObject(given[0]) && isObject(given[0]['public'])) {
      given[0] = { ...given[0], public: await this.#brought(given[0]['public'], side) };
    }
    return this.#call(side, name, given);
  }

  /** A key for use on that side. What is no key, or may not be taken away, stays what it is: that side says what is wrong. */
  async #brought(key: unknown, side: Subtle): Promise<unknown> {
    const from = this.#sideOf(key);
    const isKey = isObject(key) && (from === this.#token || types.isCryptoKey(key));
    return from === side || !isKey || key['extractable'] !== true ? key : carried(key as unknown as Key, from, side);
  }
}

/**
 * The Web Cryptography of a token and that of Node.js in one, for libraries that know one only: a key decides where it is used. New keys, digests and random bytes
 * are Node's, so that what such a library makes for a moment is no object on the token; a new key whose algorithm says `token`, true or false, is made there.
 * A public key, and a key to be wrapped, is carried to the side where the other key is.
 *
 * @example
 * const both = combineWithNode(new Crypto(token));
 * const { privateKey } = await both.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256', token: true }, false, ['sign', 'verify']);
 */
export function combineWithNode(crypto: Crypto): CombinedCrypto {
  if (!(crypto instanceof Crypto)) throw wrongType('crypto', 'a Crypto of a token', crypto);
  return {
    subtle: new CombinedSubtle(crypto.subtle as unknown as Subtle) as unknown as CombinedSubtleCrypto,
    getRandomValues: webcrypto.getRandomValues.bind(webcrypto) as unknown as CombinedCrypto['getRandomValues'],
    randomUUID: webcrypto.randomUUID.bind(webcrypto),
  };
}
