// What the tests of WebCrypto have in common: a Crypto on a fresh token, and that of Node.js as the other side.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { CKM } from '../../lib';
import { Crypto } from '../../lib/webcrypto';
import { profiles, useToken, type Fixture } from '../support/profile';

/** Node's own. */
export const node = webcrypto.subtle;

export const data = Buffer.from('what is signed, encrypted and hashed');

export const sameBytes = (one: ArrayBuffer, other: ArrayBuffer | Uint8Array): void =>
  assert.equal(Buffer.from(one).toString('hex'), Buffer.from(other as Uint8Array).toString('hex'));

/** A Crypto on a token for all tests of the surrounding `describe`, and the token. */
export interface Given {
  readonly crypto: Crypto;
  readonly fixture: Fixture;
}

/** One `describe` for each token of the suite. */
export function onTokens(title: string, body: (given: () => Given) => void): void {
  for (const profile of profiles()) {
    describe(`${title} on ${profile.title}`, () => {
      const fixture = useToken(profile);
      let crypto: Crypto | undefined;
      before(async () => {
        await fixture().token.login(profile.pin);
        crypto = new Crypto(fixture().token);
      });
      body(() => ({ crypto: crypto!, fixture: fixture() }));
    });
  }
}

/** Asserts that it rejects with a DOMException of that name, or a TypeError. */
export async function rejects(promise: Promise<unknown>, name: string): Promise<Error & { cause?: unknown }> {
  let failure: (Error & { cause?: unknown }) | undefined;
  await assert.rejects(promise, (error: Error) => {
    failure = error;
    assert.equal(error.name, name, error.message);
    assert.ok(name === 'TypeError' ? error instanceof TypeError : error instanceof DOMException, `${error.constructor.name}`);
    return true;
  });
  return failure!;
}

export const RSA = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

/** Algorithms that sign: for keys, for signing, and the mechanism that the token must have. */
export const SIGNATURES: readonly { title: string; key: webcrypto.AlgorithmIdentifier; use: webcrypto.AlgorithmIdentifier; mechanism: number }[] = [
  ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].flatMap((hash) => [
    {
      title: `RSASSA-PKCS1-v1_5 with ${hash}`,
      key: { name: 'RSASSA-PKCS1-v1_5', ...RSA, hash } as webcrypto.Algorithm,
      use: 'RSASSA-PKCS1-v1_5',
      mechanism: CKM.RSA_PKCS,
    },
    {
      title: `RSA-PSS with ${hash}`,
      key: { name: 'RSA-PSS', ...RSA, hash } as webcrypto.Algorithm,
      use: { name: 'RSA-PSS', saltLength: 20 } as webcrypto.Algorithm,
      mechanism: CKM.RSA_PKCS_PSS,
    },
  ]),
  ...['P-256', 'P-384', 'P-521'].flatMap((namedCurve) =>
    ['SHA-256', 'SHA-512'].map((hash) => ({
      title: `ECDSA on ${namedCurve} with ${hash}`,
      key: { name: 'ECDSA', namedCurve } as webcrypto.Algorithm,
      use: { name: 'ECDSA', hash } as webcrypto.Algorithm,
      mechanism: CKM.ECDSA,
    })),
  ),
  { title: 'Ed25519', key: { name: 'Ed25519' }, use: 'Ed25519', mechanism: CKM.EC_EDWARDS_KEY_PAIR_GEN },
];
