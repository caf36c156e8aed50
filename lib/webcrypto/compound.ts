// The operations that are made of two: exporting and encrypting, decrypting and importing, deriving and importing.

import { checkKey } from './arguments';
import { domError } from './errors';
import { jsonWebKey } from './jwk';
import { materialOf, type CryptoKey } from './crypto-key';
import { normalize, type Normalized } from './normalize';
import { SecretProvider } from './secret';
import { SHARED_BITS, sharedBits } from './parameter-set-keys';
import type { JsonWebKey } from 'node:crypto';
import type { Encapsulation, Format, Provider, SecretPlan, SecretPlanner, Wish } from './provider';
import type { Registry } from './core';
import type { SecretKey } from '../secret-key';

/** Throws where the key must not be exported; answers who exports it. */
function exporter(registry: Registry, key: CryptoKey): Provider {
  const provider = registry.get(key.algorithm.name) as Provider;
  if (provider.operations.exportKey === undefined) throw domError('NotSupportedError', `${provider.name} keys cannot be exported`);
  if (!key.extractable) throw domError('InvalidAccessError', 'The key is not extractable');
  return provider;
}

export async function exportKey(registry: Registry, format: Format, key: CryptoKey): Promise<Uint8Array | JsonWebKey> {
  return exporter(registry, key).onExportKey(format, key);
}

const isRaw = (format: Format): boolean => format === 'raw' || format === 'raw-secret';

/** A JSON Web Key as text. Blanks behind it make it as long as the algorithm wants it, as the standard allows (section 14.3.11) and Node.js does. */
function written(jwk: JsonWebKey, multiple: number): Uint8Array {
  const json = Buffer.from(JSON.stringify(jwk));
  const bytes = new Uint8Array(Math.ceil(json.length / multiple) * multiple).fill(0x20);
  bytes.set(json);
  json.fill(0);
  return bytes;
}

export async function wrapKey(registry: Registry, format: Format, key: CryptoKey, wrapping: CryptoKey, given: unknown): Promise<Uint8Array> {
  const wanted = normalize(registry, given, 'wrapKey', 'encrypt');
  checkKey(wrapping, wanted, 'wrapKey');
  const source = exporter(registry, key);
  const { provider, algorithm } = wanted;
  const secret = materialOf(key)!.key as SecretKey;
  // A token wraps its own keys only; those of another go by way of this process.
  const { token = provider.host.token } = materialOf(wrapping)!.key ?? {};
  if (isRaw(format) && source instanceof SecretProvider && secret.token === token) {
    const wrapped = await provider.onWrapSecret(algorithm, wrapping, secret);
    if (wrapped !== undefined) return wrapped;
  }
  const exported = await source.onExportKey(format, key);
  const bytes = exported instanceof Uint8Array ? exported : written(exported, provider.wrapsMultiplesOf);
  try {
    return await provider.onEncrypt(algorithm, wrapping, bytes);
  } finally {
    bytes.fill(0);
  }
}

/** The JSON Web Key that was wrapped. An error of the parser would show a part of it. */
function parsed(bytes: Uint8Array): JsonWebKey {
  let jwk: unknown;
  try {
    jwk = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    jwk = undefined;
  }
  if (typeof jwk !== 'object' || jwk === null || !('kty' in jwk)) throw domError('DataError', 'What was wrapped is no JSON Web Key');
  return jsonWebKey(jwk);
}

export async function unwrapKey(
  registry: Registry,
  format: Format,
  wrapped: Uint8Array<ArrayBuffer>,
  unwrapping: CryptoKey,
  given: unknown,
  keyAlgorithm: unknown,
  wish: Wish,
): Promise<CryptoKey> {
  const wanted = normalize(registry, given, 'unwrapKey', 'decrypt');
  const target = normalize(registry, keyAlgorithm, 'importKey');
  checkKey(unwrapping, wanted, 'unwrapKey');
  const { provider, algorithm } = wanted;
  if (isRaw(format)) {
    const plan: SecretPlanner = (bits) => target.provider.secretPlan(target.algorithm, wish, bits);
    const key = await provider.onUnwrapSecret(algorithm, unwrapping, wrapped, plan);
    if (key !== undefined) return key;
  }
  const opened = await provider.onDecrypt(algorithm, unwrapping, wrapped);
  const bytes = Uint8Array.from(opened);
  opened.fill(0);
  try {
    return await target.provider.onImportKey(format, format === 'jwk' ? parsed(bytes) : Uint8Array.from(bytes), target.algorithm, wish);
  } finally {
    bytes.fill(0);
  }
}

export async function deriveKey(registry: Registry, given: unknown, base: CryptoKey, keyType: unknown, wish: Wish): Promise<CryptoKey> {
  const wanted = normalize(registry, given, 'deriveBits');
  const target = normalize(registry, keyType, 'importKey');
  const sized: Normalized = normalize(registry, keyType, 'getKeyLength');
  checkKey(base, wanted, 'deriveKey');
  const { provider, algorithm } = wanted;
  const length = sized.provider.keyLength(sized.algorithm);
  const plan: SecretPlanner = (bits) => target.provider.secretPlan(target.algorithm, wish, bits);
  const key = await provider.onDeriveKey(algorithm, base, length, plan);
  if (key !== undefined) return key;
  // The copy belongs to who imports it, and may be kept there.
  const bits = await provider.onDeriveBits(algorithm, base, length);
  const copy = Uint8Array.from(bits);
  bits.fill(0);
  return target.provider.onImportKey('raw', copy, target.algorithm, wish);
}

/** How a shared secret becomes the key that is wanted: by itself, or by way of its bits. */
async function planOf(registry: Registry, keyAlgorithm: unknown, wish: Wish): Promise<SecretPlan> {
  const { provider, algorithm } = normalize(registry, keyAlgorithm, 'importKey');
  const plan = await provider.secretPlan(algorithm, wish, SHARED_BITS);
  if (plan !== undefined) return plan;
  const finish = async (key: SecretKey): Promise<CryptoKey> => {
    const bits = await sharedBits.finish(key);
    return provider.onImportKey('raw', Uint8Array.from(bits), algorithm, wish);
  };
  return { ...sharedBits, finish };
}

export async function encapsulateKey(
  registry: Registry,
  given: unknown,
  key: CryptoKey,
  keyAlgorithm: unknown,
  wish: Wish,
): Promise<Encapsulation<CryptoKey>> {
  const wanted = normalize(registry, given, 'encapsulate');
  checkKey(key, wanted, 'encapsulateKey');
  return wanted.provider.onEncapsulate(key, await planOf(registry, keyAlgorithm, wish));
}

export async function decapsulateKey(
  registry: Registry,
  given: unknown,
  key: CryptoKey,
  ciphertext: Uint8Array,
  keyAlgorithm: unknown,
  wish: Wish,
): Promise<CryptoKey> {
  const wanted = normalize(registry, given, 'decapsulate');
  checkKey(key, wanted, 'decapsulateKey');
  return wanted.provider.onDecapsulate(key, ciphertext, await planOf(registry, keyAlgorithm, wish));
}
