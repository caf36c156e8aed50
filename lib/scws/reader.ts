import { Pkcs11Error, type CallOptions, type Slot, type Token as OurToken } from '../index';
import { Connection } from './connection';
import { operation } from './error';
import { Token } from './token';
import type { TrustSources } from './trust';

/** How a reader is: 'mute' has a card that nobody understands, 'exclusive' one that another program keeps for itself. */
export type ReaderStatus = 'ok' | 'mute' | 'exclusive' | 'unavailable';

const STATUS_OF: ReadonlyMap<string, ReaderStatus> = new Map<string, ReaderStatus>([
  ['CKR_TOKEN_NOT_RECOGNIZED', 'mute'],
  ['CKR_SESSION_EXCLUSIVE_EXISTS', 'exclusive'],
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
  readonly #options: CallOptions;
  readonly #trust: TrustSources;
  #sight: Sight = { cardPresent: false, status: 'ok' };
  #connected: { readonly token: OurToken; users: number } | undefined;

  static {
    lookAt = (reader) => reader.#look();
  }

  /** Not for callers: readers come from `SCWS.readers`. */
  constructor(name: string, slot: Slot, options: CallOptions, trust: TrustSources) {
    this.name = name;
    this.#slot = slot;
    this.#options = options;
    this.#trust = trust;
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
      const found = await this.#slot.token(this.#options);
      const info = await found.info(this.#options);
      // Connections to one card share its login, and the last one to go takes the sessions along.
      if (this.#connected?.token !== found) this.#connected = { token: found, users: 0 };
      const mine = this.#connected;
      mine.users += 1;
      const release = async (): Promise<void> => {
        mine.users -= 1;
        if (mine.users > 0) return;
        if (this.#connected === mine) this.#connected = undefined;
        await mine.token.close();
      };
      return new Token(this, new Connection(found, this.#options, this.#trust, release), info);
    });
  }

  async #look(): Promise<boolean> {
    const before = this.#sight;
    this.#sight = await this.#see();
    return before.cardPresent !== this.#sight.cardPresent || before.status !== this.#sight.status;
  }

  async #see(): Promise<Sight> {
    let cardPresent: boolean;
    try {
      cardPresent = (await this.#slot.info(this.#options)).tokenPresent;
    } catch {
      return { cardPresent: false, status: 'unavailable' };
    }
    if (!cardPresent) return { cardPresent, status: 'ok' };
    try {
      await (await this.#slot.token(this.#options)).info(this.#options);
      return { cardPresent, status: 'ok' };
    } catch (error) {
      if (Pkcs11Error.is(error, 'CKR_TOKEN_NOT_PRESENT')) return { cardPresent: false, status: 'ok' };
      return { cardPresent, status: (Pkcs11Error.is(error) ? STATUS_OF.get(error.code) : undefined) ?? 'unavailable' };
    }
  }
}
