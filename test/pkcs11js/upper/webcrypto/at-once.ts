// Calls at once through node-webcrypto-p11, which has one session for all of them: with the original, all but the first signature fail.

import assert from 'node:assert/strict';
import { createHmac, randomBytes, type webcrypto } from 'node:crypto';
import type { Checks, Stage } from '../stage';
import { bytes, node, publicExponent, subtleOf, type Pair } from './help';

const CALLS = 8;
const input = (number: number): Buffer => Buffer.alloc(500, `input ${number} `);
const numbers = Array.from({ length: CALLS }, (_, number) => number);

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent };

async function makePair(stage: Stage, algorithm: object): Promise<Pair & { theirs: webcrypto.CryptoKey }> {
  const subtle = subtleOf(stage.crypto);
  const pair = (await subtle.generateKey(algorithm as webcrypto.EcKeyGenParams, false, ['sign', 'verify'])) as Pair;
  const spki = await subtle.exportKey('spki', pair.publicKey);
  return { ...pair, theirs: await node.importKey('spki', spki, algorithm as webcrypto.EcKeyImportParams, true, ['verify']) };
}

/**
 * A signature is what it should be, or there is none: C_SignInit for another key while one is active cannot be told from it by what C_Sign is given, and is refused as
 * in C. Never is it a signature by another key.
 */
async function rightOrRefused(
  signing: Promise<ArrayBuffer>,
  algorithm: object,
  theirs: webcrypto.CryptoKey,
  data: Buffer,
): Promise<'right' | 'refused'> {
  const signature = await signing.catch((error: Error) => {
    assert.equal(error.message, 'CKR_OPERATION_ACTIVE');
    return undefined;
  });
  if (signature === undefined) return 'refused';
  assert.equal(await node.verify(algorithm as webcrypto.EcdsaParams, theirs, signature, data), true);
  return 'right';
}

export const checks: Checks = {
  '8 signatures by ECDSA': async (stage) => {
    const { privateKey, publicKey, theirs } = await makePair(stage, ecdsa);
    const subtle = subtleOf(stage.crypto);
    const signatures = await Promise.all(numbers.map((number) => subtle.sign(ecdsa, privateKey, input(number))));
    for (const [number, signature] of signatures.entries())
      assert.equal(await node.verify(ecdsa, theirs, signature, input(number)), true, `call ${number}`);
    const verified = await Promise.all(signatures.map((signature, number) => subtle.verify(ecdsa, publicKey, signature, input(number & ~1))));
    assert.deepEqual(
      verified,
      numbers.map((number) => number % 2 === 0),
    );
  },

  '8 signatures by RSA, again and again': async (stage) => {
    const { privateKey, theirs } = await makePair(stage, rsa);
    const subtle = subtleOf(stage.crypto);
    for (let round = 0; round < 5; round++) {
      const signatures = await Promise.all(numbers.map((number) => subtle.sign(rsa, privateKey, input(number))));
      for (const [number, signature] of signatures.entries())
        assert.equal(await node.verify(rsa, theirs, signature, input(number)), true, `call ${number}`);
    }
  },

  '8 signatures by 8 keys: each right, or refused': async (stage) => {
    const pairs = [];
    for (const _ of numbers) pairs.push(await makePair(stage, ecdsa));
    const subtle = subtleOf(stage.crypto);
    const outcomes = await Promise.all(
      pairs.map(({ privateKey, theirs }, number) => rightOrRefused(subtle.sign(ecdsa, privateKey, input(number)), ecdsa, theirs, input(number))),
    );
    assert.equal(outcomes[0], 'right');
    // And nothing is left behind.
    for (const [number, { privateKey, theirs }] of pairs.entries()) {
      assert.equal(await rightOrRefused(subtle.sign(ecdsa, privateKey, input(number)), ecdsa, theirs, input(number)), 'right');
    }
  },

  'signatures of several callers with two keys: each right, or refused': async (stage) => {
    const subtle = subtleOf(stage.crypto);
    const pairs = [
      { algorithm: ecdsa, ...(await makePair(stage, ecdsa)) },
      { algorithm: rsa, ...(await makePair(stage, rsa)) },
    ];
    const outcomes: string[] = [];
    const caller = async (which: number): Promise<void> => {
      const { algorithm, privateKey, theirs } = pairs[which]!;
      for (const number of numbers)
        outcomes.push(await rightOrRefused(subtle.sign(algorithm, privateKey, input(number)), algorithm, theirs, input(number)));
    };
    await Promise.all([caller(0), caller(1), caller(0), caller(1)]);
    assert.equal(outcomes.length, 4 * CALLS);
    assert.ok(outcomes.includes('right'));
  },

  '8 MACs, digests, encryptions and decryptions': async (stage) => {
    const subtle = subtleOf(stage.crypto);
    const raw = randomBytes(32);
    const key = await subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
    const codes = await Promise.all(numbers.map((number) => subtle.sign('HMAC', key, input(number))));
    for (const [number, code] of codes.entries()) assert.deepEqual(bytes(code), createHmac('sha256', raw).update(input(number)).digest());
    const aes = (await subtle.generateKey({ name: 'AES-CBC', length: 128 }, false, ['encrypt', 'decrypt'])) as webcrypto.CryptoKey;
    const how = (number: number) => ({ name: 'AES-CBC', iv: Buffer.alloc(16, number) });
    const sealed = await Promise.all(numbers.map((number) => subtle.encrypt(how(number), aes, input(number))));
    const opened = await Promise.all(sealed.map((one, number) => subtle.decrypt(how(number), aes, one)));
    assert.deepEqual(opened.map(bytes), numbers.map(input));
    if (stage.name !== 'nss') {
      const digests = await Promise.all(numbers.map((number) => subtle.digest('SHA-256', input(number))));
      assert.equal(new Set(digests.map((one) => bytes(one).toString('hex'))).size, CALLS);
    }
  },

  '8 decryptions by RSA': async (stage) => {
    stage.requires('CKM_RSA_X_509');
    const subtle = subtleOf(stage.crypto);
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2048, publicExponent };
    const { publicKey, privateKey } = (await subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])) as Pair;
    const plain = numbers.map((number) => input(number).subarray(0, 20));
    const sealed = await Promise.all(plain.map((one) => subtle.encrypt('RSA-OAEP' as never, publicKey, one)));
    const opened = await Promise.all(sealed.map((one) => subtle.decrypt('RSA-OAEP' as never, privateKey, one)));
    assert.deepEqual(opened.map(bytes), plain);
  },
};
