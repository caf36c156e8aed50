// Bulk work: two batches on their way at any time, so that the threads of the token never wait for JavaScript.

import { onAbort } from '../abort';
import { CryptokiError } from '../errors';
import { CALL } from '../generated/calls';
import { SUSPENDING } from '../recovery-codes';
import { BatchReply, writeBatch } from '../wire/batch';
import { itemError } from './item-error';
import { Landing, type Course } from './landing';
import { Pace } from './pace';
import { Supply, type Portion } from './supply';
import type { Begun, Client } from '../wire/client';
import type { KeyPin } from '../key-pin';
import type { Patience } from '../patience';
import type { Intake } from './intake';
import type { Progress } from './progress';
import type { Page } from './slab';
import type { Crew, Outlet, Work } from './work';
import type { Windows } from './window';

const IN_FLIGHT = 2;
/** Milliseconds that items still have when nobody waits for them any more, before their sessions are given up. */
const GRACE = 1000;

export interface BulkParts<Result> {
  readonly client: Client;
  readonly crew: Crew;
  readonly work: Work<Result>;
  readonly windows: Windows;
  readonly intake: Intake;
  readonly outlet: Outlet<Result>;
  readonly patience: Patience;
  readonly progress: Progress;
  /** Most sessions at once. */
  readonly concurrency: number;
  /** Milliseconds for each item in the token. */
  readonly callTimeLimit: number | undefined;
  /** Begin nothing more after the first failure. */
  readonly stopAtFailure: boolean;
}

/** What ended the work before its end. */
export interface Cause {
  readonly error: unknown;
}

export class Bulk<Result> implements Course<Result> {
  readonly crew: Crew;
  readonly work: Work<Result>;
  readonly outlet: Outlet<Result>;
  readonly supply: Supply<Result>;
  readonly patience: Patience;
  readonly callTimeLimit: number | undefined;
  readonly lends: boolean;
  readonly #client: Client;
  readonly #progress: Progress;
  readonly #concurrency: number;
  readonly #pace: Pace;
  readonly #landing: Landing<Result>;
  readonly #begun = new Set<Begun>();
  #inFlight = 0;
  /** As `#inFlight`, until the results have been made. */
  #busy = 0;
  #stopped = false;
  #abandoned = false;
  #fatal: Cause | undefined;
  /** What a function of the caller's threw. */
  #thrown: Cause | undefined;
  #pin: KeyPin | undefined;
  #staff: Promise<() => void> | undefined;
  /** There is a session. */
  #staffed = false;
  /** Sessions that were given up with the item they had. */
  readonly #givenUp = new Set<bigint>();
  /** Sees to items that hang when nobody wants the results any more. */
  #farewell: NodeJS.Timeout | undefined;
  #notify: (() => void) | undefined;

  constructor(parts: BulkParts<Result>) {
    const { outlet, progress } = parts;
    this.crew = parts.crew;
    this.work = parts.work;
    this.patience = parts.patience;
    this.callTimeLimit = parts.callTimeLimit;
    this.#client = parts.client;
    this.#progress = progress;
    this.#concurrency = parts.concurrency;
    this.#pace = new Pace(parts.concurrency);
    this.lends = outlet.adopt !== undefined && parts.work.place !== undefined;
    this.outlet = {
      ...(this.lends && { adopt: (page: Page) => outlet.adopt!(page) }),
      put: (number, result) => {
        progress.done++;
        outlet.put(number, result);
      },
      fail: (number, error) => {
        progress.failed++;
        outlet.fail(number, error);
        if (parts.stopAtFailure) this.stop();
      },
    };
    this.supply = new Supply(parts.work, parts.windows, parts.intake, this.outlet);
    this.supply.onReady = () => this.#changed();
    this.#landing = new Landing(this);
  }

