// Memory over a million signatures: four times a quarter of them, after as many as it takes for the allocators to have what they keep.
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { atMost } from '../bars.mjs';
import { DATA, withInstant } from '../tokens.mjs';

const WARM_UP = 750_000;
/** V8 makes its room for new objects larger at some time of its own: what is measured begins when it has stood still for a quarter. */
const MOST_QUARTERS = 8;
const QUARTER = 250_000;
/** A heap that grows by less keeps nothing of a signature: it would be a few bytes for each. */
const FLAT = 1 << 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

async function sign(key, count) {
  let left = count;
  const caller = async () => {
    while (left-- > 0) await key.sign('sha256', DATA);
  };
  await Promise.all(Array.from({ length: 64 }, caller));
}

async function memory() {
  collect();
  // What belonged to arrays is given back in the background.
  await setTimeout(100);
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed };
}

const megabytes = (bytes) => (bytes / (1 << 20)).toFixed(1);

export async function measure() {
  return withInstant(async ({ key }) => {
    await sign(key, WARM_UP);
    let room;
    for (let quarter = 0; quarter < MOST_QUARTERS && room !== process.memoryUsage().heapTotal; quarter++) {
      room = process.memoryUsage().heapTotal;
      await sign(key, QUARTER);
      await memory();
    }
    const samples = [await memory()];
    for (let quarter = 0; quarter < 4; quarter++) {
      await sign(key, QUARTER);
      samples.push(await memory());
    }
    const row = (what, name, bar) => {
      const grown = samples.at(-1)[name] - samples[0][name];
      return {
        what: `${what}, after each quarter of 1,000,000 signatures`,
        ours: `${samples.map((sample) => megabytes(sample[name])).join(', ')} MiB`,
        c: '–',
        result: `${grown >= 0 ? '+' : '−'}${megabytes(Math.abs(grown))} MiB`,
        ...atMost(bar, grown, (value) => `+${megabytes(value)} MiB`),
      };
    };
    return [row('resident memory', 'rss', 6 * (1 << 20)), row('JavaScript heap', 'heapUsed', FLAT)];
  });
}
