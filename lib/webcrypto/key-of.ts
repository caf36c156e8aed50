// CryptoKeys of keys that are there already.

import { KeyObject, type webcrypto } from 'node:crypto';
import { Certificate } from '../certificate';
import { certificateParts } from '../certificate-parts';
import { readSpki } from './asymmetric';
import { setHalf } from '../set-keys';
import { contextOf, currentHandle } from '../object';
import { CKO } from '../generated/constants';
import { DetachedPublicKey } from '../export-key';
import { domError, onToken } from './errors';
import { enumerations } from './idl';
import { Key } from '../key';
import { normalize } from './normalize';
import { USAGES, type Usage } from './usages';
import { webCurve } from './elliptic';
import { wrongType } from '../arguments';
import { materialOf, requirePublic, type CryptoKey } from './crypto-key';
import type { KeyAlgorithm } from './algorithm-types';
import type { CryptoKeyPair, Host } from './provider';
import type { PrivateKey } from '../private-key';
import type { PublicKey } from '../public-key';
import type { SecretKey } from '../secret-key';

/** What a CryptoKey can be made of: keys and certificates of a token, and public keys that are known without one. */
export type KeySource = PrivateKey | PublicKey | SecretKey | Certificate | DetachedPublicKey;

/** What decides which algorithm is meant where nothing is said. */
interface Kind {
  /** As node:crypto names it. */
  readonly type: string;
  readonly curve: string | undefined;
  /** Whether it signs or verifies; else it is for agreement, or for encryption. */
  readonly signs: boolean;
}

function usual({ type, signs }: Kind): string {
  switch (type) {
    case 'rsa':
      return signs ? 'RSASSA-PKCS1-v1_5' : 'RSA-OAEP';
    case 'ec':
      return signs ? 'ECDSA' : 'ECDH';
    case 'ed25519':
      return 'Ed25519';
    case 'x25519':
      return 'X25519';
    case 'aes':
      return 'AES-GCM';
    case 'generic':
      return 'HMAC';
    default:
      return type.toUpperCase();
  }
}

function completed(kind: Kind, given: unknown): object {
  const asked = typeof given === 'object' && given !== null ? given : { name: given === undefined ? usual(kind) : given };
  return { hash: 'SHA-256', namedCurve: webCurve(kind.curve) ?? kind.curve ?? '', ...asked };
}

/** The key with all that is usually read of one: a listing with `only` may have left it out. */
async function whole<Kind extends PrivateKey | PublicKey | SecretKey>(key: Kind): Promise<Kind> {
  const { derive, local } = key.attributes;
  if (derive !== undefined || local !== undefined) return key;
  const context = contextOf(key);
  return onToken(async () => (await context.load(await currentHandle(key, context), {}, key.class)) as Kind);
}

export async function keyOf(
  host: Host,
  source: KeySource | KeyObject,
  algorithm: KeyAlgorithm | undefined,
  keyUsages: Iterable<Usage> | undefined,
): Promise<CryptoKey> {
  const usages = keyUsages === undefined ? undefined : enumerations(keyUsages, USAGES, 'usages');
  if (source instanceof Key) return ofToken(host, source as PrivateKey | PublicKey | SecretKey, algorithm, usages);
  const spki = publicSpki(source);
  const wanted = normalize(host.providers, completed(kindOf(spki), algorithm), 'importKey');
  const wish = { extractable: true, usages: usages ?? wanted.provider.allowed('public'), placement: { token: false } };
  return wanted.provider.onImportKey('spki', Uint8Array.from(spki), wanted.algorithm, wish);
}

function publicSpki(source: unknown): Uint8Array {
  if (source instanceof DetachedPublicKey) return source.toSpki();
  if (source instanceof KeyObject && source.type === 'public') return source.export({ format: 'der', type: 'spki' });
  if (!(source instanceof Certificate)) throw wrongType('source', 'a key or a certificate of a token, or a public KeyObject', source);
  const parts = certificateParts(source.raw);
  if (parts === undefined) throw domError('DataError', 'The certificate cannot be read');
  return parts.publicKeyInfo;
}

function kindOf(spki: Uint8Array): Kind {
  const half = setHalf(spki);
  if (half !== undefined) return { type: half.apart.type, curve: undefined, signs: true };
  const { asymmetricKeyType = '', asymmetricKeyDetails } = readSpki(spki);
  return { type: asymmetricKeyType, curve: asymmetricKeyDetails?.namedCurve, signs: true };
}

async function ofToken(
  host: Host,
  given: PrivateKey | PublicKey | SecretKey,
  algorithm: KeyAlgorithm | undefined,
  usages: readonly Usage[] | undefined,
): Promise<CryptoKey> {
  const key = await whole(given);
  const { sign, verify } = key.attributes;
  const kind = { type: key.type, curve: key.namedCurve, signs: sign === true || verify === true };
  const wanted = normalize(host.providers, completed(kind, algorithm), 'importKey');
  return wanted.provider.adopt(key, wanted.algorithm, usages);
}

export async function keyPairOf(host: Host, source: PrivateKey | Certificate, algorithm: KeyAlgorithm | undefined): Promise<CryptoKeyPair> {
  const isCertificate = source instanceof Certificate;
  if (!isCertificate && (!(source instanceof Key) || source.class !== CKO.PRIVATE_KEY))
    throw wrongType('source', 'a PrivateKey or a Certificate', source);
  const key = isCertificate ? await onToken(() => source.privateKey()) : source;
  const privateKey = await keyOf(host, key, algorithm, undefined);
  const half = isCertificate ? source : await onToken(() => key.findPublicKey());
  if (half === undefined) throw domError('OperationError', 'The token does not tell the public half of the key');
  const publicKey = await keyOf(host, half, { ...(privateKey.algorithm as webcrypto.Algorithm) }, undefined);
  return { privateKey, publicKey };
}

export async function certificateOf({ token }: Host, key: unknown): Promise<Certificate | undefined> {
  const material = materialOf(key);
  if (material === undefined || (key as CryptoKey).type === 'secret') throw wrongType('key', 'a private or public CryptoKey', key);
  const half = (key as CryptoKey).type === 'private' ? await onToken(() => (material.key as PrivateKey).findPublicKey()) : undefined;
  const spki = (key as CryptoKey).type === 'private' ? half?.toSpki() : requirePublic(key as CryptoKey);
  if (spki === undefined) return undefined;
  return onToken(async () => {
    for await (const certificate of token.certificates()) {
      const own = certificateParts(certificate.raw)?.publicKeyInfo;
      if (own !== undefined && Buffer.compare(own, spki) === 0) return certificate;
    }
    return undefined;
  });
}
