import { tellRecovery, tellSession, type ObservedToken } from './diagnostics';
import { CryptokiError } from './errors';
import { findObjects, loadObject } from './find';
import { Login } from './login';
import { makeObject, makeObjectOf } from './object-factory';
import { MOST_SESSIONS, SessionPool, type SessionDriver } from './pool';
import { sessionDriver } from './session-calls';
import { quirksOf, type Quirks } from './algorithms/quirks';
import { readMechanisms } from './slot-calls';
import { SharedWork } from './shared-work';
import { CallMeter, type TokenStats } from './stats';
import { Recovery, repeatedOnce, REPLACE_SESSIONS, type RecoveryEvent, type RecoveryOptions } from './recovery';
import { isSameToken, TokenPatient, type Library, type TokenNames } from './recovery-steps';
import type { AttributeRows } from './attribute-rows';
import type { FoundObjects } from './found-objects';
import type { ReadAttributes } from './attributes';
import type { CallOptions } from './options';
import type { MechanismInfo, TokenInfo } from './info';
import type { KeyPin } from './key-pin';
import type { CryptokiObject } from './object';
import type { Token } from './token';
import type { Epoch, FindOptions, ObjectQuery, TokenContext } from './token-context';
import type { Client } from './wire/client';

/** Something that ends with its token. */
export interface Closable {
  close(): Promise<void>;
}

/** What a token has from its module. */
export interface Home {
  readonly client: Client;
  /** Undefined where lost tokens are left to the caller. */
  readonly recovery: Required<RecoveryOptions> | undefined;
  readonly library: Library;
  /** What is known of the library. */
  readonly quirks: Quirks;
}

/** The state of one token that its objects, sessions and operations share. */
export class TokenState implements TokenContext {
  readonly client: Client;
  readonly token: Token;
  readonly quirks: Quirks;
  readonly pool: SessionPool;
  readonly login: Login;
  /** Sessions given out to callers. */
  readonly sessions = new Set<Closable>();
  readonly recovery: Recovery | undefined;
  /** Those who want to know at once that the token is lost. */
  readonly recoveryWatchers = new Set<(event: RecoveryEvent) => void>();
  readonly #meter: CallMeter;
  /** By which it is known when it comes back. */
  #names: TokenNames;
  #slotId: number;
  #epoch: Epoch = { login: 0, token: 0, sessions: 0, handles: 0 };
  #mechanisms: SharedWork<ReadonlyMap<number, MechanismInfo>> | undefined;
  #closing: Promise<void> | undefined;

