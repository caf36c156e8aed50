import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, webcrypto, type JsonWebKey } from 'node:crypto';
import { CKM, Pkcs11Error, type PrivateKey } from '../../lib';
import { bitString, element, integer, octetString, sequence, TAG } from '../../lib/der';
import { Crypto, createCrypto } from '../../lib/webcrypto';
import { profiles, withToken } from '../support/profile';
import { skip } from '../support/skip';
import { data, node, onTokens, rejects, RSA } from './support';

// Calls are made of what nobody should give: no type fits them.
type Subtle = Record<string, (...given: unknown[]) => Promise<unknown>>;

/** Keys of one side, token or Node.js. */
type Keys = Readonly<Record<'sign' | 'verify' | 'aes' | 'kw' | 'hmac' | 'mine' | 'theirs' | 'encrypt' | 'decrypt' | 'hkdf' | 'fixed', unknown>>;

const shared = new Uint8Array(new SharedArrayBuffer(16));
const iv = new Uint8Array(16);
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
const ecdsaUse = { name: 'ECDSA', hash: 'SHA-256' };
const ecdh = { name: 'ECDH', namedCurve: 'P-256' };
const rsaKey = { name: 'RSA-PSS', ...RSA, hash: 'SHA-256' };
const gcm = { name: 'AES-GCM', iv };
const jwk = { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA' };
/** The AlgorithmIdentifier of P-256. */
const P256 = '301306072a8648ce3d020106082a8648ce3d030107';
/** The point at infinity: OpenSSL reads it, and Node.js 20 aborts when it is asked about it. */
const INFINITY = Buffer.from(`3019${P256}03020000`, 'hex');
/** On P-256: the number, and the point behind it where one is given. */
function pkcs8(number: Uint8Array, point?: Uint8Array): Buffer {
  const inner = sequence(integer(Uint8Array.of(1)), octetString(number), ...(point === undefined ? [] : [element(TAG.CONTEXT_1, bitString(point))]));
  return Buffer.from(sequence(integer(Uint8Array.of(0)), Buffer.from(P256, 'hex'), octetString(inner)));
}
const one = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
const [mine, theirs] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })) as [
  JsonWebKey,
  JsonWebKey,
];
const rsaJwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const throwing = {
  get name(): string {
    throw new SyntaxError('from a getter');
  },
};

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(16);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** `node`: what Node.js 20 says instead of what the standard wants. */
interface Case {
  readonly title: string;
  readonly error: string;
  readonly call: (subtle: Subtle, keys: Keys) => Promise<unknown>;
  readonly node?: string;
}

const bad = (error: string, title: string, call: Case['call'], other?: string): Case => ({
  title,
  error,
  call,
  ...(other !== undefined && { node: other }),
});

