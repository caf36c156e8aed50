// pkijs with keys of a token; OpenSSL judges its messages, and makes such that the token must understand.

import assert from 'node:assert/strict';
import { createPrivateKey, webcrypto, type KeyObject } from 'node:crypto';
import { profiles } from '../../support/profile';
import { issued, selfSigned, type x509 } from './certificates';
import { envelopedData, openedData, signedData, verifiedData } from './cms';
import { needsOpenssl, openssl } from './openssl';
import { data, given, node, useCrypto, type Usage } from './support';

const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

const SIGNERS: readonly (readonly [title: string, key: object, hash: string, signing: object])[] = [
  ['RSASSA-PKCS1-v1_5', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...rsa }, 'SHA-256', { name: 'RSASSA-PKCS1-v1_5' }],
  ['RSA-PSS', { name: 'RSA-PSS', hash: 'SHA-256', ...rsa }, 'SHA-256', { name: 'RSA-PSS', saltLength: 32 }],
  ['ECDSA on P-256', { name: 'ECDSA', namedCurve: 'P-256' }, 'SHA-256', { name: 'ECDSA', hash: 'SHA-256' }],
  ['ECDSA on P-384', { name: 'ECDSA', namedCurve: 'P-384' }, 'SHA-384', { name: 'ECDSA', hash: 'SHA-384' }],
  ['ECDSA on P-521', { name: 'ECDSA', namedCurve: 'P-521' }, 'SHA-512', { name: 'ECDSA', hash: 'SHA-512' }],
];

/**
 * A key that can be sent something, what OpenSSL is told to send it, and what the key is used for. OpenSSL sends no keying material of its own with ECDH, and pkijs
 * takes that for empty material, which makes another key of it (RFC 5753, section 7.2): it cannot read these, with whatever Web Cryptography.
 */
const RECEIVERS: readonly (readonly [title: string, key: object, words: string[] | undefined, usages: Usage[]])[] = [
  ['RSA-OAEP', { name: 'RSA-OAEP', hash: 'SHA-1', ...rsa }, ['-keyopt', 'rsa_padding_mode:oaep'], ['encrypt', 'decrypt']],
  ['ECDH on P-256', { name: 'ECDH', namedCurve: 'P-256' }, undefined, ['deriveBits']],
  ['ECDH on P-384', { name: 'ECDH', namedCurve: 'P-384' }, undefined, ['deriveBits']],
];

const pem = (certificate: x509.X509Certificate): string => certificate.toString('pem');
const keyPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }) as string;
const tampered = Buffer.concat([data.subarray(0, -1), Buffer.of(0)]);

/** A message of OpenSSL with this content. */
const madeByOpenssl = (words: string[], files: Record<string, string | Uint8Array>): Buffer =>
  openssl(['cms', '-binary', '-in', 'content', '-outform', 'DER', ...words], { ...files, content: data });

