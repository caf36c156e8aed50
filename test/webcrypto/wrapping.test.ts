import assert from 'node:assert/strict';
import { randomBytes, type webcrypto } from 'node:crypto';
import { CKM } from '../../lib';
import { createCrypto } from '../../lib/webcrypto';
import { profiles, withToken } from '../support/profile';
import { skip } from '../support/skip';
import { data, node, onTokens, rejects, RSA, sameBytes } from './support';
import type { CryptoKey, CryptoKeyPair } from '../../lib/webcrypto';

const WRAPPING: readonly [algorithm: webcrypto.Algorithm, mechanism: number][] = [
  [{ name: 'AES-KW' }, CKM.AES_KEY_WRAP],
  [{ name: 'AES-GCM', iv: randomBytes(12) } as webcrypto.AesGcmParams, CKM.AES_GCM],
  [{ name: 'AES-CBC', iv: randomBytes(16) } as webcrypto.AesCbcParams, CKM.AES_CBC_PAD],
  [{ name: 'AES-CTR', counter: randomBytes(16), length: 64 } as webcrypto.AesCtrParams, CKM.AES_CTR],
];

onTokens('WebCrypto wrapping', (given) => {
  for (const [algorithm, mechanism] of WRAPPING) {
    for (const format of ['raw', 'jwk'] as const) {
      it(`a secret key as ${format} under ${algorithm.name}, here and there`, async function () {
        const { crypto, fixture } = given();
        await fixture.requires(this, mechanism);
        const { subtle } = crypto;
        const usages: webcrypto.KeyUsage[] = ['wrapKey', 'unwrapKey'];
        const wrapping = (await subtle.generateKey({ name: algorithm.name, length: 256 }, true, usages)) as CryptoKey;
        const theirs = await node.importKey('raw', await subtle.exportKey('raw', wrapping), algorithm.name, true, usages);
        const key = (await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify'])) as CryptoKey;
        const bytes = await subtle.exportKey('raw', key);
        const hmac = { name: 'HMAC', hash: 'SHA-256' };
        const wrapped = await subtle.wrapKey(format, key, wrapping, algorithm);
        const opened = await node.unwrapKey(format, wrapped, theirs, algorithm, hmac, true, ['sign', 'verify']);
        sameBytes(await node.exportKey('raw', opened), bytes);
        const mine = await subtle.unwrapKey(format, await node.wrapKey(format, opened, theirs, algorithm), wrapping, algorithm, hmac, false, [
          'sign',
        ]);
        assert.deepEqual([mine.type, mine.extractable, mine.usages], ['secret', false, ['sign']]);
        assert.deepEqual(mine.algorithm, { name: 'HMAC', hash: { name: 'SHA-256' }, length: 512 });
        sameBytes(await subtle.sign('HMAC', mine, data), await node.sign('HMAC', opened, data));
      });
    }
  }

  for (const format of ['pkcs8', 'jwk'] as const) {
    it(`a private key as ${format} under AES-GCM, here and there`, async function () {
      const { crypto, fixture } = given();
      await fixture.requires(this, CKM.AES_GCM, CKM.ECDSA);
      const { subtle } = crypto;
      const gcm = { name: 'AES-GCM', iv: randomBytes(12) };
      const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
      const use = { name: 'ECDSA', hash: 'SHA-256' };
      const usages: webcrypto.KeyUsage[] = ['wrapKey', 'unwrapKey'];
      const wrapping = (await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, usages)) as CryptoKey;
      const theirs = await node.importKey('raw', await subtle.exportKey('raw', wrapping), 'AES-GCM', true, usages);
      const pair = (await subtle.generateKey(ecdsa, true, ['sign', 'verify'])) as CryptoKeyPair;
      const wrapped = await subtle.wrapKey(format, pair.privateKey, wrapping, gcm);
      const opened = await node.unwrapKey(format, wrapped, theirs, gcm, ecdsa, true, ['sign']);
      assert.equal(await subtle.verify(use, pair.publicKey, await node.sign(use, opened, data), data), true);
      const mine = await subtle.unwrapKey(format, wrapped, wrapping, gcm, ecdsa, false, ['sign']);
      assert.equal(await subtle.verify(use, pair.publicKey, await subtle.sign(use, mine, data), data), true);
    });
  }

  it('a secret key under RSA-OAEP, here and there', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.RSA_PKCS_OAEP);
    const { subtle } = crypto;
    const oaep = { name: 'RSA-OAEP', ...RSA, hash: 'SHA-1' };
    const pair = (await subtle.generateKey(oaep, false, ['wrapKey', 'unwrapKey'])) as CryptoKeyPair;
    const theirs = await node.importKey('spki', await subtle.exportKey('spki', pair.publicKey), oaep, true, ['wrapKey']);
    const key = (await node.generateKey({ name: 'AES-CBC', length: 256 }, true, ['encrypt', 'decrypt'])) as webcrypto.CryptoKey;
    const wrapped = await node.wrapKey('raw', key, theirs, 'RSA-OAEP');
    const mine = await subtle.unwrapKey('raw', wrapped, pair.privateKey, 'RSA-OAEP', 'AES-CBC', true, ['encrypt', 'decrypt']);
    assert.deepEqual(mine.algorithm, { name: 'AES-CBC', length: 256 });
    sameBytes(await subtle.exportKey('raw', mine), await node.exportKey('raw', key));
    const again = await subtle.wrapKey('raw', mine, pair.publicKey, 'RSA-OAEP');
    const third = await subtle.unwrapKey('raw', again, pair.privateKey, 'RSA-OAEP', 'AES-CBC', true, ['encrypt']);
    sameBytes(await subtle.exportKey('raw', third), await node.exportKey('raw', key));
  });

  it('a key that is sensitive leaves the token wrapped only', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.AES_KEY_WRAP);
    const { subtle } = crypto;
    const wrapping = (await subtle.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey', 'unwrapKey'])) as CryptoKey;
    const key = (await subtle.generateKey({ name: 'AES-GCM', length: 256, sensitive: true }, true, ['encrypt'])) as CryptoKey;
    assert.equal(key.extractable, true);
    await rejects(subtle.exportKey('raw', key), 'OperationError');
    const wrapped = await subtle.wrapKey('raw', key, wrapping, 'AES-KW');
    const gcm = { name: 'AES-GCM', iv: Buffer.alloc(12) };
    const mine = await subtle.unwrapKey('raw', wrapped, wrapping, 'AES-KW', 'AES-GCM', false, ['encrypt']);
    sameBytes(await subtle.encrypt(gcm, mine, data), await subtle.encrypt(gcm, key, data));
  });

  it('what was wrapped by another key, or is no key of that kind, is refused', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.AES_KEY_WRAP, CKM.AES_GCM);
    const { subtle } = crypto;
    const wrapping = (await subtle.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey', 'unwrapKey'])) as CryptoKey;
    const unwrap = (bytes: Uint8Array, algorithm: webcrypto.AlgorithmIdentifier): Promise<CryptoKey> =>
      subtle.unwrapKey('raw', bytes, wrapping, 'AES-KW', algorithm, false, ['encrypt']);
    await rejects(unwrap(randomBytes(40), 'AES-GCM'), 'OperationError');
    await rejects(unwrap(randomBytes(39), 'AES-GCM'), 'OperationError');
    await rejects(unwrap(randomBytes(8), 'AES-GCM'), 'OperationError');
    await rejects(unwrap(randomBytes(56), 'AES-GCM'), 'DataError');
    const sealing = (await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'unwrapKey'])) as CryptoKey;
    const gcm = { name: 'AES-GCM', iv: Buffer.alloc(12) };
    const text = await subtle.encrypt(gcm, sealing, data);
    await rejects(subtle.unwrapKey('jwk', text, sealing, gcm, 'AES-GCM', false, ['encrypt']), 'DataError');
    await rejects(subtle.unwrapKey('raw', text, sealing, gcm, 'AES-GCM', false, ['encrypt']), 'DataError');
    await rejects(
      subtle.unwrapKey('spki', text, sealing, gcm, { name: 'ECDSA', namedCurve: 'P-256' } as webcrypto.Algorithm, false, []),
      'DataError',
    );
  });

  it('a public key as spki, again and again', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.AES_GCM, CKM.ECDSA);
    const { subtle } = crypto;
    const gcm = { name: 'AES-GCM', iv: randomBytes(12) };
    const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
    const theirs = (await node.generateKey(ecdsa, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const spki = await node.exportKey('spki', theirs.publicKey);
    const publicKey = await subtle.importKey('spki', spki, ecdsa, true, ['verify']);
    const wrapping = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['wrapKey', 'unwrapKey']);
    for (let time = 0; time < 2; time++) {
      const wrapped = await subtle.wrapKey('spki', publicKey, wrapping, gcm);
      const again = await subtle.unwrapKey('spki', wrapped, wrapping, gcm, ecdsa, true, ['verify']);
      new Uint8Array(await subtle.exportKey('spki', again)).fill(0);
      sameBytes(await subtle.exportKey('spki', again), spki);
    }
  });
});

