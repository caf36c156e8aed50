// Whether a token that does not answer holds up anything else: fs.stat, which takes libuv's threads, beside calls that hang.
import { stat } from 'node:fs/promises';

import { atMost } from '../bars.mjs';
import { share, time } from '../format.mjs';
import { median, PAIRS } from '../measure.mjs';
import { DATA, withInstant } from '../tokens.mjs';

/** As many as there are sessions, and so many more that wait for one. */
const NUMBERS = [64, 256];
/** "Unchanged", on a machine whose own figures differ by that much. */
const UNCHANGED = 1.15;
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

async function beside(told, key, calls) {
  const signAll = () => Promise.all(Array.from({ length: calls }, () => key.sign('sha256', DATA)));
  told.takes({});
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
    taken.push({ free, beside: await statFor(200) });
    told.takes({});
    await blocked;
    told.takes({ sleep: LATENCY });
  }
  const of = (value) => median(taken.map(value));
  const ratio = of((pair) => pair.beside / pair.free);
  return {
    what: `\`fs.stat\` beside ${calls} calls that hang, p50 (C: beside none)`,
    ours: time(of((pair) => pair.beside)),
    c: time(of((pair) => pair.free)),
    result: `${share(ratio)} of the time without`,
    ...atMost(UNCHANGED, ratio, share),
  };
}

export async function measure() {
  return withInstant(async ({ told, key }) => {
    const rows = [];
    for (const calls of NUMBERS) rows.push(await beside(told, key, calls));
    return rows;
  });
}
