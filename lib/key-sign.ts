// Signing and verifying with keys, whatever the algorithm.

import { timingSafeEqual } from 'node:crypto';
import { bytes, plainObject, wrongValue } from './arguments';
import { copyOf, plainCopy } from './bytes';
import { Pieces, wholeOf, type Bytes, type DataInput } from './data-source';
import { hashPieces, hashWhole } from './hashing';
import { contextOf } from './object';
import { MultiPart, resultOf, verifyOnce, type Target } from './operation';
import { Patience } from './patience';
import { preparedSignOf, rememberSign, signaturePlanOf, type Key } from './key';
import { isMechanism } from './algorithms/facts';
import { PreparedMechanism } from './mechanism';
import type { SignatureAlgorithm, SignaturePlan, SignatureQuestion, SoftwareHash } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';
import type { CallOptions } from './options';

export const targetOf = (key: Key): Target => ({ context: contextOf(key), key });

/** What was asked, as it was at the moment of asking. */
export function questionOf(
  use: 'sign' | 'verify',
  algorithm: SignatureAlgorithm,
  options: SignatureOptions,
  digestGiven: boolean,
): SignatureQuestion {
  plainObject(options, 'options');
  const { context } = options;
  const kept = context === undefined ? { ...options } : { ...options, context: copyOf(bytes(context, 'options.context')) };
  const given = isMechanism(algorithm) ? { mechanism: new PreparedMechanism(algorithm.mechanism, 'algorithm.mechanism') } : algorithm;
  return { use, algorithm: given, options: kept, digestGiven };
}

/** Runs `work` with one patience for all of its steps. */
export function patiently<T>(options: CallOptions, work: (patience: Patience) => Promise<T>): Promise<T> {
  const patience = new Patience(options);
  return patience.endless ? work(patience) : untilItEnds(patience, work);
}

async function untilItEnds<T>(patience: Patience, work: (patience: Patience) => Promise<T>): Promise<T> {
  try {
    return await work(patience);
  } finally {
    patience.end();
  }
}

/** How the data reaches the token: as one array, or piece by piece through an operation in parts. */
function deliver<T>(
  key: Key,
  use: 'sign' | 'verify',
  plan: SignaturePlan,
  data: DataInput,
  whole: Uint8Array | undefined,
  patience: Patience,
  inOne: (input: Uint8Array) => Promise<T>,
  atEnd: (parts: MultiPart) => Promise<T>,
): Promise<T> {
  if (whole === undefined) return deliverPieces(key, use, plan, data, patience, inOne, atEnd);
  return plan.hash === undefined ? inOne(whole) : deliverHashed(plan.hash, whole, patience, inOne);
}

async function deliverHashed<T>(hash: SoftwareHash, whole: Uint8Array, patience: Patience, inOne: (input: Uint8Array) => Promise<T>): Promise<T> {
  return inOne(hash.input(await hashWhole(hash.name, whole, patience)));
}

async function deliverPieces<T>(
  key: Key,
  use: 'sign' | 'verify',
  plan: SignaturePlan,
  data: DataInput,
  patience: Patience,
  inOne: (input: Uint8Array) => Promise<T>,
  atEnd: (parts: MultiPart) => Promise<T>,
): Promise<T> {
  const { hash } = plan;
  const pieces = new Pieces(data, patience);
  try {
    if (hash !== undefined) return await inOne(hash.input(await hashPieces(hash.name, pieces, patience)));
    if (plan.atOnce) return await inOne(await pieces.collect());
    // Some tokens refuse to end an operation that had no part.
    const first = await pieces.next();
    if (first === undefined) return await inOne(new Uint8Array(0));
    const parts = await MultiPart.begin(contextOf(key), use, plan.mechanism, patience, key);
    let refused: Uint8Array | undefined;
    try {
      refused = await parts.feed(first, pieces);
      if (refused === undefined) return await atEnd(parts);
    } finally {
      parts.leave();
    }
    return await inOne(await pieces.collect(refused));
  } finally {
    pieces.close();
  }
}

/** What the token gives as a signature of the data. */
function signatureOf(key: Key, plan: SignaturePlan, data: DataInput, whole: Uint8Array | undefined, patience: Patience): Promise<Uint8Array> {
  const inOne = (input: Uint8Array): Promise<Uint8Array> => resultOf(targetOf(key), 'SignOnce', plan.mechanism, input, plan.bytes, patience.options);
  return deliver(key, 'sign', plan, data, whole, patience, inOne, (parts) => parts.final(plan.bytes));
}

