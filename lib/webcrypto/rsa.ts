// RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP.

import { AsymmetricProvider } from './asymmetric';
import { bigInteger, bufferSource, unsignedLong, type Dictionary } from './idl';
import { checkJwk } from './jwk';
import { CKF, CKM } from '../generated/constants';
import { domError, onToken } from './errors';
import { materialOf, type CryptoKey } from './crypto-key';
import { nodeHash } from './sha';
import { plain, type Algorithm, type CryptoKeyPair, type Reader, type SecretPlanner, type Wish } from './provider';
import { rights, type Usage } from './usages';
import { unpadded } from '../der';
import type { AttributeName } from '../attributes';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { PrivateKey } from '../private-key';
import type { PublicKey } from '../public-key';
import type { RsaOaep } from '../algorithms/names';
import type { SecretKey } from '../secret-key';

/** What the algorithm of an RSA key says. */
interface RsaAlgorithm extends Algorithm {
  readonly modulusLength: number;
  readonly publicExponent: Uint8Array;
  readonly hash: Algorithm;
}

const hashOf = (key: CryptoKey): string => nodeHash((key.algorithm as unknown as RsaAlgorithm).hash);

function exponentBytes(exponent: bigint): Uint8Array {
  const hex = exponent.toString(16);
  return Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

function exponentNumber(bytes: Uint8Array): number {
  const value = unpadded(bytes);
  // A token that takes a larger one is not known, and neither is a use for it.
  const number = value.length > 6 ? Number.NaN : value.reduce((sum, byte) => 256 * sum + byte, 0);
  if (!(number >= 3) || number % 2 === 0) throw domError('OperationError', 'The public exponent must be an odd number from 3 to 2^48');
  return number;
}

abstract class RsaProvider extends AsymmetricProvider {
  protected override readonly privateRights: readonly AttributeName[] = ['sign', 'decrypt', 'unwrap'];
  protected override readonly publicRights: readonly AttributeName[] = ['verify', 'encrypt', 'wrap'];
  protected abstract readonly use: 'sig' | 'enc';

  /** The `alg` of RFC 7518 for a hash. */
  protected abstract jwkAlgorithm(hash: Algorithm): string;

  protected readonly generateKey: Reader = (source) => ({
    hash: source.required('hash', this.hash),
    modulusLength: source.required('modulusLength', unsignedLong),
    publicExponent: source.required('publicExponent', bigInteger),
  });
  protected readonly importKey: Reader = (source) => ({ hash: source.required('hash', this.hash) });

  override checkGenerate(algorithm: Algorithm): void {
    const { modulusLength, publicExponent } = algorithm as RsaAlgorithm;
    exponentNumber(publicExponent);
    if (modulusLength < 512 || modulusLength > 65536) throw domError('OperationError', 'The modulus must have 512 to 65536 bits');
  }

  override async onGenerateKey(algorithm: Algorithm, wish: Wish): Promise<CryptoKeyPair> {
    const { modulusLength, publicExponent, hash } = algorithm as RsaAlgorithm;
    const pair = await onToken(() =>
      this.host.token.generateKeyPair('rsa', {
        ...this.placed(wish),
        modulusLength,
        publicExponent: exponentNumber(publicExponent),
        privateKey: rights(wish.usages, this.privateRights),
        publicKey: rights(wish.usages, this.publicRights),
      }),
    );
    return this.pairOf(pair, { name: this.name, modulusLength, publicExponent, hash } as Algorithm, wish);
  }

  protected override checkJwk(jwk: JsonWebKey, algorithm: Algorithm, { extractable, usages }: Wish): void {
    const algorithms = [this.jwkAlgorithm((algorithm as RsaAlgorithm).hash)];
    checkJwk(jwk, { kty: 'RSA', use: this.use, algorithms, extractable, usages });
    if (jwk['oth'] !== undefined) throw domError('NotSupportedError', 'RSA keys of more than two primes are not supported');
  }

  protected override described(key: KeyObject, algorithm: Algorithm): Algorithm {
    // RSA keys that say they are for RSASSA-PSS only have another identifier, which the standard does not take.
    if (key.asymmetricKeyType !== 'rsa') throw domError('DataError', 'The data are no RSA key');
    const { modulusLength, publicExponent } = key.asymmetricKeyDetails!;
    const { hash } = algorithm as RsaAlgorithm;
    return { name: this.name, modulusLength, publicExponent: exponentBytes(publicExponent!), hash } as Algorithm;
  }

  protected override describedOnToken(key: PrivateKey | PublicKey, algorithm: Algorithm): Algorithm {
    const { modulus, publicExponent } = key.attributes;
    if (key.type !== 'rsa' || modulus === undefined) throw domError('DataError', `A key of type '${key.type}' is none for ${this.name}`);
    const digits = unpadded(modulus);
    const modulusLength = 8 * digits.length - Math.clz32(digits[0] ?? 0) + 24;
    const exponent = Uint8Array.from(unpadded(publicExponent ?? Uint8Array.of(1, 0, 1)));
    return { name: this.name, modulusLength, publicExponent: exponent, hash: (algorithm as RsaAlgorithm).hash } as Algorithm;
  }

  protected override jwkMembers(key: CryptoKey): JsonWebKey {
    return { alg: this.jwkAlgorithm((key.algorithm as unknown as RsaAlgorithm).hash) };
  }
}

const bitsOf = ({ name }: Algorithm): string => (name === 'SHA-1' ? '1' : name.slice(4));

const SIGNING: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = { privateKey: ['sign'], publicKey: ['verify'] };

export class RsaSsaProvider extends RsaProvider {
  override readonly name = 'RSASSA-PKCS1-v1_5';
  override readonly usages = SIGNING;
  override readonly operations = { generateKey: this.generateKey, importKey: this.importKey, exportKey: plain, sign: plain, verify: plain };
  protected override readonly use = 'sig';

  protected override jwkAlgorithm(hash: Algorithm): string {
    return `RS${bitsOf(hash)}`;
  }

  override onSign(_algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return onToken(() => (materialOf(key)!.key as PrivateKey).sign(hashOf(key), data));
  }

  override onVerify(_algorithm: Algorithm, key: CryptoKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    return this.withPublic(key, this.publicRights, (onIt) => onIt.verify(hashOf(key), data, signature));
  }
}

interface PssAlgorithm extends Algorithm {
  readonly saltLength: number;
}

const readSalt = (source: Dictionary): object => ({ saltLength: source.required('saltLength', unsignedLong) });

/** Whether salt, digest and two bytes fit (RFC 8017, section 9.1.1). */
function saltFits(key: CryptoKey, saltLength: number): boolean {
  const { modulusLength, hash } = key.algorithm as unknown as RsaAlgorithm;
  const digest = hash.name === 'SHA-1' ? 20 : Number(hash.name.slice(4)) / 8;
  return Math.ceil((modulusLength - 1) / 8) >= digest + saltLength + 2;
}

export class RsaPssProvider extends RsaProvider {
  override readonly name = 'RSA-PSS';
  override readonly usages = SIGNING;
  override readonly operations = { generateKey: this.generateKey, importKey: this.importKey, exportKey: plain, sign: readSalt, verify: readSalt };
  protected override readonly use = 'sig';

  protected override jwkAlgorithm(hash: Algorithm): string {
    return `PS${bitsOf(hash)}`;
  }

  override async onSign(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    const { saltLength } = algorithm as PssAlgorithm;
    if (!saltFits(key, saltLength)) throw domError('OperationError', 'The salt is too long for this key');
    return onToken(() => (materialOf(key)!.key as PrivateKey).sign(hashOf(key), data, { padding: 'pss', saltLength }));
  }

  override async onVerify(algorithm: Algorithm, key: CryptoKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    const { saltLength } = algorithm as PssAlgorithm;
    if (!saltFits(key, saltLength)) return false;
    return this.withPublic(key, this.publicRights, (onIt) => onIt.verify(hashOf(key), data, signature, { padding: 'pss', saltLength }));
  }
}

interface OaepAlgorithm extends Algorithm {
  readonly label?: Uint8Array;
}

const readLabel = (source: Dictionary): object => ({ label: source.optional('label', bufferSource) });

function oaep(algorithm: Algorithm, key: CryptoKey): RsaOaep {
  const { label } = algorithm as OaepAlgorithm;
  return { name: 'rsa-oaep', hash: hashOf(key), ...(label !== undefined && label.length > 0 && { label }) };
}

export class RsaOaepProvider extends RsaProvider {
  override readonly name = 'RSA-OAEP';
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['decrypt', 'unwrapKey'],
    publicKey: ['encrypt', 'wrapKey'],
  };
  override readonly operations = {
    generateKey: this.generateKey,
    importKey: this.importKey,
    exportKey: plain,
    encrypt: readLabel,
    decrypt: readLabel,
  };
  protected override readonly use = 'enc';

  protected override jwkAlgorithm(hash: Algorithm): string {
    return hash.name === 'SHA-1' ? 'RSA-OAEP' : `RSA-OAEP-${bitsOf(hash)}`;
  }

  override async onEncrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    if (key.type !== 'public') throw domError('InvalidAccessError', 'The key is not public');
    return this.withPublic(key, this.publicRights, (onIt) => onIt.encrypt(oaep(algorithm, key), data));
  }

  override async onDecrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    if (key.type !== 'private') throw domError('InvalidAccessError', 'The key is not private');
    return onToken(() => (materialOf(key)!.key as PrivateKey).decrypt(oaep(algorithm, key), data));
  }

  override async onWrapSecret(algorithm: Algorithm, key: CryptoKey, secret: SecretKey): Promise<Uint8Array | undefined> {
    if (!(await this.has(CKM.RSA_PKCS_OAEP, CKF.WRAP))) return undefined;
    return this.withPublic(key, this.publicRights, (onIt) => onIt.wrap(oaep(algorithm, key), secret));
  }

  override async onUnwrapSecret(algorithm: Algorithm, key: CryptoKey, wrapped: Uint8Array, plan: SecretPlanner): Promise<CryptoKey | undefined> {
    const secret = (await this.has(CKM.RSA_PKCS_OAEP, CKF.UNWRAP)) ? await plan() : undefined;
    if (secret === undefined) return undefined;
    const { type, options, finish } = secret;
    return onToken(async () => {
      const unwrapped = (await (materialOf(key)!.key as PrivateKey).unwrap(oaep(algorithm, key), wrapped, { ...options, type })) as SecretKey;
      if ((unwrapped.attributes.valueLen ?? 0) > 0) return finish(unwrapped);
      // SoftHSM 2.6 does not say how long it is, and a CryptoKey must: then it is decrypted and imported.
      await unwrapped.destroy();
      return undefined;
    });
  }
}
