// Must and must not compile: `tsc` is the test.

import type { webcrypto } from 'node:crypto';
import { createCrypto, type Crypto, type CryptoKey, type CryptoKeyPair } from '../../lib/webcrypto';
import type { Token } from '../../lib';

export async function uses(token: Token): Promise<void> {
  const crypto: Crypto = createCrypto(token);
  // Who asks for the standard's operations takes ours.
  const subtle: webcrypto.SubtleCrypto = crypto.subtle;
  void subtle;

  const pair: CryptoKeyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256', token: true, label: 'signer' }, false, ['sign']);
  const same: CryptoKeyPair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const key: CryptoKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256, sensitive: true }, true, ['encrypt']);
  const standard: webcrypto.CryptoKey = key;
  const both: webcrypto.CryptoKeyPair = pair;
  void [same, standard, both];

  const jwk: webcrypto.JsonWebKey = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const raw: ArrayBuffer = await crypto.subtle.exportKey('raw', pair.publicKey);
  await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' } as webcrypto.EcKeyImportParams, true, ['verify']);
  await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt']);
  const bits: ArrayBuffer = await crypto.subtle.deriveBits(
    { name: 'ECDH', public: pair.publicKey } as webcrypto.EcdhKeyDeriveParams,
    pair.privateKey,
    null,
  );
  void bits;

  // @ts-expect-error there is no such usage
  await crypto.subtle.generateKey('Ed25519', false, ['signs']);
  // @ts-expect-error a label is text
  await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256', label: 1 }, false, ['sign']);
}
