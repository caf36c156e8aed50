import assert from 'node:assert/strict';
import { BackOff } from '../../lib/back-off';
import { Breaker } from '../../lib/breaker';

describe('Pauses between two tries', () => {
  it('double up to the longest, each between a half and the whole of it', () => {
    for (let round = 0; round < 100; round++) {
      const pauses = new BackOff(50, 2000);
      for (const whole of [50, 100, 200, 400, 800, 1600, 2000, 2000]) {
        const pause = pauses.pause();
        assert.ok(pause >= whole / 2 && pause <= whole, `${pause} of ${whole}`);
      }
      pauses.reset();
      assert.ok(pauses.pause() <= 50);
    }
  });

  it('are others for everybody', () => {
    const first = new Set(Array.from({ length: 100 }, () => new BackOff(1000, 2000).pause()));
    assert.ok(first.size > 90);
  });
});

describe('The breaker', () => {
  it('lets nobody through after a failure, until its pause is over', async () => {
    const breaker = new Breaker(5);
    assert.deepEqual([breaker.tripped, breaker.mayTry], [false, true]);
    breaker.trip(new Error('away'));
    assert.deepEqual([breaker.tripped, breaker.mayTry], [true, false]);
    while (!breaker.mayTry) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(breaker.tripped, true);
    breaker.mend();
    assert.deepEqual([breaker.tripped, breaker.mayTry], [false, true]);
  });

  it('says since when, why, and when it is tried again; its pauses grow to a minute', () => {
    const breaker = new Breaker(1000);
    const cause = new Error('away');
    for (let failure = 1; failure <= 10; failure++) {
      breaker.trip(cause);
      const error = breaker.error('demo');
      const left = Number(/tried again in (\d+) ms/.exec(error.message)?.[1]);
      const most = Math.min(1000 * 2 ** (failure - 1), 60_000);
      assert.equal(error.code, 'ERR_CRYPTOKI_UNAVAILABLE');
      assert.equal(error.cause, cause);
      assert.match(error.message, /"demo" was lost .* since \d{4}-/);
      assert.ok(left <= most, `${left} of ${most}`);
    }
  });
});
