// One call for whichever session of a crew is free next, from its queueing to its end: given up, failed, repeated.

import { markRecovered } from './errors';
import { signalOf, throwIfAborted, timeLimitOf, watch, type CallOptions } from './options';
import { remaining } from './waiter';
import { ENGINE } from './generated/calls';
import { defer, type Settling } from './wire/deferred';
import { errorOf, succeeded, type Decode } from './wire/pending-call';
import { copiedReply, replyInPlace } from './wire/replies';
import { traceAbandoned, traceEnd } from './wire/trace';
import type { CrewPort } from './crew';
import type { ReplyReader } from './wire/reader';
import type { RequestWriter } from './wire/writer';
import type { Sent } from './wire/client';
import type { WrittenBackPlan } from './wire/written-back';

/** Writes a call; `session` may be that of a crew, `options` are the limits of the call. Asked anew where the call is repeated. */
export type Build = (session: bigint, options: CallOptions) => RequestWriter | Promise<RequestWriter>;

/** A call, and what is to be done when it is over: nobody will ask for it any more. */
export interface Job {
  build(session: bigint, options: CallOptions): RequestWriter | Promise<RequestWriter>;
  over?(): void;
}

export interface CrewCallOptions extends CallOptions {
  /** The call may be made a second time where its session or its token was lost. */
  readonly repeatable?: boolean | undefined;
  /** Return values, besides CKR_OK, that are answers and not failures. */
  readonly accept?: readonly number[] | undefined;
  /** For the recovery itself: everybody else waits for its end. */
  readonly mending?: boolean | undefined;
}

/** What a call needs of the pool. */
export interface Desk {
  readonly port: CrewPort;
  readonly crew: bigint;
  readonly generation: number;
  /** Calls may be queued now. */
  readonly admits: boolean;
  /** Why the queue has been emptied: undefined where everything begins anew. */
  readonly flushed: { readonly error: unknown } | undefined;
  /** Waits until calls may be queued. */
  admission(options: CrewCallOptions): Promise<void>;
  /** A call has been queued; a call to this crew has its answer. */
  queued(): void;
  answered(crew: bigint): void;
  /** A member has had an answer other than CKR_OK that is none the less one. */
  goesOn(session: bigint): void;
  /** A member has met this. */
  met(session: bigint, error: unknown): void;
  /** The call that runs in a member is waited for no longer. */
  writeOff(session: bigint): void;
  /** What has become of it where the pool was closed meanwhile. */
  closedBy(error: unknown): unknown;
  /** Whether the world is whole again after this. */
  mend(error: unknown, generation: number, options: CallOptions): Promise<boolean>;
  /** As a call in a session that is opened now. */
  fresh<T>(job: Job, decode: Decode<T> | undefined, options: CrewCallOptions): Promise<T>;
}

/** Where an answer that is not CKR_OK came about: it stands at its very end. 0n: in no session. */
function sessionOf(slab: Uint8Array, start: number, end: number): bigint {
  const reply = copiedReply(slab, start, end, undefined);
  if (reply.fromEngine) {
    reply.text();
    return reply.atEnd ? 0n : reply.u64();
  }
  return reply.atEnd ? 0n : new DataView(slab.buffer, slab.byteOffset).getBigUint64(end - 8, true);
}

export class CrewCall<T> implements Settling<T>, Sent {
  promise!: Promise<T>;
  resolve!: (value: T | PromiseLike<T>) => void;
  reject!: (reason: unknown) => void;
  ticket = 0;
  started = 0;
  readonly #desk: Desk;
  readonly #job: Job;
  readonly #decode: Decode<T> | undefined;
  readonly #options: CrewCallOptions;
  #unwatch: (() => void) | undefined;
  #since = 0;
  #call = 0;
  #plan: WrittenBackPlan | undefined;
  #generation = 0;
  #crew = 0n;
  /** In a queue, or in a member. */
  #sent = false;
  #again = false;
  #second: CrewCall<T> | undefined;
  #over = false;

  /** Without `decode` the promise is one for the reader of the reply. */
  constructor(desk: Desk, job: Job, decode: Decode<T> | undefined, options: CrewCallOptions) {
    defer(this);
    this.#desk = desk;
    this.#job = job;
    this.#decode = decode;
    this.#options = options;
  }

