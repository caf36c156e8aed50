// What the tests of Web Cryptography on a token beside that of Node.js have in common.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import type { Context } from 'mocha';
import { Crypto } from '../../../lib/webcrypto';
import { useToken, type Available, type Fixture } from '../../support/profile';
import { skip } from '../../support/skip';

export type Usage = webcrypto.KeyUsage;
export type Bits = ArrayBuffer | Uint8Array;

/** Web Cryptography of Node.js. */
export const node = webcrypto.subtle;

export const data = Buffer.from('a document that is a little longer than one block of any cipher');

export const buffer = (bits: Bits): Buffer => Buffer.from(bits as Uint8Array);

export const equal = (actual: Bits, expected: Bits, message?: string): void => assert.deepEqual(buffer(actual), buffer(expected), message);

export interface CryptoFixture extends Fixture {
  readonly crypto: Crypto;
  readonly subtle: webcrypto.SubtleCrypto;
}

/** A token whose user is logged in, and Web Cryptography on it. */
export function useCrypto(profile: Available): () => CryptoFixture {
  const fixture = useToken(profile);
  let made: CryptoFixture | undefined;
  before(async function () {
    fixture().needs(this, 'session-objects', 'import', 'generate');
    await fixture().token.login(profile.pin);
    const crypto = new Crypto(fixture().token);
    made = { ...fixture(), crypto, subtle: crypto.subtle as unknown as webcrypto.SubtleCrypto };
  });
  after(() => {
    made = undefined;
  });
  return () => made ?? assert.fail('the token is there inside tests and hooks only');
}

/** RSA-OAEP beyond what a token can do, though it lists the mechanism. */
export function needsOaep(context: Context, { profile }: Fixture, hash: string, label = false): void {
  // Behind p11-kit there is a SoftHSM too.
  const limited = profile.name === 'softhsm' || profile.name === 'p11kit';
  if (limited && (hash !== 'SHA-1' || label)) skip(context, 'SoftHSM has OAEP with SHA-1 and without a label only');
}

/** What the token gives; skips the test where it has no such algorithm. */
export async function given<T>(context: Context, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'NotSupportedError') throw error;
    return skip(context, message);
  }
}

export const isPair = (key: webcrypto.CryptoKey | webcrypto.CryptoKeyPair): key is webcrypto.CryptoKeyPair => 'privateKey' in key;

/** The same key in another Web Cryptography, through one of its formats. */
export async function carried(
  key: webcrypto.CryptoKey,
  from: webcrypto.SubtleCrypto,
  to: webcrypto.SubtleCrypto,
  { algorithm = key.algorithm as webcrypto.AlgorithmIdentifier, usages = key.usages, extractable = true } = {},
): Promise<webcrypto.CryptoKey> {
  const format = key.type === 'public' ? 'spki' : key.type === 'private' ? 'pkcs8' : 'raw';
  const exported = (await from.exportKey(format as 'raw', key)) as ArrayBuffer;
  return to.importKey(format as 'raw', exported, algorithm, extractable, usages);
}
