import { arrayBuffer, bufferSource, count, enumeration, enumerations, unsignedLong } from './idl';
import { checkKey, checkType, keyArgument, keyData, wishOf } from './arguments';
import { checkUsages, checkUsed, USAGES, type Usage } from './usages';
import { CoreSubtleCrypto } from './core';
import { decapsulateKey, deriveKey, encapsulateKey, exportKey, unwrapKey, wrapKey } from './compound';
import { FORMATS, type CryptoKeyPair, type Format } from './provider';
import { normalize, placementOf } from './normalize';
import { sharedBits } from './parameter-set-keys';
import { wrongType } from '../arguments';
import type { CipherAlgorithm, DeriveAlgorithm, NewKeyAlgorithm, NewKeyPairAlgorithm, NewSecretKeyAlgorithm, SignAlgorithm } from './algorithm-types';
import type { CryptoKey } from './crypto-key';
import type { webcrypto } from 'node:crypto';

type Algorithm = webcrypto.AlgorithmIdentifier;
type Key = webcrypto.CryptoKey;
type Data = webcrypto.BufferSource;
type JsonWebKey = webcrypto.JsonWebKey;

/**
 * The operations of Web Cryptography, done by a token. All of them reject as the standard says: with a TypeError for arguments that cannot be meant, with a
 * DOMException for everything else. What the token or this library has to say stands in its `cause`.
 *
 * @example
 * const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
 * const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, document);
 */
export class SubtleCrypto extends CoreSubtleCrypto {
  /**
   * A digest: SHA-1, SHA-256, SHA-384 or SHA-512.
   *
   * @example
   * const digest = await crypto.subtle.digest('SHA-256', document);
   */
  async digest(algorithm: Algorithm, data: Data): Promise<ArrayBuffer> {
    count(arguments, 2, 'digest');
    const bytes = bufferSource(data, 'data');
    const wanted = normalize(this.providers, algorithm, 'digest');
    return arrayBuffer(await wanted.provider.onDigest(wanted.algorithm, bytes));
  }

  /**
   * A signature, or an authentication code. ECDSA signatures are r ‖ s.
   *
   * @example
   * const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, document);
   */
  async sign(algorithm: SignAlgorithm, key: Key, data: Data): Promise<ArrayBuffer> {
    count(arguments, 3, 'sign');
    const given = keyArgument(key, 'key');
    const bytes = bufferSource(data, 'data');
    const wanted = normalize(this.providers, algorithm, 'sign');
    checkKey(given, wanted, 'sign');
    checkType(given, 'private');
    return arrayBuffer(await wanted.provider.onSign(wanted.algorithm, given, bytes));
  }

  /**
   * Whether the signature, or the authentication code, is right.
   *
   * @example
   * const valid = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, publicKey, signature, document);
   */
  async verify(algorithm: SignAlgorithm, key: Key, signature: Data, data: Data): Promise<boolean> {
    count(arguments, 4, 'verify');
    const given = keyArgument(key, 'key');
    const code = bufferSource(signature, 'signature');
    const bytes = bufferSource(data, 'data');
    const wanted = normalize(this.providers, algorithm, 'verify');
    checkKey(given, wanted, 'verify');
    checkType(given, 'public');
    return wanted.provider.onVerify(wanted.algorithm, given, code, bytes);
  }

  /**
   * Encrypts. With AES-GCM the tag stands behind the ciphertext.
   *
   * @example
   * const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, document);
   */
  async encrypt(algorithm: CipherAlgorithm, key: Key, data: Data): Promise<ArrayBuffer> {
    count(arguments, 3, 'encrypt');
    const given = keyArgument(key, 'key');
    const bytes = bufferSource(data, 'data');
    const wanted = normalize(this.providers, algorithm, 'encrypt');
    checkKey(given, wanted, 'encrypt');
    checkType(given, 'public');
    return arrayBuffer(await wanted.provider.onEncrypt(wanted.algorithm, given, bytes));
  }

  /**
   * Decrypts. Whatever cannot be decrypted is an OperationError.
   *
   * @example
   * const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed);
   */
  async decrypt(algorithm: CipherAlgorithm, key: Key, data: Data): Promise<ArrayBuffer> {
    count(arguments, 3, 'decrypt');
    const given = keyArgument(key, 'key');
    const bytes = bufferSource(data, 'data');
    const wanted = normalize(this.providers, algorithm, 'decrypt');
    checkKey(given, wanted, 'decrypt');
    checkType(given, 'private');
    return arrayBuffer(await wanted.provider.onDecrypt(wanted.algorithm, given, bytes));
  }

