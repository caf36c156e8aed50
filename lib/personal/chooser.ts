// Asking somebody which identity to use, and for its PIN.

import { setImmediate } from 'node:timers/promises';
import { Pkcs11Error, type Token } from '../index';
import { wrong } from './arguments';
import type { Action, Identity } from './identity';

/** Why the chooser is asked again. */
export type ChooserError = 'CKR_PIN_INCORRECT' | 'CKR_PIN_LOCKED' | 'ERR_CRYPTOKI_NOT_FOUND';

/** What a chooser is asked. */
export interface ChooseRequest {
  /** What the identity is for. */
  readonly action: Action;
  /** Those that fit; none where there is none, and then it can be cancelled only. */
  readonly identities: readonly Identity[];
  /** Sign: the text to be signed, for display; undefined where it has a NUL in it and so is none. */
  readonly text?: string | undefined;
  /** Sign: the same in bytes. */
  readonly textRaw?: Uint8Array | undefined;
  /** Of the page that asks. */
  readonly hostname: string;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Why the last answer did not do: the PIN was wrong, or is locked now, or there is no private key after all. */
  readonly lastError?: ChooserError | undefined;
}

/** What a chooser answers. */
export interface Choice {
  /** One of those offered. */
  readonly identity: Identity;
  /** Its PIN: text, or bytes as the token takes them; `null` where it is typed on the reader. */
  readonly pin: string | Uint8Array | null;
}

/** Lets the user choose an identity and give its PIN; `null`: the user has cancelled. */
export type ChooseIdentity = (request: ChooseRequest) => Promise<Choice | null> | Choice | null;

/** What came of waiting for the user. */
export const CANCELLED = Symbol('cancelled');

/** The user's answer, checked, or `CANCELLED`. What the chooser throws is thrown; after the signal nothing of its answer counts. */
export async function ask(choose: ChooseIdentity, request: ChooseRequest): Promise<Choice | typeof CANCELLED> {
  // Somebody who answers at once, again and again, leaves others their turn.
  await setImmediate();
  const answer: unknown = request.signal.aborted ? null : await choose(request);
  return answer === null || request.signal.aborted ? CANCELLED : checked(answer, request.identities);
}

function checked(answer: unknown, identities: readonly Identity[]): Choice {
  if (typeof answer !== 'object' || answer === null) throw wrong('chooseIdentity must answer { identity, pin }, or null');
  const { identity, pin } = answer as Choice;
  if (!identities.includes(identity)) throw wrong('chooseIdentity must answer one of the identities that it was given', 'ERR_INVALID_ARG_VALUE');
  if (pin !== null && typeof pin !== 'string' && !ArrayBuffer.isView(pin)) {
    throw wrong('chooseIdentity must answer a PIN that is text, bytes, or null for the PIN pad of the reader');
  }
  return { identity, pin };
}

const WRONG_PIN: ReadonlySet<string> = new Set(['CKR_PIN_INCORRECT', 'CKR_PIN_LEN_RANGE', 'CKR_PIN_INVALID']);
const AT_THE_PIN_PAD: ReadonlySet<string> = new Set(['CKR_FUNCTION_CANCELED', 'CKR_FUNCTION_REJECTED']);

/** What came of a login: whether to ask again, and why; or that the user has cancelled at the reader. */
export type LoginOutcome = 'in' | Exclude<ChooserError, 'ERR_CRYPTOKI_NOT_FOUND'> | typeof CANCELLED;

/** Logs in; every other failure rejects. */
export async function login(token: Token, pin: string | Uint8Array | null, signal: AbortSignal): Promise<LoginOutcome> {
  try {
    const { loginRequired } = await token.info({ signal });
    if (loginRequired) await token.login(pin, { signal });
    return 'in';
  } catch (error) {
    if (Pkcs11Error.is(error, 'CKR_PIN_LOCKED')) return 'CKR_PIN_LOCKED';
    if (Pkcs11Error.is(error) && WRONG_PIN.has(error.code)) return 'CKR_PIN_INCORRECT';
    // Half a surrogate pair: no text at all, so nobody's PIN.
    if (error instanceof TypeError && (error as { code?: unknown }).code === 'ERR_INVALID_ARG_VALUE') return 'CKR_PIN_INCORRECT';
    if (Pkcs11Error.is(error) && pin === null && AT_THE_PIN_PAD.has(error.code)) return CANCELLED;
    throw error;
  }
}
