// The package as somebody gets it: packed, installed into an empty project where PATH has node and npm alone, and used from there.
//
//   node scripts/test-package.mjs                  everything
//   node scripts/test-package.mjs quick            without other runtimes and what is slow
//   node scripts/test-package.mjs loading errors   these sections
//   node scripts/test-package.mjs --write …        and puts what was seen into the table in docs/platforms.md
//   node scripts/test-package.mjs --release …      prebuilds/ as it stands, which must have the binary of every platform
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Machine } from './package/machine.mjs';
import { pack } from './package/pack.mjs';
import { writePage } from './package/page.mjs';
import { Report } from './package/report.mjs';
import { bundlers } from './package/sections/bundlers.mjs';
import { contents } from './package/sections/contents.mjs';
import { build, errors } from './package/sections/errors.mjs';
import { installs } from './package/sections/installs.mjs';
import { loading } from './package/sections/loading.mjs';
import { platforms } from './package/sections/platforms.mjs';
import { runtimesOf } from './package/sections/runtimes.mjs';
import { SigningToken } from './package/token.mjs';
import { prepare } from './setup.mjs';
import { closing } from './support/counts.mjs';
import { Failure, main } from './support/run.mjs';

const sections = { contents, installs, loading, bundlers, errors, build, runtimes: runtimesOf, platforms };
const quick = ['contents', 'installs', 'loading', 'bundlers', 'errors'];

function chosen(words) {
  if (words.length === 0) return Object.keys(sections);
  if (words.length === 1 && words[0] === 'quick') return quick;
  const unknown = words.filter((word) => !(word in sections));
  if (unknown.length > 0) throw new Failure(`There is no section ${unknown.join(', ')}: there are ${Object.keys(sections).join(', ')}, and quick.`);
  return words;
}

await main(async (words) => {
  if (process.platform === 'win32') throw new Failure('This runs on Linux and macOS: it makes a PATH of links.');
  const release = words.includes('--release');
  const write = words.includes('--write');
  const names = chosen(words.filter((word) => word !== '--release' && word !== '--write'));
  await prepare();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cryptoki-package-')));
  const report = new Report();
  try {
    const tarball = await pack(join(folder, 'packed'), { release });
    const machine = new Machine(join(folder, 'machine'));
    const token = await SigningToken.make(folder);
    console.log(`· ${tarball.path}; the binary of this platform is ${tarball.binary}`);
    for (const name of names) await sections[name]({ report, tarball, machine, token, release });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (write) writePage(report);
  console.log(`\n${closing(report.counts)}`);
  return report.counts.failed === 0 && report.counts.passed > 0 ? 0 : 1;
});
