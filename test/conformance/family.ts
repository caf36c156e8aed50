// What the judge knows of the vectors of one file: the keys, and what is done with them, through the classes and by raw calls.

import type { AttributeTemplate, CryptokiObject, Key, Token } from '../../lib';
import { Pkcs11Error, type Raw } from '../../lib/raw';
import type { Case, Group } from './vectors';

/**
 * What came of a case, in words: 'valid' or 'not valid' of a signature, 'right' or 'other bytes' of a result, else the code of
 * the error. An error without a code is nobody's considered answer.
 */
export type Answer = string;

/** A key of a vector. */
export interface KeySpec {
  /** Cases with the same share the key. */
  readonly name: string;
  /** Puts it on the token by the classes. */
  make(token: Token): Promise<CryptokiObject>;
  /** The same for C_CreateObject. */
  readonly template: AttributeTemplate;
}

/** A session of the raw functions on the same token, where the same objects are seen. */
export interface RawSide {
  readonly raw: Raw;
  readonly session: bigint;
  /** Whether the token is NSS's. */
  readonly isNss: boolean;
  has(mechanism: number): boolean;
}

export interface Subject {
  readonly token: Token;
  /** Not there where a file has no keys. */
  readonly key: Key;
}

export interface Operation {
  readonly name: string;
  /** For the cases for which it makes sense; default: all. */
  readonly on?: (test: Case, group: Group) => boolean;
  /** What the token must have besides. */
  readonly mechanism?: number;
  answer(subject: Subject, test: Case, group: Group): Promise<Answer>;
  /** The same by the functions of the standard, with the handle of the same key. */
  raw(side: RawSide, key: bigint, test: Case, group: Group): Promise<Answer>;
}

export interface Family {
  readonly file: string;
  readonly title: string;
  /** One of these, with its use (CKF), the token must have. */
  readonly needs: readonly (readonly [mechanism: number, use: number])[];
  readonly key?: (test: Case, group: Group) => KeySpec;
  readonly operations: readonly Operation[];
}

export const isValid = ({ result }: Case): boolean => result === 'valid';

/** Runs it, and puts what came of it into words. */
export async function answerOf(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { code?: unknown };
    return typeof code === 'string' ? code : `no code: ${String(error)}`;
  }
}

export const judged = (valid: boolean): Answer => (valid ? 'valid' : 'not valid');

export const compared = (result: Uint8Array, expected: Uint8Array): Answer => (Buffer.compare(result, expected) === 0 ? 'right' : 'other bytes');

/** What C_Verify says. */
export async function verdict(verified: Promise<void>): Promise<Answer> {
  try {
    await verified;
    return judged(true);
  } catch (error) {
    if (Pkcs11Error.is(error, 'CKR_SIGNATURE_INVALID') || Pkcs11Error.is(error, 'CKR_SIGNATURE_LEN_RANGE')) return judged(false);
    throw error;
  }
}
