import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { CKM, CKO, PrivateKey, PublicKey, SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { curveBits, requiresSize } from '../support/token';

const data = Buffer.from('a document');

type Pair = { publicKey: KeyObject; privateKey: KeyObject };

/** Kinds of key pair, the mechanism without which a token cannot hold them, and how node:crypto makes them. */
const KINDS: readonly [name: string, mechanism: number, algorithm: string | null, make: () => Pair][] = [
  ['rsa', CKM.RSA_PKCS, 'sha256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['ec on P-256', CKM.ECDSA, 'sha256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['ec on P-384', CKM.ECDSA, 'sha384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['ed25519', CKM.EDDSA, null, () => generateKeyPairSync('ed25519')],
  ['ed448', CKM.EDDSA, null, () => generateKeyPairSync('ed448')],
];

for (const profile of profiles()) {
  describe(`key material on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'session-objects');
      await fixture().token.login(profile.pin);
    });

    for (const [name, mechanism, algorithm, make] of KINDS) {
      it(`of ${name} goes in as KeyObject, PEM, DER and JWK, and the public half comes out again`, async function () {
        fixture().needs(this, 'import');
        await fixture().requires(this, mechanism);
        if (mechanism === CKM.EDDSA) await requiresSize(this, fixture(), curveBits(name), mechanism);
        const { token } = fixture();
        const pair = make();
        const { privateKey, publicKey } = pair;
        const encrypted = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
        const jwk = name === 'ed448' ? privateKey : privateKey.export({ format: 'jwk' });
        for (const [source, passphrase] of [
          [privateKey, undefined],
          [privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, undefined],
          [privateKey.export({ format: 'der', type: 'pkcs8' }), undefined],
          [privateKey.export(encrypted) as string, 'secret'],
          [jwk, undefined],
        ] as const) {
          const key = await token.importKey(source, { passphrase });
          assert.ok(key instanceof PrivateKey);
          assert.equal(verify(algorithm, data, publicKey, await key.sign(algorithm, data)), true);
          const { sensitive, extractable, token: kept, private: isPrivate } = await key.get(['sensitive', 'extractable', 'token', 'private']);
          assert.deepEqual({ sensitive, extractable, kept, isPrivate }, { sensitive: true, extractable: false, kept: false, isPrivate: true });
        }
        for (const source of [
          publicKey,
          publicKey.export({ format: 'pem', type: 'spki' }) as string,
          publicKey.export({ format: 'der', type: 'spki' }),
        ]) {
          const key = await token.importKey(source);
          assert.ok(key instanceof PublicKey);
          assert.equal(key.toKeyObject().equals(publicKey), true);
          assert.deepEqual(Buffer.from(key.toSpki()), publicKey.export({ format: 'der', type: 'spki' }));
          assert.equal(await key.verify(algorithm, data, sign(algorithm, data, privateKey)), true);
        }
      });
    }

    it('finds the public half by CKA_ID', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.ECDSA);
      const { token } = fixture();
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const key = await token.importKey(pair.privateKey);
      assert.ok(key instanceof PrivateKey);
      // Some tokens tell the public half with the private key (CKA_PUBLIC_KEY_INFO).
      assert.equal((await key.findPublicKey()) instanceof PublicKey, false);
      await token.importKey(pair.publicKey);
      const half = await key.findPublicKey();
      assert.ok(half instanceof PublicKey);
      assert.equal(half.toKeyObject().equals(pair.publicKey), true);
      assert.equal(key.publicKey, half);
      assert.equal(await key.certificate(), undefined);
    });

    it('an RSA private key knows its public half by itself', async function () {
      fixture().needs(this, 'import');
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = await fixture().token.importKey(pair.privateKey);
      assert.ok(key instanceof PrivateKey);
      assert.equal(key.publicKey?.toKeyObject().equals(pair.publicKey), true);
    });

    it('made on the token is safe unless told otherwise, and its halves share an identifier', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token } = fixture();
      const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'made' });
      const names = ['class', 'token', 'private', 'sensitive', 'extractable', 'sign', 'neverExtractable', 'alwaysSensitive'] as const;
      const facts = await privateKey.get(names);
      assert.deepEqual(facts, {
        class: CKO.PRIVATE_KEY,
        token: false,
        private: true,
        sensitive: true,
        extractable: false,
        sign: true,
        neverExtractable: true,
        alwaysSensitive: true,
      });
      assert.equal((await privateKey.get(['value'])).value, undefined);
      assert.equal(privateKey.id?.length, 20);
      assert.deepEqual(publicKey.id, privateKey.id);
      assert.equal(publicKey.label, 'made');
      assert.equal(privateKey.publicKey, publicKey);
      assert.equal(privateKey.type, 'ec');
      assert.equal(publicKey.namedCurve, 'prime256v1');
      assert.match(inspect(privateKey), /PrivateKey \{\s+type: 'ec',\s+namedCurve: 'prime256v1',\s+label: 'made'/);
      const other = await token.generateKeyPair('ec', { namedCurve: 'P-256', id: Buffer.from('mine'), privateKey: { label: 'secret half' } });
      assert.deepEqual(Buffer.from(other.privateKey.id ?? []), Buffer.from('mine'));
      assert.equal(other.privateKey.label, 'secret half');
    });

    it('of a secret key is checked for its length, and stays inside', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.AES_KEY_GEN);
      const { token } = fixture();
      for (const length of [128, 192, 256]) {
        const key = await token.generateKey('aes', { length });
        assert.ok(key instanceof SecretKey);
        assert.equal(key.type, 'aes');
        assert.equal(key.attributes.valueLen, length / 8);
        assert.equal((await key.get(['value'])).value, undefined);
      }
      await assert.rejects(token.generateKey('aes', { length: 129 }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.generateKey('nothing' as never), { code: 'ERR_INVALID_ARG_VALUE', message: /'aes'/ });
      await assert.rejects(token.importKey(randomBytes(17), { type: 'aes' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.importKey(randomBytes(16)), { code: 'ERR_INVALID_ARG_VALUE', message: /options\.type/ });
    });

    it('that is none is refused before the token hears of it', async () => {
      const { token } = fixture();
      const pem = createPublicKey(generateKeyPairSync('ed25519').privateKey).export({ format: 'pem', type: 'spki' }) as string;
      for (const [source, code] of [
        ['', 'ERR_INVALID_ARG_VALUE'],
        ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'ERR_INVALID_ARG_VALUE'],
        [pem.replace('MC', 'MD'), 'ERR_INVALID_ARG_VALUE'],
        [{ kty: 'EC' }, 'ERR_INVALID_ARG_VALUE'],
        [null, 'ERR_INVALID_ARG_TYPE'],
        [7, 'ERR_INVALID_ARG_TYPE'],
      ] as const) {
        await assert.rejects(token.importKey(source as never), { code });
      }
      await assert.rejects(token.generateKeyPair('rsa', { modulusLength: 7 }), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(token.generateKeyPair('rsa', { modulusLength: Number.NaN }), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(token.generateKeyPair('rsa', { publicExponent: 4 }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.generateKeyPair('rsa', { namedCurve: 'P-256' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.generateKeyPair('ec'), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.generateKeyPair('ec', { namedCurve: 'P-255' }), { code: 'ERR_INVALID_ARG_VALUE', message: /prime256v1/ });
    });
  });
}
