import { CALL } from './generated/calls';
import { CKR } from './generated/constants';
import { CryptokiError } from './errors';
import { quirksOf, type Quirks } from './algorithms/quirks';
import { moduleInfo, type ModuleInfo, type TokenInfo } from './info';
import { Slot } from './slot';
import { findTokenInfo, listSlots, readTokenInfo } from './slot-calls';
import { SlotEvents } from './slot-events';
import { Token } from './token';
import { stateOf } from './token-objects';
import { isSameToken } from './recovery-steps';
import { LibraryLife } from './library-life';
import type { Module } from './module';
import type { CallOptions } from './options';
import type { RecoveryOptions } from './recovery';
import type { Home, TokenState } from './token-state';
import type { Client } from './wire/client';

/** What a module, its slots and its tokens share. */
export class ModuleState implements Home {
  readonly client: Client;
  readonly module: Module;
  readonly recovery: Required<RecoveryOptions> | undefined;
  readonly library: LibraryLife;
  readonly events: SlotEvents;
  readonly #slots = new Map<number, Slot>();
  /** Those in use, also while they are in no slot; the last one that was found in a slot comes last. */
  readonly #tokens = new Set<Token>();
  #quirks: Quirks | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: Client, module: Module, recovery: Required<RecoveryOptions> | undefined) {
    this.client = client;
    this.module = module;
    this.recovery = recovery;
    this.library = new LibraryLife(client, () => this.#states());
    this.events = new SlotEvents(this);
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** What is known of the library. */
  get quirks(): Quirks {
    return this.#quirks ?? {};
  }

  assertOpen(): void {
    if (this.#closing !== undefined) throw new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The module has been closed');
  }

  async info(options: CallOptions): Promise<ModuleInfo> {
    this.assertOpen();
    return moduleInfo(await this.client.call(this.client.request(CALL.C_GetInfo), options));
  }

  slot(id: number): Slot {
    let slot = this.#slots.get(id);
    if (slot === undefined) {
      slot = new Slot(this, id);
      this.#slots.set(id, slot);
    }
    return slot;
  }

  async slots(tokenPresent: boolean, options: CallOptions): Promise<Slot[]> {
    this.assertOpen();
    return (await listSlots(this.client, tokenPresent, options)).map((id) => this.slot(id));
  }

  *#states(): Generator<TokenState, void, undefined> {
    for (const token of this.#tokens) {
      const state = stateOf(token);
      if (state.closed) this.#tokens.delete(token);
      else yield state;
    }
  }

  /** The token in a slot, without asking the library; undefined where none has been opened. */
  openToken(slotId: number): Token | undefined {
    let last: Token | undefined;
    for (const state of this.#states()) if (state.slotId === slotId) last = state.token;
    return last;
  }

  #isKnownAs(token: Token, info: TokenInfo): boolean {
    return isSameToken(stateOf(token).names, info);
  }

  async tokenIn(slot: Slot, options: CallOptions): Promise<Token> {
    this.assertOpen();
    return this.#tokenOf(slot, await readTokenInfo(this.client, slot.id, options), options);
  }

  /** All tokens that are there now. */
  async findTokens(options: CallOptions): Promise<Token[]> {
    const slots = await this.slots(true, options);
    const infos = await Promise.all(slots.map((slot) => findTokenInfo(this.client, slot.id, options)));
    const tokens: Token[] = [];
    for (const [index, slot] of slots.entries()) {
      const info = infos[index];
      if (info !== undefined) tokens.push(await this.#tokenOf(slot, info, options));
    }
    return tokens;
  }

  /** One object per token, for the login is the token's: the same one as before, whatever slot it is in by now. */
  async #tokenOf(slot: Slot, info: TokenInfo, options: CallOptions): Promise<Token> {
    // One that does not say its name is like most others.
    this.#quirks ??= quirksOf(await this.library.manufacturer(options).catch(() => ''));
    const known = this.openToken(slot.id);
    const moved = known !== undefined && this.#isKnownAs(known, info) ? known : await this.#movedTo(slot, info, options);
    this.assertOpen();
    // Whoever was asked at the same time may have made it.
    const now = moved ?? this.openToken(slot.id);
    if (now !== undefined && this.#isKnownAs(now, info)) return now;
    // Another token is in the slot now: the sessions of the old one are dead already. It may come back, there or elsewhere.
    const recovery = now && stateOf(now).recovery;
    if (recovery === undefined) void now?.close();
    else recovery.suspect('token-lost');
    const token = new Token(this, slot.id, info);
    this.#tokens.add(token);
    return token;
  }

  /** The token that was in another slot before. */
  async #movedTo(slot: Slot, info: TokenInfo, options: CallOptions): Promise<Token | undefined> {
    // Without a number of its own it may be one of many.
    if (info.serialNumber === '') return undefined;
    for (const state of [...this.#states()]) {
      const { names, recovery, token } = state;
      if (recovery === undefined || !isSameToken(names, info) || names.label !== info.label) continue;
      const there = await findTokenInfo(this.client, state.slotId, options);
      if (there !== undefined && isSameToken(there, info)) continue;
      state.moveTo(slot.id);
      recovery.suspect('token-lost');
      recovery.hurry();
      return token;
    }
    return undefined;
  }

  /** A token has come: one that is waited for, perhaps. */
  tokenCame(): void {
    for (const { recovery } of this.#states()) recovery?.hurry();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    // The first part of an async function runs before `#closing` is set.
    await Promise.resolve();
    this.events.end();
    await Promise.all([...this.#tokens].map((token) => token.close()));
    // Somebody else has finalised it behind our back: then it is what we want.
    await this.client.finalize([CKR.CRYPTOKI_NOT_INITIALIZED]);
  }
}
