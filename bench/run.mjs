// npm run bench: how fast we are, beside a C program in the same minutes.
//
//   npm run bench [-- <group>...] [-- --write] [-- --no-build]
//
// The groups are the files of bench/rows; without a name all of them but `peers`, which are other libraries on the same work, with `all` those too. --write puts
// tables and picture into docs/performance.md. About four minutes, with the peers eight; take them when the machine has nothing else to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { prepare } from '../scripts/setup.mjs';
import { acquire, mergeEnvironments } from '../scripts/support/acquire.mjs';
import { root } from '../scripts/support/paths.mjs';
import { Failure, main, quietly } from '../scripts/support/run.mjs';
import * as nss from '../scripts/tokens/nss.mjs';
import * as softhsm from '../scripts/tokens/softhsm.mjs';
import { picture } from './picture.mjs';
import { machine, peersTable, table, write } from './report.mjs';

const groups = ['bulk', 'softhsm', 'ratios', 'asynchronous', 'synchronous', 'find', 'event-loop', 'blocked', 'memory', 'pkcs11js'];

/** Groups with rows about SoftHSM; without it all but `softhsm` leave theirs out. */
const onSoftHsm = ['bulk', 'softhsm', 'find', 'peers'];

/** Where SoftHSM is, with an empty store; nothing where this machine does not have it. */
function environmentOf(group, folder) {
  const got = onSoftHsm.includes(group) ? acquire(softhsm, { say: console.error }) : undefined;
  const environment = got && mergeEnvironments(got.environment, { PKCS11_MODULE: got.module, SOFTHSM2_CONF: softhsm.configure(folder) });
  const second = group === 'find' ? acquire(nss, { say: console.error }) : undefined;
  return second === undefined ? environment : mergeEnvironments(environment ?? {}, second.environment, { NSS_MODULE: second.module });
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

/** The rows of some groups, as a table. */
function measure(names, writes) {
  const before = machine();
  const rows = [];
  for (const group of names) {
    process.stderr.write(`· ${group}\n`);
    rows.push(...rowsOf(group));
  }
  const text = table(rows, before, machine());
  console.log(text);
  if (writes) write('The table: npm run bench -- --write', text);
}

/** Ours and the peers, as a table and a picture. */
function compete(writes) {
  const before = machine();
  process.stderr.write('· peers\n');
  const found = rowsOf('peers');
  const text = peersTable(found, before, machine());
  console.log(text);
  if (!writes) return;
  write('The peers: npm run bench -- peers --write', text);
  writeFileSync(join(root, 'docs/performance.svg'), picture(found.results));
}

await main(async (words) => {
  const options = words.filter((word) => word.startsWith('--'));
  const wanted = words.filter((word) => !word.startsWith('--'));
  const unknown = [
    ...options.filter((option) => option !== '--write' && option !== '--no-build'),
    ...wanted.filter((name) => ![...groups, 'peers', 'all'].includes(name)),
  ];
  if (unknown.length > 0) throw new Failure(`Unknown: ${unknown.join(' ')}. The groups are ${groups.join(', ')}, peers and all.`);
  if (!options.includes('--no-build')) await prepare();
  const writes = options.includes('--write');
  const all = wanted.includes('all');
  const names = all || wanted.length === 0 ? groups : groups.filter((name) => wanted.includes(name));
  if (names.length > 0) measure(names, writes && names.length === groups.length);
  if (all || wanted.includes('peers')) compete(writes);
});
