// secp256k1, which Web Cryptography of Node.js does not have: node:crypto is the other side.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { profiles } from '../../support/profile';
import { changed } from '../../support/token';
import { buffer, data, equal, given, useCrypto } from './support';

const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };
const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

for (const profile of profiles()) {
  for (const namedCurve of ['secp256k1', 'K-256']) {
    describe(`${namedCurve} on ${profile.title} and in node:crypto`, () => {
      const fixture = useCrypto(profile);

      it('ECDSA of a key of the token', async function () {
        const { subtle } = fixture();
        const pair = await given(this, subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']));
        const signature = buffer(await subtle.sign(ecdsa, pair.privateKey, data));
        assert.equal(signature.length, 64);
        const key = createPublicKey({ key: buffer(await subtle.exportKey('spki', pair.publicKey)), format: 'der', type: 'spki' });
        assert.equal(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature), true);
        assert.equal(verify('sha256', changed(data), { key, dsaEncoding: 'ieee-p1363' }, signature), false);
        const pkcs8 = createPrivateKey({ key: buffer(await subtle.exportKey('pkcs8', pair.privateKey)), format: 'der', type: 'pkcs8' });
        assert.equal(createPublicKey(pkcs8).equals(key), true);
        const { kty, crv, x, y } = await subtle.exportKey('jwk', pair.publicKey);
        assert.deepEqual({ kty, crv, x, y }, key.export({ format: 'jwk' }));
      });

      it('ECDSA of a key of node:crypto', async function () {
        const { subtle } = fixture();
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
        const algorithm = { name: 'ECDSA', namedCurve };
        const signature = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
        for (const [format, key] of [
          ['spki', spki(publicKey)],
          ['jwk', publicKey.export({ format: 'jwk' })],
        ] as const) {
          const here = await given(this, subtle.importKey(format as 'jwk', key as never, algorithm, true, ['verify']));
          assert.equal(await given(this, subtle.verify(ecdsa, here, signature, data)), true);
          assert.equal(await subtle.verify(ecdsa, here, signature, changed(data)), false);
        }
        for (const [format, key] of [
          ['pkcs8', privateKey.export({ format: 'der', type: 'pkcs8' })],
          ['jwk', privateKey.export({ format: 'jwk' })],
        ] as const) {
          const here = await given(this, subtle.importKey(format as 'jwk', key as never, algorithm, false, ['sign']));
          const made = buffer(await subtle.sign(ecdsa, here, data));
          assert.equal(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, made), true);
        }
      });

      it('ECDH', async function () {
        const { subtle } = fixture();
        const algorithm = { name: 'ECDH', namedCurve };
        const mine = await given(this, subtle.generateKey(algorithm, false, ['deriveBits']));
        const theirs = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
        const other = await subtle.importKey('spki', spki(theirs.publicKey), algorithm, true, []);
        const publicKey = createPublicKey({ key: buffer(await subtle.exportKey('spki', mine.publicKey)), format: 'der', type: 'spki' });
        const bits = await given(this, subtle.deriveBits({ name: 'ECDH', public: other }, mine.privateKey, 256));
        equal(bits, diffieHellman({ privateKey: theirs.privateKey, publicKey }));
      });
    });
  }
}