  constructor(home: Home, slotId: number, token: Token, info: TokenInfo) {
    this.#meter = new CallMeter(observed(info));
    const client = home.client.counted(this.#meter);
    this.client = client;
    this.#slotId = slotId;
    this.#names = info;
    this.token = token;
    this.quirks = { ...home.quirks, ...quirksOf(info.manufacturer) };
    if (home.recovery !== undefined) this.recovery = new Recovery(new TokenPatient(this, home.library), home.recovery);
    const driver = watchedDriver(sessionDriver(client, this), () => observed(this.#names));
    this.pool = new SessionPool(driver, {
      limit: home.quirks.oneByOne === true ? 1 : sessionLimit(info),
      threads: client.threads,
      recovery: this.recovery ?? REPLACE_SESSIONS,
    });
    this.login = new Login(this);
  }

  /** Where the token is; it may come back in another slot. */
  get slotId(): number {
    return this.#slotId;
  }

  get names(): TokenNames {
    return this.#names;
  }

  /** What the token says of itself: its label can be changed, all else makes it another one. */
  heard(info: TokenInfo): void {
    if (isSameToken(info, this.#names)) this.#names = info;
  }

  /** It was made anew, and has new names. */
  named(info: TokenInfo): void {
    this.#names = info;
    this.#meter.token = observed(info);
  }

  stats(): TokenStats {
    const { recoveries = 0, retries = 0 } = this.recovery ?? {};
    return { sessions: this.pool.stats(), recoveries, retries, calls: this.#meter.stats() };
  }

  get expectsLogin(): boolean {
    return this.recovery !== undefined && this.login.expected;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  get lostLogin(): Error | undefined {
    return this.login.lost;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  assertOpen(): void {
    if (this.#closing !== undefined) throw new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed');
  }

  async mechanisms(options: CallOptions = {}): Promise<ReadonlyMap<number, MechanismInfo>> {
    this.assertOpen();
    let reading = this.#mechanisms;
    if (reading === undefined || reading.abandoned) this.#mechanisms = reading = this.#readMechanisms();
    return reading.wait(options);
  }

  #readMechanisms(): SharedWork<ReadonlyMap<number, MechanismInfo>> {
    const reading: SharedWork<ReadonlyMap<number, MechanismInfo>> = new SharedWork(async (left) => {
      try {
        return await repeatedOnce(this.recovery, left, () => readMechanisms(this.client, this.slotId, left));
      } catch (error) {
        // A failure is no answer to remember.
        if (this.#mechanisms === reading) this.#mechanisms = undefined;
        throw error;
      }
    });
    return reading;
  }

  object(handle: bigint, attributes: ReadAttributes): CryptokiObject {
    return makeObject(this, handle, attributes);
  }

  objectOf(rows: AttributeRows, row: number): CryptokiObject {
    return makeObjectOf(this, rows, row);
  }

  load(handle: bigint, options?: FindOptions, objectClass?: number): Promise<CryptokiObject> {
    return loadObject(this, handle, options, objectClass);
  }

  find(query?: ObjectQuery, options?: FindOptions): FoundObjects<CryptokiObject> {
    return findObjects(this, query, options);
  }

  keyPin(key: CryptokiObject): KeyPin {
    return this.login.keyPin(key);
  }

  /** The handles of private objects mean nothing any more. */
  loggedOut(): void {
    this.#epoch = { ...this.#epoch, login: this.#epoch.login + 1 };
  }

  /** No handle means anything any more. */
  renewed(): void {
    this.#epoch = { ...this.#epoch, login: this.#epoch.login + 1, token: this.#epoch.token + 1 };
    this.#mechanisms = undefined;
    this.login.forget();
  }

  /** The handles of objects may have changed. */
  forgetHandles(): void {
    this.#epoch = { ...this.#epoch, handles: this.#epoch.handles + 1 };
  }

  /** The sessions were lost, and are made anew. */
  lostEverything(): void {
    this.#epoch = { ...this.#epoch, handles: this.#epoch.handles + 1, sessions: this.#epoch.sessions + 1 };
  }

  moveTo(slotId: number): void {
    this.#slotId = slotId;
  }

  reportRecovery(event: RecoveryEvent): void {
    tellRecovery(() => ({ token: observed(this.#names), ...event }));
    for (const watcher of [...this.recoveryWatchers]) watcher(event);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    // The first statement of an async function runs before `#closing` is set.
    await Promise.resolve();
    this.recovery?.close(new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The token has been closed'));
    await Promise.all([this.pool.close(), ...[...this.sessions].map((session) => session.close())]);
    this.login.forget();
  }
}

const observed = ({ label, serialNumber }: TokenNames): ObservedToken => ({ label, serialNumber });

/** Tells of the sessions that it opens and closes. */
function watchedDriver(driver: SessionDriver, token: () => ObservedToken): SessionDriver {
  const readWrite = new Map<bigint, boolean>();
  const tell = (state: 'opened' | 'closed', id: bigint): void =>
    tellSession(() => ({ token: token(), state, readWrite: readWrite.get(id) ?? false }));
  return {
    ...driver,
    async open(...wish) {
      const opened = await driver.open(...wish);
      readWrite.set(opened.id, opened.readWrite);
      tell('opened', opened.id);
      return opened;
    },
    async close(id, tidiesUp) {
      await driver.close(id, tidiesUp);
      tell('closed', id);
      readWrite.delete(id);
    },
  };
}

/** 0 stands for no limit, and "unavailable" for not telling (PKCS #11 v3.2, section 3.2, CK_TOKEN_INFO). */
function sessionLimit(info: TokenInfo): number {
  return info.maxSessionCount === undefined || info.maxSessionCount === 0 ? MOST_SESSIONS : info.maxSessionCount;
}