  /**
   * Makes a key or a key pair on the token. The algorithm may say where: `token: true` keeps it there, with `label` and `id`.
   *
   * @example
   * const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256', token: true, label: 'signer' }, false, ['sign', 'verify']);
   */
  async generateKey(algorithm: NewKeyPairAlgorithm, extractable: boolean, keyUsages: Iterable<Usage>): Promise<CryptoKeyPair>;
  async generateKey(algorithm: NewSecretKeyAlgorithm, extractable: boolean, keyUsages: Iterable<Usage>): Promise<CryptoKey>;
  async generateKey(algorithm: NewKeyAlgorithm, extractable: boolean, keyUsages: Iterable<Usage>): Promise<CryptoKey | CryptoKeyPair>;
  async generateKey(algorithm: NewKeyAlgorithm, extractable: boolean, keyUsages: Iterable<Usage>): Promise<CryptoKey | CryptoKeyPair> {
    count(arguments, 3, 'generateKey');
    const usages = enumerations(keyUsages, USAGES, 'keyUsages');
    const { provider, algorithm: wanted } = normalize(this.providers, algorithm, 'generateKey');
    const placement = placementOf(algorithm);
    const isPair = 'privateKey' in provider.usages;
    checkUsages(usages, isPair ? [...provider.allowed('private'), ...provider.allowed('public')] : provider.allowed('secret'));
    provider.checkGenerate(wanted);
    checkUsed(isPair ? usages.filter((usage) => provider.allowed('private').includes(usage)) : usages);
    return provider.onGenerateKey(wanted, wishOf(extractable, usages, placement));
  }

  /**
   * Brings a key onto the token: 'raw', 'spki', 'pkcs8' or 'jwk'. A public key is brought there when it is used, unless it is to stay there.
   *
   * @example
   * const key = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']);
   */
  async importKey(
    format: Format,
    key: Data | JsonWebKey,
    algorithm: NewKeyAlgorithm,
    extractable: boolean,
    keyUsages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    count(arguments, 5, 'importKey');
    const form = enumeration(format, FORMATS, 'format');
    if (typeof key !== 'object' || key === null) throw wrongType('keyData', 'bytes or a JSON Web Key', key, true);
    const usages = enumerations(keyUsages, USAGES, 'keyUsages');
    const { provider, algorithm: wanted } = normalize(this.providers, algorithm, 'importKey');
    const wish = wishOf(extractable, usages, placementOf(algorithm));
    return provider.onImportKey(form, keyData(form, key), wanted, wish);
  }

  /**
   * A key as bytes, or as a JSON Web Key. Private and secret keys must be extractable.
   *
   * @example
   * const spki = await crypto.subtle.exportKey('spki', publicKey);
   */
  async exportKey(format: 'jwk', key: Key): Promise<JsonWebKey>;
  async exportKey(format: Exclude<Format, 'jwk'>, key: Key): Promise<ArrayBuffer>;
  async exportKey(format: Format, key: Key): Promise<ArrayBuffer | JsonWebKey>;
  async exportKey(format: Format, key: Key): Promise<ArrayBuffer | JsonWebKey> {
    count(arguments, 2, 'exportKey');
    const form = enumeration(format, FORMATS, 'format');
    const exported = await exportKey(this.providers, form, keyArgument(key, 'key'));
    return exported instanceof Uint8Array ? arrayBuffer(exported) : (exported as JsonWebKey);
  }

  /**
   * Bits that follow from a key: so many of them, or, where the algorithm allows null, all.
   *
   * @example
   * const bits = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, mine, 256);
   */
  async deriveBits(algorithm: DeriveAlgorithm, baseKey: Key, length: number | null = null): Promise<ArrayBuffer> {
    count(arguments, 2, 'deriveBits');
    const given = keyArgument(baseKey, 'baseKey');
    const bits = length === null || length === undefined ? null : unsignedLong(length, 'length');
    const wanted = normalize(this.providers, algorithm, 'deriveBits');
    checkKey(given, wanted, 'deriveBits');
    return arrayBuffer(await wanted.provider.onDeriveBits(wanted.algorithm, given, bits));
  }

  /**
   * A key that follows from another. Where the token can derive keys, this one never leaves it.
   *
   * @example
   * const key = await crypto.subtle.deriveKey({ name: 'ECDH', public: theirs }, mine, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
   */
  async deriveKey(
    algorithm: DeriveAlgorithm,
    baseKey: Key,
    derivedKeyType: NewKeyAlgorithm,
    extractable: boolean,
    keyUsages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    count(arguments, 5, 'deriveKey');
    const given = keyArgument(baseKey, 'baseKey');
    const usages = enumerations(keyUsages, USAGES, 'keyUsages');
    return deriveKey(this.providers, algorithm, given, derivedKeyType, wishOf(extractable, usages, placementOf(derivedKeyType)));
  }

  /**
   * Another key, encrypted. A secret key that goes as 'raw' under RSA-OAEP or AES-KW never leaves the token in the clear.
   *
   * @example
   * const wrapped = await crypto.subtle.wrapKey('raw', key, wrappingKey, 'AES-KW');
   */
  async wrapKey(format: Format, key: Key, wrappingKey: Key, wrapAlgorithm: CipherAlgorithm): Promise<ArrayBuffer> {
    count(arguments, 4, 'wrapKey');
    const form = enumeration(format, FORMATS, 'format');
    const given = keyArgument(key, 'key');
    return arrayBuffer(await wrapKey(this.providers, form, given, keyArgument(wrappingKey, 'wrappingKey'), wrapAlgorithm));
  }

