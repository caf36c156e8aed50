import assert from 'node:assert/strict';
import { CKF } from '../../lib/constants';
import { Module, type SecretKey, type Token } from '../../lib';
import { Raw } from '../../lib/raw';
import { CBC, DATA, PIN, SO_PIN } from '../state/subjects';
import { FaultModule } from '../support/fault-module';

/** The slots of the module for tests: fault.h. */
const SLOT = { usual: 1, other: 2, uninitialized: 3, empty: 4, writeProtected: 5, pinPad: 6 };

describe('tokens that are not as one would wish', () => {
  let fault: FaultModule;
  let module: Module;

  beforeEach(async () => {
    fault = new FaultModule();
    module = await Module.load(fault.path);
  });
  afterEach(async () => {
    fault.reset();
    await module.close();
    fault.close();
  });

  const tokenIn = (slot: number): Promise<Token> => module.slot(slot).token();
  const keyOn = async (slot: number, from = module): Promise<SecretKey> => {
    const token = await from.slot(slot).token();
    await token.login(PIN);
    return token.generateKey('aes', { length: 256, extractable: true });
  };

  it('absent', async () => {
    await assert.rejects(tokenIn(SLOT.empty), { code: 'CKR_TOKEN_NOT_PRESENT' });
    await assert.rejects(module.slot(77).info(), { code: 'CKR_SLOT_ID_INVALID' });
    await assert.rejects(module.token({ slotId: SLOT.empty }), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    await assert.rejects(module.slot(SLOT.empty).initToken({ label: 'new', soPin: SO_PIN }), { code: 'CKR_TOKEN_NOT_PRESENT' });
  });

  it('uninitialised: it can be made new, and nothing else', async () => {
    const token = await tokenIn(SLOT.uninitialized);
    assert.equal((await token.info()).tokenInitialized, false);
    await assert.rejects(token.random(4), { code: 'CKR_TOKEN_NOT_RECOGNIZED', call: 'C_OpenSession' });
    await assert.rejects(token.login(PIN), { code: 'CKR_TOKEN_NOT_RECOGNIZED' });
    await token.initialize({ label: 'new', soPin: SO_PIN });
    await assert.rejects(token.login(PIN), { code: 'CKR_USER_PIN_NOT_INITIALIZED' });
    await token.login(SO_PIN, { user: 'so' });
    await token.initPin(PIN);
    await token.logout();
    await token.login(PIN);
  });

  it('write protected: what does not write works', async () => {
    const token = await tokenIn(SLOT.writeProtected);
    await token.login(PIN);
    assert.equal((await token.random(4)).length, 4);
    assert.equal((await token.digest('sha256', DATA)).length, 32);
    const key = await token.generateKey('aes', { length: 256 });
    assert.equal((await key.encrypt(CBC, DATA)).length, 16);
    await assert.rejects(token.createData({ label: 'data', value: DATA }), { code: 'CKR_TOKEN_WRITE_PROTECTED' });
    await assert.rejects(token.generateKey('aes', { length: 256, token: true }), { code: 'CKR_TOKEN_WRITE_PROTECTED' });
    await assert.rejects(token.initialize({ label: 'new', soPin: SO_PIN }), { code: 'CKR_TOKEN_WRITE_PROTECTED' });
    assert.equal((await token.random(4)).length, 4);
  });

  it('removed, and put back: its session objects are gone, and it is logged in', async () => {
    const token = await tokenIn(SLOT.usual);
    const key = await keyOn(SLOT.usual);
    fault.remove(SLOT.usual);
    const waits = key.encrypt(CBC, DATA);
    await assert.rejects(tokenIn(SLOT.usual), { code: 'CKR_TOKEN_NOT_PRESENT' });
    fault.insert(SLOT.usual);
    await assert.rejects(waits, { code: 'ERR_CRYPTOKI_STALE' });
    assert.equal(token.loggedIn, true);
    const again = await token.generateKey('aes', { length: 256 });
    assert.equal((await again.encrypt(CBC, DATA)).length, 16);
    assert.equal(await tokenIn(SLOT.usual), token);
  });

  it('a PIN that is wrong, too short, locked: asked once each, and the code says which', async () => {
    const token = await tokenIn(SLOT.usual);
    for (let tries = 1; tries <= 2; tries++) {
      await assert.rejects(token.login('9999'), { code: 'CKR_PIN_INCORRECT', call: 'C_Login' });
      assert.equal(fault.get('failedLogins'), tries);
      assert.equal(token.loggedIn, false);
    }
    assert.equal((await token.info()).userPinFinalTry, true);
    await token.login(PIN);
    await assert.rejects(token.setPin(PIN, '1'), { code: 'CKR_PIN_LEN_RANGE' });
    await token.logout();
    for (let tries = 0; tries < 3; tries++) await assert.rejects(token.login('9999'), { code: 'CKR_PIN_INCORRECT' });
    await assert.rejects(token.login(PIN), { code: 'CKR_PIN_LOCKED' });
    await token.login(SO_PIN, { user: 'so' });
    await token.initPin('4321');
    await token.logout();
    await token.login('4321');
  });

  it('a session limit of 1: all work, one after the other', async () => {
    fault.set('sessionLimit', 1);
    const token = await tokenIn(SLOT.usual);
    await token.login(PIN);
    const key = await token.generateKey('aes', { length: 256 });
    const results = await Promise.all([
      ...Array.from({ length: 20 }, () => key.encrypt(CBC, DATA)),
      token.random(16),
      token.digest('sha256', [DATA, DATA]),
      token.createData({ label: 'data', value: DATA }),
    ]);
    assert.equal(results.length, 23);
    assert.equal(fault.get('mostSessions'), 1);
    await assert.rejects(token.session(), { code: 'CKR_SESSION_COUNT' });
  });

  it('a session limit that is not told, and lower than the number of calls', async () => {
    const token = await tokenIn(SLOT.usual);
    await token.login(PIN);
    const key = await token.generateKey('aes', { length: 256 });
    fault.set('sessionLimit', 3);
    assert.equal((await Promise.all(Array.from({ length: 50 }, () => key.encrypt(CBC, DATA)))).length, 50);
    assert.ok(fault.get('mostSessions') <= 3);
  });

  it('objects of another token, and of another module', async () => {
    const [mine, other] = [await keyOn(SLOT.usual), await keyOn(SLOT.other)];
    await assert.rejects(mine.wrap('aes-kw', other), { code: 'ERR_CRYPTOKI_FOREIGN_OBJECT' });
    const second = await Module.load(fault.path);
    const elsewhere = await keyOn(SLOT.usual, second);
    await assert.rejects(mine.wrap('aes-kw', elsewhere), { code: 'ERR_CRYPTOKI_FOREIGN_OBJECT' });
    await second.close();
    await assert.rejects(elsewhere.encrypt(CBC, DATA), { code: 'ERR_CRYPTOKI_CLOSED' });
    assert.equal((await mine.encrypt(CBC, DATA)).length, 16);
  });

  it('objects that are destroyed, logged out, or of a token that was made anew', async () => {
    const key = await keyOn(SLOT.usual);
    const { token } = key;
    const note = await token.createData({ label: 'note', value: DATA });
    await note.destroy();
    for (const use of [() => note.value(), () => note.set({ label: 'x' }), () => note.destroy(), () => note.copy(), () => note.size()]) {
      await assert.rejects(use(), { code: 'ERR_CRYPTOKI_STALE' });
    }
    await token.logout();
    await token.login(PIN);
    await assert.rejects(key.encrypt(CBC, DATA), { code: 'ERR_CRYPTOKI_STALE' });
    const kept = await token.createData({ label: 'kept', value: DATA });
    await token.initialize({ label: 'anew', soPin: SO_PIN });
    await assert.rejects(kept.value(), { code: 'ERR_CRYPTOKI_STALE' });
    assert.equal(token.label, 'anew');
  });

  it('destroyed behind our back: the library says so', async () => {
    const token = await tokenIn(SLOT.usual);
    await token.login(PIN);
    const note = await token.createData({ label: 'note', value: DATA });
    const raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    const session = await raw.C_OpenSession(SLOT.usual, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    await raw.C_DestroyObject(session, note.handle);
    await raw.close();
    await assert.rejects(note.value(), { code: 'ERR_CRYPTOKI_STALE' });
  });

  it('a PIN pad: null is the PIN', async () => {
    const token = await tokenIn(SLOT.pinPad);
    await token.login(null);
    assert.equal(token.loggedIn, true);
  });

  it('logged out behind our back: it is logged in again', async () => {
    const key = await keyOn(SLOT.usual);
    fault.dropLogins();
    assert.equal((await key.encrypt(CBC, DATA)).length, 16);
    assert.equal(fault.get('logins'), 2);
  });
});
