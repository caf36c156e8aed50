import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { CKM } from '../../lib';
import { profiles, useToken } from '../support/profile';

for (const profile of profiles()) {
  describe(`a first look at ${profile.title}`, () => {
    const fixture = useToken(profile);

    it('says who made it and lists its mechanisms', async () => {
      const { module, slot, token } = fixture();
      const info = await module.info();
      assert.ok(info.manufacturer.length > 0);
      assert.match(module.interface.version, /^[23]\.\d+$/);
      assert.ok((await slot.mechanisms()).size > 0);
      assert.equal((await token.info()).tokenInitialized, true);
    });

    it('refuses a wrong PIN, by code and call', async function () {
      fixture().needs(this, 'wrong-pin');
      await assert.rejects(fixture().token.login('0000'), { code: 'CKR_PIN_INCORRECT', call: 'C_Login' });
    });

    it('logs in, generates a P-256 key pair, signs, and node:crypto verifies', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
      const { token, pin } = fixture();
      await token.login(pin);
      try {
        const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'smoke', token: true });
        const data = Buffer.from('a document');
        const signature = await privateKey.sign('sha256', data);
        assert.equal(verify('sha256', data, publicKey.toKeyObject(), signature), true);
      } finally {
        await token.logout();
      }
    });

    for (const { id, type, alwaysAuthenticate } of (profile.keys ?? []).filter(({ use }) => use === 'sign')) {
      it(`signs with its ${type} key ${id}${alwaysAuthenticate ? ', which wants the PIN each time' : ''}`, async () => {
        const { token, pin } = fixture();
        await token.login(pin);
        try {
          const key = await token.privateKey({ id: Buffer.from(id, 'hex') });
          assert.equal(key.type, type);
          const data = Buffer.from('a document');
          const publicKey = (await key.findPublicKey()) ?? assert.fail('the public half is on the card');
          for (let round = 0; round < 2; round += 1)
            assert.equal(verify('sha256', data, publicKey.toKeyObject(), await key.sign('sha256', data)), true);
        } finally {
          await token.logout();
        }
      });
    }
  });
}
