// 5: readers, on a library whose slots are ruled by the test.

import assert from 'node:assert/strict';
import { CKR } from '../../lib';
import { Scws, Token, type Reader } from '../../lib/scws';
import { FaultModule, FOREVER } from '../support/fault-module';
import { code } from './support';

describe('SCWS 5: readers', () => {
  let fault: FaultModule;
  let scws: Scws;
  let reader: Reader;

  beforeEach(async () => {
    fault = new FaultModule();
    scws = new Scws();
    await scws.createEnvironment({ module: fault.path });
    reader = scws.readers[0]!;
  });
  afterEach(async () => {
    fault.reset();
    await scws.closeEnvironment();
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  it('5.1 name, cardPresent and status are what was seen last', async () => {
    assert.deepEqual([reader.name, reader.cardPresent, reader.status], ['Slot 0 of the module for tests', true, 'ok']);
    const empty = scws.readers[3]!;
    assert.deepEqual([empty.cardPresent, empty.status], [false, 'ok']);
  });

  for (const [status, rv, expected] of [
    ['mute', CKR.TOKEN_NOT_RECOGNIZED, 'CKR_TOKEN_NOT_RECOGNIZED'],
    // CKR_SESSION_EXCLUSIVE_EXISTS of version 1 of the standard.
    ['exclusive', 0xb2, 'MWR_SCWS_UNKNOWN_ERROR'],
    ['unavailable', CKR.DEVICE_ERROR, 'CKR_DEVICE_ERROR'],
  ] as const) {
    it(`5.1 status is ${status} where the library says ${rv}, and connect says it too`, async () => {
      fault.fail('C_GetTokenInfo', rv, { times: FOREVER });
      await scws.updateReaderList();
      assert.deepEqual([reader.cardPresent, reader.status], [true, status]);
      assert.equal(await code(reader.connect()), expected);
      fault.reset();
      await scws.updateReaderList();
      assert.equal(reader.status, 'ok');
    });
  }

  it('5.1 a reader in trouble takes nothing from the others', async () => {
    const other = new FaultModule();
    other.fail('C_GetSlotInfo', CKR.DEVICE_ERROR, { times: 2 });
    await scws.createEnvironment({ module: other.path });
    assert.deepEqual(
      scws.readers.map(({ name, status }) => [name, status]),
      [['Reader 1', 'unavailable'], ...[1, 2, 3, 4, 5].map((slot) => [`Slot ${slot} of the module for tests`, 'ok'])],
    );
    await scws.closeEnvironment();
    other.close();
  });

  it('5.1 connect answers a Token; without a card CKR_TOKEN_NOT_PRESENT', async () => {
    const token = await reader.connect();
    assert.ok(token instanceof Token);
    assert.equal(token.reader, reader);
    await token.disconnect();
    assert.equal(await code(scws.readers[3]!.connect()), 'CKR_TOKEN_NOT_PRESENT');
    fault.remove(1);
    assert.equal(await code(reader.connect()), 'CKR_TOKEN_NOT_PRESENT');
    fault.insert(1);
    await (await reader.connect()).disconnect();
  });

  it('5.1 forty connections come and go at once', async () => {
    const come = async (): Promise<void> => {
      const token = await reader.connect();
      await token.getObjects();
      await token.disconnect();
    };
    await Promise.all(Array.from({ length: 40 }, come));
    assert.equal(fault.get('sessions'), 0);
    assert.equal(fault.get('overlaps'), 0);
  });
});
