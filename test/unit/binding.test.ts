import assert from 'node:assert/strict';

import { CALL, ENGINE, SPEC_HASH } from '../../lib/generated/calls';
import { DIRECT_HEADER, fitting, loadBinding, replyPlace } from '../../lib/wire/binding';
import { Client } from '../../lib/wire/client';
import { ReplyReader } from '../../lib/wire/reader';
import { FakeBinding } from '../support/fake-binding';

describe('the binding', () => {
  // Whoever is the first client starts it, once in a process.
  before(() => void new Client('/nowhere/at/all.so'));

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
      assert.throws(() => binding.direct(ref as never, new Uint8Array(128)), { name: 'TypeError' });
    }
  });

  it('looks at the length of a direct call, wipes its request, and puts the reply behind it', () => {
    const binding = loadBinding();
    const ref = binding.module('/nowhere/at/all.so', { threads: 1 });
    for (const size of [0, 1, DIRECT_HEADER]) assert.throws(() => binding.direct(ref, new Uint8Array(size)), { name: 'RangeError' });
    assert.throws(() => binding.direct(ref, 'frame' as never), { name: 'TypeError' });
    const frame = new Uint8Array(128);
    const words = new Uint32Array(frame.buffer);
    const call = binding.direct(ref, frame);
    for (const length of [frame.length - DIRECT_HEADER + 1, frame.length, 0xffff_ffff]) {
      words[0] = length;
      assert.throws(call, { name: 'RangeError' });
    }
    // C_Sign of some session, before anything has been loaded.
    const request = [CALL.C_Sign, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 64, 0, 0, 0];
    frame.set(request, DIRECT_HEADER);
    words[0] = request.length;
    assert.equal(call(), undefined);
    const start = replyPlace(DIRECT_HEADER + request.length);
    const reply = new ReplyReader(frame, undefined, start, words[0]);
    assert.equal(reply.fromEngine, true);
    assert.equal(reply.rv, ENGINE.NOT_LOADED);
    assert.deepEqual(frame.subarray(DIRECT_HEADER, start), new Uint8Array(start - DIRECT_HEADER));
  });

  it('gives a reply of a direct call that has no room behind the request an array of its own', () => {
    const binding = loadBinding();
    const frame = new Uint8Array(24);
    const call = binding.direct(binding.module('/nowhere/at/all.so', { threads: 1 }), frame);
    new Uint32Array(frame.buffer)[0] = 16;
    frame[DIRECT_HEADER] = CALL.C_Sign;
    const reply = call();
    assert.ok(reply instanceof Uint8Array);
    assert.equal(new ReplyReader(reply).rv, ENGINE.NOT_LOADED);
    assert.deepEqual(frame.subarray(DIRECT_HEADER), new Uint8Array(16));
  });
});
