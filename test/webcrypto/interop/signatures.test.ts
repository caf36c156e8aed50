// What the token signs, Node.js verifies, and the other way round.

import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { profiles } from '../../support/profile';
import { changed } from '../../support/token';
import { buffer, carried, data, given, node, useCrypto } from './support';

type Row = readonly [name: string, key: webcrypto.AlgorithmIdentifier, signing: webcrypto.AlgorithmIdentifier & { saltLength?: number }];

const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

const ROWS: readonly Row[] = [
  ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].flatMap((hash): Row[] => [
    [`RSASSA-PKCS1-v1_5 with ${hash}`, { name: 'RSASSA-PKCS1-v1_5', hash, ...rsa } as never, 'RSASSA-PKCS1-v1_5'],
    [`RSA-PSS with ${hash} and a salt`, { name: 'RSA-PSS', hash, ...rsa } as never, { name: 'RSA-PSS', saltLength: 20 } as never],
    ...['P-256', 'P-384', 'P-521'].map((namedCurve): Row => [
      `ECDSA on ${namedCurve} with ${hash}`,
      { name: 'ECDSA', namedCurve } as never,
      { name: 'ECDSA', hash } as never,
    ]),
  ]),
  ['RSA-PSS without a salt', { name: 'RSA-PSS', hash: 'SHA-256', ...rsa } as never, { name: 'RSA-PSS', saltLength: 0 } as never],
  ['Ed25519', 'Ed25519', 'Ed25519'],
];

const MACS = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

for (const profile of profiles()) {
  describe(`signatures of Web Cryptography on ${profile.title} and Node.js`, () => {
    const fixture = useCrypto(profile);

    for (const [name, algorithm, signing] of ROWS) {
      it(`${name}, of a key of the token`, async function () {
        const { subtle } = fixture();
        const pair = (await given(this, subtle.generateKey(algorithm as never, false, ['sign', 'verify']))) as webcrypto.CryptoKeyPair;
        const signature = await given(this, subtle.sign(signing, pair.privateKey, data));
        const theirs = await carried(pair.publicKey, subtle, node);
        assert.equal(await node.verify(signing, theirs, signature, data), true);
        assert.equal(await node.verify(signing, theirs, signature, changed(data)), false);
        assert.equal(await subtle.verify(signing, pair.publicKey, signature, data), true);
        assert.equal(await subtle.verify(signing, pair.publicKey, signature, changed(data)), false);
        assert.equal(await subtle.verify(signing, pair.publicKey, changed(buffer(signature)), data), false);
      });

      it(`${name}, of a key of Node.js`, async function () {
        const { subtle } = fixture();
        const pair = (await node.generateKey(algorithm as never, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
        const publicKey = await given(this, carried(pair.publicKey, node, subtle));
        const privateKey = await given(this, carried(pair.privateKey, node, subtle, { extractable: false }));
        const theirs = await node.sign(signing, pair.privateKey, data);
        assert.equal(await given(this, subtle.verify(signing, publicKey, theirs, data)), true);
        assert.equal(await subtle.verify(signing, publicKey, theirs, changed(data)), false);
        assert.equal(await node.verify(signing, pair.publicKey, await subtle.sign(signing, privateKey, data), data), true);
      });
    }

    for (const hash of MACS) {
      it(`HMAC with ${hash}`, async function () {
        const { subtle } = fixture();
        const mine = await given(this, subtle.generateKey({ name: 'HMAC', hash } as never, true, ['sign', 'verify']));
        const theirs = await carried(mine as never, subtle, node);
        const code = await subtle.sign('HMAC', mine as never, data);
        assert.deepEqual(buffer(code), buffer(await node.sign('HMAC', theirs, data)));
        assert.equal(await node.verify('HMAC', theirs, code, data), true);
        assert.equal(await subtle.verify('HMAC', mine as never, code, data), true);
        assert.equal(await subtle.verify('HMAC', mine as never, code, changed(data)), false);

        const other = await node.generateKey({ name: 'HMAC', hash }, true, ['sign', 'verify']);
        const here = await carried(other as webcrypto.CryptoKey, node, subtle);
        assert.deepEqual(buffer(await subtle.sign('HMAC', here, data)), buffer(await node.sign('HMAC', other as webcrypto.CryptoKey, data)));
      });
    }

    it('digests', async () => {
      for (const hash of MACS) {
        assert.deepEqual(buffer(await fixture().subtle.digest(hash, data)), buffer(await node.digest(hash, data)));
        assert.deepEqual(buffer(await fixture().subtle.digest(hash, new Uint8Array(0))), buffer(await node.digest(hash, new Uint8Array(0))));
      }
    });
  });
}
