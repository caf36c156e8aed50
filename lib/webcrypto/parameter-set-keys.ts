// ML-DSA (FIPS 204) and ML-KEM (FIPS 203), where the token has them: after the draft "Modern Algorithms in the Web Cryptography API". Node.js knows no such keys before
// version 24, so their DER is made and read here.

import { algorithmIdentifier, bitString, element, integer, octetString, sequence } from '../der';
import { bufferSource, type Dictionary } from './idl';
import { checkJwk, jwkBytes, jwkCommon } from './jwk';
import { checkUsages, checkUsed, rights, usagesOf, type Usage } from './usages';
import { CKO } from '../generated/constants';
import { CryptoKey, materialOf, removedWhenUnreachable, requirePublic } from './crypto-key';
import { DetachedPublicKey, subjectPublicKey } from '../export-key';
import { domError, onToken } from './errors';
import { parameterSetByName, type ParameterSet } from '../algorithms/parameter-sets';
import {
  plain,
  Provider,
  type Algorithm,
  type CryptoKeyPair,
  type Encapsulation,
  type Format,
  type Host,
  type KeyData,
  type SecretPlan,
  type Wish,
} from './provider';
import { privateKeyInfo } from './private-key-info';
import { rememberPublicKey, type PrivateKey } from '../private-key';
import { setHalf } from '../set-keys';
import { valueOf } from './secret';
import type { AttributeName } from '../attributes';
import type { JsonWebKey } from 'node:crypto';
import type { KeyPairType } from '../generate-key';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';

/** Members of such keys that node:crypto's types do not have. */
interface AkpKey extends JsonWebKey {
  pub?: string;
  priv?: string;
}

const unread = (): DOMException => domError('DataError', 'The data are no such key');

abstract class ParameterSetProvider extends Provider {
  abstract override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] };
  protected abstract readonly privateRights: readonly AttributeName[];
  protected abstract readonly publicRights: readonly AttributeName[];
  protected abstract readonly use: 'sig' | 'enc';
  protected abstract readonly seedBytes: number;
  readonly #set: ParameterSet;

  constructor(
    host: Host,
    override readonly name: string,
  ) {
    super(host);
    this.#set = parameterSetByName(name)!;
  }

  override async onGenerateKey(_algorithm: Algorithm, wish: Wish): Promise<CryptoKeyPair> {
    const pair = await onToken(() =>
      this.host.token.generateKeyPair(this.#set.name as KeyPairType, {
        ...this.placed(wish),
        privateKey: rights(wish.usages, this.privateRights),
        publicKey: rights(wish.usages, this.publicRights),
      }),
    );
    return this.pairOf(pair, { name: this.name }, wish);
  }

  #spki(value: Uint8Array): Uint8Array {
    if (value.length !== this.#set.publicKeyBytes) throw unread();
    return sequence(algorithmIdentifier(this.#set.oid), bitString(value));
  }

  #pkcs8(seed: Uint8Array): Uint8Array {
    if (seed.length !== this.seedBytes) throw unread();
    return sequence(integer(Uint8Array.of(0)), algorithmIdentifier(this.#set.oid), octetString(element(0x80, seed)));
  }

  override async onImportKey(format: Format, data: KeyData, _algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    if (format === 'jwk') return this.#importJwk(data as AkpKey, wish);
    const isPublic = format === 'spki' || format === 'raw-public';
    if (!isPublic && format !== 'pkcs8' && format !== 'raw-seed') throw this.#noFormat(format);
    checkUsages(wish.usages, this.allowed(isPublic ? 'public' : 'private'));
    const bytes = data as Uint8Array;
    const der = format === 'raw-public' ? this.#spki(bytes) : format === 'raw-seed' ? this.#pkcs8(bytes) : bytes;
    try {
      return await this.#import(der, !isPublic, undefined, wish);
    } finally {
      if (!isPublic) for (const secret of [bytes, der]) secret.fill(0);
    }
  }

  #noFormat(format: Format): DOMException {
    return domError('NotSupportedError', `${this.name} keys have no form '${format}'`);
  }

  #importJwk(jwk: AkpKey, wish: Wish): Promise<CryptoKey> {
    const isPrivate = jwk.priv !== undefined;
    checkUsages(wish.usages, this.allowed(isPrivate ? 'private' : 'public'));
    const { extractable, usages } = wish;
    checkJwk(jwk, { kty: 'AKP', use: this.use, algorithms: [this.name], extractable, usages });
    if (jwk.alg !== this.name) throw unread();
    const spki = this.#spki(jwkBytes(jwk.pub));
    return isPrivate ? this.#import(this.#pkcs8(jwkBytes(jwk.priv)), true, spki, wish) : this.#import(spki, false, undefined, wish);
  }

  async #import(der: Uint8Array, isPrivate: boolean, spki: Uint8Array | undefined, wish: Wish): Promise<CryptoKey> {
    const half = setHalf(der);
    if (half === undefined || half.isPrivate !== isPrivate || half.apart.type !== this.#set.name) throw unread();
    const { extractable, usages } = wish;
    const algorithm = { name: this.name };
    if (!isPrivate) {
      const { token, label, id } = this.placed(wish);
      const fields = { type: 'public' as const, extractable, algorithm, usages };
      if (!token) return new CryptoKey(fields, { spki: der });
      const attributes = rights(usages, this.publicRights);
      return new CryptoKey(fields, { key: (await onToken(() => this.host.token.importKey(der, { token, label, id, attributes }))) as PublicKey });
    }
    checkUsed(usages);
    const attributes = rights(usages, this.privateRights);
    const key = (await onToken(() => this.host.token.importKey(der, { ...this.placed(wish), attributes }))) as PrivateKey;
    if (spki !== undefined) rememberPublicKey(key, new DetachedPublicKey(spki));
    return new CryptoKey({ type: 'private', extractable, algorithm, usages }, { key: removedWhenUnreachable(key) });
  }

  override async onExportKey(format: Format, key: CryptoKey): Promise<Uint8Array | JsonWebKey> {
    if (format === 'spki') return onToken(async () => requirePublic(key));
    if (format === 'raw-public') return subjectPublicKey(await onToken(async () => requirePublic(key)));
    if (format !== 'pkcs8' && format !== 'raw-seed' && format !== 'jwk') throw this.#noFormat(format);
    const common = { kty: 'AKP', alg: this.name, ...jwkCommon(key.usages, key.extractable) };
    if (key.type === 'public') {
      if (format !== 'jwk') throw domError('InvalidAccessError', 'The key is public');
      return { ...common, pub: this.#publicBase64(await onToken(async () => requirePublic(key))) };
    }
    const onIt = materialOf(key)!.key as PrivateKey;
    const der = await onToken(() => privateKeyInfo(onIt));
    if (format === 'pkcs8') return der;
    const seed = this.#seedOf(der);
    der.fill(0);
    if (format === 'raw-seed') return seed;
    const spki = (await onToken(() => onIt.findPublicKey()))?.toSpki();
    if (spki === undefined) throw domError('OperationError', 'The token does not tell the public half of the key');
    const priv = Buffer.from(seed).toString('base64url');
    seed.fill(0);
    return { ...common, pub: this.#publicBase64(spki), priv } as AkpKey;
  }

  #publicBase64(spki: Uint8Array): string {
    return Buffer.from(subjectPublicKey(spki)).toString('base64url');
  }

  #seedOf(der: Uint8Array): Uint8Array {
    const seed = setHalf(der)?.apart.templates[0]?.seed;
    if (!(seed instanceof Uint8Array)) throw domError('OperationError', 'The token does not keep the seed of the key');
    return seed;
  }

  override adopt(key: PrivateKey | PublicKey | SecretKey, _algorithm: Algorithm, usages: readonly Usage[] | undefined): CryptoKey {
    if (key.type !== this.#set.name) throw domError('DataError', `A key of type '${key.type}' is none for ${this.name}`);
    const type = key.class === CKO.PUBLIC_KEY ? 'public' : 'private';
    const allowed = this.allowed(type);
    if (usages !== undefined) checkUsages(usages, allowed);
    const extractable = type === 'public' || key.attributes.extractable === true;
    // The rights to encapsulate are not read with every key.
    const granted = this.use === 'sig' ? usagesOf(key.attributes, allowed) : allowed;
    return new CryptoKey({ type, extractable, algorithm: { name: this.name }, usages: usages ?? granted }, { key });
  }
}

interface WithContext extends Algorithm {
  readonly context?: Uint8Array;
}

const readContext = (source: Dictionary): object => ({ context: source.optional('context', bufferSource) });

function options(algorithm: Algorithm): { context?: Uint8Array } {
  const { context } = algorithm as WithContext;
  if (context === undefined || context.length === 0) return {};
  if (context.length > 255) throw domError('OperationError', 'A context has 255 bytes at most');
  return { context };
}

export class MlDsaProvider extends ParameterSetProvider {
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['sign'],
    publicKey: ['verify'],
  };
  override readonly operations = { generateKey: plain, importKey: plain, exportKey: plain, sign: readContext, verify: readContext };
  protected override readonly privateRights: readonly AttributeName[] = ['sign'];
  protected override readonly publicRights: readonly AttributeName[] = ['verify'];
  protected override readonly use = 'sig';
  protected override readonly seedBytes = 32;

  override async onSign(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    const given = options(algorithm);
    return onToken(() => (materialOf(key)!.key as PrivateKey).sign(null, data, given));
  }

  override async onVerify(algorithm: Algorithm, key: CryptoKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    const given = options(algorithm);
    return this.withPublic(key, this.publicRights, (onIt) => onIt.verify(null, data, signature, given));
  }
}

