// @peculiar/x509 with keys of a token; OpenSSL judges what comes out.

import assert from 'node:assert/strict';
import { webcrypto, X509Certificate } from 'node:crypto';
import { profiles } from '../../support/profile';
import { issued, selfSigned, x509, type AnyCrypto } from './certificates';
import { needsOpenssl, openssl } from './openssl';
import { data, given, useCrypto } from './support';

const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

/** A kind of key, and how it signs certificates. */
const ROWS: readonly (readonly [title: string, key: object, signing: object])[] = [
  ['RSASSA-PKCS1-v1_5', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...rsa }, {}],
  ['RSASSA-PKCS1-v1_5 with SHA-512', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512', ...rsa }, {}],
  ['RSA-PSS', { name: 'RSA-PSS', hash: 'SHA-256', ...rsa }, { saltLength: 32 }],
  ['ECDSA on P-256', { name: 'ECDSA', namedCurve: 'P-256' }, { hash: 'SHA-256' }],
  ['ECDSA on P-384', { name: 'ECDSA', namedCurve: 'P-384' }, { hash: 'SHA-384' }],
  ['ECDSA on P-521', { name: 'ECDSA', namedCurve: 'P-521' }, { hash: 'SHA-512' }],
  ['Ed25519', { name: 'Ed25519' }, {}],
];

const pem = (item: { toString(format: 'pem'): string }): string => item.toString('pem');
const crlPem = (der: ArrayBuffer): string => `-----BEGIN X509 CRL-----\n${Buffer.from(der).toString('base64')}\n-----END X509 CRL-----\n`;

for (const profile of profiles()) {
  describe(`@peculiar/x509 on ${profile.title}`, () => {
    const fixture = useCrypto(profile);

    for (const [title, algorithm, more] of ROWS) {
      const signingAlgorithm = { name: (algorithm as webcrypto.Algorithm).name, ...more };

      describe(title, () => {
        let keys: webcrypto.CryptoKeyPair;
        let crypto: AnyCrypto;

        before(async function () {
          needsOpenssl(this);
          crypto = fixture().crypto as unknown as AnyCrypto;
          const { subtle } = fixture();
          keys = (await given(this, subtle.generateKey(algorithm as never, false, ['sign', 'verify']))) as unknown as webcrypto.CryptoKeyPair;
          // What a token can make it need not be able to sign with.
          await given(this, subtle.sign({ hash: 'SHA-256', ...signingAlgorithm } as never, keys.privateKey, data));
        });

        it('makes a request for a certificate', async () => {
          const request = await x509.Pkcs10CertificateRequestGenerator.create(
            {
              name: 'CN=Somebody, O=Ours, C=SE',
              keys: keys as never,
              signingAlgorithm: signingAlgorithm as never,
              extensions: [
                new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation),
                new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'example.com' }]),
              ],
              attributes: [new x509.ChallengePasswordAttribute('not a secret')],
            },
            crypto,
          );
          const text = openssl(['req', '-in', 'request', '-verify', '-noout', '-text'], { request: pem(request) }).toString();
          assert.match(text, /Subject: .*CN ?= ?Somebody/);
          assert.match(text, /DNS:example\.com/);
          assert.equal(await request.verify(crypto), true);
          assert.equal(await request.verify(webcrypto as AnyCrypto), true);
        });

        it('signs a certificate for itself', async () => {
          const certificate = await selfSigned(crypto, keys, { signingAlgorithm });
          openssl(['verify', '-check_ss_sig', '-CAfile', 'certificate', 'certificate'], { certificate: pem(certificate) });
          assert.equal(await certificate.verify({}, crypto), true);
          assert.equal(await certificate.verify({}, webcrypto as AnyCrypto), true);
          assert.equal(await certificate.isSelfSigned(crypto), true);
          const read = new X509Certificate(pem(certificate));
          assert.equal(read.verify(read.publicKey), true);
        });

        it('issues a certificate to another key, and a list of what it has revoked', async () => {
          const certificate = await selfSigned(crypto, keys, { signingAlgorithm, name: 'CN=Authority' });
          const other = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
          const raw = await webcrypto.subtle.exportKey('spki', other.publicKey);
          const leaf = await issued(crypto, Buffer.from(raw), { certificate, privateKey: keys.privateKey }, { signingAlgorithm });
          const files = { authority: pem(certificate), leaf: pem(leaf) };
          openssl(['verify', '-CAfile', 'authority', 'leaf'], files);
          assert.equal(await leaf.verify({ publicKey: certificate.publicKey }, webcrypto as AnyCrypto), true);

          const list = await x509.X509CrlGenerator.create(
            {
              issuer: certificate.subject,
              thisUpdate: new Date('2021-01-01'),
              nextUpdate: new Date('2049-01-01'),
              entries: [{ serialNumber: leaf.serialNumber, revocationDate: new Date('2021-01-01') }],
              signingAlgorithm: signingAlgorithm as never,
              signingKey: keys.privateKey as never,
            },
            crypto,
          );
          assert.throws(
            () => openssl(['verify', '-crl_check', '-CRLfile', 'list', '-CAfile', 'authority', 'leaf'], { ...files, list: crlPem(list.rawData) }),
            /certificate revoked/,
          );
        });
      });
    }

    it('a request becomes a certificate on the token, beside its key', async function () {
      fixture().needs(this, 'write');
      const { subtle, token } = fixture();
      const crypto = fixture().crypto as unknown as AnyCrypto;
      const keys = await given(this, subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']));
      const certificate = await selfSigned(crypto, keys);
      const kept = await token.importCertificate(pem(certificate), { label: 'kept', token: false });
      const spki = Buffer.from(await subtle.exportKey('spki', keys.publicKey));
      assert.deepEqual(Buffer.from(kept.toSpki()), spki);
      const key = await kept.privateKey();
      assert.equal(kept.toKeyObject().equals(key.publicKey!.toKeyObject()), true);
    });
  });
}
