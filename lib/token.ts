import { inspect, type InspectOptions } from 'node:util';
import { CALL } from './generated/calls';
import { boolean, bytes, integer, plainObject, string } from './arguments';
import { copyOf } from './bytes';
import { digest } from './digest';
import { digestMany } from './bulk';
import { inspectAs } from './inspect';
import { pinBytes, wipe, type Pin, type PinSource } from './pin';
import { openSession } from './session-calls';
import { Session } from './session';
import { initializeToken, readTokenInfo } from './slot-calls';
import { meaningOf } from './recovery-codes';
import { stateOf, TokenObjects } from './token-objects';
import { formatTokenUri } from './uri-select';
import type { MechanismAlgorithm } from './algorithms/facts';
import type { BytesOfMany } from './bulk';
import type { BulkResultOptions, InSlab, ReturnErrors } from './bulk/options';
import type { Slab } from './bulk/slab';
import type { Bytes, DataInput } from './data-source';
import type { MechanismInfo, TokenInfo } from './info';
import type { LoginOptions, User } from './login';
import { callOptions, type CallOptions } from './options';
import type { Slot } from './slot';
import type { TokenStats } from './stats';
import type { TokenState } from './token-state';
import type { ModuleState } from './module-state';

/** How a token is made new. */
export interface InitializeOptions extends CallOptions {
  /** The token's new name, at most 32 bytes in UTF-8. */
  readonly label: string;
  /** The security officer's PIN: the present one, or the first one of a token that is blank. `null`: the PIN pad. */
  readonly soPin: Pin;
}

/** One call for random bytes gets at most this many: NSS gives no more, and some tokens take their time. */
const RANDOM_AT_ONCE = 1 << 16;

/**
 * A token: a smart card, an HSM partition, a software token. There is one object per token in a module, with one login, as
 * the standard has it; its sessions come from a pool, so that many operations may run at once.
 *
 * @example
 * const token = await module.token({ label: 'demo' });
 * await token.login('1234');
 * const key = await token.privateKey({ label: 'signer' });
 */
export class Token extends TokenObjects {
  readonly #module: ModuleState;
  #info: TokenInfo;

  /** Not for callers: tokens come from `module.token()` and `slot.token()`. */
  constructor(module: ModuleState, slotId: number, info: TokenInfo) {
    super(module, slotId, info);
    this.#module = module;
    this.#info = info;
  }

  /** The slot it is in. A token that was away may come back in another one. */
  get slot(): Slot {
    return this.#module.slot(stateOf(this).slotId);
  }

  /** The name it was given when it was initialised. */
  get label(): string {
    return this.#info.label;
  }

  /** Who made it. */
  get manufacturer(): string {
    return this.#info.manufacturer;
  }

  /** Which product of theirs it is. */
  get model(): string {
    return this.#info.model;
  }

  /** Tells it from the others of its model. */
  get serialNumber(): string {
    return this.#info.serialNumber;
  }

  /** Whether somebody is logged in through this object: `token.user` says who. */
  get loggedIn(): boolean {
    return this.user !== undefined;
  }

  /** Who is logged in through this object. */
  get user(): User | undefined {
    return stateOf(this).login.user;
  }

  /**
   * The RFC 7512 URI of this token.
   *
   * @example
   * const again = await module.token(token.uri());
   */
  uri(): string {
    return formatTokenUri(this);
  }

