import assert from 'node:assert/strict';
import type { FaultModule } from '../support/fault-module';
import type { Given } from './children/batch';
import { assertEnd, CHILD_TIME, runChild, withFault } from './support';

const MANY = 100_000;

function child(fault: FaultModule, end: Given['end'], count: number) {
  return runChild('batch', { given: { path: fault.path, end, count } satisfies Given });
}

function assertFinalised(fault: FaultModule): void {
  assert.equal(fault.get('finalizations'), 1);
  assert.equal(fault.get('initialized'), 0);
  assert.equal(fault.get('sessions'), 0);
}

describe('the end while a batch runs', function () {
  this.timeout(CHILD_TIME);

  it('natural: the batch is done first', () =>
    withFault(async (fault) => {
      fault.tell('C_Digest', { sleep: 100 });
      assertEnd(await child(fault, 'natural', 500), 0, ['end', 'digests 500']);
      assert.equal(fault.calls('C_Digest'), 500);
      assertFinalised(fault);
    }));

  for (const [end, code] of [
    ['exit', 7],
    ['uncaught', 1],
    ['terminate', 0],
  ] as const) {
    it(`${end}: nothing more of it is begun, and the library is finalised`, () =>
      withFault(async (fault) => {
        fault.tell('C_Digest', { sleep: 1000 });
        assertEnd(await child(fault, end, MANY), code, end === 'terminate' ? ['terminated'] : []);
        assert.ok(fault.calls('C_Digest') < MANY);
        assertFinalised(fault);
      }));
  }

  it('exit: an item that hangs does not keep the process; the library is left as it is', () =>
    withFault(async (fault) => {
      fault.hang('C_Digest');
      assertEnd(await child(fault, 'exit', MANY), 7, []);
      assert.equal(fault.get('finalizations'), 0);
    }));

  it('close: it is told that it has been closed', () =>
    withFault(async (fault) => {
      fault.tell('C_Digest', { sleep: 1000 });
      assertEnd(await child(fault, 'close', MANY), 0, ['ERR_CRYPTOKI_BULK ERR_CRYPTOKI_CLOSED', 'end']);
      assert.ok(fault.calls('C_Digest') < MANY);
      assertFinalised(fault);
    }));
});
