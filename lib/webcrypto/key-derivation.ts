// HKDF (RFC 5869) and PBKDF2 (RFC 8018).

import { hkdf, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { CKF, CKM } from '../generated/constants';
import { bufferSource, unsignedLong, type Dictionary } from './idl';
import { checkUsages, checkUsed, type Usage } from './usages';
import { CryptoKey, materialOf, removedWhenUnreachable } from './crypto-key';
import { domError, onToken } from './errors';
import { nodeHash } from './sha';
import { plain, Provider, type Algorithm, type Format, type KeyData, type SecretPlan, type SecretPlanner, type Wish } from './provider';
import type { Hkdf } from '../algorithms/names';
import type { SecretKey } from '../secret-key';

const derived = { hkdf: promisify(hkdf), pbkdf2: promisify(pbkdf2) };

abstract class DerivingProvider extends Provider {
  override readonly usages: readonly Usage[] = ['deriveKey', 'deriveBits'];

  override keyLength(): null {
    return null;
  }

  protected check(format: Format, { extractable, usages }: Wish): void {
    if (format !== 'raw' && format !== 'raw-secret') throw domError('NotSupportedError', `${this.name} keys have no form '${format}'`);
    checkUsages(usages, this.usages);
    if (extractable) throw domError('SyntaxError', `${this.name} keys cannot be extractable`);
    checkUsed(usages);
  }

  protected keyOf(usages: readonly Usage[], material: { key: SecretKey } | { bytes: Uint8Array }): CryptoKey {
    return new CryptoKey({ type: 'secret', extractable: false, algorithm: { name: this.name }, usages }, material);
  }

  protected length(bits: number | null): number {
    if (bits === null || bits % 8 !== 0) throw domError('OperationError', 'The length must be a multiple of 8');
    return bits / 8;
  }
}

interface HkdfAlgorithm extends Algorithm {
  readonly hash: Algorithm;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
}

const HASH_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** Keys are on the token where it has HKDF; else in this process, for node:crypto. */
export class HkdfProvider extends DerivingProvider {
  override readonly name = 'HKDF';
  override readonly operations = {
    importKey: plain,
    getKeyLength: plain,
    deriveBits: (source: Dictionary): object => ({
      hash: source.required('hash', this.hash),
      info: source.required('info', bufferSource),
      salt: source.required('salt', bufferSource),
    }),
  };

  #onToken(): Promise<boolean> {
    return this.has(CKM.HKDF_DERIVE, CKF.DERIVE);
  }

  override async onImportKey(format: Format, data: KeyData, _algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    this.check(format, wish);
    const bytes = data as Uint8Array;
    if (bytes.length === 0 || !(await this.#onToken())) return this.keyOf(wish.usages, { bytes });
    try {
      const key = await onToken(() => this.host.token.importKey(bytes, { ...this.#options(wish), type: 'generic' }));
      return this.keyOf(wish.usages, { key: removedWhenUnreachable(key as SecretKey) });
    } finally {
      bytes.fill(0);
    }
  }

  /** Of a key that may be used for bits everything that follows from it can be read: some tokens allow that only where the key itself could be. */
  #options(wish: Wish): ReturnType<HkdfProvider['placed']> & { attributes: { derive: true; sign: false; verify: false } } {
    const extractable = wish.usages.includes('deriveBits') && wish.placement.sensitive !== true;
    return { ...this.placed({ ...wish, extractable }), attributes: { derive: true, sign: false, verify: false } };
  }

  override async secretPlan(_algorithm: Algorithm, wish: Wish): Promise<SecretPlan | undefined> {
    this.check('raw', wish);
    if (!(await this.#onToken())) return undefined;
    const finish = async (key: SecretKey): Promise<CryptoKey> => this.keyOf(wish.usages, { key: removedWhenUnreachable(key) });
    return { type: 'generic', options: this.#options(wish), finish };
  }

  #checked(algorithm: Algorithm, bits: number | null): { bytes: number; wish: Hkdf & { hash: string } } {
    const { hash, salt, info } = algorithm as HkdfAlgorithm;
    const bytes = this.length(bits);
    const name = nodeHash(hash);
    if (bytes > 255 * HASH_BYTES[name]!) throw domError('OperationError', 'HKDF does not give so many bits');
    return { bytes, wish: { name: 'hkdf', hash: name, salt, info } };
  }

  override async onDeriveBits(algorithm: Algorithm, key: CryptoKey, length: number | null): Promise<Uint8Array> {
    const { bytes, wish } = this.#checked(algorithm, length);
    if (bytes === 0) return new Uint8Array(0);
    const { key: base, bytes: secret } = materialOf(key)!;
    if (base !== undefined) return onToken(() => (base as SecretKey).deriveBits(wish, 8 * bytes));
    return onToken(async () => new Uint8Array(await derived.hkdf(wish.hash, secret!, wish.salt as Uint8Array, wish.info!, bytes)));
  }

  override async onDeriveKey(algorithm: Algorithm, key: CryptoKey, length: number | null, plan: SecretPlanner): Promise<CryptoKey | undefined> {
    const { bytes, wish } = this.#checked(algorithm, length);
    const base = materialOf(key)!.key as SecretKey | undefined;
    const secret = base === undefined || bytes === 0 ? undefined : await plan(8 * bytes);
    if (base === undefined || secret === undefined) return undefined;
    const { type, options, finish } = secret;
    return onToken(async () => finish(await base.derive(wish, { ...options, type, length: 8 * bytes })));
  }
}

interface Pbkdf2Algorithm extends Algorithm {
  readonly hash: Algorithm;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** The password is in this process in any case; a key that comes of it is made on the token where it has PBKDF2. */
export class Pbkdf2Provider extends DerivingProvider {
  override readonly name = 'PBKDF2';
  override readonly operations = {
    importKey: plain,
    getKeyLength: plain,
    deriveBits: (source: Dictionary): object => ({
      hash: source.required('hash', this.hash),
      iterations: source.required('iterations', unsignedLong),
      salt: source.required('salt', bufferSource),
    }),
  };

  override async onImportKey(format: Format, data: KeyData, _algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    this.check(format, wish);
    return this.keyOf(wish.usages, { bytes: data as Uint8Array });
  }

  #checked(algorithm: Algorithm, bits: number | null): { bytes: number; hash: string; iterations: number; salt: Uint8Array } {
    const { hash, salt, iterations } = algorithm as Pbkdf2Algorithm;
    const bytes = this.length(bits);
    if (iterations === 0) throw domError('OperationError', 'The number of iterations must not be zero');
    return { bytes, hash: nodeHash(hash), iterations, salt };
  }

  override async onDeriveBits(algorithm: Algorithm, key: CryptoKey, length: number | null): Promise<Uint8Array> {
    const { bytes, hash, iterations, salt } = this.#checked(algorithm, length);
    if (bytes === 0) return new Uint8Array(0);
    return onToken(async () => Uint8Array.from(await derived.pbkdf2(materialOf(key)!.bytes!, salt, iterations, bytes, hash)));
  }

  override async onDeriveKey(algorithm: Algorithm, key: CryptoKey, length: number | null, plan: SecretPlanner): Promise<CryptoKey | undefined> {
    const { bytes, hash, iterations, salt } = this.#checked(algorithm, length);
    const password = materialOf(key)!.bytes!;
    // What tokens make of no password, or of no salt, is not laid down.
    if (bytes === 0 || password.length === 0 || salt.length === 0 || !(await this.has(CKM.PKCS5_PBKD2, CKF.GENERATE))) return undefined;
    const secret = await plan(8 * bytes);
    if (secret === undefined) return undefined;
    const { type, options, finish } = secret;
    const given = { password, salt, iterations, hash };
    return onToken(async () => finish(await this.host.token.generateKey(type, { ...options, length: 8 * bytes, pbkdf2: given })));
  }
}
