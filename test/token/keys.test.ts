import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { CKF, CKK, CKM, Pkcs11Error, type KeyPair, type KeyPairType, type SecretKeyType } from '../../lib';
import { DerReader } from '../../lib/der';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { refuses, requiresOne, requiresUse } from '../support/token';
import { isNss } from '../tokens/nss';

const id = Buffer.from('0123456789abcdef', 'hex');

/** Kinds of secret key: what makes them, and the lengths to try. */
const SECRETS: readonly [SecretKeyType, number, readonly number[]][] = [
  ['aes', CKM.AES_KEY_GEN, [128, 192, 256]],
  ['aes-xts', CKM.AES_XTS_KEY_GEN, [256, 512]],
  ['hmac', CKM.GENERIC_SECRET_KEY_GEN, [160, 256, 512]],
  ['generic', CKM.GENERIC_SECRET_KEY_GEN, [128, 256, 1024]],
  ['hkdf', CKM.HKDF_KEY_GEN, [256]],
  ['chacha20', CKM.CHACHA20_KEY_GEN, [256]],
  ['des3', CKM.DES3_KEY_GEN, [192]],
  ['des2', CKM.DES2_KEY_GEN, [128]],
];

/** Curves, as node:crypto names them. */
const CURVES = ['P-256', 'P-384', 'P-521', 'secp256k1', 'brainpoolP256r1', 'secp224r1'];

/** Types of post-quantum key pair with the mechanism that makes them. */
const QUANTUM_SAFE: readonly [KeyPairType, number][] = [
  ...([44, 65, 87] as const).map((set) => [`ml-dsa-${set}`, CKM.ML_DSA_KEY_PAIR_GEN] as [KeyPairType, number]),
  ...([512, 768, 1024] as const).map((set) => [`ml-kem-${set}`, CKM.ML_KEM_KEY_PAIR_GEN] as [KeyPairType, number]),
  ['slh-dsa-sha2-128f', CKM.SLH_DSA_KEY_PAIR_GEN],
  ['slh-dsa-shake-256s', CKM.SLH_DSA_KEY_PAIR_GEN],
];

/** Prime, subprime and generator of a DSA key (RFC 3279, section 2.3.2). */
function dsaParameters(key: KeyObject): [Uint8Array, Uint8Array, Uint8Array] {
  const algorithm = new DerReader(key.export({ format: 'der', type: 'spki' })).sequence().sequence();
  algorithm.oid();
  const numbers = algorithm.sequence();
  return [numbers.unsigned(), numbers.unsigned(), numbers.unsigned()];
}

/** A curve that the token does not have is a skip; every other error is one. */
async function onCurve<T>(context: Mocha.Context, title: string, name: string, made: Promise<T>): Promise<T> {
  try {
    return await made;
  } catch (error) {
    const codes = [
      'CKR_CURVE_NOT_SUPPORTED',
      'CKR_DOMAIN_PARAMS_INVALID',
      'CKR_ATTRIBUTE_VALUE_INVALID',
      'CKR_TEMPLATE_INCONSISTENT',
      'CKR_MECHANISM_PARAM_INVALID',
    ];
    if (Pkcs11Error.is(error) && codes.includes(error.code)) skip(context, `${title} has no ${name} (${error.code})`);
    throw error;
  }
}

