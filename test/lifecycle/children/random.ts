// Random calls of the public classes, many at once, on a module that is slow and fails at random: whatever the order, every promise settles, every result is
// right, and nothing is left behind.

import assert from 'node:assert/strict';
import { setTimeout as after, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Module } from '../../../lib/module';
import { FaultModule } from '../../support/fault-module';
import { FINDINGS, given } from '../support';
import { ACTIONS, FAILURES, perform, SLOW, State, type Action } from './random-actions';

export interface Given {
  readonly path: string;
  readonly seed: number;
  readonly runs: number;
}

/** Errors that a caller may meet; anything else is a mistake of the library. */
const EXPECTED = /^(CKR_\w+|ERR_CRYPTOKI_(CLOSED|TIMEOUT|STALE|NOT_FOUND|AMBIGUOUS|FOREIGN_OBJECT|BUSY)|ABORT_ERR|SOURCE_FAILED)$/;

/** A promise that has not settled after this, with nothing slow or failing any more, never will. */
const PATIENCE = 8000;

const { path, seed, runs } = given<Given>();
const fault = new FaultModule(path);

process.on('unhandledRejection', (reason) => {
  console.error('nobody handles', reason);
  process.exit(1);
});

function judge(name: string, error: unknown): void {
  const { code } = error as { code?: unknown };
  if (error instanceof Error && typeof code === 'string' && EXPECTED.test(code)) return;
  throw new Error(`${name} ended with something unexpected`, { cause: error });
}

/** How a sequence ends: its module is closed, at once or when all is done, or forgotten and collected. */
type Ending = 'closed' | 'tidy' | 'collected';

interface Run {
  readonly pending: Map<Promise<void>, string>;
  readonly mistakes: Error[];
}

function start(run: Run, name: string, work: () => Promise<void>): void {
  const promise: Promise<void> = work()
    .catch((error: unknown) => judge(name, error))
    .catch((error: Error) => void run.mistakes.push(error))
    .finally(() => run.pending.delete(promise));
  run.pending.set(promise, name);
}

async function settled(run: Run): Promise<void> {
  while (run.pending.size > 0) await Promise.all(run.pending.keys());
}

/** Rejects, naming them, when what is pending does not settle in time. */
async function settledInTime(run: Run): Promise<void> {
  const controller = new AbortController();
  const late = after(PATIENCE, undefined, { signal: controller.signal }).then(() =>
    assert.fail(`not settled: ${[...run.pending.values()].join(', ')}`),
  );
  try {
    await Promise.race([settled(run), late]);
  } finally {
    controller.abort();
    late.catch(() => undefined);
  }
}

async function until(otherwise: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE; !holds(); await after(1)) assert.ok(performance.now() < end, otherwise);
}

/** Everything that a sequence does, with its own references, so that nothing but their collection is needed to let them go. */
async function play(run: Run, actions: readonly Action[], ending: Ending): Promise<void> {
  const state = await State.open(await Module.load(path), fault);
  for (const action of actions) {
    if ('slot' in action) start(run, action.name, () => perform(state, action));
    else if (action.name === 'pause') await after(action.time);
    else if (action.name === 'turn') await turn();
    else if (action.name === 'gc') globalThis.gc!();
    else if (action.name === 'slow') fault.tell(action.call, { sleep: action.time });
    else if (action.name === 'fail') fault.fail(action.call, action.rv, { skip: action.skip, times: action.times });
    assert.deepEqual(run.mistakes, []);
  }
  if (ending === 'collected') return;
  fault.reset();
  if (ending === 'tidy') {
    await settledInTime(run);
    await state.tidy();
    // Nothing is left to C_Finalize: what was opened for a call that was given up is closed behind its back.
    const refused = actions.some((action) => action.name === 'fail' && action.call === 'C_CloseSession');
    if (!refused) await until('sessions are left open', () => fault.get('sessions') === 0);
  }
  // Of 'closed', some still runs.
  await state.module.close();
}

async function sequence(actions: readonly Action[], wanted: Ending): Promise<void> {
  // A call that waits for a slot event holds its module as any other call does.
  const ending = wanted === 'collected' && actions.some(({ name }) => name === 'events') ? 'closed' : wanted;
  const run: Run = { pending: new Map(), mistakes: [] };
  try {
    await play(run, actions, ending);
  } finally {
    fault.reset();
  }
  await settledInTime(run);
  assert.deepEqual(run.mistakes, []);
  await until('the library is not finalised', () => {
    if (ending === 'collected') globalThis.gc!();
    return fault.get('initialized') === 0;
  });
  assert.equal(fault.get('sessions'), 0);
  assert.equal(fault.get('running'), 0);
  assert.equal(fault.get('finalizations'), ++finished);
  for (const finding of FINDINGS) assert.equal(fault.get(finding), 0, finding);
}

let finished = 0;

const millis = fc.integer({ min: 0, max: 12 });
const number = fc.nat({ max: 1000 });

const call = fc.record({
  name: fc.constantFrom(...(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[])),
  slot: fc.constantFrom(1, 2),
  number,
  timeLimit: fc.option(fc.integer({ min: 1, max: 12 }), { freq: 5, nil: undefined }),
  abortAfter: fc.option(millis, { freq: 5, nil: undefined }),
});
const pause = fc.record({ name: fc.constant('pause' as const), time: millis });
const order: fc.Arbitrary<Action> = fc.constantFrom({ name: 'turn' }, { name: 'gc' });
const slow = fc.record({ name: fc.constant('slow' as const), call: fc.constantFrom(...SLOW), time: fc.integer({ min: 100, max: 9000 }) });
const fail = fc.record({
  name: fc.constant('fail' as const),
  call: fc.constantFrom(...FAILURES.calls),
  rv: fc.constantFrom(...FAILURES.codes),
  skip: fc.nat({ max: 2 }),
  times: fc.integer({ min: 1, max: 3 }),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 14, arbitrary: call },
  { weight: 3, arbitrary: pause },
  { weight: 2, arbitrary: order },
  { weight: 3, arbitrary: slow },
  { weight: 2, arbitrary: fail },
);

const ending = fc.constantFrom<Ending>('closed', 'tidy', 'collected');

async function main(): Promise<void> {
  const sequences = fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60, size: 'max' }), ending, sequence);
  // What a sequence meets depends on time as well: a shorter one that passes says nothing.
  await fc.assert(sequences, { seed, numRuns: runs, endOnFailure: true });
  console.log('right');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
