// Operations that are begun while an equal one waits for its data. Whoever calls C_SignInit, waits for something, and calls C_Sign then, several at a time on one
// session, meets CKR_OPERATION_ACTIVE in C: node-webcrypto-p11 does that in Promise.all. Where the second C_SignInit asks for the very same (session, mechanism, key),
// nobody can tell the two apart, so it is counted here, and done together with its C_Sign. One that differs is refused as in C: nothing says whose C_Sign comes
// first, and a guess would be a signature by another key.

import { CKR } from '../constants';
import { CALL } from '../generated/calls';
import { CryptokiError, Pkcs11Error } from '../errors';

/** Which part of an operation a function is. */
export interface Turn {
  /** Of the kinds of operations, which one. */
  readonly kind: number;
  /** C_SignInit; C_Sign; C_SignUpdate, C_SignFinal and what else is for a part of the data. */
  readonly place: 'begins' | 'whole' | 'part';
  /** C_SignInit and C_Sign in one call. */
  readonly recipe: number;
}

const RECIPES = [
  ['Sign', CALL.SignOnce],
  ['Verify', CALL.VerifyOnce],
  ['Encrypt', CALL.EncryptOnce],
  ['Decrypt', CALL.DecryptOnce],
  ['Digest', CALL.DigestOnce],
  ['SignRecover', CALL.SignRecoverOnce],
  ['VerifyRecover', CALL.VerifyRecoverOnce],
] as const;

const PLACES: Readonly<Record<string, Turn['place']>> = { Init: 'begins', '': 'whole', Update: 'part', Final: 'part', Key: 'part' };

/** The part that a function is of an operation; undefined where it is none of these. */
export function turnOf(name: string): Turn | undefined {
  for (const [kind, [word, recipe]] of RECIPES.entries()) {
    if (!name.startsWith(`C_${word}`)) continue;
    const place = PLACES[name.slice(word.length + 2)];
    if (place !== undefined) return { kind, place, recipe };
  }
  return undefined;
}

/** The number in the handle of a session: of at most 53 bits, for they are ours. */
export function numberOf(handle: Uint8Array): number {
  const low = handle[0]! + handle[1]! * 0x100 + handle[2]! * 0x1_0000 + handle[3]! * 0x100_0000;
  if (handle.length === 4) return low;
  return low + (handle[4]! + handle[5]! * 0x100 + handle[6]! * 0x1_0000 + handle[7]! * 0x100_0000) * 0x1_0000_0000;
}

/** The last operation of a kind that was begun on a session. */
export interface Begun {
  /** The arguments of its Init function as they were sent; undefined where that is not known. */
  readonly asked: Uint8Array | undefined;
  /** It waits for its data: no function has been called for it yet. */
  waits: boolean;
  /** How many equal ones wait beside it. */
  kept: number;
}

/** The operation that is active in the session. */
export const ACTIVE_ONE = 'active';

/** The operations of one library. */
export class Turns {
  readonly #begun = new Map<number, Begun>();
  #kept = 0;
  /** How many wait for their data. */
  #waiting = 0;

  /** Notes that an operation was begun, or, without `asked`, that nobody knows which. */
  began(session: number, { kind }: Turn, asked: Uint8Array | undefined): Begun {
    const key = session * RECIPES.length + kind;
    const before = this.#begun.get(key);
    if (before !== undefined) this.#waits(before, false);
    const begun = { asked, waits: false, kept: 0 };
    this.#begun.set(key, begun);
    this.#waits(begun, asked !== undefined);
    return begun;
  }

  /** Puts the operation of `begun` in its place, where no other has come since. */
  settle(session: number, turn: Turn, begun: Begun, asked: Uint8Array | undefined): void {
    if (this.of(session, turn) === begun) this.began(session, turn, asked);
  }

  of(session: number, { kind }: Turn): Begun | undefined {
    return this.#begun.get(session * RECIPES.length + kind);
  }

