// C, ours and the peers in turn, in the same rounds on the same token. Each of them has a process of its own, which sleeps while the
// others work.
import { availableParallelism } from 'node:os';

import { CKM } from '../../dist/index.mjs';
import { contestants, versions } from '../contestants.mjs';
import { start } from '../contestant.mjs';
import { median, PAIRS, spreadOf, yardstick } from '../measure.mjs';
import { withInstant, withSoftHsm } from '../tokens.mjs';

const processors = availableParallelism();
const SLICE = 250;
const promises = ['sign', 'pkcs11jsAsync', 'graphene', 'webcrypto', 'koffiAsync'];
const threads = ['java', 'go', 'python'];

/** `sessions` are C's threads; `callers` the sessions of a peer that makes promises; `count` the length of a list of signMany. */
export const works = [
  {
    title: `20 µs of a processor per signature, ${processors} threads`,
    takes: { spin: 20 },
    sessions: processors,
    callers: 4 * processors,
    count: 20_000,
    who: ['signMany', ...promises, 'pkcs11jsWorkers', ...threads],
  },
  {
    title: `SoftHSM, P-256, ${processors} threads`,
    softHsm: true,
    sessions: processors,
    callers: 4 * processors,
    count: 4_000,
    who: ['signMany', ...promises, 'pkcs11jsWorkers', ...threads],
  },
  {
    title: '1 ms of latency, 64 sessions',
    takes: { sleep: 1_000 },
    sessions: 64,
    callers: 64,
    count: 16_000,
    who: ['signMany', ...promises, 'pkcs11jsInstalled', ...threads],
  },
  {
    title: 'no time at all: microseconds over C per signature',
    overhead: true,
    sessions: 1,
    callers: 64,
    count: 200_000,
    who: ['bare', 'signMany', ...promises, 'pkcs11jsSync', 'koffiSync', ...threads],
  },
];

/** What a stack trace says first, without the line of code that some print above. */
const firstLine = ({ message }) => (/^\w*Error: .*$/m.exec(message)?.[0] ?? message).split('\n')[0];

async function startAll(work, token, absent) {
  const started = [];
  for (const id of work.who) {
    const { name, ours = false, needs, start: how } = contestants[id];
    const reason = needs?.();
    if (reason !== undefined) {
      absent.set(name, reason);
      continue;
    }
    try {
      const one = await start(how({ ...work, ...token }));
      await one.slice(2 * SLICE);
      started.push({ name, ours, taken: [], ...one });
    } catch (error) {
      absent.set(name, `${work.title}: ${firstLine(error)}`);
    }
  }
  return started;
}

async function compete(work, token, c, absent) {
  const started = await startAll(work, token, absent);
  try {
    const noise = [];
    for (let round = 0; round < PAIRS; round++) {
      // C stands before each of them, and not once for all: the machine is not the same half a second later.
      for (const one of started) {
        if (one.failed !== undefined) continue;
        const before = c();
        const its = await one.slice(SLICE).catch((error) => (one.failed = error));
        if (one.failed !== undefined) continue;
        noise.push(before.wall);
        one.taken.push({ share: before.wall / its.wall, over: its.wall - before.wall, processor: its.processor - before.processor });
      }
    }
    for (const { name, failed } of started) if (failed !== undefined) absent.set(name, `${work.title}: ${firstLine(failed)}`);
    const figures = started
      .filter(({ failed }) => failed === undefined)
      .map(({ name, ours, taken }) => {
        const of = (figure) => median(taken.map((slice) => slice[figure]));
        return { name, ours, share: of('share'), over: of('over'), processor: of('processor'), spread: spreadOf(taken.map(({ share }) => share)) };
      });
    return { title: work.title, overhead: work.overhead === true, noise: spreadOf(noise), figures };
  } finally {
    for (const one of started) one.end();
  }
}

/** Every work: `{ title, overhead, noise, figures }`; who could not take part, and why; what versions they were. */
export async function measure() {
  const absent = new Map();
  const results = [];
  for (const work of works) {
    const seconds = SLICE / 1000 / 2;
    if (work.softHsm !== true) {
      await withInstant(async ({ told }) => {
        told.takes(work.takes ?? {});
        const c = () => yardstick(told, 'sign', { seconds, threads: work.sessions });
        results.push(await compete(work, { path: told.path, pin: told.pin, environment: {} }, c, absent));
      });
    } else if (process.env.PKCS11_MODULE === undefined) {
      absent.set('SoftHSM', 'it is not here');
    } else {
      await withSoftHsm(async ({ told, ec }) => {
        const c = () => yardstick(told, 'sign', { seconds, threads: work.sessions, mechanism: CKM.ECDSA, label: ec.label });
        results.push(await compete(work, { path: told.path, pin: told.yardstick.pin, environment: {} }, c, absent));
      });
    }
  }
  return { results, absent: Object.fromEntries(absent), versions: versions() };
}
