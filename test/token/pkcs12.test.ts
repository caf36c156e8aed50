import assert from 'node:assert/strict';
import { createPrivateKey, verify, X509Certificate } from 'node:crypto';
import { Certificate, CKM, PrivateKey, PublicKey, type ImportedPkcs12 } from '../../lib';
import { Authority, noKeytool, noOpenssl, type Issued } from '../support/authority';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { all } from '../support/token';

const PASSWORD = 'a password';

for (const profile of profiles()) {
  describe(`PKCS #12 files on ${profile.title}`, () => {
    const fixture = useToken(profile);
    let authority: Authority;
    let chain: Issued[];

    before(async function () {
      fixture().needs(this, 'write', 'import');
      if (noOpenssl !== undefined) skip(this, noOpenssl);
      authority = new Authority();
      const root = authority.issue('/CN=Root', { ca: true });
      chain = [authority.issue('/CN=Middle', { ca: true, issuer: root }), root];
      await fixture().token.login(fixture().pin);
    });
    after(() => authority?.remove());
    afterEach(async () => {
      for await (const object of fixture().token.objects()) {
        if (object instanceof Certificate || object instanceof PrivateKey || object instanceof PublicKey) await object.destroy();
      }
    });

    const subjects = ({ certificates }: ImportedPkcs12): string[] => certificates.map(({ x509 }) => x509.subject);
    const isEmpty = async (): Promise<void> => {
      assert.deepEqual(await all(fixture().token.privateKeys()), []);
      assert.deepEqual(await all(fixture().token.certificates()), []);
    };

    async function works({ privateKeys }: ImportedPkcs12, { certificate }: Issued): Promise<void> {
      assert.equal(privateKeys.length, 1);
      const [key] = privateKeys as [PrivateKey];
      const data = Buffer.from('a document');
      const { publicKey } = new X509Certificate(certificate);
      assert.equal(verify('sha256', data, publicKey, await key.sign('sha256', data)), true);
      const found = await key.certificate();
      assert.equal(found?.x509.fingerprint256, new X509Certificate(certificate).fingerprint256);
      assert.equal((await found.privateKey()).handle, key.handle);
      assert.deepEqual(found.id, key.id);
    }

    for (const kind of ['rsa:2048', 'ec:P-256']) {
      it(`${kind}: the key, its certificate and the chain, which find each other`, async function () {
        await fixture().requires(this, kind.startsWith('rsa') ? CKM.SHA256_RSA_PKCS : CKM.ECDSA);
        const leaf = authority.issue('/CN=Leaf', { kind, issuer: chain[0]! });
        const file = authority.pkcs12(leaf, PASSWORD, { chain, words: ['-name', 'Mine é'] });
        const made = await fixture().token.importPkcs12(file, PASSWORD);
        assert.deepEqual(subjects(made), ['CN=Leaf', 'CN=Middle', 'CN=Root']);
        const [key] = made.privateKeys as [PrivateKey];
        const [certificate] = made.certificates as [Certificate];
        assert.equal(key.label, 'Mine é');
        assert.equal(certificate.label, 'Mine é');
        assert.deepEqual([key.attributes.token, key.attributes.sensitive, key.attributes.extractable], [true, true, false]);
        await works(made, leaf);
        assert.deepEqual(
          (await certificate.chain()).map(({ x509 }) => x509.subject),
          ['CN=Leaf', 'CN=Middle', 'CN=Root'],
        );
      });
    }

    it('with the label and the identifier that are asked for', async () => {
      const leaf = authority.issue('/CN=Leaf', { issuer: chain[0]! });
      const id = Buffer.from('an identifier');
      const made = await fixture().token.importPkcs12(authority.pkcs12(leaf, PASSWORD, { chain }), PASSWORD, { label: 'asked for', id });
      assert.deepEqual(Buffer.from(made.privateKeys[0]!.id!), id);
      assert.equal(made.privateKeys[0]!.label, 'asked for');
      assert.equal(made.certificates[0]!.label, 'asked for');
      assert.equal(made.certificates[1]!.label, 'Middle', 'the others are not the key’s');
      await works(made, leaf);
    });

    for (const [title, password] of [
      ['of blanks and letters beyond ASCII', 'hemligt lösenord – тайна 😀'],
      ['of one letter', 'x'],
      ['that is empty', ''],
      ['of 300 letters', 'långt'.repeat(60)],
    ] as const) {
      for (const words of [[], ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']]) {
        it(`a password ${title}, ${words.length === 0 ? 'AES and SHA-256' : 'triple DES and SHA-1'}`, async () => {
          const leaf = authority.issue('/CN=Leaf');
          const file = authority.pkcs12(leaf, password, { words });
          await works(await fixture().token.importPkcs12(file, password), leaf);
          for (const wrong of [`${password}.`, Buffer.from('wrong'), ...(password === '' ? [] : [undefined, null, ''])]) {
            await assert.rejects(fixture().token.importPkcs12(file, wrong), { code: 'ERR_CRYPTOKI_WRONG_PASSWORD' });
          }
        });
      }
    }

    it('an empty password and none are the same thing', async () => {
      for (const password of [undefined, null, new Uint8Array(0)]) {
        const leaf = authority.issue('/CN=Leaf');
        await works(await fixture().token.importPkcs12(authority.pkcs12(leaf, ''), password), leaf);
      }
    });

    it('certificates without a key', async () => {
      const made = await fixture().token.importPkcs12(authority.pkcs12(undefined, PASSWORD, { chain }), PASSWORD);
      assert.deepEqual(made.privateKeys, []);
      assert.deepEqual(subjects(made).sort(), ['CN=Middle', 'CN=Root']);
    });

    it('a chain that is there is not made twice', async () => {
      const [one, two] = [authority.issue('/CN=One', { issuer: chain[0]! }), authority.issue('/CN=Two', { issuer: chain[0]! })];
      await fixture().token.importPkcs12(authority.pkcs12(one, PASSWORD, { chain }), PASSWORD);
      const made = await fixture().token.importPkcs12(authority.pkcs12(two, PASSWORD, { chain }), PASSWORD);
      assert.deepEqual(subjects(made), ['CN=Two', 'CN=Middle', 'CN=Root']);
      const there = (await all(fixture().token.certificates())).map(({ x509 }) => x509.subject);
      assert.deepEqual(there.sort(), ['CN=Middle', 'CN=One', 'CN=Root', 'CN=Two']);
    });

    it('a file of Java’s keytool, with several keys', async function () {
      if (noKeytool !== undefined) skip(this, noKeytool);
      // Java takes its time to start, twice.
      this.timeout(180_000);
      await fixture().requires(this, CKM.ECDSA, CKM.SHA256_RSA_PKCS);
      const store = ['-keystore', 'java.p12', '-storetype', 'PKCS12', '-storepass', PASSWORD, '-validity', '30'];
      authority.run('keytool', ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-alias', 'first é', '-dname', 'CN=First', ...store]);
      authority.run('keytool', ['-genkeypair', '-keyalg', 'RSA', '-keysize', '2048', '-alias', 'second', '-dname', 'CN=Second', ...store]);
      const made = await fixture().token.importPkcs12(authority.read('java.p12'), PASSWORD);
      assert.deepEqual(made.privateKeys.map(({ label }) => label).sort(), ['first é', 'second']);
      for (const key of made.privateKeys) {
        const certificate = await key.certificate();
        assert.equal(certificate?.label, key.label);
        const data = Buffer.from('a document');
        assert.equal(verify('sha256', data, certificate!.x509.publicKey, await key.sign('sha256', data)), true);
      }
      await assert.rejects(fixture().token.importPkcs12(authority.read('java.p12'), PASSWORD, { label: 'one' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(fixture().token.importPkcs12(authority.read('java.p12'), PASSWORD, { id: Buffer.of(1) }), {
        code: 'ERR_INVALID_ARG_VALUE',
      });
    });

    it('ciphers of the last century are refused by their name', async function () {
      const leaf = authority.issue('/CN=Leaf');
      const words = ['-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-RC2-40'];
      const file = authority.tries(() => authority.pkcs12(leaf, PASSWORD, { words }));
      if (file === undefined) skip(this, 'OpenSSL is here without its legacy algorithms');
      await assert.rejects(fixture().token.importPkcs12(file, PASSWORD), {
        code: 'ERR_CRYPTOKI_UNSUPPORTED',
        message: /RC2 with 40 bits/,
      });
      await isEmpty();
    });

    it('a key that the token or this library cannot use is refused, and nothing is made', async function () {
      for (const [kind, message, reason] of [
        ['dsa', /'dsa'/, 'key-type'],
        ['rsa:512', /512 bits/, 'key-length'],
      ] as const) {
        const info = (await fixture().slot.mechanisms()).get(CKM.RSA_PKCS);
        if (kind === 'rsa:512' && (info === undefined || info.minKeySize === undefined || info.minKeySize <= 512)) continue;
        const leaf = authority.issue('/CN=Leaf', { kind });
        const file = authority.pkcs12(leaf, PASSWORD, { chain });
        await assert.rejects(fixture().token.importPkcs12(file, PASSWORD), { code: 'ERR_CRYPTOKI_UNSUPPORTED', message, reason });
        await isEmpty();
      }
    });

    it('any damage is found, and nothing is made', async () => {
      const leaf = authority.issue('/CN=Leaf');
      const file = authority.pkcs12(leaf, PASSWORD);
      for (let at = 0; at < file.length; at += 97) {
        const changed = Buffer.from(file);
        changed[at]! ^= 0x41;
        await assert.rejects(fixture().token.importPkcs12(changed, PASSWORD), ({ code, message }: { code?: string; message: string }) => {
          assert.match(code ?? message, /^(?:ERR_INVALID_ARG_VALUE|ERR_CRYPTOKI_WRONG_PASSWORD|ERR_CRYPTOKI_UNSUPPORTED)$/, `at ${at}: ${message}`);
          assert.ok(!message.includes(PASSWORD));
          return true;
        });
      }
      await isEmpty();
    });

    it('session objects where that is asked for', async function () {
      fixture().needs(this, 'session-objects');
      const leaf = authority.issue('/CN=Leaf');
      const made = await fixture().token.importPkcs12(authority.pkcs12(leaf, PASSWORD), PASSWORD, { token: false });
      assert.equal(made.privateKeys[0]!.attributes.token, false);
      assert.equal(createPrivateKey(leaf.key).asymmetricKeyType, 'ec');
      await works(made, leaf);
    });
  });
}