for (const profile of profiles().filter(({ fresh, reason }) => fresh === 'folder' && reason === undefined)) {
  describe(`WebCrypto with two tokens on ${profile.title}`, () => {
    it('a key of one is wrapped by a key of the other, if it is extractable', async function () {
      if (profile.label !== undefined) skip(this, 'one token for each folder');
      await withToken(profile, async (first) =>
        withToken(profile, async (second) => {
          const [one, other] = await Promise.all(
            [first, second].map(async ({ token, pin }) => {
              await token.login(pin);
              return createCrypto(token).subtle;
            }),
          );
          const wrapping = await one!.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey', 'unwrapKey']);
          const key = await other!.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
          const here = await one!.unwrapKey('raw', await one!.wrapKey('raw', key, wrapping, 'AES-KW'), wrapping, 'AES-KW', 'AES-GCM', true, [
            'encrypt',
          ]);
          sameBytes(await one!.exportKey('raw', here), await other!.exportKey('raw', key));
          const pair = await other!.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
          const mine = await one!.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
          const [bits, same] = await Promise.all([
            one!.deriveBits({ name: 'ECDH', public: pair.publicKey }, mine.privateKey, 256),
            other!.deriveBits({ name: 'ECDH', public: mine.publicKey }, pair.privateKey, 256),
          ]);
          sameBytes(bits, same);
        }),
      );
    });
  });
}
