// What nobody should give to the operations of Web Cryptography, and what the standard says of it.

import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { bitString, element, integer, octetString, sequence, TAG } from '../../lib/der';
import { data, RSA } from './support';

// Calls are made of what nobody should give: no type fits them.
export type Subtle = Record<string, (...given: unknown[]) => Promise<unknown>>;

/** Keys of one side, token or Node.js. */
export type Keys = Readonly<
  Record<'sign' | 'verify' | 'aes' | 'kw' | 'hmac' | 'mine' | 'theirs' | 'encrypt' | 'decrypt' | 'hkdf' | 'fixed', unknown>
>;

const shared = new Uint8Array(new SharedArrayBuffer(16));
export const iv = new Uint8Array(16);
export const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
export const ecdsaUse = { name: 'ECDSA', hash: 'SHA-256' };
export const ecdh = { name: 'ECDH', namedCurve: 'P-256' };
export const rsaKey = { name: 'RSA-PSS', ...RSA, hash: 'SHA-256' };
export const gcm = { name: 'AES-GCM', iv };
export const jwk = { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA' };
/** The AlgorithmIdentifier of P-256. */
const P256 = '301306072a8648ce3d020106082a8648ce3d030107';
/** The point at infinity: OpenSSL reads it, and Node.js 20 aborts when it is asked about it. */
export const INFINITY = Buffer.from(`3019${P256}03020000`, 'hex');
/** On P-256: the number, and the point behind it where one is given. */
export function pkcs8(number: Uint8Array, point?: Uint8Array): Buffer {
  const inner = sequence(integer(Uint8Array.of(1)), octetString(number), ...(point === undefined ? [] : [element(TAG.CONTEXT_1, bitString(point))]));
  return Buffer.from(sequence(integer(Uint8Array.of(0)), Buffer.from(P256, 'hex'), octetString(inner)));
}
export const one = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
const [mine, theirs] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })) as [
  JsonWebKey,
  JsonWebKey,
];
export const rsaJwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const throwing = {
  get name(): string {
    throw new SyntaxError('from a getter');
  },
};

export function detached(): ArrayBuffer {
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

/** An operation with a key that is imported for it. */
const withKey =
  (method: string, algorithm: Record<string, unknown>, usage: string, ...given: unknown[]) =>
  async (subtle: Subtle): Promise<unknown> =>
    subtle[method]!(algorithm, await subtle.importKey!('raw', iv, algorithm['name'], false, [usage]), ...given);
const ctr = (length: number, bytes: number, counter = iv) =>
  withKey('encrypt', { name: 'AES-CTR', counter, length }, 'encrypt', new Uint8Array(bytes));
const pbkdf2 = (iterations: number, bits: number) =>
  withKey('deriveBits', { name: 'PBKDF2', hash: 'SHA-256', salt: iv, iterations }, 'deriveBits', bits);
const hkdf = (bits: number) => withKey('deriveBits', { name: 'HKDF', hash: 'SHA-256', salt: iv, info: iv }, 'deriveBits', bits);

export const CASES: readonly Case[] = [
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
  bad('OperationError', 'encrypt with an IV of no bytes', (s, { aes }) => s.encrypt!({ name: 'AES-GCM', iv: new Uint8Array(0) }, aes, data)),
  bad('OperationError', 'AES-CBC with an IV of 15 bytes', withKey('encrypt', { name: 'AES-CBC', iv: iv.subarray(1) }, 'encrypt', data)),
  bad('OperationError', 'AES-CBC of a part of a block', withKey('decrypt', { name: 'AES-CBC', iv }, 'decrypt', new Uint8Array(15))),
  bad('OperationError', 'AES-CBC of no block', withKey('decrypt', { name: 'AES-CBC', iv }, 'decrypt', new Uint8Array(0))),
  bad('OperationError', 'AES-CTR with a counter of 15 bytes', ctr(64, 5, iv.subarray(1))),
  bad('OperationError', 'AES-CTR that counts with no bits', ctr(0, 5)),
  bad('OperationError', 'AES-CTR that counts with 129 bits', ctr(129, 5)),
  bad('TypeError', 'AES-CTR that counts with 256 bits', ctr(256, 5)),
  bad('OperationError', 'AES-CTR of three blocks that are counted with one bit', ctr(1, 33)),
  bad('OperationError', 'PBKDF2 with no iterations', pbkdf2(0, 256)),
  bad('OperationError', 'PBKDF2 with 2^31 iterations', pbkdf2(2 ** 31, 256)),
  bad('TypeError', 'PBKDF2 with 2^32 iterations', pbkdf2(2 ** 32, 256)),
  bad('OperationError', 'PBKDF2 of 12 bits', pbkdf2(1, 12)),
  bad('OperationError', 'HKDF of 12 bits', hkdf(12)),
  bad('OperationError', 'HKDF of more than it gives', hkdf(8 * (255 * 32 + 1))),
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
export async function makeKeys(subtle: Subtle): Promise<Keys> {
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
