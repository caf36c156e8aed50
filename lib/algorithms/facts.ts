// What an algorithm may know about a key and its token before it chooses a mechanism.

import type { Curve } from '../curves';
import type { Quirks } from './quirks';
import type { MechanismInput, MechanismWithParameter } from '../mechanism';

export type Parameter = MechanismWithParameter['parameter'];

export interface KeyFacts {
  /** The standard's number: CKK. */
  readonly keyType: number;
  /** The name in messages: 'rsa', 'ec', 'ed25519', 'aes' … */
  readonly type: string;
  /** Bytes of the modulus of an RSA key; of the prime of a DH key. */
  readonly modulusBytes?: number | undefined;
  readonly curve?: Curve | undefined;
  /** Bytes of the subprime of a DSA key. */
  readonly subprimeBytes?: number | undefined;
  /** CKP: of ML-DSA, SLH-DSA and ML-KEM keys. */
  readonly parameterSet?: number | undefined;
}

export interface Abilities {
  /** Whether the token has a mechanism for this use (a CKF flag). */
  has(mechanism: number, use: number): boolean;
  /** Where this token differs from the standard. */
  readonly quirks: Quirks;
}

/** A mechanism with its parameter, given in full: what the names of algorithms do not cover. */
export interface MechanismAlgorithm {
  /** Its number, or number and parameter: see `mechanisms`. */
  readonly mechanism: MechanismInput;
}

export const isMechanism = (algorithm: unknown): algorithm is MechanismAlgorithm =>
  typeof algorithm === 'object' && algorithm !== null && 'mechanism' in algorithm;

/** Lists words for an error message. */
export const listed = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');
