// The table, and its place in docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

import { root } from '../scripts/support/paths.mjs';
import { percent } from './format.mjs';
import { median, PAIRS } from './measure.mjs';

const file = join(root, 'docs/performance.md');
const BEGIN = '<!-- The table: npm run bench -- --write -->\n';
const END = '<!-- End of the table -->\n';

/** The machine, and how busy it is now. */
export function machine() {
  const processors = cpus();
  return {
    name: `${processors.length} × ${processors[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node.js ${process.version}`,
    load: loadavg()[0],
  };
}

/** The rows as Markdown, and what the machine was like meanwhile. */
export function table(rows, before, after) {
  const noises = rows.flatMap(({ noise }) => noise ?? []);
  const lines = rows.map(
    ({ what, ours, c, result, spread }) => `| ${what} | ${ours} | ${c} | ${result} | ${spread === undefined ? '–' : `± ${percent(spread)}`} |`,
  );
  const quiet = after.load <= cpus().length + 0.5 ? '' : ' The machine was busy with other things: the figures are worse than they need be.';
  const noise =
    noises.length === 0 ? '' : ` C itself varied by ± ${percent(median(noises))} (median of the rows; at most ± ${percent(Math.max(...noises))}).`;
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${before.name}. Medians of ${PAIRS} pairs.${noise} Load: ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after.${quiet}`,
    '',
    '| what | cryptoki | C | result | spread |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

/** Puts the table into the document. */
export function write(text) {
  const document = readFileSync(file, 'utf8');
  const begin = document.indexOf(BEGIN) + BEGIN.length;
  const end = document.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error('docs/performance.md has lost the marks around its table');
  writeFileSync(file, `${document.slice(0, begin)}\n${text}\n${document.slice(end)}`);
}
