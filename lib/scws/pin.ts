import { Pkcs11Error, type TokenInfo } from '../index';
import { badParameters, operation, scwsError } from './error';
import { pinValue } from './values';
import type { Connection } from './connection';

/**
 * A PIN of a token. Its properties are what the token said last; each operation with the PIN asks again.
 *
 * @example
 * const [pin] = token.pins;
 * await pin.login('1234');
 */
export class Pin {
  readonly #connection: Connection;
  #info: TokenInfo;

  /** Not for callers: PINs come with `token.pins`. */
  constructor(connection: Connection, info: TokenInfo) {
    this.#connection = connection;
    this.#info = info;
  }

  /** What it is called. */
  get label(): string {
    return 'User PIN';
  }

  /** Whether it has been set. */
  get initialized(): boolean {
    return this.#info.userPinInitialized;
  }

  /** Whether it must be changed before it can be used. */
  get toBeChanged(): boolean {
    return this.#info.userPinToBeChanged;
  }

  /** Whether it is locked after too many wrong ones. */
  get blocked(): boolean {
    return this.#info.userPinLocked;
  }

  /** Whether a wrong PIN has been given since the last right one. */
  get tryCountLow(): boolean {
    return this.#info.userPinCountLow;
  }

  /** Whether one wrong PIN more locks it. */
  get lastTry(): boolean {
    return this.#info.userPinFinalTry;
  }

  /** Tries that are left; undefined where the token does not tell. */
  get remainingTries(): number | undefined {
    if (this.blocked) return 0;
    return this.lastTry ? 1 : undefined;
  }

  /** Whether somebody is logged in with it. */
  get validated(): boolean {
    return this.#connection.open && this.#connection.token.user === 'user';
  }

  /**
   * Logs in. `null` asks at the PIN pad of the reader.
   *
   * @param so as the security officer
   * @example
   * await pin.login('1234');
   */
  login(value: string | null, so = false): Promise<void> {
    return this.#operation(async () => {
      const pin = pinValue(value, 'value');
      if (typeof so !== 'boolean') throw badParameters('"so" must be true or false.');
      await this.#connection.login(pin, so ? 'so' : 'user');
    });
  }

  /**
   * Logs out; private objects cannot be seen or used any more.
   *
   * @example
   * await pin.logout();
   */
  logout(): Promise<void> {
    return this.#operation(() => this.#connection.logout());
  }

  /**
   * Changes the PIN; both `null`: at the PIN pad.
   *
   * @example
   * await pin.change('1234', '4321');
   */
  change(oldValue: string | null, newValue: string | null): Promise<void> {
    return this.#operation(async () => {
      const [before, after] = [pinValue(oldValue, 'old'), pinValue(newValue, 'new')];
      await this.#connection.token.setPin(before, after, this.#connection.options);
    });
  }

  /**
   * Sets the first PIN; the security officer must be logged in.
   *
   * @example
   * await pin.login('12345678', true);
   * await pin.init('1234');
   */
  init(value: string | null): Promise<void> {
    return this.#operation(async () => this.#connection.token.initPin(pinValue(value, 'value'), this.#connection.options));
  }

  /**
   * Sets a new PIN in place of one that is locked, with the code for that: the PIN of the security officer.
   *
   * @example
   * await pin.unblock('12345678', '1234');
   */
  unblock(puk: string | null, newValue: string | null): Promise<void> {
    return this.#operation(async () => {
      const [code, fresh] = [pinValue(puk, 'puk'), pinValue(newValue, 'new')];
      const { token, options } = this.#connection;
      // The standard has one login at a time: that of the user ends here, and with a locked PIN there is none.
      if (token.loggedIn) await this.#connection.logout();
      await this.#connection.login(code, 'so').catch((error: unknown) => {
        throw ofUnblocking(error, 'CXR_PUK_ALREADY_USED');
      });
      try {
        await token.initPin(fresh, options).catch((error: unknown) => {
          throw ofUnblocking(error, 'MWR_PUK_ALREADY_USED');
        });
      } finally {
        await this.#connection.logout().catch(() => undefined);
      }
    });
  }

  /** Whatever the outcome, the counters of the token may have changed. */
  async #operation(work: () => Promise<void>): Promise<void> {
    try {
      await operation(() => {
        this.#connection.assertOpen();
        return work();
      });
    } finally {
      await this.#refresh();
    }
  }

  async #refresh(): Promise<void> {
    if (!this.#connection.open) return;
    this.#info = await this.#connection.token.info(this.#connection.options).catch(() => this.#info);
  }
}

/** What the token says of the code that unblocks: one that has locked itself, or that has been used up. */
function ofUnblocking(error: unknown, used: 'CXR_PUK_ALREADY_USED' | 'MWR_PUK_ALREADY_USED'): unknown {
  if (Pkcs11Error.is(error, 'CKR_PIN_LOCKED')) return scwsError('CXR_PIN_UNBLOCK_BLOCKED', undefined, error);
  if (Pkcs11Error.is(error, 'CKR_PIN_EXPIRED')) return scwsError(used, undefined, error);
  return error;
}