const CASES: readonly Case[] = [
  ...(
    [
      'digest',
      'sign',
      'verify',
      'encrypt',
      'decrypt',
      'generateKey',
      'importKey',
      'exportKey',
      'deriveBits',
      'deriveKey',
      'wrapKey',
      'unwrapKey',
    ] as const
  ).map((method) => bad('TypeError', `${method} without arguments`, (subtle) => subtle[method]!())),
  bad('NotSupportedError', 'digest with an unknown algorithm', (s) => s.digest!('MD5', data)),
  bad('NotSupportedError', 'digest with an algorithm that does not digest', (s) => s.digest!('AES-GCM', data)),
  bad('TypeError', 'digest with an algorithm without a name', (s) => s.digest!({}, data)),
  bad('SyntaxError', 'digest with a getter that throws', (s) => s.digest!(throwing, data)),
  bad('NotSupportedError', 'digest with undefined', (s) => s.digest!(undefined, data)),
  bad('TypeError', 'digest of text', (s) => s.digest!('SHA-256', 'text')),
  bad('TypeError', 'digest of null', (s) => s.digest!('SHA-256', null)),
  bad('TypeError', 'digest of numbers', (s) => s.digest!('SHA-256', [1, 2, 3])),
  bad('TypeError', 'digest of shared memory', (s) => s.digest!('SHA-256', shared)),
  bad('TypeError', 'sign with no key', (s) => s.sign!(ecdsaUse, {}, data)),
  bad('TypeError', 'sign with null', (s) => s.sign!(ecdsaUse, null, data)),
  bad('TypeError', 'sign without a hash', (s, { sign }) => s.sign!({ name: 'ECDSA' }, sign, data)),
  bad('NotSupportedError', 'sign with an unknown hash', (s, { sign }) => s.sign!({ name: 'ECDSA', hash: 'MD5' }, sign, data)),
  bad('NotSupportedError', 'sign with an unknown algorithm', (s, { sign }) => s.sign!('DSA', sign, data)),
  bad('InvalidAccessError', 'sign with a key for another algorithm', (s, { hmac }) => s.sign!(ecdsaUse, hmac, data)),
  bad('InvalidAccessError', 'sign with a public key', (s, { verify }) => s.sign!(ecdsaUse, verify, data)),
  bad('NotSupportedError', 'sign with an unknown algorithm and the wrong key', (s, { verify }) => s.sign!('DSA', verify, data)),
  bad('TypeError', 'sign with shared memory', (s, { sign }) => s.sign!(ecdsaUse, sign, shared)),
  bad('InvalidAccessError', 'verify with a private key', (s, { sign }) => s.verify!(ecdsaUse, sign, data, data)),
  bad('TypeError', 'verify of text', (s, { verify }) => s.verify!(ecdsaUse, verify, 'signature', data)),
  bad('TypeError', 'encrypt without an IV', (s, { aes }) => s.encrypt!('AES-GCM', aes, data)),
  bad('TypeError', 'encrypt with an IV that is text', (s, { aes }) => s.encrypt!({ name: 'AES-GCM', iv: 'text' }, aes, data)),
  bad('TypeError', 'encrypt with a tag of 300 bits', (s, { aes }) => s.encrypt!({ ...gcm, tagLength: 300 }, aes, data)),
  bad('OperationError', 'encrypt with a tag of 100 bits', (s, { aes }) => s.encrypt!({ ...gcm, tagLength: 100 }, aes, data)),
  bad('InvalidAccessError', 'encrypt with a key for another algorithm', (s, { aes }) => s.encrypt!({ name: 'AES-CBC', iv }, aes, data)),
  bad('OperationError', 'decrypt what is shorter than the tag', (s, { aes }) => s.decrypt!(gcm, aes, new Uint8Array(15))),
  bad('OperationError', 'decrypt what was never encrypted', (s, { aes }) => s.decrypt!(gcm, aes, data)),
  bad('InvalidAccessError', 'encrypt with a private key', (s, { decrypt }) => s.encrypt!('RSA-OAEP', decrypt, data)),
  bad('OperationError', 'encrypt too much for RSA-OAEP', (s, { encrypt }) => s.encrypt!('RSA-OAEP', encrypt, new Uint8Array(300))),
  bad('OperationError', 'decrypt what is too short for RSA-OAEP', (s, { decrypt }) => s.decrypt!('RSA-OAEP', decrypt, data)),
  bad('TypeError', 'generate with a usage that there is not', (s) => s.generateKey!(ecdsa, true, ['signs'])),
  bad('TypeError', 'generate with usages that are no list', (s) => s.generateKey!(ecdsa, true, 'sign')),
  bad('SyntaxError', 'generate with a usage for others', (s) => s.generateKey!(ecdsa, true, ['encrypt'])),
  bad('SyntaxError', 'generate without usages', (s) => s.generateKey!(ecdsa, true, [])),
  bad('SyntaxError', 'generate without usages for the private half', (s) => s.generateKey!(ecdsa, true, ['verify'])),
  bad('NotSupportedError', 'generate on an unknown curve', (s) => s.generateKey!({ name: 'ECDSA', namedCurve: 'P-1' }, true, ['sign'])),
  bad('TypeError', 'generate without a curve', (s) => s.generateKey!('ECDSA', true, ['sign'])),
  bad(
    'SyntaxError',
    'generate on an unknown curve with a usage for others',
    (s) => s.generateKey!({ name: 'ECDSA', namedCurve: 'P-1' }, true, ['encrypt']),
    'NotSupportedError',
  ),
  bad('OperationError', 'generate an AES key of 100 bits', (s) => s.generateKey!({ name: 'AES-GCM', length: 100 }, true, ['encrypt'])),
  bad('TypeError', 'generate an AES key of 70000 bits', (s) => s.generateKey!({ name: 'AES-GCM', length: 70000 }, true, ['encrypt'])),
  bad('TypeError', 'generate an AES key of no length', (s) => s.generateKey!('AES-GCM', true, ['encrypt'])),
  bad('OperationError', 'generate an HMAC key of no bits', (s) => s.generateKey!({ name: 'HMAC', hash: 'SHA-256', length: 0 }, true, ['sign'])),
  bad('OperationError', 'generate an RSA key with the exponent 1', (s) =>
    s.generateKey!({ ...rsaKey, publicExponent: Uint8Array.of(1) }, true, ['sign']),
  ),
  bad('TypeError', 'generate an RSA key with the exponent as number', (s) => s.generateKey!({ ...rsaKey, publicExponent: 65537 }, true, ['sign'])),
  bad('NotSupportedError', 'generate an HKDF key', (s) => s.generateKey!('HKDF', false, ['deriveBits'])),
  bad('TypeError', 'import in an unknown form', (s) => s.importKey!('pem', iv, 'AES-GCM', true, ['encrypt'])),
  bad('TypeError', 'import of text', (s) => s.importKey!('raw', 'text', 'AES-GCM', true, ['encrypt'])),
  bad('TypeError', 'import of text for an unknown algorithm', (s) => s.importKey!('raw', 'text', 'DES', true, ['encrypt'])),
  bad('TypeError', 'import of a JSON Web Key as bytes', (s) => s.importKey!('raw', jwk, 'AES-GCM', true, ['encrypt'])),
  bad('TypeError', 'import of bytes as JSON Web Key', (s) => s.importKey!('jwk', iv, 'AES-GCM', true, ['encrypt']), 'DataError'),
  bad('DataError', 'import of an AES key of 15 bytes', (s) => s.importKey!('raw', iv.subarray(1), 'AES-GCM', true, ['encrypt'])),
  bad('DataError', 'import of a detached buffer', (s) => s.importKey!('raw', detached(), 'AES-GCM', true, ['encrypt'])),
  bad('SyntaxError', 'import with a usage for others', (s) => s.importKey!('raw', iv, 'AES-GCM', true, ['sign'])),
  bad('SyntaxError', 'import without usages', (s) => s.importKey!('raw', iv, 'AES-GCM', true, [])),
  bad('NotSupportedError', 'import of an AES key as spki', (s) => s.importKey!('spki', iv, 'AES-GCM', true, ['encrypt'])),
  bad('DataError', 'import of an empty HMAC key', (s) => s.importKey!('raw', new Uint8Array(0), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])),
  bad('DataError', 'import of an HMAC key of another length', (s) =>
    s.importKey!('raw', iv, { name: 'HMAC', hash: 'SHA-256', length: 64 }, true, ['sign']),
  ),
  bad('DataError', 'import of a JSON Web Key of another type', (s) => s.importKey!('jwk', { ...jwk, kty: 'RSA' }, 'AES-GCM', true, ['encrypt'])),
  bad('DataError', 'import of a JSON Web Key for another algorithm', (s) =>
    s.importKey!('jwk', { ...jwk, alg: 'A256GCM' }, 'AES-GCM', true, ['encrypt']),
  ),
  bad('DataError', 'import of a JSON Web Key for another use', (s) => s.importKey!('jwk', { ...jwk, use: 'sig' }, 'AES-GCM', true, ['encrypt'])),
  bad('DataError', 'import of a JSON Web Key for other operations', (s) =>
    s.importKey!('jwk', { ...jwk, key_ops: ['decrypt'] }, 'AES-GCM', true, ['encrypt']),
  ),
  bad('DataError', 'import of a JSON Web Key with operations twice', (s) =>
    s.importKey!('jwk', { ...jwk, key_ops: ['encrypt', 'encrypt'] }, 'AES-GCM', true, ['encrypt']),
  ),
  bad('DataError', 'import of a JSON Web Key that is not extractable', (s) =>
    s.importKey!('jwk', { ...jwk, ext: false }, 'AES-GCM', true, ['encrypt']),
  ),
  bad('DataError', 'import of a damaged spki', (s) => s.importKey!('spki', data, ecdsa, true, ['verify'])),
  bad('DataError', 'import of a damaged pkcs8', (s) => s.importKey!('pkcs8', data, ecdsa, true, ['sign'])),
  bad('DataError', 'import of a point that is none', (s) => s.importKey!('raw', new Uint8Array(65).fill(4), ecdsa, true, ['verify'])),
  bad('DataError', 'import of the point at infinity', (s) => s.importKey!('raw', Uint8Array.of(0), ecdsa, true, ['verify'])),
  bad('DataError', 'import of a private key that is zero', (s) => s.importKey!('pkcs8', pkcs8(Buffer.alloc(32)), ecdsa, true, ['sign'])),
  bad('DataError', 'import of a private key with the public half of another', (s) =>
    s.importKey!('pkcs8', pkcs8(one, Buffer.concat([Buffer.of(4), ...[mine.x!, mine.y!].map((x) => Buffer.from(x, 'base64url'))])), ecdsa, true, [
      'sign',
    ]),
  ),
  bad('DataError', 'import of a JSON Web Key with the public half of another', (s) =>
    s.importKey!('jwk', { ...mine, x: theirs.x, y: theirs.y }, ecdsa, true, ['sign']),
  ),
  bad('DataError', 'import of a JSON Web Key that is a number', (s) => s.importKey!('jwk', { ...mine, d: 5 }, ecdsa, true, ['sign'])),
  bad('DataError', 'import of a JSON Web Key that is null', (s) => s.importKey!('jwk', { ...mine, d: null }, ecdsa, true, ['sign'])),
  bad('DataError', 'import of a JSON Web Key that lacks a half', (s) => s.importKey!('jwk', { ...mine, y: undefined }, ecdsa, true, ['sign'])),
  bad('TypeError', 'import of a JSON Web Key with operations that are text', (s) =>
    s.importKey!('jwk', { ...jwk, key_ops: 'encrypt' }, 'AES-GCM', true, ['encrypt']),
  ),
  bad('DataError', 'import of a JSON Web Key without its value', (s) => s.importKey!('jwk', { kty: 'oct' }, 'AES-GCM', true, ['encrypt'])),
  bad('NotSupportedError', 'import of an RSA key as raw, with a usage for either half', (s) => s.importKey!('raw', data, rsaKey, true, ['sign'])),
  bad('SyntaxError', 'import of a public key to sign', (s) => s.importKey!('spki', data, ecdsa, true, ['sign'])),
  bad('SyntaxError', 'import of a private key to verify', (s) => s.importKey!('pkcs8', data, ecdsa, true, ['verify'])),
  bad('NotSupportedError', 'import for an unknown algorithm', (s) => s.importKey!('raw', iv, 'DES', true, ['encrypt'])),
  bad('TypeError', 'export of no key', (s) => s.exportKey!('raw', {})),
  bad('TypeError', 'export in an unknown form', (s, { aes }) => s.exportKey!('pem', aes)),
  bad('InvalidAccessError', 'export of a key that is not extractable', (s, { fixed }) => s.exportKey!('raw', fixed), 'InvalidAccessException'),
  bad('InvalidAccessError', 'export of a public key as pkcs8', (s, { verify }) => s.exportKey!('pkcs8', verify)),
  bad('InvalidAccessError', 'export of a private key as spki', (s, { sign }) => s.exportKey!('spki', sign)),
  bad('NotSupportedError', 'export of an AES key as spki', (s, { aes }) => s.exportKey!('spki', aes), 'InvalidAccessError'),
  bad('NotSupportedError', 'export of an HKDF key', (s, { hkdf }) => s.exportKey!('raw', hkdf), 'InvalidAccessException'),
  bad('TypeError', 'derive bits without the other side', (s, { mine }) => s.deriveBits!('ECDH', mine, 128)),
  bad('TypeError', 'derive bits with no key at the other side', (s, { mine }) => s.deriveBits!({ name: 'ECDH', public: {} }, mine, 128)),
  bad('InvalidAccessError', 'derive bits with a private key at the other side', (s, { mine }) =>
    s.deriveBits!({ name: 'ECDH', public: mine }, mine, 128),
  ),
  bad('InvalidAccessError', 'derive bits with a public base key', (s, { theirs }) => s.deriveBits!({ name: 'ECDH', public: theirs }, theirs, 128)),
  bad('OperationError', 'derive more bits than there are', (s, { mine, theirs }) => s.deriveBits!({ name: 'ECDH', public: theirs }, mine, 264)),
  bad('OperationError', 'derive bits of HKDF without a length', (s, { hkdf }) =>
    s.deriveBits!({ name: 'HKDF', hash: 'SHA-256', salt: iv, info: iv }, hkdf, null),
  ),
  bad('TypeError', 'derive a key of no length', (s, { mine, theirs }) =>
    s.deriveKey!({ name: 'ECDH', public: theirs }, mine, 'AES-GCM', true, ['encrypt']),
  ),
  bad('OperationError', 'derive an AES key of 100 bits', (s, { mine, theirs }) =>
    s.deriveKey!({ name: 'ECDH', public: theirs }, mine, { name: 'AES-GCM', length: 100 }, true, ['encrypt']),
  ),
  bad('SyntaxError', 'derive a key with a usage for others', (s, { mine, theirs }) =>
    s.deriveKey!({ name: 'ECDH', public: theirs }, mine, { name: 'AES-GCM', length: 128 }, true, ['sign']),
  ),
  bad('SyntaxError', 'derive a key without usages', (s, { mine, theirs }) =>
    s.deriveKey!({ name: 'ECDH', public: theirs }, mine, { name: 'AES-GCM', length: 128 }, true, []),
  ),
  bad(
    'InvalidAccessError',
    'wrap a key that is not extractable',
    (s, { fixed, kw }) => s.wrapKey!('raw', fixed, kw, 'AES-KW'),
    'InvalidAccessException',
  ),
  bad('InvalidAccessError', 'wrap with a key that must not wrap', (s, { aes }) => s.wrapKey!('raw', aes, aes, gcm)),
  bad('NotSupportedError', 'wrap with an algorithm that does not', (s, { aes, hmac }) => s.wrapKey!('raw', aes, hmac, 'HMAC')),
  bad('NotSupportedError', 'wrap what cannot be exported', (s, { hkdf, kw }) => s.wrapKey!('raw', hkdf, kw, 'AES-KW'), 'InvalidAccessException'),
  bad('OperationError', 'unwrap what was never wrapped', (s, { kw }) =>
    s.unwrapKey!('raw', new Uint8Array(24), kw, 'AES-KW', 'AES-GCM', true, ['encrypt']),
  ),
  bad('TypeError', 'unwrap text', (s, { kw }) => s.unwrapKey!('raw', 'text', kw, 'AES-KW', 'AES-GCM', true, ['encrypt'])),
];