for (const profile of profiles()) {
  describe(`pkijs on ${profile.title}`, () => {
    const fixture = useCrypto(profile);

    before(function () {
      needsOpenssl(this);
    });

    for (const [title, algorithm, hash, signing] of SIGNERS) {
      it(`signs messages with ${title}`, async function () {
        const { crypto, subtle } = fixture();
        const keys = (await given(this, subtle.generateKey(algorithm as never, false, ['sign', 'verify']))) as unknown as webcrypto.CryptoKeyPair;
        await given(this, subtle.sign(signing as never, keys.privateKey, data));
        const certificate = await selfSigned(crypto, keys, { signingAlgorithm: signing });
        const by = { certificate, privateKey: keys.privateKey, hash };
        const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'message', '-CAfile', 'certificate', '-purpose', 'any'];

        const message = await signedData(data, by, crypto);
        assert.deepEqual(openssl(verify, { message, certificate: pem(certificate) }), data);
        assert.equal(await verifiedData(message, crypto), true);
        assert.equal(await verifiedData(message, webcrypto), true);

        const detached = await signedData(data, { ...by, detached: true }, crypto);
        const files = { message: detached, certificate: pem(certificate) };
        assert.deepEqual(openssl([...verify, '-content', 'content'], { ...files, content: data }), data);
        assert.throws(() => openssl([...verify, '-content', 'content'], { ...files, content: tampered }));
        assert.equal(await verifiedData(detached, crypto, data), true);
        assert.equal(await verifiedData(detached, crypto, tampered), false);
      });

      it(`verifies what others have signed with ${title}`, async function () {
        const { crypto, subtle } = fixture();
        const keys = (await node.generateKey(algorithm as never, true, ['sign', 'verify'])) as unknown as webcrypto.CryptoKeyPair;
        const certificate = await selfSigned(webcrypto, keys, { signingAlgorithm: signing });
        const files = {
          certificate: pem(certificate),
          key: keyPem(createPrivateKey({ key: Buffer.from(await node.exportKey('pkcs8', keys.privateKey)), format: 'der', type: 'pkcs8' })),
        };
        const pss = title === 'RSA-PSS' ? ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:32'] : [];
        const words = ['-sign', '-signer', 'certificate', '-inkey', 'key', '-md', hash.replace('-', ''), '-nodetach', ...pss];
        const message = madeByOpenssl(words, files);
        // Whether the token can verify such signatures at all.
        const publicKey = await given(
          this,
          subtle.importKey('spki', await node.exportKey('spki', keys.publicKey), keys.publicKey.algorithm as never, true, ['verify']),
        );
        await given(this, subtle.verify(signing as never, publicKey, await node.sign(signing as never, keys.privateKey, data), data));
        assert.equal(await verifiedData(message, crypto), true);
        const at = message.indexOf(data);
        message[at]! ^= 1;
        assert.equal(await verifiedData(message, crypto), false);
      });
    }

    for (const [title, algorithm, words, usages] of RECEIVERS) {
      it(`opens messages for ${title}`, async function () {
        const { crypto, subtle } = fixture();
        const authority = await authorityOf(crypto, subtle);
        const keys = (await given(this, subtle.generateKey(algorithm as never, false, usages))) as unknown as webcrypto.CryptoKeyPair;
        const spki = Buffer.from(await subtle.exportKey('spki', keys.publicKey));
        const certificate = await issued(crypto, spki, authority);
        if (words !== undefined) {
          const theirs = madeByOpenssl(['-encrypt', '-aes-256-cbc', '-recip', 'certificate', ...words], { certificate: pem(certificate) });
          assert.deepEqual(await given(this, openedData(theirs, certificate, keys.privateKey, crypto)), data);
        }
        const ours = await given(this, envelopedData(data, certificate, crypto));
        assert.deepEqual(await given(this, openedData(ours, certificate, keys.privateKey, crypto)), data);
        assert.deepEqual(await openedData(await envelopedData(data, certificate, webcrypto), certificate, keys.privateKey, crypto), data);
      });

      it(`makes messages for ${title}`, async function () {
        const { crypto, subtle } = fixture();
        const authority = await authorityOf(crypto, subtle);
        const keys = (await node.generateKey(algorithm as never, true, usages)) as unknown as webcrypto.CryptoKeyPair;
        const certificate = await issued(crypto, Buffer.from(await node.exportKey('spki', keys.publicKey)), authority);
        const message = await given(this, envelopedData(data, certificate, crypto));
        const key = keyPem(createPrivateKey({ key: Buffer.from(await node.exportKey('pkcs8', keys.privateKey)), format: 'der', type: 'pkcs8' }));
        const decrypt = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-in', 'message', '-recip', 'certificate', '-inkey', 'key'];
        assert.deepEqual(openssl(decrypt, { message, certificate: pem(certificate), key }), data);
      });
    }
  });
}

/** Somebody on the token who issues certificates. */
async function authorityOf(
  crypto: object,
  subtle: webcrypto.SubtleCrypto,
): Promise<{ certificate: x509.X509Certificate; privateKey: webcrypto.CryptoKey }> {
  const keys = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  return { certificate: await selfSigned(crypto, keys, { name: 'CN=Authority', signingAlgorithm }), privateKey: keys.privateKey };
}
