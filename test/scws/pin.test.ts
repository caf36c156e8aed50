// 7: PINs. What SoftHSM never says of itself, that a PIN is locked or has one try left, the module for tests does.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Module } from '../../lib';
import { Scws, type Key, type Pin, type Token } from '../../lib/scws';
import { FaultModule } from '../support/fault-module';
import { DOCUMENT, useDesk } from './desk';
import { code, failure } from './support';

const PIN = '1234';
const SO_PIN = '12345678';
const PIN_PAD = 5;

describe('SCWS 7: PINs on SoftHSM', () => {
  const desk = useDesk();

  it('7.1 label, initialized, toBeChanged, blocked, tryCountLow, lastTry, remainingTries and validated', async () => {
    const { pin, login } = desk();
    const properties = (): unknown[] => [
      pin.initialized,
      pin.toBeChanged,
      pin.blocked,
      pin.tryCountLow,
      pin.lastTry,
      pin.remainingTries,
      pin.validated,
    ];
    assert.notEqual(pin.label, '');
    assert.deepEqual(properties(), [true, false, false, false, false, undefined, false]);
    await login();
    assert.deepEqual(properties(), [true, false, false, false, false, undefined, true]);
  });

  it('7.1 a wrong one moves what the token tells, the right one moves it back', async () => {
    const { pin, login } = desk();
    assert.equal(await code(pin.login('99999')), 'CKR_PIN_INCORRECT');
    assert.deepEqual([pin.tryCountLow, pin.remainingTries, pin.validated], [true, undefined, false]);
    await login();
    assert.deepEqual([pin.tryCountLow, pin.validated], [false, true]);
  });

  it('7.2 login and logout', async () => {
    const { pin, token, login } = desk();
    await login();
    await pin.logout();
    assert.equal(pin.validated, false);
    assert.ok(!(await token.getObjects()).some(({ type }) => type === 'privateKey'));
    await pin.logout();
    await login();
  });

  it('7.2 who is logged in is not logged in again: no PIN goes unchecked', async () => {
    const { pin, bench, login } = desk();
    const { fixture } = bench;
    await login();
    assert.equal(await code(pin.login('wrong')), 'CKR_USER_ALREADY_LOGGED_IN');
    assert.equal(await code(login()), 'CKR_USER_ALREADY_LOGGED_IN');
    assert.equal(await code(pin.login(fixture.soPin, true)), 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN');
    await pin.logout();
    await fixture.token.login(fixture.pin);
    assert.equal(await code(pin.login('wrong')), 'CKR_USER_ALREADY_LOGGED_IN', 'by somebody else in this process');
    await fixture.token.logout();
    const outcomes = await Promise.allSettled([login(), pin.login('wrong'), login()]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'in' : (outcome.reason as { code: string }).code)),
      ['in', 'CKR_USER_ALREADY_LOGGED_IN', 'CKR_USER_ALREADY_LOGGED_IN'],
    );
  });

  for (const other of [' with blanks ', 'pin mit Ümlaut und Ж', '漢字と絵文字😀', '<pin>&amp;"\'</pin>', 'x'.repeat(200)]) {
    it(`7.2 change: to ${JSON.stringify(other.slice(0, 30))} and back, letter by letter`, async () => {
      const { pin, bench, login } = desk();
      const { fixture } = bench;
      await login();
      await pin.change(fixture.pin, other);
      await pin.logout();
      for (const near of [other.trim(), `${other} `, [...other].slice(0, -1).join(''), other.toUpperCase(), other.normalize('NFD')])
        if (near !== other) assert.equal(await code(pin.login(near)), 'CKR_PIN_INCORRECT');
      await pin.login(other);
      assert.equal(await code(pin.change('wrong', '97531')), 'CKR_PIN_INCORRECT');
      await pin.change(other, fixture.pin);
      await pin.logout();
      await login();
    });
  }

  it('7.2 change: what the token does not like keeps its code', async () => {
    const { pin, bench, login } = desk();
    await login();
    for (const bad of ['', '1', 'x'.repeat(1000)]) assert.equal(await code(pin.change(bench.fixture.pin, bad)), 'CKR_PIN_LEN_RANGE');
    await pin.logout();
    await login();
  });

  it('7.2 init: by the security officer, who logs in with so', async () => {
    const { pin, bench, login } = desk();
    const { fixture } = bench;
    assert.equal(await code(pin.init('2468')), 'CKR_USER_NOT_LOGGED_IN');
    await pin.login(fixture.soPin, true);
    assert.equal(pin.validated, false, 'it is not the user');
    await pin.init('set by the officer');
    await pin.logout();
    await pin.login('set by the officer');
    await pin.change('set by the officer', fixture.pin);
    await pin.logout();
    await login();
  });

  it('7.2 unblock: with the PIN of the security officer; nobody is logged in afterwards', async () => {
    const { pin, bench, login } = desk();
    const { fixture } = bench;
    await login();
    assert.equal(await code(pin.unblock('00000000', fixture.pin)), 'CKR_PIN_INCORRECT');
    assert.equal(pin.validated, false);
    await pin.unblock(fixture.soPin, 'unblocked');
    assert.equal(pin.validated, false);
    await pin.login('unblocked');
    await pin.change('unblocked', fixture.pin);
    await pin.logout();
    await login();
  });

  it('7.2 PINs that nobody has are refused, and stand in no error', async () => {
    const { pin } = desk();
    for (const hostile of ['a\0b', '', ' ', '<xml>&amp;</xml>', 'x'.repeat(1_000_000)])
      assert.match(await code(pin.login(hostile)), /^CKR_PIN_(INCORRECT|LEN_RANGE)$/);
    for (const none of ['half \ud800', '\udc00']) assert.equal(await code(pin.login(none)), 'MWR_SCWS_BAD_PARAMS');
    const secret = 'a very secret PIN';
    for (const call of [
      () => pin.login(secret),
      () => pin.login(`${secret}\ud800`),
      () => pin.change(secret, secret),
      () => pin.unblock(secret, secret),
    ]) {
      const error = await failure(call());
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /very secret/);
    }
  });
});

