// Memory over a million signatures.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { megabytes } from '../format.mjs';
import { DATA, withInstant } from '../tokens.mjs';

const WARM_UP = 500_000;
const SIGNATURES = 1_000_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

async function sign(key, count) {
  let left = count;
  const caller = async () => {
    while (left-- > 0) await key.sign('sha256', DATA);
  };
  await Promise.all(Array.from({ length: 64 }, caller));
}

function memory() {
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed };
}

export async function measure() {
  return withInstant(async ({ key }) => {
    await sign(key, WARM_UP);
    const before = memory();
    await sign(key, SIGNATURES);
    const after = memory();
    const row = (what, name) => ({
      what,
      ours: `${megabytes(before[name])}, then ${megabytes(after[name])}`,
      c: '–',
      result: `${after[name] >= before[name] ? '+' : '−'}${megabytes(Math.abs(after[name] - before[name]))}`,
    });
    return [row('resident memory over 1,000,000 signatures', 'rss'), row('JavaScript heap over 1,000,000 signatures', 'heapUsed')];
  });
}
