// Tokens that take their time: the share of C's speed that is left to key.sign, one promise each.
import { availableParallelism } from 'node:os';

import { atLeast } from '../bars.mjs';
import { rate, share } from '../format.mjs';
import { inFlight, paired, yardstick } from '../measure.mjs';
import { DATA, MANY, withInstant } from '../tokens.mjs';

const SESSIONS = 64;
const processors = availableParallelism();

const cases = [
  { what: '20 µs of a processor', takes: { spin: 20 }, inC: processors, threads: processors, bar: 0.7 },
  { what: '20 µs of a processor, `threads` left as it is', takes: { spin: 20 }, inC: processors },
  { what: '1 ms of latency', takes: { sleep: 1_000 }, inC: SESSIONS, threads: SESSIONS, bar: 0.95 },
];

export async function measure() {
  const rows = [];
  for (const { what, takes, inC, threads, bar } of cases) {
    await withInstant(
      async ({ told, key }) => {
        told.takes(takes);
        const { wall } = await paired({
          ours: inFlight(MANY, () => key.sign('sha256', DATA)),
          c: () => yardstick(told, 'sign', { seconds: 0.25, threads: inC }),
        });
        rows.push({
          what: `\`key.sign\`, ${what}, ${MANY} in flight (C: ${inC} threads)`,
          ours: rate(wall.ours),
          c: rate(wall.c),
          result: `${share(wall.ratio)} of C`,
          spread: wall.spread,
          noise: wall.noise,
          ...(bar === undefined ? {} : atLeast(bar, wall.ratio)),
        });
      },
      { threads },
    );
  }
  return rows;
}
