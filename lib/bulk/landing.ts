// What becomes of the items of a batch that is back: results, failures, and what goes once more.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { CryptokiError, Pkcs11Error } from '../errors';
import { ENGINE } from '../generated/calls';
import { mayBeDeviceLost, meaningOf, SUSPENDING, type Meaning } from '../recovery-codes';
import { ENGINE_ANSWERED, STATUS, type BatchReply, type ItemFailure } from '../wire/batch';
import { itemError } from './item-error';
import { NOT_HERE } from './slab';
import type { Patience } from '../patience';
import type { Portion, Supply } from './supply';
import type { Crew, Outlet, Work } from './work';
import type { Window } from './window';

/** Results that are made without looking at the clock, and milliseconds after which others have their turn. */
const STRIDE = 128;
const SLICE = 0.25;
/** An item goes once more after so many failures for reasons beyond itself: who drops all sessions now and then may hit the same one more than once. */
const MOST_FAILURES = 3;
/** And after so many times that it has taken too long. */
const MOST_GIVEN_UP = 1;
/** Batches in succession of which nothing came. */
const MOST_FRUITLESS = 10;

/** What every item would meet. */
const WORLD_IS_GONE: ReadonlySet<Meaning | undefined> = new Set<Meaning | undefined>(['token-lost', 'library-lost', 'login-lost', 'handle-stale']);

const suspends = ({ rv, functionIndex }: ItemFailure): boolean => functionIndex !== ENGINE_ANSWERED && SUSPENDING.includes(rv);

const isAbandoned = ({ rv, functionIndex }: ItemFailure): boolean => functionIndex === ENGINE_ANSWERED && rv === ENGINE.ABANDONED;

/** Whether it failed for a reason beyond itself. */
function isBeyond(error: unknown): boolean {
  const meaning = meaningOf(error);
  return meaning === undefined ? mayBeDeviceLost(error) : meaning !== 'session-limit';
}

/** An item that failed for a reason beyond itself, and might succeed the second time. */
interface Lost {
  readonly index: number;
  readonly error: Error;
  /** How often it may go once more. */
  readonly most: number;
}

/** The work as a whole, as its batches see it. */
export interface Course<Result> {
  readonly work: Work<Result>;
  readonly crew: Crew;
  readonly supply: Supply<Result>;
  /** Takes what is done; a failure may end the work. */
  readonly outlet: Outlet<Result>;
  readonly patience: Patience;
  readonly callTimeLimit: number | undefined;
  /** Results stay where they are, in the replies. */
  readonly lends: boolean;
  /** Nothing more is begun. */
  readonly stopped: boolean;
  /** Nobody wants the results any more. */
  readonly abandoned: boolean;
  /** Whether an item took too long in this session; otherwise it was given up with all others, by a recovery. */
  gaveUp(session: bigint): boolean;
  /** So many results have stayed where they are. */
  count(more: number): void;
  /** Nothing more can be done. */
  end(error: unknown): void;
  /** The sessions are suspected: others are to be had before the next batch. */
  dismiss(): void;
}

export class Landing<Result> {
  readonly #course: Course<Result>;
  #fruitless = 0;

  constructor(course: Course<Result>) {
    this.#course = course;
  }

  /** The sessions that rest because of what they met hear what becomes of them, whether or not anybody wants the results. */
  tellFates({ failures }: BatchReply): void {
    const { crew, work } = this.#course;
    // Whatever an item met can make its session rest: where the operation could not be ended, for one.
    const worst = new Map<bigint, ItemFailure>();
    for (const failure of failures.values()) if (suspends(failure) || !worst.has(failure.session)) worst.set(failure.session, failure);
    for (const [session, failure] of worst) crew.met(session, itemError(failure, work.operation, undefined));
  }

