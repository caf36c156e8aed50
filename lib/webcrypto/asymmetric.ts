// What all key pairs have in common: how their halves come in and go out.

import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CKO } from '../generated/constants';
import { CryptoKey, materialOf, removedWhenUnreachable, requirePublic } from './crypto-key';
import { checkUsages, checkUsed, rights, usagesOf, type Usage } from './usages';
import { DetachedPublicKey, publicDer } from '../export-key';
import { domError, onToken } from './errors';
import { jwkCommon } from './jwk';
import { expectOwnHalf, privateKeyInfo, privateKeyObject } from './private-key-info';
import { Provider, type Algorithm, type Format, type KeyData, type Wish } from './provider';
import { rememberPublicKey, type PrivateKey } from '../private-key';
import type { AttributeName } from '../attributes';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';

const unread = (cause: unknown): DOMException => domError('DataError', 'The data are no such key', cause);

/** The KeyObject of what was imported. OpenSSL's words hold nothing of the key. */
function read(make: () => KeyObject): KeyObject {
  try {
    const key = make();
    publicDer(key);
    if (key.type === 'private' && key.asymmetricKeyType === 'ec') expectOwnHalf(key);
    return key;
  } catch (error) {
    throw unread(error);
  }
}

export const readSpki = (der: Uint8Array): KeyObject => read(() => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }));
export const readPkcs8 = (der: Uint8Array): KeyObject => read(() => privateKeyObject(der));

