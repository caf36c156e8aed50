// The table of docs/reliability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/paths.mjs';

const file = join(root, 'docs/reliability.md');
const BEGIN = '<!-- The table: npm run reliability -- --write -->\n';
const END = '<!-- End of the table -->\n';

const number = (value) => (value === undefined ? '–' : value.toLocaleString('en'));

/** Milliseconds as people read them. */
function duration(milliseconds) {
  if (milliseconds === undefined) return '–';
  return milliseconds < 1000 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

function line({ scenario, reason, signs, faults, right, retries, recoveries, pauses, wastedTries, seconds, allowed, findings, note }) {
  if (reason !== undefined) return `| ${scenario} | – | – | – | – | – | – | – | – | – | not run: ${reason} |`;
  const worst = pauses.length === 0 ? undefined : Math.max(...pauses);
  const result = findings.length === 0 ? (note ?? 'all right') : findings.join('; ').replaceAll('|', '\\|');
  const pause = pauses.length === 0 ? '–' : `${duration(median(pauses))}, ${duration(worst)}`;
  return `| ${scenario} | ${number(signs)} | ${number(faults)} | ${number(right)} | ${number(retries)} | ${number(recoveries)} | ${pause} | ${number(wastedTries)} | ${seconds.toFixed(1)} s | ${allowed} s | ${result} |`;
}

/** The rows as Markdown. */
export function table(rows) {
  const processors = cpus();
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${processors.length} × ${processors[0].model.trim()}, ${process.platform} ${release()}, Node.js ${process.version}.`,
    '',
    '| scenario | signatures | faults | right | retries | recoveries | pause: median, worst | PIN tries wasted | in all | allowed | result |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(line),
    '',
  ].join('\n');
}

/** Puts the table into the document. */
export function write(text) {
  const document = readFileSync(file, 'utf8');
  const begin = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error('docs/reliability.md has lost the marks around its table');
  writeFileSync(file, `${document.slice(0, begin)}\n${text}\n${document.slice(end)}`);
}
