// Reports of npm run prebuild on several machines, made one: node scripts/prebuild/merge.mjs REPORT… . Prints a table that says of each binary where it was
// compiled; writes build/prebuild-report.json. A binary that none of them has is a failure.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/paths.mjs';
import { Failure, main } from '../support/run.mjs';
import { targets } from './targets.mjs';

await main((paths) => {
  const reports = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const rows = new Map(reports.flatMap((report) => report.targets.map((row) => [row.name, { ...row, machine: report.machine }])));
  const missing = targets.filter(({ name }) => !rows.has(name));
  if (missing.length > 0) throw new Failure(`No report tells of ${missing.map(({ name }) => name).join(', ')}.`);
  const ordered = targets.map(({ name }) => rows.get(name));
  console.log('| binary | SHA-256 | compiled by | on | two builds equal |\n|---|---|---|---|---|');
  for (const { name, sha256, compiler, machine, crossBuilt, reproducible } of ordered) {
    const where = `${machine.platform}-${machine.arch}${crossBuilt ? ', **only cross-built, not run**' : ''}`;
    console.log(`| ${name} | \`${sha256}\` | ${compiler ?? 'Visual C++'} | ${where} | ${reproducible ? 'yes' : 'not tried'} |`);
  }
  mkdirSync(join(root, 'build'), { recursive: true });
  const [{ machine, inside }] = reports;
  writeFileSync(join(root, 'build/prebuild-report.json'), `${JSON.stringify({ machine, inside, targets: ordered }, undefined, 2)}\n`);
});
