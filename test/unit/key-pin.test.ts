import assert from 'node:assert/strict';
import { CKR, Module, type PrivateKey, type Token } from '../../lib';
import { FOREVER, type FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const PIN = '1234';
const NEW_PIN = '0815';
const data = Buffer.from('a document');

describe('The PIN of a key that wants it at each use', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let key: PrivateKey;

  beforeEach(async () => {
    ({ fault, module, token } = await place());
    await token.login(PIN);
    const made = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, privateKey: { alwaysAuthenticate: true } });
    key = made.privateKey;
    await key.sign('sha256', data);
  });

  afterEach(async () => {
    fault.reset();
    await module.close();
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  /** Somebody else gives the user another PIN: ours is wrong from now on. */
  async function changePin(): Promise<void> {
    const other = await Module.load(fault.path);
    try {
      await (await other.token({ slotId: 1 })).setPin(PIN, NEW_PIN);
    } finally {
      await other.close();
    }
  }

  const uses: readonly [title: string, use: () => Promise<unknown>][] = [
    ['64 signatures at once', () => Promise.allSettled(Array.from({ length: 64 }, () => key.sign('sha256', data)))],
    [
      'signMany, twice, beside streams',
      () => {
        const streams = [1, 2, 3].map(() => key.sign('sha256', [data, data]));
        return Promise.allSettled([key.signMany('sha256', [data, data]), key.signMany('sha256', [data, data]), ...streams]);
      },
    ],
  ];
  for (const [title, use] of uses) {
    it(`is tried once where it is wrong by now: ${title}`, async () => {
      await changePin();
      const logins = fault.calls('C_Login');
      const settled = (await use()) as PromiseSettledResult<unknown>[];
      assert.ok(settled.every(({ status }) => status === 'rejected'));
      assert.equal(fault.get('failedLogins'), 1);
      assert.equal(fault.calls('C_Login'), logins + 1);
      await assert.rejects(key.sign('sha256', data), { code: 'CKR_PIN_INCORRECT', call: 'C_Login', message: /until somebody logs in/ });
      assert.equal(fault.get('failedLogins'), 1);
    });
  }

  it('that a function gives is tried once too', async () => {
    await token.logout();
    let asked = 0;
    await token.login(({ purpose }) => (purpose === 'login' ? PIN : (asked++, '9999')));
    const found = await token.privateKey();
    const settled = await Promise.allSettled(Array.from({ length: 8 }, () => found.sign('sha256', data)));
    assert.ok(settled.every((one) => one.status === 'rejected' && one.reason.code === 'CKR_PIN_INCORRECT'));
    assert.deepEqual([asked, fault.get('failedLogins')], [1, 1]);
  });

  it('is not used by a recovery after it was refused', async () => {
    await changePin();
    await assert.rejects(key.sign('sha256', data), { code: 'CKR_PIN_INCORRECT' });
    fault.dropLogins();
    await assert.rejects(key.sign('sha256', data), { code: 'CKR_PIN_INCORRECT' });
    await assert.rejects(token.generateKeyPair('ec', { namedCurve: 'P-256', token: true }), { code: 'CKR_USER_NOT_LOGGED_IN' });
    assert.equal(fault.get('failedLogins'), 1);
  });

  it('goes on when somebody has logged in', async () => {
    await changePin();
    await assert.rejects(key.sign('sha256', data), { code: 'CKR_PIN_INCORRECT' });
    await token.login(NEW_PIN);
    await Promise.all([1, 2, 3].map(() => key.sign('sha256', data)));
    assert.equal(fault.get('failedLogins'), 1);
  });

  it('is tried once more where nobody knows whether it was looked at, and no third time', async () => {
    fault.fail('C_Login', CKR.DEVICE_ERROR, { times: FOREVER });
    const logins = fault.calls('C_Login');
    const settled = await Promise.allSettled(Array.from({ length: 8 }, () => key.sign('sha256', data)));
    assert.ok(settled.every(({ status }) => status === 'rejected'));
    assert.equal(fault.calls('C_Login'), logins + 2);
    fault.tell('C_Login', { times: 0 });
    await assert.rejects(key.sign('sha256', data), { code: 'CKR_USER_NOT_LOGGED_IN', message: /until somebody logs in/ });
    await token.login(PIN);
    await key.sign('sha256', data);
  });

  it('is not tried beside one that was given up and may be wrong', async () => {
    await changePin();
    fault.tell('C_Login', { linger: 1 });
    await assert.rejects(key.sign('sha256', data, { timeLimit: 100 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    await fault.inside('C_Login');
    await assert.rejects(key.sign('sha256', data), { code: 'CKR_USER_NOT_LOGGED_IN' });
    assert.equal(fault.get('failedLogins'), 1);
  });

  it('is not in doubt for long where a call that was given up was only slow', async () => {
    fault.hang('C_Sign');
    await assert.rejects(key.sign('sha256', data, { timeLimit: 100 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    fault.release('C_Sign');
    for (let round = 0; round < 3; round++) await key.sign('sha256', data);
  });

  it('that is never given keeps nothing from being closed', async () => {
    await token.logout();
    let ask = (): void => undefined;
    const asked = new Promise<void>((resolve) => (ask = resolve));
    await token.login(({ purpose }) => (purpose === 'login' ? PIN : (ask(), new Promise<never>(() => undefined))));
    const found = await token.privateKey();
    const settled = Promise.allSettled([found.sign('sha256', data, { timeLimit: 300 }), found.signMany('sha256', [data], { timeLimit: 300 })]);
    await asked;
    await module.close();
    assert.deepEqual(
      (await settled).map((one) => one.status),
      ['rejected', 'rejected'],
    );
  });

  it('may be waited for by those who come next, with limits of their own', async () => {
    fault.hang('C_Sign');
    const first = key.sign('sha256', data);
    await fault.inside('C_Sign');
    await assert.rejects(key.sign('sha256', data, { timeLimit: 50 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    await assert.rejects(key.sign('sha256', data, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
    fault.release('C_Sign');
    await first;
    await key.sign('sha256', data);
  });
});
