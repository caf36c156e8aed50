import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { CKM, CKO, Certificate, DataObject, PrivateKey, PublicKey, SecretKey } from '../../lib';
import { issue } from '../support/certificates';
import { profiles, useToken } from '../support/profile';

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

for (const profile of profiles()) {
  describe(`objects on ${profile.title}`, () => {
    const fixture = useToken(profile);

    // Logging out lets a token that holds few objects at once put down those of the test before.
    beforeEach(() => fixture().token.login(fixture().pin));
    afterEach(() => fixture().token.logout());

    it('are found with what belongs to their class', async () => {
      for (const object of await all(fixture().token.objects())) {
        const { class: objectClass } = await object.get(['class']);
        assert.equal(object.class, objectClass);
        if (objectClass === CKO.PRIVATE_KEY) assert.ok(object instanceof PrivateKey);
        if (objectClass === CKO.PUBLIC_KEY) assert.ok(object instanceof PublicKey);
        if (objectClass === CKO.SECRET_KEY) assert.ok(object instanceof SecretKey);
        if (objectClass === CKO.CERTIFICATE) assert.ok(object instanceof Certificate);
      }
    });

    it('are not there when nothing matches', async () => {
      const { token } = fixture();
      assert.deepEqual(await all(token.privateKeys({ label: 'there is none of this name' })), []);
      await assert.rejects(token.privateKey({ label: 'there is none of this name' }), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('hold data', async function () {
      fixture().needs(this, 'write', 'data');
      const { token } = fixture();
      const data = await token.createData({ label: 'note', application: 'test', value: Buffer.from('hello'), private: true });
      assert.ok(data instanceof DataObject);
      assert.deepEqual(Buffer.from((await data.value())!), Buffer.from('hello'));
      const found = await token.dataObject({ label: 'note' });
      assert.equal(found.label, 'note');
      await found.destroy();
      await assert.rejects(token.dataObject({ label: 'note' }), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('hold data for this process', async function () {
      fixture().needs(this, 'session-objects');
      const data = await fixture().token.createData({ label: 'passing', application: 'test', value: Buffer.from('hello'), token: false });
      assert.deepEqual(Buffer.from((await data.value())!), Buffer.from('hello'));
      assert.equal((await data.get(['application'])).application, 'test');
      await data.destroy();
    });

    it('are found by their URI, and told apart by it', async function () {
      fixture().needs(this, 'generate', 'destroy');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token } = fixture();
      const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'named; so?', token: true });
      assert.equal((await token.privateKey(privateKey.uri())).handle, privateKey.handle);
      assert.equal((await token.publicKey(publicKey.uri())).handle, publicKey.handle);
      await privateKey.destroy();
      await publicKey.destroy();
      await assert.rejects(token.privateKey(privateKey.uri()), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('tell several when one was asked for', async function () {
      fixture().needs(this, 'generate', 'destroy');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token } = fixture();
      const pairs = [];
      for (let index = 0; index < 2; index++) pairs.push(await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'twin', token: true }));
      await assert.rejects(token.privateKey({ label: 'twin' }), { code: 'ERR_CRYPTOKI_AMBIGUOUS', message: /twin/ });
      for (const { privateKey, publicKey } of pairs) await Promise.all([privateKey.destroy(), publicKey.destroy()]);
    });

    it('change their label', async function () {
      fixture().needs(this, 'generate', 'change');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token } = fixture();
      const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'before', token: true });
      await privateKey.set({ label: 'after' });
      assert.equal(privateKey.label, 'after');
      assert.equal((await token.privateKey({ label: 'after' })).handle, privateKey.handle);
    });

    it('keep what is secret', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token } = fixture();
      const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'secret', token: true });
      const { value, label, keyType } = await privateKey.get(['value', 'label', 'keyType']);
      assert.equal(value, undefined);
      assert.equal(label, 'secret');
      assert.equal(keyType, privateKey.keyType);
    });

    it('that are certificates stand in their chain, with their key', async function () {
      fixture().needs(this, 'write', 'import');
      await fixture().requires(this, CKM.ECDSA);
      const { token } = fixture();
      const root = issue('Root');
      const leaf = issue('Leaf', root);
      const id = Buffer.from('leaf');
      const key = (await token.importKey(leaf.privateKey, { label: 'Leaf', id, token: true })) as PrivateKey;
      await token.importCertificate(root.certificate, { label: 'Root' });
      await token.importCertificate(leaf.certificate, { label: 'Leaf', id });
      const certificate = await token.certificate({ label: 'Leaf' });
      assert.deepEqual(Buffer.from(certificate.raw), leaf.certificate);
      assert.equal(certificate.x509.subject, 'CN=Leaf');
      assert.equal((await certificate.privateKey()).handle, key.handle);
      assert.deepEqual((await certificate.privateKey()).publicKey?.toKeyObject().export({ format: 'jwk' }), leaf.publicKey.export({ format: 'jwk' }));
      assert.equal((await key.certificate())?.handle, certificate.handle);
      assert.deepEqual(
        (await certificate.chain()).map(({ x509 }) => x509.subject),
        ['CN=Leaf', 'CN=Root'],
      );
    });

    it('of this process only live as long as the token object', async function () {
      fixture().needs(this, 'session-objects', 'generate', 'many-sessions');
      await fixture().requires(this, CKM.AES_KEY_GEN);
      const { token } = fixture();
      const key = await token.generateKey('aes', { length: 128, label: 'passing' });
      await Promise.all(Array.from({ length: 16 }, () => token.random(16)));
      assert.equal((await key.get(['label'])).label, 'passing');
      assert.equal((await key.get(['token'])).token, false);
    });

    it('are known again by the public key of node:crypto', async function () {
      fixture().needs(this, 'import');
      const { token } = fixture();
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const imported = (await token.importKey(publicKey, { label: 'theirs', token: false })) as PublicKey;
      assert.deepEqual(imported.toKeyObject().export({ format: 'der', type: 'spki' }), publicKey.export({ format: 'der', type: 'spki' }));
    });

    it('wait for a session when there are more uses than sessions', async function () {
      fixture().needs(this, 'many-sessions');
      const { token } = fixture();
      const results = await Promise.all(Array.from({ length: 300 }, () => token.random(32)));
      assert.equal(new Set(results.map((bytes) => Buffer.from(bytes).toString('hex'))).size, 300);
    });
  });

  describe(`PINs on ${profile.title}`, () => {
    const fixture = useToken(profile);

    it('are changed by their user', async function () {
      fixture().needs(this, 'set-pin', 'wrong-pin');
      const { token, pin } = fixture();
      await token.login(pin);
      await token.setPin(pin, '87654321');
      await token.logout();
      await assert.rejects(token.login(pin), { code: 'CKR_PIN_INCORRECT' });
      await token.login('87654321');
      await token.setPin('87654321', pin);
      await token.logout();
    });

    it('may come from a function, and as bytes', async () => {
      const { token, pin } = fixture();
      await token.login(() => Promise.resolve(Buffer.from(pin)));
      assert.equal(token.user, 'user');
      await token.logout();
      assert.equal(token.user, undefined);
    });

    it('are not needed twice', async () => {
      const { token, pin } = fixture();
      await token.login(pin);
      await token.login(pin);
      await token.logout();
    });

    it('open a session to everybody in this process', async function () {
      fixture().needs(this, 'many-sessions');
      const { token, pin } = fixture();
      await using session = await token.session();
      assert.equal((await session.info()).state, 'public');
      await token.login(pin);
      assert.equal((await session.info()).state, 'user');
      await token.logout();
      assert.equal((await session.info()).state, 'public');
    });

    it('leave private objects stale when the user goes', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token, pin } = fixture();
      await token.login(pin);
      const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'stale', token: true });
      await token.logout();
      await assert.rejects(privateKey.sign('sha256', Buffer.from('x')), { code: 'ERR_CRYPTOKI_STALE' });
      await token.login(pin);
      assert.equal((await token.privateKey({ label: 'stale' })).label, 'stale');
      await token.logout();
    });
  });
}
