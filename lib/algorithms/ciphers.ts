// How keys encrypt and wrap: one row per algorithm. What stands below reads rows and never asks for a name or number.

import { CKG, CKK, CKM, CKZ } from '../generated/constants';
import { boolean, bytes, integer, wrongValue } from '../arguments';
import { hashByName, hashNames, type Hash } from './hashes';
import { listed, type Abilities, type KeyFacts, type Parameter } from './facts';
import type { RsaPkcsOaepParams } from '../generated/parameters';

/** The object that names an algorithm, its fields not yet checked. */
export type Given = Readonly<Record<string, unknown>>;

export interface CipherRow {
  readonly name: string;
  readonly keyTypes: readonly number[];
  /** The fields it takes besides `name`. */
  readonly fields: readonly string[];
  /** Mechanisms in the order of preference. */
  readonly mechanisms: (given: Given, abilities: Abilities) => readonly number[];
  /** `length` is that of the data, where it is known; `open` is true for decrypting and unwrapping. */
  readonly parameter?: (given: Given, length: number | undefined, open: boolean) => Parameter;
  /** Bytes of the result for so many bytes of data, at most. */
  readonly bytes: (length: number, open: boolean, facts: KeyFacts, given: Given) => number;
  /** The standard or its parameters want the data in one piece. */
  readonly atOnce?: boolean;
  /** Bytes of a block, where parts that are not whole blocks are too much for some tokens. */
  readonly block?: number;
  /** The parameter depends on the length of the data. */
  readonly sized?: boolean;
  /** The field that the token can make by itself when it encrypts, into the parameter it is given. */
  readonly makes?: string;
  /** The field that must never be the same for two messages under one key: they would betray each other. */
  readonly nonce?: string;
  /** For wrapping keys only. */
  readonly wrapsOnly?: boolean;
}

const BLOCK = 16;

/** Bytes of a field, of one of these lengths. */
export function field(given: Given, name: string, lengths: readonly number[]): Uint8Array {
  const value = bytes(given[name], `algorithm.${name}`);
  if (!lengths.includes(value.length)) {
    throw wrongValue(`algorithm.${name}`, `must be ${lengths.join(' or ')} bytes long. Received ${value.length} bytes`);
  }
  return value;
}

export const optionalBytes = (given: Given, name: string): Uint8Array | undefined =>
  given[name] === undefined ? undefined : bytes(given[name], `algorithm.${name}`);

function choice(given: Given, name: string, fallback: number, allowed: readonly number[]): number {
  const value = integer(given[name] ?? fallback, `algorithm.${name}`);
  if (!allowed.includes(value)) throw wrongValue(`algorithm.${name}`, `must be one of ${allowed.join(', ')}. Received ${value}`);
  return value;
}

/** A hash named by a field that has the number the mechanism needs. */
export function hashField(given: Given, name: string, fallback: string, has: (hash: Hash) => boolean): Hash {
  const value = given[name] ?? fallback;
  const hash = typeof value === 'string' ? hashByName(value) : undefined;
  if (hash === undefined || !has(hash)) throw wrongValue(`algorithm.${name}`, `must be one of ${listed(hashNames(has))}`);
  return hash;
}

const range = (low: number, high: number): number[] => Array.from({ length: high - low + 1 }, (_, index) => low + index);

const tagBytes = (given: Given, allowed: readonly number[]): number => choice(given, 'tagLength', 16, allowed);
const GCM_TAGS = [4, 8, 12, 13, 14, 15, 16];
const CCM_TAGS = [4, 6, 8, 10, 12, 14, 16];

/** Bytes of an IV made by the token when none is given (NIST SP 800-38D, section 8.2). */
export const MADE_IV_BYTES = 12;

function gcm(given: Given): Parameter {
  const iv = given.iv === undefined ? new Uint8Array(MADE_IV_BYTES) : bytes(given.iv, 'algorithm.iv');
  if (iv.length === 0) throw wrongValue('algorithm.iv', 'must not be empty');
  return { iv, aad: optionalBytes(given, 'additionalData'), tagBits: 8 * tagBytes(given, GCM_TAGS) };
}

function ccm(given: Given, length: number | undefined, open: boolean): Parameter {
  const macLen = tagBytes(given, CCM_TAGS);
  const nonce = field(given, 'nonce', range(7, 13));
  // PKCS#11 v3.2 section 6.13.4: the length of the data without the code behind it, in both directions.
  const dataLen = Math.max(0, (length ?? 0) - (open ? macLen : 0));
  return { dataLen, nonce, aad: optionalBytes(given, 'additionalData'), macLen };
}

function oaep(given: Given): RsaPkcsOaepParams {
  const hash = hashField(given, 'hash', 'sha1', ({ mgf }) => mgf !== undefined);
  const { mgf } = hashField(given, 'mgf1Hash', hash.name, (candidate) => candidate.mgf !== undefined);
  const sourceData = optionalBytes(given, 'label');
  return { hashAlg: hash.mechanism ?? 0, mgf: mgf ?? CKG.MGF1_SHA1, source: CKZ.DATA_SPECIFIED, sourceData };
}

/** RFC 5649 under the names tokens have for it. */
const kwp = (_given: Given, { quirks }: Abilities): number[] =>
  quirks.padIsKwp === true ? [CKM.AES_KEY_WRAP_KWP, CKM.AES_KEY_WRAP_PAD] : [CKM.AES_KEY_WRAP_KWP];

const modulus = (_length: number, _open: boolean, facts: KeyFacts): number => facts.modulusBytes ?? 1024;
const unchanged = (length: number): number => length;
const blocks = (size: number) => (length: number, open: boolean) => (open ? length : length + size);
const always =
  (...mechanisms: number[]) =>
  () =>
    mechanisms;
