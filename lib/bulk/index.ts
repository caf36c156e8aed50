// signMany and its kind, as the classes of keys and tokens have them.

import { string, wrongValue } from '../arguments';
import { isMechanism, type MechanismAlgorithm } from '../algorithms/facts';
import { asked, type Asked } from '../algorithms/plan-cipher';
import { questionOf } from '../key-sign';
import { contextOf } from '../object';
import { PreparedMechanism } from '../mechanism';
import type { AesGcmMadeIv, CipherAlgorithm } from '../algorithms/names';
import type { SignatureAlgorithm } from '../algorithms/plan-signature';
import type { SignatureOptions } from '../algorithms/signatures';
import type { Bytes } from '../data-source';
import type { Key } from '../key';
import type { TokenContext } from '../token-context';
import { cipherWork, type Direction } from './cipher-work';
import { digestWork } from './digest-work';
import { many } from './many';
import { bulkOptions, type BulkOptions, type BulkResultOptions, type CheckedBulkOptions } from './options';
import { Results, type Collection } from './results';
import { SlabResults } from './slab-results';
import type { Slab } from './slab';
import type { Outlet } from './work';
import { signWork, verifyWork } from './sign-work';

/** Options of signing many inputs. */
export interface SignManyOptions extends BulkResultOptions, SignatureOptions {}

/** Options of verifying many signatures. */
export interface VerifyManyOptions extends BulkOptions, SignatureOptions {}

/** Data and what is said to be its signature. */
export interface SignedData {
  /** What was signed. */
  readonly data: Bytes;
  /** In the form that `sign` gives. */
  readonly signature: Bytes;
}

/** One algorithm for all inputs, or one for each. */
export type CipherAlgorithms = EachAlgorithm | readonly EachAlgorithm[];

/** There is no place where the token could tell an IV that it made. */
type EachAlgorithm = Exclude<CipherAlgorithm, AesGcmMadeIv>;

/** In an array, or in a slab where that was asked for. */
export type BytesOfMany = (Uint8Array | Error)[] | Slab<Uint8Array | Error>;

const bytesIn =
  ({ lends }: CheckedBulkOptions) =>
  (total: number | undefined): Outlet<Uint8Array> & Collection<BytesOfMany> =>
    lends ? new SlabResults() : new Results<Uint8Array>(total);

export async function signMany(
  key: Key,
  algorithm: SignatureAlgorithm,
  inputs: Iterable<Bytes>,
  options: SignManyOptions = {},
  digestGiven = false,
): Promise<BytesOfMany> {
  const checked = bulkOptions(options);
  const question = questionOf('sign', algorithm, signatureOptions(options), digestGiven);
  return many({
    context: contextOf(key),
    source: inputs,
    options: checked,
    collection: bytesIn(checked),
    work: (patience) => signWork(key, question, patience),
  });
}

export async function verifyMany(
  key: Key,
  algorithm: SignatureAlgorithm,
  items: Iterable<SignedData>,
  options: VerifyManyOptions = {},
): Promise<(boolean | Error)[]> {
  const checked = bulkOptions(options);
  const question = questionOf('verify', algorithm, signatureOptions(options), false);
  return many({
    context: contextOf(key),
    source: items,
    pairs: true,
    options: checked,
    collection: (total) => new Results<boolean>(total),
    work: (patience) => verifyWork(key, question, patience),
  });
}

export async function cipherMany(
  key: Key,
  direction: Direction,
  algorithm: CipherAlgorithms,
  inputs: Iterable<Bytes>,
  options: BulkResultOptions = {},
): Promise<BytesOfMany> {
  const checked = bulkOptions(options);
  const wish: Asked | readonly Asked[] = Array.isArray(algorithm) ? (algorithm as readonly CipherAlgorithm[]).map(asked) : asked(algorithm);
  // How many there are decides whether they may share a nonce.
  const source = listOf(inputs);
  if (Array.isArray(wish) && Array.isArray(source) && wish.length !== source.length) {
    throw wrongValue('algorithm', `must have as many elements as there are inputs: ${source.length}. Received ${wish.length}`);
  }
  const count = Array.isArray(source) ? source.length : 0;
  return many({
    context: contextOf(key),
    source,
    options: checked,
    collection: bytesIn(checked),
    work: (patience) => cipherWork(key, direction, wish, count, patience),
  });
}

export async function digestMany(
  context: TokenContext,
  algorithm: string | MechanismAlgorithm,
  inputs: Iterable<Bytes>,
  options: BulkResultOptions = {},
): Promise<BytesOfMany> {
  const checked = bulkOptions(options);
  const given = isMechanism(algorithm)
    ? { mechanism: new PreparedMechanism(algorithm.mechanism, 'algorithm.mechanism') }
    : string(algorithm, 'algorithm');
  return many({
    context,
    source: inputs,
    options: checked,
    collection: bytesIn(checked),
    work: (patience) => digestWork(context, given, patience),
  });
}

/** The options that are about signatures: the others are of no interest to plans, which are remembered. */
export function signatureOptions(options: SignManyOptions): SignatureOptions {
  const { padding, saltLength, mgf1Hash, dsaEncoding, context, prehash, hedge, macLength } = options;
  return { padding, saltLength, mgf1Hash, dsaEncoding, context, prehash, hedge, macLength };
}

/** An array stays, another iterable becomes one; what is neither is for others to refuse. */
function listOf(inputs: Iterable<Bytes>): Iterable<Bytes> {
  const iterable = typeof inputs === 'object' && inputs !== null && !ArrayBuffer.isView(inputs) && Symbol.iterator in inputs;
  return iterable && !Array.isArray(inputs) ? [...inputs] : inputs;
}
