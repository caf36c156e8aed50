import assert from 'node:assert/strict';
import type { FaultModule } from '../support/fault-module';
import type { Given } from './children/worker';
import { assertEnd, CHILD_TIME, runChild, withFault } from './support';

function child(fault: FaultModule, call: Given['call'], end: Given['end'], { shared = true, comesRound = false } = {}) {
  return runChild('worker', { given: { path: fault.path, call, end, shared, comesRound } satisfies Given });
}

const SLOW = 100_000;
const CODE = { terminate: 1, exit: 3, uncaught: 1, natural: 0 } as const;
const SHARED = ['state 0', 'closed'];

function assertFinalised(fault: FaultModule, times = 1): void {
  assert.equal(fault.get('finalizations'), times);
  assert.equal(fault.get('initialized'), 0);
  assert.equal(fault.get('sessions'), 0);
}

describe('the end of a worker', function () {
  this.timeout(CHILD_TIME);

  for (const end of ['terminate', 'exit', 'uncaught', 'natural'] as const) {
    const code = `worker ${CODE[end]}`;

    it(`${end}: its sessions are closed, the main thread goes on with the library, and finalises it`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'none', end), 0, [code, ...SHARED]);
        assert.equal(fault.calls('C_Initialize'), 1);
        assertFinalised(fault);
      }));

    it(`${end}: the last user finalises the library`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'none', end, { shared: false }), 0, [code]);
        assertFinalised(fault);
      }));
  }

  for (const end of ['terminate', 'exit'] as const) {
    const code = `worker ${CODE[end]}`;

    it(`${end}: a slow call is let out behind its back, the queued one never made`, () =>
      withFault(async (fault) => {
        fault.hang('C_GenerateRandom');
        assertEnd(await child(fault, 'queued', end, { comesRound: true }), 0, [code, ...SHARED]);
        assert.equal(fault.calls('C_SeedRandom'), 0);
        assertFinalised(fault);
      }));

    it(`${end}: a hung call stops neither the worker nor the main thread`, () =>
      withFault(async (fault) => {
        fault.hang('C_GenerateRandom');
        assertEnd(await child(fault, 'queued', end), 0, [code, ...SHARED]);
        assert.equal(fault.calls('C_SeedRandom'), 0);
        assert.equal(fault.get('finalizations'), 0);
      }));

    it(`${end}: it waits for a slot event`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'waiting', end, { shared: false }), 0, [code]);
        assertFinalised(fault);
      }));

    it(`${end}: it waits for a slot event and the main thread uses the library`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'waiting', end), 0, [code, ...SHARED]);
        assertFinalised(fault);
      }));

    it(`${end}: it is loading`, () =>
      withFault(async (fault) => {
        assertEnd(await child(fault, 'loading', end, { shared: false }), 0, [code]);
        assert.equal(fault.get('initialized'), 0);
      }));

    it(`${end}: it is initialising`, () =>
      withFault(async (fault) => {
        fault.tell('C_Initialize', { sleep: SLOW });
        assertEnd(await child(fault, 'initializing', end, { shared: false }), 0, [code]);
        assertFinalised(fault);
      }));
  }
});

describe('many workers', function () {
  this.timeout(CHILD_TIME);

  it('share one initialised library, whatever the order in which they come and go', () =>
    withFault(async (fault) => {
      const { code, signal, lines, stderr } = await runChild('crowd', { given: { path: fault.path } });
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
      assert.deepEqual(lines, ['all gone'], stderr);
      assert.equal(fault.get('initialized'), 0);
      assert.equal(fault.get('sessions'), 0);
      assert.equal(fault.calls('C_Initialize'), fault.get('finalizations'));
    }));
});
