// Crews: sessions of one token that take calls from one queue, inside the engine (docs/boundary.md). JavaScript is not asked between two calls.

import { CALL } from './generated/calls';
import type { CallControl, Client, Sent } from './wire/client';
import type { Decode } from './wire/pending-call';
import type { RequestWriter } from './wire/writer';

/** What the pool needs of the engine. Every number of a session or a crew is the engine's. */
export interface CrewPort {
  open(): bigint;
  /** The session may take calls from now on, or go on after a failure. False where it is no more. */
  join(crew: bigint, session: bigint): boolean;
  /** The session takes no more calls; one that runs in it runs on, and what is addressed to the session itself queues behind. */
  leave(crew: bigint, session: bigint): void;
  /** Takes a session out that has nothing to do: one of the candidates, or any; 0n where there is none. */
  take(crew: bigint, candidates: readonly bigint[]): bigint;
  /** Answers the calls that nobody has taken yet with CANCELLED, and stops batches. */
  flush(crew: bigint): void;
  /** Flushes; the sessions are ordinary ones from then on. */
  end(crew: bigint): void;
  /** The sessions whose present item of the batch with this ticket takes longer than so many milliseconds. */
  stuck(crew: bigint, milliseconds: number, ticket: number): bigint[];
  /** The call that runs in the session may never end: the session leaves its crew, and until then there may be a thread more. */
  writeOff(session: bigint): void;
  /** Queues for a session of one's own, in turn with the calls. */
  reserve(crew: bigint, receiver: Sent): void;
  /** A call in a session of one's own. */
  send<T>(request: RequestWriter, control: CallControl, decode: Decode<T> | undefined): Promise<T>;
  /** Queues a call; it was written with the crew in the place of a session. */
  start(request: RequestWriter, receiver: Sent): void;
  /** −1: taken out of the queue. 0: it has ended. Otherwise the session in which it runs. */
  cancel(ticket: number): number;
  /** The process need not stay alive for this call. */
  unref(ticket: number): void;
}

const nothing = (): void => undefined;

/** The engine's crews, through one client of a library. */
export function crewPort(client: Client): CrewPort {
  const tell = (call: number, ...words: readonly bigint[]): void => {
    const request = client.request(call);
    for (const word of words) request.u64(word);
    client.callSync(request, nothing);
  };
  return {
    open: () => client.callSync(client.request(CALL.CrewOpen), (reply) => reply.u64()),
    join(crew, session) {
      try {
        tell(CALL.CrewJoin, crew, session);
        return true;
      } catch {
        return false;
      }
    },
    leave: (crew, session) => quietly(() => tell(CALL.CrewLeave, crew, session)),
    take: (crew, candidates) => client.callSync(client.request(CALL.CrewTake).u64(crew).ulongs(candidates), (reply) => reply.u64()),
    flush: (crew) => quietly(() => tell(CALL.CrewFlush, crew)),
    end: (crew) => quietly(() => tell(CALL.CrewEnd, crew)),
    stuck: (crew, milliseconds, ticket) =>
      client.callSync(client.request(CALL.CrewStuck).u64(crew).u64(milliseconds).u32(ticket), (reply) => reply.ulongs()),
    writeOff: (session) => quietly(() => tell(CALL.WriteOff, session)),
    reserve: (crew, receiver) => client.start(client.request(CALL.CrewReserve).u64(crew), receiver),
    send: (request, control, decode) => client.send(request, control, decode),
    start: (request, receiver) => client.start(request, receiver),
    cancel: (ticket) => client.cancel(ticket),
    unref: (ticket) => client.unref(ticket),
  };
}

// The session or the library may be gone: then there is nothing to be told.
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}
