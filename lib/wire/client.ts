// The only user of the addon: sends requests, hands replies to their callers, gives up on those that nobody waits for any more.

import { integer, string, wrongValue } from '../arguments';
import { CryptokiError } from '../errors';
import { CALL, CALL_NAMES, ENGINE } from '../generated/calls';
import { loadFailure } from '../load-failure';
import { CallMeter } from '../stats';
import { throwIfAborted, signalOf, timeLimitOf, watch, type CallOptions } from '../options';
import { loadBinding, replyPlace, type Binding, type ModuleRef } from './binding';
import { errorOf, PendingCall, succeeded, type Decode } from './pending-call';
import { ReplyReader } from './reader';
import { fillsSlab, Tickets, type Receiver } from './tickets';
import { traceAbandoned, traceEnd, traceStart } from './trace';
import { RequestWriter } from './writer';

export type { CallOptions } from '../options';

/** How a call is made, besides its arguments. */
export interface CallControl extends CallOptions {
  /** Return values, besides CKR_OK, that are answers and not failures: the reply then comes as usual, with that `rv`. */
  readonly accept?: readonly number[] | undefined;
  /**
   * Called at once when the promise rejects although the call still runs. Its lane is busy until `settled` resolves: to the reply of a call that succeeded after
   * all (a session was opened, an object was made), or undefined.
   */
  readonly onLate?: ((settled: Promise<ReplyReader | undefined>) => void) | undefined;
  /** Words the failure of a reply; the usual way without. */
  readonly explain?: ((reply: ReplyReader) => Error) | undefined;
  /** The process need not stay alive for this call: its end does the same. */
  readonly tidiesUp?: boolean | undefined;
}

/** Who waits for a reply, with what the client notes about the call. */
export interface Sent extends Receiver {
  ticket: number;
  /** For the trace: 0 where there is none. */
  started: number;
}

/** A call that may be stopped on its way: a batch. */
export interface Begun {
  /** What the engine knows it by. */
  readonly ticket: number;
  /** The reply as it came; rejects as `Client.call` does. */
  readonly reply: Promise<Uint8Array>;
  /** Nothing more of it is begun. The reply comes all the same, when what runs has ended. Where it only `tidiesUp`, the process need not stay alive for that. */
  stop(tidiesUp?: boolean): void;
}

/** What is known of a loaded library. */
export interface LoadedLibrary {
  /** Version of the interface it offers: its function list, not what C_GetInfo says. */
  readonly version: { readonly major: number; readonly minor: number };
  /** Bytes in a CK_ULONG on this platform. */
  readonly ulongSize: number;
  /** Flags of its interface: CKF_INTERFACE_FORK_SAFE. */
  readonly interfaceFlags: number;
  /** Where the file really is. */
  readonly realPath: string;
  /** The functions it has: some lists carry NULL entries. */
  readonly functions: ReadonlySet<string>;
}

const DEFAULT_THREADS = 64;
const MOST_THREADS = 512;
// As they are now: who replaces them with clocks of their own, as tests do, does not mean ours.
const afterThis = queueMicrotask;
const nextTurn = setImmediate;
/** So many calls are held before somebody is woken for them. */
const MOST_HELD = 32;
/** Milliseconds that a call has for coming back when its library is to be finalised: as many as at the end of the process. */
const GRACE = 1000;
/** More calls than this that were given up are looked through. */
const MOST_LEFT = 256;

/** Whether the promise is settled in so many milliseconds; rejects where it does. */
async function within(time: number, promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, time, false)));
  return Promise.race([settled, over]).finally(() => clearTimeout(timer));
}

// The addon's `start` is called once per environment, whatever the number of libraries.
const ticketsByBinding = new WeakMap<Binding, Tickets>();

function ticketsOf(binding: Binding): Tickets {
  let tickets = ticketsByBinding.get(binding);
  if (tickets === undefined) {
    tickets = new Tickets(0, (more) => binding.collect(more));
    binding.start(tickets.deliver.bind(tickets), (resume) => void nextTurn(resume));
    ticketsByBinding.set(binding, tickets);
  }
  return tickets;
}

