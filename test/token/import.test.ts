import assert from 'node:assert/strict';
import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { CKF, CKK, CKM, CKO, PrivateKey, PublicKey, SecretKey, type KeySource } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { curveBits, refuses, requiresOne, requiresSize, requiresUse } from '../support/token';

const data = Buffer.from('a document');

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The forms in which a private key may come. */
function privateForms({ privateKey }: Pair, isRsa: boolean): [string, KeySource, object?][] {
  const passphrase = 'open sesame';
  const cipher = 'aes-256-cbc';
  return [
    ['KeyObject', privateKey],
    ['PKCS#8 in PEM', privateKey.export({ format: 'pem', type: 'pkcs8' })],
    ['PKCS#8 in DER', privateKey.export({ format: 'der', type: 'pkcs8' })],
    ['PKCS#8 in PEM, as bytes', Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' }))],
    ['PKCS#8 in PEM, encrypted', privateKey.export({ format: 'pem', type: 'pkcs8', cipher, passphrase }), { passphrase }],
    ['PKCS#8 in DER, encrypted', privateKey.export({ format: 'der', type: 'pkcs8', cipher, passphrase }), { passphrase }],
    isRsa
      ? ['PKCS#1 in DER', privateKey.export({ format: 'der', type: 'pkcs1' })]
      : ['SEC 1 in PEM', privateKey.export({ format: 'pem', type: 'sec1' })],
    ['JSON Web Key', privateKey.export({ format: 'jwk' })],
  ];
}

const publicForms = ({ publicKey }: Pair): [string, KeySource][] => [
  ['KeyObject', publicKey],
  ['PEM', publicKey.export({ format: 'pem', type: 'spki' })],
  ['DER', publicKey.export({ format: 'der', type: 'spki' })],
  ['JSON Web Key', publicKey.export({ format: 'jwk' })],
];

for (const profile of profiles()) {
  describe(`bringing keys to ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    const kinds: readonly [string, () => Pair, number][] = [
      ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), CKM.RSA_PKCS],
      ['EC', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), CKM.ECDSA],
    ];
    for (const [kind, generate, mechanism] of kinds) {
      it(`${kind} private keys in every form, which sign`, async function () {
        await requiresUse(this, fixture(), mechanism, CKF.SIGN, 'sign');
        const pair = generate();
        for (const [form, source, options] of privateForms(pair, kind === 'RSA')) {
          const key = await fixture().token.importKey(source, { label: form, ...options });
          assert.ok(key instanceof PrivateKey, form);
          assert.equal(key.label, form);
          assert.equal(key.type, kind.toLowerCase());
          assert.equal(verify('sha256', data, pair.publicKey, await key.sign('sha256', data)), true, form);
          const { privateExponent, value, sensitive, local } = await key.get(['privateExponent', 'value', 'sensitive', 'local']);
          assert.deepEqual([privateExponent, value, sensitive, local ?? false], [undefined, undefined, true, false]);
          await key.destroy();
        }
      });

      it(`${kind} public keys in every form, which verify`, async function () {
        await requiresUse(this, fixture(), mechanism, CKF.VERIFY, 'verify');
        const pair = generate();
        const signature = sign('sha256', data, pair.privateKey);
        const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
        for (const [form, source] of publicForms(pair)) {
          const key = await fixture().token.importKey(source, { label: form });
          assert.ok(key instanceof PublicKey, form);
          assert.equal(await key.verify('sha256', data, signature), true, form);
          assert.equal(await key.verify('sha256', Buffer.from('another'), signature), false, form);
          assert.deepEqual(Buffer.from(key.toSpki()), spki, form);
          assert.equal(key.toKeyObject().equals(pair.publicKey), true, form);
          await key.destroy();
        }
      });
    }

    for (const type of ['ed25519', 'ed448'] as const) {
      it(`${type} keys`, async function () {
        await requiresUse(this, fixture(), CKM.EDDSA, CKF.SIGN, 'sign');
        await requiresSize(this, fixture(), curveBits(type), CKM.EDDSA);
        const pair: Pair = generateKeyPairSync(type as 'ed25519');
        const mine = (await fixture().token.importKey(pair.privateKey)) as PrivateKey;
        const theirs = (await fixture().token.importKey(pair.publicKey)) as PublicKey;
        assert.equal(mine.type, type);
        assert.equal(verify(null, data, pair.publicKey, await mine.sign(null, data)), true);
        assert.equal(await theirs.verify(null, data, sign(null, data, pair.privateKey)), true);
        assert.equal(theirs.toKeyObject().equals(pair.publicKey), true);
      });
    }

    for (const type of ['x25519', 'x448'] as const) {
      it(`${type} keys`, async function () {
        await requiresOne(this, fixture(), CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.EC_EDWARDS_KEY_PAIR_GEN);
        await requiresSize(this, fixture(), curveBits(type), CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.EC_EDWARDS_KEY_PAIR_GEN);
        await requiresUse(this, fixture(), CKM.ECDH1_DERIVE, CKF.DERIVE, 'derive');
        const { diffieHellman } = await import('node:crypto');
        const [one, other]: Pair[] = [generateKeyPairSync(type as 'x25519'), generateKeyPairSync(type as 'x25519')];
        const mine = (await fixture().token.importKey(one!.privateKey, { sensitive: false, extractable: true })) as PrivateKey;
        assert.equal(mine.type, type);
        const bits = await mine.deriveBits({ name: 'ecdh', publicKey: other!.publicKey });
        assert.deepEqual(Buffer.from(bits), diffieHellman({ privateKey: one!.privateKey, publicKey: other!.publicKey }));
      });
    }

    it('RSA keys that decrypt what node:crypto encrypted, and the other way round', async function () {
      await requiresUse(this, fixture(), CKM.RSA_PKCS_OAEP, CKF.DECRYPT, 'decrypt');
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const mine = (await fixture().token.importKey(pair.privateKey)) as PrivateKey;
      const theirs = (await fixture().token.importKey(pair.publicKey)) as PublicKey;
      assert.deepEqual(Buffer.from(await mine.decrypt('rsa-oaep', publicEncrypt({ key: pair.publicKey, oaepHash: 'sha1' }, data))), data);
      assert.deepEqual(privateDecrypt({ key: pair.privateKey, oaepHash: 'sha1' }, await theirs.encrypt('rsa-oaep', data)), data);
    });

    it('secret keys: bytes, KeyObjects and JSON Web Keys', async function () {
      await requiresUse(this, fixture(), CKM.SHA256_HMAC, CKF.SIGN, 'sign');
      const raw = randomBytes(32);
      const expected = createHmac('sha256', raw).update(data).digest();
      const sources: KeySource[] = [raw, Uint8Array.from(raw), createSecretKey(raw), { kty: 'oct', k: raw.toString('base64url') }];
      for (const source of sources) {
        const key = await fixture().token.importKey(source, { type: 'hmac' });
        assert.ok(key instanceof SecretKey);
        assert.deepEqual(Buffer.from(await key.sign('sha256', data)), expected);
        await key.destroy();
      }
      await assert.rejects(fixture().token.importKey(createSecretKey(raw)), { code: 'ERR_INVALID_ARG_VALUE', message: /options\.type/ });
    });

    it('secret keys of every kind, and their values are what was given', async function () {
      for (const [type, length] of [
        ['aes', 16],
        ['aes', 24],
        ['aes', 32],
        ['generic', 1],
        ['generic', 77],
        ['hmac', 64],
      ] as const) {
        const value = randomBytes(length);
        const key = await fixture().token.importKey(value, { type, sensitive: false, extractable: true });
        assert.deepEqual(Buffer.from((await key.get(['value'])).value!), value, `${type} of ${length} bytes`);
        await key.destroy();
      }
    });

    it('keys with attributes of one’s own', async () => {
      const { token } = fixture();
      // SoftHSM 2.6 cannot read the dates of private objects any more (CKR_GENERAL_ERROR).
      const attributes = { decrypt: false, private: false, startDate: '2026-01-31' };
      const key = await token.importKey(randomBytes(16), { type: 'aes', attributes });
      assert.deepEqual(await key.get(['decrypt', 'encrypt', 'startDate']), { decrypt: false, encrypt: true, startDate: '2026-01-31' });
      const own = await token.create({
        class: CKO.SECRET_KEY,
        keyType: CKK.GENERIC_SECRET,
        token: false,
        value: Buffer.from('a template of my own'),
        label: 'own',
      });
      assert.ok(own instanceof SecretKey);
      assert.equal(own.label, 'own');
    });

    it('and refuses what is none', async () => {
      const { token } = fixture();
      for (const source of [
        'no key',
        Buffer.from('no key'),
        randomBytes(32),
        { kty: 'XYZ' },
        '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      ]) {
        await assert.rejects(token.importKey(source), { code: 'ERR_INVALID_ARG_VALUE' });
      }
      for (const source of [undefined, null, 5, true]) await assert.rejects(token.importKey(source as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.importKey(randomBytes(15), { type: 'aes' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.importKey(randomBytes(16), { type: 'rsa' as never }), { code: 'ERR_INVALID_ARG_VALUE' });
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'right' });
      await assert.rejects(token.importKey(pem, { passphrase: 'wrong' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.importKey(privateKey, { type: 'aes' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await refuses(token.create({ class: CKO.SECRET_KEY }));
    });
  });
}
