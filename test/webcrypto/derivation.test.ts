import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { CKM, type Token } from '../../lib';
import { all } from '../support/token';
import { data, node, onTokens, rejects, sameBytes } from './support';
import type { CryptoKey, CryptoKeyPair } from '../../lib/webcrypto';

const AGREEMENTS: readonly [title: string, algorithm: webcrypto.EcKeyGenParams, mechanism: number, bits: number][] = [
  ...(['P-256', 'P-384', 'P-521'] as const).map(
    (namedCurve, index) => [`ECDH on ${namedCurve}`, { name: 'ECDH', namedCurve }, CKM.ECDH1_DERIVE, [256, 384, 528][index]!] as const,
  ),
  ['X25519', { name: 'X25519' } as webcrypto.EcKeyGenParams, CKM.EC_EDWARDS_KEY_PAIR_GEN, 256],
].map((row) => row as [string, webcrypto.EcKeyGenParams, number, number]);

const gcm = { name: 'AES-GCM', iv: Buffer.alloc(12) };
const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
const secretKeys = async (token: Token): Promise<number> => (await all(token.secretKeys())).length;

onTokens('WebCrypto derivation', (given) => {
  for (const [title, algorithm, mechanism, bits] of AGREEMENTS) {
    describe(title, () => {
      let mine: CryptoKeyPair;
      let theirs: webcrypto.CryptoKeyPair;
      let forMe: { name: string; public: CryptoKey };
      let forThem: { name: string; public: webcrypto.CryptoKey };

      before(async function () {
        const { crypto, fixture } = given();
        await fixture.requires(this, mechanism);
        mine = await crypto.subtle.generateKey(algorithm, false, ['deriveBits', 'deriveKey']);
        theirs = (await node.generateKey(algorithm, true, ['deriveBits', 'deriveKey'])) as webcrypto.CryptoKeyPair;
        const { name } = algorithm;
        forMe = { name, public: await crypto.subtle.importKey('raw', await node.exportKey('raw', theirs.publicKey), algorithm, true, []) };
        const raw = await crypto.subtle.exportKey('raw', mine.publicKey);
        forThem = { name, public: await node.importKey('raw', raw, algorithm, true, []) };
      });

      it('gives the same bits here and there', async () => {
        const { subtle } = given().crypto;
        for (const length of [null, bits, 128, 8]) {
          const there = await node.deriveBits(forThem as never, theirs.privateKey, length as number);
          sameBytes(await subtle.deriveBits(forMe, mine.privateKey, length), there);
        }
        const odd = new Uint8Array(await subtle.deriveBits(forMe, mine.privateKey, 13));
        const whole = new Uint8Array(await subtle.deriveBits(forMe, mine.privateKey, 16));
        assert.deepEqual([...odd], [whole[0], whole[1]! & 0xf8]);
        await rejects(subtle.deriveBits(forMe, mine.privateKey, bits + 8), 'OperationError');
      });

      for (const length of [128, 256]) {
        it(`gives the same AES key of ${length} bits, and leaves nothing else on the token`, async () => {
          const { crypto, fixture } = given();
          const before = await secretKeys(fixture.token);
          const key = await crypto.subtle.deriveKey(forMe, mine.privateKey, { name: 'AES-GCM', length } as webcrypto.Algorithm, false, ['encrypt']);
          assert.deepEqual([key.algorithm, key.extractable, key.usages], [{ name: 'AES-GCM', length }, false, ['encrypt']]);
          const there = await node.deriveKey(forThem as never, theirs.privateKey, { name: 'AES-GCM', length }, true, ['encrypt']);
          sameBytes(await crypto.subtle.encrypt(gcm, key, data), await node.encrypt(gcm, there, data));
          await key.tokenKey!.destroy();
          assert.equal(await secretKeys(fixture.token), before);
        });
      }

      it('gives a key for HKDF, and that a key', async () => {
        const { subtle } = given().crypto;
        const base = await subtle.deriveKey(forMe, mine.privateKey, 'HKDF', false, ['deriveKey', 'deriveBits']);
        const there = await node.deriveKey(forThem as never, theirs.privateKey, 'HKDF', false, ['deriveKey', 'deriveBits']);
        const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: data, info: data };
        sameBytes(await subtle.deriveBits(hkdf, base, 256), await node.deriveBits(hkdf, there, 256));
        const [one, other] = [await subtle.deriveKey(hkdf, base, hmac, false, ['sign']), await node.deriveKey(hkdf, there, hmac, false, ['sign'])];
        sameBytes(await subtle.sign('HMAC', one, data), await node.sign('HMAC', other, data));
      });

      it('of keys that are imported, as all forms', async () => {
        const { subtle } = given().crypto;
        for (const format of ['pkcs8', 'jwk'] as const) {
          const exported = await node.exportKey(format as 'pkcs8', theirs.privateKey);
          const key = await subtle.importKey(format, exported, algorithm, true, ['deriveBits']);
          assert.deepEqual(await subtle.exportKey(format, key), format === 'jwk' ? { ...exported, key_ops: ['deriveBits'] } : exported);
          const bitsHere = await subtle.deriveBits({ name: algorithm.name, public: mine.publicKey } as webcrypto.Algorithm, key, 128);
          sameBytes(bitsHere, await subtle.deriveBits(forMe, mine.privateKey, 128));
        }
      });

      it('refuses keys that do not fit', async () => {
        const { subtle } = given().crypto;
        const derive = (key: CryptoKey, other: unknown): Promise<ArrayBuffer> =>
          subtle.deriveBits({ name: algorithm.name, public: other } as webcrypto.Algorithm, key, 128);
        await rejects(derive(mine.publicKey, mine.publicKey), 'InvalidAccessError');
        await rejects(derive(mine.privateKey, mine.privateKey), 'InvalidAccessError');
        await rejects(derive(mine.privateKey, undefined), 'TypeError');
        await rejects(derive(mine.privateKey, {}), 'TypeError');
        const { publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
        await rejects(derive(mine.privateKey, publicKey), 'InvalidAccessError');
      });
    });
  }

  it('X25519 refuses points of small order', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.EC_EDWARDS_KEY_PAIR_GEN);
    const { subtle } = crypto;
    const { privateKey } = (await subtle.generateKey('X25519', false, ['deriveBits', 'deriveKey'])) as CryptoKeyPair;
    for (const point of [Buffer.alloc(32), Buffer.concat([Buffer.of(1), Buffer.alloc(31)])]) {
      const algorithm = { name: 'X25519', public: await subtle.importKey('raw', point, 'X25519', true, []) };
      await rejects(subtle.deriveBits(algorithm, privateKey, 256), 'OperationError');
      await rejects(
        subtle.deriveKey(algorithm, privateKey, { name: 'AES-GCM', length: 256 } as webcrypto.Algorithm, false, ['encrypt']),
        'OperationError',
      );
    }
  });

  for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    for (const name of ['HKDF', 'PBKDF2']) {
      it(`${name} with ${hash}: the same bits and keys here and there`, async () => {
        const { subtle } = given().crypto;
        const algorithm = { name, hash, salt: data.subarray(0, 16), info: data, iterations: 2000 };
        const mine = await subtle.importKey('raw', data, name, false, ['deriveBits', 'deriveKey']);
        const theirs = await node.importKey('raw', data, name, false, ['deriveBits', 'deriveKey']);
        for (const length of [8, 256, 1000])
          sameBytes(await subtle.deriveBits(algorithm, mine, length), await node.deriveBits(algorithm, theirs, length));
        const aes = { name: 'AES-GCM', length: 256 };
        const key = await subtle.deriveKey(algorithm, mine, aes as webcrypto.Algorithm, false, ['encrypt']);
        const there = await node.deriveKey(algorithm, theirs, aes, false, ['encrypt']);
        sameBytes(await subtle.encrypt(gcm, key, data), await node.encrypt(gcm, there, data));
        const code = await subtle.sign(
          'HMAC',
          await subtle.deriveKey(algorithm, mine, { name: 'HMAC', hash } as webcrypto.Algorithm, false, ['sign']),
          data,
        );
        sameBytes(code, await node.sign('HMAC', await node.deriveKey(algorithm, theirs, { name: 'HMAC', hash } as never, false, ['sign']), data));
      });
    }
  }

  it('HKDF and PBKDF2 of nothing, with nothing', async () => {
    const { subtle } = given().crypto;
    const none = new Uint8Array(0);
    for (const name of ['HKDF', 'PBKDF2']) {
      const algorithm = { name, hash: 'SHA-256', salt: none, info: none, iterations: 1 };
      const [mine, theirs] = [
        await subtle.importKey('raw', none, name, false, ['deriveBits']),
        await node.importKey('raw', none, name, false, ['deriveBits']),
      ];
      sameBytes(await subtle.deriveBits(algorithm, mine, 256), await node.deriveBits(algorithm, theirs, 256));
      assert.equal((await subtle.deriveBits(algorithm, mine, 0)).byteLength, 0);
      await rejects(subtle.deriveBits(algorithm, mine, 12), 'OperationError');
      await rejects(subtle.deriveBits(algorithm, mine, null), 'OperationError');
    }
    const key = await subtle.importKey('raw', data, 'PBKDF2', false, ['deriveBits']);
    await rejects(
      subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: none, iterations: 0 } as webcrypto.Algorithm, key, 256),
      'OperationError',
    );
    const base = await subtle.importKey('raw', data, 'HKDF', false, ['deriveBits']);
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: none, info: none };
    await rejects(subtle.deriveBits(hkdf, base, 8 * (255 * 32 + 1)), 'OperationError');
  });

  it('keys to derive from cannot be extractable, nor used for anything else', async () => {
    const { subtle } = given().crypto;
    for (const name of ['HKDF', 'PBKDF2']) {
      await rejects(subtle.importKey('raw', data, name, true, ['deriveBits']), 'SyntaxError');
      await rejects(subtle.importKey('raw', data, name, false, ['sign']), 'SyntaxError');
      await rejects(subtle.importKey('raw', data, name, false, []), 'SyntaxError');
      await rejects(subtle.importKey('jwk', { kty: 'oct', k: 'AAAA' }, name, false, ['deriveBits']), 'NotSupportedError');
      const key = await subtle.importKey('raw', data, name, false, ['deriveBits']);
      await rejects(subtle.exportKey('raw', key), 'NotSupportedError');
      const algorithm = { name, hash: 'SHA-256', salt: data, info: data, iterations: 1 };
      await rejects(
        subtle.deriveKey(algorithm, key, { name: 'AES-GCM', length: 128 } as webcrypto.Algorithm, false, ['encrypt']),
        'InvalidAccessError',
      );
    }
  });
});
