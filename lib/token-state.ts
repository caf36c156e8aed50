import { CryptokiError } from './errors';
import { findObjects, loadObject } from './find';
import { Login } from './login';
import { makeObject } from './object-factory';
import { MOST_SESSIONS, SessionPool } from './pool';
import { sessionDriver } from './session-calls';
import { readMechanisms } from './slot-calls';
import type { ReadAttributes } from './attributes';
import type { MechanismInfo, TokenInfo } from './info';
import type { CryptokiObject } from './object';
import type { Token } from './token';
import type { Epoch, FindOptions, ObjectQuery, TokenContext } from './token-context';
import type { Client } from './wire/client';

/** Something that ends with its token. */
export interface Closable {
  close(): Promise<void>;
}

/** The state of one token that its objects, sessions and operations share. */
export class TokenState implements TokenContext {
  readonly client: Client;
  readonly slotId: number;
  readonly token: Token;
  readonly pool: SessionPool;
  readonly login: Login;
  /** Sessions given out to callers. */
  readonly sessions = new Set<Closable>();
  #epoch: Epoch = { login: 0, token: 0 };
  #mechanisms: Promise<ReadonlyMap<number, MechanismInfo>> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: Client, slotId: number, token: Token, info: TokenInfo) {
    this.client = client;
    this.slotId = slotId;
    this.token = token;
    this.pool = new SessionPool(sessionDriver(client, slotId), { limit: sessionLimit(info) });
    this.login = new Login(this);
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  assertOpen(): void {
    if (this.#closing !== undefined) throw new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed');
  }

  async mechanisms(): Promise<ReadonlyMap<number, MechanismInfo>> {
    this.assertOpen();
    this.#mechanisms ??= readMechanisms(this.client, this.slotId, {}).catch((error: unknown) => {
      // A failure is no answer to remember.
      this.#mechanisms = undefined;
      throw error;
    });
    return this.#mechanisms;
  }

  object(handle: bigint, attributes: ReadAttributes): CryptokiObject {
    return makeObject(this, handle, attributes);
  }

  load(handle: bigint, options?: FindOptions, objectClass?: number): Promise<CryptokiObject> {
    return loadObject(this, handle, options, objectClass);
  }

  find(query?: ObjectQuery, options?: FindOptions): AsyncGenerator<CryptokiObject, void, undefined> {
    return findObjects(this, query, options);
  }

  contextPin(key: CryptokiObject): Promise<Uint8Array | null> {
    return this.login.contextPin(key);
  }

  /** The handles of private objects mean nothing any more. */
  loggedOut(): void {
    this.#epoch = { ...this.#epoch, login: this.#epoch.login + 1 };
  }

  /** No handle means anything any more. */
  renewed(): void {
    this.#epoch = { login: this.#epoch.login + 1, token: this.#epoch.token + 1 };
    this.#mechanisms = undefined;
    this.login.forget();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all([this.pool.close(), ...[...this.sessions].map((session) => session.close())]);
    this.login.forget();
  }
}

/** 0 stands for no limit, and "unavailable" for not telling (PKCS #11 v3.2, section 3.2, CK_TOKEN_INFO). */
function sessionLimit(info: TokenInfo): number {
  return info.maxSessionCount === undefined || info.maxSessionCount === 0 ? MOST_SESSIONS : info.maxSessionCount;
}
