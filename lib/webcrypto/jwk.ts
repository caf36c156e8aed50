// JSON Web Keys (RFC 7517) as Web Cryptography checks them.

import { domError } from './errors';
import type { JsonWebKey } from 'node:crypto';
import type { Usage } from './usages';

/** What a JSON Web Key must say to be taken. */
export interface Expected {
  readonly kty: string;
  readonly use: 'sig' | 'enc';
  /** What `alg` may be; undefined where it does not matter. */
  readonly algorithms: readonly string[] | undefined;
  readonly extractable: boolean;
  readonly usages: readonly Usage[];
}

const wrong = (what: string): DOMException => domError('DataError', `The JSON Web Key ${what}`);

/** Throws a DataError for a key that is meant for something else. */
export function checkJwk(jwk: JsonWebKey, { kty, use, algorithms, extractable, usages }: Expected): void {
  if (jwk.kty !== kty) throw wrong(`must have the type '${kty}'`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw wrong(`has another use than '${use}'`);
  const operations = jwk.key_ops;
  if (operations !== undefined) {
    if (!Array.isArray(operations) || new Set(operations).size !== operations.length) throw wrong('has no valid key_ops');
    if (usages.some((usage) => !operations.includes(usage))) throw wrong('does not allow these usages');
  }
  if (jwk.ext !== undefined && jwk.ext !== true && extractable) throw wrong('must not be extractable');
  if (algorithms !== undefined && jwk.alg !== undefined && !algorithms.includes(jwk.alg as string)) throw wrong('is for another algorithm');
}

/** Bytes of a member in base64url, and nothing else than that. */
export function jwkBytes(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]*$/.test(value)) throw wrong('has a member that is not base64url');
  return Uint8Array.from(Buffer.from(value, 'base64url'));
}

/** The members that every exported key has. */
export const jwkCommon = (usages: readonly string[], extractable: boolean): JsonWebKey => ({ key_ops: [...usages], ext: extractable });
