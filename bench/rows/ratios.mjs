// Tokens that take their time: the share of C's speed that is left.
import { availableParallelism } from 'node:os';

import { rate, share } from '../format.mjs';
import { inFlight, paired, yardstick } from '../measure.mjs';
import { DATA, MANY, withInstant } from '../tokens.mjs';

const SESSIONS = 64;

export async function measure() {
  return withInstant(async ({ told, key }) => {
    const rows = [];
    for (const [what, takes, threads] of [
      [`20 µs of a processor per signature, ${MANY} in flight`, { spin: 20 }, availableParallelism()],
      [`1 ms of latency per signature, ${MANY} in flight`, { sleep: 1000 }, SESSIONS],
    ]) {
      told.takes(takes);
      const { wall } = await paired({
        ours: inFlight(MANY, () => key.sign('sha256', DATA)),
        c: () => yardstick(told, 'sign', { seconds: 0.25, threads }),
      });
      rows.push({
        what: `${what} (C: ${threads} threads)`,
        ours: rate(wall.ours),
        c: rate(wall.c),
        result: `${share(wall.ratio)} of C`,
        spread: wall.spread,
        noise: wall.noise,
      });
    }
    return rows;
  });
}