/** How a key signs with an algorithm and options, and both as they were at the moment of asking. */
export async function planToSign(
  key: Key,
  algorithm: SignatureAlgorithm,
  options: SignatureOptions,
): Promise<{ question: SignatureQuestion; plan: SignaturePlan }> {
  const question = questionOf('sign', algorithm, options, false);
  return { question, plan: await patiently(question.options, async () => signaturePlanOf(key, question)) };
}

/** The signature, or the authentication code. */
export function sign(key: Key, algorithm: SignatureAlgorithm, data: DataInput, options?: SignatureOptions): Promise<Uint8Array> {
  const prepared = options === undefined ? preparedSignOf(key, algorithm) : undefined;
  const copy = prepared && plainCopy(data);
  return copy !== undefined && prepared!.takes(copy.length) ? prepared!.sign(copy) : signAnyhow(key, algorithm, data, options);
}

async function signAnyhow(key: Key, algorithm: SignatureAlgorithm, data: DataInput, options?: SignatureOptions): Promise<Uint8Array> {
  const question = questionOf('sign', algorithm, options === undefined ? {} : options, false);
  const whole = wholeOf(data);
  try {
    return await patiently(question.options, async (patience) => {
      const plan = await signaturePlanOf(key, question);
      if (options === undefined) rememberSign(key, algorithm, plan);
      return plan.encode(await signatureOf(key, plan, data, whole, patience));
    });
  } finally {
    whole?.fill(0);
  }
}

/** Whether the signature is the key's for this data. */
export async function verify(
  key: Key,
  algorithm: SignatureAlgorithm,
  data: DataInput,
  signature: Bytes,
  options: SignatureOptions = {},
): Promise<boolean> {
  const question = questionOf('verify', algorithm, options, false);
  const given = copyOf(bytes(signature, 'signature'));
  const whole = wholeOf(data);
  try {
    return await patiently(question.options, async (patience) => {
      const plan = await signaturePlanOf(key, question);
      const wanted = plan.decode(given);
      if (wanted === undefined) return false;
      if (plan.bySigning) {
        const right = await signatureOf(key, plan, data, whole, patience);
        return right.length === wanted.length && timingSafeEqual(right, wanted);
      }
      const inOne = (input: Uint8Array): Promise<boolean> => verifyOnce(targetOf(key), plan.mechanism, input, wanted, plan.bytes, patience.options);
      return deliver(key, 'verify', plan, data, whole, patience, inOne, (parts) => parts.verify(wanted));
    });
  } finally {
    whole?.fill(0);
  }
}

/** What the token is given in place of a digest that the caller made. */
export function inputOf(plan: SignaturePlan, digest: Uint8Array): Uint8Array {
  const { hash } = plan;
  if (hash === undefined) return digest;
  if (digest.length !== hash.bytes) throw wrongValue('digest', `must be ${hash.bytes} bytes long for ${hash.name}. Received ${digest.length} bytes`);
  return hash.input(digest);
}

export async function signDigest(key: Key, algorithm: SignatureAlgorithm, digest: Bytes, options: SignatureOptions = {}): Promise<Uint8Array> {
  const question = questionOf('sign', algorithm, options, true);
  const given = copyOf(bytes(digest, 'digest', true));
  return patiently(question.options, async (patience) => {
    const plan = await signaturePlanOf(key, question);
    const input = inputOf(plan, given);
    return plan.encode(await resultOf(targetOf(key), 'SignOnce', plan.mechanism, input, plan.bytes, patience.options));
  });
}

export async function verifyDigest(
  key: Key,
  algorithm: SignatureAlgorithm,
  digest: Bytes,
  signature: Bytes,
  options: SignatureOptions = {},
): Promise<boolean> {
  const question = questionOf('verify', algorithm, options, true);
  const given = copyOf(bytes(digest, 'digest', true));
  const said = copyOf(bytes(signature, 'signature'));
  return patiently(question.options, async (patience) => {
    const plan = await signaturePlanOf(key, question);
    const input = inputOf(plan, given);
    const wanted = plan.decode(said);
    return wanted === undefined ? false : verifyOnce(targetOf(key), plan.mechanism, input, wanted, plan.bytes, patience.options);
  });
}
