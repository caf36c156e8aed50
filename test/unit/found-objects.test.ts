import assert from 'node:assert/strict';
import { CKK, CKO, DataObject, type Module, PrivateKey, SecretKey, type Token } from '../../lib';
import { stateOf } from '../../lib/token-objects';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const PIN = '1234';
const MANY = 3000;

describe('found objects', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;

  const start = async (settings: Record<string, number> = {}): Promise<void> => {
    ({ fault, module, token } = await place(settings));
  };
  const labels = (count: number): string[] => Array.from({ length: count }, (_, index) => `object ${index}`);

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('overlaps'), 0);
    assert.equal(fault.get('badArguments'), 0);
    fault.close();
  });

  it('come all at once, in the order of the token, each read once', async () => {
    await start({ preload: MANY });
    const objects = await token.dataObjects({}, { only: ['label', 'value'] }).toArray();
    assert.deepEqual(
      objects.map(({ label }) => label),
      labels(MANY),
    );
    assert.equal(new Set(objects.map(({ handle }) => handle)).size, MANY);
    assert.equal(fault.calls('C_GetAttributeValue'), MANY);
    for (const [index, { attributes }] of objects.entries()) assert.equal(Buffer.from(attributes.value!).readUInt32LE(), index);
  });

  it('come one by one, however they are asked for', async () => {
    await start({ preload: MANY });
    const found = token.dataObjects();
    const first = await Promise.all(Array.from({ length: 500 }, () => found.next()));
    const more = [...first.map(({ value }) => (value as DataObject).label), ...(await found.toArray()).map(({ label }) => label)];
    assert.deepEqual(more, labels(MANY));
    assert.deepEqual(await found.next(), { value: undefined, done: true });
    assert.deepEqual(await found.toArray(), []);
    const none = token.dataObjects({ label: 'none' });
    assert.deepEqual(await Promise.all([none.next(), none.next()]), [
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  });

  it('are not read on for who has left', async () => {
    await start({ preload: MANY });
    const found = token.dataObjects();
    assert.equal((await found.next()).done, false);
    assert.deepEqual(await found.return(), { value: undefined, done: true });
    assert.deepEqual(await found.next(), { value: undefined, done: true });
    assert.ok(fault.calls('C_GetAttributeValue') < 2000);
    const thrown = token.dataObjects();
    await thrown.next();
    await assert.rejects(thrown.throw(new Error('enough')), { message: 'enough' });
    assert.deepEqual(await thrown.next(), { value: undefined, done: true });
    const unbegun = token.dataObjects();
    await unbegun.return();
    assert.deepEqual(await unbegun.toArray(), []);
    await token.dataObjects()[Symbol.asyncDispose]();
    for await (const object of token.dataObjects()) if (object.label === 'object 700') break;
  });

  it('are read ahead of a consumer that takes its time, but not without end', async () => {
    await start({ preload: 5000 });
    const found = token.dataObjects();
    await found.next();
    // A call of the same token comes after everything that was on its way.
    for (let turn = 0; turn < 20; turn++) await token.object({ label: 'object 4999' });
    assert.ok(fault.calls('C_GetAttributeValue') < 2200);
    assert.equal((await found.toArray()).length, 4999);
  });

  it('end with the failure of the token, after those that came before it', async () => {
    await start({ preload: 1000 });
    fault.fail('C_GetAttributeValue', 0x05, { skip: 500, times: 1_000_000n });
    const found = token.dataObjects();
    const seen: unknown[] = [];
    await assert.rejects(
      (async () => {
        for await (const { label } of found) seen.push(label);
      })(),
      { code: 'CKR_GENERAL_ERROR', call: 'C_GetAttributeValue' },
    );
    assert.ok(seen.length >= 64 && seen.length <= 500, `${seen.length} objects`);
    assert.deepEqual(seen, labels(seen.length));
    assert.equal((await found.next()).done, true);
  });

  it('go on in another session where theirs was lost, none missing and none twice', async () => {
    await start({ preload: MANY });
    const found = token.dataObjects();
    const seen = [((await found.next()).value as DataObject).label];
    fault.dropSessions();
    for await (const { label } of found) seen.push(label);
    assert.deepEqual(seen, labels(MANY));
  });

  it('are not looked for by handles that may have changed', async () => {
    await start({ preload: MANY });
    const found = token.dataObjects();
    const { value: first } = await found.next();
    fault.renumber();
    stateOf(token).forgetHandles();
    await assert.rejects(found.toArray(), { code: 'ERR_CRYPTOKI_STALE' });
    assert.ok((await (first as DataObject).value())!.length > 0);
  });

  describe('of which only some attributes are read', () => {
    it('cost one call each, whatever their class', async () => {
      await start({ preload: 10 });
      const before = fault.calls('C_GetAttributeValue');
      const objects = await token.objects({}, { only: ['label'] }).toArray();
      assert.equal(fault.calls('C_GetAttributeValue') - before, 10);
      assert.ok(objects.every((object) => object instanceof DataObject && object.class === CKO.DATA));
      assert.equal(objects[3]!.attributes.label, 'object 3');
      assert.equal(objects[3]!.attributes.application, undefined);
      assert.deepEqual(await objects[3]!.get(['application']), { application: 'object' });
    });

    it('are keys all the same', async () => {
      await start();
      await token.login(PIN);
      const { publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'pair', privateKey: { alwaysAuthenticate: true } });
      await token.generateKey('aes', { length: 256, label: 'aes' });
      const [key] = await token.privateKeys({}, { only: ['id'] }).toArray();
      assert.deepEqual(Object.keys(key!.attributes).toSorted(), ['alwaysAuthenticate', 'class', 'id', 'keyType']);
      assert.equal(key!.keyType, CKK.EC);
      assert.equal(key!.alwaysAuthenticate, true);
      const data = Buffer.from('data');
      assert.ok(await publicKey.verify('sha256', data, await key!.sign('sha256', data)));
      const [aes] = await token.objects({ label: 'aes' }, { only: [] }).toArray();
      assert.ok(aes instanceof SecretKey);
      const iv = new Uint8Array(16);
      assert.deepEqual(Buffer.from(await aes.decrypt({ name: 'aes-cbc', iv }, await aes.encrypt({ name: 'aes-cbc', iv }, data))), data);
      const [one] = await token.objects({ label: 'pair', class: CKO.PRIVATE_KEY }, { only: ['label'] }).toArray();
      assert.ok(one instanceof PrivateKey);
      await one.destroy();
      assert.equal(one.label, 'pair');
    });

    it('are found again after a recovery, by what is known of them', async () => {
      await start();
      await token.login(PIN);
      const { publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'pair', id: Buffer.from('07', 'hex'), token: true });
      const [byId] = await token.privateKeys({}, { only: ['id'] }).toArray();
      const [byLabel] = await token.privateKeys({}, { only: ['label'] }).toArray();
      const before = byId!.handle;
      fault.renumber();
      stateOf(token).forgetHandles();
      const data = Buffer.from('data');
      for (const key of [byId, byLabel]) assert.ok(await publicKey.verify('sha256', data, await key!.sign('sha256', data)));
      assert.notEqual(byId!.handle, before);
      assert.equal(byId!.handle, byLabel!.handle);
    });

    for (const [options, code] of [
      [{ only: 'label' }, 'ERR_INVALID_ARG_TYPE'],
      [{ only: ['lable'] }, 'ERR_INVALID_ARG_VALUE'],
      [{ only: [7.5] }, 'ERR_OUT_OF_RANGE'],
      [{ only: ['label'], attributes: ['id'] }, 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      it(`refuse ${JSON.stringify(options)}`, async () => {
        await start();
        await assert.rejects(token.secretKeys({}, options as never).next(), { code });
        assert.equal(fault.calls('C_FindObjectsInit'), 0);
      });
    }
  });

  it('have labels and identifiers of any length, in any language', async () => {
    await start();
    const given = ['', 'a', 'twelve chars', 'thirteen char', 'Schlüssel', 'ключ', '鍵鍵鍵', '\u{1f511}', 'x'.repeat(5000), '\ufeffmark', 'nul\0nul'];
    for (const [index, label] of given.entries()) {
      await token.createData({ label, objectId: Buffer.alloc(index * 9, 0x80 + index), application: label, value: Buffer.from('x') });
    }
    const objects = await token.dataObjects().toArray();
    assert.deepEqual(
      objects.map((object) => object.label ?? ''),
      given,
    );
    for (const [index, object] of objects.entries()) {
      assert.equal(object.label, object.attributes.label);
      assert.equal(object.application ?? '', given[index]);
      assert.deepEqual(Buffer.from(object.objectId ?? []), Buffer.alloc(index * 9, 0x80 + index));
      assert.ok(Object.isFrozen(object.attributes));
      assert.equal(object.attributes, object.attributes);
    }
  });

  it("give an identifier that is the caller's own", async () => {
    await start();
    await token.login(PIN);
    await token.generateKey('aes', { length: 128, id: Buffer.from('0102', 'hex'), label: 'k' });
    const [key] = await token.secretKeys({ label: 'k' }).toArray();
    key!.id!.fill(9);
    assert.equal(Buffer.from(key!.id!).toString('hex'), '0102');
    assert.equal(Buffer.from(key!.attributes.id!).toString('hex'), '0102');
  });
});
