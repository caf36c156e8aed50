// Keys go out in every format and come in again, here and in Node.js, and are the same.

import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import { profiles } from '../../support/profile';
import { equal, given, isPair, node, useCrypto, type Usage } from './support';

type Format = 'raw' | 'spki' | 'pkcs8' | 'jwk';
type Subtle = webcrypto.SubtleCrypto;
type Row = readonly [title: string, algorithm: object, usages: Usage[]];

const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
const CURVES = ['P-256', 'P-384', 'P-521'];

const ROWS: readonly Row[] = [
  ['RSASSA-PKCS1-v1_5', { name: 'RSASSA-PKCS1-v1_5', ...rsa }, ['sign', 'verify']],
  ['RSA-PSS', { name: 'RSA-PSS', ...rsa }, ['sign', 'verify']],
  ['RSA-OAEP', { name: 'RSA-OAEP', ...rsa }, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']],
  ...CURVES.map((namedCurve): Row => [`ECDSA on ${namedCurve}`, { name: 'ECDSA', namedCurve }, ['sign', 'verify']]),
  ...CURVES.map((namedCurve): Row => [`ECDH on ${namedCurve}`, { name: 'ECDH', namedCurve }, ['deriveBits', 'deriveKey']]),
  ['Ed25519', { name: 'Ed25519' }, ['sign', 'verify']],
  ['X25519', { name: 'X25519' }, ['deriveBits', 'deriveKey']],
  ...['AES-CBC', 'AES-CTR', 'AES-GCM'].map((name): Row => [name, { name, length: 192 }, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']]),
  ['AES-KW', { name: 'AES-KW', length: 128 }, ['wrapKey', 'unwrapKey']],
  ['HMAC', { name: 'HMAC', hash: 'SHA-256' }, ['sign', 'verify']],
];

/** What a key can be written as. */
function formatsOf({ type, algorithm }: webcrypto.CryptoKey): Format[] {
  if (type === 'private') return ['pkcs8', 'jwk'];
  if (type === 'secret') return ['raw', 'jwk'];
  return algorithm.name.startsWith('RSA') ? ['spki', 'jwk'] : ['raw', 'spki', 'jwk'];
}

const exported = (subtle: Subtle, format: Format, key: webcrypto.CryptoKey): Promise<ArrayBuffer | webcrypto.JsonWebKey> =>
  subtle.exportKey(format as 'raw', key);

/** What a JSON Web Key says of the key. The order of its usages is nobody's business, and the algorithm of Ed25519 is said since Node.js 24 only. */
function jwk({ alg, key_ops: usages = [], ...rest }: webcrypto.JsonWebKey): object {
  return { ...rest, key_ops: [...usages].sort(), ...(rest['crv'] !== 'Ed25519' && { alg }) };
}

/** From one Web Cryptography to the other and back. */
async function wander(key: webcrypto.CryptoKey, from: Subtle, to: Subtle): Promise<void> {
  for (const format of formatsOf(key)) {
    const out = await exported(from, format, key);
    const there = await to.importKey(format as 'raw', out as ArrayBuffer, key.algorithm as never, true, key.usages);
    const { type, extractable } = there;
    assert.deepEqual({ type, extractable, usages: [...there.usages].sort() }, { type: key.type, extractable: true, usages: [...key.usages].sort() });
    assert.deepEqual(structured(there.algorithm), structured(key.algorithm), format);
    const again = await exported(to, format, there);
    if (format === 'jwk') assert.deepEqual(jwk(again as webcrypto.JsonWebKey), jwk(out as webcrypto.JsonWebKey));
    // A PKCS#8 may or may not have the public half beside the private one (RFC 5915 section 3).
    else if (format !== 'pkcs8') equal(again as ArrayBuffer, out as ArrayBuffer, format);
    const back = await from.importKey(format as 'raw', again as ArrayBuffer, key.algorithm as never, true, key.usages);
    assert.deepEqual(
      jwk((await exported(from, 'jwk', back)) as webcrypto.JsonWebKey),
      jwk((await exported(from, 'jwk', key)) as webcrypto.JsonWebKey),
    );
  }
}

/** Without prototypes and kinds of bytes. */
const structured = (algorithm: object): object =>
  Object.fromEntries(
    Object.entries(algorithm).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array).toString('hex') : typeof value === 'object' ? { ...value } : value,
    ]),
  );

for (const profile of profiles()) {
  describe(`key formats of Web Cryptography on ${profile.title} and Node.js`, () => {
    const fixture = useCrypto(profile);

    for (const [title, algorithm, usages] of ROWS) {
      it(`${title}, made on the token`, async function () {
        const { subtle } = fixture();
        const made = (await given(this, subtle.generateKey(algorithm as never, true, usages))) as webcrypto.CryptoKey | webcrypto.CryptoKeyPair;
        for (const key of isPair(made) ? [made.publicKey, made.privateKey] : [made]) await given(this, wander(key, subtle, node));
      });

      it(`${title}, made in Node.js`, async function () {
        const { subtle } = fixture();
        const made = (await node.generateKey(algorithm as never, true, usages)) as webcrypto.CryptoKey | webcrypto.CryptoKeyPair;
        for (const key of isPair(made) ? [made.publicKey, made.privateKey] : [made]) await given(this, wander(key, node, subtle));
      });
    }
  });
}
