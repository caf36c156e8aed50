import assert from 'node:assert/strict';
import { CKM } from '../../lib';
import { changed } from '../support/token';
import { skip } from '../support/skip';
import { data, onTokens, rejects, sameBytes } from './support';
import type { CryptoKey, CryptoKeyPair } from '../../lib/webcrypto';

onTokens('WebCrypto post-quantum keys', (given) => {
  for (const [name, publicBytes, signatureBytes] of [
    ['ML-DSA-44', 1312, 2420],
    ['ML-DSA-65', 1952, 3309],
    ['ML-DSA-87', 2592, 4627],
  ] as const) {
    it(`${name}: signs, verifies, comes and goes`, async function () {
      const { crypto, fixture } = given();
      await fixture.requires(this, CKM.ML_DSA, CKM.ML_DSA_KEY_PAIR_GEN);
      const { subtle } = crypto;
      const { privateKey, publicKey } = (await subtle.generateKey(name, false, ['sign', 'verify'])) as CryptoKeyPair;
      const signature = await subtle.sign(name, privateKey, data);
      assert.equal(signature.byteLength, signatureBytes);
      assert.equal(await subtle.verify(name, publicKey, signature, data), true);
      assert.equal(await subtle.verify(name, publicKey, changed(new Uint8Array(signature)), data), false);
      const raw = await subtle.exportKey('raw-public', publicKey);
      assert.equal(raw.byteLength, publicBytes);
      const context = { name, context: Buffer.from('a context') };
      const other = await subtle.sign(context, privateKey, data);
      for (const [format, exported] of [
        ['raw-public', raw],
        ['spki', await subtle.exportKey('spki', publicKey)],
        ['jwk', await subtle.exportKey('jwk', publicKey)],
      ] as const) {
        const again = await subtle.importKey(format, exported, name, true, ['verify']);
        assert.equal(await subtle.verify(name, again, signature, data), true);
        assert.equal(await subtle.verify(context, again, other, data), true);
        assert.equal(await subtle.verify(name, again, other, data), false);
      }
      await rejects(subtle.importKey('raw-public', raw.slice(1), name, true, ['verify']), 'DataError');
      await rejects(subtle.sign({ name, context: new Uint8Array(256) } as never, privateKey, data), 'OperationError');
    });
  }

  for (const name of ['ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024']) {
    it(`${name}: both sides get the same secret`, async function () {
      const { crypto, fixture } = given();
      await fixture.requires(this, CKM.ML_KEM, CKM.ML_KEM_KEY_PAIR_GEN);
      const { subtle } = crypto;
      const usages = ['encapsulateKey', 'encapsulateBits', 'decapsulateKey', 'decapsulateBits'] as const;
      const { privateKey, publicKey } = (await subtle.generateKey(name, false, usages)) as CryptoKeyPair;
      assert.deepEqual([privateKey.usages, publicKey.usages], [usages.slice(2), usages.slice(0, 2)]);
      const spki = await subtle.exportKey('spki', publicKey);
      const theirs = await subtle.importKey('spki', spki, name, true, ['encapsulateKey', 'encapsulateBits']);
      const bits = await subtle.encapsulateBits(name, theirs);
      assert.equal(bits.sharedKey.byteLength, 32);
      sameBytes(await subtle.decapsulateBits(name, privateKey, bits.ciphertext), bits.sharedKey);
      const gcm = { name: 'AES-GCM', iv: new Uint8Array(12) };
      const { sharedKey, ciphertext } = await subtle.encapsulateKey(name, theirs, 'AES-GCM', false, ['encrypt']);
      const mine: CryptoKey = await subtle.decapsulateKey(name, privateKey, ciphertext, 'AES-GCM', false, ['decrypt']);
      assert.deepEqual([mine.algorithm, mine.extractable], [{ name: 'AES-GCM', length: 256 }, false]);
      sameBytes(await subtle.decrypt(gcm, mine, await subtle.encrypt(gcm, sharedKey, data)), data);
      await rejects(subtle.decapsulateBits(name, theirs, ciphertext), 'InvalidAccessError');
      await rejects(subtle.encapsulateBits(name, privateKey), 'InvalidAccessError');
      await rejects(subtle.decapsulateBits(name, privateKey, ciphertext.slice(1)), 'OperationError');
    });
  }

  for (const [name, mechanisms, bytes] of [
    ['ML-DSA-65', [CKM.ML_DSA, CKM.ML_DSA_KEY_PAIR_GEN], 32],
    ['ML-KEM-768', [CKM.ML_KEM, CKM.ML_KEM_KEY_PAIR_GEN], 64],
  ] as const) {
    it(`${name}: a private key comes as seed, as JSON Web Key and as PKCS #8, and is the same`, async function () {
      const { crypto, fixture } = given();
      await fixture.requires(this, ...mechanisms);
      const { subtle } = crypto;
      const [use, other] = name === 'ML-DSA-65' ? (['sign', 'verify'] as const) : (['decapsulateBits', 'encapsulateBits'] as const);
      const pair = await subtle.generateKey(name, true, [use, other]);
      const check = async (key: CryptoKey, publicKey: CryptoKey): Promise<void> => {
        if (use === 'sign') {
          assert.equal(await subtle.verify(name, publicKey, await subtle.sign(name, key, data), data), true);
        } else {
          const { sharedKey, ciphertext } = await subtle.encapsulateBits(name, publicKey);
          sameBytes(await subtle.decapsulateBits(name, key, ciphertext), sharedKey);
        }
      };
      const forms = ['pkcs8', 'raw-seed', 'jwk'] as const;
      for (const format of forms) {
        const exported = await subtle.exportKey(format, pair.privateKey).catch((error: Error) => {
          // A token need not keep the seed.
          if (error.name === 'OperationError' && format !== 'pkcs8') return undefined;
          throw error;
        });
        if (exported === undefined) continue;
        if (format === 'raw-seed') assert.equal((exported as ArrayBuffer).byteLength, bytes);
        await check(await subtle.importKey(format, exported, name, false, [use]), pair.publicKey);
      }
      await rejects(subtle.importKey('raw-seed', new Uint8Array(bytes + 1), name, false, [use]), 'DataError');
      await rejects(subtle.importKey('raw-public', new Uint8Array(bytes), name, false, [use]), 'SyntaxError');
      await rejects(subtle.importKey('jwk', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' } as never, name, false, [other]), 'DataError');
      await rejects(subtle.importKey('raw', new Uint8Array(bytes), name, false, [use]), 'NotSupportedError');
    });
  }

  it('what the token does not have is a NotSupportedError', async function () {
    const { crypto, fixture } = given();
    if ((await fixture.token.mechanisms()).has(CKM.ML_DSA)) skip(this, 'the token has ML-DSA');
    const error = await rejects(crypto.subtle.generateKey('ML-DSA-65', false, ['sign', 'verify']), 'NotSupportedError');
    assert.equal((error.cause as { code: string }).code, 'ERR_CRYPTOKI_UNSUPPORTED');
  });
});
