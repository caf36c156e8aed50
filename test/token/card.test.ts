import assert from 'node:assert/strict';
import { constants, createHash, publicEncrypt, randomBytes, verify, type KeyObject } from 'node:crypto';
import { CKM, type PrivateKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all, changed, pieces, refuses, requiresOne } from '../support/token';

// Tokens that come with their keys, and are not written.
for (const profile of profiles().filter(({ keys }) => keys !== undefined)) {
  describe(`the keys that are on ${profile.title}`, () => {
    const fixture = useToken(profile);
    const data = randomBytes(20_000);

    before(async () => {
      await fixture().token.login(fixture().pin);
    });

    async function find(id: string): Promise<{ key: PrivateKey; theirs: KeyObject }> {
      const key = await fixture().token.privateKey({ id: Buffer.from(id, 'hex') });
      const half = (await key.findPublicKey()) ?? assert.fail(`the public half of ${id} is there`);
      return { key, theirs: half.toKeyObject() };
    }

    for (const { id, type, use } of profile.keys ?? []) {
      if (use === 'sign' && type === 'rsa') {
        for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
          it(`${id} signs with PKCS#1 and ${hash}`, async () => {
            const { key, theirs } = await find(id);
            for (const given of [data, pieces(data, 3001), new Uint8Array(0)]) {
              const said = given instanceof Uint8Array ? given : data;
              assert.equal(verify(hash, said, theirs, await key.sign(hash, given)), true);
            }
            const digest = createHash(hash).update(data).digest();
            assert.equal(verify(hash, data, theirs, await key.signDigest(hash, digest)), true);
          });
        }

        it(`${id} signs with PSS`, async function () {
          await requiresOne(this, fixture(), CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS);
          const { key, theirs } = await find(id);
          const node = { key: theirs, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
          assert.equal(verify('sha256', data, node, await key.sign('sha256', data, { padding: 'pss' })), true);
        });
      }

      if (use === 'sign' && type === 'ec') {
        it(`${id} signs with ECDSA, in both encodings`, async () => {
          const { key, theirs } = await find(id);
          for (const dsaEncoding of ['der', 'ieee-p1363'] as const) {
            for (const hash of ['sha256', 'sha384']) {
              const signature = await key.sign(hash, pieces(data, 777), { dsaEncoding });
              assert.equal(verify(hash, data, { key: theirs, dsaEncoding }, signature), true);
              assert.equal(verify(hash, data, { key: theirs, dsaEncoding }, changed(signature)), false);
            }
          }
        });
      }

      if (use === 'decrypt') {
        it(`${id} decrypts what node:crypto encrypted`, async () => {
          const { key, theirs } = await find(id);
          const sealed = publicEncrypt({ key: theirs, padding: constants.RSA_PKCS1_PADDING }, Buffer.from('a secret'));
          assert.deepEqual(Buffer.from(await key.decrypt('rsa-pkcs1', sealed)), Buffer.from('a secret'));
        });
      }

      it(`${id} and its certificate know each other`, async () => {
        const { key, theirs } = await find(id);
        const certificate = (await key.certificate()) ?? assert.fail('there is a certificate');
        assert.equal(certificate.x509.publicKey.equals(theirs), true);
        assert.equal((await certificate.privateKey()).handle, key.handle);
        assert.equal((await certificate.chain())[0]?.handle, certificate.handle);
        assert.equal((await fixture().token.certificate(certificate.uri())).handle, certificate.handle);
        assert.equal((await fixture().token.privateKey(key.uri())).handle, key.handle);
      });
    }

    it('work one after the other, however many want them at once', async () => {
      const signing = (profile.keys ?? []).filter(({ use, alwaysAuthenticate }) => use === 'sign' && alwaysAuthenticate !== true);
      const found = await Promise.all(signing.map(({ id }) => find(id)));
      const signatures = await Promise.all(Array.from({ length: 12 }, (_, index) => found[index % found.length]!.key.sign('sha256', data)));
      signatures.forEach((signature, index) => assert.equal(verify('sha256', data, found[index % found.length]!.theirs, signature), true));
    });

    it('give nothing secret away, and are not changed', async () => {
      for await (const key of fixture().token.privateKeys()) {
        const read = await key.get(['privateExponent', 'value', 'prime1']);
        assert.deepEqual([read.privateExponent, read.value, read.prime1], [undefined, undefined, undefined]);
        await refuses(key.set({ label: 'another' }));
        await refuses(key.destroy());
      }
      assert.equal((await all(fixture().token.privateKeys())).length, profile.keys?.length);
    });
  });
}
