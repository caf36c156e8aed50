import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKF, CKO } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all, refuses, works } from '../support/token';

for (const profile of profiles()) {
  describe(`sessions of ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(function () {
      fixture().needs(this, 'many-sessions');
    });
    afterEach(async () => {
      await fixture().token.logout();
    });

    it('say who is logged in and what they may do', async function () {
      fixture().needs(this, 'write');
      const { token, slot, pin } = fixture();
      await using reading = await token.session();
      await using writing = await token.session({ readWrite: true });
      for (const [session, readWrite] of [
        [reading, false],
        [writing, true],
      ] as const) {
        const info = await session.info();
        assert.equal(session.token, token);
        assert.equal(session.readWrite, readWrite);
        assert.equal(info.readWrite, readWrite);
        assert.equal(info.slotId, slot.id);
        assert.equal(info.state, 'public');
        assert.notEqual(info.flags & CKF.SERIAL_SESSION, 0);
      }
      await token.login(pin);
      assert.equal((await reading.info()).state, 'user');
      assert.equal((await writing.info()).state, 'user');
      await token.logout();
      assert.equal((await writing.info()).state, 'public');
    });

    it('of the security officer are read-write', async function () {
      fixture().needs(this, 'initialize', 'officer-again');
      const { token, soPin } = fixture();
      await token.login(soPin, { user: 'so' });
      await using session = await token.session({ readWrite: true });
      assert.equal((await session.info()).state, 'so');
      await refuses(token.session({ readWrite: false }), 'CKR_SESSION_READ_WRITE_SO_EXISTS');
    });

    it('hold objects as long as they are open', async function () {
      fixture().needs(this, 'session-objects');
      const { token } = fixture();
      const session = await token.session();
      const data = await session.create({ class: CKO.DATA, token: false, private: false, label: 'for a while', value: Buffer.from('x') });
      assert.equal(data.label, 'for a while');
      assert.equal((await all(token.dataObjects({ label: 'for a while' }))).length, 1, 'other sessions see it');
      await session.close();
      assert.deepEqual(await all(token.dataObjects({ label: 'for a while' })), []);
      await refuses(data.get(['label']), 'CKR_OBJECT_HANDLE_INVALID');
    });

    it('that may only read make nothing that stays', async function () {
      fixture().needs(this, 'session-objects', 'write');
      const { token, pin } = fixture();
      await token.login(pin);
      await using session = await token.session({ readWrite: false });
      await refuses(
        session.create({ class: CKO.DATA, token: true, private: false, label: 'stays', value: Buffer.from('x') }),
        'CKR_SESSION_READ_ONLY',
      );
      assert.deepEqual(await all(token.dataObjects({ label: 'stays' })), []);
    });

    it('are closed once, and then refuse', async () => {
      const { token } = fixture();
      const session = await token.session();
      await Promise.all([session.close(), session.close()]);
      await session.close();
      await refuses(session.info(), 'ERR_CRYPTOKI_CLOSED');
      await refuses(session.create({ class: CKO.DATA }), 'ERR_CRYPTOKI_CLOSED');
      await refuses(session.operationState(), 'ERR_CRYPTOKI_CLOSED');
      await refuses(session.setOperationState(Buffer.from('x')), 'ERR_CRYPTOKI_CLOSED');
      await refuses(session.cancel(CKF.SIGN), 'ERR_CRYPTOKI_CLOSED');
    });

    it('save no state of an operation that is not active', async () => {
      await using session = await fixture().token.session();
      await refuses(session.operationState());
      await refuses(session.setOperationState(Buffer.from('nonsense')));
      assert.equal((await session.info()).state, 'public', 'and go on');
    });

    it('cancel operations where the library can', async () => {
      const { module, token } = fixture();
      await using session = await token.session();
      if (module.supports('C_SessionCancel')) {
        await session.cancel(CKF.SIGN | CKF.DIGEST).catch((error: { code: string }) => assert.match(error.code, /^CKR_/));
      } else await refuses(session.cancel(CKF.SIGN), 'CKR_FUNCTION_NOT_SUPPORTED');
      assert.equal((await session.info()).state, 'public');
    });

    it('may be many', async () => {
      const { token } = fixture();
      const sessions = await Promise.all(Array.from({ length: 50 }, () => token.session()));
      assert.equal((await Promise.all(sessions.map((session) => session.info()))).length, 50);
      await works(token);
      await Promise.all(sessions.map((session) => session.close()));
    });

    it('show in the console', async () => {
      const session = await fixture().token.session();
      assert.match(inspect(session), /^Session \{[^}]*readWrite: false[^}]*open: true/s);
      await session.close();
      assert.match(inspect(session), /open: false/);
    });

    it('are asked for properly', async () => {
      await assert.rejects(fixture().token.session({ readWrite: 'yes' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
}