for (const profile of profiles()) {
  describe(`making keys on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const [type, mechanism, lengths] of SECRETS) {
      it(`${type}, of ${lengths.join(', ')} bits`, async function () {
        await requiresUse(this, fixture(), mechanism, CKF.GENERATE, 'generate');
        const { token } = fixture();
        for (const length of lengths) {
          const key = await token.generateKey(type, { length, label: `${type} ${length}`, id, sensitive: false, extractable: true });
          const { value, local, sensitive, extractable, token: kept } = await key.get(['value', 'local', 'sensitive', 'extractable', 'token']);
          assert.equal(value?.length, length / 8);
          // Every key of NSS says that it was made elsewhere.
          assert.equal(local, !isNss(profile));
          assert.deepEqual([sensitive, extractable, kept], [false, true, false]);
          assert.equal(key.label, `${type} ${length}`);
          assert.deepEqual(Buffer.from(key.id!), id);
          assert.equal(key.type, type === 'hmac' ? 'generic' : type);
          await key.destroy();
        }
        const usual = await token.generateKey(type);
        assert.deepEqual(await usual.get(['value', 'sensitive', 'extractable']), { value: undefined, sensitive: true, extractable: false });
        assert.equal(inspect(usual).includes(`type: '${usual.type}'`), true);
        await assert.rejects(token.generateKey(type, { length: 9 }), { code: 'ERR_INVALID_ARG_VALUE' });
      });
    }

    /** What every pair has: two halves that know each other, and nothing secret to be read. */
    async function check(pair: KeyPair, type: string): Promise<void> {
      assert.equal(pair.privateKey.type, type);
      assert.equal(pair.publicKey.type, type);
      assert.equal(pair.privateKey.publicKey, pair.publicKey);
      assert.deepEqual(pair.privateKey.id, pair.publicKey.id);
      const secrets = await pair.privateKey.get(['value', 'privateExponent', 'prime1', 'sensitive', 'extractable']);
      assert.deepEqual(secrets, { value: undefined, privateExponent: undefined, prime1: undefined, sensitive: true, extractable: false });
      assert.equal((await pair.privateKey.get(['local'])).local, !isNss(profile));
      assert.equal((await pair.publicKey.get(['private'])).private, false);
      const half = await pair.privateKey.findPublicKey();
      assert.deepEqual(half?.toSpki(), pair.publicKey.toSpki());
      await Promise.all([pair.privateKey.destroy(), pair.publicKey.destroy()]);
    }

    for (const modulusLength of [1024, 2048, 3072, 4096]) {
      it(`RSA of ${modulusLength} bits`, async function () {
        this.timeout(120_000);
        await requiresUse(this, fixture(), CKM.RSA_PKCS_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
        const { minKeySize = 0, maxKeySize = 0 } = (await fixture().slot.mechanisms()).get(CKM.RSA_PKCS_KEY_PAIR_GEN)!;
        if (modulusLength < minKeySize || modulusLength > maxKeySize)
          skip(this, `the RSA keys of ${profile.title} have ${minKeySize} to ${maxKeySize} bits`);
        const pair = await fixture().token.generateKeyPair('rsa', { modulusLength, label: 'rsa', id });
        const details = pair.publicKey.toKeyObject().asymmetricKeyDetails;
        assert.deepEqual(details, { modulusLength, publicExponent: 65537n });
        assert.deepEqual(Buffer.from(pair.publicKey.id!), id);
        await check(pair, 'rsa');
      });
    }

    it('RSA with another exponent', async function () {
      await requiresUse(this, fixture(), CKM.RSA_PKCS_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
      const pair = await fixture().token.generateKeyPair('rsa', { publicExponent: 65539 });
      assert.equal(pair.publicKey.toKeyObject().asymmetricKeyDetails?.publicExponent, 65539n);
      await assert.rejects(fixture().token.generateKeyPair('rsa', { publicExponent: 4 }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(fixture().token.generateKeyPair('rsa', { namedCurve: 'P-256' }), { code: 'ERR_INVALID_ARG_VALUE' });
    });

    for (const namedCurve of CURVES) {
      it(`EC on ${namedCurve}`, async function () {
        await requiresUse(this, fixture(), CKM.EC_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
        const pair = await onCurve(this, profile.title, namedCurve, fixture().token.generateKeyPair('ec', { namedCurve }));
        const theirs = generateKeyPairSync('ec', { namedCurve });
        assert.equal(pair.publicKey.toKeyObject().asymmetricKeyDetails?.namedCurve, theirs.publicKey.asymmetricKeyDetails?.namedCurve);
        assert.equal(pair.privateKey.namedCurve, theirs.publicKey.asymmetricKeyDetails?.namedCurve);
        await check(pair, 'ec');
      });
    }

    for (const type of ['ed25519', 'ed448', 'x25519', 'x448'] as const) {
      it(type, async function () {
        const mechanism = type.startsWith('ed') ? [CKM.EC_EDWARDS_KEY_PAIR_GEN] : [CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.EC_EDWARDS_KEY_PAIR_GEN];
        await requiresOne(this, fixture(), ...mechanism);
        const pair = await onCurve(this, profile.title, type, fixture().token.generateKeyPair(type));
        assert.equal(pair.publicKey.toKeyObject().asymmetricKeyType, type);
        await check(pair, type);
      });
    }

    it('DH in a group of RFC 3526', async function () {
      await requiresUse(this, fixture(), CKM.DH_PKCS_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
      const pair = await fixture().token.generateKeyPair('dh', { group: 'modp14' });
      assert.equal(pair.publicKey.type, 'dh');
      const { value, prime } = await pair.publicKey.get(['value', 'prime']);
      assert.ok((value?.length ?? 0) > 200);
      assert.equal(prime?.length, 256);
      await assert.rejects(fixture().token.generateKeyPair('dh', { group: 'modp1000' }), { code: 'ERR_INVALID_ARG_VALUE' });
    });

    it('DSA with parameters that node:crypto made', async function () {
      this.timeout(60_000);
      await requiresUse(this, fixture(), CKM.DSA_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
      await fixture().requires(this, CKM.DSA);
      const theirs = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
      const [prime, subprime, generator] = dsaParameters(theirs.publicKey);
      const pair = await fixture().token.generateKeyPair('dsa', { prime, subprime, generator });
      const data = Buffer.from('signed with DSA');
      for (const dsaEncoding of ['der', 'ieee-p1363'] as const) {
        const signature = await pair.privateKey.sign('sha1', data, { dsaEncoding });
        assert.equal(verify('sha1', data, { key: pair.publicKey.toKeyObject(), dsaEncoding }, signature), true);
        assert.equal(await pair.publicKey.verify('sha1', data, signature, { dsaEncoding }), true);
        assert.equal(await pair.publicKey.verify('sha1', Buffer.from('other'), signature, { dsaEncoding }), false);
      }
      await check(pair, 'dsa');
    });

    for (const [type, mechanism] of QUANTUM_SAFE) {
      it(type, async function () {
        // NSS lists its ML-DSA key pairs as keys.
        await requiresUse(this, fixture(), mechanism, CKF.GENERATE_KEY_PAIR | CKF.GENERATE, 'generate');
        const pair = await fixture().token.generateKeyPair(type, { label: type });
        assert.equal(pair.privateKey.type, type);
        assert.equal(pair.publicKey.type, type);
        assert.equal((await pair.privateKey.get(['value'])).value, undefined);
        assert.ok((await pair.publicKey.get(['value'])).value!.length > 0);
        await Promise.all([pair.privateKey.destroy(), pair.publicKey.destroy()]);
      });
    }

    it('with other attributes than the usual ones', async function () {
      await requiresUse(this, fixture(), CKM.RSA_PKCS_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
      const pair = await fixture().token.generateKeyPair('rsa', { publicKey: { label: 'public' }, privateKey: { label: 'private', decrypt: false } });
      assert.deepEqual([pair.publicKey.label, pair.privateKey.label], ['public', 'private']);
      assert.equal((await pair.privateKey.get(['decrypt'])).decrypt, false);
      const sealed = await pair.publicKey.encrypt('rsa-pkcs1', Buffer.from('x'));
      await refuses(pair.privateKey.decrypt('rsa-pkcs1', sealed), 'CKR_KEY_FUNCTION_NOT_PERMITTED', 'CKR_KEY_TYPE_INCONSISTENT');
    });

    it('that the token keeps until they are destroyed', async function () {
      fixture().needs(this, 'destroy');
      await requiresUse(this, fixture(), CKM.EC_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
      const { token, pin } = fixture();
      const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'kept', id });
      assert.deepEqual(await privateKey.get(['token', 'keyType', 'label']), { token: true, keyType: CKK.EC, label: 'kept' });
      await token.logout();
      await token.login(pin);
      const again = await token.privateKey({ label: 'kept', id });
      const data = Buffer.from('after all');
      const found = (await again.findPublicKey())?.toKeyObject() as KeyObject;
      assert.equal(verify('sha256', data, found, await again.sign('sha256', data)), true);
      await Promise.all([again.destroy(), publicKey.destroy()]);
      await assert.rejects(token.privateKey({ label: 'kept' }), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('with an identifier of their own where none is given', async function () {
      await requiresUse(this, fixture(), CKM.EC_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR, 'generate');
      const pairs = await Promise.all([1, 2, 3].map(() => fixture().token.generateKeyPair('ec', { namedCurve: 'P-256' })));
      assert.equal(new Set(pairs.map(({ privateKey }) => Buffer.from(privateKey.id!).toString('hex'))).size, 3);
      for (const { privateKey, publicKey } of pairs) assert.deepEqual(privateKey.id, publicKey.id);
      fixture().needs(this, 'import');
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const imported = await fixture().token.importKey(publicKey);
      const pkcs1 = publicKey.export({ format: 'der', type: 'pkcs1' });
      assert.deepEqual(Buffer.from(imported.id!), createHash('sha1').update(pkcs1).digest(), 'RFC 5280, section 4.2.1.2');
    });

    it('of kinds it does not know, or cannot make, is refused', async () => {
      const { token } = fixture();
      await assert.rejects(token.generateKeyPair('rsb' as never), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.generateKeyPair(undefined as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.generateKeyPair('ec', { namedCurve: 'P-255' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.generateKey('aes', { length: 129 }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.generateKey('blowfish' as never), { code: 'ERR_INVALID_ARG_VALUE' });
      await refuses(token.generateKey('aes', { mechanism: CKM.VENDOR_DEFINED + 77 }), 'CKR_MECHANISM_INVALID');
      for (const [type, mechanism] of QUANTUM_SAFE.slice(0, 1)) {
        if (!(await fixture().slot.mechanisms()).has(mechanism)) await refuses(token.generateKeyPair(type), 'ERR_CRYPTOKI_UNSUPPORTED');
      }
    });
  });
}