/** One user of one library in this JavaScript environment. */
export class Client {
  /** As it was given. */
  readonly path: string;
  /** Most calls that run at once. */
  readonly threads: number;
  /** The user of the library itself: of all that count their calls apart the same one. */
  readonly whole: Client;
  /** Calls that ran when nobody waited for them any more, and in which session; some have come back since. */
  readonly #left = new Map<number, number>();
  readonly #meter: CallMeter;
  readonly #binding: Binding;
  readonly #ref: ModuleRef;
  readonly #tickets: Tickets;
  #spare: RequestWriter | undefined = new RequestWriter();
  #library: LoadedLibrary | undefined;
  #ofThisTurn = 0;
  readonly #wake = (): void => {
    const held = this.#ofThisTurn > 1;
    this.#ofThisTurn = 0;
    if (held) this.#binding.wake(this.#ref);
  };

  /** `binding` is for tests that stand in for the addon. */
  constructor(path: string, options: { threads?: number | undefined; binding?: Binding; whole?: Client; meter?: CallMeter } = {}) {
    this.#meter = options.meter ?? new CallMeter(undefined);
    const { whole } = options;
    this.whole = whole ?? this;
    if (whole !== undefined) {
      this.path = whole.path;
      this.threads = whole.threads;
      this.#binding = whole.#binding;
      this.#tickets = whole.#tickets;
      this.#ref = whole.#ref;
      this.#library = whole.#library;
      return;
    }
    this.path = checkPath(path);
    this.threads = options.threads === undefined ? DEFAULT_THREADS : integer(options.threads, 'options.threads', 1, MOST_THREADS);
    this.#binding = options.binding ?? loadBinding();
    this.#tickets = ticketsOf(this.#binding);
    this.#ref = this.#binding.module(this.path, { threads: this.threads });
  }

  /** The same user of the library; `meter` counts the calls that are made through this. */
  counted(meter: CallMeter): Client {
    return new Client(this.path, { whole: this.whole, meter });
  }

  /** The library's facts; an error before `load`. */
  get library(): LoadedLibrary {
    if (this.#library === undefined) throw new CryptokiError('ERR_CRYPTOKI_NOT_LOADED');
    return this.#library;
  }

  /** Whether the library has this function. It may still answer CKR_FUNCTION_NOT_SUPPORTED. */
  supports(functionName: string): boolean {
    return this.library.functions.has(functionName);
  }

  /** Loads the library, on a thread of the engine. */
  async load(control?: CallControl): Promise<LoadedLibrary> {
    if (control !== undefined) checkControl(control);
    const reply = await this.call(this.request(CALL.Load), { ...control, explain: (failed) => this.#loadError(failed) });
    return this.#learn(reply);
  }

  /** As `load`, on this thread. */
  loadSync(): LoadedLibrary {
    return this.callSync(this.request(CALL.Load), (reply) => this.#learn(reply), { explain: (failed) => this.#loadError(failed) });
  }

  #learn(reply: ReplyReader): LoadedLibrary {
    const version = { major: reply.u8(), minor: reply.u8() };
    const ulongSize = reply.u8();
    const interfaceFlags = reply.u8();
    const realPath = reply.text();
    const bits = reply.bytes();
    const functions = new Set(CALL_NAMES.filter((_name, index) => ((bits[index >> 3] ?? 0) >> (index & 7)) & 1));
    this.#library = { version, ulongSize, interfaceFlags, realPath: realPath === '' ? this.path : realPath, functions };
    return this.#library;
  }

  /**
   * Ends this use of the library. Whoever else waits has been told by the time that this is done: a failure takes a little longer to be told than a success. Calls
   * that were given up and do not come back are waited for no longer than a second: then the library is finalised when they do, or never.
   */
  async finalize(accept: readonly number[] = []): Promise<void> {
    const pending = new PendingCall<ReplyReader>(CALL.C_Finalize, undefined, { accept }, undefined);
    this.start(this.request(CALL.C_Finalize), pending);
    for (let waits = this.#waitsForLeft; ; waits = this.#waitsForLeft) {
      if (await within(GRACE, pending.promise)) break;
      // One may have been given up since.
      if (!waits || !this.#waitsForLeft) continue;
      pending.promise.catch(() => undefined);
      return this.unref(pending.ticket);
    }
    await new Promise((resolve) => nextTurn(resolve));
  }

  /** Whether calls that were given up are still on their way. */
  get #waitsForLeft(): boolean {
    const left = this.whole.#left;
    for (const ticket of left.keys()) if (!this.#tickets.isPending(ticket)) left.delete(ticket);
    return left.size > 0;
  }

  /** Whether a call that was given up still runs in this session, besides the one with this ticket. */
  isLeftIn(session: bigint, besides: number): boolean {
    for (const [ticket, where] of this.whole.#left) {
      if (ticket !== besides && where === Number(session) && this.#tickets.isPending(ticket)) return true;
    }
    return false;
  }

  #loadError(reply: ReplyReader): Error {
    if (!reply.fromEngine) return errorOf(reply, CALL.Load);
    if (reply.rv === ENGINE.LOAD_FAILED || reply.rv === ENGINE.NO_ENTRY_POINT || reply.rv === ENGINE.LIST_INVALID) {
      return loadFailure(reply.rv, this.path, reply.atEnd ? '' : reply.text());
    }
    return errorOf(reply, CALL.Load);
  }

  /**
   * An empty request, to be filled and given to `call`. The memory of the last one is used again; a request that is made while another is being filled (by a
   * getter among the arguments) gets its own.
   */
  request(call: number): RequestWriter {
    const writer = this.#spare ?? new RequestWriter();
    this.#spare = undefined;
    return writer.begin(call);
  }

  /** As `request`, with the first part of the frame as it was written once before. */
  prepared(call: number, frame: Uint8Array): RequestWriter {
    const writer = this.#spare ?? new RequestWriter();
    this.#spare = undefined;
    return writer.beginAgain(call, frame);
  }

  /** Makes the call. Rejects with a Pkcs11Error or CryptokiError when it fails, with the signal's reason, or with ERR_CRYPTOKI_TIMEOUT. */
  call(request: RequestWriter, control?: CallControl): Promise<ReplyReader> {
    return this.send(request, control, undefined);
  }

  /** As `call`, for what `decode` reads out of the reply. */
  send<T>(request: RequestWriter, control: CallControl | undefined, decode: Decode<T> | undefined): Promise<T> {
    try {
      if (control !== undefined) checkControl(control);
      const pending = new PendingCall<T>(request.call, request.plan, control, decode);
      this.start(request, pending);
      if (control !== undefined) this.#watch(pending, control);
      return pending.promise;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #watch<T>(pending: PendingCall<T>, control: CallControl): void {
    const { ticket } = pending;
    if (control.tidiesUp === true) this.unref(ticket);
    pending.unwatch = watch(control, (reason) => {
      const running = this.cancel(ticket) !== -1;
      traceAbandoned(ticket, pending.call, running);
      if (running && control.onLate !== undefined) control.onLate(pending.late());
      pending.giveUp(reason);
    });
  }

  /** Sends a request on its way: `receiver` gets the reply, never before this returns. Throws where nothing was sent. */
  start(request: RequestWriter, receiver: Sent): void {
    const { frame, length, payload } = request.finish();
    receiver.started = traceStart();
    const ticket = this.#tickets.open(receiver, request.call, this.#meter, this.#ofThisTurn % MOST_HELD === 0);
    receiver.ticket = ticket;
    try {
      this.#binding.submit(this.#ref, ticket, frame, length, payload, this.#held());
    } catch (error) {
      this.#tickets.drop(ticket);
      throw error;
    } finally {
      this.#recycle(request);
    }
  }

  /** Takes a call out of its queue: −1. Otherwise the id of the session in which it runs; 0 when it has ended, or runs in none. */
  cancel(ticket: number): number {
    const where = this.#binding.cancel(this.#ref, ticket);
    const left = this.whole.#left;
    if (where !== -1) left.set(ticket, where);
    if (left.size > MOST_LEFT) void this.#waitsForLeft;
    return where;
  }

  /** The process need not stay alive for this call. */
  unref(ticket: number): void {
    this.#binding.unref(this.#ref, ticket);
  }

  /**
   * Makes the call on this thread, and answers what `read` makes of the reply, which is gone afterwards. Throws ERR_CRYPTOKI_BUSY where the call would have to
   * wait, and is not patient.
   */
  callSync<T>(request: RequestWriter, read: (reply: ReplyReader) => T, control?: CallControl): T {
    const { frame, length, payload, plan } = request.finish();
    const call = request.call;
    const started = traceStart();
    let end = 0;
    try {
      const answer =
        payload === undefined ? this.#binding.callSync(this.#ref, frame, length) : this.#binding.callSync(this.#ref, frame, length, payload);
      const inside = typeof answer === 'number';
      const start = replyPlace(length);
      if (inside) end = start + answer;
      const reply = inside ? new ReplyReader(frame, plan, start, answer) : new ReplyReader(answer, plan);
      traceEnd(0, call, started, reply);
      if (!succeeded(reply, control?.accept)) throw (control?.explain ?? errorOf)(reply, call);
      return read(reply);
    } finally {
      this.#recycle(request, end);
    }
  }

  /** For `DirectCalls`: a function that makes the call on this thread whose request stands in this frame, as `Binding.direct` says. */
  direct(frame: Uint8Array): () => Uint8Array | undefined {
    return this.#binding.direct(this.#ref, frame);
  }

  /** Makes a call that may be stopped. */
  begin(request: RequestWriter): Begun {
    const call = request.call;
    let arrive: (reply: Uint8Array) => void;
    const arrived = new Promise<Uint8Array>((resolve) => (arrive = resolve));
    let running = true;
    const sent: Sent = {
      ticket: 0,
      started: 0,
      receive: (slab, start, end) => {
        running = false;
        const stays = fillsSlab(slab, start, end);
        const bytes = stays ? slab.subarray(start, end) : slab.slice(start, end);
        traceEnd(sent.ticket, call, sent.started, new ReplyReader(bytes));
        arrive(bytes);
        return stays;
      },
    };
    this.start(request, sent);
    return {
      ticket: sent.ticket,
      reply: arrived.then((bytes) => {
        const reply = new ReplyReader(bytes);
        if (reply.rv !== 0) throw errorOf(reply, call);
        return bytes;
      }),
      stop: (tidiesUp = false) => {
        if (!running) return;
        this.cancel(sent.ticket);
        if (tidiesUp) this.unref(sent.ticket);
      },
    };
  }

  /**
   * Whether a call waits for those that are made right after it. To wake a thread costs more than all the rest of a short call: the first call of a turn wakes
   * one, which takes the others as they come; what it has left behind by the end of the turn wakes another.
   */
  #held(): boolean {
    if (this.#ofThisTurn === 0) afterThis(this.#wake);
    return this.#ofThisTurn++ % MOST_HELD !== 0;
  }

  #recycle(request: RequestWriter, end?: number): void {
    request.wipe(end);
    this.#spare = request;
  }
}

/** What Windows allows, which allows most: behind that the loader of glibc, which keeps names on its stack, ends the process. */
const LONGEST_PATH = 32_767;

function checkPath(path: unknown): string {
  const checked = string(path, 'path');
  if (checked === '') throw wrongValue('path', 'must name the file of a Cryptoki library. Received an empty string');
  if (checked.includes('\0')) throw wrongValue('path', 'must not contain a NUL character');
  if (checked.length > LONGEST_PATH) throw wrongValue('path', `must not be longer than ${LONGEST_PATH} characters, as no path is`);
  return checked;
}

function checkControl(control: CallControl): void {
  const signal = signalOf(control);
  timeLimitOf(control);
  throwIfAborted(signal);
}
