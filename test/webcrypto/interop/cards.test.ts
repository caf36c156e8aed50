// Web Cryptography with the keys of tokens that keep no keys for a session: cards, which are not written at all, and TPMs.

import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import type { Context } from 'mocha';
import { combineWithNode, Crypto } from '../../../lib/webcrypto';
import { profiles, useToken, type Available } from '../../support/profile';
import { x509, type AnyCrypto } from './certificates';
import { needsOpenssl, openssl } from './openssl';
import { data, equal, given, node } from './support';
import type { PublicKeyMaterial } from '../../../lib/export-key';

const SIGNING = {
  rsa: { key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, use: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  ec: { key: { name: 'ECDSA' }, use: { name: 'ECDSA', hash: 'SHA-256' } },
} as const;

/** What the pair signs, Node.js verifies with this public key, and OpenSSL its request for a certificate. */
async function signs(context: Context, crypto: Crypto, keys: webcrypto.CryptoKeyPair, half: PublicKeyMaterial, type: 'rsa' | 'ec'): Promise<void> {
  const { key, use } = SIGNING[type];
  const signature = await given(context, crypto.subtle.sign(use, keys.privateKey, data));
  assert.equal(await node.verify(use, await half.toCryptoKey(key), signature, data), true);
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  equal(spki, half.toSpki());
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: 'CN=Somebody', keys: keys as never, signingAlgorithm: use },
    crypto as unknown as AnyCrypto,
  );
  openssl(['req', '-in', 'request', '-verify', '-noout'], { request: request.toString('pem') });
}

function onCard(profile: Available): void {
  describe(`Web Cryptography with the keys that are on ${profile.title}`, () => {
    const fixture = useToken(profile);
    let crypto: Crypto;
    before(async function () {
      needsOpenssl(this);
      await fixture().token.login(fixture().pin);
      crypto = new Crypto(fixture().token);
    });

    for (const { id, type, use } of profile.keys ?? []) {
      if (use === 'sign') {
        it(`${id} signs documents and requests`, async function () {
          const key = await fixture().token.privateKey({ id: Buffer.from(id, 'hex') });
          const keys = await crypto.keyPairOf(key, SIGNING[type].key);
          const certificate = (await key.certificate()) ?? assert.fail('there is a certificate');
          await signs(this, crypto, keys, certificate, type);
          const half = await crypto.keyOf(certificate, SIGNING[type].key);
          equal(await crypto.subtle.exportKey('spki', half), certificate.toSpki());
        });
      } else {
        it(`${id} opens what was encrypted for it`, async function () {
          const key = await fixture().token.privateKey({ id: Buffer.from(id, 'hex') });
          const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
          const half = (await key.findPublicKey()) ?? assert.fail('there is a public half');
          const sealed = await node.encrypt(algorithm, await half.toCryptoKey(algorithm), data.subarray(0, 32));
          const both = combineWithNode(crypto);
          equal(await given(this, both.subtle.decrypt(algorithm, await crypto.keyOf(key, algorithm), sealed)), data.subarray(0, 32));
        });
      }
    }
  });
}

function onTpm(profile: Available): void {
  describe(`Web Cryptography with keys that are made on ${profile.title}`, () => {
    const fixture = useToken(profile);

    it('a key that is kept on the token signs documents and requests', async function () {
      needsOpenssl(this);
      fixture().needs(this, 'generate');
      await fixture().token.login(fixture().pin);
      const crypto = new Crypto(fixture().token, { token: true });
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', label: 'kept' };
      const keys = await given(this, crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']));
      const found = await fixture().token.privateKey({ label: 'kept' });
      await signs(this, crypto, keys, (await found.findPublicKey())!, 'ec');
      assert.equal(
        await crypto.subtle.verify(SIGNING.ec.use, keys.publicKey, await crypto.subtle.sign(SIGNING.ec.use, keys.privateKey, data), data),
        true,
      );
    });
  });
}

for (const profile of profiles()) {
  if (profile.keys !== undefined) onCard(profile);
  else onTpm(profile);
}
