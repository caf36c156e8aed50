// The closing of one session.

import { CALL } from './generated/calls';
import { replyInPlace } from './wire/replies';
import { traceEnd } from './wire/trace';
import type { Client, Sent } from './wire/client';

/** Milliseconds between two looks at whether the library stays in C_CloseSession. A server that is there closes a session in one of them. */
const LOOK = 2500;

export class Closing implements Sent {
  ticket = 0;
  started = 0;
  readonly over: Promise<void>;
  readonly #client: Client;
  readonly #session: bigint;
  #end!: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client, session: bigint, tidiesUp: boolean) {
    this.#client = client;
    this.#session = session;
    this.over = new Promise((resolve) => (this.#end = resolve));
    try {
      client.start(client.request(CALL.C_CloseSession).u64(session), this);
    } catch {
      this.#end();
      return;
    }
    if (tidiesUp) this.#leave();
    else if (this.#isHopeless) this.#abandon();
    else this.#watch(false);
  }

  receive(slab: Uint8Array, start: number, end: number): void {
    traceEnd(this.ticket, CALL.C_CloseSession, this.started, replyInPlace(slab, start, end, undefined));
    clearTimeout(this.#timer);
    this.#end();
  }

  /** It is made all the same: what closes is never taken out of its queue. */
  #leave(): void {
    this.#client.cancel(this.ticket);
    this.#client.unref(this.ticket);
  }

  /** Calls that run in the session may take their time, and are waited for; for the closing itself there is one pause from the first look that finds it at work. */
  #watch(wasInside: boolean): void {
    this.#timer = setTimeout(() => {
      const inside = this.#client.cancel(this.ticket) > 0;
      if ((inside && wasInside) || this.#isHopeless) this.#abandon();
      else this.#watch(inside);
    }, LOOK);
  }

  /** Something runs in the session that nobody waits for any more, and may never come back. */
  get #isHopeless(): boolean {
    return this.#client.isLeftIn(this.#session, this.ticket);
  }

  #abandon(): void {
    this.#leave();
    this.#end();
  }
}
