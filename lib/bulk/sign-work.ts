// Signing and verifying many inputs.

import { timingSafeEqual } from 'node:crypto';
import { DER_GROWTH, signatureToDerInPlace } from '../der';
import { signaturePlanOf, type Key } from '../key';
import { inputOf } from '../key-sign';
import type { Patience } from '../patience';
import type { SignaturePlan, SignatureQuestion } from '../algorithms/plan-signature';
import { ENGINE_ANSWERED } from '../wire/batch';
import { isNo } from '../verdict';
import { digestOf, everyItem } from './hash-items';
import { copied, keyed } from './key-work';
import type { Outlet, Work } from './work';
import type { Window, Windows } from './window';

/** Signs each input. */
export async function signWork(key: Key, question: SignatureQuestion, patience: Patience): Promise<Work<Uint8Array>> {
  const plan = await signaturePlanOf(key, question, patience.options);
  const changes = plan.hash !== undefined;
  return {
    ...keyed(key),
    operation: 'sign',
    mechanism: plan.mechanism,
    capacity: roomFor(plan),
    ...(changes && {
      prepare: (window: Window, windows: Windows, outlet: Outlet<Uint8Array>) =>
        prepared(window, windows, outlet, patience, (index, put) => withInput(plan, question.digestGiven, window.inputs.item(index), patience, put)),
    }),
    ...signatureOf(plan),
  };
}

/** Whether each signature is that of its input. */
export async function verifyWork(key: Key, question: SignatureQuestion, patience: Patience): Promise<Work<boolean>> {
  const plan = await signaturePlanOf(key, question, patience.options);
  return {
    ...keyed(key),
    operation: plan.bySigning ? 'sign' : 'verify',
    mechanism: plan.mechanism,
    capacity: plan.bySigning ? roomFor(plan) : 0,
    prepare: (window, windows, outlet) =>
      prepared(window, windows, outlet, patience, (index, put) => {
        const wanted = plan.decode(window.signatures!.item(index));
        if (wanted === undefined) return void outlet.put(window.number(index), false);
        return withInput(plan, question.digestGiven, window.inputs.item(index), patience, (input) => put(input, wanted));
      }),
    result: plan.bySigning
      ? (reply, at, length, _room, window, index) => isSame(reply.subarray(at, at + length), window.signatures!.item(index))
      : () => true,
    answer: (failure, window, index) => {
      if (failure.functionIndex === ENGINE_ANSWERED || plan.bySigning) return undefined;
      const signature = window.signatures!.item(index);
      return isNo(failure, { key, mechanism: plan.mechanism, signature, input: window.inputs.item(index), size: plan.bytes }) ? false : undefined;
    },
  };
}

const isSame = (right: Uint8Array, given: Uint8Array): boolean => right.length === given.length && timingSafeEqual(right, given);

const roomFor = ({ bytes, form }: SignaturePlan): number | undefined => (bytes === undefined || form !== 'der' ? bytes : bytes + DER_GROWTH);

/** What becomes of the token's signature, without an array in between where that can be. */
function signatureOf(plan: SignaturePlan): Pick<Work<Uint8Array>, 'place' | 'result'> {
  const { form, usual } = plan;
  const place = (reply: Uint8Array, at: number, length: number, room: number): number => {
    if (usual !== undefined && length !== usual) return -1;
    if (form === 'as-it-is') return length;
    return room >= length + DER_GROWTH ? signatureToDerInPlace(reply, at, length) || -1 : -1;
  };
  return {
    place,
    result(reply, at, length, room) {
      const placed = place(reply, at, length, room);
      return placed < 0 ? plan.encode(copied(reply, at, length)) : copied(reply, at, placed);
    },
  };
}

/** Tells what the token is to be given for an input: itself, its digest, or what is made of a digest. */
function withInput(
  plan: SignaturePlan,
  digestGiven: boolean,
  item: Uint8Array,
  patience: Patience,
  put: (input: Uint8Array) => void,
): void | Promise<void> {
  const { hash } = plan;
  if (digestGiven) return put(inputOf(plan, item));
  if (hash === undefined) return put(item);
  const digest = digestOf(hash.name, item, patience);
  return digest instanceof Uint8Array ? put(hash.input(digest)) : digest.then((late) => put(hash.input(late)));
}

/** A window of what `change` puts for each item of another one; what it throws is the failure of the item. */
export async function prepared(
  window: Window,
  windows: Windows,
  outlet: Outlet<never>,
  patience: Patience,
  change: (index: number, put: (input: Uint8Array, signature?: Uint8Array) => void) => void | Promise<void>,
): Promise<Window> {
  const made = windows.open(window.first);
  const numbers: number[] = (made.numbers = []);
  await everyItem(window, patience, (_item, index) => {
    const number = window.number(index);
    const put = (input: Uint8Array, signature?: Uint8Array): void => {
      if (made.add(input, signature, 'inputs', number)) numbers.push(number);
    };
    try {
      const late = change(index, put);
      return late?.catch((error: unknown) => outlet.fail(number, error));
    } catch (error) {
      outlet.fail(number, error);
      return undefined;
    }
  });
  windows.close(window);
  return made;
}
