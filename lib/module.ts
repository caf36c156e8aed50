import { inspect, type InspectOptions } from 'node:util';
import { CALL } from './generated/calls';
import { CKF } from './generated/constants';
import { boolean, integer, plainObject, string } from './arguments';
import { Pkcs11Error } from './errors';
import { inspectAs } from './inspect';
import { ModuleState } from './module-state';
import { recoveryOptions, type RecoveryOptions } from './recovery';
import { findToken, findTokens, type TokenQuery } from './token-query';
import { Client } from './wire/client';
import type { ModuleInfo } from './info';
import type { CallOptions } from './options';
import type { Slot } from './slot';
import type { SlotEvent, SlotEventOptions } from './slot-events';
import type { Token } from './token';

/** Options of `Module.load`. */
export interface LoadOptions extends CallOptions {
  /** A text that the library wants at C_Initialize in `pReserved`; NSS takes its parameters there. */
  readonly reserved?: string | undefined;
  /**
   * How lost tokens are looked for; `false`: not at all, every call rejects with what the library says. What may be repeated is repeated once when the token is
   * there again, see docs/recovery.md.
   */
  readonly recovery?: RecoveryOptions | false | undefined;
  /** Most threads for calls into this library, 1 to 512. Default: 64. A token that works on this machine's processors is not quicker with more threads than there are of them. */
  readonly threads?: number | undefined;
}

/** The interface that a library offers. */
export interface ModuleInterface {
  /** Such as '2.40' or '3.0'; new functions are there from 3.0 and 3.2 on, but `supports` is surer. */
  readonly version: string;
  /** After a fork each process keeps its own sessions and logins (CKF_INTERFACE_FORK_SAFE). */
  readonly forkSafe: boolean;
}

/**
 * A Cryptoki (PKCS #11) library, loaded and initialised.
 *
 * The same library may be loaded several times, in worker threads too: it is initialised once, and finalised when the last one
 * is closed. Where somebody else in this process has initialised it, it is used, and left to them to finalise.
 *
 * @example
 * await using module = await Module.load('/usr/lib/softhsm/libsofthsm2.so');
 * const token = await module.token('pkcs11:token=demo');
 */
export class Module {
  readonly #state: ModuleState;
  readonly #reserved: boolean;

  private constructor(client: Client, reserved: boolean, recovery: Required<RecoveryOptions> | undefined) {
    this.#state = new ModuleState(client, this, recovery);
    this.#reserved = reserved;
  }

  /**
   * Loads a library and initialises it (C_Initialize). Rejects with `ERR_CRYPTOKI_LOAD_FAILED`, whose `reason` says why, with
   * `ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY`, or with the code of C_Initialize.
   *
   * @example
   * const module = await Module.load('/usr/lib/softhsm/libsofthsm2.so', { timeLimit: 10_000 });
   * await module.close();
   */
  static async load(path: string, options: LoadOptions = {}): Promise<Module> {
    plainObject(options, 'options');
    const { signal, timeLimit, threads } = options;
    const reserved = options.reserved === undefined ? null : string(options.reserved, 'options.reserved', true);
    const recovery = recoveryOptions(options.recovery);
    const client = new Client(path, { threads });
    await client.load({ signal, timeLimit });
    await initialize(client, reserved, { signal, timeLimit });
    return new Module(client, reserved !== null, recovery);
  }

  /** The path as it was given. */
  get path(): string {
    return this.#state.client.path;
  }

  /** What the library offers: the newest of 3.2, 3.0 and 2.40 that it has (C_GetInterface). */
  get interface(): ModuleInterface {
    const { version, interfaceFlags } = this.#state.client.library;
    const { major, minor } = version;
    return { version: `${major}.${minor}`, forkSafe: (interfaceFlags & CKF.INTERFACE_FORK_SAFE) !== 0 };
  }

  /**
   * Whether the library has this function. It may still answer CKR_FUNCTION_NOT_SUPPORTED.
   *
   * @example
   * if (module.supports('C_LoginUser')) await token.login('1234', { username: 'alice' });
   */
  supports(functionName: string): boolean {
    return this.#state.client.supports(string(functionName, 'functionName'));
  }

