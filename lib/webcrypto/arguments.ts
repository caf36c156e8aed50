// The arguments of operations, once Web IDL has converted what it can.

import { types } from 'node:util';
import { bufferSource } from './idl';
import { domError } from './errors';
import { jsonWebKey } from './jwk';
import { materialOf, type CryptoKey } from './crypto-key';
import { wrongType } from '../arguments';
import type { Format, KeyData, Placement, Wish } from './provider';
import type { Normalized } from './normalize';
import type { Usage } from './usages';

export function keyArgument(value: unknown, name: string): CryptoKey {
  if (materialOf(value) === undefined) throw wrongType(name, 'a CryptoKey of a Crypto of this library', value);
  return value as CryptoKey;
}

/** Throws where the key is for another algorithm, or must not be used so. */
export function checkKey(key: CryptoKey, { algorithm }: Normalized, usage: Usage): void {
  if (key.algorithm.name !== algorithm.name) throw domError('InvalidAccessError', `The key is for ${key.algorithm.name}`);
  if (!(key.usages as readonly Usage[]).includes(usage)) throw domError('InvalidAccessError', `The key must not be used for '${usage}'`);
}

/** Throws for the wrong half of a pair. */
export function checkType(key: CryptoKey, half: 'private' | 'public'): void {
  if (key.type !== half && key.type !== 'secret') throw domError('InvalidAccessError', `The key is not ${half}`);
}

/** A copy of what is to be imported. */
export function keyData(format: Format, value: unknown): KeyData {
  if (format !== 'jwk') return bufferSource(value, 'keyData');
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    throw wrongType('keyData', 'a JSON Web Key', value, true);
  }
  return jsonWebKey(value);
}

export const wishOf = (extractable: unknown, usages: readonly Usage[], placement: Placement): Wish => ({
  extractable: Boolean(extractable),
  usages,
  placement,
});
