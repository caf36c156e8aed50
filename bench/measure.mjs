// How anything here is measured: a slice of ours and a slice of C, in turn, several times. What counts is the median of what the pairs say; how far apart they
// are says how much of it to believe.
import { spawnSync } from 'node:child_process';

import { buildYardstick } from '../scripts/build-test-modules.mjs';
import { slice } from './slice.mjs';

export { inFlight, lists, slice, synchronous } from './slice.mjs';

export const PAIRS = 7;

export const yardstickProgram = buildYardstick();

export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (values) => quantile(values, 0.5);

export function spreadOf(values) {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);
}

/** One slice of C: microseconds and processor microseconds per call, all threads together. */
export function yardstick(token, what, options) {
  const given = { ...token.yardstick, ...options };
  const words = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
  const { status, stdout, stderr } = spawnSync(yardstickProgram, [token.path, what, ...words], {
    encoding: 'utf8',
    env: { ...process.env, ...token.environment },
  });
  if (status !== 0) throw new Error(`The yardstick failed: ${stderr}`);
  const { calls, seconds, processorSeconds } = JSON.parse(stdout);
  return { wall: (seconds * 1e6) / calls, processor: (processorSeconds * 1e6) / calls };
}

/**
 * Slices of ours and of C in turn. Answers per kind of time (wall, processor) the medians of ours, of C, of their difference and of the ratio C / ours, which is
 * the share of C's speed; the spread of ours, and that of C, which is the noise of the machine: half the distance between the quartiles, as a share of the median.
 */
export async function paired({ ours, c, milliseconds = 250, pairs = PAIRS }) {
  await slice(ours, milliseconds * 2);
  const taken = [];
  for (let count = 0; count < pairs; count++) taken.push({ c: c(), ours: await slice(ours, milliseconds) });
  const figures = (time) => {
    const of = (value) => median(taken.map(value));
    const own = taken.map((pair) => pair.ours[time]);
    return {
      ours: median(own),
      c: of((pair) => pair.c[time]),
      over: of((pair) => pair.ours[time] - pair.c[time]),
      ratio: of((pair) => pair.c[time] / pair.ours[time]),
      spread: spreadOf(own),
      noise: spreadOf(taken.map((pair) => pair.c[time])),
    };
  };
  return { wall: figures('wall'), processor: figures('processor') };
}
