import { CALL } from './generated/calls';
import { CKR, CKU } from './generated/constants';
import { oneOf, plainObject, string } from './arguments';
import { CryptokiError, Pkcs11Error } from './errors';
import { KeyPins, type KeyPin } from './key-pin';
import { pinBytes, pinSource, wipe, type PinOnce, type PinProvider, type PinSource } from './pin';
import { pinVerdict } from './recovery-codes';
import { Turns } from './turns';
import type { TokenInfo } from './info';
import type { CryptokiObject } from './object';
import type { CallOptions } from './options';
import type { TokenContext } from './token-context';

/** The two users of every token: its owner, and the security officer who sets the owner's PIN. */
export type User = 'user' | 'so';

/** Options of `token.login`. */
export interface LoginOptions extends CallOptions {
  /** Default: `user`. */
  readonly user?: User | undefined;
  /** For tokens with several users by name (C_LoginUser, PKCS #11 v3.0). */
  readonly username?: string | undefined;
}

const USER_TYPE: Readonly<Record<User, number>> = { user: CKU.USER, so: CKU.SO };

/** With three tries, as most cards have them, one is left to the person even where both were counted. */
const MOST_IN_DOUBT = 2;
/** Milliseconds between the two: a device that has just come back may need them. */
const DOUBT = 10_000;

/** Where a context-specific login finds its PIN: bytes of our own, the caller's function, or the PIN pad. */
type Credential = Uint8Array | null | PinProvider;

/**
 * The login of one token. It belongs to the token and all its sessions, so there is one, and one at a time changes it. It lives
 * as long as a session does: the calls go through the pool's anchor, which stays open.
 */
export class Login {
  readonly #context: TokenContext;
  readonly #turns = new Turns();
  readonly #keyPins: KeyPins;
  #user: User | undefined;
  #username: string | undefined;
  /** Somebody logs out: what is lost now is not restored. */
  #leaving = false;
  #credential: Credential | undefined;
  /** Logins on our own account since the last one that succeeded, of which nobody knows whether the PIN was looked at. */
  #inDoubt = 0;
  /** The last of them. */
  #doubt: { readonly error: unknown; readonly at: number } | undefined;
  /** Why nobody is logged in any more although somebody was. */
  #lost: Pkcs11Error | undefined;

  constructor(context: TokenContext) {
    this.#context = context;
    this.#keyPins = new KeyPins(context, () => this.#forgetCredential());
  }

  /** Who is logged in, as far as we know: a token can forget it. */
  get user(): User | undefined {
    return this.#user;
  }

  /** Whether sessions are expected to be those of a user. */
  get expected(): boolean {
    return this.#user !== undefined && !this.#leaving;
  }

  /** The login that was lost with the token and could not be restored; undefined where nobody was logged in, or somebody is. */
  get lost(): Pkcs11Error | undefined {
    return this.#lost;
  }

  async login(source: PinSource, options: LoginOptions): Promise<void> {
    plainObject(options, 'options');
    const user = options.user === undefined ? 'user' : oneOf(options.user, 'options.user', ['user', 'so']);
    const username = options.username === undefined ? undefined : string(options.username, 'options.username');
    // A value is taken as it is now; the caller may overwrite it while we wait.
    const given = pinSource(source);
    try {
      this.#context.assertOpen();
      if (username !== undefined) this.#requireLoginUser();
      await this.#turns.take(options, (left) => this.#login(given, user, username, left));
    } finally {
      if (given instanceof Uint8Array) wipe(given);
    }
  }

