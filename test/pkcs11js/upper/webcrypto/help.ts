// What the checks of node-webcrypto-p11 have in common.

import { webcrypto } from 'node:crypto';
import type { Crypto as TokenCrypto } from 'node-webcrypto-p11';

/** The other side. */
export const node = webcrypto.subtle;

export type Pair = webcrypto.CryptoKeyPair;
export type Usages = webcrypto.KeyUsage[];

/** Of the token, in Node's types: the declarations of the two differ in what they say of algorithms, not in what there is. */
export const subtleOf = (crypto: TokenCrypto): webcrypto.SubtleCrypto => crypto.subtle as unknown as webcrypto.SubtleCrypto;

export const publicExponent = new Uint8Array([1, 0, 1]);

export const bytes = (data: ArrayBuffer | Uint8Array): Buffer => Buffer.from(data as ArrayBuffer);
