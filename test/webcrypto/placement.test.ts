import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, type webcrypto } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as core from 'webcrypto-core';
import { CKM, type Certificate, type PrivateKey, type PublicKey, type SecretKey } from '../../lib';
import { createCrypto } from '../../lib/webcrypto';
import { keyIdentifier } from '../../lib/export-key';
import { issue } from '../support/certificates';
import { all } from '../support/token';
import { data, node, onTokens, rejects, RSA, sameBytes } from './support';
import type { CryptoKey, CryptoKeyPair } from '../../lib/webcrypto';

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
const use = { name: 'ECDSA', hash: 'SHA-256' };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

onTokens('WebCrypto keys and where they live', (given) => {
  it('in the session, unless the algorithm says otherwise', async function () {
    const { crypto, fixture } = given();
    fixture.needs(this, 'session-objects');
    const { privateKey, publicKey } = await crypto.subtle.generateKey(ecdsa, false, ['sign', 'verify']);
    assert.deepEqual([privateKey.tokenKey!.attributes.token, publicKey.tokenKey!.attributes.token], [false, false]);
    const { sensitive, extractable } = privateKey.tokenKey!.attributes;
    assert.deepEqual([sensitive, extractable], [true, false]);
  });

  it('on the token, with a label and an identifier', async () => {
    const { crypto, fixture } = given();
    const id = randomBytes(8);
    await crypto.subtle.generateKey({ ...ecdsa, token: true, label: 'kept', id }, false, ['sign', 'verify']);
    const found = await fixture.token.privateKey({ label: 'kept' });
    assert.deepEqual([found.attributes.token, Buffer.from(found.id!)], [true, id]);
    const { privateKey, publicKey } = await crypto.keyPairOf(found);
    assert.deepEqual([privateKey.algorithm, privateKey.usages, privateKey.extractable], [ecdsa, ['sign'], false]);
    assert.deepEqual([publicKey.algorithm, publicKey.usages, publicKey.extractable], [ecdsa, ['verify'], true]);
    assert.equal(await crypto.subtle.verify(use, publicKey, await crypto.subtle.sign(use, privateKey, data), data), true);
    await found.destroy();
    await (publicKey.tokenKey as PublicKey).destroy();
  });

  it('on the token for all, where the Crypto was told so', async () => {
    const { fixture } = given();
    const { subtle } = createCrypto(fixture.token, { token: true });
    const kept = (await subtle.importKey('raw', randomBytes(16), 'AES-GCM', false, ['encrypt'])) as CryptoKey;
    const { publicKey: theirs } = (await node.generateKey(ecdsa, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const half = await subtle.importKey('spki', await node.exportKey('spki', theirs), ecdsa, true, ['verify']);
    const not = await subtle.importKey('raw', randomBytes(16), { name: 'AES-GCM', token: false }, false, ['encrypt']);
    assert.deepEqual(
      [kept, half, not].map(({ tokenKey }) => tokenKey!.attributes.token),
      [true, true, false],
    );
    await kept.tokenKey!.destroy();
    await half.tokenKey!.destroy();
  });

  it('keys that nobody has any more are removed', async function () {
    const { crypto, fixture } = given();
    fixture.needs(this, 'session-objects');
    const there = (await node.generateKey(ecdsa, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const [spki, signature] = [await node.exportKey('spki', there.publicKey), await node.sign(use, there.privateKey, data)];
    const before = (await all(fixture.token.publicKeys())).length;
    const held = await crypto.subtle.importKey('spki', spki, ecdsa, true, ['verify']);
    assert.equal(await crypto.subtle.verify(use, held, signature, data), true);
    for (let index = 0; index < 20; index++) {
      const key = await crypto.subtle.importKey('spki', spki, ecdsa, true, ['verify']);
      assert.equal(await crypto.subtle.verify(use, key, signature, data), true);
    }
    for (let left = Number.POSITIVE_INFINITY; left > before + 1; left = (await all(fixture.token.publicKeys({ class: 2 }))).length) {
      collect();
      await setImmediate();
    }
    assert.equal(await crypto.subtle.verify(use, held, signature, data), true);
  });

  it('many calls at once', async () => {
    const { subtle } = given().crypto;
    const { privateKey, publicKey } = await subtle.generateKey(ecdsa, false, ['sign', 'verify']);
    const texts = Array.from({ length: 200 }, (_, index) => Buffer.from(`text ${index}`));
    const signatures = await Promise.all(texts.map((text) => subtle.sign(use, privateKey, text)));
    const valid = await Promise.all(signatures.map((signature, index) => subtle.verify(use, publicKey, signature, texts[index]!)));
    assert.ok(valid.every(Boolean));
    assert.equal(await subtle.verify(use, publicKey, signatures[0]!, texts[1]!), false);
  });

  it('one public key, used by many before it is on the token', async () => {
    const { crypto, fixture } = given();
    const { subtle } = crypto;
    const there = (await node.generateKey(ecdsa, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const spki = new Uint8Array(await node.exportKey('spki', there.publicKey));
    const key = await subtle.importKey('spki', spki, ecdsa, true, ['verify']);
    assert.equal(key.tokenKey, undefined);
    const signature = await node.sign(use, there.privateKey, data);
    const valid = await Promise.all(Array.from({ length: 20 }, () => subtle.verify(use, key, signature, data)));
    assert.ok(valid.every(Boolean));
    assert.equal((await all(fixture.token.publicKeys({ id: keyIdentifier(spki) }))).length, 1);
    // As after a recovery that took the keys of the session away.
    await key.tokenKey!.destroy();
    assert.equal(await subtle.verify(use, key, signature, data), true);
  });
});

onTokens('WebCrypto keys of what is there', (given) => {
  const subjects: [CryptoKeyPair, Certificate][] = [];
  let pair: CryptoKeyPair;
  let certificate: Certificate;

  before(async () => {
    const { crypto, fixture } = given();
    pair = await crypto.subtle.generateKey({ ...ecdsa, token: true, label: 'subject' }, false, ['sign', 'verify']);
    const stranger = (await node.generateKey(ecdsa, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const { KeyObject } = await import('node:crypto');
    const keys = { publicKey: pair.publicKey.toKeyObject(), privateKey: KeyObject.from(stranger.privateKey) };
    const issuer = issue('an issuer');
    certificate = await fixture.token.importCertificate(issue('a subject', issuer, keys).certificate, { label: 'subject' });
    subjects.push([pair, certificate]);
  });

  it('certificate to CryptoKey, KeyObject and back', async () => {
    const { crypto } = given();
    const key = await crypto.keyOf(certificate);
    assert.deepEqual([key.type, key.algorithm, key.usages], ['public', ecdsa, ['verify']]);
    assert.ok(key.toKeyObject().equals(certificate.x509.publicKey));
    const signature = await crypto.subtle.sign(use, pair.privateKey, data);
    assert.equal(await crypto.subtle.verify(use, key, signature, data), true);
    for (const one of [key, pair.publicKey, pair.privateKey]) assert.equal((await crypto.certificateOf(one))?.label, 'subject');
    const both = await crypto.keyPairOf(certificate);
    assert.equal(await crypto.subtle.verify(use, both.publicKey, await crypto.subtle.sign(use, both.privateKey, data), data), true);
    const other = await crypto.subtle.generateKey(ecdsa, false, ['sign', 'verify']);
    assert.equal(await crypto.certificateOf(other.publicKey), undefined);
    assert.equal(await crypto.certificateOf(other.privateKey), undefined);
  });

  it('public key to CryptoKey, KeyObject and back', async () => {
    const { crypto, fixture } = given();
    const publicKey = await fixture.token.publicKey({ label: 'subject' });
    const key = await crypto.keyOf(publicKey);
    assert.equal(key.tokenKey, publicKey);
    assert.ok(key.toKeyObject().equals(publicKey.toKeyObject()));
    const again = await crypto.keyOf(key.toKeyObject());
    assert.deepEqual([again.type, again.algorithm, again.usages], ['public', ecdsa, ['verify']]);
    const half = await crypto.keyOf(publicKey.toKeyObject(), { name: 'ECDH' });
    assert.deepEqual([half.algorithm, half.usages], [{ name: 'ECDH', namedCurve: 'P-256' }, []]);
    const known = (await fixture.token.privateKey({ label: 'subject' })).publicKey;
    if (known !== undefined) assert.equal((await crypto.keyOf(known)).type, 'public');
    await rejects(
      Promise.resolve().then(() => pair.privateKey.toKeyObject()),
      'InvalidAccessError',
    );
  });

  it('every kind of key, by its usual algorithm or another', async function () {
    const { crypto, fixture } = given();
    await fixture.requires(this, CKM.AES_GCM, CKM.RSA_PKCS);
    const { token } = fixture;
    const rsa = await token.generateKeyPair('rsa', { modulusLength: 2048 });
    const named = async (key: PrivateKey | PublicKey | SecretKey, algorithm?: webcrypto.AlgorithmIdentifier): Promise<unknown> => {
      const { algorithm: shown, usages } = await crypto.keyOf(key, algorithm);
      return [shown.name, ...usages];
    };
    assert.deepEqual(await named(rsa.privateKey), ['RSASSA-PKCS1-v1_5', 'sign']);
    assert.deepEqual(await named(rsa.privateKey, 'RSA-OAEP'), ['RSA-OAEP', 'decrypt', 'unwrapKey']);
    assert.deepEqual(await named(rsa.publicKey, { name: 'RSA-PSS', hash: 'SHA-512' } as webcrypto.Algorithm), ['RSA-PSS', 'verify']);
    const { algorithm } = await crypto.keyOf(rsa.privateKey, { name: 'RSA-PSS', hash: 'SHA-512' } as webcrypto.Algorithm);
    assert.deepEqual(algorithm, { name: 'RSA-PSS', ...RSA, hash: { name: 'SHA-512' } });
    const aes = await token.generateKey('aes', { length: 192 });
    assert.deepEqual((await crypto.keyOf(aes)).algorithm, { name: 'AES-GCM', length: 192 });
    assert.deepEqual((await crypto.keyOf(aes, 'AES-CTR', ['encrypt'])).usages, ['encrypt']);
    const hmac = await token.generateKey('hmac', { length: 256 });
    assert.deepEqual((await crypto.keyOf(hmac)).algorithm, { name: 'HMAC', hash: { name: 'SHA-256' }, length: 256 });
    await rejects(crypto.keyOf(aes, 'HMAC'), 'DataError');
    await rejects(crypto.keyOf(aes, 'RSA-PSS'), 'DataError');
    await rejects(crypto.keyOf(rsa.privateKey, 'AES-GCM'), 'DataError');
    await rejects(crypto.keyOf(rsa.privateKey, 'Ed25519'), 'DataError');
    await rejects(crypto.keyOf(rsa.privateKey, 'ECDSA'), 'DataError');
    await rejects(crypto.keyOf(rsa.privateKey, 'RSA-PSS', ['verify']), 'SyntaxError');
    await rejects(crypto.keyOf(rsa.privateKey, 'DES'), 'NotSupportedError');
    for (const wrong of [undefined, null, {}, 'key', certificate.x509]) await rejects(crypto.keyOf(wrong as never), 'TypeError');
    await rejects(crypto.keyPairOf(rsa.publicKey as never), 'TypeError');
    await rejects(crypto.certificateOf((await crypto.keyOf(aes)) as CryptoKey), 'TypeError');
  });

  it('keys of a list with few attributes', async () => {
    const { crypto, fixture } = given();
    const [key] = await all(fixture.token.privateKeys({ label: 'subject' }, { only: ['label'] }));
    const { algorithm, usages } = await crypto.keyOf(key!);
    assert.deepEqual([algorithm, usages], [ecdsa, ['sign']]);
  });

  it('keys show what they are for, and nothing of themselves', async () => {
    const { crypto } = given();
    const key = await crypto.subtle.importKey('raw', Buffer.from('0123456789abcdef'), 'AES-GCM', true, ['encrypt']);
    const shown = inspect(key);
    assert.match(shown, /^CryptoKey \{.*type: 'secret'/s);
    assert.doesNotMatch(shown, /0123|3031/);
    assert.doesNotMatch(JSON.stringify(key), /0123/);
    assert.equal(Object.prototype.toString.call(key), '[object CryptoKey]');
  });

  it('the classes are those of webcrypto-core', () => {
    const { crypto } = given();
    assert.ok(crypto instanceof core.Crypto && crypto.subtle instanceof core.SubtleCrypto && pair.privateKey instanceof core.CryptoKey);
  });

  it('what is known of a key elsewhere verifies', async () => {
    const { crypto } = given();
    const spki = Buffer.from(await crypto.subtle.exportKey('spki', pair.publicKey));
    const elsewhere = await crypto.keyOf(createPublicKey({ key: spki, format: 'der', type: 'spki' }));
    const signature = await crypto.subtle.sign(use, pair.privateKey, data);
    assert.equal(await crypto.subtle.verify(use, elsewhere, signature, data), true);
    sameBytes(await crypto.subtle.exportKey('spki', elsewhere), spki);
  });
});