export abstract class AsymmetricProvider extends Provider {
  abstract override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] };

  /** The rights that its private and public keys have or have not. */
  protected abstract readonly privateRights: readonly AttributeName[];
  protected abstract readonly publicRights: readonly AttributeName[];

  /** Throws a DataError where a JSON Web Key is for something else. */
  protected abstract checkJwk(jwk: JsonWebKey, algorithm: Algorithm, wish: Wish): void;

  /** Throws a DataError where a key is not of this kind; answers the algorithm that the CryptoKey will show. */
  protected abstract described(key: KeyObject, algorithm: Algorithm): Algorithm;

  /** Its public keys have a raw form, read and made by `fromRaw` and `toRaw`. */
  protected readonly hasRaw: boolean = false;

  /** The public key of a raw point. */
  protected fromRaw(_data: Uint8Array, _algorithm: Algorithm): KeyObject {
    throw this.#noFormat('raw');
  }

  /** The reverse. */
  protected toRaw(_spki: Uint8Array): Uint8Array {
    throw this.#noFormat('raw');
  }

  #isRaw(format: Format): boolean {
    return this.hasRaw && (format === 'raw' || format === 'raw-public');
  }

  override async onImportKey(format: Format, data: KeyData, algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    if (format === 'jwk') return this.#importJwk(data as JsonWebKey, algorithm, wish);
    const bytes = data as Uint8Array;
    if (format === 'pkcs8') {
      try {
        checkUsages(wish.usages, this.allowed('private'));
        return await this.importPrivate(readPkcs8(bytes), algorithm, wish);
      } finally {
        bytes.fill(0);
      }
    }
    const isRaw = this.#isRaw(format);
    if (!isRaw && format !== 'spki') throw this.#noFormat(format);
    checkUsages(wish.usages, this.allowed('public'));
    return this.importPublic(isRaw ? this.fromRaw(bytes, algorithm) : readSpki(bytes), algorithm, wish);
  }

  #noFormat(format: Format): DOMException {
    return domError('NotSupportedError', `${this.name} keys have no form '${format}'`);
  }

  async #importJwk(jwk: JsonWebKey, algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    const isPrivate = jwk.d !== undefined;
    checkUsages(wish.usages, this.allowed(isPrivate ? 'private' : 'public'));
    this.checkJwk(jwk, algorithm, wish);
    const half = read(() => createPublicKey({ key: { ...jwk, d: undefined } as JsonWebKey, format: 'jwk' }));
    if (!isPrivate) return this.importPublic(half, algorithm, wish);
    const key = read(() => createPrivateKey({ key: jwk, format: 'jwk' }));
    if (!createPublicKey(key).equals(half)) throw unread(undefined);
    return this.importPrivate(key, algorithm, wish);
  }

  protected async importPrivate(key: KeyObject, algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    const described = this.described(key, algorithm);
    checkUsed(wish.usages);
    const attributes = rights(wish.usages, this.privateRights);
    const onIt = (await onToken(() => this.host.token.importKey(key, { ...this.placed(wish), attributes }))) as PrivateKey;
    rememberPublicKey(onIt, new DetachedPublicKey(publicDer(key)));
    const { extractable, usages } = wish;
    return new CryptoKey({ type: 'private', extractable, algorithm: described, usages }, { key: removedWhenUnreachable(onIt) });
  }

  /** A public key comes onto the token when it is needed there, unless it is to stay. */
  protected async importPublic(key: KeyObject, algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    const fields = { type: 'public' as const, extractable: wish.extractable, algorithm: this.described(key, algorithm), usages: wish.usages };
    const placed = this.placed(wish);
    if (!placed.token) return new CryptoKey(fields, { spki: Uint8Array.from(key.export({ format: 'der', type: 'spki' })) });
    const { token, label, id } = placed;
    const attributes = rights(wish.usages, this.publicRights);
    const onIt = (await onToken(() => this.host.token.importKey(key, { token, label, id, attributes }))) as PublicKey;
    return new CryptoKey(fields, { key: onIt });
  }

  override async onExportKey(format: Format, key: CryptoKey): Promise<Uint8Array | JsonWebKey> {
    const isPrivate = key.type === 'private';
    if (format === 'jwk') return this.#exportJwk(key);
    if (format === 'pkcs8') {
      if (!isPrivate) throw domError('InvalidAccessError', 'The key is public');
      return onToken(() => privateKeyInfo(materialOf(key)!.key as PrivateKey));
    }
    if (format === 'spki') return onToken(async () => requirePublic(key));
    if (!this.#isRaw(format)) throw this.#noFormat(format);
    return this.toRaw(await onToken(async () => requirePublic(key)));
  }

  async #exportJwk(key: CryptoKey): Promise<JsonWebKey> {
    const common = jwkCommon(key.usages, key.extractable);
    if (key.type === 'public') {
      const spki = await onToken(async () => requirePublic(key));
      return { ...readSpki(spki).export({ format: 'jwk' }), ...this.jwkMembers(key), ...common };
    }
    const der = await onToken(() => privateKeyInfo(materialOf(key)!.key as PrivateKey));
    try {
      return { ...privateKeyObject(der).export({ format: 'jwk' }), ...this.jwkMembers(key), ...common };
    } finally {
      der.fill(0);
    }
  }

  /** What the JSON Web Key has besides its numbers. */
  protected jwkMembers(_key: CryptoKey): JsonWebKey {
    return {};
  }

  /** The algorithm that the CryptoKey of a key on the token shows. Throws a DataError where the key is not of this kind. */
  protected abstract describedOnToken(key: PrivateKey | PublicKey, algorithm: Algorithm): Algorithm;

  override adopt(key: PrivateKey | PublicKey | SecretKey, algorithm: Algorithm, usages: readonly Usage[] | undefined): CryptoKey {
    if (key.class === CKO.SECRET_KEY) throw domError('DataError', `A secret key is none for ${this.name}`);
    const type = key.class === CKO.PUBLIC_KEY ? 'public' : 'private';
    const allowed = this.allowed(type);
    if (usages !== undefined) checkUsages(usages, allowed);
    const described = this.describedOnToken(key as PrivateKey | PublicKey, algorithm);
    const extractable = type === 'public' || key.attributes.extractable === true;
    return new CryptoKey({ type, extractable, algorithm: described, usages: usages ?? usagesOf(key.attributes, allowed) }, { key });
  }
}
