import assert from 'node:assert/strict';
import { randomBytes, verify, type KeyObject } from 'node:crypto';
import { CKF, CKM, type KeyPair, type KeyPairType, type SignatureOptions } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { changed, pieces, refuses, requiresUse } from '../support/token';

const ML_DSA = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const;
const SLH_DSA = ['slh-dsa-sha2-128f', 'slh-dsa-shake-128f', 'slh-dsa-sha2-192f', 'slh-dsa-sha2-256s'] as const;
const ML_KEM = ['ml-kem-512', 'ml-kem-768', 'ml-kem-1024'] as const;

/** The sizes of FIPS 203 and 204: of the public key, and of a signature or ciphertext. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  'ml-dsa-44': [1312, 2420],
  'ml-dsa-65': [1952, 3309],
  'ml-dsa-87': [2592, 4627],
  'ml-kem-512': [800, 768],
  'ml-kem-768': [1184, 1088],
  'ml-kem-1024': [1568, 1568],
  'slh-dsa-sha2-128f': [32, 17088],
  'slh-dsa-shake-128f': [32, 17088],
  'slh-dsa-sha2-192f': [48, 35664],
  'slh-dsa-sha2-256s': [64, 29792],
};

const messages: readonly [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['a document', Buffer.from('a document')],
  ['100 kB', randomBytes(100_000)],
];

/** The key for node:crypto, where this one knows such keys: then it judges too. */
function judge(pair: KeyPair): KeyObject | undefined {
  try {
    return pair.publicKey.toKeyObject();
  } catch {
    return undefined;
  }
}

for (const profile of profiles()) {
  describe(`post-quantum keys on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    async function make(context: Mocha.Context, type: KeyPairType, mechanism: number, use: number, name: string): Promise<KeyPair> {
      await requiresUse(context, fixture(), mechanism, use, name);
      const pair = await fixture().token.generateKeyPair(type);
      assert.equal((await pair.publicKey.get(['value'])).value?.length, SIZES[type]![0]);
      return pair;
    }

    async function signs(pair: KeyPair, type: string, options: SignatureOptions, byNode: boolean): Promise<void> {
      const theirs = byNode ? judge(pair) : undefined;
      for (const [name, data] of messages) {
        for (const given of [data, [data.subarray(0, 5), data.subarray(5)], pieces(data, 33_333)]) {
          const signature = await pair.privateKey.sign(null, given, options);
          assert.equal(signature.length, SIZES[type]![1], name);
          assert.equal(await pair.publicKey.verify(null, data, signature, options), true, name);
          if (theirs !== undefined) assert.equal(verify(null, data, theirs, signature), true, name);
          assert.equal(await pair.publicKey.verify(null, data, changed(signature), options), false, name);
          assert.equal(await pair.publicKey.verify(null, Buffer.concat([data, data, Buffer.of(1)]), signature, options), false, name);
          assert.equal(await pair.publicKey.verify(null, data, signature.subarray(1), options), false, name);
          assert.equal(await pair.publicKey.verify(null, data, signature, { ...options, context: Buffer.from('other') }), false, name);
        }
      }
    }

    for (const [types, mechanism] of [
      [ML_DSA, CKM.ML_DSA],
      [SLH_DSA, CKM.SLH_DSA],
    ] as const) {
      for (const type of types) {
        it(`${type} signs and verifies`, async function () {
          this.timeout(120_000);
          const pair = await make(this, type, mechanism, CKF.SIGN, 'sign');
          await signs(pair, type, {}, true);
        });

        it(`${type} signs for a context, the same each time if asked to`, async function () {
          this.timeout(120_000);
          const pair = await make(this, type, mechanism, CKF.SIGN, 'sign');
          const context = Buffer.from('what it is for');
          const data = Buffer.from('a document');
          const options = { context, hedge: 'deterministic' } as const;
          const one = await pair.privateKey.sign(null, data, options);
          assert.deepEqual(await pair.privateKey.sign(null, data, options), one);
          assert.equal(await pair.publicKey.verify(null, data, one, { context }), true);
          assert.equal(await pair.publicKey.verify(null, data, one), false);
          const other = await pair.privateKey.sign(null, data, { context, hedge: 'required' });
          assert.notDeepEqual(other, one);
          assert.equal(await pair.publicKey.verify(null, data, other, { context }), true);
          await assert.rejects(pair.privateKey.sign(null, data, { context: Buffer.alloc(256) }), { code: 'ERR_INVALID_ARG_VALUE' });
        });
      }
    }

    for (const type of ML_KEM) {
      it(`${type} agrees on secrets`, async function () {
        const pair = await make(this, type, CKM.ML_KEM, CKF.ENCAPSULATE, 'encapsulate');
        const readable = { sensitive: false, extractable: true } as const;
        const secrets = new Set<string>();
        for (let round = 0; round < 3; round++) {
          const { ciphertext, key } = await pair.publicKey.encapsulate(readable);
          assert.equal(ciphertext.length, SIZES[type]![1]);
          const other = await pair.privateKey.decapsulate(ciphertext, readable);
          const [mine, theirs] = [(await key.get(['value'])).value!, (await other.get(['value'])).value!];
          assert.equal(mine.length, 32);
          assert.deepEqual(mine, theirs);
          secrets.add(Buffer.from(mine).toString('hex'));
          // FIPS 203, section 6.3: a changed ciphertext gives another secret, not an error.
          const wrong = await pair.privateKey.decapsulate(changed(ciphertext), readable);
          assert.notDeepEqual((await wrong.get(['value'])).value, mine);
        }
        assert.equal(secrets.size, 3);
      });

      it(`${type} makes keys that work`, async function () {
        const pair = await make(this, type, CKM.ML_KEM, CKF.ENCAPSULATE, 'encapsulate');
        await fixture().requires(this, CKM.AES_CBC_PAD);
        const how = { type: 'aes', length: 256, label: 'agreed' } as const;
        const { ciphertext, key } = await pair.publicKey.encapsulate(how);
        const other = await pair.privateKey.decapsulate(ciphertext, how);
        assert.deepEqual([key.type, other.type, key.label], ['aes', 'aes', 'agreed']);
        assert.equal((await key.get(['value'])).value, undefined);
        const algorithm = { name: 'aes-cbc', iv: randomBytes(16) } as const;
        const sealed = await key.encrypt(algorithm, Buffer.from('for the other side'));
        assert.deepEqual(Buffer.from(await other.decrypt(algorithm, sealed)), Buffer.from('for the other side'));
        await assert.rejects(pair.privateKey.decapsulate('x' as never), { code: 'ERR_INVALID_ARG_TYPE' });
        await refuses(pair.privateKey.decapsulate(ciphertext.subarray(1)));
      });
    }
  });
}
