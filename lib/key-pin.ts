// PINs for keys that want one at each use (CKA_ALWAYS_AUTHENTICATE).

import { CKR } from './generated/constants';
import { CryptokiError, Pkcs11Error } from './errors';
import { inTime } from './patience';
import { wipe } from './pin';
import { pinVerdict } from './recovery-codes';
import { readTokenInfo } from './slot-calls';
import { Turns } from './turns';
import type { CallOptions } from './options';
import type { TokenContext } from './token-context';

/** What a use of a key gets. */
type Bytes = Uint8Array | null;

/** The answers that say of the PIN that it is none; a vendor's own code may say so as well. */
const REFUSED: ReadonlySet<number> = new Set<number>([CKR.PIN_INCORRECT, CKR.PIN_INVALID, CKR.PIN_LEN_RANGE, CKR.PIN_EXPIRED, CKR.PIN_LOCKED]);

const isRefusal = ({ call, rv }: Pkcs11Error): boolean => call === 'C_Login' && (REFUSED.has(rv) || rv >= CKR.VENDOR_DEFINED);

const WRONG = 'it was refused for a key that wants it at each use, and is not tried again until somebody logs in';
const DOUBTFUL = 'a PIN that a key wants at each use may have been refused, and is not tried again until somebody logs in';

/** With three tries, as most cards have them, one is left to the person even where both were counted. */
const MOST_IN_DOUBT = 2;

/** The PIN for one key: asked for at the first use, wiped at the end. */
export interface KeyPin {
  /**
   * Runs `work`, which is to try the PIN once. `failureOf`: the failure in what it answers, where it does not reject. One use on the token after the other: what the token
   * refuses once is not tried by those who come next, until somebody logs in.
   */
  use<T>(options: CallOptions, work: (pin: Bytes) => Promise<T>, failureOf?: (result: T) => Error | undefined): Promise<T>;
  /** Wipes it. */
  end(): void;
}

/** The PIN, unless it is too late: then nobody may keep it. */
async function asked(asking: Promise<Bytes>, options: CallOptions): Promise<Bytes> {
  try {
    return await inTime(asking, options);
  } catch (error) {
    asking.then(wipe, () => undefined);
    throw error;
  }
}

/** All uses of such keys on one token. Each tries the PIN anew, so that many at once with one that is wrong by now would lock it. */
export class KeyPins {
  readonly #context: TokenContext;
  readonly #onRefused: () => void;
  readonly #turns = new Turns();
  #refused: Pkcs11Error | undefined;
  /** Uses since the last that succeeded of which the token has not said whether it looked at the PIN. */
  #inDoubt = 0;
  /** Nobody knows what has become of the last use. */
  #unsettled = false;

  /** `onRefused`: what was kept for such keys is not to be given any more. */
  constructor(context: TokenContext, onRefused: () => void) {
    this.#context = context;
    this.#onRefused = onRefused;
  }

  /** Somebody has logged in, or out. */
  renew(): void {
    this.#refused = undefined;
    this.#inDoubt = 0;
    this.#unsettled = false;
  }

  /** `ask` gives bytes that are the caller's to wipe, or null for the PIN pad. */
  of(ask: () => Promise<Bytes>): KeyPin {
    let pin: Bytes | undefined;
    return {
      use: (options, work, failureOf) =>
        this.#turns.take(options, async (left) => {
          await this.#permit(left);
          pin ??= await asked(ask(), left);
          return this.#try(pin, work, failureOf);
        }),
      end: () => {
        wipe(pin);
        pin = undefined;
      },
    };
  }

  /** Throws where another use could cost the last try. */
  async #permit(options: CallOptions): Promise<void> {
    if (this.#refused !== undefined) throw this.#refused;
    if (!this.#unsettled) return;
    const { client, slotId } = this.#context;
    const { userPinCountLow, userPinFinalTry, userPinLocked } = await readTokenInfo(client, slotId, options);
    const counted = userPinCountLow || userPinFinalTry || userPinLocked;
    if (counted || this.#inDoubt >= MOST_IN_DOUBT) throw this.#refuse(CKR.USER_NOT_LOGGED_IN, DOUBTFUL);
  }

  async #try<T>(pin: Bytes, work: (pin: Bytes) => Promise<T>, failureOf: ((result: T) => Error | undefined) | undefined): Promise<T> {
    try {
      const result = await work(pin);
      this.#note(pin, failureOf?.(result));
      return result;
    } catch (error) {
      this.#note(pin, error);
      throw error;
    }
  }

  /** What a use says of the PIN. At the PIN pad it is a person who tries. */
  #note(pin: Bytes, error: unknown): void {
    if (pin === null) return;
    if (error === undefined) return this.renew();
    if (Pkcs11Error.is(error) && isRefusal(error)) return void this.#refuse(error.rv, WRONG, error);
    const verdict = pinVerdict(error);
    if (verdict === 'in-doubt' && Pkcs11Error.is(error)) this.#inDoubt++;
    // What a signal has ended runs on, as at a time limit.
    const isOurs = Pkcs11Error.is(error) || CryptokiError.is(error);
    if (verdict !== 'untouched' || !isOurs) this.#unsettled = true;
  }

  #refuse(rv: number, advice: string, cause?: Pkcs11Error): Pkcs11Error {
    this.#refused = new Pkcs11Error(rv, 'C_Login', advice, cause && { cause });
    this.#onRefused();
    return this.#refused;
  }
}