  count(more: number): void {
    this.#progress.done += more;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  /**
   * Does all of it; the results and failures of the items go to the outlet. Resolves to the cause where the rest could not be done any more. Rejects with what the
   * source threw, and at the end of patience, at once: what runs then is seen to behind the caller's back.
   */
  async run(): Promise<Cause | undefined> {
    const { signal } = this.patience.options;
    const unwatch = signal === undefined ? undefined : onAbort(signal, () => this.abandon());
    try {
      await this.patience.orEnd(this.#main());
    } finally {
      unwatch?.();
    }
    const thrown = this.supply.failure ?? this.#thrown;
    if (thrown !== undefined) throw thrown.error;
    return this.#fatal;
  }

  /** Begins nothing more. What runs comes to its end. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const begun of this.#begun) begun.stop();
    this.#changed();
  }

  gaveUp(session: bigint): boolean {
    return this.#givenUp.has(session);
  }

  /** Nobody wants the results any more. */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.#stopped = true;
    for (const begun of this.#begun) begun.stop(true);
    this.#changed();
    if (this.#begun.size === 0) return;
    // An item has the time from the first look on.
    this.#giveUp(GRACE);
    this.#farewell = setInterval(() => this.#giveUp(GRACE), GRACE / 4).unref();
  }

  end(error: unknown): void {
    this.#fatal ??= { error };
    this.stop();
  }

  dismiss(): void {
    void this.#staff?.then(
      (dismiss) => dismiss(),
      () => undefined,
    );
    this.#staff = undefined;
    this.#staffed = false;
  }

  /** Those that take longer go on without us. */
  #giveUp(milliseconds: number): void {
    try {
      const stuck = [...this.#begun].flatMap(({ ticket }) => this.crew.stuck(milliseconds, ticket));
      if (stuck.length === 0) return;
      for (const session of stuck) {
        this.#givenUp.add(session);
        this.crew.writeOff(session);
      }
      // It may have been the only session the token stands: what waits for another one comes back, and asks whether there is one.
      for (const begun of this.#begun) begun.stop();
    } catch (error) {
      // Called by a timer, which has nobody to throw to.
      this.end(error);
    }
  }

  async #main(): Promise<void> {
    const { callTimeLimit } = this;
    const watch = callTimeLimit === undefined ? undefined : setInterval(() => this.#giveUp(callTimeLimit), Math.ceil(callTimeLimit / 4));
    try {
      for (;;) {
        this.#launch();
        if (this.#over) break;
        // Nobody takes results, or nothing comes: others may have the sessions meanwhile.
        if (this.#busy === 0) this.dismiss();
        await new Promise<void>((resolve) => (this.#notify = resolve));
      }
      if (!this.#abandoned) this.#tell(() => this.#progress.end());
    } finally {
      clearInterval(watch);
      clearInterval(this.#farewell);
      this.dismiss();
      this.supply.close();
      this.#pin?.end();
    }
  }

  get #over(): boolean {
    if (this.#busy > 0 || this.supply.busy) return false;
    return this.#stopped || this.supply.over;
  }

  #changed(): void {
    this.#notify?.();
    this.#notify = undefined;
  }

  #launch(): void {
    const { asksPin } = this.work;
    // Sessions beyond those that were asked for, and the one that the login lives in, would take the second batch at once.
    const many = this.crew.size > this.#concurrency + 1;
    while (!this.#stopped && this.#inFlight < (asksPin || many ? 1 : IN_FLIGHT)) {
      const portion = this.supply.take(asksPin ? 1 : this.#pace.items);
      if (portion === undefined) return;
      this.#inFlight++;
      this.#busy++;
      void this.#fly(portion);
    }
  }

  /** One batch from its beginning to the end of its results. Never rejects. */
  async #fly(portion: Portion): Promise<void> {
    const { asksPin } = this.work;
    const { recovery } = this.crew;
    let { generation } = recovery;
    let landed = false;
    try {
      if (!recovery.ready || !this.#staffed) await this.#prepare();
      ({ generation } = recovery);
      const bytes = this.#stopped ? undefined : await (asksPin ? this.#sendWithPin(portion) : this.#send(portion, undefined));
      if (bytes === undefined) return;
      // A PIN that is wrong must not be tried twice: the next item waits for what comes of this one.
      if (!asksPin) {
        this.#inFlight--;
        landed = true;
        this.#launch();
      }
      const reply = new BatchReply(bytes);
      this.#landing.tellFates(reply);
      if (!this.#abandoned) await this.#landing.settle(portion, reply, generation);
      this.#tell(() => this.#progress.update());
      if (!this.lends || this.#abandoned) bytes.fill(0);
      if (!this.#stopped) this.supply.ahead();
    } catch (error) {
      await this.#landing.failed(portion, error, generation);
    } finally {
      if (!landed) this.#inFlight--;
      this.#busy--;
      this.#changed();
    }
  }

  /** Until the token is there, and a session of it. */
  async #prepare(): Promise<void> {
    const { recovery } = this.crew;
    const { options } = this.patience;
    if (!recovery.ready) await recovery.wait(options);
    const staff = (this.#staff ??= this.crew.staff(this.#concurrency, options));
    try {
      await this.#first(staff);
      this.#staffed = this.#staff === staff;
    } catch (error) {
      // It may come all the same, when nobody waits for it any more.
      if (this.#staff === staff) this.dismiss();
      throw error;
    }
  }

  /** Beside a call that hangs some tokens stand no further session: nobody gets one before it comes back. */
  async #first(staff: Promise<unknown>): Promise<void> {
    const { callTimeLimit } = this;
    if (this.#givenUp.size === 0 || callTimeLimit === undefined) return void (await staff);
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(noSession(callTimeLimit)), callTimeLimit)));
    await Promise.race([staff, over]).finally(() => clearTimeout(timer));
  }

  #sendWithPin(portion: Portion): Promise<Uint8Array> {
    const { work } = this;
    const pin = (this.#pin ??= work.pin!());
    const failureOf = (bytes: Uint8Array): Error | undefined => {
      const [failure] = new BatchReply(bytes).failures.values();
      return failure && itemError(failure, work.operation, this.callTimeLimit);
    };
    return pin.use(this.patience.options, (one) => this.#send(portion, one), failureOf);
  }

  async #send({ window, from, to, capacity }: Portion, pin: Uint8Array | null | undefined): Promise<Uint8Array> {
    const { work } = this;
    const { operation } = work;
    const { signal } = this.patience.options;
    // To look for a lost key again may hang as well.
    const known = work.handle({ signal, timeLimit: this.callTimeLimit });
    const key = typeof known === 'bigint' ? known : await known;
    const mechanismOf = (index: number) => work.mechanismFor!(window.number(index), window.inputs.lengthOf(index));
    const request = writeBatch(this.#client.request(CALL.Batch), {
      crew: this.crew.crew,
      operation,
      members: this.#concurrency,
      key,
      pin,
      capacity,
      suspending: SUSPENDING,
      mechanism: work.mechanism ?? Array.from({ length: to - from }, (_, item) => mechanismOf(from + item)),
      count: to - from,
      data: window.inputs.packed(from, to),
      signatures: operation === 'verify' ? window.signatures?.packed(from, to) : undefined,
    });
    const began = performance.now();
    const begun = this.#client.begin(request);
    this.#begun.add(begun);
    try {
      const reply = await begun.reply;
      this.#pace.landed(to - from, began);
      return reply;
    } finally {
      this.#begun.delete(begun);
    }
  }

  /** Calls what the caller gave. */
  #tell(report: () => void): void {
    try {
      report();
    } catch (error) {
      this.#thrown ??= { error };
      this.stop();
    }
  }
}

function noSession(limit: number): CryptokiError {
  const message = `A call hangs in the token, and no other session could be had within ${limit} ms: what is left can be done when it has come back, or by another process`;
  return new CryptokiError('ERR_CRYPTOKI_TIMEOUT', message);
}
