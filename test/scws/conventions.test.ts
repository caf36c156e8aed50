// 1: what holds for all of it.

import assert from 'node:assert/strict';
import { createHash, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { Scws, type Certificate, type DataContainer } from '../../lib/scws';
import { FaultModule } from '../support/fault-module';
import { DOCUMENT, useDesk } from './desk';
import { code } from './support';

describe('SCWS 1: conventions', () => {
  const desk = useDesk();
  const digest = createHash('sha256').update(DOCUMENT).digest();

  it('1.1 every operation answers a native promise, for bad parameters too, and nothing is thrown at once', async () => {
    const { token, pin, bench, login, key, find } = desk();
    await login();
    const [rsa, note] = [await key('rsa'), (await find('dataContainer', 'note')) as DataContainer];
    const certificate = (await find('certificate', 'rsa')) as Certificate;
    const scws = new Scws();
    const nonsense: unknown[] = [undefined, null, 5, 'nonsense', {}, Symbol('x')];
    for (const one of nonsense as never[]) {
      const promises = [
        scws.createEnvironment(one),
        token.importPkcs12(one, one),
        pin.login(one, one),
        pin.change(one, one),
        pin.init(one),
        pin.unblock(one, one),
        rsa.sign(one, one),
        rsa.hashAndSign(one, one),
        rsa.decrypt(one, one),
      ];
      for (const promise of promises) assert.equal(promise.constructor, Promise);
      for (const outcome of await Promise.allSettled(promises)) {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof scws.Error, `${inspect(one)}: ${inspect(outcome)}`);
      }
    }
    const others = [scws.updateReaderList(), scws.closeEnvironment(), token.getObjects(), certificate.getValue(), certificate.getTrust()];
    for (const promise of others) assert.equal(promise.constructor, Promise);
    await Promise.allSettled(others);
    const more = [note.getValue(), bench.reader.connect(), pin.logout(), token.disconnect()] as const;
    for (const promise of more) assert.equal(promise.constructor, Promise);
    await Promise.allSettled(more);
    await (await more[1]).disconnect();
  });

  it('1.2 getReader alone is synchronous', () => {
    const { scws, reader } = desk().bench;
    assert.equal(scws.getReader(reader.name), reader);
    assert.equal(scws.getReader('no such reader'), undefined);
    assert.equal(scws.getReader(undefined as never), undefined);
  });

  it('1.5 operations without a result resolve to undefined', async () => {
    const { token, pin, bench, login } = desk();
    const { fixture, authority } = bench;
    authority.issue('no result');
    assert.equal(await login(), undefined);
    assert.equal(await pin.change(fixture.pin, '97531'), undefined);
    assert.equal(await pin.logout(), undefined);
    assert.equal(await pin.login(fixture.soPin, true), undefined);
    assert.equal(await pin.init(fixture.pin), undefined);
    assert.equal(await pin.logout(), undefined);
    assert.equal(await pin.unblock(fixture.soPin, fixture.pin), undefined);
    assert.equal(await login(), undefined);
    assert.equal(await token.importPkcs12(authority.pkcs12('no result', 'x'), 'x'), undefined);
    assert.equal(await token.disconnect(), undefined);
    const scws = new Scws();
    assert.equal(await scws.createEnvironment({ module: fixture.profile.module }), undefined);
    assert.equal(await scws.closeEnvironment(), undefined);
  });

  it('1.6 binary results are ArrayBuffers', async () => {
    const { login, key, find } = desk();
    await login();
    const rsa = await key('rsa');
    assert.ok((await rsa.sign(digest, 'sha256')) instanceof ArrayBuffer);
    assert.ok((await rsa.hashAndSign(DOCUMENT, 'sha256')) instanceof ArrayBuffer);
    assert.ok((await rsa.decrypt(new Uint8Array(256), { type: 'raw' })) instanceof ArrayBuffer);
    assert.ok((await ((await find('dataContainer', 'note')) as DataContainer).getValue()) instanceof ArrayBuffer);
  });

  it('1.7 binary parameters are hexadecimal text, ArrayBuffer or Uint8Array, taken as they are at the call', async () => {
    const { login, key, publicKeyOf } = desk();
    await login();
    const [rsa, publicKey] = [await key('rsa'), await publicKeyOf('rsa')];
    const hexadecimal = digest.toString('hex');
    const within = Uint8Array.of(1, ...digest, 2).subarray(1, 33);
    for (const data of [hexadecimal, hexadecimal.toUpperCase(), Uint8Array.from(digest).buffer, digest, Uint8Array.from(digest), within]) {
      assert.equal(verify('sha256', DOCUMENT, publicKey, new Uint8Array(await rsa.sign(data, 'sha256'))), true);
    }
    const changing = Uint8Array.from(digest);
    const signing = rsa.sign(changing, 'sha256');
    changing.fill(0);
    assert.equal(verify('sha256', DOCUMENT, publicKey, new Uint8Array(await signing)), true);
    for (const wrong of ['0', 'xy', '0x00', 'ab cd', digest.toString('base64'), new DataView(new ArrayBuffer(32)), [...digest], 5, undefined]) {
      assert.equal(await code(rsa.sign(wrong as never, 'sha256')), 'MWR_SCWS_BAD_PARAMS', inspect(wrong));
    }
  });
});

describe('SCWS 1: properties', () => {
  let fault: FaultModule;
  const scws = new Scws();

  before(async () => {
    fault = new FaultModule();
    await scws.createEnvironment({ module: fault.path });
  });
  after(async () => {
    await scws.closeEnvironment();
    fault.close();
  });

  const everything = (value: object): unknown[] => {
    const names = new Set<string>();
    for (let one: object | null = value; one !== null && one !== Object.prototype; one = Object.getPrototypeOf(one) as object | null)
      for (const name of Object.getOwnPropertyNames(one)) names.add(name);
    return [...names].map((name) => (value as Record<string, unknown>)[name]);
  };

  it('1.3 properties are there at once, and reading them asks nobody', async () => {
    const token = await scws.readers[0]!.connect();
    await token.pins[0]!.login('1234');
    const objects = await token.getObjects();
    const asked = (): number[] =>
      (['C_GetSlotInfo', 'C_GetTokenInfo', 'C_GetSessionInfo', 'C_GetAttributeValue', 'C_FindObjectsInit', 'C_OpenSession'] as const).map((name) =>
        fault.calls(name),
      );
    const before = asked();
    for (const value of [scws, ...scws.readers, token, ...token.pins, ...objects].flatMap(everything)) assert.ok(!(value instanceof Promise));
    assert.deepEqual(asked(), before);
    await token.disconnect();
  });

  it('1.4 they change with operations and events', async () => {
    const reader = scws.readers[0]!;
    const token = await reader.connect();
    const [pin] = token.pins;
    assert.deepEqual([pin!.validated, pin!.tryCountLow], [false, false]);
    assert.equal(await code(pin!.login('wrong')), 'CKR_PIN_INCORRECT');
    assert.deepEqual([pin!.validated, pin!.tryCountLow], [false, true]);
    await pin!.login('1234');
    assert.deepEqual([pin!.validated, pin!.tryCountLow], [true, false]);
    await token.disconnect();
    assert.equal(pin!.validated, false);
    const changed = new Promise((resolve) => {
      scws.onreaderstatechanged = resolve;
    });
    fault.remove(1);
    assert.equal(await changed, reader);
    assert.equal(reader.cardPresent, false);
    fault.insert(1);
    await scws.updateReaderList();
    assert.equal(reader.cardPresent, true);
  });
});
