import { inspect } from 'node:util';
import { busy, faultOf, orderFrom, Performance } from './action';
import { folded, strings } from './arguments';
import { CANCELLED } from './chooser';
import { PersonalErrorCode } from './codes';
import { Parameters, type Kind } from './parameters';
import type { Host } from './host';
import type { Action } from './identity';

const ACTION: Readonly<Record<Kind, Action>> = { authentication: 'Authenticate', signer2: 'Sign' };

/**
 * The object of type application/x-personal-authentication or application/x-personal-signer2. Arguments that are too few, too many or not
 * text throw a TypeError and change nothing.
 *
 * @example
 * const signer = personal.signer2();
 * signer.SetParam('Nonce', nonce);
 * signer.SetParam('TextToBeSigned', Buffer.from('I agree').toString('base64'));
 * if ((await signer.PerformAction('Sign')) === 0) console.log(signer.GetParam('Signature'));
 */
export class PersonalObject {
  readonly #kind: Kind;
  readonly #host: Host;
  readonly #parameters: Parameters;
  #lastError = PersonalErrorCode.None;
  #cause: unknown;
  /** Ends the action that runs. */
  #running: AbortController | undefined;

  /** Not for callers: objects come from `createPersonal`. */
  constructor(kind: Kind, host: Host) {
    this.#kind = kind;
    this.#host = host;
    this.#parameters = new Parameters(kind);
  }

  /** Why the last action answered 1: for the program, not for the page. undefined after any other answer. */
  get cause(): unknown {
    return this.#cause;
  }

  /**
   * A parameter, its name in any case; `null` for one that has no value, and for one that there is not: then the last error is 8004.
   * After an action that has failed, Signature is ''.
   *
   * @example
   * const signature = signer.GetParam('Signature');
   */
  GetParam(...given: [name: string]): string | null {
    const [name] = strings('GetParam', ['name'], given) as [string];
    const known = this.#parameters.named(name);
    if (known !== undefined) return this.#parameters.get(known);
    this.#lastError = PersonalErrorCode.UnknownParameter;
    return null;
  }

  /**
   * Sets a parameter, and answers the error code: 8004 for a name that there is not, 8018 for more than 10 MiB in UTF-8, and 8012, 8014
   * or 8018 for a value that the parameter cannot have.
   *
   * @example
   * const error = authentication.SetParam('ServerTime', '1290536889');
   */
  SetParam(...given: [name: string, value: string]): PersonalErrorCode {
    const [name, value] = strings('SetParam', ['name', 'value'], given) as [string, string];
    const known = this.#parameters.named(name);
    this.#lastError = known === undefined ? PersonalErrorCode.UnknownParameter : this.#parameters.set(known, value);
    return this.#lastError;
  }

  /**
   * Makes everything as it was at the beginning. An action that runs is cancelled, and leaves nothing here.
   *
   * @example
   * signer.Reset();
   */
  Reset(...given: []): PersonalErrorCode {
    strings('Reset', [], given);
    this.#running?.abort();
    this.#running = undefined;
    this.#parameters.clear();
    this.#cause = undefined;
    return (this.#lastError = PersonalErrorCode.None);
  }

  /**
   * Lets the user choose an identity and signs with it: 'Authenticate' or 'Sign', whichever the object is for, in any case. Answers
   * the error code, which is also the last error; 0 means that Signature has the signature. Throws `ERR_CRYPTOKI_BUSY` while
   * another action runs on this object.
   *
   * @example
   * const error = await authentication.PerformAction('Authenticate');
   */
  PerformAction(...given: [action: string]): Promise<PersonalErrorCode> {
    const [name] = strings('PerformAction', ['action'], given) as [string];
    if (this.#running !== undefined) throw busy();
    this.#cause = undefined;
    const action = ACTION[this.#kind];
    if (folded(name) !== folded(action)) return this.#now(PersonalErrorCode.UnknownAction);
    const order = orderFrom(action, this.#parameters);
    if (order === undefined) return this.#now(PersonalErrorCode.MissingParameter);
    // From here on every failure takes the last signature away.
    this.#parameters.put('Signature', '');
    if (!this.#host.url.startsWith('https://')) return this.#now(PersonalErrorCode.NotHttps);
    const fault = faultOf(order, this.#host);
    if (fault !== undefined) {
      this.#cause = fault;
      return this.#now(PersonalErrorCode.Internal);
    }
    return this.#perform((signal) => new Performance(order, this.#host, signal).run());
  }

  #now(code: PersonalErrorCode): Promise<PersonalErrorCode> {
    this.#lastError = code;
    return Promise.resolve(code);
  }

  async #perform(work: (signal: AbortSignal) => Promise<string | typeof CANCELLED>): Promise<PersonalErrorCode> {
    const running = new AbortController();
    this.#running = running;
    const { signal: outer } = this.#host;
    const signal = outer === undefined ? running.signal : AbortSignal.any([outer, running.signal]);
    const [code, made] = await outcome(work(signal), signal);
    // After Reset the object is a new one, which nothing of this concerns.
    if (this.#running !== running) return code;
    this.#running = undefined;
    this.#lastError = code;
    if (code === PersonalErrorCode.None) this.#parameters.put('Signature', made as string);
    if (code === PersonalErrorCode.Internal) this.#cause = made;
    return code;
  }

  /**
   * The code of the last error, 0 where there was none.
   *
   * @example
   * if (signer.GetLastError() === PersonalErrorCode.MissingParameter) console.log('Set Nonce and TextToBeSigned first');
   */
  GetLastError(...given: []): PersonalErrorCode {
    strings('GetLastError', [], given);
    return this.#lastError;
  }

  /** @internal */
  [inspect.custom](): string {
    return `PersonalObject { kind: '${this.#kind}', lastError: ${this.#lastError} }`;
  }
}

/** The error code, and with it the signature or what has failed. */
async function outcome(work: Promise<string | typeof CANCELLED>, signal: AbortSignal): Promise<[PersonalErrorCode, unknown]> {
  let stop = (): void => undefined;
  const stopped = new Promise<typeof CANCELLED>((resolve) => {
    stop = () => resolve(CANCELLED);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    // A token that hangs ends the waiting no more than a chooser does.
    const made = await Promise.race([work, stopped]);
    return made === CANCELLED ? [PersonalErrorCode.Cancelled, undefined] : [PersonalErrorCode.None, made];
  } catch (error) {
    return signal.aborted ? [PersonalErrorCode.Cancelled, undefined] : [PersonalErrorCode.Internal, error];
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
