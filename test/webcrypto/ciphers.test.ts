import assert from 'node:assert/strict';
import { randomBytes, type webcrypto } from 'node:crypto';
import { CKM } from '../../lib';
import { changed } from '../support/token';
import { skip } from '../support/skip';
import { data, node, onTokens, rejects, RSA, sameBytes } from './support';
import type { CryptoKey, CryptoKeyPair } from '../../lib/webcrypto';

const iv = randomBytes(16);
const gcm = { name: 'AES-GCM', iv: iv.subarray(0, 12) };

/** What can be encrypted with, and the length of the data. */
const CIPHERS: readonly [title: string, algorithm: webcrypto.Algorithm, mechanism: number, length: number][] = [
  ['AES-CBC', { name: 'AES-CBC', iv } as webcrypto.AesCbcParams, CKM.AES_CBC_PAD, 100],
  ['AES-CBC of nothing', { name: 'AES-CBC', iv } as webcrypto.AesCbcParams, CKM.AES_CBC_PAD, 0],
  ['AES-CBC of whole blocks', { name: 'AES-CBC', iv } as webcrypto.AesCbcParams, CKM.AES_CBC_PAD, 64],
  ['AES-CTR', { name: 'AES-CTR', counter: iv, length: 64 } as webcrypto.AesCtrParams, CKM.AES_CTR, 100],
  ['AES-CTR that begins again', { name: 'AES-CTR', counter: Buffer.alloc(16, 255), length: 8 } as webcrypto.AesCtrParams, CKM.AES_CTR, 100],
  [
    'AES-CTR that begins again in all bits',
    { name: 'AES-CTR', counter: Buffer.alloc(16, 255), length: 128 } as webcrypto.AesCtrParams,
    CKM.AES_CTR,
    33,
  ],
  ['AES-GCM', gcm as webcrypto.AesGcmParams, CKM.AES_GCM, 100],
  ['AES-GCM of nothing', gcm as webcrypto.AesGcmParams, CKM.AES_GCM, 0],
  ['AES-GCM with more data and a short tag', { ...gcm, additionalData: data, tagLength: 96 } as webcrypto.AesGcmParams, CKM.AES_GCM, 100],
];

onTokens('WebCrypto ciphers', (given) => {
  for (const [title, algorithm, mechanism, length] of CIPHERS) {
    for (const bits of [128, 192, 256]) {
      it(`${title}, ${bits} bits, here and there`, async function () {
        const { crypto, fixture } = given();
        await fixture.requires(this, mechanism);
        const { subtle } = crypto;
        const plain = randomBytes(length);
        const key = (await subtle.generateKey({ name: algorithm.name, length: bits }, true, ['encrypt', 'decrypt'])) as CryptoKey;
        assert.deepEqual(key.algorithm, { name: algorithm.name, length: bits });
        const theirs = await node.importKey('jwk', await subtle.exportKey('jwk', key), algorithm.name, true, ['encrypt', 'decrypt']);
        const sealed = await subtle.encrypt(algorithm, key, plain);
        sameBytes(sealed, await node.encrypt(algorithm, theirs, plain));
        const again = await subtle.importKey('raw', await node.exportKey('raw', theirs), algorithm, false, ['decrypt']);
        sameBytes(await subtle.decrypt(algorithm, again, sealed), plain);
        await rejects(subtle.exportKey('raw', again), 'InvalidAccessError');
        await rejects(subtle.encrypt(algorithm, again, plain), 'InvalidAccessError');
      });
    }
  }

  it('data of many megabytes, and what comes of them', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.AES_CTR);
    this.timeout(60_000);
    const large = randomBytes(64 * 1024 * 1024);
    const algorithm = { name: 'AES-CTR', counter: iv, length: 64 };
    const key = (await crypto.subtle.generateKey({ name: 'AES-CTR', length: 128 }, true, ['encrypt'])) as CryptoKey;
    const theirs = await node.importKey('raw', await crypto.subtle.exportKey('raw', key), 'AES-CTR', true, ['encrypt']);
    const [here, there] = [await crypto.subtle.encrypt(algorithm, key, large), await node.encrypt(algorithm, theirs, large)];
    assert.equal(Buffer.compare(Buffer.from(here), Buffer.from(there)), 0);
    sameBytes(await crypto.subtle.digest('SHA-256', here), await node.digest('SHA-256', there));
  });

  it('AES-GCM refuses what was changed, with the reason of the token', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.AES_GCM);
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm, key, data));
    const error = await rejects(crypto.subtle.decrypt(gcm, key, changed(sealed)), 'OperationError');
    assert.match((error.cause as { code: string }).code, /^CKR_/);
    assert.doesNotMatch(error.message, /what is signed/);
  });

  for (const hash of ['SHA-1', 'SHA-256', 'SHA-512']) {
    it(`RSA-OAEP with ${hash}, here and there`, async function () {
      const { crypto, fixture } = given();
      await fixture.requires(this, CKM.RSA_PKCS_OAEP);
      const only = hash !== 'SHA-1' && fixture.profile.name === 'softhsm';
      const { subtle } = crypto;
      const algorithm = { name: 'RSA-OAEP', ...RSA, hash };
      const pair = (await subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])) as CryptoKeyPair;
      const theirs = await node.importKey('spki', await subtle.exportKey('spki', pair.publicKey), algorithm, true, ['encrypt']);
      const sealed = await node.encrypt('RSA-OAEP', theirs, data);
      if (only) {
        const error = await rejects(subtle.decrypt('RSA-OAEP', pair.privateKey, sealed), 'OperationError');
        assert.equal((error.cause as { code: string }).code, 'CKR_ARGUMENTS_BAD');
        return;
      }
      sameBytes(await subtle.decrypt('RSA-OAEP', pair.privateKey, sealed), data);
      const there = (await node.generateKey(algorithm, true, ['encrypt', 'decrypt'])) as webcrypto.CryptoKeyPair;
      const publicKey = await subtle.importKey('jwk', await node.exportKey('jwk', there.publicKey), algorithm, true, ['encrypt']);
      sameBytes(await node.decrypt('RSA-OAEP', there.privateKey, await subtle.encrypt('RSA-OAEP', publicKey, data)), data);
    });
  }

  it('RSA-OAEP with a label', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.RSA_PKCS_OAEP);
    if (fixture.profile.name === 'softhsm') skip(this, 'SoftHSM takes no label');
    const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'RSA-OAEP', ...RSA, hash: 'SHA-256' }, false, ['encrypt', 'decrypt']);
    const algorithm = { name: 'RSA-OAEP', label: Buffer.from('a label') };
    const sealed = await crypto.subtle.encrypt(algorithm, publicKey, data);
    sameBytes(await crypto.subtle.decrypt(algorithm, privateKey, sealed), data);
    await rejects(crypto.subtle.decrypt('RSA-OAEP', privateKey, sealed), 'OperationError');
  });
});
