import assert from 'node:assert/strict';
import { FOREVER, type FaultModule } from '../support/fault-module';
import type { Given } from './children/exit';
import { assertEnd, CHILD_TIME, runChild, withFault } from './support';

function child(fault: FaultModule, call: Given['call'], end: Given['end'], comesRound = false) {
  return runChild('exit', { given: { path: fault.path, call, end, comesRound } satisfies Given });
}

const SLOW = 100_000;
/** What is left of a slow call when the end has begun: less than a process gives it, more than the process needs to drop what is queued. */
const AFTERWARDS = 300_000;

/** The way a process ends, and its exit code; whatever runs is no reason to wait for it without end. */
const ENDS = [
  ['exit', 7],
  ['uncaught', 1],
  ['rejection', 1],
] as const;

function assertFinalised(fault: FaultModule): void {
  assert.equal(fault.get('finalizations'), 1);
  assert.equal(fault.get('initialized'), 0);
  assert.equal(fault.get('sessions'), 0);
}

describe('the end of the process', function () {
  this.timeout(CHILD_TIME);

  it('comes by itself when nothing is left to do; the library is finalised', () =>
    withFault(async (fault) => {
      assertEnd(await child(fault, 'none', 'natural'), 0, ['exit 0']);
      assertFinalised(fault);
    }));

  it('waits for a slow call and a queued one', () =>
    withFault(async (fault) => {
      fault.tell('C_GenerateRandom', { sleep: SLOW });
      assertEnd(await child(fault, 'queued', 'natural'), 0, ['first', 'second', 'exit 0']);
      assertFinalised(fault);
    }));

  it('does not wait for a hung call that was given up', () =>
    withFault(async (fault) => {
      fault.hang('C_GenerateRandom');
      assertEnd(await child(fault, 'given up', 'natural'), 0, ['first ERR_CRYPTOKI_TIMEOUT', 'exit 0']);
      assert.equal(fault.get('finalizations'), 0);
    }));

  for (const [end, code] of ENDS) {
    it(`${end}: without a call`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'none', end), code, [`exit ${code}`]);
        assertFinalised(fault);
      }));

    it(`${end}: a slow call is let out, the queued one never made, then the library is finalised`, () =>
      withFault(async (fault) => {
        fault.tell('C_GenerateRandom', { hang: 1, sleep: AFTERWARDS });
        assertEnd(await child(fault, 'queued', end, true), code, [`exit ${code}`]);
        assert.equal(fault.calls('C_SeedRandom'), 0);
        assertFinalised(fault);
      }));

    it(`${end}: a hung call does not keep the process; the library is left as it is`, () =>
      withFault(async (fault) => {
        fault.hang('C_GenerateRandom');
        assertEnd(await child(fault, 'queued', end), code, [`exit ${code}`]);
        assert.equal(fault.calls('C_SeedRandom'), 0);
        assert.equal(fault.get('finalizations'), 0);
      }));

    it(`${end}: somebody waits for a slot event`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'waiting', end), code, [`exit ${code}`]);
        assertFinalised(fault);
      }));
  }

  it('exit: C_Finalize hangs', () =>
    withFault(async (fault) => {
      fault.hang('C_Finalize');
      assertEnd(await child(fault, 'none', 'exit'), 7, ['exit 7']);
    }));

  it('exit: C_Finalize fails', () =>
    withFault(async (fault) => {
      fault.fail('C_Finalize', 5, { times: FOREVER });
      assertEnd(await child(fault, 'none', 'exit'), 7, ['exit 7']);
    }));

  it('exit: a library that never lets a waiter go', () =>
    withFault(async (fault) => {
      fault.set('parallelWait', 1);
      assertEnd(await child(fault, 'waiting', 'exit'), 7, ['exit 7']);
    }));
});

describe('close', function () {
  this.timeout(CHILD_TIME);

  it('lets slow and queued calls end, then finalises', () =>
    withFault(async (fault) => {
      fault.tell('C_GenerateRandom', { sleep: SLOW });
      assertEnd(await child(fault, 'queued', 'close'), 0, ['first', 'second', 'closed', 'exit 0']);
      assertFinalised(fault);
    }));

  it('ends the waiting for a slot event', () =>
    withFault(async (fault) => {
      assertEnd(await child(fault, 'waiting', 'close'), 0, ['waited CKR_CRYPTOKI_NOT_INITIALIZED', 'closed', 'exit 0']);
      assertFinalised(fault);
    }));

  it('ends the waiting for a slot event of a library that never lets a waiter go', () =>
    withFault(async (fault) => {
      fault.set('parallelWait', 1);
      assertEnd(await child(fault, 'waiting', 'close'), 0, ['waited ERR_CRYPTOKI_CLOSED', 'closed', 'exit 0']);
      assertFinalised(fault);
    }));
});
