import assert from 'node:assert/strict';
import { CKM } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { all, refuses, works } from '../support/token';

const NEW_PIN = '7654321';

for (const profile of profiles()) {
  describe(`the PINs of ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(function () {
      fixture().needs(this, 'initialize', 'set-pin', 'wrong-pin');
    });
    afterEach(async () => {
      await fixture().token.logout();
    });

    it('are changed by the user who knows the old one', async () => {
      const { token, pin } = fixture();
      await token.login(pin);
      await refuses(token.setPin('00000', NEW_PIN), 'CKR_PIN_INCORRECT', 'CKR_PIN_INVALID');
      await token.setPin(Buffer.from(pin), Buffer.from(NEW_PIN));
      await token.logout();
      await refuses(token.login(pin), 'CKR_PIN_INCORRECT');
      await token.login(NEW_PIN);
      await token.setPin(NEW_PIN, pin);
    });

    it('are not too long', async () => {
      const { token, pin } = fixture();
      const { maxPinLength = 255 } = await token.info();
      await token.login(pin);
      await refuses(token.setPin(pin, 'x'.repeat(maxPinLength + 1)), 'CKR_PIN_LEN_RANGE', 'CKR_PIN_INVALID');
    });

    it('are not too short', async function () {
      const { token, pin } = fixture();
      const { minPinLength = 0 } = await token.info();
      await token.login(pin);
      if (minPinLength < 2) skip(this, `${profile.title} takes PINs of every length down to ${minPinLength}`);
      await refuses(token.setPin(pin, 'x'.repeat(minPinLength - 1)), 'CKR_PIN_LEN_RANGE', 'CKR_PIN_INVALID');
      await token.logout();
      await token.login(pin);
    });

    it('may have letters of all languages', async function () {
      const { token, pin } = fixture();
      const { maxPinLength = 255 } = await token.info();
      const words = 'Grüße 😀';
      if (Buffer.byteLength(words) > maxPinLength) skip(this, `the PINs of ${profile.title} have ${maxPinLength} bytes at most`);
      await token.login(pin);
      await token.setPin(pin, words);
      await token.logout();
      await token.login(Buffer.from(words, 'utf8'));
      await token.setPin(words, pin);
    });

    it('are of two kinds, and one user is logged in at a time', async function () {
      fixture().needs(this, 'officer-again');
      const { token, pin, soPin } = fixture();
      await token.login(soPin, { user: 'so' });
      assert.equal(token.user, 'so');
      await refuses(token.login(pin), 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN');
      assert.equal(token.user, 'so');
      await token.logout();
      await token.login(pin);
      await refuses(token.login(soPin, { user: 'so' }), 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN');
      assert.equal(token.user, 'user');
      await works(token);
    });

    it('are set by the security officer when the user has forgotten', async function () {
      fixture().needs(this, 'officer-again');
      const { token, pin, soPin } = fixture();
      await refuses(token.initPin(NEW_PIN), 'CKR_USER_NOT_LOGGED_IN');
      await token.login(soPin, { user: 'so' });
      await token.initPin(NEW_PIN);
      await token.logout();
      await refuses(token.login(pin), 'CKR_PIN_INCORRECT');
      await token.login(NEW_PIN);
      await token.setPin(NEW_PIN, pin);
    });

    it('of the security officer are changed by the same call', async function () {
      fixture().needs(this, 'officer-again');
      const { token, soPin } = fixture();
      await token.login(soPin, { user: 'so' });
      await token.setPin(soPin, NEW_PIN);
      await token.logout();
      await refuses(token.login(soPin, { user: 'so' }), 'CKR_PIN_INCORRECT');
      await token.login(NEW_PIN, { user: 'so' });
      await token.setPin(NEW_PIN, soPin);
    });

    it('are needed by the officer too: a wrong one is no login', async function () {
      const { token } = fixture();
      await refuses(token.login('00000000', { user: 'so' }), 'CKR_PIN_INCORRECT', 'CKR_USER_TYPE_INVALID');
      assert.equal(token.loggedIn, false);
      await works(token);
    });

    it('go with everything else when the token is made new', async function () {
      fixture().needs(this, 'generate', 'officer-again');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token, pin, soPin } = fixture();
      await token.login(pin);
      const { publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'old' });
      await refuses(token.initialize({ label: token.label, soPin: '00000000' }), 'CKR_PIN_INCORRECT');
      await token.initialize({ label: profile.label ?? 'made new', soPin: profile.soPin });
      assert.equal(token.loggedIn, false);
      assert.equal(token.label, profile.label ?? 'made new');
      await refuses(publicKey.get(['label']), 'ERR_CRYPTOKI_STALE');
      await refuses(token.login(pin), 'CKR_USER_PIN_NOT_INITIALIZED', 'CKR_PIN_INCORRECT');
      assert.deepEqual(await all(token.publicKeys()), []);
      await token.login(soPin, { user: 'so' });
      await token.initPin(pin);
      await token.logout();
      await token.login(pin);
      assert.deepEqual(await all(token.privateKeys()), []);
    });

    it('and labels are checked before anything is lost', async () => {
      const { token, slot } = fixture();
      await assert.rejects(slot.initToken({ label: 5 as never, soPin: 'x' }), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.initialize({ label: 'x'.repeat(33), soPin: fixture().soPin }), { code: /^ERR_/ });
      await assert.rejects(token.initialize({ label: 'x', soPin: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.setPin(1 as never, 'x'), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.initPin(1 as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
}
