// How a lost token is brought back: what is asked of the library, in which order.

import { CALL } from './generated/calls';
import { CryptokiError, Pkcs11Error } from './errors';
import { sessionInfo, type TokenInfo } from './info';
import { closeSession, openSession } from './session-calls';
import { findTokenInfo, listSlots, readTokenInfo } from './slot-calls';
import { quirksOf } from './algorithms/quirks';
import { mayBeDeviceLost, meaningOf, type Meaning } from './recovery-codes';
import { PinOnce } from './pin';
import type { CallOptions } from './options';
import type { Attempt, Patient, RecoveryEvent } from './recovery';
import type { TokenState } from './token-state';

/** What the tokens of one library share in their recoveries. */
export interface Library {
  /** How often it has been initialised anew. */
  readonly generation: number;
  /** Initialises it anew, unless that has been done since `seen`; `finalizeFirst`, where it answers as if it were alive. */
  renew(seen: number, finalizeFirst: boolean, options: CallOptions): Promise<void>;
  /** Who has made it. */
  manufacturer(options: CallOptions): Promise<string>;
  /** Whether no other token of it is in use: what is done to the library is done to all of them. */
  isOnlyUser(state: TokenState): boolean;
}

/** A token by its names: the slot does not tell which it is, it may be in another one when it comes back. */
export function isSameToken(one: TokenNames, other: TokenNames): boolean {
  // The serial number tells tokens of one model apart (PKCS #11 v3.2, section 3.2, CK_TOKEN_INFO).
  return one.serialNumber === other.serialNumber && one.model === other.model && one.manufacturer === other.manufacturer;
}

export type TokenNames = Pick<TokenInfo, 'serialNumber' | 'model' | 'manufacturer' | 'label'>;

interface Asked {
  readonly session: bigint;
  readonly state: string;
  /** It is not needed any more. */
  end(): void;
}

/** Milliseconds after which a session that says nothing is taken to be at work. */
const AT_WORK = 1000;

/** From this look on a library that does not find its way back by itself is initialised anew. */
const PATIENCE = 2;
/** Milliseconds for C_GetInfo. */
const NAMING = 1000;

export class TokenPatient implements Patient {
  readonly #state: TokenState;
  readonly #library: Library;
  /** The generation of the library in which the token was seen last. */
  #seen: number;

  constructor(state: TokenState, library: Library) {
    this.#state = state;
    this.#library = library;
    this.#seen = library.generation;
  }

  get label(): string {
    return this.#state.token.label;
  }

  get closed(): boolean {
    return this.#state.closed;
  }

  get expectsLogin(): boolean {
    return this.#state.expectsLogin;
  }