  /**
   * Asks the library about itself (C_GetInfo).
   *
   * @example
   * const { manufacturer, libraryVersion } = await module.info();
   */
  info(options: CallOptions = {}): Promise<ModuleInfo> {
    return this.#state.info(options);
  }

  /**
   * The slots, all or only those with a token (C_GetSlotList).
   *
   * @example
   * for (const slot of await module.slots({ tokenPresent: true })) console.log(slot.id, (await slot.info()).description);
   */
  async slots(options: { readonly tokenPresent?: boolean | undefined } & CallOptions = {}): Promise<Slot[]> {
    const { signal, timeLimit, tokenPresent = false } = plainObject(options, 'options') as typeof options;
    return this.#state.slots(boolean(tokenPresent, 'options.tokenPresent'), { signal, timeLimit });
  }

  /**
   * The slot with this number. Whether there is one shows when it is used: CKR_SLOT_ID_INVALID.
   *
   * @example
   * const token = await module.slot(slot.id).token();
   */
  slot(id: number): Slot {
    this.#state.assertOpen();
    return this.#state.slot(integer(id, 'id'));
  }

  /**
   * The tokens that match, blank ones included.
   *
   * @example
   * const tokens = await module.tokens({ manufacturer: 'SoftHSM project' });
   */
  tokens(query?: TokenQuery, options: CallOptions = {}): Promise<Token[]> {
    return findTokens(this.#state, query, options);
  }

  /**
   * The one token that matches: `ERR_CRYPTOKI_NOT_FOUND` for none, `ERR_CRYPTOKI_AMBIGUOUS` for several; both name those that are
   * there. Without a query: the only token that has been initialised.
   *
   * @example
   * const token = await module.token({ label: 'demo' });
   */
  token(query?: TokenQuery, options: CallOptions = {}): Promise<Token> {
    return findToken(this.#state, query, options);
  }

  /**
   * Tokens that come and go, from the first `next()` on. Ends when the module is closed (C_WaitForSlotEvent; where the library
   * does not have it, the slots are looked at again and again).
   *
   * @example
   * for await (const { slot, tokenPresent } of module.slotEvents()) console.log(slot.id, tokenPresent);
   */
  slotEvents(options?: SlotEventOptions): AsyncGenerator<SlotEvent, void, undefined> {
    return this.#state.events.iterate(options);
  }

  /**
   * Ends everything: refuses those who wait for a session, lets running calls finish, closes all sessions and finalises the library
   * when no other module uses it (C_Finalize). Twice is fine; everything afterwards rejects with `ERR_CRYPTOKI_CLOSED`.
   *
   * @example
   * await module.close();
   */
  close(): Promise<void> {
    return this.#state.close();
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { path, interface: offered } = this;
    // What is reserved may be a path with a password in it.
    const reserved = this.#reserved && { reserved: '(given)' };
    return inspectAs(this, { path, interface: offered.version, ...reserved, open: !this.#state.closed }, depth, options);
  }
}

async function initialize(client: Client, reserved: string | null, options: CallOptions): Promise<void> {
  try {
    await callInitialize(client, CKF.OS_LOCKING_OK, reserved, false, options);
  } catch (error) {
    if (!Pkcs11Error.is(error, 'CKR_CANT_LOCK')) throw error;
    // It cannot lock: then only one thread at a time may be in it (PKCS #11 v3.2, section 5.4.1, C_Initialize).
    await callInitialize(client, 0, reserved, true, options);
  }
}

async function callInitialize(client: Client, flags: number, reserved: string | null, serial: boolean, options: CallOptions): Promise<void> {
  const request = client.request(CALL.C_Initialize).u8(1).u64(flags).terminated(reserved, 'options.reserved', true).bool(serial);
  await client.call(request, {
    ...options,
    // Nobody waits for the module any more: it must not stay initialised for nobody.
    onLate: (settled) => void settled.then((late) => late && client.call(client.request(CALL.C_Finalize)).catch(() => undefined)),
  });
}
