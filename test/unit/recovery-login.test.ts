import assert from 'node:assert/strict';
import { CKR, CKU, Pkcs11Error, type PinRequest } from '../../lib';
import { FOREVER } from '../support/fault-module';
import { data, HERE, later, NOT_LOGGED_IN, PAD, PIN, recoveryStage, UNAVAILABLE } from '../support/recovery-stage';

const SO_PIN = '12345678';

describe('Recovery', () => {
  const stage = recoveryStage();

  describe('of the login', () => {
    async function changePin(): Promise<void> {
      await stage.behindOurBack((raw, session) => raw.C_SetPIN(session, PIN, '4321'));
    }

    it('a PIN that was changed meanwhile is tried once', async () => {
      await stage.start();
      await changePin();
      stage.fault.dropLogins();
      for (let round = 0; round < 100; round++) {
        await assert.rejects(stage.privateKey.sign('sha256', data), NOT_LOGGED_IN);
        if (round % 10 === 0) stage.fault.dropSessions();
      }
      assert.equal(stage.fault.get('failedLogins'), 1);
      assert.equal(stage.fault.calls('C_Login'), 2);
      assert.equal(stage.token.loggedIn, false);
      assert.equal((await stage.token.random(4)).length, 4, 'what needs no login works');
    });

    it('says why, without the PIN, and goes on when a person has logged in', async () => {
      await stage.start();
      await changePin();
      stage.fault.dropLogins();
      await assert.rejects(stage.privateKey.sign('sha256', data), (error) => {
        assert.ok(Pkcs11Error.is(error, 'CKR_USER_NOT_LOGGED_IN') && Pkcs11Error.is(error.cause, 'CKR_PIN_INCORRECT'));
        assert.match(error.message, /the PIN was refused; log in again/);
        assert.doesNotMatch(String(error.stack), new RegExp(PIN));
        return true;
      });
      await stage.token.login('4321');
      await stage.signs();
      stage.fault.dropLogins();
      await stage.signs();
      assert.equal(stage.fault.get('failedLogins'), 1);
    });

    it('no try at all where somebody has given a wrong PIN meanwhile', async () => {
      await stage.start();
      stage.fault.dropLogins();
      await stage.behindOurBack((raw, session) => assert.rejects(raw.C_Login(session, CKU.USER, '9999'), { code: 'CKR_PIN_INCORRECT' }));
      const before = stage.fault.calls('C_Login');
      await assert.rejects(stage.privateKey.sign('sha256', data), { ...NOT_LOGGED_IN, message: /no further try is made/ });
      assert.equal(stage.fault.calls('C_Login'), before);
    });

    it('a failure that may have cost a try is not repeated at once', async () => {
      await stage.start({ timeLimit: 1000 });
      stage.fault.fail('C_Login', CKR.DEVICE_ERROR, { times: FOREVER });
      stage.fault.dropLogins();
      await assert.rejects(stage.privateKey.sign('sha256', data), UNAVAILABLE);
      assert.equal(stage.fault.calls('C_Login'), 2);
    });

    it('a function is asked once per recovery, and told what for', async () => {
      await stage.start();
      await stage.token.logout();
      const requests: PinRequest[] = [];
      await stage.token.login((request) => (requests.push(request), PIN));
      stage.privateKey = await stage.token.privateKey({ label: 'signer' });
      stage.fault.dropSessions();
      stage.fault.fail('C_Login', CKR.SESSION_HANDLE_INVALID);
      await Promise.all(Array.from({ length: 8 }, () => stage.signs()));
      assert.deepEqual(
        requests.map(({ purpose }) => purpose),
        ['login', 'recovery'],
      );
    });

    it('a function that cannot give it', async () => {
      await stage.start({ coolDown: 60_000 });
      await stage.token.logout();
      const reason = new Error('no vault');
      let asked = 0;
      await stage.token.login(({ purpose }) => {
        if (purpose === 'login') return PIN;
        asked++;
        throw reason;
      });
      stage.privateKey = await stage.token.privateKey({ label: 'signer' });
      stage.fault.dropLogins();
      await assert.rejects(stage.privateKey.sign('sha256', data), (error) => (error as Error).cause === reason);
      assert.equal(asked, 1);
    });

    it('on a PIN pad is for a person', async () => {
      await stage.start();
      const padded = await stage.module.token({ slotId: PAD });
      await padded.login(null);
      const { privateKey: key } = await padded.generateKeyPair('ec', { namedCurve: 'P-256', label: 'padded', token: true });
      const logins = stage.fault.calls('C_Login');
      stage.fault.dropLogins();
      await assert.rejects(key.sign('sha256', data), { ...NOT_LOGGED_IN, message: /typed on the reader/ });
      assert.equal(stage.fault.calls('C_Login'), logins);
      await padded.login(null);
      assert.ok(await key.sign('sha256', data));
    });

    it('of the security officer is for a person', async () => {
      await stage.start();
      await stage.token.logout();
      await stage.token.login(SO_PIN, { user: 'so' });
      stage.fault.dropSessions();
      const logins = stage.fault.calls('C_Login');
      await assert.rejects(stage.token.initPin('5678'));
      assert.equal(stage.token.user, undefined);
      assert.equal(stage.fault.calls('C_Login'), logins);
    });

    it('that was ended by logout is not restored', async () => {
      await stage.start();
      await stage.token.logout();
      stage.fault.dropSessions();
      assert.equal((await stage.token.random(4)).length, 4);
      assert.equal(stage.token.loggedIn, false);
      assert.equal(stage.fault.calls('C_Login'), 1);
    });
  });

  describe('that does not succeed', () => {
    it('rejects everybody, then at once, and asks the library no more', async () => {
      await stage.start({ timeLimit: 100, coolDown: 60_000 });
      stage.fault.remove(HERE);
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => stage.privateKey.sign('sha256', data)));
      for (const outcome of outcomes)
        assert.ok(outcome.status === 'rejected' && (outcome.reason as { code: string }).code === 'ERR_CRYPTOKI_UNAVAILABLE');
      const looks = stage.fault.calls('C_GetSlotList');
      await assert.rejects(stage.token.random(4), { ...UNAVAILABLE, message: /"fault 0" was lost .* since 20.*tried again in \d+ ms/ });
      await assert.rejects(stage.privateKey.sign('sha256', data), UNAVAILABLE);
      assert.equal(stage.fault.calls('C_GetSlotList'), looks);
    });

    it('is tried again after a while', async () => {
      await stage.start({ timeLimit: 400, coolDown: 10 });
      stage.fault.remove(HERE);
      await assert.rejects(stage.privateKey.sign('sha256', data), UNAVAILABLE);
      stage.fault.insert(HERE);
      await later(20);
      await Promise.all(Array.from({ length: 8 }, () => stage.signs()));
      assert.equal(stage.fault.calls('C_Login'), 2);
    });

    it('one tries again, the others wait for him', async () => {
      await stage.start({ timeLimit: 400, coolDown: 10 });
      stage.fault.remove(HERE);
      await assert.rejects(stage.privateKey.sign('sha256', data), UNAVAILABLE);
      await later(20);
      const looks = stage.fault.calls('C_GetSlotList');
      await Promise.allSettled(Array.from({ length: 8 }, () => stage.privateKey.sign('sha256', data)));
      // Those with a token, and whether the slot itself is there: each is asked for its length first.
      assert.equal(stage.fault.calls('C_GetSlotList') - looks, 4, 'one look');
    });

    it('those who wait may lose patience', async () => {
      await stage.start();
      stage.fault.remove(HERE);
      const reason = new Error('enough');
      const controller = new AbortController();
      const waiting = [
        assert.rejects(stage.privateKey.sign('sha256', data, { timeLimit: 50 }), { code: 'ERR_CRYPTOKI_TIMEOUT' }),
        assert.rejects(stage.token.random(4, { signal: controller.signal }), reason),
      ];
      await later(20);
      controller.abort(reason);
      await Promise.all(waiting);
    });

    it('closing ends the waiting', async () => {
      await stage.start();
      stage.fault.remove(HERE);
      const signing = stage.privateKey.sign('sha256', data);
      const told = assert.rejects(signing, { code: 'ERR_CRYPTOKI_CLOSED' });
      await later(20);
      await stage.module.close();
      await told;
    });
  });
});
