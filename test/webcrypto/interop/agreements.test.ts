// What the token derives, Node.js derives too.

import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { profiles } from '../../support/profile';
import { carried, data, equal, given, node, useCrypto, type Usage } from './support';

const deriving: Usage[] = ['deriveBits', 'deriveKey'];
const salt = Buffer.from('a salt');
const info = Buffer.from('what it is for');
const iv = Buffer.alloc(16, 3);
const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

/** An algorithm of key agreement, and the bits of its secret. */
const AGREEMENTS: readonly (readonly [title: string, algorithm: webcrypto.EcKeyGenParams, bits: number])[] = [
  ['ECDH on P-256', { name: 'ECDH', namedCurve: 'P-256' }, 256],
  ['ECDH on P-384', { name: 'ECDH', namedCurve: 'P-384' }, 384],
  ['ECDH on P-521', { name: 'ECDH', namedCurve: 'P-521' }, 528],
  ['X25519', { name: 'X25519' } as never, 256],
];

for (const profile of profiles()) {
  describe(`derivation of Web Cryptography on ${profile.title} and Node.js`, () => {
    const fixture = useCrypto(profile);

    for (const [title, algorithm, bits] of AGREEMENTS) {
      it(`${title}: both sides have the same bits`, async function () {
        const { subtle } = fixture();
        const mine = await given(this, subtle.generateKey(algorithm, false, deriving));
        const theirs = await node.generateKey(algorithm, true, deriving);
        const publicOfMine = await carried(mine.publicKey, subtle, node);
        const publicOfTheirs = await carried(theirs.publicKey, node, subtle);
        const [here, there] = await Promise.all([
          given(this, subtle.deriveBits({ name: algorithm.name, public: publicOfTheirs }, mine.privateKey, bits)),
          node.deriveBits({ name: algorithm.name, public: publicOfMine }, theirs.privateKey, bits),
        ]);
        equal(here, there);
        equal(await subtle.deriveBits({ name: algorithm.name, public: publicOfTheirs }, mine.privateKey, 128), Buffer.from(there).subarray(0, 16));
        const imported = await carried(theirs.privateKey, node, subtle, { extractable: false });
        equal(await subtle.deriveBits({ name: algorithm.name, public: mine.publicKey }, imported, bits), there);
      });

      it(`${title}: both sides have the same key`, async function () {
        const { subtle } = fixture();
        const mine = await given(this, subtle.generateKey(algorithm, false, deriving));
        const theirs = await node.generateKey(algorithm, true, deriving);
        const forMine = { name: algorithm.name, public: await carried(theirs.publicKey, node, subtle) };
        const forTheirs = { name: algorithm.name, public: await carried(mine.publicKey, subtle, node) };
        const aes = { name: 'AES-CBC', length: 256 };
        const here = await given(this, subtle.deriveKey(forMine, mine.privateKey, aes, false, ['encrypt', 'decrypt']));
        const there = await node.deriveKey(forTheirs, theirs.privateKey, aes, false, ['encrypt', 'decrypt']);
        const cbc = { name: 'AES-CBC', iv };
        equal(await node.decrypt(cbc, there, await subtle.encrypt(cbc, here, data)), data);
        equal(await subtle.decrypt(cbc, here, await node.encrypt(cbc, there, data)), data);
      });
    }

    for (const name of ['HKDF', 'PBKDF2']) {
      for (const hash of HASHES) {
        it(`${name} with ${hash}`, async function () {
          const { subtle } = fixture();
          const algorithm = name === 'HKDF' ? { name, hash, salt, info } : { name, hash, salt, iterations: 1000 };
          const [here, there] = await Promise.all([
            given(this, subtle.importKey('raw', data, name, false, deriving)),
            node.importKey('raw', data, name, false, deriving),
          ]);
          equal(await given(this, subtle.deriveBits(algorithm, here, 512)), await node.deriveBits(algorithm, there, 512));
          const wanted = { name: 'HMAC', hash: 'SHA-256', length: 256 };
          const mine = await subtle.deriveKey(algorithm, here, wanted, false, ['sign', 'verify']);
          const theirs = await node.deriveKey(algorithm, there, wanted, false, ['sign', 'verify']);
          equal(await subtle.sign('HMAC', mine, data), await node.sign('HMAC', theirs, data));
          assert.equal(await subtle.verify('HMAC', mine, await node.sign('HMAC', theirs, data), data), true);
        });
      }
    }
  });
}
