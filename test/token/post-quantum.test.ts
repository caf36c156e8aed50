import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { CKF, CKM, PrivateKey, PublicKey, type KeyPair, type KeyPairType, type SecretKey, type SignatureOptions } from '../../lib';
import { oid } from '../../lib/der';
import * as openssl from '../support/openssl';
import { profiles, useToken, type Fixture } from '../support/profile';
import { skip } from '../support/skip';
import { changed, pieces, refuses, requiresUse } from '../support/token';

const data = Buffer.from('a document that is to be valid for long');
const context = Buffer.from('contract');
const longest = Buffer.alloc(255, 0xc7);

const SIGNING: readonly [type: KeyPairType, generate: number, sign: number][] = [
  ...([44, 65, 87] as const).map((set) => [`ml-dsa-${set}`, CKM.ML_DSA_KEY_PAIR_GEN, CKM.ML_DSA] as [KeyPairType, number, number]),
  ...(['slh-dsa-sha2-128f', 'slh-dsa-shake-192f'] as const).map(
    (type) => [type, CKM.SLH_DSA_KEY_PAIR_GEN, CKM.SLH_DSA] as [KeyPairType, number, number],
  ),
];

const SIGNATURES: readonly SignatureOptions[] = [
  {},
  { context },
  { context: longest },
  { context: new Uint8Array(0) },
  { hedge: 'required' },
  { hedge: 'deterministic' },
  { hedge: 'deterministic', context },
];

/** Hashes, with their object identifiers, which are signed too (FIPS 204, section 5.4.1). */
const HASHES = [
  ['sha256', '2.16.840.1.101.3.4.2.1'],
  ['sha512', '2.16.840.1.101.3.4.2.3'],
  ['sha3-384', '2.16.840.1.101.3.4.2.9'],
] as const;

const FORMS = ['seed-priv', 'seed-only', 'priv-only'] as const;

/** Bytes of a ciphertext (FIPS 203, table 3). */
const KEM = new Map<KeyPairType, number>([
  ['ml-kem-512', 768],
  ['ml-kem-768', 1088],
  ['ml-kem-1024', 1568],
]);

const readable = { sensitive: false, extractable: true } as const;

function judged(context: Mocha.Context): void {
  if (openssl.noJudge !== undefined) skip(context, openssl.noJudge);
}

async function pairOf(context: Mocha.Context, { token, ...rest }: Fixture, type: KeyPairType, generate: number): Promise<KeyPair> {
  await requiresUse(context, { token, ...rest }, generate, CKF.GENERATE_KEY_PAIR | CKF.GENERATE, 'generate');
  return token.generateKeyPair(type, { label: type });
}

async function valueOf(key: SecretKey): Promise<Buffer> {
  return Buffer.from((await key.get(['value'])).value ?? assert.fail('the shared secret is to be read'));
}

