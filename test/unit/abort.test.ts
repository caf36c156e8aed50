import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { onAbort } from '../../lib/abort';

describe('a signal that many operations share', () => {
  it('has one listener, and tells all of them', () => {
    const controller = new AbortController();
    const told: number[] = [];
    for (let index = 0; index < 100; index += 1) onAbort(controller.signal, () => told.push(index));
    assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
    controller.abort();
    assert.deepEqual(
      told,
      Array.from({ length: 100 }, (_, index) => index),
    );
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  it('has none when all of them have ended', () => {
    const { signal } = new AbortController();
    const ends = [1, 2, 3].map(() => onAbort(signal, () => assert.fail('not aborted')));
    for (const end of ends) {
      end();
      end();
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    onAbort(signal, () => {})();
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('does not tell one that has ended, even while it tells the others', () => {
    const controller = new AbortController();
    const told: string[] = [];
    const ends = [
      onAbort(controller.signal, () => {
        told.push('first');
        ends[1]!();
      }),
      onAbort(controller.signal, () => told.push('second')),
    ];
    controller.abort();
    assert.deepEqual(told, ['first']);
  });
});
