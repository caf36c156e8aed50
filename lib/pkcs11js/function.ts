// One function of pkcs11js: its arguments become a request, its reply the result, on this thread or not.

import { CKR } from '../constants';
import { CALL, MANNER } from '../generated/calls';
import type { FunctionRow } from '../generated/pkcs11js-functions';
import type { CallControl } from '../wire/client';
import { ASK_LENGTH, type RequestWriter } from '../wire/writer';
import { wrongCount } from './checks';
import { encoderOf } from './inputs';
import type { Library } from './library';
import { decoderOf, type Pending } from './results';

const EXACT_AND_PATIENT = MANNER.EXACT | MANNER.PATIENT;

/** What makes the calls of one function. */
export class PreparedFunction {
  readonly name: string;
  /** How many arguments it takes. */
  readonly count: number;
  /** Its errors have the code in their message. */
  readonly plain: boolean;
  /** It has a form with a callback. */
  readonly hasCallback: boolean;
  readonly #call: number;
  readonly #anyCount: boolean;
  readonly #encoders: readonly ReturnType<typeof encoderOf>[];
  readonly #decode: ReturnType<typeof decoderOf>;
  readonly #control: CallControl | undefined;
  readonly #asksLength: boolean;

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
  }

  /** Makes the call on this thread, after those that run on its session. */
  sync(library: Library, given: readonly unknown[]): unknown {
    this.#expectCount(given.length, 0);
    const pending = pendingOf(library);
    const request = this.#request(library, given, pending);
    return library.client.callSync(request, (reply) => this.#decode(reply, pending), this.#control);
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
    return library.client.send(request, this.#control, (reply) => this.#decode(reply, pending));
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

function pendingOf({ size }: Library): Pending {
  return { size, given: undefined, target: undefined, room: 0, elements: undefined, list: undefined, parameter: undefined };
}
