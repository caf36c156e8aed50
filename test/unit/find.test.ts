import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKO, type CryptokiObject, DataObject, type Module, Pkcs11Uri, PrivateKey, PublicKey, SecretKey, type Token } from '../../lib';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const PIN = '1234';

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('Objects', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;

  const start = async (settings: Record<string, number> = {}): Promise<void> => {
    ({ fault, module, token } = await place(settings));
  };

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('overlaps'), 0);
    assert.equal(fault.get('badArguments'), 0);
    fault.close();
  });

  describe('finding', () => {
    it('gives all that match, however many, with their attributes', async () => {
      await start({ preload: 2500 });
      const objects = await all(token.dataObjects());
      assert.equal(objects.length, 2500);
      assert.ok(objects.every((object) => object instanceof DataObject && object.label?.startsWith('object ')));
      assert.equal(new Set(objects.map(({ handle }) => handle)).size, 2500);
    });

    it('goes on where the token gives few at a time', async () => {
      await start({ preload: 30, findBatch: 7 });
      assert.equal((await all(token.dataObjects())).length, 30);
    });

    for (const attributeStyle of [1, 2]) {
      it(`reads attributes from a token of style ${attributeStyle}`, async () => {
        await start({ preload: 3, attributeStyle });
        const [first] = await all(token.objects({ label: 'object 1' }, { attributes: ['value', 'modulus'] }));
        assert.ok(first instanceof DataObject);
        assert.ok(first.attributes.value instanceof Uint8Array);
        assert.equal(first.attributes.modulus, undefined);
        assert.equal(first.attributes.token, true);
      });
    }

    it('makes objects of the class that each has', async () => {
      await start({ preload: 1 });
      await token.login(PIN);
      await token.generateKeyPair('rsa', { modulusLength: 2048 });
      await token.generateKey('aes', { length: 256 });
      await token.create({ class: CKO.PROFILE, profileId: 1 }).catch(() => undefined);
      const classes = (await all(token.objects())).map((object) => object.constructor);
      for (const wanted of [DataObject, PrivateKey, PublicKey, SecretKey]) assert.ok(classes.includes(wanted), wanted.name);
    });

    it('finds one, by attributes and by URI', async () => {
      await start({ preload: 5 });
      const one = await token.dataObject({ label: 'object 3' });
      assert.equal(one.label, 'object 3');
      assert.equal((await token.dataObject(one.uri())).handle, one.handle);
      assert.equal((await token.object(Pkcs11Uri.parse('pkcs11:object=object%203'))).handle, one.handle);
    });

    it('finds nothing by the URI of another token', async () => {
      await start({ preload: 1 });
      assert.deepEqual(await all(token.objects('pkcs11:token=other')), []);
      await assert.rejects(token.dataObject('pkcs11:token=other'), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await assert.rejects(token.dataObject('pkcs11:type=cert'), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('says which there are when several match', async () => {
      await start({ preload: 20 });
      await assert.rejects(token.dataObject(), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_CRYPTOKI_AMBIGUOUS');
        assert.match(error.message, /^10 or more objects match/);
        return error.message.includes('label "object 0"');
      });
    });

    it('can be left at any time', async () => {
      await start({ preload: 10 });
      for await (const object of token.dataObjects()) {
        assert.ok(object.label);
        break;
      }
      assert.equal((await all(token.dataObjects())).length, 10);
    });

    it('holds no session between two objects', async () => {
      await start({ preload: 3, sessionLimit: 1 });
      for await (const object of token.dataObjects()) assert.ok((await object.value())!.length > 0);
    });

    it('leaves out what disappears meanwhile', async () => {
      await start({ preload: 3 });
      const objects = token.objects({}, {});
      const reading = objects.next();
      const first = (await reading).value as CryptokiObject;
      assert.ok(first);
      await objects.return();
      fault.fail('C_GetAttributeValue', 0x82);
      assert.equal((await all(token.dataObjects())).length, 2);
    });

    it('fails when the token does, twice', async () => {
      await start({ preload: 3 });
      fault.fail('C_FindObjects', 0x30);
      assert.equal((await all(token.dataObjects())).length, 3);
      fault.fail('C_FindObjects', 0x30, { times: 2 });
      await assert.rejects(all(token.dataObjects()), { code: 'CKR_DEVICE_ERROR', call: 'C_FindObjects' });
      fault.fail('C_GetAttributeValue', 0x32, { times: 2 });
      await assert.rejects(all(token.dataObjects()), { code: 'CKR_DEVICE_REMOVED' });
      assert.equal((await all(token.dataObjects())).length, 3);
    });

    it('goes on in a new session when the old ones were lost', async () => {
      await start({ preload: 3 });
      await all(token.dataObjects());
      fault.dropSessions();
      assert.equal((await all(token.dataObjects())).length, 3);
    });

    for (const [query, code] of [
      [7, 'ERR_INVALID_ARG_TYPE'],
      [null, 'ERR_INVALID_ARG_TYPE'],
      [[], 'ERR_INVALID_ARG_TYPE'],
      [{ lable: 'x' }, 'ERR_INVALID_ARG_VALUE'],
      [{ label: 7 }, 'ERR_INVALID_ARG_TYPE'],
      [{ keyType: -1 }, 'ERR_OUT_OF_RANGE'],
      ['object 1', 'ERR_CRYPTOKI_URI'],
    ] as const) {
      it(`refuses ${inspect(query)}`, async () => {
        await start();
        await assert.rejects(token.objects(query as never).next(), { code });
        await assert.rejects(token.privateKey(query as never), { code });
        assert.equal(fault.calls('C_FindObjectsInit'), 0);
      });
    }

    it('refuses options that are none', async () => {
      await start();
      await assert.rejects(token.objects({}, null as never).next(), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.objects({}, { attributes: 'label' } as never).next(), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.objects({}, { timeLimit: -1 }).next(), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(token.session(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.session({ readWrite: 1 } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.login(PIN, null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(module.slots(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.initialize(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.initialize({ label: 'x' } as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('takes the query as it is at the beginning', async () => {
      await start({ preload: 3 });
      const query: { label: string; objectId?: Uint8Array } = { label: 'object 1' };
      const found = all(token.dataObjects(query));
      query.label = 'object 2';
      assert.equal((await found)[0]?.label, 'object 1');
    });
  });

  describe('attributes', () => {
    beforeEach(() => start());

    it('are read, those that are missing left out', async () => {
      const object = await token.createData({ value: Buffer.from('hello'), label: 'note', application: 'test' });
      const { label, application, modulus, value } = await object.get(['label', 'application', 'modulus', 'value']);
      assert.deepEqual([label, application, modulus], ['note', 'test', undefined]);
      assert.equal(Buffer.from(value!).toString(), 'hello');
    });

    it('that are sensitive are left out, and the others come', async () => {
      await token.login(PIN);
      const { privateKey } = await token.generateKeyPair('rsa', { modulusLength: 2048, label: 'k' });
      const { privateExponent, label } = await privateKey.get(['privateExponent', 'label']);
      assert.equal(privateExponent, undefined);
      assert.equal(label, 'k');
    });

    it('are changed, and known afterwards', async () => {
      const object = await token.createData({ value: Buffer.from('hello'), label: 'note' });
      await object.set({ label: 'other' });
      assert.equal(object.label, 'other');
      assert.equal((await object.get(['label'])).label, 'other');
      assert.equal((await token.dataObject({ label: 'other' })).label, 'other');
    });

    it('refuse what they cannot be, before anything is done', async () => {
      const object = await token.createData({ value: Buffer.from('hello') });
      await assert.rejects(object.set({ label: 7 } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(object.set({ lable: 'x' } as never), /Did you mean 'label'/);
      await assert.rejects(object.set(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(object.get(['lable'] as never), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(object.get('label' as never), { code: 'ERR_INVALID_ARG_TYPE' });
      assert.equal(fault.calls('C_SetAttributeValue'), 0);
    });

    it('pass by number where the standard has none', async () => {
      const object = await token.createData({ value: Buffer.from('x'), attributes: { 0x80000123: Buffer.from([1, 2]) } });
      const read = await object.get([0x80000123]);
      assert.deepEqual(read[0x80000123], Uint8Array.of(1, 2));
    });
  });

  describe('life', () => {
    beforeEach(() => start());

    it('is copied', async () => {
      const object = await token.createData({ value: Buffer.from('hello'), label: 'note' });
      const copy = await object.copy({ label: 'copy' });
      assert.ok(copy instanceof DataObject);
      assert.notEqual(copy.handle, object.handle);
      assert.equal(copy.label, 'copy');
      assert.deepEqual(await copy.value(), await object.value());
    });

    it('ends with destroy; everything afterwards says so', async () => {
      const object = await token.createData({ value: Buffer.from('hello') });
      await object.destroy();
      const stale = { code: 'ERR_CRYPTOKI_STALE' };
      await assert.rejects(object.get(['label']), stale);
      await assert.rejects(object.set({ label: 'x' }), stale);
      await assert.rejects(object.copy(), stale);
      await assert.rejects(object.size(), stale);
      await assert.rejects(object.destroy(), stale);
    });

    it('ends when somebody else destroys it', async () => {
      const object = await token.createData({ value: Buffer.from('hello'), label: 'note' });
      await (await token.dataObject({ label: 'note' })).destroy();
      await assert.rejects(object.get(['label']), { code: 'ERR_CRYPTOKI_STALE', message: /"note" is not on the token any more/ });
    });

    it('of a session object ends with its session', async () => {
      const session = await token.session();
      const object = await session.create({ class: CKO.DATA, token: false, label: 'passing', value: Buffer.from('x') });
      assert.equal((await object.get(['label'])).label, 'passing');
      await session.close();
      await assert.rejects(object.get(['label']), { code: 'CKR_OBJECT_HANDLE_INVALID' });
      await session.close();
      await assert.rejects(session.info(), { code: 'ERR_CRYPTOKI_CLOSED' });
    });

    it('of a session object without a session of one’s own is that of the token object', async () => {
      const object = await token.createData({ value: Buffer.from('x'), token: false, label: 'mine' });
      await Promise.all(Array.from({ length: 20 }, () => token.random(1)));
      assert.equal((await object.get(['label'])).label, 'mine');
    });

    it('ends for all when the token is made new', async () => {
      const object = await token.createData({ value: Buffer.from('hello') });
      await token.initialize({ label: 'new', soPin: '12345678' });
      assert.equal(token.label, 'new');
      await assert.rejects(object.get(['label']), { code: 'ERR_CRYPTOKI_STALE' });
      assert.deepEqual(await all(token.objects()), []);
    });

    it('on another token is not for this one', async () => {
      const other = await module.token({ slotId: 2 });
      const object = await other.createData({ value: Buffer.from('x') });
      await using session = await token.session();
      const foreign = { code: 'ERR_CRYPTOKI_FOREIGN_OBJECT' };
      await assert.rejects(session.setOperationState(Buffer.from('x'), { encryptionKey: object }), foreign);
    });

    it('tells its size, or nothing', async () => {
      const object = await token.createData({ value: Buffer.from('hello') });
      assert.ok((await object.size())! > 0);
      fault.fail('C_GetObjectSize', 0x170);
      assert.equal(await object.size(), undefined);
    });

    it('refuses a template that is none', async () => {
      await assert.rejects(token.create(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.create({ class: 'data' } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.createData({ value: 'text' } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.createData(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
      assert.equal(fault.calls('C_CreateObject'), 0);
    });
  });

  describe('random numbers', () => {
    beforeEach(() => start());

    it('come in any length', async () => {
      assert.equal((await token.random(0)).length, 0);
      assert.equal((await token.random(1)).length, 1);
      const long = await token.random((1 << 20) + 7);
      assert.equal(long.length, (1 << 20) + 7);
      assert.ok(long.subarray(-7).some((byte) => byte !== 0));
    });

    it('refuse a length that is none', async () => {
      for (const length of [-1, 1.5, NaN, 2 ** 31]) await assert.rejects(token.random(length), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(token.random('1' as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('take seed', async () => {
      await token.seedRandom(Buffer.from('seed'));
      await assert.rejects(token.seedRandom('seed' as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });

  it('are shown by what they are known by', async () => {
    await start();
    const object = await token.createData({ value: Buffer.from('secret'), label: 'note', application: 'test' });
    assert.equal(inspect(object), "DataObject { label: 'note', token: 'fault 0', application: 'test' }");
  });
});
