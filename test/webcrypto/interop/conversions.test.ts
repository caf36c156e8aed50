// Keys and certificates of a token as CryptoKeys of both kinds and as KeyObjects, and back.

import assert from 'node:assert/strict';
import { createPublicKey, verify, type KeyObject, type webcrypto } from 'node:crypto';
import { types } from 'node:util';
import { combineWithNode, type CombinedCrypto } from '../../../lib/webcrypto';
import { profiles } from '../../support/profile';
import { selfSigned } from './certificates';
import { carried, data, equal, given, node, useCrypto } from './support';
import type { PrivateKey, PublicKey } from '../../../lib';

const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };
const p1363 = (key: KeyObject): { key: KeyObject; dsaEncoding: 'ieee-p1363' } => ({ key, dsaEncoding: 'ieee-p1363' });
const iv = Buffer.alloc(12, 5);

for (const profile of profiles()) {
  describe(`conversions of keys on ${profile.title}`, () => {
    const fixture = useCrypto(profile);
    const pairOfToken = () => fixture().token.generateKeyPair('ec', { namedCurve: 'P-256' });

    it('a key pair of the token becomes CryptoKeys, and those know the keys of the token', async function () {
      const { crypto, subtle } = fixture();
      const { privateKey, publicKey } = await pairOfToken();
      const mine = await crypto.keyOf(privateKey);
      const half = await crypto.keyOf(publicKey);
      assert.equal(mine.tokenKey, privateKey);
      const signature = await subtle.sign(ecdsa, mine as never, data);
      assert.equal(await subtle.verify(ecdsa, half as never, signature, data), true);
      assert.equal(verify('sha256', data, p1363(half.toKeyObject()), Buffer.from(signature)), true);
      assert.equal(half.toKeyObject().equals(publicKey.toKeyObject()), true);
      const theirs = await publicKey.toCryptoKey('ECDSA');
      assert.equal(await node.verify(ecdsa, theirs, signature, data), true);
      const again = (await mine.tokenKey!.get(['id'])).id;
      assert.deepEqual(again, privateKey.id);
    });

    it('a CryptoKey of the token becomes one of Node.js, and a key of the token again', async function () {
      const { crypto, subtle, token } = fixture();
      const pair = await given(this, subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']));
      const theirs = await carried(pair.publicKey, subtle, node);
      const imported = (await token.importKey(theirs)) as PublicKey;
      const signature = await subtle.sign(ecdsa, pair.privateKey, data);
      assert.equal(await imported.verify('sha256', data, new Uint8Array(signature), { dsaEncoding: 'ieee-p1363' }), true);
      const here = await crypto.keyOf(imported);
      assert.equal(await subtle.verify(ecdsa, here as never, signature, data), true);
    });

    it('a certificate becomes a CryptoKey of the token, one of Node.js, and a KeyObject', async function () {
      fixture().needs(this, 'write');
      const { crypto, subtle, token } = fixture();
      const pair = await given(this, subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']));
      const made = await selfSigned(crypto, pair);
      const certificate = await token.importCertificate(new Uint8Array(made.rawData), { token: false });
      const signature = await subtle.sign(ecdsa, pair.privateKey, data);
      assert.equal(await subtle.verify(ecdsa, (await crypto.keyOf(certificate)) as never, signature, data), true);
      assert.equal(await node.verify(ecdsa, await certificate.toCryptoKey('ECDSA'), signature, data), true);
      assert.equal(verify('sha256', data, p1363(certificate.toKeyObject()), Buffer.from(signature)), true);
      const key: PrivateKey = await certificate.privateKey();
      assert.equal((await crypto.certificateOf(await crypto.keyOf(key)))?.handle, certificate.handle);
      const mine = await crypto.keyPairOf(certificate);
      assert.equal(mine.privateKey.tokenKey?.handle, key.handle);
      assert.equal(await subtle.verify(ecdsa, mine.publicKey as never, await subtle.sign(ecdsa, mine.privateKey as never, data), data), true);
    });
  });

  describe(`the Crypto of ${profile.title} and of Node.js in one`, () => {
    const fixture = useCrypto(profile);
    const both = (): CombinedCrypto => combineWithNode(fixture().crypto);

    it('makes keys in Node.js, and on the token where the algorithm says so', async () => {
      const { subtle } = both();
      const theirs = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
      assert.ok(types.isCryptoKey(theirs.privateKey));
      const placed = { name: 'ECDSA', namedCurve: 'P-256', token: false, label: 'placed' };
      const mine = await subtle.generateKey(placed, false, ['sign', 'verify']);
      assert.equal(types.isCryptoKey(mine.privateKey), false);
      const found = await fixture().token.privateKey({ label: 'placed' });
      const signature = await subtle.sign(ecdsa, mine.privateKey, data);
      assert.equal((await found.findPublicKey())?.toKeyObject().equals(createPublicKey(await pemOf(subtle, mine.publicKey))), true);
      assert.equal(await subtle.verify(ecdsa, mine.publicKey, signature, data), true);
      assert.equal(await subtle.verify(ecdsa, theirs.publicKey, signature, data), false);
      const raw = await subtle.exportKey('raw', mine.publicKey);
      const imported = await subtle.importKey('raw', raw, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
      assert.ok(types.isCryptoKey(imported));
      assert.equal(await subtle.verify(ecdsa, imported, signature, data), true);
      equal(await subtle.digest('SHA-256', data), await node.digest('SHA-256', data));
      assert.equal(both().getRandomValues(new Uint8Array(8)).length, 8);
      assert.equal(both().randomUUID().length, 36);
    });

    it('is made of a Crypto of a token only', () => {
      for (const wrong of [undefined, null, {}, globalThis.crypto, fixture().token, both()]) {
        assert.throws(() => combineWithNode(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' });
      }
    });

    it('agrees between a key of the token and one of Node.js', async function () {
      const { subtle } = both();
      const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
      const mine = await given(this, subtle.generateKey({ ...algorithm, token: false } as never, false, ['deriveBits', 'deriveKey']));
      const { privateKey, publicKey } = mine as unknown as webcrypto.CryptoKeyPair;
      const theirs = await subtle.generateKey(algorithm, false, ['deriveBits', 'deriveKey']);
      const here = await given(this, subtle.deriveBits({ name: 'ECDH', public: theirs.publicKey }, privateKey, 256));
      equal(here, await subtle.deriveBits({ name: 'ECDH', public: publicKey }, theirs.privateKey, 256));
      const aes = { name: 'AES-GCM', length: 256 };
      const one = await subtle.deriveKey({ name: 'ECDH', public: theirs.publicKey }, privateKey, aes, false, ['encrypt']);
      const other = await subtle.deriveKey({ name: 'ECDH', public: publicKey }, theirs.privateKey, aes, false, ['decrypt']);
      const gcm = { name: 'AES-GCM', iv };
      equal(await subtle.decrypt(gcm, other, await subtle.encrypt(gcm, one, data)), data);
    });

    it('wraps the keys of each side by those of the other', async function () {
      const { subtle } = both();
      const kw = { name: 'AES-KW', length: 256 };
      const aes = { name: 'AES-CBC', length: 128 };
      const onToken = <T extends object>(algorithm: T): T => ({ ...algorithm, token: false });
      const mine = await given(this, subtle.generateKey(onToken(kw), false, ['wrapKey', 'unwrapKey']));
      const theirs = await subtle.generateKey(kw, false, ['wrapKey', 'unwrapKey']);
      for (const wrapping of [mine, theirs]) {
        for (const algorithm of [aes, onToken(aes)]) {
          const key = await subtle.generateKey(algorithm, true, ['encrypt', 'decrypt']);
          const wrapped = await given(this, subtle.wrapKey('raw', key, wrapping, 'AES-KW'));
          const back = await subtle.unwrapKey('raw', wrapped, wrapping, 'AES-KW', aes, true, ['encrypt', 'decrypt']);
          assert.equal(types.isCryptoKey(back), wrapping === theirs, 'where it is unwrapped, there it stays');
          equal(await subtle.exportKey('raw', back), await subtle.exportKey('raw', key));
        }
      }
    });

    it('takes away no key that is not extractable, and says what Node.js or the token says', async () => {
      const { subtle } = both();
      const theirs = await subtle.generateKey({ name: 'AES-KW', length: 128 }, false, ['wrapKey']);
      const key = await subtle.generateKey({ name: 'AES-CBC', length: 128, token: false } as never, false, ['encrypt']);
      await assert.rejects(subtle.wrapKey('raw', key as never, theirs, 'AES-KW'));
      await assert.rejects(subtle.exportKey('raw', key as never), { name: 'InvalidAccessError' });
      await assert.rejects(subtle.sign('HMAC', {} as never, data), TypeError);
      await assert.rejects(subtle.encrypt({ name: 'AES-CBC', iv: Buffer.alloc(16) }, theirs, data), { name: 'InvalidAccessError' });
      const { encapsulateBits } = subtle as unknown as { encapsulateBits(algorithm: string, key: unknown): Promise<unknown> };
      await assert.rejects(encapsulateBits('ML-KEM-768', theirs), 'encapsulateBits' in node ? Error : { name: 'NotSupportedError' });
      await assert.rejects(encapsulateBits('ML-KEM-768', key), { name: 'InvalidAccessError' });
      await assert.rejects((subtle.digest as () => Promise<unknown>)(), TypeError);
    });
  });
}

async function pemOf(subtle: webcrypto.SubtleCrypto, key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await subtle.exportKey('spki', key));
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}
