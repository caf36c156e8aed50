// Hashing on the token, or by node:crypto where the token does not hash.

import { string, wrongValue } from './arguments';
import { Pieces, wholeOf, type DataInput } from './data-source';
import { hashPieces, hashWhole } from './hashing';
import { abilitiesOf } from './key';
import { patiently } from './key-sign';
import { MultiPart } from './operation';
import { PreparedMechanism, type MechanismInput } from './mechanism';
import { CALL } from './generated/calls';
import { CKF } from './generated/constants';
import { hashByName, hashNames } from './algorithms/hashes';
import { isMechanism, listed, type MechanismAlgorithm } from './algorithms/facts';
import type { CallOptions } from './options';
import type { Patience } from './patience';
import type { TokenContext } from './token-context';

interface DigestPlan {
  /** Undefined: node:crypto does it. */
  readonly mechanism: MechanismInput | undefined;
  readonly name: string;
  readonly bytes: number | undefined;
}

export async function planDigest(
  context: TokenContext,
  algorithm: string | { mechanism: PreparedMechanism },
  options: CallOptions,
): Promise<DigestPlan> {
  if (typeof algorithm !== 'string') return { mechanism: algorithm.mechanism, name: '', bytes: undefined };
  const has = ({ mechanism }: { mechanism?: number }): boolean => mechanism !== undefined;
  const hash = hashByName(algorithm);
  if (hash?.mechanism === undefined) throw wrongValue('algorithm', `must be one of ${listed(hashNames(has))}. Received '${algorithm.slice(0, 64)}'`);
  const onToken = (await abilitiesOf(context, options)).has(hash.mechanism, CKF.DIGEST);
  return { mechanism: onToken ? hash.mechanism : undefined, name: hash.name, bytes: hash.bytes };
}

/** `token.digest`. */
export async function digest(
  context: TokenContext,
  algorithm: string | MechanismAlgorithm,
  data: DataInput,
  options: CallOptions = {},
): Promise<Uint8Array> {
  const given = isMechanism(algorithm)
    ? { mechanism: new PreparedMechanism(algorithm.mechanism, 'algorithm.mechanism') }
    : string(algorithm, 'algorithm');
  const whole = wholeOf(data);
  try {
    return await patiently(options, async (patience) => {
      const plan = await planDigest(context, given, patience.options);
      const { mechanism } = plan;
      if (whole !== undefined)
        return mechanism === undefined ? hashWhole(plan.name, whole, patience) : once(context, mechanism, whole, plan.bytes, patience);
      const pieces = new Pieces(data, patience);
      try {
        return await (mechanism === undefined ? hashPieces(plan.name, pieces, patience) : inParts(context, mechanism, pieces, plan.bytes, patience));
      } finally {
        pieces.close();
      }
    });
  } finally {
    whole?.fill(0);
  }
}

function once(context: TokenContext, mechanism: MechanismInput, data: Uint8Array, size: number | undefined, patience: Patience): Promise<Uint8Array> {
  const { client, pool } = context;
  const { signal, timeLimit } = patience.options;
  return pool.call(
    (session) => client.request(CALL.DigestOnce).u64(session).mechanism(mechanism).rawBytes(data).capacity(size),
    { signal, timeLimit, repeatable: true },
    (reply) => reply.bytes(),
  );
}

async function inParts(
  context: TokenContext,
  mechanism: MechanismInput,
  pieces: Pieces,
  size: number | undefined,
  patience: Patience,
): Promise<Uint8Array> {
  const first = await pieces.next();
  if (first === undefined) return once(context, mechanism, new Uint8Array(0), size, patience);
  const parts = await MultiPart.begin(context, 'digest', mechanism, patience);
  let refused: Uint8Array | undefined;
  try {
    refused = await parts.feed(first, pieces);
    if (refused === undefined) return await parts.final(size);
  } finally {
    parts.leave();
  }
  return once(context, mechanism, await pieces.collect(refused), size, patience);
}
