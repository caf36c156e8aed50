import assert from 'node:assert/strict';
import { createHash, createHmac, diffieHellman, generateKeyPairSync, hkdfSync, pbkdf2Sync, timingSafeEqual, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { CKM, PrivateKey, SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { requiresOne } from '../support/token';
import { always, asInput, bytes, flipped, given, place } from './random';

const HASHES = [
  ['sha1', 20, CKM.SHA_1, CKM.SHA_1_HMAC],
  ['sha224', 28, CKM.SHA224, CKM.SHA224_HMAC],
  ['sha256', 32, CKM.SHA256, CKM.SHA256_HMAC],
  ['sha384', 48, CKM.SHA384, CKM.SHA384_HMAC],
  ['sha512', 64, CKM.SHA512, CKM.SHA512_HMAC],
] as const;

const CURVES: readonly [title: string, mechanisms: readonly number[], make: () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ...['P-256', 'P-384', 'P-521'].map(
    (namedCurve) => [namedCurve, [CKM.EC_KEY_PAIR_GEN], () => generateKeyPairSync('ec', { namedCurve })] as (typeof CURVES)[number],
  ),
  ['X25519', [CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.EC_EDWARDS_KEY_PAIR_GEN], () => generateKeyPairSync('x25519')],
];

for (const profile of profiles()) {
  describe(`random secrets on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const [hash, size, digest, hmac] of HASHES) {
      it(hash, async function () {
        await fixture().requires(this, digest);
        await always(given(), async (input) => {
          assert.deepEqual(Buffer.from(await fixture().token.digest(hash, asInput(input))), createHash(hash).update(input.data).digest());
        });
      });

      it(`HMAC with ${hash}`, async function () {
        await fixture().requires(this, hmac);
        const { token } = fixture();
        // SoftHSM takes no shorter keys.
        await always(bytes(size, 200), given(), place, async (raw, input, bit) => {
          const key = await token.importKey(raw, { type: 'hmac' });
          assert.ok(key instanceof SecretKey);
          const code = createHmac(hash, raw).update(input.data).digest();
          assert.ok(timingSafeEqual(await key.sign(hash, asInput(input)), code));
          assert.equal(await key.verify(hash, asInput(input), code), true);
          assert.equal(await key.verify(hash, asInput(input), flipped(code, bit)), false);
          await key.destroy();
        });
      });
    }

    for (const [title, mechanisms, make] of CURVES) {
      it(`ECDH on ${title}`, async function () {
        await fixture().requires(this, CKM.ECDH1_DERIVE);
        await requiresOne(this, fixture(), ...mechanisms);
        const pairs = fc.constant(undefined).map(() => [make(), make()] as const);
        await always(pairs, fc.integer({ min: 1, max: 32 }), async ([mine, theirs], length) => {
          const key = await fixture().token.importKey(mine.privateKey, { sensitive: false, attributes: { derive: true, sign: undefined } });
          assert.ok(key instanceof PrivateKey);
          const expected = diffieHellman({ privateKey: mine.privateKey, publicKey: theirs.publicKey });
          const algorithm = { name: 'ecdh', publicKey: theirs.publicKey } as const;
          assert.deepEqual(Buffer.from(await key.deriveBits(algorithm)), expected);
          assert.deepEqual(Buffer.from(await key.deriveBits(algorithm, 8 * length)), expected.subarray(0, length));
          await key.destroy();
        });
      });
    }

    it('HKDF', async function () {
      await fixture().requires(this, CKM.HKDF_DERIVE);
      const fields = fc.record({ raw: bytes(1, 100), salt: bytes(0, 100), info: bytes(0, 100), hash: fc.constantFrom('sha256', 'sha384', 'sha512') });
      await always(fields, fc.integer({ min: 1, max: 200 }), async ({ raw, salt, info, hash }, length) => {
        const key = await fixture().token.importKey(raw, { type: 'generic', sensitive: false, extractable: true, attributes: { derive: true } });
        assert.ok(key instanceof SecretKey);
        const expected = Buffer.from(hkdfSync(hash, raw, salt, info, length));
        assert.deepEqual(Buffer.from(await key.deriveBits({ name: 'hkdf', hash, salt, info }, 8 * length)), expected);
        await key.destroy();
      });
    });

    it('PBKDF2', async function () {
      await fixture().requires(this, CKM.PKCS5_PBKD2);
      const passwords = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
      await always(passwords, bytes(8, 40), fc.integer({ min: 1, max: 200 }), async (password, salt, iterations) => {
        const options = { length: 256, pbkdf2: { password, salt, iterations }, sensitive: false, extractable: true };
        const key = await fixture().token.generateKey('generic', options);
        assert.deepEqual(Buffer.from((await key.get(['value'])).value!), pbkdf2Sync(password, salt, iterations, 32, 'sha256'));
        await key.destroy();
      });
    });
  });
}
