// The drop-in beside pkcs11js itself, both warm and in processes of their own: what a synchronous call costs on a module that returns at once.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { root } from '../../scripts/support/paths.mjs';
import { atMost } from '../bars.mjs';
import { start } from '../contestant.mjs';
import { time } from '../format.mjs';
import { median, PAIRS, spreadOf } from '../measure.mjs';
import { build, entry } from '../peers/pkcs11js-addon.mjs';
import { instantModule } from '../instant.mjs';

const SLICE = 250;
// The two lie close together, and a virtual machine's processor is now faster, now slower.
const ROUNDS = 3 * PAIRS;
const program = fileURLToPath(new URL('../peers/pkcs11js-sign.mjs', import.meta.url));
const times = (ratio) => `${ratio.toFixed(2)} times`;

const cases = [
  { what: '`C_Sign` of `cryptoki/pkcs11js`; C: of pkcs11js', init: false, bar: 1 },
  { what: '`C_SignInit` and `C_Sign` of `cryptoki/pkcs11js`; C: of pkcs11js', init: true },
];

async function compare(path, init) {
  const peers = await Promise.all(
    [join(root, 'dist/pkcs11js.js'), entry].map((name) =>
      start({ command: process.execPath, args: [program, JSON.stringify({ path, package: name, init })] }),
    ),
  );
  try {
    for (const peer of peers) await peer.slice(2 * SLICE);
    const taken = [];
    // The processor's time: on a machine that does other things too, the wall shows those.
    for (let count = 0; count < ROUNDS; count++) taken.push([(await peers[0].slice(SLICE)).processor, (await peers[1].slice(SLICE)).processor]);
    return taken;
  } finally {
    for (const peer of peers) peer.end();
  }
}

export async function measure() {
  try {
    build();
  } catch {
    return [{ what: 'pkcs11js: not measured', ours: '–', c: '–', result: 'it does not compile here' }];
  }
  const told = instantModule();
  try {
    const rows = [];
    for (const { what, init, bar } of cases) {
      const taken = await compare(told.path, init);
      const ours = taken.map(([own]) => own);
      const theirs = taken.map(([, other]) => other);
      const ratio = median(taken.map(([own, other]) => own / other));
      rows.push({
        what,
        ours: time(median(ours)),
        c: time(median(theirs)),
        result: times(ratio),
        spread: spreadOf(ours),
        noise: spreadOf(theirs),
        ...(bar === undefined ? {} : atMost(bar, ratio, times)),
      });
    }
    return rows;
  } finally {
    told.remove();
  }
}
