// 4: the object SCWS, on a library whose slots are ruled by the test.

import assert from 'node:assert/strict';
import { CKR, Module } from '../../lib';
import { SCWS, Scws, type Reader } from '../../lib/scws';
import { FaultModule, FOREVER, LIE } from '../support/fault-module';
import { code } from './support';

const { version } = require('../../package.json') as { version: string };

describe('SCWS 4: the environment', () => {
  let fault: FaultModule;
  let scws: Scws;

  beforeEach(() => {
    fault = new FaultModule();
    scws = new Scws();
  });
  afterEach(async () => {
    fault.reset();
    await scws.closeEnvironment();
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  type Event = 'onreaderadded' | 'onreaderremoved' | 'onreaderstatechanged';
  /** The next event of a kind. */
  const event = (kind: Event): Promise<Reader> =>
    new Promise((resolve) => {
      scws[kind] = resolve;
    });
  /** The library has only the first so many slots; FOREVER stands for all. */
  const slots = (count: number): void => fault.tell('C_GetSlotList', count === Infinity ? { lie: 0 } : { lie: LIE['LENGTH']!, lieValue: count });

  it('4.1 version is that of this package', () => {
    assert.equal(SCWS.version, version);
    assert.match(version, /^\d+\.\d+\.\d+/);
  });

  it('4.2 readers is empty before createEnvironment, and after the end, and is the same array for ever', async () => {
    const { readers } = scws;
    assert.deepEqual(readers, []);
    await scws.createEnvironment({ module: fault.path });
    assert.equal(readers.length, 6);
    assert.equal(scws.readers, readers);
    await scws.closeEnvironment();
    assert.deepEqual(readers, []);
    assert.equal(scws.readers, readers);
  });

  it('4.3 createEnvironment takes the path of a library, which it ends again', async () => {
    await scws.createEnvironment({ module: fault.path });
    assert.equal(fault.get('initialized'), 1);
    await scws.closeEnvironment();
    assert.equal(fault.get('initialized'), 0);
    await scws.closeEnvironment();
  });

  it('4.3 createEnvironment takes a Module, which stays its caller’s with tokens, sessions and logins', async () => {
    const module = await Module.load(fault.path);
    const theirs = await module.token({ slotId: 1 });
    await theirs.login('1234');
    const session = await theirs.session();
    await scws.createEnvironment({ module });
    const token = await scws.readers[0]!.connect();
    assert.equal(token.pins[0]!.validated, true);
    await token.disconnect();
    assert.equal(theirs.loggedIn, true);
    assert.equal((await session.info()).state, 'user');
    await (await scws.readers[0]!.connect()).getObjects();
    await scws.closeEnvironment();
    assert.equal((await session.info()).state, 'user');
    assert.equal((await module.slots()).length, 6);
    await module.close();
  });

  it('4.3 a login that was made here ends here, on the Module of a caller too', async () => {
    const module = await Module.load(fault.path);
    const theirs = await module.token({ slotId: 1 });
    await scws.createEnvironment({ module });
    const [one, other] = [await scws.readers[0]!.connect(), await scws.readers[0]!.connect()];
    await one.pins[0]!.login('1234');
    await one.disconnect();
    assert.equal(theirs.loggedIn, true, 'the other connection shares it');
    await other.disconnect();
    assert.equal(theirs.loggedIn, false);
    const third = await scws.readers[0]!.connect();
    await third.pins[0]!.login('1234');
    await scws.closeEnvironment();
    assert.equal(theirs.loggedIn, false);
    assert.equal(await code(third.getObjects()), 'MWR_SCWS_COMM_ERROR');
    await module.close();
  });

  it('4.3 createEnvironment again ends what was there before; two at once leave one', async () => {
    await scws.createEnvironment({ module: fault.path });
    const [before] = scws.readers;
    const token = await before!.connect();
    const other = new FaultModule();
    await Promise.all([fault, other, other].map(({ path }) => scws.createEnvironment({ module: path })));
    assert.equal(fault.get('initialized'), 0);
    assert.equal(other.get('initialized'), 1);
    assert.equal(scws.readers.length, 6);
    assert.ok(!scws.readers.includes(before!));
    assert.equal(await code(token.getObjects()), 'MWR_SCWS_COMM_ERROR');
    await (await scws.readers[0]!.connect()).disconnect();
    await scws.closeEnvironment();
    assert.equal(other.get('initialized'), 0);
    other.close();
  });

  it('4.3 createEnvironment that fails on its way leaves nothing behind', async () => {
    fault.fail('C_GetSlotList', CKR.DEVICE_ERROR, { times: FOREVER });
    assert.equal(await code(scws.createEnvironment({ module: fault.path })), 'CKR_DEVICE_ERROR');
    assert.equal(fault.get('initialized'), 0);
    assert.equal(await code(scws.updateReaderList()), 'MWR_SCWS_UNREACHABLE');
  });

  it('4.3 several environments live side by side, on one library too', async () => {
    const other = new Scws();
    await Promise.all([scws.createEnvironment({ module: fault.path }), other.createEnvironment({ module: fault.path })]);
    const token = await other.readers[0]!.connect();
    await scws.closeEnvironment();
    assert.ok(Array.isArray(await token.getObjects()));
    await other.closeEnvironment();
    assert.equal(fault.get('initialized'), 0);
  });

  it('4.4 updateReaderList looks again, and resolves to the very array that readers is', async () => {
    await scws.createEnvironment({ module: fault.path });
    slots(4);
    assert.equal(await scws.updateReaderList(), scws.readers);
    assert.equal(scws.readers.length, 4);
    slots(Infinity);
    assert.equal((await scws.updateReaderList()).length, 6);
  });

  it('4.5 getReader finds a reader by its name, which is nobody else’s', async () => {
    await scws.createEnvironment({ module: fault.path });
    const names = scws.readers.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const reader of scws.readers) assert.equal(scws.getReader(reader.name), reader);
    for (const nobody of ['', 'no such reader', '\0', '\ud800', '__proto__', 'x'.repeat(1_000_000), 5, undefined, null])
      assert.equal(scws.getReader(nobody as never), undefined);
  });

  it('4.5 readers that the library calls by one name have a number behind it', async () => {
    fault.tell('C_GetSlotInfo', { lie: LIE['GARBAGE']! });
    await scws.createEnvironment({ module: fault.path });
    const names = scws.readers.map(({ name }) => name);
    assert.equal(new Set(names).size, 6);
    assert.ok(names.slice(1).every((name, index) => name === `${names[0]} ${index + 2}`));
  });

  it('4.6 onreaderstatechanged: a card is taken out and put back', async () => {
    await scws.createEnvironment({ module: fault.path });
    const [reader] = scws.readers;
    const gone = event('onreaderstatechanged');
    fault.remove(1);
    assert.equal(await gone, reader);
    assert.equal(reader!.cardPresent, false);
    const back = event('onreaderstatechanged');
    fault.insert(1);
    assert.equal(await back, reader);
    assert.equal(reader!.cardPresent, true);
  });

  it('4.6 onreaderadded, onreaderremoved: at the next event of a slot', async () => {
    slots(5);
    await scws.createEnvironment({ module: fault.path });
    assert.equal(scws.readers.length, 5);
    const added = event('onreaderadded');
    slots(Infinity);
    fault.remove(1);
    const reader = await added;
    assert.equal(scws.readers.at(-1), reader);
    assert.equal(reader.cardPresent, true);
    const removed = event('onreaderremoved');
    slots(5);
    fault.insert(1);
    assert.equal(await removed, reader);
    assert.ok(!scws.readers.includes(reader));
  });

  it('4.6 they are driven by updateReaderList, too, and tell each change once', async () => {
    await scws.createEnvironment({ module: fault.path });
    const told: string[] = [];
    for (const kind of ['onreaderadded', 'onreaderremoved', 'onreaderstatechanged'] as const)
      scws[kind] = ({ name }) => told.push(`${kind} ${name.slice(0, 6)}`);
    fault.fail('C_GetTokenInfo', CKR.TOKEN_NOT_RECOGNIZED);
    await Promise.all([scws.updateReaderList(), scws.updateReaderList(), scws.updateReaderList()]);
    assert.deepEqual(told, ['onreaderstatechanged Slot 0', 'onreaderstatechanged Slot 0'], 'to mute, and back');
    await scws.updateReaderList();
    assert.equal(told.length, 2);
  });

  it('4.6 a handler that throws, rejects, or is none is warned about and ends nothing', async () => {
    await scws.createEnvironment({ module: fault.path });
    const warnings: string[] = [];
    const listen = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', listen);
    const handlers: unknown[] = [
      () => {
        throw new Error('thrown by the handler');
      },
      () => Promise.reject(new Error('rejected by the handler')),
      () => Promise.reject('1234'),
      'no function',
    ];
    for (const [index, handler] of handlers.entries()) {
      scws.onreaderstatechanged = handler as never;
      (index % 2 === 0 ? fault.remove : fault.insert).call(fault, 1);
      while (warnings.length <= index) await new Promise(setImmediate);
      assert.equal(scws.readers[0]!.cardPresent, index % 2 === 1);
    }
    process.off('warning', listen);
    assert.deepEqual(warnings.slice(0, 2), ['thrown by the handler', 'rejected by the handler']);
    assert.ok(!warnings.some((text) => text.includes('1234')));
  });

  it('4.6 a handler may look again, and may end everything', async () => {
    await scws.createEnvironment({ module: fault.path });
    const ended = new Promise<string>((resolve) => {
      scws.onreaderstatechanged = () => {
        const looking = code(scws.updateReaderList());
        void scws.closeEnvironment().then(() => resolve(looking));
      };
    });
    fault.remove(1);
    assert.equal(await ended, 'MWR_SCWS_UNREACHABLE', 'the end was first');
    assert.deepEqual(scws.readers, []);
    assert.equal(fault.get('initialized'), 0);
  });
});
