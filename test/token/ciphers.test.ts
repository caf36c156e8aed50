import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  verify,
  createPublicKey,
} from 'node:crypto';
import { CKM, SecretKey, type CipherAlgorithm, type AesGcmMadeIv, type KeyPair } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { isNss } from '../tokens/nss';

const data = randomBytes(48_000);
const raw = randomBytes(32);
const header = Buffer.from('a header');

async function* pieces(input: Uint8Array, size = 5003): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size);
}

async function joined(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of source) all.push(piece);
  return Buffer.concat(all);
}

/** What node:crypto makes of the data. */
function byNode(name: string, iv: Uint8Array | null, input: Uint8Array = data, aad?: Uint8Array): Buffer {
  const cipher = createCipheriv(name as 'aes-256-gcm', raw, iv as Uint8Array, { authTagLength: 16 });
  if (aad) cipher.setAAD(aad, { plaintextLength: input.length });
  const body = Buffer.concat([cipher.update(input), cipher.final()]);
  return aad ? Buffer.concat([body, cipher.getAuthTag()]) : body;
}

const refusal = (code: string): boolean => code.startsWith('CKR_');

for (const profile of profiles()) {
  describe(`encrypting on ${profile.title}`, () => {
    const fixture = useToken(profile);
    let key: SecretKey;

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(profile.pin);
      await fixture().requires(this, CKM.AES_KEY_GEN);
      const made = await fixture().token.importKey(raw, { type: 'aes', attributes: { wrap: true, unwrap: true } });
      assert.ok(made instanceof SecretKey);
      key = made;
    });

    async function both(algorithm: Exclude<CipherAlgorithm, AesGcmMadeIv>, expected: Buffer): Promise<void> {
      assert.deepEqual(Buffer.from(await key.encrypt(algorithm, data)), expected);
      assert.deepEqual(Buffer.from(await key.decrypt(algorithm, expected)), data);
      assert.deepEqual(Buffer.from(await key.encrypt(algorithm, pieces(data))), expected);
      assert.deepEqual(await joined(key.encryptStream(algorithm, pieces(data, 17_000))), expected);
      assert.deepEqual(await joined(key.decryptStream(algorithm, pieces(expected, 16_001))), data);
    }

    it('AES-CBC, with and without padding', async function () {
      await fixture().requires(this, CKM.AES_CBC, CKM.AES_CBC_PAD);
      const iv = randomBytes(16);
      const padded = byNode('aes-256-cbc', iv);
      await both({ name: 'aes-cbc', iv }, padded);
      assert.deepEqual(Buffer.from(await key.encrypt({ name: 'aes-cbc', iv, padding: false }, data)), padded.subarray(0, data.length));
    });

    it('AES-CTR', async function () {
      await fixture().requires(this, CKM.AES_CTR);
      const counter = randomBytes(16);
      await both({ name: 'aes-ctr', counter }, byNode('aes-256-ctr', counter));
    });

    it('AES-GCM, which notices every change', async function () {
      await fixture().requires(this, CKM.AES_GCM);
      const iv = randomBytes(12);
      const expected = byNode('aes-256-gcm', iv, data, header);
      const algorithm = { name: 'aes-gcm', iv, additionalData: header } as const;
      await both(algorithm, expected);
      const bad = Buffer.from(expected);
      bad[100]! ^= 1;
      await assert.rejects(key.decrypt(algorithm, bad), ({ code }) => refusal(code));
      await assert.rejects(key.decrypt({ ...algorithm, additionalData: iv }, expected), ({ code }) => refusal(code));
      await assert.rejects(joined(key.decryptStream(algorithm, pieces(bad))), ({ code }) => refusal(code));
      await both(algorithm, expected);
    });

    it('AES-GCM without an IV: a token that makes none is found out', async function () {
      await fixture().requires(this, CKM.AES_GCM);
      await assert.rejects(key.encrypt({ name: 'aes-gcm' }, data), (error: { code: string }) => {
        return error.code === 'ERR_CRYPTOKI_UNSUPPORTED' || refusal(error.code);
      });
    });

    it('AES-CCM', async function () {
      await fixture().requires(this, CKM.AES_CCM);
      const nonce = randomBytes(12);
      await both({ name: 'aes-ccm', nonce, additionalData: header }, byNode('aes-256-ccm', nonce, data, header));
    });

    it('ChaCha20-Poly1305', async function () {
      await fixture().requires(this, CKM.CHACHA20_POLY1305);
      const nonce = randomBytes(12);
      const chacha = await fixture().token.importKey(raw, { type: 'chacha20' });
      assert.ok(chacha instanceof SecretKey);
      const algorithm = { name: 'chacha20-poly1305', nonce, additionalData: header } as const;
      const expected = byNode('chacha20-poly1305', nonce, data, header);
      assert.deepEqual(Buffer.from(await chacha.encrypt(algorithm, data)), expected);
      assert.deepEqual(await joined(chacha.decryptStream(algorithm, pieces(expected))), data);
    });

    it('a stream that is left early gives its session back', async function () {
      await fixture().requires(this, CKM.AES_CBC_PAD);
      const iv = randomBytes(16);
      for (let count = 0; count < 5; count++) {
        for await (const piece of key.encryptStream({ name: 'aes-cbc', iv }, pieces(data))) {
          assert.ok(piece.length > 0);
          break;
        }
      }
      assert.deepEqual(Buffer.from(await key.encrypt({ name: 'aes-cbc', iv }, data)), byNode('aes-256-cbc', iv));
    });

    describe('with RSA', () => {
      let pair: KeyPair;
      before(async function () {
        fixture().needs(this, 'generate');
        await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN);
        pair = await fixture().token.generateKeyPair('rsa', { publicKey: { wrap: true }, privateKey: { unwrap: true } });
      });

      for (const hash of ['sha1', 'sha256', 'sha512']) {
        it(`RSAES-OAEP and ${hash}`, async function () {
          await fixture().requires(this, CKM.RSA_PKCS_OAEP);
          if (['softhsm', 'p11kit'].includes(profile.name) && hash !== 'sha1') skip(this, 'SoftHSM 2.6 has OAEP with SHA-1 only');
          const publicKey = pair.publicKey.toKeyObject();
          const sealed = publicEncrypt({ key: publicKey, oaepHash: hash }, header);
          assert.deepEqual(Buffer.from(await pair.privateKey.decrypt({ name: 'rsa-oaep', hash }, sealed)), header);
          const other = await pair.publicKey.encrypt({ name: 'rsa-oaep', hash }, header);
          assert.deepEqual(Buffer.from(await pair.privateKey.decrypt({ name: 'rsa-oaep', hash }, [other])), header);
          sealed[9]! ^= 1;
          await assert.rejects(pair.privateKey.decrypt({ name: 'rsa-oaep', hash }, sealed), ({ code }) => refusal(code));
        });
      }

      it('RSAES-PKCS1-v1_5', async function () {
        await fixture().requires(this, CKM.RSA_PKCS);
        const sealed = publicEncrypt({ key: pair.publicKey.toKeyObject(), padding: constants.RSA_PKCS1_PADDING }, header);
        assert.deepEqual(Buffer.from(await pair.privateKey.decrypt('rsa-pkcs1', sealed)), header);
      });

      it('wraps a secret key for node:crypto, and takes it back', async function () {
        await fixture().requires(this, CKM.RSA_PKCS_OAEP);
        const secret = await fixture().token.importKey(raw, { type: 'aes', extractable: true });
        assert.ok(secret instanceof SecretKey);
        const wrapped = await pair.publicKey.wrap('rsa-oaep', secret);
        const again = await pair.privateKey.unwrap('rsa-oaep', wrapped, { type: 'aes', extractable: true, sensitive: false });
        assert.deepEqual(Buffer.from((await again.get(['value'])).value ?? []), raw);
        fixture().needs(this, 'import');
        const { generateKeyPairSync } = await import('node:crypto');
        const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
        const target = await fixture().token.importKey(theirs.publicKey, { attributes: { wrap: true, encrypt: false } });
        assert.ok('wrap' in target);
        const sent = await target.wrap('rsa-oaep', secret);
        assert.deepEqual(privateDecrypt({ key: theirs.privateKey, oaepHash: 'sha1' }, sent), raw);
      });
    });

    it('wraps with RFC 3394, as node:crypto does', async function () {
      await fixture().requires(this, CKM.AES_KEY_WRAP);
      const secret = await fixture().token.generateKey('aes', { extractable: true, sensitive: false });
      const value = Buffer.from((await secret.get(['value'])).value ?? []);
      const wrapped = await key.wrap('aes-kw', secret);
      assert.deepEqual(Buffer.from(wrapped), byNode('id-aes256-wrap', Buffer.alloc(8, 0xa6), value));
      const again = await key.unwrap('aes-kw', wrapped, { type: 'aes', extractable: true, sensitive: false, label: 'again' });
      assert.deepEqual(Buffer.from((await again.get(['value'])).value ?? []), value);
      assert.equal(again.label, 'again');
      const bad = Uint8Array.from(wrapped);
      bad[0]! ^= 1;
      await assert.rejects(key.unwrap('aes-kw', bad, { type: 'aes' }), ({ code }) => refusal(code));
    });

    it('wraps a private key with RFC 5649, for node:crypto', async function () {
      const there = await fixture().slot.mechanisms();
      const hasKwp = there.has(CKM.AES_KEY_WRAP_KWP) || (profile.name === 'softhsm' && there.has(CKM.AES_KEY_WRAP_PAD));
      if (!hasKwp) await fixture().requires(this, CKM.AES_KEY_WRAP_KWP);
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
      const pair = await fixture().token.generateKeyPair('ec', { namedCurve: 'P-256', extractable: true });
      const wrapped = await key.wrap('aes-kwp', pair.privateKey);
      const opener = createDecipheriv('id-aes256-wrap-pad' as 'aes-256-cbc', raw, Buffer.from('a65959a6', 'hex'));
      const pkcs8 = createPrivateKey({ key: Buffer.concat([opener.update(wrapped), opener.final()]), format: 'der', type: 'pkcs8' });
      assert.equal(createPublicKey(pkcs8).equals(pair.publicKey.toKeyObject()), true);
      // NSS wants the public point too, in an attribute of its own (CKA_NSS_DB).
      const attributes = isNss(profile) ? { 0xd5a0db00: pair.publicKey.attributes.ecPoint } : {};
      const again = await key.unwrap('aes-kwp', wrapped, { type: 'ec', attributes });
      assert.ok('sign' in again);
      assert.equal(verify('sha256', data, pair.publicKey.toKeyObject(), await again.sign('sha256', data)), true);
    });

    it('does not wrap what is not extractable', async function () {
      await fixture().requires(this, CKM.AES_KEY_WRAP);
      if (isNss(profile)) skip(this, 'NSS wraps what is not extractable');
      const secret = await fixture().token.generateKey('aes');
      await assert.rejects(key.wrap('aes-kw', secret), { code: /CKR_KEY_(UNEXTRACTABLE|NOT_WRAPPABLE)/ });
      await assert.rejects(key.wrap('aes-kw', {} as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
}
