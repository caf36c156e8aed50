// Sessions in use, and what becomes of them after it: each goes on, is ended, reset or written off.

import { fateOf, type Fate } from './fate';
import type { Member } from './members';
import type { Roster } from './roster';

export class Returns {
  readonly #roster: Roster;
  #outstanding = 0;

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** Sessions that are lent, or on their way back. */
  get outstanding(): number {
    return this.#outstanding;
  }

  lent(member: Member): void {
    member.place = 'lent';
    this.#outstanding++;
  }

  givenBack(member: Member, fate: Fate | 'written off'): void {
    if (!this.#roster.holdings.has(member)) this.#outstanding--;
    else if (fate === 'written off') this.writeOff(member.id);
    else this.#takeBack(member, fate);
  }

  /** What becomes of a session that has met `error`. */
  fate(member: Member, error: unknown): Fate {
    const { anchor, holdings } = this.#roster;
    const fate = fateOf(error, member === anchor);
    return fate === 'keep' && holdings.readWriteOnly && !member.readWrite ? 'end' : fate;
  }

  /** A member has had an answer that is none the less one. */
  goesOn(session: bigint): void {
    const member = this.#roster.holdings.get(session);
    if (member?.place === 'crew') this.#roster.join(member);
  }

  /** A member has met this. */
  met(session: bigint, error: unknown): void {
    const { holdings, members } = this.#roster;
    const member = holdings.get(session);
    if (member?.place !== 'crew') return;
    const fate = this.fate(member, error);
    if (fate === 'keep') return this.#roster.join(member);
    members.leave(member);
    this.#outstanding++;
    this.#takeBack(member, fate);
  }

  /** To close, or to reset, queues behind the call. */
  writeOff(session: bigint): void {
    const { anchor, holdings, members } = this.#roster;
    const member = holdings.get(session);
    if (member === undefined || (member.place !== 'crew' && member.place !== 'lent')) return;
    members.writeOff(member);
    holdings.tally.writtenOff++;
    const isLent = member.place === 'lent';
    member.place = 'leaving';
    if (member === anchor) {
      if (!isLent) this.#outstanding++;
      this.#resetAnchor(member);
    } else {
      if (isLent) this.#outstanding--;
      void holdings.leaveBehind(member).then(() => this.#roster.serve());
    }
    this.#roster.serve();
  }

  async hangs(session: bigint, over: Promise<unknown>): Promise<void> {
    const member = this.#roster.holdings.get(session);
    if (member !== undefined) member.hanging++;
    await over;
    if (member !== undefined) member.hanging--;
  }

  #takeBack(member: Member, fate: Fate): void {
    if (this.#roster.closed) return;
    if (fate === 'keep') return this.#back(member);
    member.place = 'leaving';
    if (fate === 'end') this.#roster.holdings.tally.lose();
    if (fate === 'reset') return this.#resetAnchor(member);
    void this.#roster.end(member, true).then(() => this.#back(member));
  }

  #resetAnchor(anchor: Member): void {
    void this.hangs(anchor.id, this.#roster.holdings.reset(anchor)).then(() => this.#back(anchor));
  }

  #back(member: Member): void {
    const roster = this.#roster;
    this.#outstanding--;
    if (roster.holdings.has(member) && !roster.closed) roster.rest(member);
    roster.serve();
  }
}