/** Bits of every shared secret (FIPS 203, section 3.3). */
export const SHARED_BITS = 256;

export class MlKemProvider extends ParameterSetProvider {
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['decapsulateKey', 'decapsulateBits'],
    publicKey: ['encapsulateKey', 'encapsulateBits'],
  };
  override readonly operations = { generateKey: plain, importKey: plain, exportKey: plain, encapsulate: plain, decapsulate: plain };
  protected override readonly privateRights: readonly AttributeName[] = ['decapsulate'];
  protected override readonly publicRights: readonly AttributeName[] = ['encapsulate'];
  protected override readonly use = 'enc';
  protected override readonly seedBytes = 64;

  override async onEncapsulate<T>(key: CryptoKey, { type, options: wish, finish }: SecretPlan<T>): Promise<Encapsulation<T>> {
    return this.withPublic(key, this.publicRights, async (onIt) => {
      const { ciphertext, key: secret } = await onIt.encapsulate({ ...wish, type, length: SHARED_BITS });
      return { ciphertext, sharedKey: await finish(secret) };
    });
  }

  override async onDecapsulate<T>(key: CryptoKey, ciphertext: Uint8Array, { type, options: wish, finish }: SecretPlan<T>): Promise<T> {
    return onToken(async () => finish(await (materialOf(key)!.key as PrivateKey).decapsulate(ciphertext, { ...wish, type, length: SHARED_BITS })));
  }
}

/** The plan of a shared secret that is wanted as bits: a key of this session, read and destroyed. */
export const sharedBits: SecretPlan<Uint8Array> = {
  type: 'generic',
  options: { extractable: true, sensitive: false },
  async finish(key) {
    try {
      return await valueOf(key);
    } finally {
      await key.destroy();
    }
  },
};
