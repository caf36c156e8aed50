// Passwords of PKCS #12, and what is derived from them (RFC 7292, appendix B; RFC 8018 for PBKDF2).

import { createHash, pbkdf2 } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { bytes, string, wrongType } from '../arguments';
import { copyOf } from '../bytes';
import { CryptokiError } from '../errors';
import { throwIfAborted } from '../options';

/** A password in the two forms that algorithms of PKCS #12 take. */
export interface Spelling {
  /** UTF-16 with two zero bytes at the end, for the derivation of PKCS #12 itself (RFC 7292, appendix B.1). */
  readonly wide: Uint8Array;
  /** UTF-8, for PBES2 and PBMAC1. */
  readonly narrow: Uint8Array;
}

/** Each turn is one hash; a file that asks for more would hold up the process for minutes. */
export const MOST_ITERATIONS = 10_000_000;

// So many hashes take some milliseconds; then others have their turn.
const AT_ONCE = 5_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function wideOf(text: string): Uint8Array {
  const wide = new Uint8Array(2 * text.length + 2);
  for (let at = 0; at < text.length; at++) new DataView(wide.buffer).setUint16(2 * at, text.charCodeAt(at));
  return wide;
}

/** Every byte as one character: what OpenSSL before 1.1 made of UTF-8. */
function widened(narrow: Uint8Array): Uint8Array {
  const wide = new Uint8Array(2 * narrow.length + 2);
  narrow.forEach((byte, at) => (wide[2 * at + 1] = byte));
  return wide;
}

function textOf(narrow: Uint8Array): string | undefined {
  try {
    return utf8.decode(narrow);
  } catch {
    return undefined;
  }
}

const isAscii = (narrow: Uint8Array): boolean => narrow.every((byte) => byte < 0x80);

/** The forms a password may have been used in, the usual one first. The caller wipes them. */
export function spellings(password: string | Uint8Array | null | undefined): Spelling[] {
  const absent = { wide: new Uint8Array(0), narrow: new Uint8Array(0) };
  if (password === undefined || password === null) return [absent, { wide: new Uint8Array(2), narrow: absent.narrow }];
  if (typeof password !== 'string' && !ArrayBuffer.isView(password)) {
    throw wrongType('password', 'of type string, an instance of Uint8Array, null or undefined', password, true);
  }
  const narrow =
    typeof password === 'string' ? new TextEncoder().encode(string(password, 'password', true)) : copyOf(bytes(password, 'password', true));
  // No password at all and an empty one are not the same to the derivation, but they are to most programs.
  if (narrow.length === 0) return [{ wide: new Uint8Array(2), narrow }, absent];
  const text = typeof password === 'string' ? password : textOf(narrow);
  const forms = text === undefined ? [] : [{ wide: wideOf(text), narrow }];
  return isAscii(narrow) ? forms : [...forms, { wide: widened(narrow), narrow }];
}

export function wipeSpellings(all: readonly Spelling[]): void {
  for (const { wide, narrow } of all) {
    wide.fill(0);
    narrow.fill(0);
  }
}

/** What a derived key is for: the "ID" of RFC 7292, appendix B.3. */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

export interface Work {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly signal?: AbortSignal | undefined;
}

export function checkIterations(iterations: number): void {
  if (Number.isInteger(iterations) && iterations >= 1 && iterations <= MOST_ITERATIONS) return;
  throw new CryptokiError(
    'ERR_CRYPTOKI_UNSUPPORTED',
    `The PKCS #12 file asks for ${iterations} iterations of its key derivation; from 1 to ${MOST_ITERATIONS} are supported`,
  );
}

const blockOf = (hash: string): number => (/^sha(?:384|512)/.test(hash) ? 128 : 64);

function repeated(source: Uint8Array, block: number): Uint8Array {
  const out = new Uint8Array(block * Math.ceil(source.length / block));
  for (let at = 0; at < out.length; at++) out[at] = source[at % source.length] as number;
  return out;
}

/** `block` becomes block + addend + 1, as numbers of their length. */
function add(block: Uint8Array, addend: Uint8Array): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    carry += (block[at] as number) + (addend[at] as number);
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

/** The derivation of RFC 7292, appendix B.2. */
export async function derive(hash: string, wide: Uint8Array, work: Work, purpose: number, length: number): Promise<Uint8Array> {
  checkIterations(work.iterations);
  const block = blockOf(hash);
  const diversifier = new Uint8Array(block).fill(purpose);
  const salt = repeated(work.salt, block);
  const mixed = new Uint8Array(salt.length + block * Math.ceil(wide.length / block));
  const secret = repeated(wide, block);
  mixed.set(salt);
  mixed.set(secret, salt.length);
  secret.fill(0);
  const out = new Uint8Array(length);
  for (let at = 0; at < length;) {
    let digest = createHash(hash).update(diversifier).update(mixed).digest();
    for (let turn = 1; turn < work.iterations; turn++) {
      if (turn % AT_ONCE === 0) {
        await setImmediate();
        throwIfAborted(work.signal);
      }
      digest = createHash(hash).update(digest).digest();
    }
    out.set(digest.subarray(0, length - at), at);
    at += digest.length;
    const addend = repeated(digest, block).subarray(0, block);
    for (let from = 0; from < mixed.length; from += block) add(mixed.subarray(from, from + block), addend);
    addend.fill(0);
    digest.fill(0);
  }
  mixed.fill(0);
  return out;
}

const pbkdf2Async = promisify(pbkdf2);

/** PBKDF2 (RFC 8018, section 5.2), off this thread. */
export async function derive2(hash: string, narrow: Uint8Array, work: Work, length: number): Promise<Uint8Array> {
  checkIterations(work.iterations);
  throwIfAborted(work.signal);
  return pbkdf2Async(narrow, work.salt, work.iterations, length, hash);
}
