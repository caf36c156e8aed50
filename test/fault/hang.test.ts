import assert from 'node:assert/strict';
import { FaultModule } from '../support/fault-module';
import { assertEnd, CHILD_TIME, runChild } from '../lifecycle/support';
import type { Given } from './children/hang';

const SIGNED = '1000 right, 0 missing';

describe('C_Sign that never returns', function () {
  this.timeout(CHILD_TIME);

  const cases: readonly [title: string, given: Omit<Given, 'path'>, code: number, lines: readonly string[]][] = [
    ['in some sessions: the others sign on, the process ends by itself', { hanging: 5, end: 'natural' }, 0, [SIGNED, 'exit 0']],
    ['and the module can be closed', { hanging: 5, end: 'close' }, 0, [SIGNED, 'closed', 'exit 0']],
    [
      'in the only session there is: the module can be closed',
      { hanging: 1, end: 'close', sessions: 1 },
      0,
      ['0 right, 1000 missing', 'closed', 'exit 0'],
    ],
    ['more often than there are threads: more are started, and the process can be ended', { hanging: 70, end: 'exit' }, 7, [SIGNED, 'exit 7']],
  ];
  for (const [title, given, code, lines] of cases) {
    it(title, async () => {
      const fault = new FaultModule();
      try {
        assertEnd(await runChild('../../fault/children/hang', { given: { ...given, path: fault.path } satisfies Given }), code, lines);
        assert.equal(fault.get('finalizedWhileRunning'), 0);
        assert.equal(fault.get('overlaps'), 0);
      } finally {
        fault.close();
      }
    });
  }
});
