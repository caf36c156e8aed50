import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { CKM, Pkcs11Error, type PrivateKey } from '../../lib';
import { Crypto, createCrypto } from '../../lib/webcrypto';
import { profiles, withToken } from '../support/profile';
import { skip } from '../support/skip';
import { data, node, onTokens, rejects } from './support';
import {
  iv,
  ecdsa,
  ecdsaUse,
  ecdh,
  rsaKey,
  gcm,
  jwk,
  pkcs8,
  INFINITY,
  one,
  rsaJwk,
  detached,
  CASES,
  makeKeys,
  type Subtle,
  type Keys,
} from './bad-cases';

describe('the errors of Web Cryptography in Node.js', () => {
  let keys: Keys;
  before(async function () {
    if (!process.version.startsWith('v20.')) skip(this, 'what Node.js 20 says instead is known, of others it is not');
    keys = await makeKeys(node as unknown as Subtle);
  });
  for (const { title, error, call, node: other } of CASES) {
    it(title, async () => {
      const bound = new Proxy({} as Subtle, { get: (_, name: string) => (node as unknown as Subtle)[name]!.bind(node) });
      await assert.rejects(
        async () => call(bound, keys),
        ({ name }: Error) => name === error || name === other,
      );
    });
  }
});

onTokens('WebCrypto with bad input', (given) => {
  let keys: Keys;
  before(async function () {
    await given().fixture.requires(this, CKM.AES_GCM, CKM.AES_KEY_WRAP, CKM.ECDH1_DERIVE, CKM.RSA_PKCS_OAEP);
    keys = await makeKeys(given().crypto.subtle as unknown as Subtle);
  });

  for (const { title, error, call } of CASES) {
    it(`${title}: ${error}`, async () => {
      let failure: unknown;
      const promise = call(given().crypto.subtle as unknown as Subtle, keys);
      await promise.catch((caught: unknown) => (failure = caught));
      assert.equal((failure as Error | undefined)?.name, error, String(failure));
      // A getter's error is the caller's own.
      if (error !== 'TypeError' && !title.includes('getter')) assert.ok(failure instanceof DOMException);
    });
  }

  it('keys of Node.js are none of a token', async () => {
    const theirs = await node.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt']);
    await rejects(given().crypto.subtle.encrypt(gcm, theirs as webcrypto.CryptoKey, data), 'TypeError');
  });

  it('keys that OpenSSL reads and that are none are DataErrors, and nothing crashes', async () => {
    const { crypto, fixture } = given();
    const importKey = crypto.subtle.importKey.bind(crypto.subtle) as unknown as Subtle['importKey'];
    await rejects(importKey!('spki', INFINITY, ecdsa, true, ['verify']), 'DataError');
    await rejects(importKey!('pkcs8', pkcs8(one, Uint8Array.of(0)), ecdsa, true, ['sign']), 'DataError');
    const infinity = createPublicKey({ key: INFINITY, format: 'der', type: 'spki' });
    await assert.rejects(fixture.token.importKey(infinity, { token: false }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(fixture.token.importKey(pkcs8(Buffer.alloc(32)), { token: false }), { code: 'ERR_INVALID_ARG_VALUE' });
    // The version of the RSAPrivateKey is −126.
    const negative = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'der', type: 'pkcs8' });
    negative[negative.indexOf(Buffer.from('02010002', 'hex'), 20) + 2] = 0x82;
    await assert.rejects(fixture.token.importKey(negative, { token: false }), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('JSON Web Keys are read as Web IDL reads them, and strictly', async () => {
    const importKey = given().crypto.subtle.importKey.bind(given().crypto.subtle) as unknown as Subtle['importKey'];
    const aes = (key: unknown, extractable = true): Promise<unknown> => importKey!('jwk', key, 'AES-GCM', extractable, ['encrypt']);
    for (const key of [
      Object.create(jwk),
      { ...jwk, key_ops: new Set(['encrypt']) },
      { ...jwk, ext: 1 },
      { ...jwk, key_ops: ['encrypt', 'what nobody knows'] },
    ])
      assert.equal(((await aes(key)) as webcrypto.CryptoKey).type, 'secret');
    await rejects(aes({ ...jwk, ext: 0 }), 'DataError');
    await rejects(aes({ ...jwk, k: `${jwk.k}==` }), 'DataError');
    await rejects(aes({ ...jwk, k: `${jwk.k.slice(0, -1)}+` }), 'DataError');
    await rejects(importKey!('jwk', { kty: 'oct', k: 'AAAAA' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']), 'DataError');
    await rejects(importKey!('jwk', { ...rsaJwk, oth: [{ r: 'AQ', d: 'AQ', t: 'AQ' }] }, rsaKey, true, ['sign']), 'NotSupportedError');
    let times = 0;
    const once = {
      ...jwk,
      get k() {
        times += 1;
        return jwk.k;
      },
    };
    await aes(once);
    assert.equal(times, 1);
  });

  it('nothing can be changed on a key', () => {
    const key = keys.aes as Record<string, unknown>;
    for (const name of ['type', 'extractable', 'algorithm', 'usages']) assert.throws(() => Object.assign(key, { [name]: 'another' }), TypeError);
    assert.throws(() => (key.usages as string[]).push('sign'), TypeError);
    assert.throws(() => Object.assign(key.algorithm as object, { name: 'AES-CBC' }), TypeError);
    const { hash } = (keys.hmac as { algorithm: { hash: object } }).algorithm;
    assert.throws(() => Object.assign(hash, { name: 'SHA-1' }), TypeError);
  });

  it('what is given can be changed at once: it was copied', async () => {
    const { subtle } = given().crypto;
    const text = Uint8Array.from(data);
    const digest = subtle.digest('SHA-256', text);
    text.fill(0);
    assert.deepEqual(await digest, await node.digest('SHA-256', data));
    const nonce = new Uint8Array(16).fill(7);
    const sealed = subtle.encrypt({ name: 'AES-GCM', iv: nonce } as webcrypto.Algorithm, keys.aes as webcrypto.CryptoKey, data);
    nonce.fill(0);
    const opening = { name: 'AES-GCM', iv: new Uint8Array(16).fill(7) };
    assert.deepEqual(Buffer.from(await subtle.decrypt(opening, keys.aes as webcrypto.CryptoKey, await sealed)), data);
  });

  it('views of every kind are taken', async () => {
    const { subtle } = given().crypto;
    const buffer = new ArrayBuffer(64);
    new Uint8Array(buffer).set(data.subarray(0, 36), 8);
    const views = [
      buffer,
      new DataView(buffer, 8, 16),
      new Uint8ClampedArray(buffer, 8, 16),
      new Int8Array(buffer, 8, 16),
      new Uint16Array(buffer, 8, 8),
      new Int32Array(buffer, 8, 4),
      new Float32Array(buffer, 8, 4),
      new Float64Array(buffer, 8, 2),
      new BigUint64Array(buffer, 8, 2),
      Buffer.from(buffer, 8, 16),
      detached(),
    ];
    for (const view of views) assert.deepEqual(await subtle.digest('SHA-256', view), await node.digest('SHA-256', view));
  });

  it('names in any case, and algorithms as names', async () => {
    const { subtle } = given().crypto;
    assert.deepEqual(await subtle.digest('sha-256', data), await node.digest('SHA-256', data));
    const pair = await subtle.generateKey({ name: 'ecdsa', namedCurve: 'P-256' }, false, ['sign', 'verify', 'sign']);
    const { privateKey } = pair as { privateKey: webcrypto.CryptoKey };
    assert.deepEqual([privateKey.algorithm, privateKey.usages], [{ name: 'ECDSA', namedCurve: 'P-256' }, ['sign']]);
    const inherited = Object.create({ name: 'aes-gcm', iv: iv.subarray(0, 12), tagLength: '96' }) as webcrypto.Algorithm;
    const sealed = await subtle.encrypt(inherited, keys.aes as webcrypto.CryptoKey, data);
    assert.equal(sealed.byteLength, data.length + 12);
    for (const name of ['constructor', '__proto__', 'toString']) await rejects(subtle.digest(name, data), 'NotSupportedError');
  });

  it('random numbers and UUIDs as Node.js gives them', () => {
    const { crypto } = given();
    const array = new Uint32Array(16);
    assert.equal(crypto.getRandomValues(array), array);
    assert.ok(array.some((value) => value !== 0));
    assert.match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.throws(() => crypto.getRandomValues(new Float32Array(1) as never), { name: 'TypeMismatchError' });
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65537)), { name: 'QuotaExceededError' });
  });

  it('a Crypto is made of a token', () => {
    for (const wrong of [undefined, null, {}, 'token', webcrypto]) assert.throws(() => new Crypto(wrong as never), TypeError);
    assert.throws(() => createCrypto(given().fixture.token, { token: 1 } as never), TypeError);
    assert.throws(() => createCrypto(given().fixture.token, null as never), TypeError);
    assert.ok(createCrypto(given().fixture.token) instanceof Crypto);
  });

  it('what the token refuses has its own error as cause, and no secret', async () => {
    const { crypto } = given();
    const { privateKey } = (await crypto.subtle.generateKey(ecdsa as never, false, ['sign', 'verify'])) as { privateKey: webcrypto.CryptoKey };
    await (privateKey as unknown as { tokenKey: { destroy(): Promise<void> } }).tokenKey.destroy();
    const stale = await rejects(crypto.subtle.sign(ecdsaUse as webcrypto.Algorithm, privateKey, data), 'OperationError');
    assert.equal((stale.cause as { code: string }).code, 'ERR_CRYPTOKI_STALE');
    const refused = await rejects(crypto.subtle.decrypt(gcm as webcrypto.Algorithm, keys.aes as webcrypto.CryptoKey, data), 'OperationError');
    assert.ok(Pkcs11Error.is(refused.cause));
  });
});

for (const profile of profiles()) {
  it(`WebCrypto before the login and after the end on ${profile.title}`, async function () {
    if (profile.reason !== undefined) skip(this, profile.reason);
    await withToken(profile, async ({ token, pin, slot }) => {
      const crypto = createCrypto(token);
      const { subtle } = crypto;
      const early = await rejects(subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt']), 'OperationError');
      assert.equal((early.cause as { code: string }).code, 'CKR_USER_NOT_LOGGED_IN');
      await token.login(pin);
      const { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
      const has = await slot.mechanisms();
      const cbc = { name: 'AES-CBC', iv };
      const aes = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
      const agreeing = has.has(CKM.ECDH1_DERIVE) ? await subtle.generateKey(ecdh, false, ['deriveBits', 'deriveKey']) : undefined;
      const agreement = agreeing && ({ name: 'ECDH', public: agreeing.publicKey } as webcrypto.Algorithm);
      const bare = privateKey.tokenKey as PrivateKey;
      await token.close();
      const use = ecdsaUse as webcrypto.Algorithm;
      for (const call of [
        subtle.digest('SHA-256', data),
        subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt']),
        subtle.importKey('raw', iv, 'AES-GCM', false, ['encrypt']),
        subtle.sign(use, privateKey, data),
        subtle.verify(use, publicKey, data, data),
        subtle.encrypt(cbc, aes, data),
        subtle.decrypt(cbc, aes, new Uint8Array(32)),
        subtle.exportKey('raw', aes),
        subtle.exportKey('jwk', aes),
        subtle.wrapKey('raw', aes, aes, cbc),
        subtle.unwrapKey('raw', new Uint8Array(32), aes, cbc, 'AES-GCM', false, ['encrypt']),
        ...(agreeing === undefined
          ? []
          : [
              subtle.deriveBits(agreement!, agreeing.privateKey, 128),
              subtle.deriveKey(agreement!, agreeing.privateKey, { name: 'AES-GCM', length: 128 } as webcrypto.Algorithm, false, ['encrypt']),
            ]),
        crypto.keyPairOf(bare),
        crypto.certificateOf(privateKey),
      ]) {
        const closed = await rejects(call, 'OperationError');
        assert.equal((closed.cause as { code: string }).code, 'ERR_CRYPTOKI_CLOSED');
      }
    });
  });
}
