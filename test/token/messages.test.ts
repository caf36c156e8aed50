import assert from 'node:assert/strict';
import { constants, createHash, createHmac, generateKeyPairSync, randomBytes, sign, verify, type KeyPairKeyObjectResult } from 'node:crypto';
import { Readable } from 'node:stream';
import { CKF, CKM, type KeyPair, type SecretKey, type SignatureOptions } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { changed, curveBits, pieces, requiresOne, requiresSize, requiresUse } from '../support/token';

/** The messages every algorithm is tried with: none at all, one byte, one MiB. */
const messages: readonly [string, Buffer][] = [
  ['the empty message', Buffer.alloc(0)],
  ['a message of one byte', Buffer.from('x')],
  ['a message of one MiB', randomBytes(1 << 20)],
];

const forms: readonly [string, (data: Buffer) => Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>][] = [
  ['at once', (data) => data],
  ['in a list', (data) => [data.subarray(0, 7), data.subarray(7)]],
  [
    'as a stream',
    (data) => Readable.from(data.length === 0 ? [] : [data.subarray(0, 100_000), data.subarray(100_000)].filter(({ length }) => length > 0)),
  ],
  ['piece by piece', (data) => pieces(data, 99_991)],
];

type NodeOptions = Record<string, unknown>;

for (const profile of profiles()) {
  describe(`messages of all sizes on ${profile.title}`, () => {
    const fixture = useToken(profile);
    const pairs = new Map<string, Promise<KeyPair>>();

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    function pairOf(type: 'rsa' | 'ec' | 'ed25519' | 'ed448', namedCurve?: string): Promise<KeyPair> {
      const name = `${type} ${namedCurve}`;
      const made = pairs.get(name) ?? fixture().token.generateKeyPair(type, { namedCurve });
      pairs.set(name, made);
      return made;
    }

    /** node:crypto verifies what the token has signed, in all forms; the token verifies it too, and nothing else. */
    async function judge(pair: KeyPair, hash: string | null, data: Buffer, options: SignatureOptions, node: NodeOptions): Promise<void> {
      const key = { key: pair.publicKey.toKeyObject(), ...node };
      for (const [form, given] of forms) {
        const signature = await pair.privateKey.sign(hash, given(data), options);
        assert.equal(verify(hash, data, key, signature), true, form);
        assert.equal(await pair.publicKey.verify(hash, given(data), signature, options), true, form);
        assert.equal(await pair.publicKey.verify(hash, given(data), changed(signature), options), false, form);
        assert.equal(await pair.publicKey.verify(hash, Buffer.concat([data, Buffer.of(0)]), signature, options), false, form);
      }
      if (hash === null) return;
      const digest = createHash(hash).update(data).digest();
      const signature = await pair.privateKey.signDigest(hash, digest, options);
      assert.equal(verify(hash, data, key, signature), true, 'by its digest');
      assert.equal(await pair.publicKey.verifyDigest(hash, digest, signature, options), true);
      assert.equal(await pair.publicKey.verifyDigest(hash, digest, changed(signature), options), false);
    }

    for (const [size, data] of messages) {
      for (const hash of ['sha256', 'sha512']) {
        it(`${size}: RSASSA-PKCS1-v1_5 and ${hash}`, async function () {
          await requiresOne(this, fixture(), CKM.RSA_PKCS, CKM.SHA256_RSA_PKCS);
          await judge(await pairOf('rsa'), hash, data, {}, {});
        });

        it(`${size}: RSASSA-PSS and ${hash}`, async function () {
          await requiresOne(this, fixture(), CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS);
          const padding = constants.RSA_PKCS1_PSS_PADDING;
          await judge(await pairOf('rsa'), hash, data, { padding: 'pss' }, { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
        });

        it(`${size}: ECDSA and ${hash}`, async function () {
          await requiresUse(this, fixture(), CKM.ECDSA, CKF.SIGN, 'sign');
          await judge(await pairOf('ec', 'P-256'), hash, data, {}, {});
          await judge(await pairOf('ec', 'P-384'), hash, data, { dsaEncoding: 'ieee-p1363' }, { dsaEncoding: 'ieee-p1363' });
        });
      }

      for (const type of ['ed25519', 'ed448'] as const) {
        it(`${size}: ${type}`, async function () {
          await requiresUse(this, fixture(), CKM.EDDSA, CKF.SIGN, 'sign');
          await requiresSize(this, fixture(), curveBits(type), CKM.EDDSA);
          await judge(await pairOf(type), null, data, {}, {});
        });
      }

      it(`${size}: HMAC`, async function () {
        fixture().needs(this, 'import');
        await requiresUse(this, fixture(), CKM.SHA256_HMAC, CKF.SIGN, 'sign');
        const raw = randomBytes(32);
        const key = (await fixture().token.importKey(raw, { type: 'hmac' })) as SecretKey;
        const expected = createHmac('sha256', raw).update(data).digest();
        for (const [form, given] of forms) {
          assert.deepEqual(Buffer.from(await key.sign('sha256', given(data))), expected, form);
          assert.equal(await key.verify('sha256', given(data), expected), true, form);
          assert.equal(await key.verify('sha256', given(data), changed(expected)), false, form);
        }
      });

      it(`${size}: digests`, async function () {
        for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'md5', 'ripemd160']) {
          const expected = createHash(hash).update(data).digest();
          for (const [form, given] of forms)
            assert.deepEqual(Buffer.from(await fixture().token.digest(hash, given(data))), expected, `${hash} ${form}`);
        }
      });
    }
  });

  describe(`signatures of node:crypto on ${profile.title}`, () => {
    const fixture = useToken(profile);
    const data = randomBytes(10_000);
    const made = new Map<string, KeyPairKeyObjectResult>();

    function theirs(kind: string, given: object): KeyPairKeyObjectResult {
      const name = `${kind} ${JSON.stringify(given)}`;
      const pair = made.get(name) ?? generateKeyPairSync(kind as 'ec', given as { namedCurve: string });
      made.set(name, pair);
      return pair;
    }

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    /** The token verifies what node:crypto has signed, in all forms. */
    async function judge(kind: string, hash: string | null, given: object, options: SignatureOptions, node: NodeOptions): Promise<void> {
      const { publicKey, privateKey } = theirs(kind, given);
      const key = await fixture().token.importKey(publicKey);
      assert.ok('verifyDigest' in key);
      const signature = sign(hash, data, { key: privateKey, ...node });
      for (const [form, input] of forms) {
        assert.equal(await key.verify(hash, input(data), signature, options), true, form);
        assert.equal(await key.verify(hash, input(data), changed(signature), options), false, form);
      }
      if (hash !== null) assert.equal(await key.verifyDigest(hash, createHash(hash).update(data).digest(), signature, options), true);
      await key.destroy();
    }

    for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-384', 'sha512-224']) {
      it(`RSASSA-PKCS1-v1_5 and ${hash}`, async function () {
        await requiresUse(this, fixture(), CKM.RSA_PKCS, CKF.VERIFY, 'verify');
        await judge('rsa', hash, { modulusLength: 2048 }, {}, {});
      });
    }

    for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
      it(`RSASSA-PSS and ${hash}, with salts of all lengths`, async function () {
        await requiresOne(this, fixture(), CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS);
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        for (const saltLength of [0, 1, 20, 100]) {
          await judge('rsa', hash, { modulusLength: 2048 }, { padding: 'pss', saltLength }, { padding, saltLength });
        }
      });
    }

    it('RSASSA-PSS with another hash for the mask', async function () {
      await requiresOne(this, fixture(), CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS);
      if (['softhsm', 'p11kit', 'opencryptoki'].includes(profile.name))
        skip(this, `${profile.title} wants the hash of the mask to be that of the message`);
      const pair = await fixture().token.generateKeyPair('rsa');
      const options = { padding: 'pss', mgf1Hash: 'sha1', saltLength: 20 } as const;
      const signature = await pair.privateKey.sign('sha256', data, options);
      assert.equal(await pair.publicKey.verify('sha256', data, signature, options), true);
      assert.equal(await pair.publicKey.verify('sha256', data, signature, { ...options, mgf1Hash: 'sha256' }), false);
    });

    for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
      it(`ECDSA on ${namedCurve}`, async function () {
        await requiresUse(this, fixture(), CKM.ECDSA, CKF.VERIFY, 'verify');
        for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
          for (const dsaEncoding of ['der', 'ieee-p1363'] as const) await judge('ec', hash, { namedCurve }, { dsaEncoding }, { dsaEncoding });
        }
      });
    }

    for (const type of ['ed25519', 'ed448']) {
      it(type, async function () {
        await requiresUse(this, fixture(), CKM.EDDSA, CKF.VERIFY, 'verify');
        await requiresSize(this, fixture(), curveBits(type), CKM.EDDSA);
        await judge(type, null, {}, {}, {});
      });
    }

    for (const [hash, mechanism] of [
      ['md5', CKM.MD5_HMAC],
      ['sha1', CKM.SHA_1_HMAC],
      ['sha224', CKM.SHA224_HMAC],
      ['sha256', CKM.SHA256_HMAC],
      ['sha384', CKM.SHA384_HMAC],
      ['sha512', CKM.SHA512_HMAC],
      ['sha3-256', CKM.SHA3_256_HMAC],
    ] as const) {
      it(`HMAC with ${hash}`, async function () {
        await requiresUse(this, fixture(), mechanism, CKF.SIGN, 'sign');
        // SoftHSM takes no key that is shorter than the digest.
        for (const size of [createHash(hash).digest().length, 64, 200]) {
          const raw = randomBytes(size);
          const key = (await fixture().token.importKey(raw, { type: 'hmac' })) as SecretKey;
          const expected = createHmac(hash, raw).update(data).digest();
          for (const [form, input] of forms) {
            assert.deepEqual(Buffer.from(await key.sign(hash, input(data))), expected, form);
            assert.equal(await key.verify(hash, input(data), expected), true, form);
            assert.equal(await key.verify(hash, input(data), changed(expected)), false, form);
          }
          await key.destroy();
        }
      });
    }
  });
}
