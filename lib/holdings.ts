// The sessions of a token that are open: how they come and go, and how many there may be.

import { meaningOf } from './recovery-codes';
import { Tally } from './tally';
import type { CallOptions } from './options';
import type { Member } from './members';
import type { SessionDriver } from './lease';

/** Milliseconds for what is waited for and may never come: sessions that are being opened or closed in a library that hangs. */
export const PATIENCE = 5000;

/** Enough for the tokens measured; some count each session as a connection. */
export const MOST_SESSIONS = 64;

export class Holdings {
  readonly tally = new Tally();
  /** Stays open, for a login lives as long as any session does. */
  anchor: Member | undefined;
  /** No read-only session may be opened. */
  readWriteOnly = false;
  /** The anchor is being opened. */
  anchorOpening = false;
  readonly #driver: SessionDriver;
  readonly #all = new Map<bigint, Member>();
  #limit: number;
  #opening = 0;
  /** Sessions with a call that nobody waits for: they count with the token, not with us. */
  #away = 0;
  /** The token has refused a session while some were away. */
  #full = false;
  /** Ends the opening of sessions that nobody wants any more. */
  readonly #opener = new AbortController();
  /** Which world this is: sessions of an earlier one are no concern of ours. */
  #world = 0;

  constructor(driver: SessionDriver, limit: number) {
    this.#driver = driver;
    this.#limit = Math.max(1, Math.min(MOST_SESSIONS, limit));
  }

  get limit(): number {
    return this.#limit;
  }

  get size(): number {
    return this.#all.size;
  }

  get away(): number {
    return this.#away;
  }

  /** Some are being opened. */
  get opening(): boolean {
    return this.#opening > 0;
  }

  get hasRoom(): boolean {
    return this.#all.size + this.#opening < this.#limit && !this.#full;
  }

  get(session: bigint): Member | undefined {
    return this.#all.get(session);
  }

  list(): Member[] {
    return [...this.#all.values()];
  }

  has(member: Member): boolean {
    return this.#all.get(member.id) === member;
  }

  readonly isOrdinary = (member: Member): boolean => member !== this.anchor;

  /** Undefined: the session was opened in a world that is gone meanwhile. */
  async open(readWrite: boolean, mending: boolean, anchor = false): Promise<Member | undefined> {
    const world = this.#world;
    this.#opening++;
    if (anchor) this.anchorOpening = true;
    try {
      const opened = await this.#driver.open(readWrite || this.readWriteOnly, anchor, mending, this.#opener.signal);
      if (world !== this.#world) {
        void this.#driver.close(opened.id, true);
        return undefined;
      }
      const member: Member = { ...opened, place: 'lent', hanging: 0 };
      this.#all.set(member.id, member);
      // Sessions asked for at once can succeed after another one has met the limit.
      this.#limit = Math.max(this.#limit, this.#all.size);
      this.tally.open();
      if (anchor) this.anchor = member;
      return member;
    } catch (error) {
      if (world !== this.#world) return undefined;
      throw error;
    } finally {
      this.#opening--;
      if (anchor && world === this.#world) this.anchorOpening = false;
    }
  }

  /** Whether the token has said that it stands no further session, and has some of ours. */
  learnLimit(error: unknown): boolean {
    if (meaningOf(error) !== 'session-limit' || this.#all.size + this.#away === 0) return false;
    if (this.#away > 0) this.#full = true;
    else this.#limit = this.#all.size;
    return true;
  }

  /** Closes a session; it counts until the token has closed it. */
  async close(member: Member, tidiesUp: boolean): Promise<void> {
    const world = this.#world;
    await this.#driver.close(member.id, tidiesUp);
    if (world !== this.#world || !this.#all.delete(member.id)) return;
    this.tally.closed++;
    this.#full = false;
    if (member === this.anchor) this.anchor = undefined;
  }

  /** As `close`, while its place is kept for another. */
  async exchange(closing: Promise<void>): Promise<void> {
    this.#opening++;
    await closing.finally(() => this.#opening--);
  }

  /** A call runs in it that nobody waits for: it does not count any more, and is closed when the call ends. */
  async leaveBehind(member: Member): Promise<void> {
    this.#all.delete(member.id);
    this.#away++;
    this.tally.lose();
    await this.#driver.close(member.id, true);
    this.#away--;
    this.tally.closed++;
    this.#full = false;
  }

  /** Ends whatever is active in it. */
  reset(member: Member): Promise<void> {
    return this.#driver.reset(member.id);
  }

  /** No further session is wanted: not even those that are on their way. */
  endOpening(): void {
    this.#opener.abort();
  }

  /** All are presumed to be dead. Waits for those that are idle to be closed, though not for ever. */
  async abandon(isIdle: (member: Member) => boolean, options: CallOptions): Promise<void> {
    this.#world++;
    const old = this.list();
    this.#all.clear();
    this.anchor = undefined;
    this.anchorOpening = false;
    this.#full = false;
    this.tally.lose(old.length);
    const closings = old.map((member) => ({ member, closed: this.#closeOld(member) }));
    const idle = Promise.all(closings.filter(({ member }) => isIdle(member)).map((one) => one.closed));
    await settledWithin(idle, Math.min(PATIENCE, options.timeLimit ?? PATIENCE));
  }

  async #closeOld(member: Member): Promise<void> {
    await this.#driver.close(member.id, true);
    this.tally.closed++;
  }
}

/** Until the promise is settled, or so many milliseconds are over; by itself it keeps no process alive. */
async function settledWithin(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
    timer.unref();
  });
  await Promise.race([promise, over]);
  clearTimeout(timer);
}
