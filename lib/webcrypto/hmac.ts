import { blockBits, nodeHash } from './sha';
import { domError, onToken } from './errors';
import { materialOf, type CryptoKey } from './crypto-key';
import { plain, type Algorithm, type Wish } from './provider';
import { SecretProvider } from './secret';
import { unsignedLong, type Dictionary } from './idl';
import type { AttributeName } from '../attributes';
import type { SecretKey } from '../secret-key';
import type { Usage } from './usages';

interface HmacAlgorithm extends Algorithm {
  readonly hash: Algorithm;
  readonly length?: number;
}

const hashOf = (key: CryptoKey): string => nodeHash((key.algorithm as unknown as HmacAlgorithm).hash);

function wholeBytes(length: number, name: 'OperationError' | 'DataError'): number {
  if (length === 0) throw domError(name, 'The key must not be empty');
  if (length % 8 !== 0) throw domError('NotSupportedError', 'Keys on a token are made of whole bytes');
  return length;
}

export class HmacProvider extends SecretProvider {
  override readonly name = 'HMAC';
  override readonly usages: readonly Usage[] = ['sign', 'verify'];
  readonly #parameters = (source: Dictionary): object => ({
    hash: source.required('hash', this.hash),
    length: source.optional('length', unsignedLong),
  });
  override readonly operations = {
    generateKey: this.#parameters,
    importKey: this.#parameters,
    getKeyLength: this.#parameters,
    exportKey: plain,
    sign: plain,
    verify: plain,
  };
  protected override readonly type = 'hmac';
  protected override readonly use = 'sig';
  protected override readonly rights: readonly AttributeName[] = ['sign', 'verify'];

  #bits(algorithm: Algorithm): number {
    const { hash, length } = algorithm as HmacAlgorithm;
    return wholeBytes(length ?? blockBits(hash), 'OperationError');
  }

  override checkGenerate(algorithm: Algorithm): void {
    this.#bits(algorithm);
  }

  override async onGenerateKey(algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    return this.generate(algorithm, wish, this.#bits(algorithm));
  }

  override keyLength(algorithm: Algorithm): number {
    const { hash, length } = algorithm as HmacAlgorithm;
    // The standard has a TypeError here, of all things.
    if (length === 0) throw new TypeError('The length of an HMAC key must not be zero');
    return length ?? blockBits(hash);
  }

  protected override described(algorithm: Algorithm, bits: number): Algorithm {
    const { hash, length } = algorithm as HmacAlgorithm;
    wholeBytes(bits, 'DataError');
    if (length !== undefined && (length > bits || length <= bits - 8)) throw domError('DataError', 'The key has another length');
    return { name: this.name, hash, length: wholeBytes(length ?? bits, 'DataError') } as Algorithm;
  }

  protected override jwkAlgorithm(algorithm: Algorithm): string {
    const { name } = (algorithm as HmacAlgorithm).hash;
    return `HS${name === 'SHA-1' ? '1' : name.slice(4)}`;
  }

  protected override jwkAlgorithms(algorithm: Algorithm): string[] {
    return [this.jwkAlgorithm(algorithm)];
  }

  protected override checkType(key: SecretKey): void {
    // Keys made for one HMAC only have a type of their own: CKK_SHA256_HMAC.
    if (key.type !== 'generic' && !key.type.endsWith('_HMAC')) throw domError('DataError', `A key of type '${key.type}' is none for HMAC`);
  }

  override onSign(_algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return onToken(() => (materialOf(key)!.key as SecretKey).sign(hashOf(key), data));
  }

  override onVerify(_algorithm: Algorithm, key: CryptoKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    return onToken(() => (materialOf(key)!.key as SecretKey).verify(hashOf(key), data, signature));
  }
}
