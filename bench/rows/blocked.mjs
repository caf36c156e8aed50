// Whether a token that does not answer holds up anything else: fs.stat, which takes libuv's threads, beside 64 calls that hang.
import { stat } from 'node:fs/promises';

import { share, time } from '../format.mjs';
import { median, PAIRS } from '../measure.mjs';
import { DATA, withInstant } from '../tokens.mjs';

const CALLS = 64;
const LATENCY = 600_000;

async function statFor(milliseconds) {
  const taken = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const started = performance.now();
    await stat('.');
    taken.push((performance.now() - started) * 1000);
  }
  return median(taken);
}

export async function measure() {
  return withInstant(async ({ told, key }) => {
    const signAll = () => Promise.all(Array.from({ length: CALLS }, () => key.sign('sha256', DATA)));
    await signAll();
    await statFor(200);
    told.takes({ sleep: LATENCY });
    const taken = [];
    for (let count = 0; count < PAIRS; count++) {
      // A processor that has just been busy wakes up faster, several times so on a virtual machine: neither window may begin hot.
      await statFor(200);
      const free = await statFor(200);
      const blocked = signAll();
      await statFor(200);
      const beside = await statFor(200);
      await blocked;
      taken.push({ free, beside });
    }
    const free = median(taken.map((pair) => pair.free));
    const beside = median(taken.map((pair) => pair.beside));
    return [
      {
        what: `\`fs.stat\` beside ${CALLS} calls that hang, p50 (C: beside none)`,
        ours: time(beside),
        c: time(free),
        result: `${share(median(taken.map((pair) => pair.beside / pair.free)))} of the time without`,
      },
    ];
  });
}
