// jose with keys of a token: by a function that signs, and through a Crypto that has both.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type webcrypto } from 'node:crypto';
import type * as Jose from 'jose';
import type { Context } from 'mocha';
import { CKM } from '../../../lib';
import { combineWithNode } from '../../../lib/webcrypto';
import { profiles } from '../../support/profile';
import { data, given, needsOaep, node, useCrypto, type Usage } from './support';

const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
const both: Usage[] = ['sign', 'verify'];

/** Names of RFC 7518, their keys, and how those sign. */
const SIGNING: readonly (readonly [alg: string, key: object, signing: object])[] = [
  ['RS256', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...rsa }, { name: 'RSASSA-PKCS1-v1_5' }],
  ['PS256', { name: 'RSA-PSS', hash: 'SHA-256', ...rsa }, { name: 'RSA-PSS', saltLength: 32 }],
  ['ES256', { name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' }],
  ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }, { name: 'ECDSA', hash: 'SHA-384' }],
  ['ES512', { name: 'ECDSA', namedCurve: 'P-521' }, { name: 'ECDSA', hash: 'SHA-512' }],
  ['EdDSA', { name: 'Ed25519' }, { name: 'Ed25519' }],
];

const SEALING: readonly (readonly [alg: string, key: object, usages: Usage[]])[] = [
  ['RSA-OAEP', { name: 'RSA-OAEP', hash: 'SHA-1', ...rsa }, ['encrypt', 'decrypt']],
  ['RSA-OAEP-256', { name: 'RSA-OAEP', hash: 'SHA-256', ...rsa }, ['encrypt', 'decrypt']],
  ['ECDH-ES', { name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']],
  ['ECDH-ES+A256KW', { name: 'ECDH', namedCurve: 'P-384' }, ['deriveBits']],
];

const SECRETS: readonly (readonly [alg: string, key: object, usages: Usage[]])[] = [
  ['A256KW', { name: 'AES-KW', length: 256 }, ['wrapKey', 'unwrapKey']],
  ['A256GCMKW', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']],
  ['dir', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']],
];

const claims = { sub: 'somebody', admin: false };

for (const profile of profiles()) {
  describe(`jose on ${profile.title}`, () => {
    const fixture = useCrypto(profile);
    let jose: typeof Jose;

    before(async () => {
      jose = await import('jose');
    });

    async function pairFor(context: Context, algorithm: object, signing: object): Promise<webcrypto.CryptoKeyPair> {
      const { subtle } = fixture();
      const pair = (await given(context, subtle.generateKey(algorithm as never, false, both))) as unknown as webcrypto.CryptoKeyPair;
      await given(context, subtle.sign(signing as never, pair.privateKey, data));
      return pair;
    }

    for (const [alg, algorithm, signing] of SIGNING) {
      it(`${alg}: a function that signs makes a token that jose verifies`, async function () {
        const { subtle } = fixture();
        const { privateKey, publicKey } = await pairFor(this, algorithm, signing);
        const input = [{ alg }, claims].map((part) => jose.base64url.encode(JSON.stringify(part))).join('.');
        const signature = await subtle.sign(signing as never, privateKey, Buffer.from(input));
        const jws = `${input}.${jose.base64url.encode(new Uint8Array(signature))}`;
        const spki = Buffer.from(await subtle.exportKey('spki', publicKey));
        const { payload, protectedHeader } = await jose.jwtVerify(jws, createPublicKey({ key: spki, format: 'der', type: 'spki' }));
        assert.deepEqual({ payload, protectedHeader }, { payload: claims, protectedHeader: { alg } });
        const jwk = await subtle.exportKey('jwk', publicKey);
        assert.deepEqual((await jose.jwtVerify(jws, await jose.importJWK(jwk as never, alg))).payload, claims);
      });
    }

    describe('with the Crypto of the token as that of the process', () => {
      const usual = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
      before(() => {
        Object.defineProperty(globalThis, 'crypto', { ...usual, get: () => combineWithNode(fixture().crypto) });
      });
      after(() => Object.defineProperty(globalThis, 'crypto', usual));

      for (const [alg, algorithm, signing] of SIGNING) {
        it(`${alg}: signs and verifies`, async function () {
          const { privateKey, publicKey } = await pairFor(this, algorithm, signing);
          const jws = await new jose.SignJWT(claims)
            .setProtectedHeader({ alg })
            .setIssuedAt()
            .setExpirationTime('1h')
            .sign(privateKey as never);
          assert.equal((await jose.jwtVerify(jws, publicKey as never)).payload['sub'], 'somebody');
          const jwk = await jose.exportJWK(publicKey as never);
          assert.equal((await jose.jwtVerify(jws, jwk, { algorithms: [alg] })).payload['sub'], 'somebody');
          const [header, payload, signature] = jws.split('.') as [string, string, string];
          const other = jose.base64url.encode(JSON.stringify({ ...jose.decodeJwt(jws), admin: true }));
          assert.notEqual(other, payload);
          await assert.rejects(jose.jwtVerify(`${header}.${other}.${signature}`, publicKey as never), {
            code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
          });
        });
      }

      it('HS256 with a key of the token', async function () {
        const key = await given(this, fixture().subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, both));
        const jws = await new jose.CompactSign(data).setProtectedHeader({ alg: 'HS256' }).sign(key as never);
        assert.deepEqual(Buffer.from((await jose.compactVerify(jws, key as never)).payload), data);
      });

      it('keys of others work as before', async () => {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const jws = await new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
        assert.deepEqual((await jose.jwtVerify(jws, publicKey)).payload, claims);
      });

      for (const [alg, algorithm, usages] of SEALING) {
        it(`${alg}: opens what was sealed`, async function () {
          const { subtle } = fixture();
          if (alg.startsWith('ECDH')) await fixture().requires(this, CKM.ECDH1_DERIVE);
          needsOaep(this, fixture(), alg === 'RSA-OAEP-256' ? 'SHA-256' : 'SHA-1');
          const pair = (await given(this, subtle.generateKey(algorithm as never, false, usages))) as unknown as webcrypto.CryptoKeyPair;
          const header = { alg, enc: 'A128CBC-HS256' };
          const spki = await subtle.exportKey('spki', pair.publicKey);
          const theirs = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
          const sealed = await new jose.CompactEncrypt(data).setProtectedHeader(header).encrypt(theirs);
          const opened = await given(this, jose.compactDecrypt(sealed, pair.privateKey as never));
          assert.deepEqual(Buffer.from(opened.plaintext), data);
          const ours = await new jose.CompactEncrypt(data).setProtectedHeader(header).encrypt(pair.publicKey as never);
          assert.deepEqual(Buffer.from((await jose.compactDecrypt(ours, pair.privateKey as never)).plaintext), data);
        });
      }

      for (const [alg, algorithm, usages] of SECRETS) {
        it(`${alg}: opens and seals with a key of the token`, async function () {
          const { subtle } = fixture();
          const key = (await given(this, subtle.generateKey(algorithm as never, true, usages))) as unknown as webcrypto.CryptoKey;
          const there = await node.importKey('raw', await subtle.exportKey('raw', key), key.algorithm as never, false, usages);
          const header = { alg, enc: 'A256GCM' };
          for (const [one, other] of [
            [key, there],
            [there, key],
            [key, key],
          ] as const) {
            const sealed = await given(this, new jose.CompactEncrypt(data).setProtectedHeader(header).encrypt(one as never));
            assert.deepEqual(Buffer.from((await jose.compactDecrypt(sealed, other as never)).plaintext), data);
          }
        });
      }
    });
  });
}
