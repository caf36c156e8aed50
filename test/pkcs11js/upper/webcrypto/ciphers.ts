// Encryption, wrapping and agreement through node-webcrypto-p11, with Node's own WebCrypto as the other side.

import assert from 'node:assert/strict';
import { createCipheriv, randomBytes, type webcrypto } from 'node:crypto';
import type { Check, Checks } from '../stage';
import { bytes, node, publicExponent, subtleOf, type Pair } from './help';

type SecretKey = webcrypto.CryptoKey;

const data = randomBytes(301);
const aesUses: webcrypto.KeyUsage[] = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];

const aes =
  (name: 'AES-CBC' | 'AES-GCM', length: number): Check =>
  async (stage) => {
    stage.requires(name === 'AES-GCM' ? 'CKM_AES_GCM' : 'CKM_AES_CBC_PAD');
    const subtle = subtleOf(stage.crypto);
    const algorithm =
      name === 'AES-GCM' ? { name, iv: randomBytes(12), additionalData: randomBytes(9), tagLength: 128 } : { name, iv: randomBytes(16) };
    const key = (await subtle.generateKey({ name, length }, true, aesUses)) as SecretKey;
    assert.equal((key.algorithm as webcrypto.AesKeyAlgorithm).length, length);
    const raw = await subtle.exportKey('raw', key);
    const theirs = await node.importKey('raw', raw, name, true, aesUses);
    const sealed = await subtle.encrypt(algorithm, key, data);
    assert.deepEqual(bytes(sealed), bytes(await node.encrypt(algorithm, theirs, data)));
    assert.deepEqual(bytes(await subtle.decrypt(algorithm, key, sealed)), data);
    const jwk = await subtle.exportKey('jwk', key);
    assert.deepEqual([jwk.kty, jwk.alg], ['oct', `A${length}${name.slice(4)}`]);
    const again = await subtle.importKey('jwk', jwk, name, false, aesUses);
    assert.deepEqual(bytes(await subtle.decrypt(algorithm, again, sealed)), data);
    const broken = Buffer.from(sealed);
    broken[broken.length - 1]! ^= 1;
    if (name === 'AES-GCM') await assert.rejects(subtle.decrypt(algorithm, key, broken), { name: 'Pkcs11Error' });
  };

const oaep =
  (hash: string): Check =>
  async (stage) => {
    stage.requires('CKM_RSA_X_509');
    const subtle = subtleOf(stage.crypto);
    const algorithm = { name: 'RSA-OAEP', hash, modulusLength: 2048, publicExponent };
    const { publicKey, privateKey } = (await subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])) as Pair;
    const plain = randomBytes(50);
    const label = randomBytes(7);
    const how = { name: 'RSA-OAEP', label };
    assert.deepEqual(bytes(await subtle.decrypt(how, privateKey, await subtle.encrypt(how, publicKey, plain))), plain);
    const theirs = await node.importKey('spki', await subtle.exportKey('spki', publicKey), algorithm, true, ['encrypt']);
    assert.deepEqual(bytes(await subtle.decrypt(how, privateKey, await node.encrypt(how, theirs, plain))), plain);
  };

const agreement =
  (namedCurve: string, length: number): Check =>
  async (stage) => {
    stage.requires('CKM_ECDH1_DERIVE');
    const subtle = subtleOf(stage.crypto);
    const algorithm = { name: 'ECDH', namedCurve };
    const [mine, yours] = (await Promise.all([0, 1].map(() => subtle.generateKey(algorithm, false, ['deriveBits', 'deriveKey'])))) as [Pair, Pair];
    const theirs = (await node.generateKey(algorithm, true, ['deriveBits'])) as Pair;
    const one = await subtle.deriveBits({ name: 'ECDH', public: yours.publicKey }, mine.privateKey, length);
    const other = await subtle.deriveBits({ name: 'ECDH', public: mine.publicKey }, yours.privateKey, length);
    assert.deepEqual(bytes(one), bytes(other));
    const publicKey = await subtle.importKey('raw', await node.exportKey('raw', theirs.publicKey), algorithm, true, []);
    const derived = await subtle.deriveBits({ name: 'ECDH', public: publicKey }, mine.privateKey, length);
    const ours = await node.importKey('spki', await subtle.exportKey('spki', mine.publicKey), algorithm, true, []);
    assert.deepEqual(bytes(derived), bytes(await node.deriveBits({ name: 'ECDH', public: ours }, theirs.privateKey, length)));
  };