  /** Makes the results of a reply, and sees to what has failed. */
  async settle(portion: Portion, reply: BatchReply, generation: number): Promise<void> {
    const { work, outlet } = this.#course;
    const { window, from, to } = portion;
    const { bytes, outputs, stride, statuses } = reply;
    const notBegun: number[] = [];
    const lost: Lost[] = [];
    if (reply.count !== to - from) throw new CryptokiError('ERR_CRYPTOKI_INTERNAL', 'The reply to a batch is that of another one');
    if (reply.count > STRIDE) {
      // The next inputs have just been packed, and the other batch may have had its slice.
      await nextTurn();
      if (this.#course.abandoned) return;
    }
    let since = performance.now();
    // What goes once more has numbers that do not follow on each other.
    const stay = this.#course.lends && window.numbers === undefined;
    if (stay) outlet.adopt!({ first: window.number(from), bytes, start: outputs, stride, lengths: statuses });
    let stayed = 0;
    for (let item = 0; item < reply.count; item++) {
      const status = statuses[item]!;
      const index = from + item;
      if (status < STATUS.LONGER) {
        const at = outputs + item * stride;
        try {
          const placed = stay ? work.place!(bytes, at, status, stride, window, index) : -1;
          statuses[item] = placed < 0 ? NOT_HERE : placed;
          if (placed < 0) outlet.put(window.number(index), work.result(bytes, at, status, stride, window, index));
          else stayed++;
        } catch (error) {
          statuses[item] = NOT_HERE;
          outlet.fail(window.number(index), error);
        }
      } else if (status === STATUS.NOT_BEGUN) notBegun.push(index);
      else if (status === STATUS.LONGER) this.#long(window, index, reply.longer.get(item));
      else this.#refused(lost, window, index, reply.failures.get(item));
      if (item % STRIDE === STRIDE - 1 && performance.now() - since > SLICE) {
        await nextTurn();
        since = performance.now();
        if (this.#course.abandoned) return;
      }
    }
    this.#course.count(stayed);
    if (notBegun.length === reply.count) this.#fruitless++;
    else this.#fruitless = 0;
    if (lost.length > 0) await this.#mend(window, lost, generation);
    if (notBegun.length > 0 && !this.#course.stopped) this.#resume(window, notBegun);
    this.#course.supply.release(window, to - from);
  }

  /** An output that was longer than its place. */
  #long(window: Window, index: number, output: Uint8Array | undefined): void {
    const number = window.number(index);
    if (output === undefined)
      return this.#course.outlet.fail(number, new CryptokiError('ERR_CRYPTOKI_INTERNAL', 'The reply to a batch lacks an output'));
    this.#course.supply.learn(output.length);
    try {
      this.#course.outlet.put(number, this.#course.work.result(output.slice(), 0, output.length, output.length, window, index));
    } catch (error) {
      this.#course.outlet.fail(number, error);
    }
  }

  /** A failure: an answer, the item's own, or one for a reason beyond it. */
  #refused(lost: Lost[], window: Window, index: number, failure: ItemFailure | undefined): void {
    const { work, callTimeLimit } = this.#course;
    const number = window.number(index);
    if (failure === undefined)
      return this.#course.outlet.fail(number, new CryptokiError('ERR_CRYPTOKI_INTERNAL', 'The reply to a batch lacks a failure'));
    const answer = work.answer?.(failure, window, index);
    if (answer !== undefined) return this.#course.outlet.put(number, answer);
    const error = itemError(failure, work.operation, callTimeLimit);
    // A PIN that was refused must not be tried again.
    if (work.asksPin && Pkcs11Error.is(error) && error.call === 'C_Login') return this.#course.end(error);
    if (isAbandoned(failure)) {
      const tookTooLong = this.#course.gaveUp(failure.session);
      return void lost.push(tookTooLong ? { index, error, most: MOST_GIVEN_UP } : { index, error: lostWithToken(), most: MOST_FAILURES });
    }
    if (isBeyond(error)) return void lost.push({ index, error, most: MOST_FAILURES });
    this.#course.outlet.fail(number, error);
  }

  /** What failed for reasons beyond itself goes once more, when the world is whole again. */
  async #mend(window: Window, lost: readonly Lost[], generation: number): Promise<void> {
    const repeat: number[] = [];
    const verdicts = new Map<string, Promise<boolean>>();
    this.#course.dismiss();
    for (const { index, error, most } of lost) {
      const kind = `${(error as Pkcs11Error).code} ${(error as Pkcs11Error).call ?? ''}`;
      let verdict = verdicts.get(kind);
      if (verdict === undefined) verdicts.set(kind, (verdict = this.#mended(error, generation)));
      try {
        const mended = await verdict;
        if (mended && window.failures < most && !this.#course.stopped) repeat.push(index);
        else if (!mended && WORLD_IS_GONE.has(meaningOf(error))) this.#course.end(error);
        else if (!this.#course.abandoned) this.#course.outlet.fail(window.number(index), error);
      } catch (reason) {
        this.#course.end(reason);
      }
    }
    if (repeat.length > 0) this.#course.supply.again(window, repeat, true);
  }

  /** Whether the world is whole again. A call that was given up says nothing of the world. */
  async #mended(error: Error, generation: number): Promise<boolean> {
    const { crew, patience } = this.#course;
    return !isBeyond(error) || crew.recovery.mend(error, generation, patience.options);
  }

  /** Items that nobody has begun. */
  #resume(window: Window, indexes: readonly number[]): void {
    this.#course.dismiss();
    if (this.#fruitless < MOST_FRUITLESS) this.#course.supply.again(window, indexes, false);
    else this.#course.end(new CryptokiError('ERR_CRYPTOKI_CANCELLED', 'The work was taken back again and again before it began'));
  }

  /** The batch as a whole has failed: nothing of it has been done. */
  async failed({ window, from, to }: Portion, reason: unknown, generation: number): Promise<void> {
    if (this.#course.abandoned) return;
    const indexes = Array.from({ length: to - from }, (_, index) => from + index);
    let error = reason;
    try {
      if (isBeyond(error) && this.#fruitless++ < MOST_FRUITLESS) {
        if (await this.#course.crew.recovery.mend(error, generation, this.#course.patience.options)) {
          this.#resume(window, indexes);
          return this.#course.supply.release(window, to - from);
        }
      }
    } catch (more) {
      error = more;
    }
    if (this.#course.abandoned) return;
    // One that is too large to be sent at all, for example, says nothing of the others.
    if (to - from === 1 && !isBeyond(error) && !CryptokiError.is(error)) this.#course.outlet.fail(window.number(from), error);
    else this.#course.end(error);
  }
}

function lostWithToken(): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_UNAVAILABLE', 'The token was lost while the call was in it, and nobody knows what has become of it');
}
