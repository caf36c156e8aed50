// npm run prebuild: the addon for every platform of a release, into prebuilds/, each one checked.
//
//   npm run prebuild                        all of them
//   npm run prebuild -- linux-x64 win32-x64 these
//   npm run prebuild -- --check             those that stand in prebuilds/, checked again
//   npm run prebuild -- --reproducible …    each is made twice, in two folders, and must come out the same
//   npm run prebuild -- --list              the names
//
// A target whose tool this machine neither has nor can get is one line and an exit code of 1. What was made and what was seen
// in it stands in build/prebuild-report.json.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBinary } from './prebuild/check.mjs';
import { directly, versionsInside } from './prebuild/directly.mjs';
import { stage } from './prebuild/sources.mjs';
import { isHere, targets } from './prebuild/targets.mjs';
import { toolsFor } from './prebuild/tools.mjs';
import { isForPrebuildify, withPrebuildify } from './prebuild/with-prebuildify.mjs';
import { root } from './support/paths.mjs';
import { Failure, main, output } from './support/run.mjs';

const place = ({ folder, file }) => join(root, 'prebuilds', folder, file);
const digest = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

async function makeIn(target, folder) {
  const tools = isHere(target) && target.platform !== 'linux' ? { strip: 'strip' } : toolsFor(target);
  stage(folder);
  const byPrebuildify = isForPrebuildify(target);
  const path = byPrebuildify ? withPrebuildify(target, tools, folder) : await directly(target, tools, folder);
  const compiler = output(tools.cxx ?? 'c++', ['--version'])?.split('\n')[0];
  return { path, madeWith: { driver: byPrebuildify ? 'prebuildify' : 'directly', compiler } };
}

async function make(target, reproducible) {
  const work = mkdtempSync(join(tmpdir(), 'cryptoki-prebuild-'));
  try {
    const { path, madeWith } = await makeIn(target, join(work, 'one'));
    if (reproducible) {
      const again = await makeIn(target, join(work, 'another-folder', 'of another length'.replaceAll(' ', '-')));
      if (digest(path) !== digest(again.path)) throw new Failure(`${target.name}: two builds in two folders differ`);
    }
    mkdirSync(join(root, 'prebuilds', target.folder), { recursive: true });
    // A new file, not new content of the old one: a running process may have that loaded.
    copyFileSync(path, `${place(target)}.new`);
    renameSync(`${place(target)}.new`, place(target));
    return { ...madeWith, crossBuilt: !isHere(target), ...(reproducible ? { reproducible: true } : {}) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function describe({ size, floor, needed, hardening }) {
  const words = [
    `${Math.round(size / 1024)} KiB`,
    ...(floor ? [floor] : []),
    needed.join(' '),
    Object.keys(hardening)
      .filter((name) => hardening[name])
      .join(' '),
  ];
  return words.filter(Boolean).join('; ');
}

async function one(target, options, previous) {
  let made = previous ?? {};
  if (!options.has('--check')) made = await make(target, options.has('--reproducible'));
  if (!existsSync(place(target))) throw new Failure(`${target.name}: prebuilds/${target.folder}/${target.file} is not there`);
  const found = checkBinary(target, readFileSync(place(target)), { byMicrosoft: target.platform === 'win32' && made.crossBuilt === false });
  const row = { name: target.name, file: `${target.folder}/${target.file}`, sha256: digest(place(target)), ...made, ...found };
  if (found.faults.length > 0) throw Object.assign(new Failure(`${target.name}: ${found.faults.join('; ')}`), { row });
  return row;
}

function readReport(path) {
  if (!existsSync(path)) return { targets: [] };
  return JSON.parse(readFileSync(path, 'utf8'));
}

await main(async (words) => {
  const options = new Set(words.filter((word) => word.startsWith('--')));
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = [...names.filter((name) => !targets.some((target) => target.name === name))];
  if (unknown.length > 0) throw new Failure(`${unknown.join(', ')}: the names are ${targets.map(({ name }) => name).join(', ')}`);
  if (options.has('--list')) return console.log(targets.map(({ name }) => name).join('\n'));

  const reportFile = join(root, 'build', 'prebuild-report.json');
  const report = readReport(reportFile);
  const rows = new Map(report.targets.map((row) => [row.name, row]));
  let failed = 0;
  for (const target of targets.filter(({ name }) => names.length === 0 || names.includes(name))) {
    try {
      const before = rows.get(target.name);
      const known = existsSync(place(target)) && before?.sha256 === digest(place(target)) ? before : undefined;
      const row = await one(target, options, known);
      rows.set(target.name, row);
      console.log(`✔ ${target.name}: ${describe(row)}`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.row) rows.set(target.name, error.row);
      failed += 1;
      console.log(`✘ ${error.message}`);
    }
  }
  mkdirSync(join(root, 'build'), { recursive: true });
  const machine = { platform: process.platform, arch: process.arch, node: process.version, date: new Date().toISOString().slice(0, 10) };
  const ordered = targets.flatMap(({ name }) => (rows.has(name) ? [rows.get(name)] : []));
  writeFileSync(reportFile, `${JSON.stringify({ machine, inside: versionsInside(), targets: ordered }, undefined, 2)}\n`);
  return failed === 0 ? 0 : 1;
});
