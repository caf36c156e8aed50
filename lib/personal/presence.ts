// A person waits for the answer: a card that has been pulled is not waited for, as the library would do for a program.

import { setTimeout } from 'node:timers/promises';
import { CKR, Pkcs11Error, type Token } from '../index';

const BETWEEN_LOOKS = 250;

/** Runs `work`, for as long as the token is in its slot: afterwards its signal fires, and this rejects with CKR_TOKEN_NOT_PRESENT. */
export async function whilePresent<Result>(token: Token, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const lost = new AbortController();
  const working = work(AbortSignal.any([signal, lost.signal]));
  const until = AbortSignal.any([signal, over.signal]);
  const watching = watch(token, until).catch(async (error: unknown) => {
    // Who is told to stop looking has lost nothing.
    if (until.aborted) return working;
    lost.abort(error);
    throw error;
  });
  try {
    return await Promise.race([working, watching]);
  } finally {
    over.abort();
  }
}

/** Looks again and again; rejects when the token has gone, or the signal fires. */
async function watch(token: Token, signal: AbortSignal): Promise<never> {
  for (;;) {
    const { tokenPresent } = await token.slot.info({ signal });
    if (!tokenPresent) throw new Pkcs11Error(CKR.TOKEN_NOT_PRESENT, 'C_GetSlotInfo');
    await setTimeout(BETWEEN_LOOKS, undefined, { signal, ref: false });
  }
}
