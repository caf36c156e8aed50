// From what the caller asks for, the key and the token's mechanisms to one decided way of signing or verifying.

import { oneOf, wrongType, wrongValue } from '../arguments';
import { concat } from '../bytes';
import { padded, signatureFromDer, signatureToDer } from '../der';
import { CryptokiError } from '../errors';
import { CKK } from '../generated/constants';
import { nameOf } from '../constants';
import { hashByName, hashNames, type Hash } from './hashes';
import { halfBytes, SIGNATURE_USE, signaturesOf, type SignatureOptions, type SignatureRequest, type SignatureRow } from './signatures';
import { isMechanism, listed, type Abilities, type KeyFacts, type MechanismAlgorithm } from './facts';
import type { MechanismInput } from '../mechanism';

/** A hash as node:crypto spells it; null where the algorithm has its own; 'cmac' for AES keys; or a mechanism in full. */
export type SignatureAlgorithm = string | null | undefined | MechanismAlgorithm;

/** How the message is hashed before the token sees it. */
export interface SoftwareHash {
  readonly name: string;
  readonly bytes: number;
  /** What the token is given for a digest. */
  input(digest: Uint8Array): Uint8Array;
}

export interface SignaturePlan {
  readonly mechanism: MechanismInput;
  readonly hash: SoftwareHash | undefined;
  /** The mechanism takes a message in one piece only. */
  readonly atOnce: boolean;
  /** To verify, sign and compare: the token's own answer cannot be trusted. */
  readonly bySigning: boolean;
  /** Bytes of the token's signature, where that is known. */
  readonly bytes: number | undefined;
  /** What `encode` does to a signature of the usual length, for those who do it themselves: nothing, or DER. */
  readonly form: 'as-it-is' | 'der';
  /** That length, where another one is possible. */
  readonly usual?: number | undefined;
  /** The token's signature in the form the caller wants. */
  encode(signature: Uint8Array): Uint8Array;
  /** As `encode`, for a signature in memory of which nothing is to be kept: where that saves a copy. */
  readonly encodeFrom?: ((memory: Uint8Array, at: number, length: number) => Uint8Array) | undefined;
  /** The caller's signature in the token's form; undefined for what cannot be valid. */
  decode(signature: Uint8Array): Uint8Array | undefined;
}

const same = (signature: Uint8Array): Uint8Array => signature;
const RAW = { form: 'as-it-is', encode: same, decode: same } as const;

export interface SignatureQuestion {
  readonly use: 'sign' | 'verify';
  readonly algorithm: SignatureAlgorithm;
  readonly options: SignatureOptions;
  readonly digestGiven: boolean;
}

/** Decides; every wrong or impossible wish ends here, before the token is asked for anything. */
export function planSignature(question: SignatureQuestion, facts: KeyFacts, abilities: Abilities): SignaturePlan {
  const { algorithm, options, digestGiven } = question;
  if (isMechanism(algorithm)) return ready(algorithm, options, facts);
  const rows = signaturesOf(facts.keyType);
  if (rows.length === 0) throw wrongValue('algorithm', `does not matter: keys of type '${facts.type}' do not sign. Give { mechanism } to try one`);
  const name = nameOfAlgorithm(algorithm);
  const named = rows.find((row) => name !== null && row.names?.includes(name));
  const hash = named === undefined && name !== null ? hashByName(name) : undefined;
  const request: SignatureRequest = { facts, options, algorithm: name, hash, digestGiven };
  const row = named ?? rows.find(({ names, serves }) => names === undefined && (serves?.(request) ?? true));
  if (row === undefined || (name !== null && named === undefined && hash === undefined)) throw unknown(algorithm, rows, facts);
  checkOptions(row, options, facts);
  checkHash(row, request);
  return choose(row, request, question.use, abilities);
}

function nameOfAlgorithm(algorithm: string | null | undefined): string | null {
  if (algorithm === null || algorithm === undefined) return null;
  if (typeof algorithm !== 'string') throw wrongType('algorithm', 'of type string, null, or an object with a mechanism', algorithm);
  return algorithm.toLowerCase();
}

/** A mechanism that the caller chose is used as it is; only the form of the signature is ours, when it is asked for. */
function ready({ mechanism }: MechanismAlgorithm, options: SignatureOptions, facts: KeyFacts): SignaturePlan {
  const form = options.dsaEncoding === undefined ? RAW : formOf(facts, options, facts.keyType === CKK.EC || facts.keyType === CKK.DSA);
  return { mechanism, hash: undefined, atOnce: false, bySigning: false, bytes: facts.modulusBytes, ...form };
}

function checkOptions(row: SignatureRow, options: SignatureOptions, facts: KeyFacts): void {
  const known: readonly string[] = row.options;
  for (const name of ['padding', 'saltLength', 'mgf1Hash', 'context', 'prehash', 'hedge', 'macLength'] as const) {
    if (options[name] !== undefined && !known.includes(name))
      throw wrongValue(`options.${name}`, `has no meaning for ${row.name} with a key of type '${facts.type}'`);
  }
}

