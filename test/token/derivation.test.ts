import assert from 'node:assert/strict';
import { createHash, createHmac, diffieHellman, generateKeyPairSync, hkdfSync, pbkdf2Sync, randomBytes, type KeyObject } from 'node:crypto';
import { CKM, SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { curveBits, requiresSize } from '../support/token';

const raw = randomBytes(32);
const salt = randomBytes(16);
const info = Buffer.from('what it is for');

for (const profile of profiles()) {
  describe(`deriving on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(profile.pin);
    });

    for (const namedCurve of ['P-256', 'P-521']) {
      it(`ECDH on ${namedCurve}, with node:crypto on the other side`, async function () {
        await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDH1_DERIVE);
        const mine = await fixture().token.generateKeyPair('ec', { namedCurve, sensitive: false, privateKey: { derive: true } });
        const theirs = generateKeyPairSync('ec', { namedCurve });
        const expected = diffieHellman({ privateKey: theirs.privateKey, publicKey: mine.publicKey.toKeyObject() });
        const algorithm = { name: 'ecdh', publicKey: theirs.publicKey } as const;
        assert.deepEqual(Buffer.from(await mine.privateKey.deriveBits(algorithm)), expected);
        assert.deepEqual(Buffer.from(await mine.privateKey.deriveBits(algorithm, 128)), expected.subarray(0, 16), 'the first bits');
        const aes = await mine.privateKey.derive(algorithm, { type: 'aes', length: 256 });
        assert.ok(aes instanceof SecretKey);
        assert.equal(aes.type, 'aes');
        const second = await fixture().token.generateKeyPair('ec', { namedCurve, sensitive: false, privateKey: { derive: true } });
        const here = await mine.privateKey.deriveBits({ name: 'ecdh', publicKey: second.publicKey });
        assert.deepEqual(await second.privateKey.deriveBits({ name: 'ecdh', publicKey: mine.publicKey }), here);
      });
    }

    it('ECDH refuses a public key of another curve', async function () {
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDH1_DERIVE);
      const { privateKey } = await fixture().token.generateKeyPair('ec', { namedCurve: 'P-256', privateKey: { derive: true } });
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
      await assert.rejects(privateKey.derive({ name: 'ecdh', publicKey }), { code: 'ERR_INVALID_ARG_VALUE', message: /prime256v1/ });
      await assert.rejects(privateKey.derive({ name: 'ecdh', publicKey: 'text' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('ECDH with the key derivation function of X9.63', async function () {
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDH1_DERIVE);
      if (profile.name === 'softhsm') return void (await fixture().requires(this, CKM.ECDH1_COFACTOR_DERIVE));
      const mine = await fixture().token.generateKeyPair('ec', { namedCurve: 'P-256', sensitive: false, privateKey: { derive: true } });
      const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const secret = diffieHellman({ privateKey: theirs.privateKey, publicKey: mine.publicKey.toKeyObject() });
      const expected = createHash('sha256')
        .update(secret)
        .update(Buffer.from([0, 0, 0, 1]))
        .update(info)
        .digest();
      const algorithm = { name: 'ecdh', publicKey: theirs.publicKey, kdf: 'sha256', sharedData: info } as const;
      assert.deepEqual(Buffer.from(await mine.privateKey.deriveBits(algorithm, 256)), expected);
    });

    for (const type of ['x25519', 'x448'] as const) {
      it(`agrees by ${type}`, async function () {
        const there = await fixture().slot.mechanisms();
        if (!there.has(CKM.EC_EDWARDS_KEY_PAIR_GEN)) await fixture().requires(this, CKM.EC_MONTGOMERY_KEY_PAIR_GEN);
        await requiresSize(this, fixture(), curveBits(type), CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.EC_EDWARDS_KEY_PAIR_GEN);
        const mine = await fixture().token.generateKeyPair(type, { sensitive: false });
        assert.equal(mine.privateKey.type, type);
        const theirs = generateKeyPairSync(type as 'x25519') as { publicKey: KeyObject; privateKey: KeyObject };
        const expected = diffieHellman({ privateKey: theirs.privateKey, publicKey: mine.publicKey.toKeyObject() });
        assert.deepEqual(Buffer.from(await mine.privateKey.deriveBits({ name: 'ecdh', publicKey: theirs.publicKey })), expected);
      });
    }

    it('HKDF (RFC 5869)', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.HKDF_DERIVE);
      const base = await fixture().token.importKey(raw, { type: 'generic', sensitive: false, extractable: true });
      assert.ok(base instanceof SecretKey);
      const derived = await base.deriveBits({ name: 'hkdf', hash: 'sha256', salt, info }, 42 * 8);
      assert.deepEqual(Buffer.from(derived), Buffer.from(hkdfSync('sha256', raw, salt, info, 42)));
      assert.deepEqual(Buffer.from(await base.deriveBits('hkdf', 256)), Buffer.from(hkdfSync('sha256', raw, '', '', 32)));
      const extracted = await base.deriveBits({ name: 'hkdf', expand: false, salt });
      assert.deepEqual(Buffer.from(extracted), createHmac('sha256', salt).update(raw).digest());
      const key = await base.derive({ name: 'hkdf', salt, info }, { type: 'aes', length: 128 });
      assert.equal(key.type, 'aes');
      await assert.rejects(base.derive({ name: 'hkdf' }), { code: 'ERR_INVALID_ARG_VALUE', message: /length/ });
      await assert.rejects(base.derive({ name: 'hkdf', extract: false, expand: false }, { length: 256 }), { code: 'ERR_INVALID_ARG_VALUE' });
    });

    it('PBKDF2 (RFC 8018)', async function () {
      await fixture().requires(this, CKM.PKCS5_PBKD2);
      const pbkdf2 = { password: 'pässword', salt, iterations: 1000, hash: 'sha256' };
      const key = await fixture().token.generateKey('aes', { length: 256, sensitive: false, extractable: true, pbkdf2 });
      assert.deepEqual(Buffer.from((await key.get(['value'])).value ?? []), pbkdf2Sync('pässword', salt, 1000, 32, 'sha256'));
    });

    it('ML-KEM: what one side encapsulates the other decapsulates', async function () {
      await fixture().requires(this, CKM.ML_KEM_KEY_PAIR_GEN, CKM.ML_KEM);
      for (const type of ['ml-kem-512', 'ml-kem-768', 'ml-kem-1024'] as const) {
        const pair = await fixture().token.generateKeyPair(type);
        const options = { sensitive: false, extractable: true } as const;
        const { ciphertext, key } = await pair.publicKey.encapsulate(options);
        const other = await pair.privateKey.decapsulate(ciphertext, options);
        const { value } = await key.get(['value']);
        assert.equal(value?.length, 32);
        assert.deepEqual((await other.get(['value'])).value, value);
      }
    });

    it('keys from keys with the simple derivations', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.AES_ECB_ENCRYPT_DATA);
      const base = await fixture().token.importKey(raw, { type: 'aes', sensitive: false, extractable: true, attributes: { derive: true } });
      assert.ok(base instanceof SecretKey);
      const { createCipheriv } = await import('node:crypto');
      const cipher = createCipheriv('aes-256-ecb', raw, null).setAutoPadding(false);
      const expected = Buffer.concat([cipher.update(Buffer.alloc(32, 7)), cipher.final()]);
      assert.deepEqual(Buffer.from(await base.deriveBits({ name: 'aes-ecb-data', data: Buffer.alloc(32, 7) })), expected);
    });
  });
}
