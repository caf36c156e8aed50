import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { CKF, CKR } from '../../lib/constants';
import { Module } from '../../lib/module';
import { Raw } from '../../lib/raw';
import type { FaultModule } from '../support/fault-module';
import { withFault } from './support';

const CLOSED = { code: 'ERR_CRYPTOKI_CLOSED' };

async function opened(fault: FaultModule): Promise<{ raw: Raw; session: bigint }> {
  const raw = await Raw.load(fault.path);
  await raw.C_Initialize();
  return { raw, session: await raw.C_OpenSession(1, CKF.SERIAL_SESSION) };
}

function assertGone(fault: FaultModule, times = 1): void {
  assert.equal(fault.get('finalizations'), times);
  assert.equal(fault.get('initialized'), 0);
  assert.equal(fault.get('sessions'), 0);
}

/** Whether a promise is still pending after everything else that is ready has had its turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((settle) => setTimeout(settle, 50, 'later'));
  return (await Promise.race([promise.catch(() => 'rejected'), later])) === 'later';
}

describe('closing while calls run', () => {
  it('Raw: what runs and what is queued ends, what comes later is refused, then the library is finalised', () =>
    withFault(async (fault) => {
      const { raw, session } = await opened(fault);
      fault.hang('C_GenerateRandom');
      const running = raw.C_GenerateRandom(session, 8);
      const queued = raw.C_GetSessionInfo(session);
      await fault.inside('C_GenerateRandom');
      const closing = raw.close();
      assert.equal(raw.close(), closing);
      await assert.rejects(raw.C_GetInfo(), CLOSED);
      await assert.rejects(raw.C_GetSessionInfo(session), CLOSED);
      await assert.rejects(raw.C_OpenSession(1, CKF.SERIAL_SESSION), CLOSED);
      assert.ok(await isPending(closing));
      assert.equal(fault.calls('C_Finalize'), 0);
      fault.release('C_GenerateRandom');
      assert.equal((await running).length, 8);
      assert.equal((await queued).slotID, 1);
      await closing;
      assertGone(fault);
    }));

  it('Raw: C_Finalize twice at once', () =>
    withFault(async (fault) => {
      const { raw } = await opened(fault);
      fault.hang('C_Finalize');
      const first = raw.C_Finalize();
      await fault.inside('C_Finalize');
      await assert.rejects(raw.C_Finalize(), CLOSED);
      fault.release('C_Finalize');
      await first;
      await assert.rejects(raw.C_Finalize(), { code: 'CKR_CRYPTOKI_NOT_INITIALIZED' });
      assertGone(fault);
    }));

  it('Raw: initialised again after C_Finalize; sessions of the time before are unknown', () =>
    withFault(async (fault) => {
      const { raw, session } = await opened(fault);
      await raw.C_Finalize();
      assert.equal(await raw.C_Initialize(), 'initialized');
      await assert.rejects(raw.C_GetSessionInfo(session), { code: 'CKR_SESSION_HANDLE_INVALID' });
      const again = await raw.C_OpenSession(1, CKF.SERIAL_SESSION);
      assert.notEqual(again, session);
      await raw.close();
      assertGone(fault, 2);
    }));

  it('Raw: C_CloseSession waits for what is queued before it, and refuses what comes after', () =>
    withFault(async (fault) => {
      const { raw, session } = await opened(fault);
      fault.hang('C_GenerateRandom');
      const running = raw.C_GenerateRandom(session, 8);
      await fault.inside('C_GenerateRandom');
      const closing = raw.C_CloseSession(session);
      await assert.rejects(raw.C_GetSessionInfo(session), { code: 'CKR_SESSION_HANDLE_INVALID' });
      await assert.rejects(raw.C_CloseSession(session), { code: 'CKR_SESSION_HANDLE_INVALID' });
      fault.release('C_GenerateRandom');
      assert.equal((await running).length, 8);
      await closing;
      await raw.close();
    }));

  it('Raw: C_CloseAllSessions waits for the sessions of its slot only', () =>
    withFault(async (fault) => {
      const { raw, session } = await opened(fault);
      const other = await raw.C_OpenSession(2, CKF.SERIAL_SESSION);
      fault.hang('C_GenerateRandom');
      const running = raw.C_GenerateRandom(session, 8);
      await fault.inside('C_GenerateRandom');
      const closing = raw.C_CloseAllSessions(1);
      assert.equal((await raw.C_GetSessionInfo(other)).slotID, 2);
      assert.ok(await isPending(closing));
      fault.release('C_GenerateRandom');
      await running;
      await closing;
      assert.equal(fault.get('sessions'), 1);
      await raw.close();
    }));

  it('Module: the operation that runs gets its result, those that wait for a session are refused', () =>
    withFault(async (fault) => {
      fault.set('sessionLimit', 1);
      const module = await Module.load(fault.path);
      const token = await module.slot(1).token();
      fault.hang('C_GenerateRandom');
      const running = token.random(8);
      const waiting = token.random(8);
      await fault.inside('C_GenerateRandom');
      const closing = module.close();
      assert.equal(module.close(), closing);
      await assert.rejects(waiting, CLOSED);
      await assert.rejects(token.random(8), CLOSED);
      await assert.rejects(module.info(), CLOSED);
      assert.ok(await isPending(closing));
      fault.release('C_GenerateRandom');
      assert.equal((await running).length, 8);
      await closing;
      assertGone(fault);
    }));

  it('Token: close, while the module goes on', () =>
    withFault(async (fault) => {
      const module = await Module.load(fault.path);
      const token = await module.slot(1).token();
      const session = await token.session();
      fault.hang('C_GenerateRandom');
      const running = token.random(8);
      await fault.inside('C_GenerateRandom');
      const closing = token.close();
      assert.equal(token.close(), closing);
      await assert.rejects(token.random(8), CLOSED);
      await assert.rejects(session.info(), CLOSED);
      fault.release('C_GenerateRandom');
      assert.equal((await running).length, 8);
      await closing;
      assert.equal(fault.get('sessions'), 0);
      // The slot gives a token again, with a login of its own.
      assert.equal((await (await module.slot(1).token()).random(4)).length, 4);
      await module.close();
      assertGone(fault);
    }));

  it('Session: close, behind what runs in it', () =>
    withFault(async (fault) => {
      const module = await Module.load(fault.path);
      const token = await module.slot(1).token();
      const session = await token.session();
      fault.hang('C_GetSessionInfo');
      const running = session.info();
      await fault.inside('C_GetSessionInfo');
      const closing = session.close();
      assert.equal(session.close(), closing);
      await assert.rejects(session.info(), CLOSED);
      fault.release('C_GetSessionInfo');
      assert.equal((await running).slotId, 1);
      await closing;
      await module.close();
    }));

  it('slotEvents ends when the module is closed', () =>
    withFault(async (fault) => {
      const module = await Module.load(fault.path);
      const event = module.slotEvents().next();
      await fault.inside('C_WaitForSlotEvent');
      await module.close();
      assert.deepEqual(await event, { value: undefined, done: true });
      assertGone(fault);
    }));

  it('slotEvents of a library that never lets a waiter go ends all the same', () =>
    withFault(async (fault) => {
      fault.set('parallelWait', 1);
      const module = await Module.load(fault.path);
      const event = module.slotEvents().next();
      await fault.inside('C_WaitForSlotEvent');
      await module.close();
      assert.deepEqual(await event, { value: undefined, done: true });
      assertGone(fault);
      fault.set('parallelWait', 0);
    }));

  it('a failing C_Finalize is told, once', () =>
    withFault(async (fault) => {
      const module = await Module.load(fault.path);
      fault.fail('C_Finalize', CKR.DEVICE_ERROR);
      await assert.rejects(module.close(), { code: 'CKR_DEVICE_ERROR', call: 'C_Finalize' });
      await assert.rejects(module.close(), { code: 'CKR_DEVICE_ERROR', call: 'C_Finalize' });
      await assert.rejects(module.info(), CLOSED);
    }));
});

describe('loading that nobody waits for', () => {
  it('a library whose C_Initialize is given up is finalised when it comes round', () =>
    withFault(async (fault) => {
      fault.hang('C_Initialize');
      const controller = new AbortController();
      const loading = Module.load(fault.path, { signal: controller.signal });
      await fault.inside('C_Initialize');
      controller.abort(new Error('enough'));
      await assert.rejects(loading, { message: 'enough' });
      fault.release('C_Initialize');
      while (fault.get('finalizations') === 0) await new Promise((settle) => setTimeout(settle, 1));
      assertGone(fault);
    }));

  it('the same, while another one loads it: that one is served', () =>
    withFault(async (fault) => {
      fault.hang('C_Initialize');
      const first = Module.load(fault.path, { timeLimit: 30 });
      await fault.inside('C_Initialize');
      const second = Module.load(fault.path);
      await assert.rejects(first, { code: 'ERR_CRYPTOKI_TIMEOUT' });
      fault.release('C_Initialize');
      const module = await second;
      assert.equal((await module.info()).manufacturer, 'Fault works');
      await module.close();
      assert.equal(fault.get('initialized'), 0);
    }));
});

describe('one library, several users', () => {
  it('is initialised once, and finalised with the last of them', () =>
    withFault(async (fault) => {
      const modules = await Promise.all([Module.load(fault.path), Module.load(fault.path), Module.load(fault.path)]);
      const raw = await Raw.load(fault.path);
      assert.equal(await raw.C_Initialize(), 'counted');
      assert.equal(fault.calls('C_Initialize'), 1);
      const [first, ...others] = modules;
      await Promise.all(others.map((module) => module.close()));
      await raw.close();
      assert.equal(fault.get('finalizations'), 0);
      assert.equal((await first!.info()).manufacturer, 'Fault works');
      await first!.close();
      assertGone(fault);
    }));

  it('by another path, a link, is the same library', () =>
    withFault(async (fault) => {
      const link = `${fault.folder}/link.so`;
      symlinkSync(fault.path, link);
      // In this order: the module finds its orders beside the path by which it was loaded first.
      const [one, other] = [await Module.load(fault.path), await Module.load(link)];
      assert.equal(fault.calls('C_Initialize'), 1);
      await Promise.all([one.close(), other.close()]);
      assertGone(fault);
    }));

  it('closing all sessions of one leaves those of the other, and its login', () =>
    withFault(async (fault) => {
      const { raw, session } = await opened(fault);
      const module = await Module.load(fault.path);
      const token = await module.slot(1).token();
      await token.login('1234');
      await raw.C_CloseAllSessions(1);
      await assert.rejects(raw.C_GetSessionInfo(session), { code: 'CKR_SESSION_HANDLE_INVALID' });
      assert.equal((await (await token.session()).info()).state, 'user');
      await module.close();
      await raw.close();
      assertGone(fault);
    }));

  it('a library that somebody else has initialised is left to them', () =>
    withFault(async (fault) => {
      fault.set('alreadyInitialized', 1);
      const module = await Module.load(fault.path);
      assert.equal((await (await module.slot(1).token()).random(4)).length, 4);
      await module.close();
      assert.equal(fault.get('finalizations'), 0);
      assert.equal(fault.get('sessions'), 0);
    }));

  it('two libraries at once know nothing of each other', () =>
    withFault((one) =>
      withFault(async (other) => {
        const modules = await Promise.all([Module.load(one.path), Module.load(other.path)]);
        const [first, second] = await Promise.all(modules.map((module) => module.slot(1).token()));
        one.hang('C_GenerateRandom');
        const hung = first!.random(4);
        await one.inside('C_GenerateRandom');
        assert.equal((await second!.random(4)).length, 4);
        await modules[1].close();
        assertGone(other);
        one.release('C_GenerateRandom');
        await hung;
        await modules[0].close();
        assertGone(one);
      }),
    ));
});
