// How long timers wait while 10,000 signatures are made, beside how long they wait while C makes them in another process.
import { spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

import { atMost, together } from '../bars.mjs';
import { time } from '../format.mjs';
import { median, PAIRS, yardstickProgram } from '../measure.mjs';
import { DATA, inputs, withInstant } from '../tokens.mjs';

const SIGNATURES = 10_000;
const RESOLUTION = 1;

/** p50, p99 and the longest delay of a timer of 1 ms, beyond that millisecond. */
async function delaysDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  // What counts is the time between two firings of the timer: one must be before the work, and one behind it.
  await setTimeout(2 * RESOLUTION);
  await work();
  await setTimeout(2 * RESOLUTION);
  histogram.disable();
  const beyond = (nanoseconds) => Math.max(0, nanoseconds / 1000 - RESOLUTION * 1000);
  return { p50: beyond(histogram.percentile(50)), p99: beyond(histogram.percentile(99)), most: beyond(histogram.max) };
}

/** The median of each of the three. */
const medians = (delays) => Object.fromEntries(['p50', 'p99', 'most'].map((name) => [name, median(delays.map((delay) => delay[name]))]));

const listed = ({ p50, p99, most }) => `p50 ${time(p50)}, p99 ${time(p99)}, most ${time(most)}`;

async function signAll(key, inFlight) {
  let left = SIGNATURES;
  const caller = async () => {
    while (left-- > 0) await key.sign('sha256', DATA);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
}

const inC = (told) =>
  new Promise((resolve, reject) => {
    const child = spawn(yardstickProgram, [told.path, 'sign', '--seconds', '0.25'], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', resolve);
  });

const cases = [
  { name: '10,000 signatures, 64 in flight', work: (key) => signAll(key, 64), bars: true },
  { name: '10,000 signatures, all at once', work: (key) => signAll(key, SIGNATURES), bars: false },
  { name: '10,000 signatures of one `signMany`', work: (key, list) => key.signMany('sha256', list), bars: true },
];

export async function measure() {
  const list = inputs(SIGNATURES);
  return withInstant(async ({ told, key }) => {
    const rows = [];
    for (const { name, work, bars } of cases) {
      await work(key, list);
      const delays = { ours: [], c: [] };
      for (let count = 0; count < PAIRS; count++) {
        delays.c.push(await delaysDuring(() => inC(told)));
        delays.ours.push(await delaysDuring(() => work(key, list)));
      }
      const [ours, c] = [medians(delays.ours), medians(delays.c)];
      rows.push({
        what: `event-loop delay during ${name}`,
        ours: listed(ours),
        c: listed(c),
        result: `p99 ${time(ours.p99)}, most ${time(ours.most)}`,
        ...(bars && together(atMost(1_500, ours.p99, time, 'p99 '), atMost(5_000, ours.most, time, 'most '))),
      });
    }
    return rows;
  });
}
