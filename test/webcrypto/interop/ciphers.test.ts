// What the token encrypts, Node.js decrypts, and the other way round; the same for keys that are wrapped.

import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { profiles } from '../../support/profile';
import { carried, data, equal, given, needsOaep, node, useCrypto, type Usage } from './support';

const both: Usage[] = ['encrypt', 'decrypt'];
const iv = Buffer.alloc(16, 7);
const nonce = Buffer.alloc(12, 9);
const additionalData = Buffer.from('not secret');
const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

type Named = webcrypto.Algorithm & Record<string, unknown>;

/** The algorithm of the operation, by the name of the key's. */
const CIPHERS: readonly (readonly [title: string, algorithm: Named])[] = [
  ['AES-CBC', { name: 'AES-CBC', iv }],
  ['AES-CTR', { name: 'AES-CTR', counter: iv, length: 64 }],
  ['AES-CTR with a counter of 128 bits', { name: 'AES-CTR', counter: iv, length: 128 }],
  ['AES-GCM', { name: 'AES-GCM', iv: nonce }],
  ['AES-GCM with additional data', { name: 'AES-GCM', iv: nonce, additionalData }],
  ['AES-GCM with a short tag', { name: 'AES-GCM', iv: nonce, additionalData, tagLength: 96 }],
];

const OAEP: readonly (readonly [title: string, hash: string, label?: Buffer])[] = [
  ['SHA-1', 'SHA-1'],
  ['SHA-1 and a label', 'SHA-1', additionalData],
  ['SHA-256', 'SHA-256'],
  ['SHA-512', 'SHA-512'],
];

