import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';

import { abortReason, signalOf, throwIfAborted, timeLimitOf, watch } from '../../lib/options';

describe('options of calls', () => {
  it('without signal and time limit need no watch', () => {
    const never = (): never => assert.fail();
    assert.equal(watch(undefined, never), undefined);
    assert.equal(watch({}, never), undefined);
    assert.equal(signalOf(undefined), undefined);
    assert.equal(timeLimitOf({}), undefined);
  });

  it('end once, with the first reason', async () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    watch({ signal: controller.signal, timeLimit: 1 }, (reason) => reasons.push(reason));
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    assert.deepEqual(
      reasons.map((reason) => (reason as { code: string }).code),
      ['ERR_CRYPTOKI_TIMEOUT'],
    );
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  it('leave no listener behind', () => {
    const controller = new AbortController();
    const end = watch({ signal: controller.signal, timeLimit: 60_000 }, () => assert.fail());
    assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
    end!();
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    controller.abort();
  });

  it('give the reason that the caller gave, or an AbortError', () => {
    assert.equal(abortReason(AbortSignal.abort('mine')), 'mine');
    assert.deepEqual({ ...(abortReason(AbortSignal.abort()) as object) }, { code: 'ABORT_ERR' });
    assert.throws(() => throwIfAborted(AbortSignal.abort(new RangeError('x'))), RangeError);
    throwIfAborted(undefined);
    throwIfAborted(new AbortController().signal);
  });
});
