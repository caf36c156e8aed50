// The tables, and their places in docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

import { root } from '../scripts/support/paths.mjs';
import { percent, share, time } from './format.mjs';
import { median, PAIRS } from './measure.mjs';

const file = join(root, 'docs/performance.md');

/** The machine, and how busy it is now. */
export function machine() {
  const processors = cpus();
  return {
    name: `${processors.length} × ${processors[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node.js ${process.version}`,
    load: loadavg()[0],
  };
}

/** One sentence about the machine meanwhile: how far apart its own slices of C lie. */
export function circumstances(noises, before, after) {
  const busy = Math.max(before.load, after.load) > cpus().length + 0.5;
  const quiet = busy ? ' The machine was busy with other things: the figures are worse than they need be.' : '';
  const noise =
    noises.length === 0 ? '' : ` C itself varied by ± ${percent(median(noises))} (median of the rows; at most ± ${percent(Math.max(...noises))}).`;
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${before.name}. Medians of ${PAIRS} pairs.${noise} Load: ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after.${quiet}`;
}

/** Markdown of a head and lines of cells. */
export function markdown(head, lines) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...lines.map(line)].join('\n');
}

const judgement = ({ met }) => (met === undefined ? '–' : met ? 'yes' : '**no**');

/** The rows as Markdown, and what the machine was like meanwhile. */
export function table(rows, before, after) {
  const lines = rows.map((row) => [
    row.what,
    row.ours,
    row.c,
    row.result,
    row.bar ?? '–',
    judgement(row),
    row.spread === undefined ? '–' : `± ${percent(row.spread)}`,
  ]);
  const judged = rows.filter(({ met }) => met !== undefined);
  return [
    circumstances(
      rows.flatMap(({ noise }) => noise ?? []),
      before,
      after,
    ),
    '',
    markdown(['what', 'cryptoki', 'C', 'result', 'bar', 'met', 'spread'], lines),
    '',
    `${judged.filter(({ met }) => met).length} of ${judged.length} bars are met.`,
    '',
  ].join('\n');
}

/** What the contest found: a line for everybody, a column for every work. */
export function peersTable({ results, absent, versions }, before, after) {
  const names = [...new Set(results.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const lines = names.map((name) => [
    name,
    ...results.map(({ overhead, figures }) => {
      const figure = figures.find((one) => one.name === name);
      if (figure === undefined) return '–';
      return `${overhead ? time(figure.over) : share(figure.share)} ± ${percent(figure.spread)}, ${time(figure.processor)}`;
    }),
  ]);
  const reasons = Object.entries(absent).map(([name, reason]) => `${name} (${reason})`);
  return [
    `${circumstances(
      results.map(({ noise }) => noise),
      before,
      after,
    )} ${versions}.`,
    '',
    'Each cell: share of C, or microseconds over C; spread; processor time per signature beyond that of C.',
    '',
    markdown(['', ...results.map(({ title }) => title)], lines),
    ...(reasons.length === 0 ? [] : ['', `Not measured: ${reasons.join(', ')}.`]),
    '',
  ].join('\n');
}

/** Puts a text into the document, between the marks of that name. */
export function write(name, text) {
  const begin = `<!-- ${name} -->\n`;
  const end = `<!-- End: ${name} -->\n`;
  const document = readFileSync(file, 'utf8');
  const from = document.indexOf(begin) + begin.length;
  const to = document.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`docs/performance.md has lost the marks around "${name}"`);
  writeFileSync(file, `${document.slice(0, from)}\n${text}\n${document.slice(to)}`);
}
