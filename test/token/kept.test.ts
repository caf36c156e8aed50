import assert from 'node:assert/strict';
import { constants, createHash, publicEncrypt, randomBytes, verify, X509Certificate } from 'node:crypto';
import { CKF, CKM, type KeyPair } from '../../lib';
import { issue } from '../support/certificates';
import { profiles, useToken, type Fixture } from '../support/profile';
import { changed, pieces, refuses, requiresUse } from '../support/token';

const data = randomBytes(30_000);

/** The key pair of this describe: made once, and found again by every test. */
function useKept(fixture: () => Fixture, type: 'rsa' | 'ec'): () => Promise<KeyPair> {
  const label = `${type} kept`;
  before(async function () {
    fixture().needs(this, 'generate');
    const mechanism = type === 'rsa' ? CKM.RSA_PKCS_KEY_PAIR_GEN : CKM.EC_KEY_PAIR_GEN;
    await requiresUse(this, fixture(), mechanism, CKF.GENERATE_KEY_PAIR, 'generate');
    const { token, pin } = fixture();
    await token.login(pin);
    const options = { label, id: Buffer.from(type), token: true };
    await token.generateKeyPair(type, type === 'ec' ? { ...options, namedCurve: 'P-256' } : options);
  });
  return async () => ({ privateKey: await fixture().token.privateKey({ label }), publicKey: await fixture().token.publicKey({ label }) });
}

/** True of key pairs of both types. */
function areFoundAgain(fixture: () => Fixture, kept: () => Promise<KeyPair>): void {
  it('are found after the next login, and serve many at once', async () => {
    const { privateKey: before, publicKey } = await kept();
    const { token, pin } = fixture();
    await token.logout();
    await token.login(pin);
    await refuses(before.sign('sha256', data), 'ERR_CRYPTOKI_STALE');
    const { privateKey: key } = await kept();
    const half = (await key.findPublicKey()) ?? assert.fail('its public half is there');
    assert.equal(half.toKeyObject().equals(publicKey.toKeyObject()), true);
    const signatures = await Promise.all(Array.from({ length: 16 }, () => key.sign('sha256', data)));
    for (const signature of signatures) assert.equal(verify('sha256', data, publicKey.toKeyObject(), signature), true);
    assert.equal((await token.privateKey(key.uri())).handle, key.handle);
  });
}

// What every token can do that makes keys at all, with keys that stay on it: for those that have no session objects, this is all.
for (const profile of profiles()) {
  describe(`RSA keys that stay on ${profile.title}`, () => {
    const fixture = useToken(profile);
    const kept = useKept(fixture, 'rsa');

    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
      it(`PKCS#1 and ${hash}`, async function () {
        const { privateKey, publicKey } = await kept();
        const theirs = publicKey.toKeyObject();
        for (const given of [data, pieces(data, 7001)]) {
          const signature = await privateKey.sign(hash, given);
          assert.equal(verify(hash, data, theirs, signature), true);
          assert.equal(await publicKey.verify(hash, data, signature), true);
          assert.equal(await publicKey.verify(hash, data, changed(signature)), false);
        }
        const digest = createHash(hash).update(data).digest();
        assert.equal(verify(hash, data, theirs, await privateKey.signDigest(hash, digest)), true);
      });
    }

    it('PSS', async function () {
      const { privateKey, publicKey } = await kept();
      await requiresUse(this, fixture(), CKM.RSA_PKCS_PSS, CKF.SIGN, 'sign');
      const node = { key: publicKey.toKeyObject(), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
      assert.equal(verify('sha256', data, node, await privateKey.sign('sha256', data, { padding: 'pss' })), true);
    });

    it('what node:crypto encrypted', async function () {
      const { privateKey, publicKey } = await kept();
      await requiresUse(this, fixture(), CKM.RSA_PKCS, CKF.DECRYPT, 'decrypt');
      const secret = Buffer.from('a secret');
      const sealed = publicEncrypt({ key: publicKey.toKeyObject(), padding: constants.RSA_PKCS1_PADDING }, secret);
      assert.deepEqual(Buffer.from(await privateKey.decrypt('rsa-pkcs1', sealed)), secret);
      assert.deepEqual(Buffer.from(await privateKey.decrypt('rsa-pkcs1', await publicKey.encrypt('rsa-pkcs1', secret))), secret);
    });

    it('OAEP', async function () {
      const { privateKey, publicKey } = await kept();
      await requiresUse(this, fixture(), CKM.RSA_PKCS_OAEP, CKF.DECRYPT, 'decrypt');
      const hash = profile.name === 'tpm2' ? 'sha256' : 'sha1';
      const sealed = publicEncrypt({ key: publicKey.toKeyObject(), oaepHash: hash }, Buffer.from('a secret'));
      assert.deepEqual(Buffer.from(await privateKey.decrypt({ name: 'rsa-oaep', hash }, sealed)), Buffer.from('a secret'));
    });

    areFoundAgain(fixture, kept);

    it('a certificate, and back', async function () {
      fixture().needs(this, 'write');
      const { privateKey, publicKey } = await kept();
      const root = issue('Root');
      const leaf = issue('Leaf', root, { publicKey: publicKey.toKeyObject(), privateKey: root.privateKey });
      const certificate = await fixture().token.importCertificate(new X509Certificate(leaf.certificate));
      assert.deepEqual(Buffer.from(certificate.id!), Buffer.from('rsa'), 'it has taken over the identifier of its key');
      assert.equal((await certificate.privateKey()).handle, privateKey.handle);
      assert.equal((await privateKey.certificate())?.handle, certificate.handle);
      const signature = await (await certificate.privateKey()).sign('sha256', data);
      assert.equal(verify('sha256', data, certificate.x509.publicKey, signature), true);
    });
  });

  describe(`EC keys that stay on ${profile.title}`, () => {
    const fixture = useToken(profile);
    const kept = useKept(fixture, 'ec');

    for (const dsaEncoding of ['der', 'ieee-p1363'] as const) {
      it(`ECDSA, in ${dsaEncoding}`, async function () {
        const { privateKey, publicKey } = await kept();
        const theirs = { key: publicKey.toKeyObject(), dsaEncoding };
        for (const given of [data, pieces(data, 7001)]) {
          const signature = await privateKey.sign('sha256', given, { dsaEncoding });
          assert.equal(verify('sha256', data, theirs, signature), true);
          assert.equal(await publicKey.verify('sha256', data, signature, { dsaEncoding }), true);
          assert.equal(await publicKey.verify('sha256', data, changed(signature), { dsaEncoding }), false);
        }
      });
    }

    areFoundAgain(fixture, kept);
  });
}
