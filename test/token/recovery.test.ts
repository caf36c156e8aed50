import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { CKF, CKM, CryptokiError, type KeyPair } from '../../lib';
import { Raw } from '../../lib/raw';
import { profiles, useToken } from '../support/profile';
import { all } from '../support/token';

const data = randomBytes(100);
const id = Buffer.from('recovered');

for (const profile of profiles()) {
  describe(`a login that is lost on ${profile.title}`, () => {
    const fixture = useToken(profile);
    let pair: KeyPair;

    before(async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
      const { token, pin } = fixture();
      await token.login(pin);
      pair = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'recovered', id, token: true });
    });

    /** The login is the token's, so another user of the library ends it for us too. */
    async function logOutBehindOurBack(): Promise<void> {
      const raw = await Raw.load(profile.module);
      try {
        await raw.C_Initialize();
        const session = await raw.C_OpenSession(fixture().slot.id, CKF.SERIAL_SESSION);
        await raw.C_Logout(session);
      } finally {
        await raw.close();
      }
    }

    it('is restored: its keys sign on', async () => {
      const { token } = fixture();
      for (let round = 0; round < 3; round++) {
        await logOutBehindOurBack();
        const signatures = await Promise.all(Array.from({ length: 8 }, () => pair.privateKey.sign('sha256', data)));
        for (const signature of signatures) assert.equal(await pair.publicKey.verify('sha256', data, signature), true);
      }
      assert.equal(token.loggedIn, true);
      const { userPinCountLow, userPinLocked } = await token.info();
      assert.deepEqual({ userPinCountLow, userPinLocked }, { userPinCountLow: false, userPinLocked: false });
    });

    it('is restored: private objects are found', async () => {
      await logOutBehindOurBack();
      assert.equal((await all(fixture().token.privateKeys({ id }))).length, 1);
      await logOutBehindOurBack();
      assert.equal((await fixture().token.privateKey({ id })).label, 'recovered');
    });

    it('is not restored after a logout of one’s own', async () => {
      const { token, pin } = fixture();
      await token.logout();
      await assert.rejects(pair.privateKey.sign('sha256', data), (error) => CryptokiError.is(error, 'ERR_CRYPTOKI_STALE'));
      assert.equal(token.loggedIn, false);
      await token.login(pin);
    });
  });
}
