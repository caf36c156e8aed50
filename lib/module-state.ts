import { CALL } from './generated/calls';
import { CryptokiError } from './errors';
import { moduleInfo, type ModuleInfo, type TokenInfo } from './info';
import { Slot } from './slot';
import { findTokenInfo, listSlots, readTokenInfo } from './slot-calls';
import { SlotEvents } from './slot-events';
import { Token } from './token';
import { stateOf } from './token-objects';
import type { Module } from './module';
import type { CallOptions } from './options';
import type { Client } from './wire/client';

/** What a module, its slots and its tokens share. */
export class ModuleState {
  readonly client: Client;
  readonly module: Module;
  readonly events: SlotEvents;
  readonly #slots = new Map<number, Slot>();
  readonly #tokens = new Map<number, Token>();
  #closing: Promise<void> | undefined;

  constructor(client: Client, module: Module) {
    this.client = client;
    this.module = module;
    this.events = new SlotEvents(this);
  }

  get closed(): boolean {
    return this.#closing !== undefined;
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

  /** The token in a slot, without asking the library; undefined where none has been opened. */
  openToken(slotId: number): Token | undefined {
    const token = this.#tokens.get(slotId);
    return token === undefined || stateOf(token).closed ? undefined : token;
  }

  async tokenIn(slot: Slot, options: CallOptions): Promise<Token> {
    this.assertOpen();
    return this.#tokenOf(slot, await readTokenInfo(this.client, slot.id, options));
  }

  /** All tokens that are there now. */
  async findTokens(options: CallOptions): Promise<Token[]> {
    const slots = await this.slots(true, options);
    const infos = await Promise.all(slots.map((slot) => findTokenInfo(this.client, slot.id, options)));
    this.assertOpen();
    return slots.flatMap((slot, index) => {
      const info = infos[index];
      return info === undefined ? [] : [this.#tokenOf(slot, info)];
    });
  }

  /** One object per token, for the login is the token's: the same one as before, as long as the same token is in the slot. */
  #tokenOf(slot: Slot, info: TokenInfo): Token {
    const known = this.openToken(slot.id);
    if (known !== undefined && isSame(known, info)) return known;
    // Another token is in the slot now: the sessions of the old one are dead already.
    void known?.close();
    const token = new Token(this.client, slot, info);
    this.#tokens.set(slot.id, token);
    return token;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    // The first part of an async function runs before `#closing` is set.
    await Promise.resolve();
    this.events.end();
    await Promise.all([...this.#tokens.values()].map((token) => token.close()));
    const { client } = this;
    await client.call(client.request(CALL.C_Finalize));
  }
}

/** The serial number tells tokens of one model apart (PKCS #11 v3.2, section 3.2). A label can be changed. */
function isSame(token: Token, info: TokenInfo): boolean {
  return token.serialNumber === info.serialNumber && token.model === info.model && token.manufacturer === info.manufacturer;
}
