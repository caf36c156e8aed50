import assert from 'node:assert/strict';
import { CKM } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all } from '../support/token';

const AT_ONCE = 12;

for (const profile of profiles()) {
  describe(`writing to ${profile.title}`, () => {
    const fixture = useToken(profile);

    // Two writers at once make NSS wait for itself for minutes.
    it('may be done by many at once, while others read', async function () {
      fixture().needs(this, 'generate', 'change', 'destroy', 'many-sessions');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN);
      const { token, pin } = fixture();
      await token.login(pin);
      // SoftHSM loses an object for a moment that is read while it is written: another one is read here.
      const still = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'still' });
      for (let round = 0; round < 3; round += 1) {
        const pairs = await Promise.all(
          Array.from({ length: AT_ONCE }, () => token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'many' })),
        );
        const objects = pairs.flatMap(({ privateKey, publicKey }) => [privateKey, publicKey]);
        await Promise.all(objects.flatMap((object) => [object.set({ label: 'changed' }), still.publicKey.get(['id']), token.random(8)]));
        assert.equal((await all(token.objects({ label: 'changed' }))).length, objects.length);
        await Promise.all(objects.map((object) => object.destroy()));
        assert.equal((await all(token.objects({ label: 'changed' }))).length, 0);
      }
      await Promise.all([still.privateKey.destroy(), still.publicKey.destroy()]);
    });
  });
}
