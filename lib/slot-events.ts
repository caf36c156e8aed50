import { CALL } from './generated/calls';
import { integer, plainObject } from './arguments';
import { Pkcs11Error } from './errors';
import { quirksOf } from './algorithms/quirks';
import { EventQueue } from './event-queue';
import { signalOf, throwIfAborted } from './options';
import { listSlots, readSlotInfo } from './slot-calls';
import type { ModuleState } from './module-state';
import type { Slot } from './slot';
import type { ReplyReader } from './wire/reader';

/** A token came or went. */
export interface SlotEvent {
  /** Where. */
  readonly slot: Slot;
  /** Whether a token is in the slot now. */
  readonly tokenPresent: boolean;
}

/** Options of `module.slotEvents`. */
export interface SlotEventOptions {
  /** Ends the iteration: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between two looks where the library cannot wait for events itself. Default: 500. */
  readonly interval?: number | undefined;
}

interface Listener {
  readonly queue: EventQueue<SlotEvent>;
  readonly interval: number;
}

const INTERVAL = 500;
const MOST_TIME = 2 ** 31 - 1;

/**
 * The slot events of a module. C_WaitForSlotEvent cannot be called back, and tells an event once, to whoever waits: so one call
 * waits for all iterations, and outlives them; the next iteration takes it over.
 */
export class SlotEvents {
  readonly #state: ModuleState;
  readonly #listeners = new Set<Listener>();
  /** What was in the slots at the last look; undefined while the library waits for us. */
  #seen: Map<number, boolean> | undefined;
  #polls = false;
  #running = false;
  #hurry: (() => void) | undefined;
  /** The call that the last iterations left behind. */
  #late: Promise<ReplyReader | undefined> | undefined;

  constructor(state: ModuleState) {
    this.#state = state;
  }

  async *iterate(options: SlotEventOptions = {}): AsyncGenerator<SlotEvent, void, undefined> {
    plainObject(options, 'options');
    const signal = signalOf(options);
    const interval = options.interval === undefined ? INTERVAL : integer(options.interval, 'options.interval', 1, MOST_TIME);
    this.#state.assertOpen();
    throwIfAborted(signal);
    const queue = new EventQueue<SlotEvent>(signal);
    const listener = { queue, interval };
    this.#listeners.add(listener);
    if (!this.#running) void this.#run();
    try {
      yield* queue;
    } finally {
      queue.end();
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#hurry?.();
    }
  }

  /** Ends all iterations. */
  end(): void {
    for (const { queue } of this.#listeners) queue.end();
    this.#hurry?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      if (!this.#polls) this.#polls = quirksOf((await this.#state.info({})).manufacturer).crashesWaiting === true;
      while (this.#listeners.size > 0 && !this.#state.closed) await (this.#polls ? this.#poll() : this.#wait());
    } catch (error) {
      if (!this.#state.closed) for (const { queue } of this.#listeners) queue.fail(error);
    } finally {
      this.#running = false;
      this.#seen = undefined;
    }
  }

  async #wait(): Promise<void> {
    try {
      const reply = (await this.#leftBehind()) ?? (await this.#ask());
      const slotId = reply?.number();
      if (slotId !== undefined) this.#emit(slotId, await this.#tokenPresent(slotId));
    } catch (error) {
      if (this.#state.closed) return;
      // Some libraries only know how not to wait; some answer "no event" at once instead of waiting for one.
      if (!Pkcs11Error.is(error, 'CKR_FUNCTION_NOT_SUPPORTED') && !Pkcs11Error.is(error, 'CKR_NO_EVENT')) throw error;
      this.#polls = true;
    }
  }

  /** The event that a call of earlier iterations waits for, if there is such a call. */
  async #leftBehind(): Promise<ReplyReader | undefined> {
    if (this.#late === undefined) return undefined;
    // A promise alone keeps no process alive, and the call is not waited for any more by those who made it.
    const alive = setInterval(() => undefined, MOST_TIME);
    try {
      const gone = new Promise<undefined>((resolve) => (this.#hurry = () => resolve(undefined)));
      const late = this.#late.then((reply) => {
        this.#late = undefined;
        return reply;
      });
      return await Promise.race([late, gone]);
    } finally {
      clearInterval(alive);
      this.#hurry = undefined;
    }
  }

  /** Waits for an event; undefined when nobody listens any more. The call then goes on without keeping the process alive. */
  async #ask(): Promise<ReplyReader | undefined> {
    if (this.#listeners.size === 0) return undefined;
    const { client } = this.#state;
    const controller = new AbortController();
    this.#hurry = () => controller.abort();
    try {
      return await client.call(client.request(CALL.C_WaitForSlotEvent).u64(0), {
        signal: controller.signal,
        onLate: (settled) => (this.#late = settled),
      });
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      throw error;
    } finally {
      this.#hurry = undefined;
    }
  }

  async #poll(): Promise<void> {
    const now = await this.#look();
    const before = this.#seen ?? now;
    for (const [slotId, present] of now) if ((before.get(slotId) ?? false) !== present) this.#emit(slotId, present);
    for (const [slotId, present] of before) if (present && !now.has(slotId)) this.#emit(slotId, false);
    this.#seen = now;
    await this.#pause(Math.min(...[...this.#listeners].map(({ interval }) => interval), MOST_TIME));
  }

  async #look(): Promise<Map<number, boolean>> {
    const slots = await listSlots(this.#state.client, false, {});
    return new Map(await Promise.all(slots.map(async (slotId) => [slotId, await this.#tokenPresent(slotId)] as const)));
  }

  async #tokenPresent(slotId: number): Promise<boolean> {
    try {
      return (await readSlotInfo(this.#state.client, slotId, {})).tokenPresent;
    } catch (error) {
      // The reader itself was unplugged.
      if (Pkcs11Error.is(error, 'CKR_SLOT_ID_INVALID') || Pkcs11Error.is(error, 'CKR_DEVICE_REMOVED')) return false;
      throw error;
    }
  }

  #emit(slotId: number, tokenPresent: boolean): void {
    const slot = this.#state.slot(slotId);
    if (tokenPresent) this.#state.tokenCame();
    for (const { queue } of this.#listeners) queue.push({ slot, tokenPresent });
  }

  /** Until the time is over, or the last listener has gone. */
  async #pause(time: number): Promise<void> {
    if (this.#listeners.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, time);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
  }
}