/** The same keys on both sides. */
async function makeKeys(subtle: Subtle): Promise<Keys> {
  const make = (algorithm: unknown, ...usages: string[]): Promise<unknown> => subtle.generateKey!(algorithm, true, usages);
  const signing = (await make(ecdsa, 'sign', 'verify')) as { privateKey: unknown; publicKey: unknown };
  const agreeing = (await make(ecdh, 'deriveBits', 'deriveKey')) as { privateKey: unknown; publicKey: unknown };
  const sealing = (await make({ name: 'RSA-OAEP', ...RSA, hash: 'SHA-1' }, 'encrypt', 'decrypt')) as { privateKey: unknown; publicKey: unknown };
  return {
    sign: signing.privateKey,
    verify: signing.publicKey,
    mine: agreeing.privateKey,
    theirs: agreeing.publicKey,
    encrypt: sealing.publicKey,
    decrypt: sealing.privateKey,
    aes: await make({ name: 'AES-GCM', length: 128 }, 'encrypt', 'decrypt'),
    kw: await make({ name: 'AES-KW', length: 128 }, 'wrapKey', 'unwrapKey'),
    hmac: await make({ name: 'HMAC', hash: 'SHA-256' }, 'sign'),
    hkdf: await subtle.importKey!('raw', data, 'HKDF', false, ['deriveBits', 'deriveKey']),
    fixed: await subtle.importKey!('raw', iv, 'AES-GCM', false, ['encrypt']),
  };
}

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
