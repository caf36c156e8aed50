// Readers, and the events of a library whose slots are ruled by the test.

import assert from 'node:assert/strict';
import { CKR, Module } from '../../lib';
import { Scws, type Reader } from '../../lib/scws';
import { FaultModule } from '../support/fault-module';
import { code } from './support';

describe('the readers of SCWS', () => {
  let fault: FaultModule;
  let scws: Scws;

  beforeEach(async () => {
    fault = new FaultModule();
    scws = new Scws();
  });
  afterEach(async () => {
    await scws.closeEnvironment();
    fault.close();
  });
  /** The next event of a kind. */
  const event = (kind: 'onreaderadded' | 'onreaderremoved' | 'onreaderstatechanged'): Promise<Reader> =>
    new Promise((resolve) => {
      scws[kind] = resolve;
    });

  it('readers is empty before createEnvironment, and updateReaderList resolves to that very array', async () => {
    assert.deepEqual(scws.readers, []);
    const { readers } = scws;
    assert.equal(await scws.createEnvironment({ module: fault.path }), undefined);
    assert.ok(readers.length > 0);
    assert.equal(scws.readers, readers);
    assert.equal(await scws.updateReaderList(), readers);
  });

  it('createEnvironment takes a module of ours, and leaves it open', async () => {
    const module = await Module.load(fault.path);
    await scws.createEnvironment({ module });
    assert.ok(scws.readers.length > 0);
    await scws.closeEnvironment();
    assert.deepEqual(scws.readers, []);
    assert.ok((await module.slots()).length > 0);
    await module.close();
  });

  it('getReader is a synchronous look-up by a name that is nobody else’s', async () => {
    await scws.createEnvironment({ module: fault.path });
    const names = scws.readers.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const reader of scws.readers) assert.equal(scws.getReader(reader.name), reader);
    assert.equal(scws.getReader('no such reader'), undefined);
  });

  it('cardPresent and status are what was seen last, without asking', async () => {
    await scws.createEnvironment({ module: fault.path });
    const reader = scws.readers.find(({ cardPresent }) => cardPresent)!;
    const before = fault.calls('C_GetSlotInfo');
    assert.equal(reader.status, 'ok');
    assert.equal(reader.cardPresent, true);
    assert.equal(fault.calls('C_GetSlotInfo'), before);
  });

  it('a card that nobody understands makes its reader mute, one in trouble unavailable', async () => {
    fault.tell('C_GetTokenInfo', { rv: CKR.TOKEN_NOT_RECOGNIZED, times: 0xffff_ffff });
    await scws.createEnvironment({ module: fault.path });
    assert.equal(scws.readers.find(({ cardPresent }) => cardPresent)!.status, 'mute');
    fault.tell('C_GetTokenInfo', { rv: CKR.DEVICE_ERROR, times: 0xffff_ffff });
    await scws.updateReaderList();
    assert.equal(scws.readers.find(({ cardPresent }) => cardPresent)!.status, 'unavailable');
  });

  it('a card that is taken out and put back calls onreaderstatechanged, and connect says what is there', async () => {
    await scws.createEnvironment({ module: fault.path });
    const reader = scws.readers.find(({ cardPresent }) => cardPresent)!;
    const index = scws.readers.indexOf(reader);
    const slot = (
      await Module.load(fault.path).then(async (module) => {
        const slots = await module.slots();
        await module.close();
        return slots;
      })
    )[index]!.id;
    const gone = event('onreaderstatechanged');
    fault.remove(slot);
    assert.equal(await gone, reader);
    assert.equal(reader.cardPresent, false);
    assert.equal(await code(reader.connect()), 'CKR_TOKEN_NOT_PRESENT');
    const back = event('onreaderstatechanged');
    fault.insert(slot);
    assert.equal(await back, reader);
    assert.equal(reader.cardPresent, true);
    await (await reader.connect()).disconnect();
  });

  it('a handler that throws ends nothing', async () => {
    await scws.createEnvironment({ module: fault.path });
    const warned = new Promise((resolve) => process.once('warning', resolve));
    scws.onreaderstatechanged = () => {
      throw new Error('of the handler');
    };
    fault.tell('C_GetTokenInfo', { rv: CKR.TOKEN_NOT_RECOGNIZED, times: 0xffff_ffff });
    await scws.updateReaderList();
    assert.match(String(await warned), /of the handler/);
  });

  it('after disconnect every call rejects; another connection to the same card goes on', async () => {
    await scws.createEnvironment({ module: fault.path });
    const reader = scws.readers.find(({ cardPresent }) => cardPresent)!;
    const [one, other] = [await reader.connect(), await reader.connect()];
    assert.equal(await one.disconnect(), undefined);
    for (const call of [one.getObjects(), one.disconnect(), one.pins[0]!.login('1234'), one.pins[0]!.logout(), one.importPkcs12('00', 'x')]) {
      assert.equal(await code(call), 'CKR_TOKEN_NOT_PRESENT');
    }
    assert.ok(Array.isArray(await other.getObjects()));
    await other.disconnect();
  });
});
