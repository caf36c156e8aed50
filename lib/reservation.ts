import { replyInPlace } from './wire/replies';
import { traceEnd } from './wire/trace';
import { CALL } from './generated/calls';
import type { Sent } from './wire/client';

/** A place in the queue of a crew, for a session of one's own. */
export class Reservation implements Sent {
  ticket = 0;
  started = 0;
  readonly #arrived: (session: bigint | undefined) => void;

  /** `arrived` gets the session, or undefined where the queue was emptied. */
  constructor(arrived: (session: bigint | undefined) => void) {
    this.#arrived = arrived;
  }

  receive(slab: Uint8Array, start: number, end: number): void {
    const reply = replyInPlace(slab, start, end, undefined);
    traceEnd(this.ticket, CALL.CrewReserve, this.started, reply);
    this.#arrived(reply.rv === 0 ? reply.u64() : undefined);
  }
}
