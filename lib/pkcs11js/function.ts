// One function of pkcs11js: its arguments become a request, its reply the result, on this thread or not.

import { CKR } from '../constants';
import { CALL, MANNER } from '../generated/calls';
import type { FunctionRow } from '../generated/pkcs11js-functions';
import type { CallControl } from '../wire/client';
import { hasDirectCalls } from '../wire/direct';
import { traceStart } from '../wire/trace';
import { ASK_LENGTH, type RequestWriter } from '../wire/writer';
import { bytesOf, wrongCount } from './checks';
import { encoderOf } from './inputs';
import type { Library } from './library';
import { quickly } from './quick';
import { decoderOf, type Pending } from './results';
import { ACTIVE_ONE, inWordsOfC, numberOf, turnOf, type Turn } from './turns';

const EXACT_AND_PATIENT = MANNER.EXACT | MANNER.PATIENT;
/** Call and manners stand before the arguments. */
const ARGUMENTS = 8;
/** After these nobody knows what is active in a session. */
const FORGETS = new Set(['C_CloseSession', 'C_CloseAllSessions', 'C_Finalize', 'C_SessionCancel', 'C_SetOperationState', 'C_InitToken']);

/** What makes the calls of one function. */
export class PreparedFunction {
  readonly name: string;
  /** How many arguments it takes. */
  readonly count: number;
  /** Its errors have the code in their message. */
  readonly plain: boolean;
  /** It has a form with a callback. */
  readonly hasCallback: boolean;
  /** It takes a session, bytes and room for the result, and nothing else. */
  readonly isQuick: boolean;
  readonly #call: number;
  readonly #anyCount: boolean;
  readonly #encoders: readonly ReturnType<typeof encoderOf>[];
  readonly #decode: ReturnType<typeof decoderOf>;
  readonly #control: CallControl | undefined;
  readonly #asksLength: boolean;
  readonly #turn: Turn | undefined;
  readonly #forgets: boolean;

  constructor({ name, call, inputs, result, plain, anyCount, dates, callback }: FunctionRow) {
    this.name = name;
    this.count = inputs.length;
    this.plain = plain === true;
    this.hasCallback = callback === true;
    this.#call = call;
    this.#anyCount = anyCount === true;
    this.#encoders = inputs.map((kind) => encoderOf(kind, dates === true));
    this.#decode = decoderOf(result);
    this.#control = call === CALL.C_WaitForSlotEvent ? { accept: [CKR.NO_EVENT] } : undefined;
    this.#asksLength = result === 'bytes';
    this.isQuick = hasDirectCalls && inputs.join() === 'handle,bytes,output' && traceStart() === 0;
    this.#turn = turnOf(name);
    this.#forgets = FORGETS.has(name);
  }

