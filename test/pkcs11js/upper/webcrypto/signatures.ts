// Signatures, MACs and digests through node-webcrypto-p11, with Node's own WebCrypto as the other side.

import assert from 'node:assert/strict';
import { createHash, randomBytes, type webcrypto } from 'node:crypto';
import type { Check, Checks } from '../stage';
import { bytes, node, publicExponent, subtleOf, type Pair } from './help';

const data = randomBytes(333);
const other = randomBytes(333);

interface Case {
  /** Of the key. */
  readonly algorithm: Record<string, unknown>;
  /** Of the signature, where that is more than the name. */
  readonly signing?: Record<string, unknown>;
  readonly requires: readonly string[];
}

const pair =
  ({ algorithm, signing, requires }: Case): Check =>
  async (stage) => {
    stage.requires(...requires);
    const subtle = subtleOf(stage.crypto);
    const name = algorithm['name'] as string;
    const how = { name, ...signing } as webcrypto.EcdsaParams;
    const { publicKey, privateKey } = (await subtle.generateKey(algorithm as unknown as webcrypto.EcKeyGenParams, false, ['sign', 'verify'])) as Pair;
    assert.deepEqual([publicKey.type, privateKey.type, privateKey.extractable], ['public', 'private', false]);
    assert.deepEqual([publicKey.usages, privateKey.usages], [['verify'], ['sign']]);
    const signature = await subtle.sign(how, privateKey, data);
    assert.equal(await subtle.verify(how, publicKey, signature, data), true);
    assert.equal(await subtle.verify(how, publicKey, signature, other), false);
    const theirs = await node.importKey(
      'spki',
      await subtle.exportKey('spki', publicKey),
      algorithm as unknown as webcrypto.EcKeyImportParams,
      true,
      ['verify'],
    );
    assert.equal(await node.verify(how, theirs, signature, data), true);
  };

const imported =
  ({ algorithm, signing, requires }: Case): Check =>
  async (stage) => {
    stage.requires(...requires);
    const subtle = subtleOf(stage.crypto);
    const how = { name: algorithm['name'], ...signing } as unknown as webcrypto.EcdsaParams;
    const alg = algorithm as unknown as webcrypto.EcKeyImportParams;
    const theirs = (await node.generateKey(algorithm as unknown as webcrypto.EcKeyGenParams, true, ['sign', 'verify'])) as Pair;
    for (const format of ['pkcs8', 'jwk'] as const) {
      const exported = (await node.exportKey(format as 'pkcs8', theirs.privateKey)) as ArrayBuffer;
      const key = await subtle.importKey(format as 'pkcs8', exported, alg, false, ['sign']);
      assert.equal(await node.verify(how, theirs.publicKey, await subtle.sign(how, key, data), data), true);
    }
    const signature = await node.sign(how, theirs.privateKey, data);
    for (const format of ['spki', 'jwk'] as const) {
      const exported = (await node.exportKey(format as 'spki', theirs.publicKey)) as ArrayBuffer;
      const key = await subtle.importKey(format as 'spki', exported, alg, true, ['verify']);
      assert.equal(await subtle.verify(how, key, signature, data), true);
      assert.equal(await subtle.verify(how, key, signature, other), false);
    }
  };

const hmac =
  (hash: string): Check =>
  async (stage) => {
    const mechanism = hash === 'SHA-1' ? 'CKM_SHA_1_HMAC' : `CKM_${hash.replace('-', '')}_HMAC`;
    stage.requires(mechanism);
    const subtle = subtleOf(stage.crypto);
    const raw = randomBytes(64);
    const key = await subtle.importKey('raw', raw, { name: 'HMAC', hash }, true, ['sign', 'verify']);
    const theirs = await node.importKey('raw', raw, { name: 'HMAC', hash }, true, ['sign', 'verify']);
    const code = await subtle.sign('HMAC', key, data);
    assert.deepEqual(bytes(code), bytes(await node.sign('HMAC', theirs, data)));
    assert.equal(await subtle.verify('HMAC', key, code, data), true);
    assert.equal(await subtle.verify('HMAC', key, code, other), false);
    assert.deepEqual(bytes(await subtle.exportKey('raw', key)), raw);
    const made = (await subtle.generateKey({ name: 'HMAC', hash, length: 512 }, true, ['sign', 'verify'])) as webcrypto.CryptoKey;
    assert.equal(await subtle.verify('HMAC', made, await subtle.sign('HMAC', made, data), data), true);
  };

