// The kinds of trouble that the programmable module can make.

import { setTimeout as sleep } from 'node:timers/promises';
import { failOnce, RECOVERABLE, type Scenario } from './scenario';

const GONE = 2_000;
const CALL_LIMIT = 500;
/** Microseconds. */
const SLOW = 25_000;
/** The first token's slot id, and an empty slot's. */
const [HERE, ELSEWHERE] = [1, 4];

export const scenarios: readonly Scenario[] = [
  { title: 'no fault', faults: 0, few: 0, inject: () => undefined },
  {
    title: 'a call fails, with any recoverable code',
    faults: 100,
    few: 10,
    inject: ({ fault }, random) => failOnce(fault, random(2) === 0 ? 'C_SignInit' : 'C_Sign', RECOVERABLE[random(RECOVERABLE.length)]!),
  },
  {
    title: 'all sessions dropped, 64 signs in flight',
    faults: 50,
    few: 5,
    begin: (fault) => fault.tell('C_Sign', { sleep: 200 }),
    inject: ({ fault }) => fault.dropSessions(),
  },
  {
    title: 'token gone for 2 s, back under another slot',
    faults: 3,
    few: 1,
    inject: async ({ fault }, _, index) => {
      fault.remove(HERE);
      await sleep(GONE);
      fault.set('moved', index % 2 === 0 ? ELSEWHERE : 0);
      fault.insert(HERE);
    },
  },
  {
    title: 'C_Sign never returns, 500 ms per call allowed',
    faults: 10,
    few: 4,
    callLimit: CALL_LIMIT,
    // Long enough for so many limits to pass, one after the other.
    begin: (fault) => fault.tell('C_Sign', { sleep: SLOW }),
    inject: ({ fault }) => fault.tell('C_Sign', { stay: 1 }),
    leavesCalls: true,
  },
  {
    title: 'replies late by up to 20 ms, at random',
    faults: 0,
    few: 0,
    begin: (fault) => fault.tell('C_Sign', { jitter: 20_000 }),
    inject: () => undefined,
  },
  {
    title: 'token stands 16 sessions, and drops them',
    faults: 40,
    few: 5,
    prepare: (fault) => fault.set('sessionLimit', 16),
    begin: (fault) => fault.tell('C_Sign', { sleep: 200 }),
    inject: ({ fault }) => fault.dropSessions(),
    check: ({ fault }) => (fault.get('mostSessions') <= 16 ? [] : [`${fault.get('mostSessions')} sessions at once`]),
  },
  {
    title: 'logged out behind our back',
    faults: 40,
    few: 5,
    inject: ({ fault }) => fault.dropLogins(),
  },
  {
    title: 'library finalised behind our back',
    faults: 20,
    few: 4,
    inject: ({ fault }) => fault.dropLibrary(),
  },
  {
    title: 'objects get other handles',
    faults: 40,
    few: 5,
    inject: ({ fault }) => fault.renumber(),
  },
  {
    title: 'all of this, in any order',
    faults: 50,
    few: 5,
    begin: (fault) => fault.tell('C_Sign', { jitter: 500 }),
    inject: async ({ fault }, random) => {
      const kind = random(6);
      if (kind === 0) fault.dropSessions();
      else if (kind === 1) fault.dropLogins();
      else if (kind === 2) fault.dropLibrary();
      else if (kind === 3) fault.renumber();
      else if (kind === 4) failOnce(fault, 'C_Sign', RECOVERABLE[random(RECOVERABLE.length)]!);
      else {
        fault.remove(HERE);
        await sleep(random(50));
        fault.set('moved', random(2) === 0 ? ELSEWHERE : 0);
        fault.insert(HERE);
      }
    },
  },
];
