import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Module, Pkcs11Uri, type PinRequest, type PrivateKey, type Token } from '../../lib';
import { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const PIN = '1234';
const SO_PIN = '12345678';

describe('Login', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;

  beforeEach(async () => {
    ({ fault, module, token } = await place());
  });

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('overlaps'), 0);
    assert.equal(fault.get('badArguments'), 0);
    fault.close();
  });

  for (const [what, pin] of [
    ['text', PIN],
    ['bytes', Buffer.from(PIN)],
    ['a function', () => PIN],
    ['a function that takes its time', async () => Buffer.from(PIN)],
  ] as const) {
    it(`takes the PIN as ${what}`, async () => {
      assert.equal(token.loggedIn, false);
      await token.login(pin);
      assert.equal(token.loggedIn, true);
      assert.equal(token.user, 'user');
      assert.equal(fault.get('logins'), 1);
      await token.logout();
      assert.equal(token.user, undefined);
    });
  }

  it('leaves the PIN to the reader when it is null', async () => {
    const padded = await module.token({ slotId: 6 });
    assert.equal((await padded.info()).protectedAuthenticationPath, true);
    await padded.login(null);
    assert.equal(padded.loggedIn, true);
  });

  it('takes the PIN of a URI only when the URI is given', async () => {
    const uri = Pkcs11Uri.parse(`pkcs11:token=fault%200?pin-value=${PIN}`);
    assert.equal(await module.token(uri), token);
    assert.equal(token.loggedIn, false);
    await token.login(uri);
    assert.equal(token.loggedIn, true);
    await assert.rejects(token.login(Pkcs11Uri.parse('pkcs11:')), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('takes the PIN as it is when asked, whatever becomes of the bytes', async () => {
    const pin = Buffer.from(PIN);
    const login = token.login(pin);
    pin.fill(0);
    await login;
  });

  it('asks the function once, and says what for', async () => {
    const requests: PinRequest[] = [];
    await token.login((request) => (requests.push(request), PIN));
    assert.equal(requests.length, 1);
    assert.equal(requests[0]!.token, token);
    assert.equal(requests[0]!.purpose, 'login');
  });

  it('never tries a wrong PIN again', async () => {
    let asked = 0;
    await assert.rejects(
      token.login(() => (asked++, '9999')),
      { code: 'CKR_PIN_INCORRECT', call: 'C_Login' },
    );
    assert.equal(asked, 1);
    assert.equal(fault.get('failedLogins'), 1);
    assert.equal(token.loggedIn, false);
  });

  it('says that the PIN is locked after too many tries', async () => {
    for (let index = 0; index < 3; index++) await assert.rejects(token.login('9999'), { code: 'CKR_PIN_INCORRECT' });
    await assert.rejects(token.login(PIN), { code: 'CKR_PIN_LOCKED' });
    assert.equal((await token.info()).userPinLocked, true);
  });

  it('passes on what the function throws', async () => {
    const reason = new Error('no terminal');
    await assert.rejects(
      token.login(() => Promise.reject(reason)),
      (error) => error === reason,
    );
    await token.login(PIN);
  });

  for (const [pin, code] of [
    [7, 'ERR_INVALID_ARG_TYPE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
    [() => 7, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`refuses ${inspect(pin)} for a PIN, without showing it`, async () => {
      await assert.rejects(token.login(pin as never), (error: Error & { code: string }) => error.code === code && !error.message.includes('7'));
      assert.equal(fault.calls('C_Login'), 0);
    });
  }

  it('refuses a user there is not', async () => {
    await assert.rejects(token.login(PIN, { user: 'root' as never }), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('goes one at a time', async () => {
    await Promise.all([token.login(PIN), token.login(PIN), token.login(PIN)]);
    assert.equal(fault.get('logins'), 1);
  });

  it('holds when the session it was made in is not used for long, for it is kept', async () => {
    await token.login(PIN);
    await Promise.all(Array.from({ length: 30 }, () => token.random(4)));
    const session = await token.session();
    assert.equal((await session.info()).state, 'user');
    await session.close();
  });

  it('is fine when the user is logged in already', async () => {
    await token.login(PIN);
    await token.login(PIN);
    await token.logout();
    await token.logout();
  });

  it('by name goes to C_LoginUser', async () => {
    await token.login(PIN, { username: 'alice' });
    assert.equal(fault.calls('C_LoginUser'), 1);
    assert.equal(fault.calls('C_Login'), 0);
  });

  it('by name says so where the library cannot', async () => {
    const old = new FaultModule();
    old.set('interfaces', 1);
    await using loaded = await Module.load(old.path);
    const other = await loaded.token({ slotId: 1 });
    await assert.rejects(other.login(PIN, { username: 'operator' }), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
    await loaded.close();
    old.close();
  });

  describe('of the security officer', () => {
    it('waits for read-only sessions to end', async () => {
      await token.random(1);
      await token.login(SO_PIN, { user: 'so' });
      assert.equal(token.user, 'so');
      await token.initPin('4321');
      // While the officer is there, every session is read-write.
      await Promise.all([token.random(1), token.random(1)]);
      await token.logout();
      await token.login('4321');
    });

    it('that fails leaves read-only sessions possible', async () => {
      await assert.rejects(token.login('0000', { user: 'so' }), { code: 'CKR_PIN_INCORRECT' });
      await token.random(1);
      await token.login(PIN);
    });
  });

  it('changes the PIN', async () => {
    await token.login(PIN);
    await token.setPin(PIN, '0815');
    await token.logout();
    await assert.rejects(token.login(PIN), { code: 'CKR_PIN_INCORRECT' });
    await token.login('0815');
    await assert.rejects(token.setPin('0815', '1'), { code: 'CKR_PIN_LEN_RANGE' });
    await assert.rejects(token.setPin(7 as never, '0815'), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('of one token is not that of another', async () => {
    const other = await module.token({ slotId: 2 });
    await token.login(PIN);
    assert.equal(other.loggedIn, false);
    await using session = await other.session();
    assert.equal((await session.info()).state, 'public');
  });

  describe('after logout', () => {
    let key: PrivateKey;

    beforeEach(async () => {
      await token.login(PIN);
      ({ privateKey: key } = await token.generateKeyPair('rsa', { modulusLength: 2048, label: 'k', token: true }));
      await token.logout();
    });

    it('private objects are stale', async () => {
      await assert.rejects(key.get(['label']), { code: 'ERR_CRYPTOKI_STALE' });
      await assert.rejects(key.sign('sha256', Buffer.from('x')), { code: 'ERR_CRYPTOKI_STALE' });
      await assert.rejects(key.destroy(), { code: 'ERR_CRYPTOKI_STALE' });
    });

    it('and stay so after the next login, which gives new ones', async () => {
      await token.login(PIN);
      await assert.rejects(key.sign('sha256', Buffer.from('x')), { code: 'ERR_CRYPTOKI_STALE' });
      const found = await token.privateKey({ label: 'k' });
      assert.ok((await found.sign('sha256', Buffer.from('x'))).length > 0);
    });

    it('public ones are not', async () => {
      const publicKey = await token.publicKey({ label: 'k' });
      assert.equal((await publicKey.get(['label'])).label, 'k');
    });

    it('the error says that nobody is logged in', async () => {
      await assert.rejects(token.privateKey({ label: 'k' }), /Nobody is logged in/);
    });
  });

  describe('for each use of a key', () => {
    const make = async (): Promise<PrivateKey> => {
      const options = { modulusLength: 2048, label: 'each', token: true, privateKey: { alwaysAuthenticate: true } };
      const { privateKey } = await token.generateKeyPair('rsa', options);
      return privateKey;
    };

    it('uses the PIN that was given', async () => {
      await token.login(PIN);
      const key = await make();
      assert.equal(key.alwaysAuthenticate, true);
      await Promise.all([1, 2, 3].map(() => key.sign('sha256', Buffer.from('x'))));
    });

    it('asks the function, and says for which key', async () => {
      const requests: PinRequest[] = [];
      await token.login((request) => (requests.push(request), PIN));
      const key = await make();
      await key.sign('sha256', Buffer.from('x'));
      assert.deepEqual(
        requests.map(({ purpose }) => purpose),
        ['login', 'context'],
      );
      assert.equal(requests[1]!.key, key);
    });

    it('uses the new PIN after it was changed', async () => {
      await token.login(PIN);
      const key = await make();
      await token.setPin(PIN, '0815');
      await key.sign('sha256', Buffer.from('x'));
    });

    it('fails clearly when the function gives a wrong one', async () => {
      await token.login(({ purpose }) => (purpose === 'login' ? PIN : '9999'));
      const key = await make();
      await assert.rejects(key.sign('sha256', Buffer.from('x')), { code: 'CKR_PIN_INCORRECT' });
    });
  });

  it('gives up when the time is over, and the token is usable afterwards', async () => {
    fault.hang('C_Login');
    await assert.rejects(token.login(PIN, { timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    assert.equal((await token.random(4)).length, 4);
    fault.release('C_Login');
    await token.login(PIN);
  });

  it('gives up when the signal fires while another login goes on', async () => {
    fault.hang('C_Login');
    const first = token.login(PIN);
    await fault.inside('C_Login');
    const controller = new AbortController();
    const second = token.login(PIN, { signal: controller.signal });
    controller.abort();
    await assert.rejects(second, { name: 'AbortError' });
    fault.release('C_Login');
    await first;
  });

  it('shows no PIN when the token is inspected', async () => {
    await token.login(PIN);
    assert.ok(!inspect(token, { depth: 10, showHidden: true }).includes(PIN));
  });
});
