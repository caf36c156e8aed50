import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Module, type SlotEvent } from '../../lib';
import { FaultModule } from '../support/fault-module';

const CKR_FUNCTION_NOT_SUPPORTED = 0x54;

const shown = ({ value }: IteratorResult<SlotEvent, void>): unknown => value && [value.slot.id, value.tokenPresent];

describe('Slot events', () => {
  let fault: FaultModule;
  let module: Module;

  beforeEach(async () => {
    fault = new FaultModule();
    module = await Module.load(fault.path);
  });

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('badArguments'), 0);
    fault.close();
  });

  for (const polls of [false, true]) {
    describe(polls ? 'by looking again and again' : 'by waiting in the library', () => {
      const options = { interval: 5 };

      beforeEach(() => {
        if (polls) fault.fail('C_WaitForSlotEvent', CKR_FUNCTION_NOT_SUPPORTED, { times: 1_000_000 });
      });

      /** Until somebody watches: what happens before is no event. */
      const watching = (): Promise<void> => (polls ? seen(3) : fault.inside('C_WaitForSlotEvent'));
      /** A look begins with two C_GetSlotList, for the size and for the list: the third says that a whole look is over. */
      const seen = async (times: number): Promise<void> => {
        const before = fault.calls('C_GetSlotList');
        while (fault.calls('C_GetSlotList') < before + times) await new Promise((done) => setTimeout(done, 1));
      };

      it('tell what comes and goes', async () => {
        const events = module.slotEvents(options);
        const first = events.next();
        await watching();
        fault.remove(1);
        assert.deepEqual(shown(await first), [1, false]);
        const second = events.next();
        await watching();
        fault.insert(1);
        assert.deepEqual(shown(await second), [1, true]);
        await events.return();
      });

      it('reach everybody who listens', async () => {
        const one = module.slotEvents(options);
        const two = module.slotEvents(options);
        const both = Promise.all([one.next(), two.next()]);
        await watching();
        fault.remove(2);
        assert.deepEqual((await both).map(shown), [
          [2, false],
          [2, false],
        ]);
        await one.return();
        await two.return();
      });

      it('end with the signal', async () => {
        const controller = new AbortController();
        const event = module.slotEvents({ ...options, signal: controller.signal }).next();
        await watching();
        controller.abort();
        await assert.rejects(event, { name: 'AbortError' });
      });

      it('end when the module is closed', async () => {
        const event = module.slotEvents(options).next();
        await watching();
        await module.close();
        assert.deepEqual(await event, { value: undefined, done: true });
      });

      it('are not lost when one who listened has gone', async () => {
        const controller = new AbortController();
        const gone = module.slotEvents({ ...options, signal: controller.signal }).next();
        await watching();
        controller.abort();
        await assert.rejects(gone);
        const events = module.slotEvents(options);
        const event = events.next();
        if (polls) await watching();
        fault.remove(5);
        assert.deepEqual(shown(await event), [5, false]);
        await events.return();
      });
    });
  }

  it('fail when the library does', async () => {
    fault.fail('C_WaitForSlotEvent', 0x05);
    await assert.rejects(module.slotEvents().next(), { code: 'CKR_GENERAL_ERROR', call: 'C_WaitForSlotEvent' });
  });

  it('refuse options that are none', async () => {
    await assert.rejects(module.slotEvents({ interval: 0 }).next(), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(module.slotEvents({ signal: {} as never }).next(), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('keep no process alive that does not listen any more', () => {
    const script = `
      const { Module } = require(${JSON.stringify(join(__dirname, '../../lib'))});
      (async () => {
        const module = await Module.load(${JSON.stringify(fault.path)});
        const signal = AbortSignal.timeout(50);
        await module.slotEvents({ signal }).next().catch((error) => console.log(error.name));
      })();`;
    const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], { encoding: 'utf8', timeout: 15_000 });
    assert.equal(stdout, 'TimeoutError\n');
    assert.equal(status, 0);
  });
});
