import { scwsError } from './error';
import type { CallOptions, Token } from '../index';
import type { TrustSources } from './trust';

/** A connection to one token of ours: what a token of these conventions, its PINs and its objects share. */
export class Connection {
  readonly #token: Token;
  readonly #release: () => Promise<void>;
  /** For every call: the time limit of the environment. */
  readonly options: CallOptions;
  /** What chains of certificates are judged by. */
  readonly trust: TrustSources;
  #open = true;

  constructor(token: Token, options: CallOptions, trust: TrustSources, release: () => Promise<void>) {
    this.#token = token;
    this.options = options;
    this.trust = trust;
    this.#release = release;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Our token; an error once it has been disconnected. */
  get token(): Token {
    this.assertOpen();
    return this.#token;
  }

  assertOpen(): void {
    if (!this.#open) throw scwsError('CKR_TOKEN_NOT_PRESENT', 'It has been disconnected; connect again.');
  }

  async close(): Promise<void> {
    this.assertOpen();
    this.#open = false;
    await this.#release();
  }
}
