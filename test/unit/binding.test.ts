import assert from 'node:assert/strict';

import { SPEC_HASH } from '../../lib/generated/calls';
import { fitting, loadBinding } from '../../lib/wire/binding';
import { FakeBinding } from '../support/fake-binding';

describe('the binding', () => {
  it('is loaded once', () => {
    assert.equal(loadBinding(), loadBinding());
    assert.equal(loadBinding().specHash, SPEC_HASH);
  });

  it('of another version is refused', () => {
    assert.throws(() => fitting(new FakeBinding()), { code: 'ERR_CRYPTOKI_ADDON', message: /another version/ });
  });

  it('refuses what is not one of its references', () => {
    const binding = loadBinding();
    const frame = new Uint8Array(8);
    for (const ref of [undefined, null, {}, 5, binding]) {
      assert.throws(() => binding.submit(ref as never, 1, frame, 8), { name: 'TypeError' });
      assert.throws(() => binding.callSync(ref as never, frame, 8), { name: 'TypeError' });
      assert.throws(() => binding.cancel(ref as never, 1), { name: 'TypeError' });
    }
  });
});