function checkHash(row: SignatureRow, { hash, options, digestGiven, facts, algorithm }: SignatureRequest): void {
  const usable = (candidate: Hash): boolean => row.hashes(candidate, facts);
  const choices = listed(hashNames(usable));
  if (hash === undefined) {
    if (row.hashing === 'always') throw wrongValue('algorithm', `must be the name of a hash for ${row.name}: ${choices}`);
    if (digestGiven) throw wrongValue('algorithm', `must name the hash that made the digest`);
    return;
  }
  if (row.hashing === 'never') throw unknown(algorithm, [row], facts);
  if (row.hashing === 'prehash' && !digestGiven && options.prehash !== true) {
    throw wrongValue('algorithm', `must be null: ${row.name} signs the message itself. Give { prehash: true } for its variant with '${hash.name}'`);
  }
  if (!usable(hash)) throw wrongValue('algorithm', `must be a hash that can be used with ${row.name}: ${choices}. Received '${hash.name}'`);
}

function unknown(algorithm: unknown, rows: readonly SignatureRow[], facts: KeyFacts): TypeError {
  const names = rows.flatMap((row) => [...(row.names ?? []), ...(row.hashing === 'never' ? [] : hashNames((hash) => row.hashes(hash, facts)))]);
  const unhashed = rows.some((row) => row.hashing === 'prehash') ? 'null, ' : '';
  const received = typeof algorithm === 'string' ? `Received '${algorithm.slice(0, 64)}'` : `Received ${String(algorithm)}`;
  return wrongValue('algorithm', `must be one of ${unhashed}${listed([...new Set(names)])} for a key of type '${facts.type}'. ${received}`);
}

function choose(row: SignatureRow, request: SignatureRequest, use: 'sign' | 'verify', abilities: Abilities): SignaturePlan {
  const { hash, digestGiven, facts, options } = request;
  const bySigning = row.mac === true && abilities.quirks.misjudgesMacs === true;
  const flag = SIGNATURE_USE[bySigning ? 'sign' : use];
  const form = formOf(facts, options, row.halves === true);
  const tried: number[] = [];
  const whole = digestGiven ? undefined : row.whole(request);
  if (whole !== undefined) {
    const mechanism = { mechanism: whole, parameter: row.parameter?.(request, false) };
    if (abilities.has(whole, flag)) return { mechanism, hash: undefined, atOnce: row.atOnce === true, bySigning, bytes: row.bytes(request), ...form };
    tried.push(whole);
  }
  const { bare, input } = row;
  if (bare !== undefined && input !== undefined && hash?.mechanism !== undefined) {
    const mechanism = { mechanism: bare, parameter: row.parameter?.(request, true) };
    const software: SoftwareHash = { name: hash.name, bytes: hash.bytes, input: (digest) => input(hash, digest, facts) };
    if (abilities.has(bare, flag)) return { mechanism, hash: software, atOnce: true, bySigning, bytes: row.bytes(request), ...form };
    tried.push(bare);
  }
  if (tried.length === 0 && digestGiven) throw wrongValue('algorithm', `cannot be used with a digest: ${row.name} takes the message itself`);
  const missing = tried.map((mechanism) => nameOf('CKM', mechanism)).join(' nor ');
  throw new CryptokiError(
    'ERR_CRYPTOKI_UNSUPPORTED',
    `The token cannot ${use} with ${row.name}${hash === undefined ? '' : ` and ${hash.name}`}: it has no ${missing}`,
  );
}

function formOf(
  facts: KeyFacts,
  options: SignatureOptions,
  halves: boolean,
): Pick<SignaturePlan, 'form' | 'usual' | 'encode' | 'encodeFrom' | 'decode'> {
  const encoding = oneOf(options.dsaEncoding ?? 'der', 'options.dsaEncoding', ['der', 'ieee-p1363'] as const);
  if (!halves) return RAW;
  const half = halfBytes(facts);
  const usual = half === undefined ? 0 : 2 * half;
  const wide = (signature: Uint8Array): Uint8Array => widened(signature, half);
  if (encoding === 'ieee-p1363') {
    return {
      form: 'as-it-is',
      usual,
      encode: wide,
      decode: (signature) => (half === undefined || signature.length === 2 * half ? signature : undefined),
    };
  }
  return {
    form: 'der',
    usual,
    encode: (signature) => signatureToDer(wide(signature)),
    encodeFrom: (memory, at, length) =>
      length > 0 && length === usual ? signatureToDer(memory, at, length) : signatureToDer(wide(memory.slice(at, at + length))),
    decode: (signature) => signatureFromDer(signature, half),
  };
}

/** r and s in the full length of the order: some tokens leave leading zeros out, of both halves alike. */
function widened(signature: Uint8Array, half: number | undefined): Uint8Array {
  if (signature.length === 0 || signature.length % 2 !== 0) {
    throw new CryptokiError('ERR_CRYPTOKI_LENGTH', 'The token gave a signature that is not two numbers of equal length', { call: 'C_Sign' });
  }
  if (half === undefined || signature.length === 2 * half) return signature;
  const middle = signature.length / 2;
  const r = padded(signature.subarray(0, middle), half);
  const s = padded(signature.subarray(middle), half);
  if (r === undefined || s === undefined) {
    throw new CryptokiError('ERR_CRYPTOKI_LENGTH', 'The token gave a signature that is longer than its curve allows', { call: 'C_Sign' });
  }
  return concat([r, s]);
}