  async meaningOf(error: unknown, options: CallOptions): Promise<Meaning | undefined> {
    const { expectsLogin, names } = this.#state;
    if (Pkcs11Error.is(error, 'CKR_HOST_MEMORY') && expectsLogin && quirksOf(names.manufacturer).lockedIsMemory === true) return 'login-lost';
    if (!mayBeDeviceLost(error)) return undefined;
    try {
      // One that does not even say its name has lost more than its device.
      return quirksOf(await this.#library.manufacturer({ ...options, timeLimit: NAMING })).losesDevice === true ? 'device-lost' : undefined;
    } catch {
      return undefined;
    }
  }

  async examine(meaning: Meaning | undefined, options: CallOptions): Promise<Attempt | undefined> {
    const { client, login, names, slotId } = this.#state;
    const { session, end, state } = await this.#ask(options);
    let attempt: Attempt | undefined;
    try {
      const restores = login.expected && state === 'public';
      if (!restores && meaning !== 'device-error') return undefined;
      // A library may answer for a session out of its memory; for the token it has to ask.
      const info = await readTokenInfo(client, slotId, options);
      if (!isSameToken(info, names)) throw new CryptokiError('ERR_CRYPTOKI_NOT_FOUND', 'Another token is in the slot');
      if (restores) attempt = this.begin(meaning, { session, end, info });
      return attempt;
    } finally {
      if (attempt === undefined) end();
    }
  }

  /** The state of the token's sessions, by one that is alive. */
  async #ask(options: CallOptions): Promise<Asked> {
    const { client, pool, slotId } = this.#state;
    // Until a question that was given up has been answered.
    let silence: Promise<unknown> | undefined;
    const look = async (session: bigint, left: CallOptions): Promise<Omit<Asked, 'end'>> => {
      const onLate = (settled: Promise<unknown>): void => pool.hangs(session, (silence = settled));
      const { state } = sessionInfo(await client.call(client.request(CALL.C_GetSessionInfo).u64(session), { ...left, onLate }));
      return { session, state };
    };
    const anchor = await pool.anchor({ ...options, mending: true });
    try {
      return { ...(await look(anchor, { ...options, timeLimit: AT_WORK })), end: () => undefined };
    } catch (error) {
      if (!CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT')) throw error;
    }
    // It is at work, and a key may take its minute: any other session tells as much.
    const session = await openSession(client, slotId, false, options);
    const close = (): void => void closeSession(client, session, true);
    // The login may have been restored in this one: it must not be the last of all to be closed.
    const end = (): void => void (silence === undefined ? close() : silence.then(close));
    try {
      return { ...(await look(session, options)), end };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** `known`: a session that is alive, of a token that is where it was: then the login is tried before anything else. */
  begin(meaning: Meaning | undefined, known?: { session: bigint; info: TokenInfo; end(): void }): Attempt {
    const state = this.#state;
    const library = this.#library;
    const pin = new PinOnce();
    let looks = 0;
    let initialized = meaning !== 'library-lost' && meaning !== 'device-lost';
    // A library that has lost its device does not know that it is as good as finalised.
    let alive = meaning === 'device-lost';
    let broken = false;
    let loginOnly = known;

    const step = async (options: CallOptions): Promise<void> => {
      if (loginOnly !== undefined) {
        const { info: there, session: alike } = loginOnly;
        loginOnly = undefined;
        await state.login.restore(alike, there, pin, options);
        return state.forgetHandles();
      }
      // The dead go first: a library may give their numbers to new sessions, which would be closed in their place.
      if (looks++ === 0 || state.pool.size > 0) await state.pool.reset(options);
      // For all of its tokens: it does not end with this one.
      if (!initialized) await library.renew(this.#seen, alive, { timeLimit: options.timeLimit });
      else if (broken && looks > PATIENCE && library.isOnlyUser(state)) await library.renew(this.#seen, true, { timeLimit: options.timeLimit });
      initialized = true;
      // What fails before the token has been found is the library's failure.
      broken = true;
      this.#seen = library.generation;
      const { slotId, info, known } = await this.#find(options);
      broken = !known;
      if (info === undefined) throw new CryptokiError('ERR_CRYPTOKI_NOT_FOUND', 'The token is in no slot');
      state.moveTo(slotId);
      broken = true;
      const session = await state.pool.anchor({ ...options, mending: true });
      broken = false;
      await state.login.restore(session, info, pin, options);
      state.lostEverything();
    };

    return {
      get hopeless() {
        return pin.failed;
      },
      step: async (options) => {
        try {
          await step(options);
        } catch (error) {
          if (meaningOf(error) === 'library-lost') initialized = alive = false;
          throw error;
        }
      },
      end: () => {
        pin.end();
        known?.end();
      },
    };
  }

  /** Where the token is now; `known`: the library still has the slot in which it was. */
  async #find(options: CallOptions): Promise<{ slotId: number; info: TokenInfo | undefined; known: boolean }> {
    const { client, names, slotId } = this.#state;
    const present = await listSlots(client, true, options);
    const before = present.includes(slotId);
    let relabelled: TokenInfo | undefined;
    let failure: unknown;
    for (const candidate of before ? [slotId, ...present.filter((slot) => slot !== slotId)] : present) {
      try {
        const info = await findTokenInfo(client, candidate, options);
        if (info === undefined || !isSameToken(info, names)) continue;
        if (info.label === names.label) return { slotId: candidate, info, known: true };
        // Somebody has given it another name; in another slot it would be another token, of a maker who gives all the same number.
        if (candidate === slotId) relabelled = info;
      } catch (error) {
        failure ??= error;
      }
    }
    if (relabelled !== undefined) return { slotId, info: relabelled, known: true };
    if (failure !== undefined) throw failure;
    return { slotId, info: undefined, known: before || (await listSlots(client, false, options)).includes(slotId) };
  }

  forgetHandles(): void {
    this.#state.forgetHandles();
  }

  report(event: RecoveryEvent): void {
    this.#state.reportRecovery(event);
  }
}
