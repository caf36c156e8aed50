// signMany, with as many sessions as the yardstick has threads.
import { availableParallelism } from 'node:os';

import { CKM } from '../../dist/index.mjs';
import { atLeast, atMost } from '../bars.mjs';
import { rate, share, time } from '../format.mjs';
import { lists, paired, yardstick } from '../measure.mjs';
import { inputs, withInstant, withSoftHsm } from '../tokens.mjs';

const processors = availableParallelism();
const SESSIONS = 64;

/** Signatures as the token gives them, side by side: what the yardstick makes. */
const BARE = { dsaEncoding: 'ieee-p1363', results: 'slab' };

// A list takes half a second and more, and is a multiple of the sessions where each of its signatures takes long: then its end is a small part of it.
const spinning = { takes: { spin: 20 }, sessions: processors, count: 50_000, milliseconds: 500, bar: 0.97 };
const cases = [
  { ...spinning, what: '20 µs of a processor per signature, side by side', options: BARE },
  { ...spinning, what: '20 µs of a processor per signature, each in DER and with its own bytes' },
  { what: '1 ms of latency', takes: { sleep: 1_000 }, sessions: SESSIONS, count: SESSIONS * 500, milliseconds: 500, bar: 0.99 },
  { what: '10 ms of latency', takes: { sleep: 10_000 }, sessions: SESSIONS, count: SESSIONS * 150, milliseconds: 500, bar: 0.99 },
];

async function ratio({ what, takes, sessions, count, milliseconds, bar, options }) {
  return withInstant(
    async ({ told, key }) => {
      told.takes(takes);
      const data = inputs(count);
      const { wall } = await paired({
        milliseconds,
        ours: lists(count, () => key.signMany('sha256', data, { ...options, concurrency: sessions })),
        c: () => yardstick(told, 'sign', { seconds: milliseconds / 1000, threads: sessions }),
      });
      return {
        what: `\`signMany\`, ${what}, ${sessions} sessions`,
        ours: rate(wall.ours),
        c: rate(wall.c),
        result: `${share(wall.ratio)} of C`,
        spread: wall.spread,
        noise: wall.noise,
        ...atLeast(bar, wall.ratio),
      };
    },
    { threads: sessions },
  );
}

async function softHsm() {
  const COUNT = 4_000;
  const what = `\`signMany\`, SoftHSM, P-256, ${processors} sessions`;
  if (process.env.PKCS11_MODULE === undefined) return { what, ours: '–', c: '–', result: 'not measured: no SoftHSM here' };
  return withSoftHsm(
    async ({ told, ec }) => {
      const data = inputs(COUNT);
      const { wall } = await paired({
        ours: lists(COUNT, () => ec.signMany('sha256', data, { concurrency: processors })),
        c: () => yardstick(told, 'sign', { seconds: 0.25, threads: processors, mechanism: CKM.ECDSA, label: ec.label }),
      });
      return {
        what,
        ours: rate(wall.ours),
        c: rate(wall.c),
        result: `${share(wall.ratio)} of C`,
        spread: wall.spread,
        noise: wall.noise,
        ...atLeast(0.97, wall.ratio),
      };
    },
    { threads: processors },
  );
}

async function overhead() {
  const COUNT = 200_000;
  return withInstant(
    async ({ told, key }) => {
      const data = inputs(COUNT);
      const rows = [];
      for (const [what, options, bar] of [
        ['side by side', BARE, 0.15],
        ['each in DER and with its own bytes', {}, undefined],
      ]) {
        const { wall } = await paired({
          ours: lists(COUNT, () => key.signMany('sha256', data, { ...options, concurrency: 1 })),
          c: () => yardstick(told, 'sign', { seconds: 0.1 }),
        });
        rows.push({
          what: `\`signMany\`, no time at all, per signature, ${what}`,
          ours: time(wall.ours),
          c: time(wall.c),
          result: `+${time(wall.over)}`,
          spread: wall.spread,
          noise: wall.noise,
          ...(bar === undefined ? {} : atMost(bar, wall.over, time)),
        });
      }
      return rows;
    },
    { threads: 1 },
  );
}

export async function measure() {
  const rows = [];
  for (const one of cases) rows.push(await ratio(one));
  return [...rows, await softHsm(), ...(await overhead())];
}
