// Encrypting and decrypting many inputs.

import { wrongValue } from '../arguments';
import { abilitiesOf, factsOf, type Key } from '../key';
import { contextOf } from '../object';
import { planCipher, type Asked, type CipherPlan } from '../algorithms/plan-cipher';
import { takesNonce } from '../algorithms/ciphers';
import type { Abilities } from '../algorithms/facts';
import type { Patience } from '../patience';
import { copied, keyed } from './key-work';
import type { Work } from './work';
import type { Window } from './window';

export type Direction = 'encrypt' | 'decrypt';

/** Encrypts or decrypts each input: with one algorithm, or with one for each. */
export async function cipherWork(
  key: Key,
  direction: Direction,
  algorithm: Asked | readonly Asked[],
  count: number,
  patience: Patience,
): Promise<Work<Uint8Array>> {
  const facts = await factsOf(key, patience.options);
  const abilities = await abilitiesOf(contextOf(key), patience.options);
  const planFor = (one: Asked, name: string): CipherPlan => {
    const plan = planCipher(direction, one, facts, abilities);
    if (plan.makes !== undefined)
      throw wrongValue(`${name}.${plan.makes}`, 'is needed for many inputs: there is no place where the token could tell the one it made');
    return plan;
  };
  const plans = isList(algorithm) ? algorithm.map((one, index) => planFor(one, `algorithm[${index}]`)) : [planFor(algorithm, 'algorithm')];
  if (direction === 'encrypt') {
    if (isList(algorithm)) refuseSameNonces(algorithm, plans);
    else if (count > 1) refuseOneNonce(algorithm, plans[0]!, abilities);
  }
  const planOf = plans.length === 1 && !isList(algorithm) ? () => plans[0]! : (number: number) => plans[number]!;
  const one = isList(algorithm) || plans[0]!.sized ? undefined : plans[0]!.mechanism(undefined);
  // opencryptoki leaves the length of the buffer as it was where there is no data.
  const place = (_reply: Uint8Array, _at: number, length: number, _room: number, window: Window, index: number): number =>
    planOf(window.number(index)).bytes(window.inputs.lengthOf(index)) === 0 ? 0 : length;
  return {
    ...keyed(key),
    operation: direction,
    mechanism: one,
    mechanismFor: (number, length) => planOf(number).mechanism(length),
    capacity: undefined,
    // A buffer of no bytes is to p11-kit as none at all: a question for the length.
    capacityFor: (number, length) => {
      const bytes = planOf(number).bytes(length);
      return bytes === 0 ? 1 : bytes;
    },
    place,
    result: (reply, at, length, room, window, index) => copied(reply, at, place(reply, at, length, room, window, index)),
  };
}

const isList = (algorithm: Asked | readonly Asked[]): algorithm is readonly Asked[] => Array.isArray(algorithm);

/** Two messages with one nonce betray each other: one algorithm does for several inputs only where it has none. */
function refuseOneNonce(algorithm: Asked, { nonce }: CipherPlan, abilities: Abilities): void {
  if ('mechanism' in algorithm) {
    if (!takesNonce(Number(algorithm.mechanism.type), abilities)) return;
    throw wrongValue('algorithm', 'has a nonce that several inputs must not share: give an array with a mechanism for each');
  }
  if (nonce === undefined) return;
  throw wrongValue(
    `algorithm.${nonce.field}`,
    'must not be the same for several inputs, which would betray each other: give an array with an algorithm for each',
  );
}

function refuseSameNonces(algorithms: readonly Asked[], plans: readonly CipherPlan[]): void {
  const seen = new Map<string, number>();
  plans.forEach((plan, index) => {
    const given = algorithms[index]!;
    const { nonce } = plan;
    if (nonce === undefined || 'mechanism' in given) return;
    const text = `${given.name} ${Buffer.from(nonce.value).toString('latin1')}`;
    const before = seen.get(text);
    if (before !== undefined) {
      throw wrongValue(`algorithm[${index}].${nonce.field}`, `is that of algorithm[${before}]: two messages with one nonce betray each other`);
    }
    seen.set(text, index);
  });
}
