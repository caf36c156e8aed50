// Keys and certificates on the token through node-webcrypto-p11, and what else its Crypto has.

import assert from 'node:assert/strict';
import { randomBytes, X509Certificate as NodeCertificate, type webcrypto } from 'node:crypto';
import type * as WebCryptoP11 from 'node-webcrypto-p11';
import type { Crypto as TokenCrypto, CryptoKey as TokenKey, X509Certificate } from 'node-webcrypto-p11';
import { issue } from '../../../support/certificates';
import type { Checks, Stage } from '../stage';
import { bytes, publicExponent, subtleOf, type Pair } from './help';

const data = randomBytes(64);
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent };
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const keyPair = async (crypto: TokenCrypto, more: object = {}): Promise<{ publicKey: TokenKey; privateKey: TokenKey }> =>
  (await subtleOf(crypto).generateKey({ ...rsa, ...more }, false, ['sign', 'verify'])) as unknown as { publicKey: TokenKey; privateKey: TokenKey };

export const checks: Checks = {
  'tells of its provider': ({ crypto, slot }) => {
    assert.equal(crypto.isLoggedIn, true);
    assert.equal(crypto.isReadWrite, true);
    assert.equal(crypto.token.label, slot.getToken().label);
  },

  'makes a Crypto of a library, with the PIN': (stage) => {
    const { Crypto } = require('node-webcrypto-p11') as typeof WebCryptoP11;
    const { module, slot, pin } = stage;
    const index = module.getSlots(true).indexOf(slot);
    // The library is initialised already, which it takes; close() would finalise it for all.
    const crypto = new Crypto({ library: module.libFile, name: 'of a library', slot: index, readWrite: true, pin });
    assert.equal(crypto.info!.name, 'of a library');
    assert.ok(crypto.info!.algorithms.includes('ECDSA'));
    assert.equal(crypto.info!.slot, index);
    assert.equal(crypto.getRandomValues(new Uint8Array(16)).length, 16);
  },

  'gives random values': ({ crypto }) => {
    const [one, other] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(32))];
    assert.notDeepEqual(one, other);
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65537)), /exceeds/);
  },

  'keys: kept, listed, found, used and removed': async ({ crypto }) => {
    const subtle = subtleOf(crypto);
    const { keyStorage } = crypto;
    const { publicKey, privateKey } = await keyPair(crypto);
    const signature = await subtle.sign(rsa.name, privateKey as unknown as webcrypto.CryptoKey, data);
    assert.equal(await keyStorage.hasItem(privateKey as never), false);
    const [publicId, privateId] = [await keyStorage.setItem(publicKey), await keyStorage.setItem(privateKey)];
    const keys = await keyStorage.keys();
    assert.ok(keys.includes(publicId) && keys.includes(privateId), keys.join());
    assert.equal(publicId.split('-')[0], 'public');
    const found = await keyStorage.getItem(publicId);
    assert.equal(found.algorithm.name, 'RSASSA-PKCS1-v1_5');
    assert.equal((found.algorithm as { token?: boolean }).token, true);
    const typed = await keyStorage.getItem(publicId, rsa as never, true, ['verify']);
    assert.equal(await subtle.verify(rsa.name, typed as unknown as webcrypto.CryptoKey, signature, data), true);
    const signer = await keyStorage.getItem(privateId, rsa as never, false, ['sign']);
    assert.deepEqual(bytes(await subtle.sign(rsa.name, signer as unknown as webcrypto.CryptoKey, data)), bytes(signature));
    assert.equal(await keyStorage.hasItem(signer as never), true);
    assert.equal(await keyStorage.indexOf(signer as never), privateId);
    await keyStorage.removeItem(privateId);
    assert.ok(!(await keyStorage.keys()).includes(privateId));
    await assert.rejects(keyStorage.getItem(privateId));
    await keyStorage.clear();
    assert.deepEqual(await keyStorage.keys(), []);
  },

  'keys: made on the token, and secret ones': async ({ crypto }) => {
    const { keyStorage } = crypto;
    const subtle = subtleOf(crypto);
    await keyPair(crypto, { token: true, label: 'on the token' });
    const aes = { name: 'AES-CBC', length: 256, token: true } as webcrypto.AesKeyGenParams;
    const key = (await subtle.generateKey(aes, false, ['encrypt', 'decrypt'])) as webcrypto.CryptoKey;
    const kinds = (await keyStorage.keys()).map((id) => id.split('-')[0]).sort();
    assert.deepEqual(kinds, ['private', 'public', 'secret']);
    const id = (await keyStorage.keys()).find((one) => one.startsWith('secret'))!;
    const found = (await keyStorage.getItem(id)) as unknown as webcrypto.CryptoKey;
    const how = { name: 'AES-CBC', iv: randomBytes(16) };
    assert.deepEqual(bytes(await subtle.decrypt(how, found, await subtle.encrypt(how, key, data))), data);
    await keyStorage.clear();
  },

  'certificates: imported, listed, exported and removed': async ({ crypto }) => {
    const { certStorage } = crypto;
    const holder = issue('web');
    const pem = `-----BEGIN CERTIFICATE-----\n${holder.certificate.toString('base64')}\n-----END CERTIFICATE-----`;
    const imported = (await certStorage.importCert('raw', Uint8Array.from(holder.certificate), ecdsa as never, ['verify'])) as X509Certificate;
    const again = (await certStorage.importCert('pem', pem, ecdsa as never, ['verify'])) as X509Certificate;
    for (const certificate of [imported, again]) {
      assert.deepEqual([certificate.type, certificate.subjectName, certificate.issuerName], ['x509', 'CN=web', 'CN=web']);
      assert.equal(certificate.notBefore.getUTCFullYear(), 2020);
      assert.equal(certificate.publicKey.algorithm.name, 'ECDSA');
      assert.equal(certificate.token, false);
    }
    const id = await certStorage.setItem(imported as never);
    assert.deepEqual(await certStorage.keys(), [id]);
    assert.deepEqual(bytes((await certStorage.getValue(id))!), holder.certificate);
    const found = (await certStorage.getItem(id, ecdsa as never, ['verify'])) as unknown as X509Certificate;
    assert.equal(new NodeCertificate(bytes((await certStorage.exportCert('raw', found as never)) as ArrayBuffer)).subject, 'CN=web');
    assert.equal(await certStorage.indexOf(found as never), id);
    assert.equal(await certStorage.hasItem(found as never), true);
    const signature = await (await import('node:crypto')).sign('sha256', data, { key: holder.privateKey, dsaEncoding: 'ieee-p1363' });
    const how = { name: 'ECDSA', hash: 'SHA-256' };
    assert.equal(await subtleOf(crypto).verify(how, found.publicKey as unknown as webcrypto.CryptoKey, signature, data), true);
    await certStorage.removeItem(id);
    assert.deepEqual(await certStorage.keys(), []);
    assert.equal(await certStorage.getItem(id), null);
  },

  'certificates: requests of one, made with a key of the token': async (stage: Stage) => {
    if (stage.name === 'nss') stage.skip('no data objects on the token');
    const { crypto } = stage;
    const { certStorage } = crypto;
    const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
    const { publicKey, privateKey } = await keyPair(crypto);
    const keys = { publicKey, privateKey } as unknown as Pair;
    const request = await Pkcs10CertificateRequestGenerator.create(
      { name: 'CN=asked', keys: keys as never, signingAlgorithm: rsa as never },
      crypto as never,
    );
    assert.equal(await request.verify(), true);
    const imported = await certStorage.importCert('raw', request.rawData, rsa as never, ['verify']);
    assert.equal(imported.type, 'request');
    const id = await certStorage.setItem(imported as never);
    assert.ok((await certStorage.keys()).includes(id));
    const found = (await certStorage.getItem(id, rsa as never, ['verify'])) as unknown as X509Certificate;
    assert.equal(found.subjectName, 'CN=asked');
    await certStorage.clear();
    assert.deepEqual(await certStorage.keys(), []);
  },

  'logs out and in, and begins anew': async ({ crypto, pin, session }) => {
    crypto.logout();
    assert.equal(crypto.isLoggedIn, false);
    crypto.login(pin);
    assert.equal(crypto.isLoggedIn, true);
    const before = session.handle;
    crypto.reset();
    assert.ok(!crypto.session.handle.equals(before));
    crypto.login(pin);
    session.handle = crypto.session.handle;
    assert.equal(crypto.getRandomValues(new Uint8Array(4)).length, 4);
  },
};