  /** Queues the call; what is wrong with it rejects the promise. */
  begin(): void {
    const { signal, timeLimit, mending } = this.#options;
    try {
      if (signal !== undefined) throwIfAborted(signalOf(this.#options));
      if (timeLimit !== undefined) {
        timeLimitOf(this.#options);
        this.#since = performance.now();
      }
      if (this.#desk.admits || mending === true) this.#queue();
      else void this.#queueLater();
      if ((signal !== undefined || timeLimit !== undefined) && !this.#over) this.#unwatch = watch(this.#options, (reason) => this.#giveUp(reason));
    } catch (error) {
      this.#end();
      this.reject(error);
    }
  }

  #queue(): void {
    const request = this.#job.build(this.#desk.crew, this.#options);
    if (request instanceof Promise) void this.#queueBuilt(request);
    else this.#send(request);
  }

  async #queueBuilt(building: Promise<RequestWriter>): Promise<void> {
    const { crew } = this.#desk;
    try {
      const request = await building;
      if (this.#over) return void request.wipe();
      if (this.#desk.admits && this.#desk.crew === crew) return this.#send(request);
      // It was written for a crew that is no more.
      request.wipe();
      await this.#queueLater();
    } catch (error) {
      this.#end();
      this.reject(error);
    }
  }

  async #queueLater(): Promise<void> {
    try {
      await this.#desk.admission({ ...remaining(this.#options, this.#since), mending: this.#options.mending });
      if (!this.#over) this.#queue();
    } catch (error) {
      this.#end();
      this.reject(error);
    }
  }

  #send(request: RequestWriter): void {
    this.#call = request.call;
    this.#plan = request.plan;
    this.#generation = this.#desk.generation;
    this.#crew = this.#desk.crew;
    this.#desk.port.start(request, this);
    this.#sent = true;
    this.#desk.queued();
  }

  receive(slab: Uint8Array, start: number, end: number): void {
    if (this.#sent) this.#desk.answered(this.#crew);
    this.#sent = false;
    try {
      const reply = replyInPlace(slab, start, end, this.#plan);
      traceEnd(this.ticket, this.#call, this.started, reply);
      if (reply.rv !== 0) return this.#other(slab, start, end);
      if (this.#over) return;
      this.#end();
      const decode = this.#decode;
      this.resolve(decode === undefined ? (copiedReply(slab, start, end, this.#plan) as T) : decode(reply));
    } catch (error) {
      this.#end();
      this.reject(error);
    }
  }

  #end(): void {
    this.#over = true;
    this.#unwatch?.();
    this.#job.over?.();
  }

  /** Whatever is not CKR_OK, with the session in which it happened. */
  #other(slab: Uint8Array, start: number, end: number): void {
    const session = sessionOf(slab, start, end);
    const reply = copiedReply(slab, start, end, this.#plan);
    if (succeeded(reply, this.#options.accept)) {
      this.#desk.goesOn(session);
      if (this.#over) return;
      this.#end();
      return this.resolve(this.#decode === undefined ? (reply as T) : this.#decode(reply));
    }
    // V8 follows these two from the failure to whoever awaits the promise; it would not follow a promise that it is resolved with.
    void this.#failed(reply, session)
      .finally(() => this.#end())
      .then(this.resolve, this.reject);
  }

  async #failed(reply: ReplyReader, session: bigint): Promise<T> {
    await undefined;
    const { flushed } = this.#desk;
    const cancelled = reply.fromEngine && reply.rv === ENGINE.CANCELLED;
    // Nothing was done: the queue was emptied, because no session could be opened, or because all is made anew.
    if (cancelled && !this.#over && flushed === undefined) return this.#repeat(false);
    const error = cancelled && flushed !== undefined ? flushed.error : errorOf(reply, this.#call);
    this.#desk.met(session, error);
    if (this.#over) throw error;
    const closed = this.#desk.closedBy(error);
    if (closed !== undefined) throw closed;
    const { mending, repeatable } = this.#options;
    if (mending === true || this.#again) throw error;
    const generation = this.#generation;
    if (!(await this.#desk.mend(error, generation, remaining(this.#options, this.#since)))) throw error;
    const anew = generation !== this.#desk.generation;
    if (repeatable !== true && !cancelled) throw anew ? markRecovered(error) : error;
    this.#again = true;
    return this.#repeat(!anew && !cancelled);
  }

  /** Once more: in the crew, or in a session of its own where those of the crew are suspected to be lost. */
  #repeat(fresh: boolean): Promise<T> {
    const left = { ...this.#options, ...remaining(this.#options, this.#since) };
    if (fresh) return this.#desk.fresh(this.#job, this.#decode, left);
    const call = new CrewCall(this.#desk, this.#job, this.#decode, left);
    call.#again = this.#again;
    this.#second = call;
    call.begin();
    return call.promise;
  }

  #giveUp(reason: unknown): void {
    if (this.#over) return;
    if (this.#second !== undefined) this.#second.#giveUp(reason);
    this.#end();
    if (this.#sent) {
      const where = this.#desk.port.cancel(this.ticket);
      traceAbandoned(this.ticket, this.#call, where > 0);
      if (where > 0) {
        this.#sent = false;
        this.#desk.answered(this.#crew);
        this.#desk.port.unref(this.ticket);
        this.#desk.writeOff(BigInt(where));
      }
    }
    this.reject(reason);
  }
}
