// Tokens that take their time: the share of C's speed that is left.
import { availableParallelism } from 'node:os';

import { rate, share } from '../format.mjs';
import { inFlight, paired, yardstick } from '../measure.mjs';
import { DATA, MANY, withInstant } from '../tokens.mjs';

const SESSIONS = 64;
const processors = availableParallelism();

const cases = [
  { what: '20 µs of a processor per signature', takes: { spin: 20 }, inC: processors },
  { what: 'the same, loaded with twice as many threads as processors', takes: { spin: 20 }, inC: processors, threads: 2 * processors },
  { what: '1 ms of latency per signature', takes: { sleep: 1000 }, inC: SESSIONS },
];

export async function measure() {
  const rows = [];
  for (const { what, takes, inC, threads } of cases) {
    await withInstant(
      async ({ told, key }) => {
        told.takes(takes);
        const { wall } = await paired({
          ours: inFlight(MANY, () => key.sign('sha256', DATA)),
          c: () => yardstick(told, 'sign', { seconds: 0.25, threads: inC }),
        });
        rows.push({
          what: `${what}, ${MANY} in flight (C: ${inC} threads)`,
          ours: rate(wall.ours),
          c: rate(wall.c),
          result: `${share(wall.ratio)} of C`,
          spread: wall.spread,
          noise: wall.noise,
        });
      },
      { threads },
    );
  }
  return rows;
}
