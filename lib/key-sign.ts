// Signing and verifying with keys, whatever the algorithm.

import { bytes, plainObject, wrongValue } from './arguments';
import { copyOf } from './bytes';
import { collect, piecesOf, wholeOf, type Bytes, type DataInput } from './data-source';
import { hashPieces, hashWhole } from './hashing';
import { contextOf } from './object';
import { MultiPart, once, verifyOnce, type Target } from './operation';
import { Patience } from './patience';
import { signaturePlanOf, type Key } from './key';
import { isMechanism } from './algorithms/facts';
import { PreparedMechanism } from './mechanism';
import type { SignatureAlgorithm, SignaturePlan, SignatureQuestion } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';
import type { CallOptions } from './options';

export const targetOf = (key: Key): Target => ({ context: contextOf(key), key });

/** What was asked, as it was at the moment of asking. */
function questionOf(use: 'sign' | 'verify', algorithm: SignatureAlgorithm, options: SignatureOptions, digestGiven: boolean): SignatureQuestion {
  plainObject(options, 'options');
  const { context } = options;
  const kept = context === undefined ? { ...options } : { ...options, context: copyOf(bytes(context, 'options.context')) };
  const given = isMechanism(algorithm) ? { mechanism: new PreparedMechanism(algorithm.mechanism, 'algorithm.mechanism') } : algorithm;
  return { use, algorithm: given, options: kept, digestGiven };
}

/** Data as the plan's mechanism takes it: hashed, or in one piece; undefined where it goes to the token piece by piece. */
async function prepared(plan: SignaturePlan, data: DataInput, whole: Uint8Array | undefined, patience: Patience): Promise<Uint8Array | undefined> {
  if (plan.hash !== undefined) {
    const digest = await (whole === undefined ? hashPieces(plan.hash.name, data, patience) : hashWhole(plan.hash.name, whole, patience));
    return plan.hash.input(digest);
  }
  return whole ?? (plan.atOnce ? collect(data, patience) : undefined);
}

/** Runs `work` with one patience for all of its steps. */
export async function patiently<T>(options: CallOptions, work: (patience: Patience) => Promise<T>): Promise<T> {
  const patience = new Patience(options);
  try {
    return await work(patience);
  } finally {
    patience.end();
  }
}

/** The signature, or the authentication code. */
export async function sign(key: Key, algorithm: SignatureAlgorithm, data: DataInput, options: SignatureOptions = {}): Promise<Uint8Array> {
  const question = questionOf('sign', algorithm, options, false);
  const whole = wholeOf(data);
  try {
    return await patiently(question.options, async (patience) => {
      const plan = await signaturePlanOf(key, question);
      const target = targetOf(key);
      const input = await prepared(plan, data, whole, patience);
      if (input !== undefined) return plan.encode((await once(target, 'SignOnce', plan.mechanism, input, plan.bytes, patience.options)).bytes());
      const parts = await MultiPart.begin(target.context, 'sign', plan.mechanism, patience, key);
      try {
        for await (const piece of piecesOf(data, patience)) await parts.update(piece);
        return plan.encode(await parts.final(plan.bytes));
      } finally {
        parts.leave();
      }
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
      const target = targetOf(key);
      const wanted = plan.decode(given);
      if (wanted === undefined) return false;
      const input = await prepared(plan, data, whole, patience);
      if (input !== undefined) return verifyOnce(target, plan.mechanism, input, wanted, patience.options);
      const parts = await MultiPart.begin(target.context, 'verify', plan.mechanism, patience, key);
      try {
        for await (const piece of piecesOf(data, patience)) await parts.update(piece);
        return await parts.verify(wanted);
      } finally {
        parts.leave();
      }
    });
  } finally {
    whole?.fill(0);
  }
}

/** What the token is given in place of a digest that the caller made. */
function inputOf(plan: SignaturePlan, digest: Uint8Array): Uint8Array {
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
    return plan.encode((await once(targetOf(key), 'SignOnce', plan.mechanism, input, plan.bytes, patience.options)).bytes());
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
    return wanted === undefined ? false : verifyOnce(targetOf(key), plan.mechanism, input, wanted, patience.options);
  });
}
