import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { CKM, Module, Pkcs11Uri, type Token } from '../../lib';
import { FaultModule, testModule } from '../support/fault-module';

describe('Module', () => {
  let fault: FaultModule;
  let module: Module;

  beforeEach(async () => {
    fault = new FaultModule();
    module = await Module.load(fault.path);
  });

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('overlaps'), 0);
    assert.equal(fault.get('badArguments'), 0);
    assert.equal(fault.get('uninitializedCalls'), 0);
    assert.equal(fault.get('finalizedWhileRunning'), 0);
    assert.equal(fault.get('initialized'), 0);
    fault.close();
  });

  describe('loading', () => {
    it('says what the library is and has', async () => {
      assert.equal(module.path, fault.path);
      assert.equal(module.interface.version, '3.2');
      assert.equal(module.supports('C_LoginUser'), true);
      assert.equal(module.supports('C_Nonsense'), false);
      assert.ok((await module.info()).manufacturer.length > 0);
    });

    for (const [name, path] of [
      ['nothing', undefined],
      ['a number', 7],
      ['null', null],
    ] as const) {
      it(`refuses ${name} for a path`, async () => {
        await assert.rejects(Module.load(path as never), { code: 'ERR_INVALID_ARG_TYPE' });
      });
    }

    it('refuses options that are none', async () => {
      await assert.rejects(Module.load(fault.path, 7 as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(Module.load(fault.path, { threads: 0 }), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(Module.load(fault.path, { reserved: 7 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('says why a file is no library', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cryptoki-module-'));
      try {
        const text = join(folder, 'text.so');
        writeFileSync(text, 'hello');
        await assert.rejects(Module.load(text), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'not-a-library' });
        await assert.rejects(Module.load(folder), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'directory' });
        await assert.rejects(Module.load(join(folder, 'none.so')), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'missing' });
        await assert.rejects(Module.load(testModule('odd_no_entry')), { code: 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('hands over the reserved string', async () => {
      const other = new FaultModule();
      other.set('reserved', 1);
      await assert.rejects(Module.load(other.path), { code: 'CKR_ARGUMENTS_BAD', call: 'C_Initialize' });
      await using loaded = await Module.load(other.path, { reserved: "configdir='/x'" });
      assert.equal(other.reservedText, "configdir='/x'");
      assert.ok(!inspect(loaded).includes('configdir'));
      await loaded.close();
      other.close();
    });

    it('does without locking where the library cannot: one call at a time', async () => {
      const other = new FaultModule();
      other.set('cantLock', 1);
      await using loaded = await Module.load(other.path);
      const token = await loaded.token({ slotId: 1 });
      other.tell('C_GenerateRandom', { sleep: 1000 });
      await Promise.all(Array.from({ length: 8 }, () => token.random(8)));
      assert.equal(other.get('serialOverlaps'), 0);
      await loaded.close();
      other.close();
    });

    it('uses a library that somebody else has initialised, and leaves it to them', async () => {
      const other = new FaultModule();
      other.set('alreadyInitialized', 1);
      const loaded = await Module.load(other.path);
      await loaded.slots();
      await loaded.close();
      assert.equal(other.get('finalizations'), 0);
      other.close();
    });

    it('loads the same library twice, and finalises it with the second', async () => {
      const again = await Module.load(fault.path);
      await module.close();
      assert.equal(fault.get('initialized'), 1);
      assert.ok((await again.slots()).length > 0);
      await again.close();
      assert.equal(fault.get('initialized'), 0);
      module = await Module.load(fault.path);
      assert.equal(fault.get('initialized'), 1);
    });

    it('rejects when it takes too long, and leaves nothing initialised', async () => {
      const other = new FaultModule();
      other.tell('C_Initialize', { sleep: 100_000 });
      await assert.rejects(Module.load(other.path, { timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
      other.tell('C_Initialize', { sleep: 0 });
      while (other.get('finalizations') === 0) await new Promise((done) => setTimeout(done, 1));
      assert.equal(other.get('initialized'), 0);
      other.close();
    });
  });

  describe('slots', () => {
    it('lists all, or those with a token', async () => {
      assert.equal((await module.slots()).length, 6);
      const present = await module.slots({ tokenPresent: true });
      assert.equal(present.length, 5);
      const info = await present[0]!.info();
      assert.equal(info.tokenPresent, true);
    });

    it('are known by their number', async () => {
      assert.equal(module.slot(1), (await module.slots())[0]);
      assert.throws(() => module.slot(-1), { code: 'ERR_OUT_OF_RANGE' });
      assert.throws(() => module.slot('1' as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(module.slot(99).info(), { code: 'CKR_SLOT_ID_INVALID' });
      await assert.rejects(module.slot(4).token(), { code: 'CKR_TOKEN_NOT_PRESENT' });
    });

    it('tell their mechanisms', async () => {
      const mechanisms = await module.slot(1).mechanisms();
      const rsa = mechanisms.get(CKM.RSA_PKCS);
      assert.equal(rsa?.name, 'CKM_RSA_PKCS');
      assert.equal(rsa?.sign, true);
      assert.equal((await module.slot(1).mechanism(CKM.RSA_PKCS)).mechanism, CKM.RSA_PKCS);
      await assert.rejects(module.slot(1).mechanism(CKM.SKIPJACK_KEY_GEN), { code: 'CKR_MECHANISM_INVALID' });
    });

    it('make a blank token', async () => {
      const token = await module.slot(3).initToken({ label: 'fresh', soPin: '87654321' });
      assert.equal(token.label, 'fresh');
      assert.equal((await token.info()).tokenInitialized, true);
      assert.equal(await module.token({ label: 'fresh' }), token);
    });

    it('refuse a label that is too long, before anything is done', async () => {
      await assert.rejects(module.slot(3).initToken({ label: 'x'.repeat(33), soPin: '87654321' }), { code: 'ERR_INVALID_ARG_VALUE' });
      assert.equal(fault.calls('C_InitToken'), 0);
    });
  });

  describe('choosing a token', () => {
    it('by label, by slot, by URI', async () => {
      const byLabel = await module.token({ label: 'fault 1' });
      assert.equal(await module.token({ slotId: byLabel.slot.id }), byLabel);
      assert.equal(await module.token(byLabel.uri()), byLabel);
      assert.equal(await module.token(new Pkcs11Uri({ token: 'fault 1' })), byLabel);
      assert.equal(await module.token('pkcs11:token=fault%201;slot-id=2'), byLabel);
    });

    it('by what the URI says of slot and library', async () => {
      const { manufacturer } = await module.info();
      const uri = (parts: object): Pkcs11Uri => new Pkcs11Uri({ token: 'fault 1', ...parts });
      assert.ok(await module.token(uri({ libraryManufacturer: manufacturer })));
      await assert.rejects(module.token(uri({ libraryManufacturer: 'nobody' })), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await assert.rejects(module.token(uri({ slotDescription: 'nowhere' })), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('says which there are when none or several match', async () => {
      await assert.rejects(module.token({ label: 'gone' }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_CRYPTOKI_NOT_FOUND');
        return error.message.includes('"fault 0"');
      });
      await assert.rejects(module.token({}), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_CRYPTOKI_AMBIGUOUS');
        return error.message.includes('"fault 0"') && error.message.includes('"fault 1"');
      });
    });

    for (const [query, code] of [
      ['fault 1', 'ERR_INVALID_ARG_VALUE'],
      [7, 'ERR_INVALID_ARG_TYPE'],
      [null, 'ERR_INVALID_ARG_TYPE'],
      [{ name: 'fault 1' }, 'ERR_INVALID_ARG_VALUE'],
      [{ label: 7 }, 'ERR_INVALID_ARG_TYPE'],
      ['pkcs11:token', 'ERR_CRYPTOKI_URI'],
    ] as const) {
      it(`refuses ${inspect(query)}`, async () => {
        await assert.rejects(module.token(query as never), { code });
      });
    }

    it('gives one object for one token, and another for another one in the same slot', async () => {
      const token = await module.token({ slotId: 1 });
      assert.equal((await module.tokens())[0], token);
      await token.close();
      const next = await module.token({ slotId: 1 });
      assert.notEqual(next, token);
      await assert.rejects(token.random(1), { code: 'ERR_CRYPTOKI_CLOSED' });
      assert.equal((await next.random(1)).length, 1);
    });

    it('leaves out tokens that are taken out', async () => {
      fault.remove(1);
      const labels = (await module.tokens()).map((token) => token.label);
      assert.ok(!labels.includes('fault 0'));
    });
  });

  describe('closing', () => {
    it('ends everything, each with a clear error', async () => {
      const token = await module.token({ slotId: 1 });
      await token.login('1234');
      const slot = module.slot(1);
      const session = await token.session();
      await module.close();
      await module.close();
      assert.equal(fault.get('sessions'), 0);
      const closed = { code: 'ERR_CRYPTOKI_CLOSED' };
      await assert.rejects(module.slots(), closed);
      await assert.rejects(module.info(), closed);
      await assert.rejects(module.tokens(), closed);
      assert.throws(() => module.slot(1), closed);
      await assert.rejects(slot.info(), closed);
      await assert.rejects(slot.token(), closed);
      await assert.rejects(slot.initToken({ label: 'a', soPin: 'b' }), closed);
      await assert.rejects(slot.mechanisms(), closed);
      await assert.rejects(token.info(), closed);
      await assert.rejects(token.login('1234'), closed);
      await assert.rejects(token.logout(), closed);
      await assert.rejects(token.random(1), closed);
      await assert.rejects(token.privateKey({}), closed);
      await assert.rejects(token.objects().next(), closed);
      await assert.rejects(token.session(), closed);
      await assert.rejects(session.info(), closed);
      await assert.rejects(module.slotEvents().next(), closed);
      await session.close();
      await token.close();
    });

    it('lets what runs finish, and refuses what waits', async () => {
      fault.set('sessionLimit', 1);
      const token = await module.token({ slotId: 1 });
      await token.random(1);
      fault.hang('C_GenerateRandom');
      const running = token.random(8);
      await fault.inside('C_GenerateRandom');
      const waiting = assert.rejects(token.random(8), { code: 'ERR_CRYPTOKI_CLOSED' });
      const closing = module.close();
      await waiting;
      assert.equal(fault.get('initialized'), 1);
      fault.release('C_GenerateRandom');
      assert.equal((await running).length, 8);
      await closing;
      assert.equal(fault.get('closedWhileRunning'), 0);
    });

    it('keeps the objects of this process until the calls with them are over', async () => {
      const token = await module.token({ slotId: 1 });
      const object = await token.createData({ value: Buffer.from('x'), token: false, label: 'note' });
      fault.hang('C_GetAttributeValue');
      const reading = object.get(['label']);
      await fault.inside('C_GetAttributeValue');
      const closing = module.close();
      fault.release('C_GetAttributeValue');
      assert.equal((await reading).label, 'note');
      await closing;
      await assert.rejects(object.get(['label']), { code: 'ERR_CRYPTOKI_CLOSED' });
    });
  });

  it('is shown without secrets', async () => {
    const token: Token = await module.token({ slotId: 1 });
    assert.match(inspect(module), /^Module \{/);
    assert.match(inspect(token.slot), /^Slot \{ id: 1 \}$/);
    assert.match(inspect(token), /^Token \{/);
    assert.match(inspect({ a: { b: { c: { token } } } }), /\[Token\]|\[Object\]/);
  });
});