const rsa = (name: string, hash: string): Record<string, unknown> => ({ name, hash, modulusLength: 2048, publicExponent });
const ec = (namedCurve: string): Record<string, unknown> => ({ name: 'ECDSA', namedCurve });
const digest = (hash: string): Check => {
  return async (stage) => {
    if (stage.name === 'nss') stage.skip('digests in another slot');
    stage.requires(hash === 'SHA-1' ? 'CKM_SHA_1' : `CKM_${hash.replace('-', '')}`);
    assert.deepEqual(bytes(await subtleOf(stage.crypto).digest(hash, data)), createHash(hash.replace('-', '')).update(data).digest());
  };
};

const rsaMechanism = (hash: string, end = ''): string[] => ['CKM_RSA_PKCS_KEY_PAIR_GEN', `CKM_${hash.replace('-', '')}_RSA_PKCS${end}`];
const hashes = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
const curves = ['P-256', 'P-384', 'P-521'];

export const checks: Checks = {
  ...Object.fromEntries(
    hashes.map((hash) => [`RSASSA-PKCS1-v1_5 with ${hash}`, pair({ algorithm: rsa('RSASSA-PKCS1-v1_5', hash), requires: rsaMechanism(hash) })]),
  ),
  ...Object.fromEntries(
    hashes.map((hash) => {
      const saltLength = Number(hash.slice(4)) === 1 ? 20 : Number(hash.slice(4)) / 8;
      return [`RSA-PSS with ${hash}`, pair({ algorithm: rsa('RSA-PSS', hash), signing: { saltLength }, requires: rsaMechanism(hash, '_PSS') })];
    }),
  ),
  ...Object.fromEntries(
    curves.map((curve) => [
      `ECDSA on ${curve}`,
      async (stage) => {
        for (const hash of hashes) await pair({ algorithm: ec(curve), signing: { hash }, requires: ['CKM_ECDSA'] })(stage);
      },
    ]),
  ),
  'ECDSA on K-256': async (stage) => {
    stage.requires('CKM_ECDSA');
    if (stage.name === 'nss') stage.skip('no secp256k1');
    const subtle = subtleOf(stage.crypto);
    const { publicKey, privateKey } = (await subtle.generateKey({ name: 'ECDSA', namedCurve: 'K-256' }, false, ['sign', 'verify'])) as Pair;
    const how = { name: 'ECDSA', hash: 'SHA-256' };
    assert.equal(await subtle.verify(how, publicKey, await subtle.sign(how, privateKey, data), data), true);
  },
  'RSASSA-PKCS1-v1_5 with keys of Node': imported({ algorithm: rsa('RSASSA-PKCS1-v1_5', 'SHA-256'), requires: rsaMechanism('SHA-256') }),
  'RSA-PSS with keys of Node': imported({
    algorithm: rsa('RSA-PSS', 'SHA-256'),
    signing: { saltLength: 32 },
    requires: rsaMechanism('SHA-256', '_PSS'),
  }),
  'ECDSA with keys of Node': imported({ algorithm: ec('P-256'), signing: { hash: 'SHA-256' }, requires: ['CKM_ECDSA'] }),
  ...Object.fromEntries(hashes.map((hash) => [`HMAC with ${hash}`, hmac(hash)])),
  ...Object.fromEntries(hashes.map((hash) => [`digest: ${hash}`, digest(hash)])),
};