  #requireLoginUser(): void {
    if (this.#context.client.supports('C_LoginUser')) return;
    throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', 'This library has no C_LoginUser (PKCS #11 v3.0), so its tokens have no users by name');
  }

  async #login(given: Credential, user: User, username: string | undefined, options: CallOptions): Promise<void> {
    const { pool, token } = this.#context;
    const pin = typeof given === 'function' ? pinBytes(await given({ token, purpose: 'login' })) : given;
    try {
      if (user === 'so') await pool.forbidReadOnly(options);
      const fresh = await this.#call(pin, USER_TYPE[user], username, options);
      this.#user = user;
      this.#username = username;
      this.#lost = undefined;
      this.#trusted();
      this.#keyPins.renew();
      if (fresh || this.#credential === undefined) this.#keep(typeof given === 'function' ? given : pin);
    } finally {
      if (this.#user !== 'so') pool.allowReadOnly();
      if (pin !== given) wipe(pin);
    }
  }

  /** Answers whether the token has checked the PIN: it does not where the user was logged in already. */
  async #call(pin: Uint8Array | null, userType: number, username: string | undefined, options: CallOptions): Promise<boolean> {
    const { pool } = this.#context;
    const { signal, timeLimit } = options;
    // A lost session says so before it looks at the PIN: then a second time is no second try.
    const control = { signal, timeLimit, anchor: true, repeatable: true };
    return pool.use(control, (lease, left) => this.#callIn(lease.id, pin, userType, username, left));
  }

  async #callIn(session: bigint, pin: Uint8Array | null, userType: number, username: string | undefined, options: CallOptions): Promise<boolean> {
    const { client } = this.#context;
    const request = client
      .request(username === undefined ? CALL.C_Login : CALL.C_LoginUser)
      .u64(session)
      .u64(userType)
      .pin(pin);
    if (username !== undefined) request.text(username, 'options.username');
    const onLate = (settled: Promise<unknown>): void => this.#context.pool.hangs(session, settled);
    const reply = await client.call(request, { ...options, accept: [CKR.USER_ALREADY_LOGGED_IN], onLate });
    return reply.rv === CKR.OK;
  }

  /**
   * Logs in again after the token was lost, with what `login` was given last. Rejects where it is worth another try. Where it is not, because the PIN might be
   * wrong or only a person can give it, it is given up until somebody calls `login`: no PIN is tried again that may have been refused.
   */
  async restore(session: bigint, info: TokenInfo, once: PinOnce, options: CallOptions): Promise<void> {
    const credential = this.#credential;
    if (!this.expected) return;
    const obstacle = this.#obstacle(credential, info);
    if (obstacle !== undefined || credential === undefined) return this.#giveUp(obstacle ?? 'its PIN is not known');
    if (this.#doubt !== undefined && performance.now() - this.#doubt.at < DOUBT) throw this.#doubt.error;
    const pin = await once.take(() => this.#ask(credential), options);
    if (pin === null) return this.#giveUp('its PIN is typed on the reader');
    try {
      await this.#callIn(session, pin, CKU.USER, this.#username, options);
      this.#trusted();
    } catch (error) {
      const verdict = pinVerdict(error);
      if (verdict === 'refused') return this.#giveUp('the PIN was refused', error);
      if (verdict === 'in-doubt') {
        this.#inDoubt++;
        this.#doubt = { error, at: performance.now() };
      }
      throw error;
    }
  }

  /** What forbids a login that nobody has asked for. */
  #obstacle(credential: Credential | undefined, info: TokenInfo): string | undefined {
    if (this.#user === 'so') return 'a security officer logs in by himself';
    if (credential === null) return 'its PIN is typed on the reader';
    // Somebody has given a wrong PIN since: it may be that ours is wrong by now, and others like us may be trying it.
    if (info.userPinCountLow || info.userPinFinalTry || info.userPinLocked) return 'a wrong PIN has been given since, so that no further try is made';
    return this.#inDoubt >= MOST_IN_DOUBT ? 'logging in has failed again and again, and each try may have been counted' : undefined;
  }

  async #ask(credential: Credential): Promise<Uint8Array | null> {
    if (typeof credential !== 'function') return credential === null ? null : Uint8Array.from(credential);
    return pinBytes(await credential({ token: this.#context.token, purpose: 'recovery' }));
  }

  #trusted(): void {
    this.#inDoubt = 0;
    this.#doubt = undefined;
  }

  #giveUp(reason: string, cause?: unknown): void {
    this.forget();
    const advice = `the token was away, and the login could not be restored: ${reason}; log in again`;
    this.#lost = new Pkcs11Error(CKR.USER_NOT_LOGGED_IN, 'C_Login', advice, cause === undefined ? undefined : { cause });
  }

  /** Keeps what a key with CKA_ALWAYS_AUTHENTICATE will ask for: a copy of the value, or the function. */
  #keep(credential: Credential): void {
    this.#forgetCredential();
    this.#credential = credential instanceof Uint8Array ? Uint8Array.from(credential) : credential;
  }

  async logout(options: CallOptions): Promise<void> {
    await this.#turns.take(options, async ({ signal, timeLimit }) => {
      const { client, pool } = this.#context;
      this.#leaving = true;
      try {
        await pool.use({ signal, timeLimit, anchor: true, repeatable: true }, async (lease, left) => {
          await client.call(client.request(CALL.C_Logout).u64(lease.id), { ...left, accept: [CKR.USER_NOT_LOGGED_IN] });
        });
        this.forget();
      } finally {
        this.#leaving = false;
      }
    });
  }

  /** Nobody is logged in any more; wipes what was kept. */
  forget(): void {
    this.#user = undefined;
    this.#username = undefined;
    this.#lost = undefined;
    this.#trusted();
    this.#keyPins.renew();
    this.#context.pool.allowReadOnly();
    this.#forgetCredential();
  }

  #forgetCredential(): void {
    if (this.#credential instanceof Uint8Array) wipe(this.#credential);
    this.#credential = undefined;
  }

  /** The PIN for uses of `key`. */
  keyPin(key: CryptokiObject): KeyPin {
    return this.#keyPins.of(() => this.#contextPin(key));
  }

  async #contextPin(key: CryptokiObject): Promise<Uint8Array | null> {
    const credential = this.#credential;
    if (credential === undefined) {
      if (this.#lost !== undefined) throw this.#lost;
      throw new Pkcs11Error(CKR.USER_NOT_LOGGED_IN, 'C_Login', 'the key asks for the PIN at each use; log in to its token first');
    }
    if (typeof credential !== 'function') return credential === null ? null : Uint8Array.from(credential);
    return pinBytes(await credential({ token: this.#context.token, purpose: 'context', key }));
  }

  /** A new PIN of the user: what a key asks for at each use from now on. */
  pinChanged(pin: Uint8Array | null): void {
    if (this.#user !== 'user' || !(this.#credential instanceof Uint8Array)) return;
    this.#keep(pin);
    this.#keyPins.renew();
  }
}
