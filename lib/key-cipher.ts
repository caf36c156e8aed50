// Encrypting and decrypting with keys, whatever the algorithm.

import { wrongValue } from './arguments';
import { CryptokiError } from './errors';
import { concat, copyOf } from './bytes';
import { Pieces, wholeOf, type DataInput } from './data-source';
import { abilitiesOf, factsOf, type Key } from './key';
import { patiently, targetOf } from './key-sign';
import { contextOf } from './object';
import { MultiPart, once } from './operation';
import { Patience } from './patience';
import { asked, planCipher, type Asked, type CipherPlan } from './algorithms/plan-cipher';
import type { CipherAlgorithm } from './algorithms/names';
import type { CallOptions } from './options';
import type { ReplyReader } from './wire/reader';

type Direction = 'encrypt' | 'decrypt';

const RECIPE = { encrypt: 'EncryptOnce', decrypt: 'DecryptOnce' } as const;

/** What a block cipher may hold back, and a tag. */
const HELD_BACK = 64;

async function planFor(key: Key, direction: Direction, algorithm: Asked, patience: Patience): Promise<CipherPlan> {
  return planCipher(direction, algorithm, await factsOf(key, patience.options), await abilitiesOf(contextOf(key), patience.options));
}

function inOneCrossing(key: Key, direction: Direction, plan: CipherPlan, data: Uint8Array, patience: Patience): Promise<ReplyReader> {
  return once(targetOf(key), RECIPE[direction], plan.mechanism(data.length), data, plan.bytes(data.length), patience.options);
}

/** The result of data in one piece. */
async function resultOf(key: Key, direction: Direction, plan: CipherPlan, data: Uint8Array, patience: Patience): Promise<Uint8Array> {
  const result = (await inOneCrossing(key, direction, plan, data, patience)).bytes();
  // opencryptoki leaves the length of the buffer as it was where there is no data.
  return plan.bytes(data.length) === 0 ? new Uint8Array(0) : result;
}

/** The results of the parts, as they come. Answers a copy of the first piece, or no bytes where there is none, when all must go as one. */
async function* inParts(
  key: Key,
  direction: Direction,
  plan: CipherPlan,
  pieces: Pieces,
  patience: Patience,
): AsyncGenerator<Uint8Array, Uint8Array | undefined, undefined> {
  const first = await pieces.next();
  if (first === undefined) return new Uint8Array(0);
  const parts = await MultiPart.begin(contextOf(key), direction, plan.mechanism(undefined), patience, key);
  try {
    // Authenticated modes may give everything at the end only.
    let held = HELD_BACK;
    for (let piece: Uint8Array | undefined = first; piece !== undefined; piece = await pieces.next()) {
      const reply = await parts.update(piece, piece.length + HELD_BACK);
      if (reply === undefined) return copyOf(piece);
      const out = reply.bytes();
      held += piece.length - out.length;
      if (out.length > 0) yield out;
    }
    const last = await parts.final(Math.max(held, HELD_BACK));
    if (last.length > 0) yield last;
    return undefined;
  } finally {
    parts.leave();
  }
}

async function* stream(
  key: Key,
  direction: Direction,
  plan: CipherPlan,
  data: DataInput,
  patience: Patience,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = new Pieces(data, patience, plan.block);
  try {
    const first = plan.atOnce ? undefined : yield* inParts(key, direction, plan, pieces, patience);
    if (!plan.atOnce && first === undefined) return;
    const whole = await pieces.collect(first);
    try {
      yield await resultOf(key, direction, plan, whole, patience);
    } finally {
      whole.fill(0);
    }
  } finally {
    pieces.close();
  }
}

/** All of the data as one array. */
async function gathered(data: DataInput, patience: Patience): Promise<Uint8Array> {
  const pieces = new Pieces(data, patience);
  try {
    return await pieces.collect();
  } finally {
    pieces.close();
  }
}

/** What the token has written over the zeros it was given. */
function made(reply: ReplyReader, field: string): Uint8Array {
  const back = reply.writtenBack();
  const value = back instanceof Uint8Array ? undefined : back?.[field];
  if (!(value instanceof Uint8Array) || value.every((byte) => byte === 0)) {
    // With an IV of zeros each message would have the same key stream: the result must not get out.
    throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `The token makes no ${field} itself; give one, never the same twice for a key`);
  }
  return value;
}

/** Encrypts or decrypts. With AES-GCM and no IV the result is an object of the token's IV and the ciphertext. */
export async function cipher(
  key: Key,
  direction: Direction,
  algorithm: CipherAlgorithm,
  data: DataInput,
  options: CallOptions = {},
): Promise<Uint8Array | { iv: Uint8Array; ciphertext: Uint8Array }> {
  const wish = asked(algorithm);
  const whole = wholeOf(data);
  try {
    return await patiently(options, async (patience) => {
      const plan = await planFor(key, direction, wish, patience);
      if (plan.makes !== undefined) {
        const input = whole ?? (await gathered(data, patience));
        const reply = await inOneCrossing(key, direction, plan, input, patience);
        return { iv: made(reply, plan.makes), ciphertext: reply.bytes() };
      }
      if (whole !== undefined) return await resultOf(key, direction, plan, whole, patience);
      const out: Uint8Array[] = [];
      for await (const piece of stream(key, direction, plan, data, patience)) out.push(piece);
      return out.length === 1 ? (out[0] ?? concat(out)) : concat(out);
    });
  } finally {
    whole?.fill(0);
  }
}

/** Encrypts or decrypts piece by piece. What a decrypting stream of an authenticated mode gives is proven only at its end. */
export async function* cipherStream(
  key: Key,
  direction: Direction,
  algorithm: CipherAlgorithm,
  data: DataInput,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const wish = asked(algorithm);
  const whole = wholeOf(data);
  const patience = new Patience(options);
  try {
    const plan = await planFor(key, direction, wish, patience);
    if (plan.makes !== undefined) throw wrongValue(`algorithm.${plan.makes}`, 'is needed for a stream');
    yield* stream(key, direction, plan, whole === undefined ? data : [whole], patience);
  } finally {
    patience.end();
    whole?.fill(0);
  }
}
