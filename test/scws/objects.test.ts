// 8: objects; 11: data containers.

import assert from 'node:assert/strict';
import { CKC, CKO } from '../../lib';
import { Certificate, DataContainer, Key, TokenObject } from '../../lib/scws';
import { DOCUMENT, USAGES, useDesk } from './desk';

describe('SCWS 8 and 11: objects', () => {
  const desk = useDesk();

  it('8.1 handle, parent, type, ckId, ckLabel, private, modifiable and pinNumber', async () => {
    const { token, login } = desk();
    await login();
    const objects = await token.getObjects();
    const classes = { certificate: Certificate, publicKey: Key, privateKey: Key, dataContainer: DataContainer };
    for (const object of objects) {
      assert.ok(object instanceof TokenObject && object instanceof classes[object.type]);
      assert.equal(object.parent, token);
      assert.ok(Number.isSafeInteger(object.handle) && object.handle > 0);
      assert.equal(object.private, object.type === 'privateKey' || object.ckLabel === 'secret');
      assert.equal(object.pinNumber, object.private ? 0 : undefined);
      assert.equal(object.modifiable, true);
    }
    assert.equal(new Set(objects.map(({ handle }) => handle)).size, objects.length);
  });

  it('8.1 modifiable: false where the token says so', async () => {
    const { bench, find } = desk();
    const { token: ours, pin } = bench.fixture;
    await ours.login(pin);
    const fixed = await ours.create({ class: CKO.DATA, token: true, private: false, modifiable: false, label: 'fixed', value: DOCUMENT });
    assert.equal((await find('dataContainer', 'fixed')).modifiable, false);
    await fixed.destroy();
    await ours.logout();
  });

  it('8.1 ckId is CKA_ID in hexadecimal and pairs certificate and keys', async () => {
    const { token, login, find } = desk();
    await login();
    const objects = await token.getObjects();
    const typesOf = (id: string): string[] => objects.filter(({ ckId }) => ckId === id).map(({ type }) => type as string);
    assert.deepEqual(typesOf('a1').toSorted(), ['certificate', 'privateKey', 'publicKey']);
    for (const index of Object.keys(USAGES).keys()) assert.deepEqual(typesOf(`b${index}`).toSorted(), ['certificate', 'privateKey']);
    assert.deepEqual(typesOf('ff'), ['privateKey'], 'a key without a certificate');
    assert.equal((await find('certificate', 'nameless')).ckId, '', 'a certificate without CKA_ID');
  });

  it('8.1 labels and applications are given as they are, whatever is in them', async () => {
    const { bench, token } = desk();
    const { token: ours, pin } = bench.fixture;
    await ours.login(pin);
    const hostile = ['<x a="&">', 'a\0b', '\u202e\u200b\u001b[2J', '漢字😀', 'x'.repeat(10_000), '__proto__', ''];
    const made = [];
    for (const text of hostile) made.push(await ours.createData({ label: text, application: text, value: Buffer.from('hostile') }));
    const data = (await token.getObjects()).filter((object) => object instanceof DataContainer);
    for (const text of hostile)
      assert.ok(
        data.some(({ ckLabel, application }) => ckLabel === text && application === text),
        JSON.stringify(text),
      );
    for (const object of made) await object.destroy();
    await ours.logout();
  });

  it('8.1 certificates that cannot be read, or are of another kind, are not shown', async () => {
    const { bench, token } = desk();
    const { token: ours, pin } = bench.fixture;
    await ours.login(pin);
    const common = { class: CKO.CERTIFICATE, certificateType: CKC.X_509, token: true, private: false, label: 'damaged', subject: Buffer.of(0x30, 0) };
    const made = [];
    for (const value of [Buffer.from('no certificate'), Buffer.of(0x30, 0x80), Buffer.alloc(100_000, 0x30)])
      made.push(await ours.create({ ...common, value }));
    const objects = await token.getObjects();
    assert.ok(!objects.some(({ ckLabel }) => ckLabel === 'damaged'));
    const certificate = objects.find((object) => object instanceof Certificate)!;
    assert.deepEqual((await certificate.getTrust()).trustStatus, ['untrustedRoot'], 'nor do they disturb the others');
    for (const object of made) await object.destroy();
    await ours.logout();
  });

  it('8.2 private objects appear only after login', async () => {
    const { token, pin, login } = desk();
    const labels = async (): Promise<string[]> => (await token.getObjects()).map(({ type, ckLabel }) => `${type} ${ckLabel}`).toSorted();
    const before = await labels();
    for (const wanted of ['certificate rsa', 'publicKey rsa', 'dataContainer note']) assert.ok(before.includes(wanted), wanted);
    assert.ok(!before.some((one) => one.startsWith('privateKey') || one.endsWith('secret')));
    await login();
    const after = await labels();
    for (const wanted of ['privateKey rsa', 'privateKey lonely', 'dataContainer secret']) assert.ok(after.includes(wanted), wanted);
    await pin.logout();
    assert.deepEqual(await labels(), before);
  });

  it('11.1 application and getValue', async () => {
    const { login, find } = desk();
    await login();
    for (const label of ['note', 'secret']) {
      const container = (await find('dataContainer', label)) as DataContainer;
      assert.equal(container.application, 'test');
      assert.deepEqual(Buffer.from(await container.getValue()), DOCUMENT);
    }
  });

  it('11.1 getValue: nothing at all, and ten million bytes', async () => {
    const { bench, find } = desk();
    const { token: ours, pin } = bench.fixture;
    await ours.login(pin);
    for (const value of [Buffer.alloc(0), Buffer.alloc(10 * 1024 * 1024, 'ab')]) {
      const made = await ours.createData({ label: 'sized', value });
      const container = (await find('dataContainer', 'sized')) as DataContainer;
      assert.equal(container.application, '');
      assert.equal(Buffer.compare(Buffer.from(await container.getValue()), value), 0);
      await made.destroy();
    }
    await ours.logout();
  });
});
