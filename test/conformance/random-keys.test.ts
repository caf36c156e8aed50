import assert from 'node:assert/strict';
import { createDecipheriv, createPrivateKey, generateKeyPairSync, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { CKM, PrivateKey, PublicKey, SecretKey } from '../../lib';
import { issue } from '../support/certificates';
import { profiles, useToken } from '../support/profile';
import { always, bytes } from './random';

const data = Buffer.from('a document');

const KINDS: readonly [title: string, mechanism: number, algorithm: string | null, make: () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ['EC keys on P-256', CKM.ECDSA, 'sha256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['EC keys on P-521', CKM.ECDSA, 'sha512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['Ed25519 keys', CKM.EDDSA, null, () => generateKeyPairSync('ed25519')],
];

for (const profile of profiles()) {
  describe(`random keys and certificates on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'write', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const [title, mechanism, algorithm, make] of KINDS) {
      it(`${title} are the same inside and outside`, async function () {
        await fixture().requires(this, mechanism);
        const { token } = fixture();
        await always(fc.constant(undefined).map(make), bytes(1, 30), fc.string({ unit: 'grapheme', maxLength: 20 }), async (pair, id, label) => {
          const privateKey = await token.importKey(pair.privateKey.export({ format: 'der', type: 'pkcs8' }), { id, label });
          const publicKey = await token.importKey(pair.publicKey.export({ format: 'pem', type: 'spki' }), { id, label });
          assert.ok(privateKey instanceof PrivateKey && publicKey instanceof PublicKey);
          assert.ok(publicKey.toKeyObject().equals(pair.publicKey));
          assert.deepEqual([privateKey.label, Buffer.from(privateKey.id!)], [label, Buffer.from(id)]);
          assert.ok(verify(algorithm, data, pair.publicKey, await privateKey.sign(algorithm, data)));
          assert.equal(await publicKey.verify(algorithm, data, sign(algorithm, data, pair.privateKey)), true);
          assert.ok((await privateKey.findPublicKey())?.toKeyObject().equals(pair.publicKey));
          await Promise.all([privateKey.destroy(), publicKey.destroy()]);
        });
      });
    }

    it('private keys leave wrapped, as PKCS#8 that node:crypto reads', async function () {
      await fixture().requires(this, CKM.AES_KEY_WRAP_KWP, CKM.ECDSA);
      const { token } = fixture();
      const raw = randomBytes(32);
      const wrapping = await token.importKey(raw, { type: 'aes', attributes: { wrap: true } });
      assert.ok(wrapping instanceof SecretKey);
      await always(
        fc.constant(undefined).map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })),
        async ({ privateKey, publicKey }) => {
          const key = await token.importKey(privateKey, { extractable: true });
          assert.ok(key instanceof PrivateKey);
          const wrapped = await wrapping.wrap('aes-kwp', key);
          const decipher = createDecipheriv('id-aes256-wrap-pad', raw, Buffer.from('a65959a6', 'hex'));
          const der = Buffer.concat([decipher.update(wrapped), decipher.final()]);
          const outside = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
          assert.ok(verify('sha256', data, publicKey, sign('sha256', data, outside)));
          await key.destroy();
        },
      );
    });

    it('certificates come out as they went in, and find their keys', async function () {
      await fixture().requires(this, CKM.ECDSA);
      const { token } = fixture();
      const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
      await always(names, names, async (subject, label) => {
        const holder = issue(subject);
        const key = await token.importKey(holder.privateKey, { label });
        const certificate = await token.importCertificate(holder.certificate, { label });
        assert.deepEqual(Buffer.from(certificate.raw), holder.certificate);
        assert.equal(certificate.label, label);
        assert.ok(certificate.x509.checkPrivateKey(holder.privateKey));
        const found = await certificate.privateKey();
        assert.deepEqual(found?.id, key.id);
        assert.ok(verify('sha256', data, certificate.x509.publicKey, await found!.sign('sha256', data)));
        await Promise.all([certificate.destroy(), key.destroy()]);
      });
    });
  });
}
