// Must and must not compile: `tsc` is the test.

import * as x509 from '@peculiar/x509';
import type { webcrypto } from 'node:crypto';
import * as pkijs from 'pkijs';
import { combineWithNode, type CombinedCrypto, type Crypto } from '../../lib/webcrypto';
import type { Certificate, PublicKey, Token } from '../../lib';

export async function libraries(crypto: Crypto): Promise<void> {
  const ofToken: globalThis.Crypto = crypto;
  const subtle: webcrypto.SubtleCrypto = crypto.subtle;
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const key: webcrypto.CryptoKey = keys.privateKey;
  x509.cryptoProvider.set(crypto);
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=Somebody', keys, signingAlgorithm }, crypto);
  void new pkijs.CryptoEngine({ name: 'token', crypto });
  void [ofToken, subtle, key];

  const both: CombinedCrypto = combineWithNode(crypto);
  const combined: globalThis.Crypto = both;
  const pair = await both.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256', token: true, label: 'signer' }, false, ['sign', 'verify']);
  await both.subtle.sign(signingAlgorithm, pair.privateKey, new Uint8Array(1));
  await both.subtle.sign(signingAlgorithm, keys.privateKey, new Uint8Array(1));
  void new pkijs.CryptoEngine({ name: 'both', crypto: both });
  void combined;

  // @ts-expect-error a key may be one of Node.js
  void pair.privateKey.tokenKey;
  // @ts-expect-error a Crypto of Node.js has no keys of a token
  combineWithNode(globalThis.crypto);
}

export async function conversions(token: Token, publicKey: PublicKey, certificate: Certificate): Promise<void> {
  const theirs: webcrypto.CryptoKey = await publicKey.toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' }, ['verify']);
  await certificate.toCryptoKey('ECDSA');
  await token.importKey(theirs, { label: 'theirs' });

  // @ts-expect-error it must be said what the key is for
  await publicKey.toCryptoKey();
  // @ts-expect-error there is no such usage
  await publicKey.toCryptoKey('ECDSA', ['veryfy']);
}
