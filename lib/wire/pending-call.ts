// A call on its way, as one promise: everything between the request and the reply that is read happens without a second one.

import { CALL } from '../generated/calls';
import { CKR } from '../constants';
import { Pkcs11Error } from '../errors';
import { defer, type Settling } from './deferred';
import { engineError } from './engine-errors';
import { copiedReply, replyInPlace } from './replies';
import { traceEnd } from './trace';
import type { ReplyReader } from './reader';
import type { Receiver } from './tickets';
import type { WrittenBackPlan } from './written-back';

type Explain = (reply: ReplyReader, call: number) => Error;

/** What counts as an answer, and how a failure is worded. */
export interface Judgement {
  readonly accept?: readonly number[] | undefined;
  readonly explain?: Explain | undefined;
}

/** Reads what is wanted out of a reply, at once: afterwards the reply is gone. */
export type Decode<T> = (reply: ReplyReader) => T;

// C_GetAttributeValue answers with values even when it returns one of these.
const PARTIAL: readonly number[] = [CKR.ATTRIBUTE_SENSITIVE, CKR.ATTRIBUTE_TYPE_INVALID];

/** Whether a reply is an answer and no failure; `accept`: return values that are, besides CKR_OK. */
export function succeeded(reply: ReplyReader, accept: readonly number[] | undefined): boolean {
  if (reply.rv === 0) return true;
  if (reply.fromEngine) return false;
  if (reply.functionIndex === CALL.C_GetAttributeValue && PARTIAL.includes(reply.rv)) return true;
  return accept?.includes(reply.rv) ?? false;
}

/** The error that a failed reply to `call` stands for. */
export function errorOf(reply: ReplyReader, call: number): Error {
  return reply.fromEngine ? engineError(reply.rv, reply.atEnd ? '' : reply.text(), call) : new Pkcs11Error(reply.rv, reply.functionName);
}

// The error is made when somebody waits for it already, so that its stack leads to the caller and not to the addon.
async function failure(reply: ReplyReader, call: number, explain: Explain = errorOf): Promise<never> {
  await undefined;
  throw explain(reply, call);
}

/** One call: the promise that its caller gets, and what becomes of the reply. */
export class PendingCall<T> implements Settling<T>, Receiver {
  promise!: Promise<T>;
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (reason: unknown) => void;
  readonly call: number;
  ticket = 0;
  started = 0;
  /** Ends the watch over signal and time limit. */
  unwatch: (() => void) | undefined;
  readonly #plan: WrittenBackPlan | undefined;
  readonly #judgement: Judgement | undefined;
  readonly #decode: Decode<T> | undefined;
  #givenUp = false;
  #late: ((reply: ReplyReader | undefined) => void) | undefined;

  /** Without `decode` the promise is one for the reader. */
  constructor(call: number, plan: WrittenBackPlan | undefined, judgement: Judgement | undefined, decode: Decode<T> | undefined) {
    defer(this);
    this.call = call;
    this.#plan = plan;
    this.#judgement = judgement;
    this.#decode = decode;
  }

  receive(slab: Uint8Array, start: number, end: number): void {
    this.unwatch?.();
    if (this.#givenUp) return this.#settleLate(slab, start, end);
    try {
      const decode = this.#decode;
      const reply = (decode === undefined ? copiedReply : replyInPlace)(slab, start, end, this.#plan);
      traceEnd(this.ticket, this.call, this.started, reply);
      if (succeeded(reply, this.#judgement?.accept)) this.resolve(decode === undefined ? (reply as T) : decode(reply));
      else this.#fail(decode === undefined ? reply : copiedReply(slab, start, end, undefined));
    } catch (error) {
      this.reject(error);
    }
  }

  // V8 follows these two from the failure to whoever awaits the promise; it would not follow a promise that it is resolved with.
  #fail(reply: ReplyReader): void {
    void failure(reply, this.call, this.#judgement?.explain).then(this.resolve, this.reject);
  }

  /** The caller waits no longer. */
  giveUp(reason: unknown): void {
    this.#givenUp = true;
    this.reject(reason);
  }

  /** When a call that was given up is over: its reply, if it succeeded after all. */
  late(): Promise<ReplyReader | undefined> {
    return new Promise((settle) => (this.#late = settle));
  }

  #settleLate(slab: Uint8Array, start: number, end: number): void {
    if (this.#late === undefined) return;
    const reply = copiedReply(slab, start, end, this.#plan);
    this.#late(reply.rv === 0 ? reply : undefined);
  }
}
