// What all secret keys on a token have in common.

import { CKO } from '../generated/constants';
import { checkJwk, jwkBytes, jwkCommon } from './jwk';
import { checkUsages, checkUsed, rights, usagesOf, type Usage } from './usages';
import { CryptoKey, materialOf, removedWhenUnreachable } from './crypto-key';
import { domError, onToken } from './errors';
import { Provider, type Algorithm, type Format, type KeyData, type SecretPlan, type Wish } from './provider';
import type { AttributeName } from '../attributes';
import type { JsonWebKey } from 'node:crypto';
import type { PrivateKey } from '../private-key';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';
import type { SecretKeyType } from '../generate-key';

/** The value of a secret key that may be read. The caller wipes it. */
export async function valueOf(key: SecretKey): Promise<Uint8Array> {
  const { value } = await key.get(['value']);
  if (value === undefined) throw domError('OperationError', 'The token does not reveal this key; it can be wrapped by another key on the token');
  return value;
}

export abstract class SecretProvider extends Provider {
  abstract override readonly usages: readonly Usage[];
  /** As what the token keeps them. */
  protected abstract readonly type: SecretKeyType;
  protected abstract readonly rights: readonly AttributeName[];
  protected abstract readonly use: 'sig' | 'enc';

  /** Throws for keys of a wrong length; answers the algorithm that the CryptoKey will show. */
  protected abstract described(algorithm: Algorithm, bits: number): Algorithm;

  /** The `alg` of RFC 7518. */
  protected abstract jwkAlgorithm(algorithm: Algorithm): string;

  /** The `alg` that an imported key may have, before its length is known. */
  protected abstract jwkAlgorithms(algorithm: Algorithm, bits: number): readonly string[];

  override async secretPlan(algorithm: Algorithm, wish: Wish, bits: number | undefined): Promise<SecretPlan> {
    checkUsages(wish.usages, this.usages);
    if (bits !== undefined) this.described(algorithm, bits);
    checkUsed(wish.usages);
    const finish = async (key: SecretKey): Promise<CryptoKey> => {
      try {
        return this.finished(key, algorithm, wish, bits);
      } catch (error) {
        await key.destroy();
        throw error;
      }
    };
    return { type: this.type, options: this.#options(wish), finish };
  }

  #options(wish: Wish): ReturnType<SecretProvider['placed']> & { attributes: ReturnType<typeof rights> } {
    return { ...this.placed(wish), attributes: rights(wish.usages, this.rights) };
  }

  protected finished(key: SecretKey, algorithm: Algorithm, { extractable, usages }: Wish, bits?: number): CryptoKey {
    const known = bits ?? 8 * (key.attributes.valueLen ?? 0);
    const fields = { type: 'secret' as const, extractable, algorithm: this.described(algorithm, known), usages };
    return new CryptoKey(fields, { key: removedWhenUnreachable(key) });
  }

  protected async generate(algorithm: Algorithm, wish: Wish, bits: number): Promise<CryptoKey> {
    const key = await onToken(() => this.host.token.generateKey(this.type, { ...this.#options(wish), length: bits }));
    return this.finished(key, algorithm, wish, bits);
  }

  override async onImportKey(format: Format, data: KeyData, algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    checkUsages(wish.usages, this.usages);
    if (format !== 'raw' && format !== 'raw-secret' && format !== 'jwk')
      throw domError('NotSupportedError', `${this.name} keys have no form '${format}'`);
    const bytes = format === 'jwk' ? this.#jwkValue(data as JsonWebKey, algorithm, wish) : (data as Uint8Array);
    const bits = 8 * bytes.length;
    this.described(algorithm, bits);
    checkUsed(wish.usages);
    try {
      const key = await onToken(() => this.host.token.importKey(bytes, { ...this.#options(wish), type: this.type }));
      return this.finished(key as SecretKey, algorithm, wish, bits);
    } finally {
      bytes.fill(0);
    }
  }

  #jwkValue(jwk: JsonWebKey, algorithm: Algorithm, { extractable, usages }: Wish): Uint8Array {
    const expected = { kty: 'oct', use: this.use, algorithms: undefined, extractable, usages };
    if (jwk.kty !== 'oct') checkJwk(jwk, expected);
    const bytes = jwkBytes(jwk.k);
    checkJwk(jwk, { ...expected, algorithms: this.jwkAlgorithms(algorithm, 8 * bytes.length) });
    return bytes;
  }

  override async onExportKey(format: Format, key: CryptoKey): Promise<Uint8Array | JsonWebKey> {
    if (format !== 'raw' && format !== 'raw-secret' && format !== 'jwk')
      throw domError('NotSupportedError', `${this.name} keys have no form '${format}'`);
    const bytes = await onToken(() => valueOf(materialOf(key)!.key as SecretKey));
    if (format !== 'jwk') return bytes;
    const k = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
    bytes.fill(0);
    return { kty: 'oct', k, alg: this.jwkAlgorithm(key.algorithm), ...jwkCommon(key.usages, key.extractable) };
  }

  override adopt(key: PrivateKey | PublicKey | SecretKey, algorithm: Algorithm, usages: readonly Usage[] | undefined): CryptoKey {
    if (key.class !== CKO.SECRET_KEY) throw domError('DataError', `A key of type '${key.type}' is none for ${this.name}`);
    this.checkType(key as SecretKey);
    if (usages !== undefined) checkUsages(usages, this.usages);
    const { extractable, valueLen } = key.attributes;
    const fields = {
      type: 'secret' as const,
      extractable: extractable === true,
      algorithm: this.described(algorithm, 8 * (valueLen ?? 0)),
      usages: usages ?? usagesOf(key.attributes, this.usages),
    };
    return new CryptoKey(fields, { key: key as SecretKey });
  }

  /** Throws a DataError for a key on the token that is of another type. */
  protected abstract checkType(key: SecretKey): void;
}