  /** Before C_SignInit: true where this one is kept beside others that are; throws where it differs from them. */
  joins(session: number, turn: Turn, asked: Uint8Array | undefined, name: string): boolean {
    if (this.#kept === 0) return false;
    const begun = this.of(session, turn);
    if (begun === undefined || begun.kept === 0) return false;
    if (!equal(begun.asked, asked)) throw new Pkcs11Error(CKR.OPERATION_ACTIVE, name);
    this.#keep(begun, 1);
    return true;
  }

  /** After C_SignInit has failed: true where this one is kept beside the one that is active. */
  keeps(session: number, turn: Turn, asked: Uint8Array | undefined, error: unknown): boolean {
    if (!Pkcs11Error.is(error, 'CKR_OPERATION_ACTIVE')) return false;
    const begun = this.of(session, turn);
    if (begun === undefined || !begun.waits || !equal(begun.asked, asked)) return false;
    this.#keep(begun, 1);
    return true;
  }

  /**
   * Before C_Sign and its kin: the arguments of C_SignInit where it is to be called with this one, for it was kept; `ACTIVE_ONE` where it is for the operation that is
   * active and waits; undefined where nothing waits.
   */
  takes(session: number, turn: Turn, name: string): Uint8Array | typeof ACTIVE_ONE | undefined {
    const begun = this.of(session, turn);
    if (begun === undefined) return undefined;
    if (begun.kept > 0 && turn.place === 'part') throw new Pkcs11Error(CKR.OPERATION_ACTIVE, name);
    if (begun.waits) {
      this.#waits(begun, false);
      return ACTIVE_ONE;
    }
    if (begun.kept === 0) return undefined;
    this.#keep(begun, -1);
    return begun.asked;
  }

  /** What was taken has failed in a way after which it waits as before: the caller comes again with a larger buffer, or nothing had been called. */
  putBack(session: number, turn: Turn, taken: Uint8Array | typeof ACTIVE_ONE, error: unknown): void {
    if (!goesOn(error)) return;
    const begun = this.of(session, turn);
    if (begun === undefined) return;
    if (taken === ACTIVE_ONE) this.#waits(begun, true);
    else if (begun.asked === taken) this.#keep(begun, 1);
  }

  /** Whether equal ones wait anywhere, so that `takes` must be asked. */
  get someKept(): boolean {
    return this.#kept > 0;
  }

  /** Whether any waits for its data, so that `used` must be told. */
  get someWait(): boolean {
    return this.#waiting > 0;
  }

  /** C_Sign or its kin was called where none was kept. */
  used(session: number, { kind }: Turn): void {
    const begun = this.#begun.get(session * RECIPES.length + kind);
    if (begun !== undefined) this.#waits(begun, false);
  }

  /** A session was closed; without one, nobody knows which were, or what is active in them. */
  forget(session?: number): void {
    if (session === undefined) {
      this.#begun.clear();
      this.#kept = this.#waiting = 0;
      return;
    }
    for (let kind = 0; kind < RECIPES.length; kind++) {
      const key = session * RECIPES.length + kind;
      const begun = this.#begun.get(key);
      if (begun === undefined) continue;
      this.#kept -= begun.kept;
      this.#waits(begun, false);
      this.#begun.delete(key);
    }
  }

  #waits(begun: Begun, whether: boolean): void {
    if (begun.waits === whether) return;
    begun.waits = whether;
    this.#waiting += whether ? 1 : -1;
  }

  #keep(begun: Begun, count: number): void {
    begun.kept += count;
    this.#kept += count;
  }
}

function equal(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

/** Whether the operation goes on after this error: the caller comes again with a larger buffer, or nothing had been called. */
export function goesOn(error: unknown): boolean {
  return !Pkcs11Error.is(error) || error.code === 'CKR_BUFFER_TOO_SMALL';
}

/** A result that a recipe had room for, and the caller has not: in C that is known before the operation. */
export function inWordsOfC(error: unknown, name: string): unknown {
  return CryptokiError.is(error, 'ERR_CRYPTOKI_LENGTH') ? new Pkcs11Error(CKR.BUFFER_TOO_SMALL, name) : error;
}
