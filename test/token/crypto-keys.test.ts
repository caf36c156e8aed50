import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify, webcrypto, type KeyObject } from 'node:crypto';
import { CKM, type PrivateKey, type PublicKey, type SecretKey } from '../../lib';
import { issue } from '../support/certificates';
import { profiles, useToken } from '../support/profile';

const { subtle } = webcrypto;
const data = Buffer.from('a document');
const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

type Algorithm = Parameters<PublicKey['toCryptoKey']>[0];

/** Kinds of pair, what a token needs to hold them, and the algorithms that Node.js has for the public half. */
const KINDS: readonly [name: string, mechanism: number, make: () => { publicKey: KeyObject; privateKey: KeyObject }, algorithms: Algorithm[]][] = [
  [
    'rsa',
    CKM.RSA_PKCS,
    () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    [
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      { name: 'RSA-PSS', hash: 'SHA-384' },
      { name: 'RSA-OAEP', hash: 'SHA-1' },
    ],
  ],
  ['P-256', CKM.ECDSA, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), ['ECDSA', 'ECDH', { name: 'ECDSA', namedCurve: 'P-256' }]],
  ['P-521', CKM.ECDSA, () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), ['ECDSA', { name: 'ecdh' }]],
  ['ed25519', CKM.EDDSA, () => generateKeyPairSync('ed25519'), ['Ed25519']],
];

const USAGES: Readonly<Record<string, string[]>> = { 'RSA-OAEP': ['encrypt', 'wrapKey'], ECDH: [] };

for (const profile of profiles()) {
  describe(`CryptoKeys of Node.js and ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'session-objects', 'import');
      await fixture().token.login(profile.pin);
    });

    for (const [name, mechanism, make, algorithms] of KINDS) {
      it(`public keys of ${name} become CryptoKeys`, async function () {
        await fixture().requires(this, mechanism);
        const { publicKey } = make();
        const key = (await fixture().token.importKey(publicKey)) as PublicKey;
        for (const algorithm of algorithms) {
          const cryptoKey = await key.toCryptoKey(algorithm);
          assert.deepEqual(Buffer.from(await subtle.exportKey('spki', cryptoKey)), spki(publicKey));
          assert.deepEqual(cryptoKey.usages, USAGES[cryptoKey.algorithm.name] ?? ['verify']);
          assert.equal(cryptoKey.extractable, true);
          assert.deepEqual((await key.toCryptoKey(algorithm, [])).usages, []);
        }
      });
    }

    it('a certificate gives its public key in every form', async function () {
      fixture().needs(this, 'write');
      const holder = issue('Somebody');
      const certificate = await fixture().token.importCertificate(holder.certificate, { token: false });
      assert.deepEqual(Buffer.from(certificate.toSpki()), spki(holder.publicKey));
      assert.equal(certificate.toKeyObject().equals(holder.publicKey), true);
      const cryptoKey = await certificate.toCryptoKey('ECDSA');
      const signature = sign('sha256', data, { key: holder.privateKey, dsaEncoding: 'ieee-p1363' });
      assert.equal(await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, cryptoKey, signature, data), true);
    });

    it('an algorithm that does not fit the key is refused, and why stands in the cause', async () => {
      const { token } = fixture();
      const key = (await token.importKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)) as PublicKey;
      const because = (name: string) => (error: Error & { code?: string }) =>
        error instanceof TypeError && error.code === 'ERR_INVALID_ARG_VALUE' && (error.cause as Error).name === name;
      await assert.rejects(key.toCryptoKey('Ed25519'), because('DataError'));
      await assert.rejects(key.toCryptoKey('no algorithm'), because('NotSupportedError'));
      await assert.rejects(key.toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' }, ['sign']), because('SyntaxError'));
      await assert.rejects(key.toCryptoKey('ECDSA'), because('TypeError'));
      await assert.rejects(key.toCryptoKey(undefined as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' }, 'verify' as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('pairs of CryptoKeys come onto the token, for what their usages say', async () => {
      const { token } = fixture();
      const algorithm = { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
      const pss = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const key = (await token.importKey(pss.privateKey)) as PrivateKey;
      assert.deepEqual(await key.get(['sign', 'decrypt', 'unwrap']), { sign: true, decrypt: false, unwrap: false });
      const signature = await key.sign('sha256', data, { padding: 'pss', saltLength: 32 });
      assert.equal(await subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, pss.publicKey, signature, data), true);
      const publicKey = (await token.importKey(pss.publicKey, { label: 'theirs' })) as PublicKey;
      assert.equal(publicKey.label, 'theirs');
      assert.deepEqual(publicKey.id, key.id);
      assert.equal(await publicKey.verify('sha256', data, signature, { padding: 'pss', saltLength: 32 }), true);
    });

    it('those for an agreement derive', async function () {
      await fixture().requires(this, CKM.ECDH1_DERIVE);
      const { token } = fixture();
      const ecdh = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
      const other = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
      const mine = (await token.importKey(ecdh.privateKey, { sensitive: false, extractable: true })) as PrivateKey;
      assert.deepEqual(await mine.get(['sign', 'derive']), { sign: false, derive: true });
      const bits = await mine.deriveBits({ name: 'ecdh', publicKey: (await token.importKey(other.publicKey)) as PublicKey }, 256);
      const theirs = await subtle.deriveBits({ name: 'ECDH', public: ecdh.publicKey }, other.privateKey, 256);
      assert.deepEqual(Buffer.from(bits), Buffer.from(theirs));
    });

    it('secret CryptoKeys come onto the token, and say what kind they are', async function () {
      await fixture().requires(this, CKM.AES_CBC_PAD, CKM.SHA256_HMAC);
      const { token } = fixture();
      const value = webcrypto.getRandomValues(new Uint8Array(32));
      const cbc = await subtle.importKey('raw', value, 'AES-CBC', true, ['encrypt']);
      const aes = (await token.importKey(cbc)) as SecretKey;
      assert.equal(aes.type, 'aes');
      const { encrypt, decrypt } = await aes.get(['encrypt', 'decrypt']);
      assert.deepEqual({ encrypt, decrypt }, { encrypt: true, decrypt: false });
      const iv = value.subarray(0, 16);
      assert.deepEqual(
        Buffer.from(await aes.encrypt({ name: 'aes-cbc', iv }, data)),
        Buffer.from(await subtle.encrypt({ name: 'AES-CBC', iv }, cbc, data)),
      );
      const both = (await token.importKey(cbc, { attributes: { decrypt: true } })) as SecretKey;
      assert.equal((await both.get(['decrypt'])).decrypt, true);

      const hmac = await subtle.importKey('raw', value, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
      const mac = (await token.importKey(hmac)) as SecretKey;
      assert.deepEqual(Buffer.from(await mac.sign('sha256', data)), Buffer.from(await subtle.sign('HMAC', hmac, data)));
      assert.equal(await mac.verify('sha256', data, new Uint8Array(await subtle.sign('HMAC', hmac, data))), true);
    });

    it('a CryptoKey that is not extractable stays where it is', async () => {
      const { token } = fixture();
      const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
      const aes = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt']);
      await assert.rejects(token.importKey(pair.privateKey), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.importKey(aes), { code: 'ERR_INVALID_ARG_VALUE' });
      const publicKey = (await token.importKey(pair.publicKey)) as PublicKey;
      const signature = new Uint8Array(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, data));
      assert.equal(await publicKey.verify('sha256', data, signature, { dsaEncoding: 'ieee-p1363' }), true);
      assert.equal(verify('sha256', data, { key: publicKey.toKeyObject(), dsaEncoding: 'ieee-p1363' }, signature), true);
    });
  });
}
