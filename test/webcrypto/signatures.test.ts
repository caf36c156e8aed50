import assert from 'node:assert/strict';
import { createVerify, type webcrypto } from 'node:crypto';
import { CKM } from '../../lib';
import { changed } from '../support/token';
import { isNss } from '../tokens/nss';
import { skip } from '../support/skip';
import { data, node, onTokens, rejects, SIGNATURES } from './support';
import type { CryptoKeyPair } from '../../lib/webcrypto';

/** Earlier versions of Node.js 20 leave the algorithm of Ed25519 keys out. */
const completed = <Exported extends object>(exported: Exported): Exported =>
  'crv' in exported && exported.crv === 'Ed25519' ? { ...exported, alg: 'Ed25519' } : exported;

onTokens('WebCrypto signatures', (given) => {
  for (const { title, key, use, mechanism } of SIGNATURES) {
    describe(title, () => {
      it('of a key made on the token', async function () {
        const { crypto, fixture } = given();
        await fixture.requires(this, mechanism);
        const pair = (await crypto.subtle.generateKey(key, false, ['sign', 'verify'])) as CryptoKeyPair;
        assert.deepEqual([pair.privateKey.usages, pair.publicKey.usages], [['sign'], ['verify']]);
        assert.deepEqual([pair.privateKey.extractable, pair.publicKey.extractable], [false, true]);
        const signature = await crypto.subtle.sign(use, pair.privateKey, data);
        assert.equal(await crypto.subtle.verify(use, pair.publicKey, signature, data), true);
        assert.equal(await crypto.subtle.verify(use, pair.publicKey, changed(new Uint8Array(signature)), data), false);
        assert.equal(await crypto.subtle.verify(use, pair.publicKey, new Uint8Array(0), data), false);
        assert.equal(await crypto.subtle.verify(use, pair.publicKey, signature, changed(data)), false);
        const there = await node.importKey('spki', await crypto.subtle.exportKey('spki', pair.publicKey), key, true, ['verify']);
        assert.equal(await node.verify(use, there, signature, data), true);
        await rejects(crypto.subtle.exportKey('pkcs8', pair.privateKey), 'InvalidAccessError');
      });

      for (const format of ['pkcs8', 'jwk'] as const) {
        it(`of a key that comes as ${format}, and goes as such`, async function () {
          const { crypto, fixture } = given();
          await fixture.requires(this, mechanism);
          const pair = (await node.generateKey(key as webcrypto.EcKeyGenParams, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
          const exported = await node.exportKey(format as 'pkcs8', pair.privateKey);
          const mine = await crypto.subtle.importKey(format, exported, key, true, ['sign']);
          assert.equal(await node.verify(use, pair.publicKey, await crypto.subtle.sign(use, mine, data), data), true);
          assert.deepEqual(await crypto.subtle.exportKey(format, mine), completed(exported));
          const publicFormat = format === 'jwk' ? 'jwk' : 'spki';
          const theirs = await node.exportKey(publicFormat as 'spki', pair.publicKey);
          const publicKey = await crypto.subtle.importKey(publicFormat, theirs, key, true, ['verify']);
          assert.deepEqual(publicKey.algorithm, pair.publicKey.algorithm);
          assert.equal(await crypto.subtle.verify(use, publicKey, await node.sign(use, pair.privateKey, data), data), true);
          assert.deepEqual(await crypto.subtle.exportKey(publicFormat, publicKey), completed(theirs));
        });
      }
    });
  }

  it('on secp256k1, which Node.js has in node:crypto only', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.ECDSA);
    const key = { name: 'ECDSA', namedCurve: 'secp256k1' };
    if (isNss(fixture.profile)) skip(this, `${fixture.profile.title} does not have the curve`);
    const { privateKey, publicKey } = (await crypto.subtle.generateKey(key, true, ['sign', 'verify'])) as CryptoKeyPair;
    assert.deepEqual(publicKey.algorithm, { name: 'ECDSA', namedCurve: 'K-256' });
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' } as webcrypto.Algorithm, privateKey, data);
    const verifier = createVerify('sha256').update(data);
    assert.equal(verifier.verify({ key: publicKey.toKeyObject(), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature)), true);
    const jwk = await crypto.subtle.exportKey('jwk', privateKey);
    assert.equal(jwk.crv, 'secp256k1');
    const again = await crypto.subtle.importKey('jwk', jwk, key, false, ['sign']);
    const second = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' } as webcrypto.Algorithm, again, data);
    assert.equal(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' } as webcrypto.Algorithm, publicKey, second, data), true);
  });
});
