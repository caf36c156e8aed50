import { inspect, type InspectOptions } from 'node:util';
import { plainObject, string } from './arguments';
import { inspectAs } from './inspect';
import { pinBytes, wipe } from './pin';
import { initializeToken, readMechanism, readMechanisms, readSlotInfo } from './slot-calls';
import type { MechanismInfo, SlotInfo } from './info';
import type { Module } from './module';
import type { ModuleState } from './module-state';
import { callOptions, type CallOptions } from './options';
import type { InitializeOptions, Token } from './token';

/**
 * A slot: where a token may be, such as a card reader.
 *
 * @example
 * for (const slot of await module.slots()) {
 *   const { description, tokenPresent } = await slot.info();
 *   console.log(slot.id, description, tokenPresent ? (await slot.token()).label : 'empty');
 * }
 */
export class Slot {
  readonly #state: ModuleState;
  readonly #id: number;

  /** Not for callers: slots come from `module.slots()` and `module.slot()`. */
  constructor(state: ModuleState, id: number) {
    this.#state = state;
    this.#id = id;
  }

  /** Its number (CK_SLOT_ID): the same for as long as the library is loaded, and with some libraries no longer. */
  get id(): number {
    return this.#id;
  }

  /** The module it is a slot of. */
  get module(): Module {
    return this.#state.module;
  }

  /**
   * Asks about the slot (C_GetSlotInfo).
   *
   * @example
   * const { description, tokenPresent } = await slot.info();
   */
  async info(options: CallOptions = {}): Promise<SlotInfo> {
    this.#state.assertOpen();
    return readSlotInfo(this.#state.client, this.#id, options);
  }

  /**
   * The token in the slot; rejects with CKR_TOKEN_NOT_PRESENT where there is none (C_GetTokenInfo).
   *
   * @example
   * const { label, serialNumber } = await slot.token();
   */
  async token(options: CallOptions = {}): Promise<Token> {
    return this.#state.tokenIn(this, options);
  }

  /**
   * What the token in this slot can do, by the numbers of the mechanisms (C_GetMechanismList, C_GetMechanismInfo).
   *
   * @example
   * for (const { name, sign } of (await slot.mechanisms()).values()) if (sign) console.log(name);
   */
  async mechanisms(options: CallOptions = {}): Promise<ReadonlyMap<number, MechanismInfo>> {
    this.#state.assertOpen();
    return readMechanisms(this.#state.client, this.#id, options);
  }

  /**
   * One mechanism; rejects with CKR_MECHANISM_INVALID where the token does not have it (C_GetMechanismInfo).
   *
   * @example
   * const { minKeySize, maxKeySize } = await slot.mechanism(CKM.RSA_PKCS_KEY_PAIR_GEN);
   */
  async mechanism(mechanism: number, options: CallOptions = {}): Promise<MechanismInfo> {
    this.#state.assertOpen();
    return readMechanism(this.#state.client, this.#id, mechanism, options);
  }

  /**
   * Makes the token in this slot new: everything on it is lost (C_InitToken). Answers the token, which some libraries now show in
   * another slot. Rejects with CKR_PIN_INCORRECT where `soPin` is not the present PIN of the security officer.
   *
   * @example
   * const token = await slot.initToken({ label: 'demo', soPin: '12345678' });
   */
  async initToken(options: InitializeOptions): Promise<Token> {
    this.#state.assertOpen();
    plainObject(options, 'options');
    const label = string(options.label, 'options.label');
    const { signal, timeLimit } = callOptions(options);
    const before = new Set((await this.#state.findTokens({ signal, timeLimit })).map((token) => token.serialNumber));
    const open = this.#state.openToken(this.#id);
    if (open !== undefined) {
      await open.initialize(options);
    } else {
      const soPin = pinBytes(options.soPin, 'options.soPin');
      try {
        await initializeToken(this.#state.client, this.#id, soPin, label, { signal, timeLimit });
      } finally {
        wipe(soPin);
      }
    }
    const tokens = (await this.#state.findTokens({ signal, timeLimit })).filter((token) => token.label === label);
    const here = tokens.find((token) => token.slot.id === this.#id);
    return here ?? tokens.find((token) => !before.has(token.serialNumber)) ?? this.token({ signal, timeLimit });
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs(this, { id: this.#id }, depth, options);
  }
}
