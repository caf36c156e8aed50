// What a CryptoKey may be used for, and the attributes by which a token knows it.

import { domError } from './errors';
import type { AttributeName, AttributeTemplate } from '../attributes';

/** Every usage of the standard, and those of the draft for encapsulation, in the order in which keys list them. */
export const USAGES = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveKey',
  'deriveBits',
  'wrapKey',
  'unwrapKey',
  'encapsulateKey',
  'encapsulateBits',
  'decapsulateKey',
  'decapsulateBits',
] as const;

/** One of the usages. */
export type Usage = (typeof USAGES)[number];

/** The usages without repetition, in the usual order. */
export const normalized = (usages: readonly Usage[]): Usage[] => USAGES.filter((usage) => usages.includes(usage));

/** Throws where one of the usages is not for such a key. */
export function checkUsages(usages: readonly Usage[], allowed: readonly Usage[]): void {
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong !== undefined) throw domError('SyntaxError', `This kind of key cannot have the usage '${wrong}'`);
}

/** Throws for a private or secret key that could not be used for anything. */
export function checkUsed(usages: readonly Usage[]): void {
  if (usages.length === 0) throw domError('SyntaxError', 'A private or secret key must have a usage');
}

/**
 * The standard wraps by encrypting what it has exported, so wrapping needs both rights of a token. That a key may unwrap and decrypt gives nothing away here: whoever
 * may unwrap can ask for an extractable key.
 */
const RIGHTS: Readonly<Record<Usage, readonly AttributeName[]>> = {
  encrypt: ['encrypt'],
  decrypt: ['decrypt'],
  sign: ['sign'],
  verify: ['verify'],
  deriveKey: ['derive'],
  deriveBits: ['derive'],
  wrapKey: ['wrap', 'encrypt'],
  unwrapKey: ['unwrap', 'decrypt'],
  encapsulateKey: ['encapsulate'],
  encapsulateBits: ['encapsulate'],
  decapsulateKey: ['decapsulate'],
  decapsulateBits: ['decapsulate'],
};

/** The attributes of a key with these usages: of those named, each true or false. */
export function rights(usages: readonly Usage[], names: readonly AttributeName[]): AttributeTemplate {
  const granted = new Set(usages.flatMap((usage) => RIGHTS[usage]));
  return Object.fromEntries(names.map((name) => [name, granted.has(name)]));
}

/** The usages, of those that are allowed, for which a key on a token has the rights. */
export function usagesOf(attributes: Readonly<Partial<Record<string, unknown>>>, allowed: readonly Usage[]): Usage[] {
  return allowed.filter((usage) => RIGHTS[usage].some((name) => attributes[name] === true));
}