  /** As `sync`, where `isQuick` and three arguments came; undefined where it takes the long way. */
  quick(library: Library, session: unknown, input: unknown, output: unknown): Uint8Array | undefined {
    return quickly(library, this.#call, this.#turn, session, input, output);
  }

  /** Makes the call on this thread, after those that run on its session. */
  sync(library: Library, given: readonly unknown[]): unknown {
    this.#expectCount(given.length, 0);
    const pending = pendingOf(library);
    const request = this.#request(library, given, pending);
    if (this.#turn !== undefined) return this.#syncInTurn(library, given, pending, request, this.#turn);
    const result = this.#callSync(library, request, pending);
    if (this.#forgets) this.#forget(library, given);
    return result;
  }

  /**
   * Makes the call on a thread of the engine. Throws for wrong arguments; everything else rejects. `more`: how many more arguments are counted, before and behind;
   * `check` comes before the call is made.
   */
  async(library: Library, given: readonly unknown[], more: number, check?: () => void): Promise<unknown> {
    this.#expectCount(given.length, more);
    const pending = pendingOf(library);
    const request = this.#request(library, given, pending);
    check?.();
    if (this.#turn !== undefined) return this.#asyncInTurn(library, given, pending, request, this.#turn);
    if (this.#forgets) this.#forget(library, given);
    return this.#send(library, request, pending);
  }

  #syncInTurn(library: Library, given: readonly unknown[], pending: Pending, request: RequestWriter, turn: Turn): unknown {
    const { turns } = library;
    const session = sessionOf(given);
    if (turn.place === 'begins') {
      const asked = askedOf(request);
      if (turns.joins(session, turn, asked, this.name)) return request.wipe();
      try {
        const result = this.#callSync(library, request, pending);
        turns.began(session, turn, asked);
        return result;
      } catch (error) {
        if (turns.keeps(session, turn, asked, error)) return undefined;
        throw error;
      }
    }
    const taken = turns.takes(session, turn, this.name);
    if (taken === undefined) return this.#callSync(library, request, pending);
    const once = taken === ACTIVE_ONE ? request : this.#recipe(library, given, pending, turn, taken, request);
    try {
      return this.#callSync(library, once, pending);
    } catch (failure) {
      const error = once === request ? failure : inWordsOfC(failure, this.name);
      turns.putBack(session, turn, taken, error);
      throw error;
    }
  }

  #asyncInTurn(library: Library, given: readonly unknown[], pending: Pending, request: RequestWriter, turn: Turn): Promise<unknown> {
    const { turns } = library;
    const session = sessionOf(given);
    if (turn.place === 'begins') {
      const asked = askedOf(request);
      if (turns.joins(session, turn, asked, this.name)) return Promise.resolve(request.wipe());
      const begun = turns.began(session, turn, undefined);
      return this.#send(library, request, pending).then((result) => {
        turns.settle(session, turn, begun, asked);
        return result;
      });
    }
    const taken = turns.takes(session, turn, this.name);
    if (taken === undefined) return this.#send(library, request, pending);
    const once = taken === ACTIVE_ONE ? request : this.#recipe(library, given, pending, turn, taken, request);
    return this.#send(library, once, pending).catch((failure: unknown) => {
      const error = once === request ? failure : inWordsOfC(failure, this.name);
      turns.putBack(session, turn, taken, error);
      throw error;
    });
  }

  #callSync(library: Library, request: RequestWriter, pending: Pending): unknown {
    return library.client.callSync(request, (reply) => this.#decode(reply, pending), this.#control);
  }

  #send(library: Library, request: RequestWriter, pending: Pending): Promise<unknown> {
    return library.client.send(request, this.#control, (reply) => this.#decode(reply, pending));
  }

  /** The Init function, as it was asked for, and this one in a single request, in the place of that of this one alone. */
  #recipe(library: Library, given: readonly unknown[], pending: Pending, turn: Turn, asked: Uint8Array, alone: RequestWriter): RequestWriter {
    alone.wipe();
    const request = library.client.request(turn.recipe).manners(MANNER.PATIENT).raw(asked);
    if (turn.recipe !== CALL.DigestOnce) request.contextPin(undefined);
    for (let index = 1; index < this.#encoders.length; index++) this.#encoders[index]!(request, given[index], index, pending);
    return request;
  }

  #forget({ turns }: Library, given: readonly unknown[]): void {
    turns.forget(this.#call === CALL.C_CloseSession ? sessionOf(given) : undefined);
  }

  #expectCount(received: number, more: number): void {
    if (received !== this.count && !this.#anyCount) throw wrongCount(this.count + more, received + more);
  }

  #request(library: Library, given: readonly unknown[], pending: Pending): RequestWriter {
    const request = library.client.request(this.#call).manners(EXACT_AND_PATIENT);
    const encoders = this.#encoders;
    if (this.#call === CALL.C_GetSlotList && given.length === 0) return request.bool(false);
    for (let index = 0; index < encoders.length; index++) encoders[index]!(request, given[index], index, pending);
    return this.#asksLength ? request.capacity(ASK_LENGTH) : request;
  }
}

/** The session, which is the first argument and has been checked. */
const sessionOf = ([handle]: readonly unknown[]): number => numberOf(handle instanceof Uint8Array ? handle : bytesOf(handle, 0));

/** The arguments as they are sent, where they can be compared. */
const askedOf = (request: RequestWriter): Uint8Array | undefined => (request.inline ? request.encodedSince(ARGUMENTS) : undefined);

function pendingOf({ size }: Library): Pending {
  return { size, given: undefined, target: undefined, room: 0, elements: undefined, list: undefined, parameter: undefined };
}