  /**
   * The reverse of `wrapKey`: the key that comes out is on the token.
   *
   * @example
   * const key = await crypto.subtle.unwrapKey('raw', wrapped, wrappingKey, 'AES-KW', 'AES-GCM', false, ['decrypt']);
   */
  async unwrapKey(
    format: Format,
    wrappedKey: Data,
    unwrappingKey: Key,
    unwrapAlgorithm: CipherAlgorithm,
    unwrappedKeyAlgorithm: NewKeyAlgorithm,
    extractable: boolean,
    keyUsages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    count(arguments, 7, 'unwrapKey');
    const form = enumeration(format, FORMATS, 'format');
    const bytes = bufferSource(wrappedKey, 'wrappedKey');
    const given = keyArgument(unwrappingKey, 'unwrappingKey');
    const usages = enumerations(keyUsages, USAGES, 'keyUsages');
    const wish = wishOf(extractable, usages, placementOf(unwrappedKeyAlgorithm));
    return unwrapKey(this.providers, form, bytes, given, unwrapAlgorithm, unwrappedKeyAlgorithm, wish);
  }

  /**
   * A shared secret as a key, and the ciphertext from which the holder of the private key makes it too: ML-KEM, where the token has it.
   *
   * @example
   * const { sharedKey, ciphertext } = await crypto.subtle.encapsulateKey('ML-KEM-768', publicKey, 'AES-GCM', false, ['encrypt', 'decrypt']);
   */
  async encapsulateKey(
    algorithm: Algorithm,
    encapsulationKey: Key,
    sharedKeyAlgorithm: NewKeyAlgorithm,
    extractable: boolean,
    keyUsages: Iterable<Usage>,
  ): Promise<{ sharedKey: CryptoKey; ciphertext: ArrayBuffer }> {
    count(arguments, 5, 'encapsulateKey');
    const given = keyArgument(encapsulationKey, 'encapsulationKey');
    const usages = enumerations(keyUsages, USAGES, 'keyUsages');
    const wish = wishOf(extractable, usages, placementOf(sharedKeyAlgorithm));
    const { sharedKey, ciphertext } = await encapsulateKey(this.providers, algorithm, given, sharedKeyAlgorithm, wish);
    return { sharedKey, ciphertext: arrayBuffer(ciphertext) };
  }

  /**
   * As `encapsulateKey`, but the shared secret as bits.
   *
   * @example
   * const { sharedKey, ciphertext } = await crypto.subtle.encapsulateBits('ML-KEM-768', publicKey);
   */
  async encapsulateBits(algorithm: Algorithm, encapsulationKey: Key): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }> {
    count(arguments, 2, 'encapsulateBits');
    const given = keyArgument(encapsulationKey, 'encapsulationKey');
    const wanted = normalize(this.providers, algorithm, 'encapsulate');
    checkKey(given, wanted, 'encapsulateBits');
    const { sharedKey, ciphertext } = await wanted.provider.onEncapsulate(given, sharedBits);
    return { sharedKey: arrayBuffer(sharedKey), ciphertext: arrayBuffer(ciphertext) };
  }

  /**
   * The reverse of `encapsulateKey`: the same key.
   *
   * @example
   * const key = await crypto.subtle.decapsulateKey('ML-KEM-768', privateKey, ciphertext, 'AES-GCM', false, ['encrypt', 'decrypt']);
   */
  async decapsulateKey(
    algorithm: Algorithm,
    decapsulationKey: Key,
    ciphertext: Data,
    sharedKeyAlgorithm: NewKeyAlgorithm,
    extractable: boolean,
    keyUsages: Iterable<Usage>,
  ): Promise<CryptoKey> {
    count(arguments, 6, 'decapsulateKey');
    const given = keyArgument(decapsulationKey, 'decapsulationKey');
    const bytes = bufferSource(ciphertext, 'ciphertext');
    const usages = enumerations(keyUsages, USAGES, 'keyUsages');
    const wish = wishOf(extractable, usages, placementOf(sharedKeyAlgorithm));
    return decapsulateKey(this.providers, algorithm, given, bytes, sharedKeyAlgorithm, wish);
  }

  /**
   * The reverse of `encapsulateBits`: the same bits.
   *
   * @example
   * const bits = await crypto.subtle.decapsulateBits('ML-KEM-768', privateKey, ciphertext);
   */
  async decapsulateBits(algorithm: Algorithm, decapsulationKey: Key, ciphertext: Data): Promise<ArrayBuffer> {
    count(arguments, 3, 'decapsulateBits');
    const given = keyArgument(decapsulationKey, 'decapsulationKey');
    const bytes = bufferSource(ciphertext, 'ciphertext');
    const wanted = normalize(this.providers, algorithm, 'decapsulate');
    checkKey(given, wanted, 'decapsulateBits');
    return arrayBuffer(await wanted.provider.onDecapsulate(given, bytes, sharedBits));
  }
}