const tagged = (length: number, _open: boolean, _facts: KeyFacts, given: Given): number =>
  length + (typeof given.tagLength === 'number' ? given.tagLength : BLOCK);

const withIv = (name: string, mechanism: number): CipherRow => ({
  name,
  keyTypes: [CKK.AES],
  fields: ['iv'],
  mechanisms: always(mechanism),
  parameter: (given) => field(given, 'iv', [BLOCK]),
  bytes: unchanged,
  nonce: 'iv',
});

const cbc = (name: string, keyTypes: readonly number[], block: number, plain: number, padded: number): CipherRow => ({
  name,
  keyTypes,
  fields: ['iv', 'padding'],
  mechanisms: ({ padding }) => [boolean(padding ?? true, 'algorithm.padding') ? padded : plain],
  parameter: (given) => field(given, 'iv', [block]),
  bytes: blocks(block),
  block,
});

const ecb = (name: string, keyTypes: readonly number[], block: number, mechanism: number): CipherRow => ({
  name,
  keyTypes,
  fields: [],
  mechanisms: always(mechanism),
  bytes: unchanged,
  block,
});

export const CIPHERS: readonly CipherRow[] = Object.freeze([
  {
    name: 'rsa-oaep',
    keyTypes: [CKK.RSA],
    fields: ['hash', 'mgf1Hash', 'label'],
    mechanisms: always(CKM.RSA_PKCS_OAEP),
    parameter: oaep,
    bytes: modulus,
    atOnce: true,
  },
  { name: 'rsa-pkcs1', keyTypes: [CKK.RSA], fields: [], mechanisms: always(CKM.RSA_PKCS), bytes: modulus, atOnce: true },
  { name: 'rsa-raw', keyTypes: [CKK.RSA], fields: [], mechanisms: always(CKM.RSA_X_509), bytes: modulus, atOnce: true },
  {
    name: 'rsa-aes-kw',
    keyTypes: [CKK.RSA],
    fields: ['aesKeyBits', 'hash', 'mgf1Hash', 'label'],
    mechanisms: always(CKM.RSA_AES_KEY_WRAP),
    parameter: (given) => ({ aesKeyBits: choice(given, 'aesKeyBits', 256, [128, 192, 256]), oaepParams: oaep(given) }),
    bytes: (length, _open, facts) => length + 16 + (facts.modulusBytes ?? 1024),
    wrapsOnly: true,
  },
  cbc('aes-cbc', [CKK.AES], BLOCK, CKM.AES_CBC, CKM.AES_CBC_PAD),
  ecb('aes-ecb', [CKK.AES], BLOCK, CKM.AES_ECB),
  {
    name: 'aes-ctr',
    keyTypes: [CKK.AES],
    fields: ['counter', 'counterBits'],
    mechanisms: always(CKM.AES_CTR),
    parameter: (given) => ({
      counterBits: integer(given.counterBits ?? 128, 'algorithm.counterBits', 1, 128),
      cb: field(given, 'counter', [BLOCK]),
    }),
    bytes: unchanged,
    nonce: 'counter',
  },
  {
    name: 'aes-gcm',
    keyTypes: [CKK.AES],
    fields: ['iv', 'additionalData', 'tagLength'],
    mechanisms: always(CKM.AES_GCM),
    parameter: gcm,
    bytes: tagged,
    nonce: 'iv',
    // opencryptoki takes no first part of a ciphertext that is shorter than the tag.
    block: BLOCK,
    makes: 'iv',
  },
  {
    name: 'aes-ccm',
    keyTypes: [CKK.AES],
    fields: ['nonce', 'additionalData', 'tagLength'],
    mechanisms: always(CKM.AES_CCM),
    parameter: ccm,
    bytes: tagged,
    nonce: 'nonce',
    atOnce: true,
    sized: true,
  },
  {
    name: 'aes-kw',
    keyTypes: [CKK.AES],
    fields: ['iv'],
    mechanisms: always(CKM.AES_KEY_WRAP),
    parameter: (given) => (given.iv === undefined ? undefined : field(given, 'iv', [8])),
    bytes: blocks(8),
    atOnce: true,
  },
  {
    name: 'aes-kwp',
    keyTypes: [CKK.AES],
    fields: ['iv'],
    mechanisms: kwp,
    parameter: (given) => (given.iv === undefined ? undefined : field(given, 'iv', [4])),
    bytes: blocks(16),
    atOnce: true,
  },
  withIv('aes-ofb', CKM.AES_OFB),
  withIv('aes-cfb8', CKM.AES_CFB8),
  withIv('aes-cfb128', CKM.AES_CFB128),
  cbc('des3-cbc', [CKK.DES3, CKK.DES2], 8, CKM.DES3_CBC, CKM.DES3_CBC_PAD),
  ecb('des3-ecb', [CKK.DES3, CKK.DES2], 8, CKM.DES3_ECB),
  {
    name: 'chacha20-poly1305',
    keyTypes: [CKK.CHACHA20],
    fields: ['nonce', 'additionalData'],
    mechanisms: always(CKM.CHACHA20_POLY1305),
    parameter: (given) => ({ nonce: field(given, 'nonce', [8, 12]), aad: optionalBytes(given, 'additionalData') }),
    bytes: tagged,
    nonce: 'nonce',
  },
]);

/** Whether a mechanism takes a nonce, or what is one by another name. */
export function takesNonce(mechanism: number, abilities: Abilities): boolean {
  return CIPHERS.some((row) => row.nonce !== undefined && row.mechanisms({}, abilities).includes(mechanism));
}
