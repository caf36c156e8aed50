import { bytes, string, wrongType, wrongValue } from './arguments';
import { Patience } from './patience';
import { Pkcs11Uri } from './uri';
import type { CryptokiObject } from './object';
import type { CallOptions } from './options';
import type { Token } from './token';

/** Why a PIN is asked for. */
export interface PinRequest {
  /** Whose PIN. */
  readonly token: Token;
  /**
   * `login`: for the token. `recovery`: the same, and nobody has asked for it: the token has been away, and the login is restored. `context`: for one use of a
   * key that asks each time (CKA_ALWAYS_AUTHENTICATE).
   */
  readonly purpose: 'login' | 'recovery' | 'context';
  /** With purpose `context`: the key. */
  readonly key?: CryptokiObject | undefined;
}

/** A PIN: text, or bytes as the token takes them. `null`: the user types it on the reader's own PIN pad. */
export type Pin = string | Uint8Array | null;

/** Gives a PIN when one is needed. It is asked once per login; a wrong PIN is never tried twice. */
export type PinProvider = (request: PinRequest) => Pin | Promise<Pin>;

/** A PIN, a function that gives one, or a PKCS#11 URI that has one in `pin-value`. */
export type PinSource = Pin | PinProvider | Pkcs11Uri;

/** The bytes of a PIN, ours to wipe. Text is UTF-8 (PKCS #11 v3.2, section 5.6.8, C_Login). */
export function pinBytes(pin: unknown, name = 'pin'): Uint8Array | null {
  if (pin === null) return null;
  if (typeof pin === 'string') return new TextEncoder().encode(string(pin, name, true));
  if (!ArrayBuffer.isView(pin)) throw wrongType(name, 'of type string, an instance of Uint8Array, or null', pin, true);
  return Uint8Array.from(bytes(pin, name, true));
}

/** The same for an argument that may also be a function, or a URI. */
export function pinSource(source: unknown): Uint8Array | null | PinProvider {
  if (typeof source === 'function') return source as PinProvider;
  if (source instanceof Pkcs11Uri) {
    const { pinValue } = source.parts;
    if (pinValue === undefined) throw wrongValue('pin', 'is a PKCS#11 URI without pin-value');
    return pinBytes(pinValue);
  }
  if (source !== null && typeof source !== 'string' && !ArrayBuffer.isView(source)) {
    throw wrongType('pin', 'of type string, an instance of Uint8Array or Pkcs11Uri, a function, or null', source, true);
  }
  return pinBytes(source);
}

export function wipe(secret: Uint8Array | null | undefined): void {
  secret?.fill(0);
}

/** The PIN of one recovery: fetched once, whatever has to be tried again, and wiped at the end. */
export class PinOnce {
  #pin: Uint8Array | null | undefined;
  #failed = false;
  #ended = false;

  /** It could not be had, and will not be asked for again. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Bytes that are not the caller's to wipe. */
  async take(ask: () => Uint8Array | null | Promise<Uint8Array | null>, options: CallOptions): Promise<Uint8Array | null> {
    if (this.#pin === undefined) {
      const patience = new Patience(options);
      try {
        await patience.orEnd(this.#fetch(ask));
      } catch (error) {
        this.#failed = true;
        throw error;
      } finally {
        patience.end();
      }
    }
    return this.#pin ?? null;
  }

  async #fetch(ask: () => Uint8Array | null | Promise<Uint8Array | null>): Promise<void> {
    const pin = await ask();
    // Nobody waits for it any more.
    if (this.#ended || this.#failed) wipe(pin);
    else this.#pin = pin;
  }

  end(): void {
    this.#ended = true;
    wipe(this.#pin);
    this.#pin = undefined;
  }
}
