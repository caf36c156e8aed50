// docs/platforms.md: the tables that the scripts have printed, between their marks.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { closing } from '../support/counts.mjs';
import { root } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';

const page = join(root, 'docs/platforms.md');
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

function replaced(text, name, content) {
  const [from, to] = [`<!-- ${name}: written by npm run test:package -- --write -->`, `<!-- ${name}: end -->`];
  const [start, end] = [text.indexOf(from), text.indexOf(to)];
  if (start < 0 || end < start) throw new Failure(`docs/platforms.md has no place for ${name}.`);
  return `${text.slice(0, start + from.length)}\n\n${content}\n\n${text.slice(end)}`;
}

function system() {
  const pretty = existsSync('/etc/os-release') && /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return `${pretty || `${process.platform} ${release()}`}, ${process.arch}, ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node.js ${process.versions.node}, npm ${output('npm', ['--version'])?.trim()}`;
}

/** From what npm run prebuild noted about each file. */
function binaries() {
  const path = join(root, 'build/prebuild-report.json');
  if (!existsSync(path)) throw new Failure('build/prebuild-report.json is missing: npm run prebuild writes it.');
  const { targets, machine } = JSON.parse(readFileSync(path, 'utf8'));
  // Of files that stand there as they were seen.
  const seen = targets.filter(({ file, sha256 }) => {
    const path = join(root, 'prebuilds', file);
    return existsSync(path) && createHash('sha256').update(readFileSync(path)).digest('hex') === sha256;
  });
  const rows = seen.map(({ name, floor, size, compiler, crossBuilt, needed, hardening, reproducible, faults }) => [
    name,
    `${Math.round(size / 1024)} KiB`,
    `${compiler ?? 'unknown'}${crossBuilt ? ', cross-built' : ''}`,
    floor ?? '',
    needed.join(' '),
    Object.keys(hardening)
      .filter((one) => hardening[one])
      .join(', '),
    reproducible ? 'yes' : '',
    faults.length === 0 ? 'good' : faults.join('; '),
  ]);
  const head = ['binary', 'size', 'compiled by', 'oldest system', 'needs', 'protections', 'reproducible', 'checks'];
  return `Built on ${machine.date}.\n\n${table(head, rows)}`;
}

/** The rows of this run, and of those sections that it has not run the rows of the last one that did. */
function merged(rows) {
  const path = join(root, 'build/package-report.json');
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  const fresh = new Set(rows.map(({ section }) => section));
  const date = new Date().toISOString().slice(0, 10);
  const all = [...before.filter(({ section }) => !fresh.has(section)), ...rows.map((row) => ({ ...row, date }))];
  writeFileSync(path, `${JSON.stringify(all, undefined, 2)}\n`);
  return all;
}

function checks(rows) {
  const sign = { passed: 'yes', failed: '**no**', skipped: 'not run' };
  const count = (wanted) => rows.filter(({ result }) => result === wanted).length;
  const sum = closing({ passed: count('passed'), failed: count('failed'), skipped: count('skipped') });
  const lines = rows.map(({ section, name, result, note, date }) => [section, note === '' ? name : `${name}: ${note}`, sign[result], date]);
  return `On ${system()}: ${sum}.\n\n${table(['', '', 'seen', 'on'], lines)}`;
}

/** Writes what was seen into the page. */
export function writePage({ rows }) {
  const text = readFileSync(page, 'utf8');
  writeFileSync(page, replaced(replaced(text, 'binaries', binaries()), 'checks', checks(merged(rows))));
}