  /**
   * Asks the token about itself (C_GetTokenInfo). The four names above are what it said the last time.
   *
   * @example
   * const { userPinFinalTry, freePrivateMemory } = await token.info();
   */
  async info(options: CallOptions = {}): Promise<TokenInfo> {
    const state = this.#open();
    this.#info = await readTokenInfo(state.client, state.slotId, options);
    state.heard(this.#info);
    return this.#info;
  }

  /**
   * Figures of this token in this process: sessions, recoveries, and for each function of the library how often it was called and how long that took.
   *
   * @example
   * const { sessions, calls } = token.stats();
   * console.log(sessions.busy, sessions.queued, calls['C_Sign']?.count);
   */
  stats(): TokenStats {
    return stateOf(this).stats();
  }

  /**
   * The mechanisms of the token by their numbers; asked once (C_GetMechanismList, C_GetMechanismInfo).
   *
   * @example
   * const signs = (await token.mechanisms()).get(CKM.EDDSA)?.sign === true;
   */
  async mechanisms(options: CallOptions = {}): Promise<ReadonlyMap<number, MechanismInfo>> {
    return stateOf(this).mechanisms(callOptions(options));
  }

  /**
   * Logs in, for all sessions and objects of this token. A PIN that the token refuses is not tried again. The PIN, or the function,
   * is kept until logout for keys that ask at each use (CKA_ALWAYS_AUTHENTICATE). Rejects with CKR_PIN_INCORRECT, CKR_PIN_LOCKED,
   * CKR_PIN_EXPIRED and the like (C_Login, C_LoginUser).
   *
   * @param pin text, bytes, a function asked when needed, `null` for the reader's own PIN pad, or a `Pkcs11Uri` with a `pin-value`
   * @example
   * await token.login(async () => ask('PIN'));
   */
  login(pin: PinSource, options: LoginOptions = {}): Promise<void> {
    return stateOf(this).login.login(pin, options);
  }

  /**
   * Logs out, everybody who uses this token in this process. Private objects found before are stale afterwards (C_Logout).
   *
   * @example
   * await token.logout();
   */
  async logout(options: CallOptions = {}): Promise<void> {
    const state = this.#open();
    await state.login.logout(callOptions(options));
    state.loggedOut();
  }

  /**
   * Sets the first PIN of the user, or a new one; the security officer must be logged in (C_InitPIN). Rejects with
   * CKR_PIN_LEN_RANGE or CKR_PIN_INVALID for one that the token does not like.
   *
   * @example
   * await token.login('12345678', { user: 'so' });
   * await token.initPin('1234');
   * await token.logout();
   */
  async initPin(pin: Pin, options: CallOptions = {}): Promise<void> {
    const { client, pool } = this.#open();
    const secret = pinBytes(pin);
    try {
      await pool.use({ ...callOptions(options), readWrite: true }, async (lease, left) => {
        await client.call(client.request(CALL.C_InitPIN).u64(lease.id).pin(secret), left);
      });
    } finally {
      wipe(secret);
    }
  }

  /**
   * Changes the PIN of who is logged in, or of the user where nobody is (C_SetPIN). Both `null`: at the PIN pad.
   *
   * @example
   * await token.setPin('1234', '4321');
   */
  async setPin(oldPin: Pin, newPin: Pin, options: CallOptions = {}): Promise<void> {
    const { client, pool, login } = this.#open();
    const old = pinBytes(oldPin, 'oldPin');
    const fresh = pinBytes(newPin, 'newPin');
    try {
      await pool.use({ ...callOptions(options), readWrite: true }, async (lease, left) => {
        await client.call(client.request(CALL.C_SetPIN).u64(lease.id).pin(old, 'oldPin').pin(fresh, 'newPin'), left);
      });
      login.pinChanged(fresh);
    } finally {
      wipe(old);
      wipe(fresh);
    }
  }

  /**
   * Makes the token new: every object on it is lost, and the user's PIN (C_InitToken). Its sessions are closed first; rejects with
   * CKR_SESSION_EXISTS where another process has some.
   *
   * @example
   * await token.initialize({ label: 'demo', soPin: '12345678' });
   */
  async initialize(options: InitializeOptions): Promise<void> {
    const state = this.#open();
    plainObject(options, 'options');
    const label = string(options.label, 'options.label');
    const soPin = pinBytes(options.soPin, 'options.soPin');
    const { signal, timeLimit } = callOptions(options);
    try {
      await state.pool.withoutSessions(() => initializeToken(state.client, state.slotId, soPin, label, { signal, timeLimit }), { signal, timeLimit });
    } finally {
      wipe(soPin);
    }
    state.renewed();
    this.#info = await readTokenInfo(state.client, state.slotId, { signal, timeLimit });
    state.named(this.#info);
  }

  /**
   * Opens a session of one's own; close it (C_OpenSession). Keys and objects need none. Rejects with CKR_SESSION_COUNT where the token
   * has no more of them.
   *
   * @example
   * await using session = await token.session({ readWrite: true });
   */
  async session(options: { readonly readWrite?: boolean | undefined } & CallOptions = {}): Promise<Session> {
    const state = this.#open();
    const { signal, timeLimit } = plainObject(options, 'options') as typeof options;
    const readWrite = options.readWrite === undefined ? false : boolean(options.readWrite, 'options.readWrite');
    // The login lives in the anchor: without it, it would end together with this session.
    await state.pool.anchor({ signal, timeLimit });
    const open = (): Promise<bigint> => openSession(state.client, state.slotId, readWrite, { signal, timeLimit });
    const id = await open().catch(async (error: unknown) => {
      if (meaningOf(error) === 'session-limit' && (await state.pool.trim())) return open();
      throw error;
    });
    return new Session(state, id, readWrite);
  }

  /**
   * Random bytes of the token's own generator (C_GenerateRandom). Rejects with CKR_RANDOM_NO_RNG where it has none.
   *
   * @example
   * const seed = await token.random(32);
   */
  async random(length: number, options: CallOptions = {}): Promise<Uint8Array> {
    const { client, pool } = this.#open();
    const result = new Uint8Array(integer(length, 'length', 0, 2 ** 31 - 1));
    if (length === 0) return result;
    await pool.use({ ...callOptions(options), repeatable: true }, async (lease, left) => {
      for (let at = 0; at < length; at += RANDOM_AT_ONCE) {
        const count = Math.min(RANDOM_AT_ONCE, length - at);
        const reply = await client.call(client.request(CALL.C_GenerateRandom).u64(lease.id).u32(count), left);
        result.set(reply.bytes(), at);
      }
    });
    return result;
  }

  /**
   * Hashes on the token (C_Digest), or with node:crypto where the token does not have the hash.
   *
   * @param algorithm as in node:crypto, such as 'sha256', or a mechanism
   * @param data bytes; or an iterable, async iterable or stream of them, which go to the token piece by piece
   * @example
   * const fingerprint = await token.digest('sha256', document);
   */
  digest(algorithm: string | MechanismAlgorithm, data: DataInput, options?: CallOptions): Promise<Uint8Array> {
    return digest(stateOf(this), algorithm, data, options);
  }

  /**
   * Hashes many inputs, in their order; options and errors as for `PrivateKey.signMany`.
   *
   * @example
   * const fingerprints = await token.digestMany('sha256', documents);
   */
  digestMany(
    algorithm: string | MechanismAlgorithm,
    inputs: Iterable<Bytes>,
    options: BulkResultOptions & InSlab & ReturnErrors,
  ): Promise<Slab<Uint8Array | Error>>;
  digestMany(algorithm: string | MechanismAlgorithm, inputs: Iterable<Bytes>, options: BulkResultOptions & InSlab): Promise<Slab>;
  digestMany(
    algorithm: string | MechanismAlgorithm,
    inputs: Iterable<Bytes>,
    options: BulkResultOptions & ReturnErrors,
  ): Promise<(Uint8Array | Error)[]>;
  digestMany(algorithm: string | MechanismAlgorithm, inputs: Iterable<Bytes>, options?: BulkResultOptions): Promise<Uint8Array[]>;
  digestMany(algorithm: string | MechanismAlgorithm, inputs: Iterable<Bytes>, options?: BulkResultOptions): Promise<BytesOfMany> {
    return digestMany(stateOf(this), algorithm, inputs, options);
  }

  /**
   * Gives the token's generator additional seed; not every one takes it: CKR_RANDOM_SEED_NOT_SUPPORTED (C_SeedRandom).
   *
   * @example
   * await token.seedRandom(randomBytes(32));
   */
  async seedRandom(seed: Uint8Array, options: CallOptions = {}): Promise<void> {
    const { client, pool } = this.#open();
    const checked = copyOf(bytes(seed, 'seed', true));
    await pool.use(callOptions(options), async (lease, left) => {
      await client.call(client.request(CALL.C_SeedRandom).u64(lease.id).bytes(checked, 'seed', true), left);
    });
  }

  /**
   * Closes the sessions of this token after the calls that run in them, and with them ends the login. Twice is fine; everything
   * afterwards rejects with `ERR_CRYPTOKI_CLOSED`.
   *
   * @example
   * await token.close();
   */
  close(): Promise<void> {
    return stateOf(this).close();
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): TokenState {
    const state = stateOf(this);
    state.assertOpen();
    return state;
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { label, manufacturer, model, serialNumber, user } = this;
    return inspectAs(
      this,
      { label, manufacturer, model, serialNumber, slotId: stateOf(this).slotId, ...(user !== undefined && { user }) },
      depth,
      options,
    );
  }
}
