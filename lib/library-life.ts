import { CALL } from './generated/calls';
import { moduleInfo } from './info';
import type { CallOptions } from './options';
import type { Library } from './recovery-steps';
import type { TokenState } from './token-state';
import type { Client } from './wire/client';

/** The library of a module, as the recoveries of its tokens see it. */
export class LibraryLife implements Library {
  readonly #client: Client;
  readonly #tokens: () => Iterable<TokenState>;
  #generation = 0;
  #manufacturer: string | undefined;
  #renewing: Promise<void> | undefined;

  constructor(client: Client, tokens: () => Iterable<TokenState>) {
    this.#client = client;
    this.#tokens = tokens;
  }

  get generation(): number {
    return this.#generation;
  }

  async renew(seen: number, finalizeFirst: boolean, options: CallOptions): Promise<void> {
    if (this.#renewing !== undefined) return this.#renewing;
    if (seen !== this.#generation) return;
    this.#renewing = this.#renew(finalizeFirst, options);
    try {
      await this.#renewing;
    } finally {
      this.#renewing = undefined;
    }
  }

  async #renew(finalizeFirst: boolean, options: CallOptions): Promise<void> {
    await this.#client.call(this.#client.request(CALL.Reinitialize).bool(finalizeFirst), options);
    this.#generation++;
    // Their sessions ended with the library, and it may give the same numbers to those who come first.
    for (const state of this.#tokens()) if (state.pool.size > 0) state.recovery?.suspect('library-lost');
  }

  async manufacturer(options: CallOptions): Promise<string> {
    this.#manufacturer ??= moduleInfo(await this.#client.call(this.#client.request(CALL.C_GetInfo), options)).manufacturer;
    return this.#manufacturer;
  }

  isOnlyUser(one: TokenState): boolean {
    for (const state of this.#tokens()) if (state !== one && state.pool.size > 0 && state.recovery?.ready !== false) return false;
    return true;
  }
}