for (const profile of profiles()) {
  describe(`encryption of Web Cryptography on ${profile.title} and Node.js`, () => {
    const fixture = useCrypto(profile);

    for (const [title, algorithm] of CIPHERS) {
      for (const length of [128, 256]) {
        it(`${title}, ${length} bits`, async function () {
          const { subtle } = fixture();
          const made = await given(this, subtle.generateKey({ name: algorithm.name, length }, true, both));
          const theirs = await carried(made, subtle, node);
          equal(await node.decrypt(algorithm, theirs, await given(this, subtle.encrypt(algorithm, made, data))), data);
          equal(await subtle.decrypt(algorithm, made, await node.encrypt(algorithm, theirs, data)), data);
          equal(await subtle.encrypt(algorithm, made, data), await node.encrypt(algorithm, theirs, data));
          equal(await subtle.encrypt(algorithm, made, new Uint8Array(0)), await node.encrypt(algorithm, theirs, new Uint8Array(0)), 'nothing');

          const other = await node.generateKey({ name: algorithm.name, length }, true, both);
          const here = await carried(other, node, subtle, { extractable: false });
          equal(await subtle.decrypt(algorithm, here, await node.encrypt(algorithm, other, data)), data);
        });
      }
    }

    it('what AES-GCM does not prove is an OperationError on both sides', async function () {
      const { subtle } = fixture();
      const algorithm = { name: 'AES-GCM', iv: nonce };
      const key = await given(this, subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, both));
      const sealed = new Uint8Array(await given(this, subtle.encrypt(algorithm, key, data)));
      sealed[3]! ^= 1;
      await assert.rejects(subtle.decrypt(algorithm, key, sealed), { name: 'OperationError' });
      await assert.rejects(node.decrypt(algorithm, await carried(key, subtle, node), sealed), { name: 'OperationError' });
    });

    for (const [title, hash, label] of OAEP) {
      const algorithm = { name: 'RSA-OAEP', ...(label && { label }) };
      const secret = data.subarray(0, 32);

      it(`RSA-OAEP with ${title}`, async function () {
        const { subtle } = fixture();
        needsOaep(this, fixture(), hash, label !== undefined);
        const made = await given(this, subtle.generateKey({ name: 'RSA-OAEP', hash, ...rsa }, false, both));
        const theirs = await carried(made.publicKey, subtle, node);
        equal(await given(this, subtle.decrypt(algorithm, made.privateKey, await node.encrypt(algorithm, theirs, secret))), secret);

        const other = await node.generateKey({ name: 'RSA-OAEP', hash, ...rsa }, true, both);
        const publicKey = await carried(other.publicKey, node, subtle);
        const privateKey = await carried(other.privateKey, node, subtle, { extractable: false });
        equal(await node.decrypt(algorithm, other.privateKey, await given(this, subtle.encrypt(algorithm, publicKey, secret))), secret);
        equal(await subtle.decrypt(algorithm, privateKey, await node.encrypt(algorithm, other.publicKey, secret)), secret);
      });
    }
  });

  describe(`wrapped keys of Web Cryptography on ${profile.title} and Node.js`, () => {
    const fixture = useCrypto(profile);
    const wrapping: Usage[] = ['wrapKey', 'unwrapKey'];

    type Wrapping = readonly [title: string, key: webcrypto.AesKeyGenParams, operation: Named];
    const WRAPPINGS: readonly Wrapping[] = [
      ['AES-KW', { name: 'AES-KW', length: 256 }, { name: 'AES-KW' }],
      ['AES-GCM', { name: 'AES-GCM', length: 256 }, { name: 'AES-GCM', iv: nonce }],
      ['AES-CBC', { name: 'AES-CBC', length: 128 }, { name: 'AES-CBC', iv }],
      ['AES-CTR', { name: 'AES-CTR', length: 128 }, { name: 'AES-CTR', counter: iv, length: 64 }],
    ];
    const secret = { name: 'AES-CBC', length: 256 };

    for (const [title, algorithm, operation] of WRAPPINGS) {
      for (const format of ['raw', 'jwk'] as const) {
        it(`secret keys as ${format} by ${title}`, async function () {
          const { subtle } = fixture();
          const mine = await given(this, subtle.generateKey(algorithm, true, wrapping));
          const theirs = await carried(mine, subtle, node);
          const key = await subtle.generateKey(secret, true, both);
          const value = await subtle.exportKey('raw', key);
          const wrapped = await given(this, subtle.wrapKey(format, key, mine, operation));
          equal(await node.exportKey('raw', await node.unwrapKey(format, wrapped, theirs, operation, secret, true, both)), value);
          const back = await node.wrapKey(format, await carried(key, subtle, node), theirs, operation);
          const here = await subtle.unwrapKey(format, back, mine, operation, secret, true, both);
          equal(await subtle.exportKey('raw', here), value);
          const cbc = { name: 'AES-CBC', iv };
          equal(await subtle.decrypt(cbc, here, await subtle.encrypt(cbc, key, data)), data);
        });
      }
    }

    for (const [title, algorithm, operation] of WRAPPINGS.filter(([name]) => name !== 'AES-KW')) {
      it(`private keys as pkcs8 by ${title}`, async function () {
        const { subtle } = fixture();
        const mine = await given(this, subtle.generateKey(algorithm, true, wrapping));
        const theirs = await carried(mine, subtle, node);
        const ec = { name: 'ECDSA', namedCurve: 'P-256' };
        const signing = { name: 'ECDSA', hash: 'SHA-256' };
        const pair = await given(this, subtle.generateKey(ec, true, ['sign', 'verify']));
        const wrapped = await given(this, subtle.wrapKey('pkcs8', pair.privateKey, mine, operation));
        const there = await node.unwrapKey('pkcs8', wrapped, theirs, operation, ec, true, ['sign']);
        assert.equal(await subtle.verify(signing, pair.publicKey, await node.sign(signing, there, data), data), true);
        const back = await node.wrapKey('pkcs8', there, theirs, operation);
        const here = await subtle.unwrapKey('pkcs8', back, mine, operation, ec, false, ['sign']);
        assert.equal(await subtle.verify(signing, pair.publicKey, await subtle.sign(signing, here, data), data), true);
      });
    }

    it('secret keys by RSA-OAEP', async function () {
      const { subtle } = fixture();
      const algorithm = { name: 'RSA-OAEP', hash: 'SHA-1', ...rsa };
      const mine = await given(this, subtle.generateKey(algorithm, false, wrapping));
      const theirs = await carried(mine.publicKey, subtle, node);
      const key = await node.generateKey(secret, true, both);
      const wrapped = await node.wrapKey('raw', key, theirs, 'RSA-OAEP');
      const here = await given(this, subtle.unwrapKey('raw', wrapped, mine.privateKey, 'RSA-OAEP', secret, true, both));
      equal(await subtle.exportKey('raw', here), await node.exportKey('raw', key));

      const other = await node.generateKey(algorithm, true, wrapping);
      const publicKey = await carried(other.publicKey, node, subtle);
      const again = await given(this, subtle.wrapKey('raw', here, publicKey, 'RSA-OAEP'));
      const there = await node.unwrapKey('raw', again, other.privateKey, 'RSA-OAEP', secret, true, both);
      equal(await node.exportKey('raw', there), await node.exportKey('raw', key));
    });
  });
}