export const checks: Checks = {
  'AES-CBC, 128 bits': aes('AES-CBC', 128),
  'AES-CBC, 256 bits': aes('AES-CBC', 256),
  'AES-GCM, 256 bits': aes('AES-GCM', 256),
  'AES-ECB': async (stage) => {
    stage.requires('CKM_AES_ECB');
    const subtle = subtleOf(stage.crypto);
    const raw = randomBytes(16);
    const key = await subtle.importKey('raw', raw, 'AES-ECB', false, ['encrypt', 'decrypt']);
    const theirs = createCipheriv('aes-128-ecb', raw, null);
    const sealed = await subtle.encrypt('AES-ECB' as never, key, data);
    assert.deepEqual(bytes(sealed), Buffer.concat([theirs.update(data), theirs.final()]));
    assert.deepEqual(bytes(await subtle.decrypt('AES-ECB' as never, key, sealed)), data);
  },
  'RSA-OAEP with SHA-1': oaep('SHA-1'),
  'RSA-OAEP with SHA-256': oaep('SHA-256'),
  'RSA-OAEP with SHA-512': oaep('SHA-512'),
  'RSAES-PKCS1-v1_5': async (stage) => {
    stage.requires('CKM_RSA_PKCS');
    const subtle = subtleOf(stage.crypto);
    const algorithm = { name: 'RSAES-PKCS1-v1_5', modulusLength: 2048, publicExponent };
    const { publicKey, privateKey } = (await subtle.generateKey(algorithm as never, false, ['encrypt', 'decrypt'])) as unknown as Pair;
    const plain = randomBytes(50);
    const sealed = await subtle.encrypt(algorithm as never, publicKey, plain);
    assert.deepEqual(bytes(await subtle.decrypt(algorithm as never, privateKey, sealed)), plain);
  },
  'ECDH on P-256': agreement('P-256', 256),
  'ECDH on P-384': agreement('P-384', 384),
  'ECDH to a key': async (stage) => {
    stage.requires('CKM_ECDH1_DERIVE');
    const subtle = subtleOf(stage.crypto);
    const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
    const [mine, yours] = (await Promise.all([0, 1].map(() => subtle.generateKey(algorithm, false, ['deriveBits', 'deriveKey'])))) as [Pair, Pair];
    const to = { name: 'AES-CBC', length: 256 };
    const key = await subtle.deriveKey({ name: 'ECDH', public: yours.publicKey }, mine.privateKey, to, true, ['encrypt', 'decrypt']);
    const bits = await subtle.deriveBits({ name: 'ECDH', public: mine.publicKey }, yours.privateKey, 256);
    assert.deepEqual(bytes(await subtle.exportKey('raw', key)), bytes(bits));
  },
  'wraps and unwraps keys': async (stage) => {
    stage.requires('CKM_AES_CBC_PAD');
    const subtle = subtleOf(stage.crypto);
    const wrapping = (await subtle.generateKey({ name: 'AES-CBC', length: 256 }, false, aesUses)) as SecretKey;
    const key = (await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt', 'decrypt'])) as SecretKey;
    const how = { name: 'AES-CBC', iv: randomBytes(16) };
    for (const format of ['raw', 'jwk'] as const) {
      const wrapped = await subtle.wrapKey(format, key, wrapping, how);
      const back = await subtle.unwrapKey(format, wrapped, wrapping, how, { name: 'AES-CBC' }, true, ['encrypt', 'decrypt']);
      assert.deepEqual(bytes(await subtle.exportKey('raw', back)), bytes(await subtle.exportKey('raw', key)));
    }
  },
  'private keys come out where they may': async (stage) => {
    const subtle = subtleOf(stage.crypto);
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent };
    const { privateKey } = (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as Pair;
    const theirs = await node.importKey('pkcs8', await subtle.exportKey('pkcs8', privateKey), algorithm, true, ['sign']);
    assert.deepEqual(bytes(await node.sign('RSASSA-PKCS1-v1_5', theirs, data)), bytes(await subtle.sign('RSASSA-PKCS1-v1_5', privateKey, data)));
    const closed = (await subtle.generateKey(algorithm, false, ['sign', 'verify'])) as Pair;
    await assert.rejects(subtle.exportKey('pkcs8', closed.privateKey));
  },
};
