// Hashing many inputs.

import { planDigest } from '../digest';
import type { PreparedMechanism } from '../mechanism';
import type { Patience } from '../patience';
import type { TokenContext } from '../token-context';
import { digestOf } from './hash-items';
import { copied, keyless } from './key-work';
import { prepared } from './sign-work';
import type { Work } from './work';

/** Hashes each input on the token, or here where the token does not have the hash. */
export async function digestWork(
  context: TokenContext,
  algorithm: string | { readonly mechanism: PreparedMechanism },
  patience: Patience,
): Promise<Work<Uint8Array>> {
  const { name, mechanism, bytes } = await planDigest(context, algorithm, patience.options);
  const work: Work<Uint8Array> = {
    ...keyless(context),
    operation: 'digest',
    mechanism,
    capacity: bytes,
    place: (_reply, _at, length) => length,
    result: copied,
  };
  if (mechanism !== undefined) return work;
  return {
    ...work,
    prepare: (window, windows, outlet) =>
      prepared(window, windows, outlet, patience, (index) => {
        const number = window.number(index);
        const digest = digestOf(name, window.inputs.item(index), patience);
        return digest instanceof Uint8Array ? outlet.put(number, digest) : digest.then((late) => outlet.put(number, late));
      }),
  };
}