for (const profile of profiles()) {
  describe(`post-quantum signatures on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(profile.pin);
    });

    for (const [type, generate, mechanism] of SIGNING) {
      describe(type, () => {
        let pair: KeyPair;

        before(async function () {
          this.timeout(60_000);
          await requiresUse(this, fixture(), mechanism, CKF.SIGN, 'sign');
          pair = await pairOf(this, fixture(), type, generate);
        });

        it('with contexts and without, hedged and deterministic', async function () {
          this.timeout(60_000);
          const { privateKey, publicKey } = pair;
          for (const options of SIGNATURES) {
            const signature = await privateKey.sign(null, data, options);
            assert.equal(await publicKey.verify(null, data, signature, options), true);
            assert.equal(await publicKey.verify(null, pieces(data, 7), signature, options), true);
            assert.equal(await publicKey.verify(null, changed(data), signature, options), false);
            assert.equal(await publicKey.verify(null, data, changed(signature), options), false);
            assert.equal(await publicKey.verify(null, data, signature.subarray(1), options), false);
            assert.equal(await publicKey.verify(null, data, new Uint8Array(0), options), false);
            assert.equal(await publicKey.verify(null, data, signature, { ...options, context: Buffer.from('another') }), false);
            const again = await privateKey.sign(null, pieces(data, 5), options);
            assert.equal(Buffer.compare(again, signature) === 0, options.hedge === 'deterministic');
          }
          await assert.rejects(privateKey.sign(null, data, { context: Buffer.alloc(256) }), { code: 'ERR_INVALID_ARG_VALUE' });
        });

        it('and OpenSSL, each way', async function () {
          this.timeout(60_000);
          judged(this);
          const spki = pair.publicKey.toSpki();
          for (const options of SIGNATURES) {
            const signature = await pair.privateKey.sign(null, data, options);
            assert.equal(openssl.verify(spki, data, signature, options), true);
            assert.equal(openssl.verify(spki, changed(data), signature, options), false);
          }
          fixture().needs(this, 'import');
          const theirs = openssl.generatePair(type);
          const key = (await fixture().token.importKey(theirs.publicKey)) as PublicKey;
          for (const options of [{}, { context }, { context: longest }]) {
            const signature = openssl.sign(theirs.privateKey, data, options);
            assert.equal(await key.verify(null, data, signature, options), true);
            assert.equal(await key.verify(null, changed(data), signature, options), false);
          }
        });

        it('with private keys of OpenSSL, which sign the same', async function () {
          this.timeout(60_000);
          judged(this);
          fixture().needs(this, 'import');
          for (const form of type.startsWith('slh') ? ([undefined] as const) : FORMS) {
            const theirs = openssl.generatePair(type, form);
            const pem = `-----BEGIN PRIVATE KEY-----\n${theirs.privateKey.toString('base64')}\n-----END PRIVATE KEY-----\n`;
            const key = await fixture().token.importKey(form === 'seed-only' ? pem : theirs.privateKey, { label: form ?? 'bare' });
            assert.ok(key instanceof PrivateKey);
            assert.equal(key.type, type);
            const signature = await key.sign(null, data, { context, hedge: 'deterministic' });
            assert.equal(openssl.verify(theirs.publicKey, data, signature, { context }), true, form);
            assert.deepEqual(Buffer.from(signature), openssl.sign(theirs.privateKey, data, { context, deterministic: true }), form);
            assert.deepEqual(await key.get(['value', 'seed', 'sensitive']), { value: undefined, seed: undefined, sensitive: true });
            await key.destroy();
          }
        });

        it('by the public key alone, as it comes out and goes in', async function () {
          fixture().needs(this, 'import');
          const der = pair.publicKey.toSpki();
          const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der).toString('base64')}\n-----END PUBLIC KEY-----\n`;
          const signature = await pair.privateKey.sign(null, data);
          for (const source of [der, pem, Buffer.from(pem)]) {
            const key = await fixture().token.importKey(source);
            assert.ok(key instanceof PublicKey);
            assert.equal(key.type, type);
            assert.deepEqual(key.toSpki(), der);
            assert.equal(await key.verify(null, data, signature), true);
            await key.destroy();
          }
          const short = Uint8Array.from(der.subarray(0, -1));
          await assert.rejects(fixture().token.importKey(pem, { type: 'aes' }), { code: 'ERR_INVALID_ARG_VALUE', message: /options\.type/ });
          await assert.rejects(fixture().token.importKey(short), { code: 'ERR_INVALID_ARG_VALUE' });
        });

        it('of a digest, in the variant for that', async function () {
          this.timeout(60_000);
          await fixture().requires(this, mechanism === CKM.ML_DSA ? CKM.HASH_ML_DSA : CKM.HASH_SLH_DSA);
          const spki = pair.publicKey.toSpki();
          for (const [hash, identifier] of HASHES) {
            const digest = createHash(hash).update(data).digest();
            for (const options of [{ prehash: true }, { prehash: true, context }]) {
              const signature = await pair.privateKey.sign(hash, data, options);
              assert.equal(await pair.publicKey.verify(hash, data, signature, options), true);
              assert.equal(await pair.publicKey.verify(hash, changed(data), signature, options), false);
              assert.equal(await pair.publicKey.verifyDigest(hash, digest, signature, options), true);
              assert.equal(await pair.publicKey.verify(null, data, signature, { context: options.context }), false);
              if (openssl.noJudge !== undefined) continue;
              const name = options.context ?? Buffer.alloc(0);
              const encoded = Buffer.concat([Uint8Array.of(1, name.length), name, oid(identifier), digest]);
              assert.equal(openssl.verify(spki, encoded, signature, { encoded: true }), true);
              const bare = await pair.privateKey.signDigest(hash, digest, options);
              assert.equal(openssl.verify(spki, encoded, bare, { encoded: true }), true);
            }
          }
        });

        it('kept on the token and found again', async function () {
          this.timeout(60_000);
          fixture().needs(this, 'destroy');
          const { token, pin } = fixture();
          const kept = await token.generateKeyPair(type, { token: true, label: `kept ${type}` });
          await token.logout();
          await token.login(pin);
          const key = await token.privateKey({ label: `kept ${type}` });
          const half = await key.findPublicKey();
          assert.ok(half instanceof PublicKey);
          assert.equal(await half.verify(null, data, await key.sign(null, data, { context }), { context }), true);
          assert.deepEqual(half.toSpki(), kept.publicKey.toSpki());
          await Promise.all([key.destroy(), half.destroy()]);
          pair = await token.generateKeyPair(type);
        });

        it('has a KeyObject where node:crypto knows it', () => {
          const der = Buffer.from(pair.publicKey.toSpki());
          let known = true;
          try {
            createPublicKey({ key: der, format: 'der', type: 'spki' });
          } catch {
            known = false;
          }
          if (known) assert.equal(pair.publicKey.toKeyObject().asymmetricKeyType, type);
          else assert.throws(() => pair.publicKey.toKeyObject(), { code: 'ERR_CRYPTOKI_UNSUPPORTED', message: /toSpki/ });
        });
      });
    }
  });

  describe(`post-quantum secrets on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(profile.pin);
    });

    for (const [type, size] of KEM) {
      describe(type, () => {
        let pair: KeyPair;

        before(async function () {
          await requiresUse(this, fixture(), CKM.ML_KEM, CKF.ENCAPSULATE, 'encapsulate');
          pair = await pairOf(this, fixture(), type, CKM.ML_KEM_KEY_PAIR_GEN);
        });

        it('are the same on both sides, and others for every ciphertext', async () => {
          const { publicKey, privateKey } = pair;
          const one = await publicKey.encapsulate(readable);
          const other = await publicKey.encapsulate(readable);
          for (const { ciphertext, key } of [one, other]) {
            assert.equal(ciphertext.length, size);
            const value = await valueOf(key);
            assert.equal(value.length, 32);
            assert.deepEqual(await valueOf(await privateKey.decapsulate(ciphertext, readable)), value);
          }
          assert.notDeepEqual(await valueOf(one.key), await valueOf(other.key));
          // FIPS 203: what was not encapsulated for this key gives a secret that nobody knows.
          const rejected = await valueOf(await privateKey.decapsulate(changed(one.ciphertext), readable));
          assert.equal(rejected.length, 32);
          assert.notDeepEqual(rejected, await valueOf(one.key));
          await refuses(privateKey.decapsulate(one.ciphertext.subarray(1)));
        });

        it('encrypt, and stay inside', async function () {
          await requiresUse(this, fixture(), CKM.AES_CBC_PAD, CKF.ENCRYPT, 'encrypt');
          const { ciphertext, key } = await pair.publicKey.encapsulate({ type: 'aes', length: 256, label: 'shared' });
          assert.equal(key.type, 'aes');
          assert.equal(key.label, 'shared');
          assert.equal((await key.get(['value'])).value, undefined);
          const algorithm = { name: 'aes-cbc', iv: Buffer.alloc(16) } as const;
          const sealed = await key.encrypt(algorithm, data);
          const same = await pair.privateKey.decapsulate(ciphertext, { type: 'aes', length: 256 });
          assert.deepEqual(Buffer.from(await same.decrypt(algorithm, sealed)), data);
        });

        it('are those of OpenSSL, each way', async function () {
          judged(this);
          const { ciphertext, secret } = openssl.encapsulate(pair.publicKey.toSpki());
          assert.deepEqual(await valueOf(await pair.privateKey.decapsulate(ciphertext, readable)), secret);
          fixture().needs(this, 'import');
          for (const form of FORMS) {
            const theirs = openssl.generatePair(type, form);
            const publicKey = (await fixture().token.importKey(theirs.publicKey)) as PublicKey;
            assert.deepEqual(Buffer.from(publicKey.toSpki()), theirs.publicKey);
            const made = await publicKey.encapsulate(readable);
            assert.deepEqual(openssl.decapsulate(theirs.privateKey, made.ciphertext), await valueOf(made.key));
            const privateKey = (await fixture().token.importKey(theirs.privateKey, { label: form })) as PrivateKey;
            assert.equal(privateKey.type, type);
            assert.deepEqual(await valueOf(await privateKey.decapsulate(made.ciphertext, readable)), await valueOf(made.key), form);
          }
        });
      });
    }
  });
}
