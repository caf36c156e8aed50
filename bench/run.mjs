// npm run bench: how fast we are, beside a C program in the same minutes.
//
//   npm run bench [-- <group>...] [-- --write] [-- --no-build]
//
// The groups are the files of bench/rows. --write puts the table into docs/performance.md. About three minutes; take them when the machine has nothing else to do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { prepare } from '../scripts/setup.mjs';
import { acquire, mergeEnvironments } from '../scripts/support/acquire.mjs';
import { root } from '../scripts/support/paths.mjs';
import { Failure, main, quietly } from '../scripts/support/run.mjs';
import * as softhsm from '../scripts/tokens/softhsm.mjs';
import { machine, table, write } from './report.mjs';

const groups = ['bulk', 'softhsm', 'ratios', 'asynchronous', 'synchronous', 'find', 'event-loop', 'blocked', 'memory'];

/** Groups with rows about SoftHSM; without it `bulk` and `find` leave theirs out. */
const onSoftHsm = ['bulk', 'softhsm', 'find'];

/** Where SoftHSM is, with an empty store; nothing where this machine does not have it. */
function environmentOf(group, folder) {
  const got = onSoftHsm.includes(group) ? acquire(softhsm, { say: console.error }) : undefined;
  return got && mergeEnvironments(got.environment, { PKCS11_MODULE: got.module, SOFTHSM2_CONF: softhsm.configure(folder) });
}

function rowsOf(group) {
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-bench-'));
  try {
    const environment = environmentOf(group, folder);
    if (group === 'softhsm' && environment === undefined) return [{ what: 'SoftHSM: not measured', ours: '–', c: '–', result: softhsm.advice }];
    const env = mergeEnvironments(process.env, environment ?? {});
    const output = quietly(group, process.execPath, [join(root, 'bench/row.mjs'), group], { cwd: root, env });
    return JSON.parse(output.trim().split('\n').at(-1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async (words) => {
  const options = words.filter((word) => word.startsWith('--'));
  const wanted = words.filter((word) => !word.startsWith('--'));
  const unknown = [
    ...options.filter((option) => option !== '--write' && option !== '--no-build'),
    ...wanted.filter((name) => !groups.includes(name)),
  ];
  if (unknown.length > 0) throw new Failure(`Unknown: ${unknown.join(' ')}. The groups are ${groups.join(', ')}.`);
  if (!options.includes('--no-build')) await prepare();
  const before = machine();
  const rows = [];
  for (const group of wanted.length > 0 ? wanted : groups) {
    process.stderr.write(`· ${group}\n`);
    rows.push(...rowsOf(group));
  }
  const text = table(rows, before, machine());
  console.log(text);
  if (options.includes('--write')) write('The table: npm run bench -- --write', text);
});