describe('SCWS 7: PINs on the module for tests', () => {
  let fault: FaultModule;
  let scws: Scws;
  let token: Token;
  let pin: Pin;

  beforeEach(async () => {
    fault = new FaultModule();
    fault.set('keepTokens', 1);
    scws = new Scws();
    await scws.createEnvironment({ module: fault.path });
    token = await scws.readers[0]!.connect();
    pin = token.pins[0]!;
  });
  afterEach(async () => {
    fault.reset();
    await scws.closeEnvironment();
    fault.close();
  });

  it('7.1 tryCountLow, lastTry, blocked: as the tries go, and back when it is unblocked', async () => {
    const properties = (): unknown[] => [pin.tryCountLow, pin.lastTry, pin.blocked, pin.remainingTries];
    const seen = [properties()];
    for (let tries = 0; tries < 3; tries++) {
      assert.equal(await code(pin.login('wrong')), 'CKR_PIN_INCORRECT');
      seen.push(properties());
    }
    assert.deepEqual(seen, [
      [false, false, false, undefined],
      [true, false, false, undefined],
      [true, true, false, 1],
      [true, false, true, 0],
    ]);
    assert.equal(await code(pin.login(PIN)), 'CKR_PIN_LOCKED');
    assert.equal(pin.validated, false);
    await pin.unblock(SO_PIN, '4321');
    assert.deepEqual(properties(), [false, false, false, undefined]);
    await pin.login('4321');
  });

  it('7.1 initialized: false until the first PIN is set', async () => {
    await token.disconnect();
    await scws.closeEnvironment();
    const module = await Module.load(fault.path);
    await (await module.slot(1).token()).initialize({ label: 'new', soPin: SO_PIN });
    await scws.createEnvironment({ module });
    const [fresh] = (await scws.readers[0]!.connect()).pins;
    assert.equal(fresh!.initialized, false);
    assert.equal(await code(fresh!.login(PIN)), 'CKR_USER_PIN_NOT_INITIALIZED');
    await fresh!.login(SO_PIN, true);
    await fresh!.init(PIN);
    assert.equal(fresh!.initialized, true);
    await fresh!.logout();
    await fresh!.login(PIN);
    assert.equal(fresh!.validated, true);
    await scws.closeEnvironment();
    await module.close();
  });

  it('7.2 null asks at the PIN pad, and only where there is one', async () => {
    const padded = await scws.readers[PIN_PAD]!.connect();
    assert.deepEqual([token.protectedAuthPath, padded.protectedAuthPath], [false, true]);
    await padded.pins[0]!.login(null);
    assert.equal(padded.pins[0]!.validated, true);
    await padded.pins[0]!.change(null, null);
    await padded.pins[0]!.logout();
    await padded.pins[0]!.unblock(null, null);
    assert.equal(await code(pin.login(null)), 'CKR_ARGUMENTS_BAD');
  });

  it('7.2 what is neither text nor null is refused before the token is asked', async () => {
    for (const wrong of [undefined, 5, {}, Buffer.from(PIN), ['1234'], Symbol(PIN), () => PIN]) {
      assert.equal(await code(pin.login(wrong as never)), 'MWR_SCWS_BAD_PARAMS');
      assert.equal(await code(pin.init(wrong as never)), 'MWR_SCWS_BAD_PARAMS');
      assert.equal(await code(pin.unblock(SO_PIN, wrong as never)), 'MWR_SCWS_BAD_PARAMS');
    }
    assert.equal(fault.calls('C_Login'), 0);
  });

  it('7.2 a key that asks for its PIN each time gets the one of the login', async () => {
    const module = await Module.load(fault.path);
    const theirs = await module.token({ slotId: 1 });
    await theirs.login(PIN);
    await theirs.generateKeyPair('rsa', { token: true, modulusLength: 1024, label: 'each time', privateKey: { alwaysAuthenticate: true } });
    await theirs.logout();
    await module.close();
    await pin.login(PIN);
    const key = (await token.getObjects()).find(({ type }) => type === 'privateKey') as Key;
    assert.equal(key.alwaysAuthenticate, true);
    const before = fault.get('logins');
    for (let times = 0; times < 3; times++) assert.ok((await key.hashAndSign(DOCUMENT, 'sha256')) instanceof ArrayBuffer);
    assert.equal(fault.get('logins'), before + 3);
  });
});
