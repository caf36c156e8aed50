// 6: tokens.

import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { Scws, type Certificate, type DataContainer, type Key } from '../../lib/scws';
import { FaultModule } from '../support/fault-module';
import { DOCUMENT, useDesk } from './desk';
import { code, RSA } from './support';

describe('SCWS 6: tokens', () => {
  const desk = useDesk();

  it('6.1 reader, serialNumber, label, model, pins and protectedAuthPath are what the token said', () => {
    const { token, bench } = desk();
    const { token: ours } = bench.fixture;
    assert.equal(token.reader, bench.reader);
    assert.deepEqual([token.label, token.serialNumber, token.model], [ours.label, ours.serialNumber, ours.model]);
    assert.equal(token.protectedAuthPath, false);
    assert.equal(token.pins.length, 1);
    assert.throws(() => (token.pins as unknown[]).push('another'), { name: 'TypeError' });
  });

  it('6.1 getObjects answers the certificates, keys and data containers, and nothing of what is no such thing', async () => {
    const { token, bench, login } = desk();
    const { token: ours, pin } = bench.fixture;
    await ours.login(pin);
    const secret = await ours.generateKey('aes', { length: 256, token: true, label: 'a secret key' });
    await login().catch(() => undefined);
    const objects = await token.getObjects();
    assert.deepEqual(new Set(objects.map(({ type }) => type)), new Set(['certificate', 'publicKey', 'privateKey', 'dataContainer']));
    assert.ok(!objects.some(({ ckLabel }) => ckLabel === 'a secret key'));
    await secret.destroy();
    await ours.logout();
  });

  it('6.1 importPkcs12 brings key and certificate, which pair, with a password of any letters', async () => {
    const { token, bench, login, key, find, publicKeyOf } = desk();
    await login();
    for (const [name, newkey, password] of [
      ['imported', RSA, 'päss wörd Ж 漢字'],
      ['imported curve', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ''],
    ] as const) {
      bench.authority.issue(name, { newkey: [...newkey] });
      await token.importPkcs12(bench.authority.pkcs12(name, password), password);
      const imported = await key(name);
      assert.notEqual(imported.ckId, '');
      assert.equal((await find('certificate', name)).ckId, imported.ckId);
      const signature = new Uint8Array(await imported.hashAndSign(DOCUMENT, 'sha256'));
      assert.equal(verify('sha256', DOCUMENT, { key: await publicKeyOf(name), dsaEncoding: 'ieee-p1363' }, signature), true);
    }
  });

  it('6.2 after disconnect every call rejects, of the token and of all that came from it', async () => {
    const { token, pin, login, key, find } = desk();
    await login();
    const [rsa, certificate] = [await key('rsa'), (await find('certificate', 'rsa')) as Certificate];
    const note = (await find('dataContainer', 'note')) as DataContainer;
    await token.disconnect();
    const calls = [
      token.getObjects(),
      token.disconnect(),
      token.importPkcs12('00', 'x'),
      pin.login('1234'),
      pin.logout(),
      pin.change('1234', '4321'),
      pin.init('1234'),
      pin.unblock('1234', '4321'),
      rsa.sign('00', null),
      rsa.hashAndSign('00', 'sha256'),
      rsa.decrypt('00'),
      certificate.getValue(),
      certificate.getTrust(),
      note.getValue(),
    ];
    assert.deepEqual(new Set(await Promise.all(calls.map(code))), new Set(['CKR_TOKEN_NOT_PRESENT']));
    assert.equal(pin.validated, false);
    assert.equal(rsa.ckLabel, 'rsa', 'properties stay what they were');
  });

  it('6.2 another connection to the same card goes on, with its login; the last one takes the login along', async () => {
    const { token, pin, bench, login, key } = desk();
    const other = await bench.reader.connect();
    await login();
    assert.equal(other.pins[0]!.validated, true);
    const rsa = await key('rsa');
    await other.disconnect();
    assert.equal(pin.validated, true);
    assert.ok((await rsa.hashAndSign(DOCUMENT, 'sha256')) instanceof ArrayBuffer);
    await token.disconnect();
    const again = await bench.reader.connect();
    assert.ok(!(await again.getObjects()).some(({ type }) => type === 'privateKey'));
    await again.disconnect();
  });
});

describe('SCWS 6: a connection in trouble', () => {
  let fault: FaultModule;
  const scws = new Scws();

  before(async () => {
    fault = new FaultModule();
    fault.set('keepTokens', 1);
    await scws.createEnvironment({ module: fault.path });
  });
  after(async () => {
    fault.reset();
    await scws.closeEnvironment();
    fault.close();
  });

  it('6.2 a call that runs while its token is disconnected comes to its end; the next one rejects', async () => {
    const token = await scws.readers[0]!.connect();
    fault.hang('C_FindObjectsInit');
    const running = token.getObjects();
    await fault.inside('C_FindObjectsInit');
    const disconnecting = token.disconnect();
    assert.equal(await code(token.getObjects()), 'CKR_TOKEN_NOT_PRESENT');
    fault.release('C_FindObjectsInit');
    assert.ok(Array.isArray(await running));
    await disconnecting;
    assert.equal(fault.get('sessions'), 0);
  });

  it('6.2 a card that is pulled while calls run: they reject, disconnect does not, and the next connection works', async () => {
    const [reader] = scws.readers;
    const token = await reader!.connect();
    await token.pins[0]!.login('1234');
    fault.hang('C_FindObjectsInit');
    const calls = Array.from({ length: 10 }, () => code(token.getObjects()));
    await fault.inside('C_FindObjectsInit');
    fault.remove(1);
    fault.release('C_FindObjectsInit');
    for (const one of await Promise.all(calls))
      assert.match(one, /^(CKR_(DEVICE_REMOVED|TOKEN_NOT_PRESENT|USER_NOT_LOGGED_IN)|MWR_SCWS_UNKNOWN_ERROR)$/);
    assert.match(await code(token.getObjects()), /^(CKR_(DEVICE_REMOVED|TOKEN_NOT_PRESENT)|MWR_SCWS_UNKNOWN_ERROR)$/);
    await token.disconnect();
    fault.insert(1);
    const back = await reader!.connect();
    assert.equal(back.pins[0]!.validated, false);
    await back.pins[0]!.login('1234');
    await back.disconnect();
  });

  it('6.2 keys that are used while their token is disconnected, forty at once, end one way or the other', async () => {
    const token = await scws.readers[0]!.connect();
    await token.pins[0]!.login('1234');
    const keys = (await token.getObjects()).filter(({ type }) => type === 'privateKey') as Key[];
    assert.deepEqual(keys, []);
    const calls = Array.from({ length: 40 }, () => token.getObjects());
    await token.disconnect();
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === 'rejected') assert.match((outcome.reason as { code: string }).code, /^(CKR_TOKEN_NOT_PRESENT|MWR_SCWS_COMM_ERROR)$/);
    }
    assert.equal(fault.get('sessions'), 0);
    assert.equal(fault.get('closedWhileRunning'), 0);
  });
});
