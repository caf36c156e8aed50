import { CKR, Pkcs11Error, type CallOptions, type Module, type Token, type TokenInfo } from '../index';
import { alone, whoIsIn } from '../one-login';
import { scwsError } from './error';
import type { TrustSources } from './trust';

/** What the readers, tokens and objects of one `createEnvironment` share. */
export interface Environment {
  readonly module: Module;
  /** Whether it was loaded here, and not by the caller. */
  readonly own: boolean;
  /** For every call: the time limit, and the end of the environment. */
  readonly options: CallOptions;
  /** What chains of certificates are judged by. */
  readonly trust: TrustSources;
  readonly end: AbortController;
  readonly connections: Set<Connection>;
}

/** How a token of ours is used by connections, of whatever environment. */
interface Use {
  connections: number;
  /** Whether one of them has logged in, and has not been logged out since. */
  loggedIn: boolean;
}

const uses = new WeakMap<Token, Use>();

function useOf(token: Token): Use {
  const use = uses.get(token) ?? { connections: 0, loggedIn: false };
  uses.set(token, use);
  return use;
}

/** Logging out at the end takes moments; a token that hangs shall not hold back the end. */
const LOGOUT_LIMIT = 10_000;

/** A connection to one token of ours: what a token of these conventions, its PINs and its objects share. */
export class Connection {
  readonly #token: Token;
  readonly #environment: Environment;
  #open = true;

  constructor(token: Token, environment: Environment) {
    this.#token = token;
    this.#environment = environment;
    useOf(token).connections += 1;
    environment.connections.add(this);
  }

  get open(): boolean {
    return this.#open && !this.#environment.end.signal.aborted;
  }

  get options(): CallOptions {
    return this.#environment.options;
  }

  get trust(): TrustSources {
    return this.#environment.trust;
  }

  /** Our token; an error once it has been disconnected. */
  get token(): Token {
    this.assertOpen();
    return this.#token;
  }

  assertOpen(): void {
    if (this.#environment.end.signal.aborted) throw scwsError('MWR_SCWS_COMM_ERROR', 'The environment has ended.');
    if (!this.#open) throw scwsError('CKR_TOKEN_NOT_PRESENT', 'It has been disconnected; connect again.');
  }

  /** Logs in. Where somebody is in already the library is content with any PIN, so that is refused as a token does. */
  login(pin: string | null, user: 'user' | 'so'): Promise<void> {
    const { token, options } = this;
    return alone(token, async () => {
      if ((await whoIsIn(token, options)) === user) throw new Pkcs11Error(CKR.USER_ALREADY_LOGGED_IN, 'C_Login');
      await token.login(pin, { ...options, user });
      useOf(token).loggedIn = true;
    });
  }

  async logout(): Promise<void> {
    const { token, options } = this;
    await token.logout(options);
    useOf(token).loggedIn = false;
  }

  /** What the token says of itself; the first one to come ends a login that the last one could not end, as when the card was pulled. */
  async begin(): Promise<TokenInfo> {
    const use = useOf(this.token);
    if (use.connections === 1 && use.loggedIn) await this.logout();
    return this.token.info(this.options);
  }

  async close(): Promise<void> {
    this.assertOpen();
    await this.end();
  }

  /** The same for an environment that ends. The last connection takes its login along, and where the module is not the caller's the sessions. */
  async end(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const { connections, own, options } = this.#environment;
    connections.delete(this);
    const use = useOf(this.#token);
    use.connections -= 1;
    if (use.connections > 0) return;
    if (use.loggedIn) await this.#logOut({ timeLimit: options.timeLimit ?? LOGOUT_LIMIT }).catch(() => undefined);
    if (own) await this.#token.close();
  }

  /** Sessions of others in this process would keep the login alive. A card that has gone is not waited for. */
  async #logOut(options: CallOptions): Promise<void> {
    const { tokenPresent } = await this.#token.slot.info(options);
    if (!tokenPresent) return;
    await this.#token.logout(options);
    useOf(this.#token).loggedIn = false;
  }
}
