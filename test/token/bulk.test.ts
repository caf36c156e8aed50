import assert from 'node:assert/strict';
import { constants, createHash, createHmac, publicEncrypt, randomBytes, verify } from 'node:crypto';
import { Readable } from 'node:stream';
import { BulkError, CKF, CKM, type KeyPair, type SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all, changed, requiresUse } from '../support/token';

const COUNT = 300;
const documents = Array.from({ length: COUNT }, (_, index) => Buffer.from(`document ${index}`));
const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

for (const profile of profiles()) {
  describe(`bulk on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async () => {
      await fixture().token.login(fixture().pin);
    });

    describe('with elliptic curves', () => {
      let pair: KeyPair;

      before(async function () {
        fixture().needs(this, 'generate', 'session-objects');
        await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
        pair = await fixture().token.generateKeyPair('ec', { namedCurve: 'P-256' });
      });

      it('signs, each result that of its input, whatever the form', async () => {
        const publicKey = pair.publicKey.toKeyObject();
        for (const options of [{}, { results: 'slab' }, { dsaEncoding: 'ieee-p1363' }, { dsaEncoding: 'ieee-p1363', results: 'slab' }] as const) {
          const signatures = [...(await pair.privateKey.signMany('sha256', documents, options))];
          assert.equal(signatures.length, COUNT);
          const key = 'dsaEncoding' in options ? ({ key: publicKey, dsaEncoding: 'ieee-p1363' } as const) : publicKey;
          documents.forEach((document, index) => assert.equal(verify('sha256', document, key, signatures[index]!), true));
        }
      });

      it('signs digests', async () => {
        const signatures = await pair.privateKey.signDigestMany('sha256', documents.map(sha256));
        const publicKey = pair.publicKey.toKeyObject();
        documents.forEach((document, index) => assert.equal(verify('sha256', document, publicKey, signatures[index]!), true));
      });

      it('keeps a digest of a wrong length from the others', async () => {
        const digests: Uint8Array[] = documents.map(sha256);
        digests[7] = new Uint8Array(5);
        const results = await pair.privateKey.signDigestMany('sha256', digests, { onError: 'return' });
        assert.equal(results.filter((result) => result instanceof Uint8Array).length, COUNT - 1);
        assert.ok(results[7] instanceof Error);
        await assert.rejects(
          pair.privateKey.signDigestMany('sha256', digests),
          (error: BulkError) => error instanceof BulkError && error.index === 7,
        );
      });

      it('verifies, and tells those that are not valid', async () => {
        const signatures = await pair.privateKey.signMany('sha256', documents);
        const items = documents.map((data, index) => ({ data, signature: index % 3 === 0 ? changed(signatures[index]!) : signatures[index]! }));
        items[1] = { data: documents[1]!, signature: Buffer.from('no signature') };
        const answers = await pair.publicKey.verifyMany('sha256', items);
        answers.forEach((answer, index) => assert.equal(answer, index % 3 !== 0 && index !== 1));
      });

      it('signs what a stream gives, in its order', async () => {
        const publicKey = pair.publicKey.toKeyObject();
        const signatures = await all(pair.privateKey.signStream('sha256', Readable.from(documents), { highWaterMark: 50 }));
        assert.equal(signatures.length, COUNT);
        documents.forEach((document, index) => assert.equal(verify('sha256', document, publicKey, signatures[index]!), true));
        for await (const { index, signature } of pair.privateKey.signStream('sha256', documents, { ordered: false })) {
          assert.equal(verify('sha256', documents[index]!, publicKey, signature), true);
        }
      });

      it('lets a single signature through in the midst of many', async () => {
        const many = pair.privateKey.signMany('sha256', documents);
        const one = await pair.privateKey.sign('sha256', Buffer.from('x'));
        assert.equal(verify('sha256', Buffer.from('x'), pair.publicKey.toKeyObject(), one), true);
        assert.equal((await many).length, COUNT);
      });
    });

    it('hashes as node:crypto does', async () => {
      const data = [...documents, Buffer.alloc(0), randomBytes(100_000)];
      const digests = await fixture().token.digestMany('sha256', data);
      assert.deepEqual(
        digests.map((digest) => Buffer.from(digest)),
        data.map(sha256),
      );
      const slab = await fixture().token.digestMany('sha256', data, { results: 'slab' });
      assert.equal(slab.length, data.length);
      assert.deepEqual(slab.toArray(), digests);
      assert.deepEqual([slab.at(0), slab.at(1), slab.at(data.length)], [digests[0], digests[1], undefined]);
    });

    it('makes and checks authentication codes', async function () {
      fixture().needs(this, 'import', 'session-objects');
      await requiresUse(this, fixture(), CKM.SHA256_HMAC, CKF.SIGN, 'sign');
      const raw = randomBytes(32);
      const key = (await fixture().token.importKey(raw, { type: 'hmac' })) as SecretKey;
      const codes = await key.signMany('sha256', documents);
      documents.forEach((document, index) => assert.deepEqual(Buffer.from(codes[index]!), createHmac('sha256', raw).update(document).digest()));
      const items = documents.map((data, index) => ({ data, signature: index === 5 ? changed(codes[index]!) : codes[index]! }));
      const answers = await key.verifyMany('sha256', items);
      assert.deepEqual(
        answers.flatMap((answer, index) => (answer ? [] : [index])),
        [5],
      );
    });

    it('encrypts with an IV for each, and decrypts again', async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await requiresUse(this, fixture(), CKM.AES_GCM, CKF.ENCRYPT, 'encrypt');
      const key = await fixture().token.generateKey('aes', { length: 256 });
      const algorithms = documents.map(() => ({ name: 'aes-gcm', iv: randomBytes(12) }) as const);
      const sealed = await key.encryptMany(algorithms, documents);
      const opened = await key.decryptMany(algorithms, sealed);
      assert.deepEqual(
        opened.map((one) => Buffer.from(one)),
        documents,
      );
      sealed[3] = changed(sealed[3]!);
      const results = await key.decryptMany(algorithms, sealed, { onError: 'return' });
      assert.ok(results[3] instanceof Error);
      assert.equal(results.filter((result) => result instanceof Error).length, 1);
    });

    it('encrypts with one IV for all where that does not betray them, in lengths of every kind', async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await requiresUse(this, fixture(), CKM.AES_CBC_PAD, CKF.ENCRYPT, 'encrypt');
      const key = await fixture().token.generateKey('aes', { length: 256 });
      const algorithm = { name: 'aes-cbc', iv: randomBytes(16) } as const;
      const data = Array.from({ length: 70 }, (_, length) => randomBytes(length * 37 + 1));
      const opened = await key.decryptMany(algorithm, await key.encryptMany(algorithm, data, { results: 'slab' }));
      assert.deepEqual(
        opened.map((one) => Buffer.from(one)),
        data,
      );
    });

    it('refuses to use a nonce twice', async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await requiresUse(this, fixture(), CKM.AES_GCM, CKF.ENCRYPT, 'encrypt');
      const key = await fixture().token.generateKey('aes', { length: 256 });
      const iv = randomBytes(12);
      const one = { name: 'aes-gcm', iv } as const;
      const refused = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
      await assert.rejects(key.encryptMany(one, documents), refused);
      await assert.rejects(key.encryptMany([one, { name: 'aes-gcm', iv: randomBytes(12) }, one], documents.slice(0, 3)), refused);
      await assert.rejects(key.encryptMany({ mechanism: { mechanism: CKM.AES_GCM, parameter: { iv, tagBits: 128 } } }, documents), refused);
      await assert.rejects(key.encryptMany('aes-gcm' as never, documents), refused);
      await assert.rejects(key.encryptMany([one], documents), refused);
      assert.equal((await key.encryptMany(one, [documents[0]!])).length, 1);
    });

    it('decrypts with RSA', async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await requiresUse(this, fixture(), CKM.RSA_PKCS, CKF.DECRYPT, 'decrypt');
      const { privateKey, publicKey } = await fixture().token.generateKeyPair('rsa', { modulusLength: 2048 });
      const key = { key: publicKey.toKeyObject(), padding: constants.RSA_PKCS1_PADDING };
      const some = documents.slice(0, 20);
      const opened = await privateKey.decryptMany(
        'rsa-pkcs1',
        some.map((document) => publicEncrypt(key, document)),
      );
      assert.deepEqual(
        opened.map((one) => Buffer.from(one)),
        some,
      );
      const sealed = await publicKey.encryptMany('rsa-pkcs1', some);
      assert.deepEqual(
        (await privateKey.decryptMany('rsa-pkcs1', sealed)).map((one) => Buffer.from(one)),
        some,
      );
    });
  });
}
