import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKM, Pkcs11Uri, type PinRequest } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { all, refuses } from '../support/token';

for (const profile of profiles()) {
  describe(`logging in to ${profile.title}`, () => {
    const fixture = useToken(profile);

    afterEach(async () => {
      await fixture().token.logout();
    });

    for (const [form, source] of [
      ['text', (pin: string) => pin],
      ['bytes', (pin: string) => Buffer.from(pin)],
      ['a function that gives text', (pin: string) => () => pin],
      ['a function that gives bytes', (pin: string) => () => Uint8Array.from(Buffer.from(pin))],
      ['a function that takes its time', (pin: string) => async () => pin],
    ] as const) {
      it(`takes the PIN as ${form}`, async () => {
        const { token, pin } = fixture();
        assert.equal(token.loggedIn, false);
        await token.login(source(pin));
        assert.equal(token.loggedIn, true);
        assert.equal(token.user, 'user');
        await token.logout();
        assert.equal(token.loggedIn, false);
      });
    }

    it('takes the PIN out of a URI', async () => {
      const { token, pin } = fixture();
      await token.login(Pkcs11Uri.parse(`${token.uri()}?pin-value=${pin}`));
      assert.equal(token.user, 'user');
    });

    it('tells the function what the PIN is for', async () => {
      const { token, pin } = fixture();
      const requests: PinRequest[] = [];
      await token.login((request) => {
        requests.push(request);
        return pin;
      });
      assert.equal(requests.length, 1);
      assert.equal(requests[0]!.token, token);
      assert.equal(requests[0]!.purpose, 'login');
    });

    it('passes on what the function throws, and tries no PIN', async () => {
      const { token } = fixture();
      const reason = new Error('the user went away');
      await assert.rejects(
        token.login(() => {
          throw reason;
        }),
        (error) => error === reason,
      );
      await assert.rejects(
        token.login(() => Promise.reject(reason)),
        (error) => error === reason,
      );
      await assert.rejects(
        token.login(() => 1234 as never),
        { code: 'ERR_INVALID_ARG_TYPE' },
      );
      assert.equal(token.loggedIn, false);
    });

    it('refuses a wrong PIN in every form, and takes the right one after it', async function () {
      fixture().needs(this, 'wrong-pin');
      const { token, pin } = fixture();
      for (const wrong of ['00000', Buffer.from('00000'), () => '00000', async () => Buffer.from('00000')]) {
        await assert.rejects(token.login(wrong), (error: { code: string; call: string; message: string }) => {
          assert.deepEqual([error.code, error.call], ['CKR_PIN_INCORRECT', 'C_Login']);
          assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('00000'), 'the PIN stands nowhere');
          return true;
        });
        assert.equal(token.loggedIn, false);
        await token.login(pin);
        await token.logout();
      }
    });

    it('uses the PIN pad where the PIN is null, and says so where there is none', async function () {
      fixture().needs(this, 'wrong-pin');
      const { token } = fixture();
      if ((await token.info()).protectedAuthenticationPath) skip(this, `${profile.title} has a PIN pad, and nobody sits at it`);
      await refuses(token.login(null));
      await refuses(token.login(() => null));
      assert.equal(token.loggedIn, false);
    });

    it('is done once by many who want it at once', async () => {
      const { token, pin } = fixture();
      await Promise.all(Array.from({ length: 10 }, () => token.login(pin)));
      assert.equal(token.user, 'user');
      await token.logout();
      await token.logout();
      assert.equal(token.loggedIn, false);
    });

    it('knows users by name where the library does', async function () {
      fixture().needs(this, 'wrong-pin');
      const { module, token, pin } = fixture();
      const attempt = token.login(pin, { username: 'nobody' });
      if (module.supports('C_LoginUser')) await refuses(attempt);
      else await refuses(attempt, 'ERR_CRYPTOKI_UNSUPPORTED');
      assert.equal(token.loggedIn, false);
    });

    it('is what private objects wait for', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token, pin } = fixture();
      await refuses(token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'too early' }));
      await token.login(pin);
      const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'hidden' });
      await token.logout();
      assert.deepEqual(await all(token.privateKeys({ label: 'hidden' })), []);
      await assert.rejects(token.privateKey({ label: 'hidden' }), { code: 'ERR_CRYPTOKI_NOT_FOUND', message: /Nobody is logged in/ });
      assert.equal((await token.publicKey({ label: 'hidden' })).handle, publicKey.handle, 'what is public is seen all the time');
      await refuses(privateKey.get(['label']), 'ERR_CRYPTOKI_STALE');
      await refuses(privateKey.destroy(), 'ERR_CRYPTOKI_STALE');
      await token.login(pin);
      assert.equal((await token.privateKey({ label: 'hidden' })).label, 'hidden');
    });

    it('refuses what is no PIN', async () => {
      const { token } = fixture();
      for (const source of [undefined, 1234, {}, true]) await assert.rejects(token.login(source as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.login('1234', { user: 'root' as never }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(token.login('1234', { username: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
}
