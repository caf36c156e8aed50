import { CKR, CryptokiError, Pkcs11Error, type Slot, type Token as OurToken } from '../index';
import { Connection, type Environment } from './connection';
import { operation } from './error';
import { Token } from './token';

/** How a reader is: 'mute' has a card that nobody understands, 'exclusive' one that another program keeps for itself. */
export type ReaderStatus = 'ok' | 'mute' | 'exclusive' | 'unavailable';

/** CKR_SESSION_EXCLUSIVE_EXISTS: version 1 of the standard had it, and libraries that are old enough still say it. */
const EXCLUSIVE_EXISTS = 0xb2;

const STATUS_OF: ReadonlyMap<number, ReaderStatus> = new Map<number, ReaderStatus>([
  [CKR.TOKEN_NOT_RECOGNIZED, 'mute'],
  [EXCLUSIVE_EXISTS, 'exclusive'],
]);

/** What a reader looked like. */
interface Sight {
  readonly cardPresent: boolean;
  readonly status: ReaderStatus;
}

/** Looks again; answers whether anything has changed. For the environment only. */
export let lookAt: (reader: Reader) => Promise<boolean>;

/**
 * A reader: a slot of the library. Its properties are what was seen last.
 *
 * @example
 * const reader = SCWS.readers.find(({ cardPresent }) => cardPresent);
 * const token = await reader.connect();
 */
export class Reader {
  /** Two readers of one kind are told apart by a number behind the second's name. */
  readonly name: string;
  readonly #slot: Slot;
  readonly #environment: Environment;
  #sight: Sight = { cardPresent: false, status: 'ok' };

  static {
    lookAt = (reader) => reader.#look();
  }

  /** Not for callers: readers come from `SCWS.readers`. */
  constructor(name: string, slot: Slot, environment: Environment) {
    this.name = name;
    this.#slot = slot;
    this.#environment = environment;
  }

  /** Whether a card is in it. */
  get cardPresent(): boolean {
    return this.#sight.cardPresent;
  }

  /** How it is. */
  get status(): ReaderStatus {
    return this.#sight.status;
  }

  /**
   * Connects the card that is in it.
   *
   * @example
   * const token = await reader.connect();
   */
  connect(): Promise<Token> {
    return operation(async () => {
      for (;;) {
        const connection = new Connection(await this.#token(), this.#environment);
        try {
          return new Token(this, connection, await connection.begin());
        } catch (error) {
          await connection.end();
          // The last of the others has taken it along: then there is another one for us, unless all has ended.
          if (!CryptokiError.is(error, 'ERR_CRYPTOKI_CLOSED')) throw error;
        }
      }
    });
  }

  #token(): Promise<OurToken> {
    return this.#slot.token(this.#environment.options);
  }

  async #look(): Promise<boolean> {
    const before = this.#sight;
    this.#sight = await this.#see();
    return before.cardPresent !== this.#sight.cardPresent || before.status !== this.#sight.status;
  }

  async #see(): Promise<Sight> {
    let cardPresent: boolean;
    try {
      cardPresent = (await this.#slot.info(this.#environment.options)).tokenPresent;
    } catch {
      return { cardPresent: false, status: 'unavailable' };
    }
    if (!cardPresent) return { cardPresent, status: 'ok' };
    try {
      // It is asked about itself on the way.
      await this.#token();
      return { cardPresent, status: 'ok' };
    } catch (error) {
      if (Pkcs11Error.is(error, 'CKR_TOKEN_NOT_PRESENT')) return { cardPresent: false, status: 'ok' };
      return { cardPresent, status: (Pkcs11Error.is(error) ? STATUS_OF.get(error.rv) : undefined) ?? 'unavailable' };
    }
  }
}
