import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { Certificate, CKC, CKK, CKO, type Module, type Token } from '../../lib';
import { certificateParts, publicKeyBits } from '../../lib/certificate-parts';
import { octetString } from '../../lib/der';
import { isKeyOf } from '../../lib/key-match';
import { issue, type Holder } from '../support/certificates';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const spki = ({ publicKey }: Holder): Buffer => publicKey.export({ format: 'der', type: 'spki' });
const point = (holder: Holder): Uint8Array => publicKeyBits(spki(holder))!;

describe('Certificates', () => {
  const root = issue('Root');
  const middle = issue('Middle', root);
  const leaf = issue('Leaf', middle);
  let fault: FaultModule;
  let module: Module;
  let token: Token;

  beforeEach(async () => {
    ({ fault, module, token } = await place());
  });

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('badArguments'), 0);
    fault.close();
  });

  const privateKey = (holder: Holder, attributes: object): Promise<unknown> =>
    token.create({
      class: CKO.PRIVATE_KEY,
      keyType: CKK.EC,
      token: true,
      private: true,
      sign: true,
      ecParams: Buffer.from('06082a8648ce3d030107', 'hex'),
      value: Buffer.from(holder.privateKey.export({ format: 'jwk' }).d!, 'base64url'),
      ...attributes,
    });

  const publicKey = (holder: Holder, attributes: object): Promise<unknown> =>
    token.create({
      class: CKO.PUBLIC_KEY,
      keyType: CKK.EC,
      token: true,
      private: false,
      ecParams: Buffer.from('06082a8648ce3d030107', 'hex'),
      ecPoint: octetString(point(holder)),
      ...attributes,
    });

  describe('being imported', () => {
    for (const [form, make] of [
      ['DER', (der: Buffer) => der],
      ['PEM text', (der: Buffer) => new X509Certificate(der).toString()],
      ['PEM bytes', (der: Buffer) => Buffer.from(new X509Certificate(der).toString())],
      ['an X509Certificate', (der: Buffer) => new X509Certificate(der)],
    ] as const) {
      it(`come as ${form}`, async () => {
        const certificate = await token.importCertificate(make(leaf.certificate), { label: 'mine' });
        assert.ok(certificate instanceof Certificate);
        assert.deepEqual(Buffer.from(certificate.raw), leaf.certificate);
        assert.equal(certificate.x509.subject, 'CN=Leaf');
        assert.equal(certificate.label, 'mine');
        const { subject, issuer, serialNumber } = await certificate.get(['subject', 'issuer', 'serialNumber']);
        const parts = certificateParts(Uint8Array.from(leaf.certificate))!;
        assert.deepEqual([subject, issuer, serialNumber], [parts.subject, parts.issuer, parts.serialNumber]);
      });
    }

    it('are labelled by their subject, and known by their key', async () => {
      const certificate = await token.importCertificate(leaf.certificate);
      assert.equal(certificate.label, 'Leaf');
      assert.deepEqual(Buffer.from(certificate.id!), createHash('sha1').update(point(leaf)).digest());
    });

    it('take the CKA_ID of the key that is there', async () => {
      await token.login('1234');
      await publicKey(leaf, { id: Buffer.from('key') });
      assert.equal(Buffer.from((await token.importCertificate(leaf.certificate)).id!).toString(), 'key');
    });

    it('take what the options say', async () => {
      const options = { label: 'x', id: Buffer.from('mine'), token: false, private: true, attributes: { trusted: false } };
      await token.login('1234');
      const { attributes } = await token.importCertificate(leaf.certificate, options);
      assert.deepEqual([attributes.label, Buffer.from(attributes.id!).toString(), attributes.token, attributes.private], ['x', 'mine', false, true]);
    });

    for (const [what, source, code] of [
      ['a number', 7, 'ERR_INVALID_ARG_TYPE'],
      ['nothing', undefined, 'ERR_INVALID_ARG_TYPE'],
      ['other text', 'hello', 'ERR_INVALID_ARG_VALUE'],
      ['other bytes', Buffer.from('hello'), 'ERR_INVALID_ARG_VALUE'],
      ['no bytes', Buffer.alloc(0), 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      it(`refuse ${what}`, async () => {
        await assert.rejects(token.importCertificate(source as never), { code });
        assert.equal(fault.calls('C_CreateObject'), 0);
      });
    }
  });

  describe('and their keys', () => {
    beforeEach(() => token.login('1234'));

    it('belong together by CKA_ID', async () => {
      await privateKey(leaf, { id: Buffer.from('1'), label: 'right' });
      await privateKey(middle, { id: Buffer.from('2'), label: 'wrong' });
      const certificate = await token.importCertificate(leaf.certificate, { id: Buffer.from('1') });
      const key = await certificate.privateKey();
      assert.equal(key.label, 'right');
      assert.deepEqual(key.publicKey?.toKeyObject().export({ format: 'der', type: 'spki' }), spki(leaf));
    });

    it('belong together by the key, whatever the CKA_ID', async () => {
      await privateKey(middle, { id: Buffer.from('1'), label: 'wrong', publicKeyInfo: spki(middle) });
      await privateKey(leaf, { id: Buffer.from('2'), label: 'right', publicKeyInfo: spki(leaf) });
      const certificate = await token.importCertificate(leaf.certificate, { id: Buffer.from('1') });
      assert.equal((await certificate.privateKey()).label, 'right');
    });

    it('belong together through the public key', async () => {
      await privateKey(middle, { id: Buffer.from('1'), label: 'wrong', publicKeyInfo: spki(middle) });
      await privateKey(leaf, { id: Buffer.from('2'), label: 'right' });
      await publicKey(leaf, { id: Buffer.from('2'), label: 'half' });
      const certificate = await token.importCertificate(leaf.certificate, { id: Buffer.from('9') });
      assert.equal((await certificate.privateKey()).label, 'right');
      assert.equal((await certificate.publicKey()).label, 'half');
    });

    it('are missed clearly', async () => {
      const certificate = await token.importCertificate(leaf.certificate);
      await assert.rejects(certificate.privateKey(), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await assert.rejects(certificate.publicKey(), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await token.logout();
      await assert.rejects(certificate.privateKey(), /Nobody is logged in/);
    });

    it('find each other from the key too', async () => {
      await privateKey(leaf, { id: Buffer.from('1'), label: 'k' });
      await token.importCertificate(leaf.certificate, { id: Buffer.from('1'), label: 'c' });
      assert.equal((await (await token.privateKey({ label: 'k' })).certificate())?.label, 'c');
    });
  });

  describe('in a chain', () => {
    const chain = async (certificate: Certificate): Promise<(string | undefined)[]> => (await certificate.chain()).map(({ label }) => label);

    it('stand with their issuers, as far as those are there', async () => {
      const last = await token.importCertificate(leaf.certificate);
      assert.deepEqual(await chain(last), ['Leaf']);
      await token.importCertificate(root.certificate);
      assert.deepEqual(await chain(last), ['Leaf']);
      await token.importCertificate(middle.certificate);
      assert.deepEqual(await chain(last), ['Leaf', 'Middle', 'Root']);
    });

    it('do not take one for the issuer who only has the name', async () => {
      const impostor = issue('Middle', root);
      await token.importCertificate(impostor.certificate, { label: 'impostor' });
      assert.deepEqual(await chain(await token.importCertificate(leaf.certificate)), ['Leaf']);
    });

    it('come to an end where two have certified each other', async () => {
      const first = issue('A');
      const second = issue('B', first);
      const crossed = issue('A', second, first);
      await token.importCertificate(second.certificate);
      assert.deepEqual(await chain(await token.importCertificate(crossed.certificate)), ['A', 'B']);
    });

    it('overlook what is broken', async () => {
      await token.create({ class: CKO.CERTIFICATE, certificateType: CKC.X_509, subject: Buffer.from('x'), value: Buffer.from('broken') });
      await token.importCertificate(middle.certificate);
      assert.deepEqual(await chain(await token.importCertificate(leaf.certificate)), ['Leaf', 'Middle']);
    });
  });

  it('that node:crypto cannot read say so', async () => {
    const template = { class: CKO.CERTIFICATE, certificateType: CKC.X_509, subject: Buffer.from('x'), label: 'broken', value: Buffer.from('broken') };
    const broken = (await token.create(template)) as Certificate;
    const unsupported = { code: 'ERR_CRYPTOKI_UNSUPPORTED' };
    assert.throws(() => broken.x509, unsupported);
    await assert.rejects(broken.privateKey(), unsupported);
    await assert.rejects(broken.chain(), unsupported);
    assert.equal(inspect(broken), "Certificate { label: 'broken', token: 'fault 0' }");
  });

  it('are shown with their subject', async () => {
    const certificate = await token.importCertificate(leaf.certificate, { id: Buffer.from('1') });
    assert.equal(inspect(certificate), "Certificate { label: 'Leaf', id: '31', token: 'fault 0', subject: 'CN=Leaf' }");
  });

  describe('matching', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const rsaInfo = rsa.publicKey.export({ format: 'der', type: 'spki' });
    const modulus = Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url');

    it('compares moduli, with or without leading zeros', () => {
      assert.equal(isKeyOf({ modulus }, rsaInfo), true);
      assert.equal(isKeyOf({ modulus: Buffer.concat([Buffer.alloc(1), modulus]) }, rsaInfo), true);
      assert.equal(isKeyOf({ modulus: modulus.subarray(1) }, rsaInfo), false);
      assert.equal(isKeyOf({ modulus }, spki(leaf)), false);
    });

    it('compares points, bare or wrapped', () => {
      assert.equal(isKeyOf({ ecPoint: point(leaf) }, spki(leaf)), true);
      assert.equal(isKeyOf({ ecPoint: octetString(point(leaf)) }, spki(leaf)), true);
      assert.equal(isKeyOf({ ecPoint: octetString(point(root)) }, spki(leaf)), false);
    });

    it('cannot tell without anything public', () => {
      assert.equal(isKeyOf({}, rsaInfo), undefined);
      assert.equal(isKeyOf({ modulus: new Uint8Array(0) }, rsaInfo), undefined);
      assert.equal(isKeyOf({ modulus }, Buffer.from('broken')), undefined);
    });
  });
});
