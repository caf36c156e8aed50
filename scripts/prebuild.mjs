// npm run prebuild: the addon for every platform of a release, into prebuilds/, each one checked.
//
//   npm run prebuild                        all of them
//   npm run prebuild -- linux-x64 win32-x64 these
//   npm run prebuild -- --force             even those that are newer than their sources
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
import { hashOf } from './support/stamp.mjs';
import { Failure, main, output } from './support/run.mjs';

const inputs = [
  'native/addon.cc',
  'native/completions.cc',
  'native/completions.h',
  'native/engine',
  'native/generated',
  'native/release',
  'binding.gyp',
  ...['directly', 'sources', 'targets', 'tools', 'with-prebuildify'].map((name) => `scripts/prebuild/${name}.mjs`),
];
const reportFile = join(root, 'build', 'prebuild-report.json');
const place = ({ folder, file }) => join(root, 'prebuilds', folder, file);
const digest = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

async function makeIn(target, folder) {
  const tools = toolsFor(target);
  stage(folder);
  const byPrebuildify = isForPrebuildify(target);
  const path = byPrebuildify ? withPrebuildify(target, tools, folder) : await directly(target, tools, folder);
  const compiler = output(tools.cxx ?? 'c++', ['--version'])?.split('\n')[0];
  return { path, madeWith: { driver: byPrebuildify ? 'prebuildify' : 'directly', compiler } };
}

/** Of all that a binary is made from, as far as this checkout goes. */
const sourcesOf = (target) => hashOf(inputs, target, versionsInside());

function judge(target, path, made) {
  const found = checkBinary(target, readFileSync(path), { byMicrosoft: target.platform === 'win32' && made.crossBuilt === false });
  const row = { name: target.name, file: `${target.folder}/${target.file}`, sha256: digest(path), ...made, ...found };
  if (found.faults.length > 0) throw new Failure(`${target.name}: ${found.faults.join('; ')}`);
  return row;
}

/** Makes one and puts it into its place, unless the checks find something. */
async function make(target, reproducible) {
  const work = mkdtempSync(join(tmpdir(), 'cryptoki-prebuild-'));
  try {
    const sources = sourcesOf(target);
    const { path, madeWith } = await makeIn(target, join(work, 'one'));
    const row = judge(target, path, { ...madeWith, crossBuilt: !isHere(target), sources });
    if (reproducible) {
      const again = await makeIn(target, join(work, 'another', 'with-a-longer-name'));
      row.reproducible = digest(path) === digest(again.path);
      if (!row.reproducible) throw new Failure(`${target.name}: two builds in two folders differ`);
    }
    mkdirSync(join(root, 'prebuilds', target.folder), { recursive: true });
    // A new file, not new content of the old one: a running process may have that loaded.
    copyFileSync(path, `${place(target)}.new`);
    renameSync(`${place(target)}.new`, place(target));
    return row;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isCurrent(target, before) {
  return existsSync(place(target)) && before?.sha256 === digest(place(target)) && before.sources === sourcesOf(target);
}

function check(target, before) {
  if (!existsSync(place(target))) throw new Failure(`${target.name}: prebuilds/${target.folder}/${target.file} is not there`);
  const known = before?.sha256 === digest(place(target)) ? before : {};
  return judge(target, place(target), known);
}

function describe({ size, floor, needed, hardening }) {
  const protections = Object.keys(hardening).filter((name) => hardening[name]);
  return [`${Math.round(size / 1024)} KiB`, floor, needed.join(' '), protections.join(', ')].filter(Boolean).join('; ');
}

function readReport() {
  return existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : { targets: [] };
}

/** Puts one row into the report, at once: another process may be making other binaries. */
function note(row) {
  const rows = new Map([...readReport().targets, row].map((one) => [one.name, one]));
  const machine = { platform: process.platform, arch: process.arch, node: process.version, date: new Date().toISOString().slice(0, 10) };
  const ordered = targets.flatMap(({ name }) => (rows.has(name) ? [rows.get(name)] : []));
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(`${reportFile}.new`, `${JSON.stringify({ machine, inside: versionsInside(), targets: ordered }, undefined, 2)}\n`);
  renameSync(`${reportFile}.new`, reportFile);
}

await main(async (words) => {
  const options = new Set(words.filter((word) => word.startsWith('--')));
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = [...names.filter((name) => !targets.some((target) => target.name === name))];
  if (unknown.length > 0) throw new Failure(`${unknown.join(', ')}: the names are ${targets.map(({ name }) => name).join(', ')}`);
  if (options.has('--list')) return console.log(targets.map(({ name }) => name).join('\n'));

  let failed = 0;
  for (const target of targets.filter(({ name }) => names.length === 0 || names.includes(name))) {
    try {
      const before = readReport().targets.find(({ name }) => name === target.name);
      const again = options.has('--force') || options.has('--reproducible') || !isCurrent(target, before);
      const row = again && !options.has('--check') ? await make(target, options.has('--reproducible')) : check(target, before);
      note(row);
      console.log(`✔ ${target.name}: ${describe(row)}`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed += 1;
      console.log(`✘ ${error.message}`);
    }
  }
  return failed === 0 ? 0 : 1;
});
