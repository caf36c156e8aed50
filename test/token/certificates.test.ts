import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { Certificate, CKC, CKM, PrivateKey, PublicKey } from '../../lib';
import { issue, type Holder } from '../support/certificates';
import { profiles, useToken } from '../support/profile';
import { all, refuses } from '../support/token';

const pem = (der: Uint8Array): string => new X509Certificate(der).toString();
const subjects = (chain: readonly Certificate[]): string[] => chain.map(({ x509 }) => x509.subject);

for (const profile of profiles()) {
  describe(`certificates on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'write', 'import');
      await fixture().token.login(fixture().pin);
    });
    afterEach(async () => {
      const { token } = fixture();
      for await (const object of token.objects()) {
        if (object instanceof Certificate || object instanceof PrivateKey || object instanceof PublicKey) await object.destroy();
      }
    });

    it('come in every form', async () => {
      const { token } = fixture();
      const holder = issue('Somebody');
      const der = holder.certificate;
      for (const source of [new X509Certificate(der), der, Uint8Array.from(der), pem(der), Buffer.from(pem(der))]) {
        const certificate = await token.importCertificate(source);
        assert.equal(certificate.label, 'Somebody', 'the common name, where no label was given');
        assert.deepEqual(Buffer.from(certificate.raw), der);
        assert.equal(certificate.certificateType, CKC.X_509);
        assert.equal(certificate.x509.fingerprint256, new X509Certificate(der).fingerprint256);
        assert.equal(certificate.x509.publicKey.equals(holder.publicKey), true);
        const { subject, issuer, serialNumber, token: kept } = await certificate.get(['subject', 'issuer', 'serialNumber', 'token']);
        assert.deepEqual(subject, issuer);
        assert.ok(serialNumber!.length > 2);
        assert.equal(kept, true);
        await certificate.destroy();
      }
      await assert.rejects(token.importCertificate('no certificate'), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.importCertificate(der.subarray(1)), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.importCertificate(5 as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('find their key by its identifier', async () => {
      const { token } = fixture();
      const id = Buffer.from('shared');
      const holder = issue('Owner');
      await token.importKey(issue('Another').privateKey, { label: 'another', token: true, id: Buffer.from('not shared') });
      const key = await token.importKey(holder.privateKey, { label: 'mine', token: true, id });
      const certificate = await token.importCertificate(holder.certificate, { id });
      const found = await certificate.privateKey();
      assert.equal(found.handle, key.handle);
      assert.equal(found.publicKey?.toKeyObject().equals(holder.publicKey), true);
      const data = Buffer.from('a document');
      assert.equal(verify('sha256', data, certificate.x509.publicKey, await found.sign('sha256', data)), true);
    });

    it('take over the identifier of their key', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN);
      const { token } = fixture();
      const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = await token.importKey(keys.privateKey, { token: true, id: Buffer.from('first there') });
      const holder = issue('Late', issue('Root'), keys as never);
      const certificate = await token.importCertificate(holder.certificate);
      assert.deepEqual(Buffer.from(certificate.id!), Buffer.from('first there'));
      assert.equal((await certificate.privateKey()).handle, key.handle);
      assert.equal((await (key as PrivateKey).certificate())?.handle, certificate.handle);
    });

    it('have the SHA-1 of the public key as identifier where no key is there', async () => {
      const holder = issue('Nobody');
      const certificate = await fixture().token.importCertificate(holder.certificate);
      const { x, y } = holder.publicKey.export({ format: 'jwk' });
      const point = Buffer.concat([Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
      assert.deepEqual(Buffer.from(certificate.id!), createHash('sha1').update(point).digest());
      await assert.rejects(certificate.privateKey(), { code: 'ERR_CRYPTOKI_NOT_FOUND', message: /Nobody/ });
      await assert.rejects(certificate.publicKey(), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('find their key by the public key, where identifiers say nothing', async () => {
      const { token } = fixture();
      const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const holder = issue('Without id', issue('Root'), keys as never);
      const key = await token.importKey(keys.privateKey, { token: true, id: Buffer.from('one') });
      const half = await token.importKey(keys.publicKey, { token: true, id: Buffer.from('two') });
      const certificate = await token.importCertificate(holder.certificate, { id: Buffer.from('three') });
      assert.equal((await certificate.privateKey()).handle, key.handle);
      assert.equal((await certificate.publicKey()).handle, half.handle);
      assert.equal((await (key as PrivateKey).certificate())?.handle, certificate.handle);
    });

    it('take no key for theirs that only has their identifier', async () => {
      const { token } = fixture();
      const id = Buffer.from('same by accident');
      const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
      await token.importKey(keys.privateKey, { token: true, id });
      const certificate = await token.importCertificate(issue('Stranger').certificate, { id });
      await refuses(certificate.privateKey(), 'ERR_CRYPTOKI_NOT_FOUND');
    });

    it('stand in a chain of three', async () => {
      const { token } = fixture();
      const root = issue('Root');
      const middle = issue('Middle', root);
      const leaf = issue('Leaf', middle);
      const put = async (holder: Holder): Promise<Certificate> => token.importCertificate(holder.certificate);
      const first = await put(leaf);
      assert.deepEqual(subjects(await first.chain()), ['CN=Leaf'], 'as far as the token has them');
      await put(middle);
      assert.deepEqual(subjects(await first.chain()), ['CN=Leaf', 'CN=Middle']);
      await put(issue('Root'));
      assert.deepEqual(subjects(await first.chain()), ['CN=Leaf', 'CN=Middle'], 'the name alone is not enough');
      const last = await put(root);
      const chain = await first.chain();
      assert.deepEqual(subjects(chain), ['CN=Leaf', 'CN=Middle', 'CN=Root']);
      assert.equal(chain[0]!.handle, first.handle);
      assert.equal(chain[2]!.handle, last.handle);
      assert.deepEqual(subjects(await last.chain()), ['CN=Root']);
    });

    it('are found by label, identifier, subject and URI', async () => {
      const { token } = fixture();
      const id = Buffer.of(0xca, 0xfe);
      const certificate = await token.importCertificate(issue('Findable').certificate, { label: 'a label; with=odd characters', id });
      await token.importCertificate(issue('Other').certificate);
      assert.equal((await token.certificate({ label: 'a label; with=odd characters' })).handle, certificate.handle);
      assert.equal((await token.certificate({ id })).handle, certificate.handle);
      assert.equal((await token.certificate(certificate.uri())).handle, certificate.handle);
      const { subject } = await certificate.get(['subject']);
      assert.equal((await token.certificate({ subject })).handle, certificate.handle);
      assert.equal((await all(token.certificates())).length, 2);
      assert.ok(inspect(certificate).includes('CN=Findable'));
    });

    it('are seen by those who are not logged in', async () => {
      const { token, pin } = fixture();
      await token.importCertificate(issue('Public').certificate);
      await token.importKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, { token: true });
      await token.logout();
      const certificate = await token.certificate({ label: 'Public' });
      assert.equal(certificate.x509.subject, 'CN=Public');
      await assert.rejects(certificate.privateKey(), { code: 'ERR_CRYPTOKI_NOT_FOUND', message: /Nobody is logged in/ });
      await token.login(pin);
    });

    it('may be for this process only', async function () {
      fixture().needs(this, 'session-objects');
      const certificate = await fixture().token.importCertificate(issue('Passing').certificate, { token: false });
      assert.deepEqual(await certificate.get(['token']), { token: false });
      await certificate.destroy();
    });
  });
}
