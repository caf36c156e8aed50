// JSON Web Keys (RFC 7517) as Web Cryptography checks them.

import { Dictionary, sequence, text } from './idl';
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

// In the order in which Web IDL reads them; `priv` and `pub` are of the draft for newer algorithms.
const MEMBERS = ['alg', 'crv', 'd', 'dp', 'dq', 'e', 'ext', 'k', 'key_ops', 'kty', 'n', 'oth', 'p', 'priv', 'pub', 'q', 'qi', 'use', 'x', 'y'];

const CONVERT: Readonly<Record<string, (value: unknown, name: string) => unknown>> = {
  ext: Boolean,
  key_ops: (value, name) => sequence(value, name, text),
  oth: (value) => value,
};

/** The dictionary JsonWebKey of the standard, converted by Web IDL: members may be inherited, and are read once. */
export function jsonWebKey(value: object): JsonWebKey {
  const source = new Dictionary(value, 'keyData');
  const members = MEMBERS.map((name) => [name, source.optional(name, CONVERT[name] ?? text)] as const);
  return Object.fromEntries(members.filter(([, given]) => given !== undefined));
}

const wrong = (what: string): DOMException => domError('DataError', `The JSON Web Key ${what}`);

/** Throws a DataError for a key that is meant for something else. */
export function checkJwk(jwk: JsonWebKey, { kty, use, algorithms, extractable, usages }: Expected): void {
  if (jwk.kty !== kty) throw wrong(`must have the type '${kty}'`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw wrong(`has another use than '${use}'`);
  const operations = jwk.key_ops as readonly string[] | undefined;
  if (operations !== undefined) {
    if (new Set(operations).size !== operations.length) throw wrong('names an operation twice');
    if (usages.some((usage) => !operations.includes(usage))) throw wrong('does not allow these usages');
  }
  if (jwk.ext !== undefined && jwk.ext !== true && extractable) throw wrong('must not be extractable');
  if (algorithms !== undefined && jwk.alg !== undefined && !algorithms.includes(jwk.alg as string)) throw wrong('is for another algorithm');
}

/** Bytes of a member in base64url, and nothing else than that. */
export function jwkBytes(value: unknown): Uint8Array<ArrayBuffer> {
  // One digit more than whole groups of four is less than a byte.
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]*$/.test(value) || value.length % 4 === 1) throw wrong('has a member that is not base64url');
  return Uint8Array.from(Buffer.from(value, 'base64url'));
}

/** The members that every exported key has. */
export const jwkCommon = (usages: readonly string[], extractable: boolean): JsonWebKey => ({ key_ops: [...usages], ext: extractable });
