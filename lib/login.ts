import { CALL } from './generated/calls';
import { CKR, CKU } from './generated/constants';
import { oneOf, plainObject, string } from './arguments';
import { CryptokiError, Pkcs11Error } from './errors';
import { pinBytes, pinSource, wipe, type PinProvider, type PinSource } from './pin';
import { Turns } from './turns';
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

/** Where a context-specific login finds its PIN: bytes of our own, the caller's function, or the PIN pad. */
type Credential = Uint8Array | null | PinProvider;

/**
 * The login of one token. It belongs to the token and all its sessions, so there is one, and one at a time changes it. It lives
 * as long as a session does: the calls go through the pool's anchor, which stays open.
 */
export class Login {
  readonly #context: TokenContext;
  readonly #turns = new Turns();
  #user: User | undefined;
  #credential: Credential | undefined;

  constructor(context: TokenContext) {
    this.#context = context;
  }

  /** Who is logged in, as far as we know: a token can forget it. */
  get user(): User | undefined {
    return this.#user;
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
      if (user === 'so') await pool.forbidReadOnly();
      const fresh = await this.#call(pin, USER_TYPE[user], username, options);
      this.#user = user;
      if (fresh || this.#credential === undefined) this.#keep(typeof given === 'function' ? given : pin);
    } finally {
      if (this.#user !== 'so') pool.allowReadOnly();
      if (pin !== given) wipe(pin);
    }
  }

  /** Answers whether the token has checked the PIN: it does not where the user was logged in already. */
  async #call(pin: Uint8Array | null, userType: number, username: string | undefined, options: CallOptions): Promise<boolean> {
    const { client, pool } = this.#context;
    const { signal, timeLimit } = options;
    // A lost session says so before it looks at the PIN: then a second time is no second try.
    const control = { signal, timeLimit, anchor: true, repeatable: true };
    return pool.use(control, async (lease, left) => {
      const request = client
        .request(username === undefined ? CALL.C_Login : CALL.C_LoginUser)
        .u64(lease.id)
        .u64(userType)
        .pin(pin);
      if (username !== undefined) request.text(username, 'options.username');
      const reply = await client.call(request, { ...left, accept: [CKR.USER_ALREADY_LOGGED_IN] });
      return reply.rv === CKR.OK;
    });
  }

  /** Keeps what a key with CKA_ALWAYS_AUTHENTICATE will ask for: a copy of the value, or the function. */
  #keep(credential: Credential): void {
    this.#forgetCredential();
    this.#credential = credential instanceof Uint8Array ? Uint8Array.from(credential) : credential;
  }

  async logout(options: CallOptions): Promise<void> {
    await this.#turns.take(options, async ({ signal, timeLimit }) => {
      const { client, pool } = this.#context;
      await pool.use({ signal, timeLimit, anchor: true, repeatable: true }, async (lease, left) => {
        await client.call(client.request(CALL.C_Logout).u64(lease.id), { ...left, accept: [CKR.USER_NOT_LOGGED_IN] });
      });
      this.forget();
    });
  }

  /** Nobody is logged in any more; wipes what was kept. */
  forget(): void {
    this.#user = undefined;
    this.#context.pool.allowReadOnly();
    this.#forgetCredential();
  }

  #forgetCredential(): void {
    if (this.#credential instanceof Uint8Array) wipe(this.#credential);
    this.#credential = undefined;
  }

  /** The PIN for one use of `key`; the caller wipes it. */
  async contextPin(key: CryptokiObject): Promise<Uint8Array | null> {
    const credential = this.#credential;
    if (credential === undefined) {
      throw new Pkcs11Error(CKR.USER_NOT_LOGGED_IN, 'C_Login', 'the key asks for the PIN at each use; log in to its token first');
    }
    if (typeof credential !== 'function') return credential === null ? null : Uint8Array.from(credential);
    return pinBytes(await credential({ token: this.#context.token, purpose: 'context', key }));
  }

  /** A new PIN of the user: what a key asks for at each use from now on. */
  pinChanged(pin: Uint8Array | null): void {
    if (this.#user === 'user' && this.#credential instanceof Uint8Array) this.#keep(pin);
  }
}
