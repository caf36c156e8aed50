import assert from 'node:assert/strict';
import { nameOf } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { agreements } from './agreements';
import { ciphers } from './ciphers';
import { judge } from './judge';
import { secrets } from './secrets';
import { signatures } from './signatures';
import { isHere } from './vectors';

for (const profile of profiles()) {
  describe(`test vectors on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects', 'destroy');
      await fixture().token.login(fixture().pin);
    });

    for (const family of [...signatures, ...ciphers, ...secrets, ...agreements]) {
      it(family.title, async function () {
        if (!isHere(family.file)) skip(this, 'the test vectors are not beside the project');
        const there = await fixture().slot.mechanisms();
        const usable = family.needs.some(([mechanism, use]) => ((there.get(mechanism)?.flags ?? 0) & use) !== 0);
        const names = family.needs.map(([mechanism]) => nameOf('CKM', mechanism)).join(' nor ');
        if (!usable) skip(this, `${profile.title} has no ${names} for this use`);
        this.timeout(120_000);
        const { count, complaints } = await judge(family, fixture());
        assert.deepEqual(complaints, []);
        const deviating = count.deviating === 0 ? '' : `, ${count.deviating} as the profile says of this token`;
        const untried = count.untried === 0 ? '' : `, ${count.untried} not tried: the token would crash`;
        this.test!.title += `: ${count.right} right, ${count.refused} refused${deviating}${untried}`;
      });
    }
  });
}
