// The tarball installed by npm and by pnpm, and each sub-path used from there.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/paths.mjs';
import { npmPackage } from '../../support/npm.mjs';
import { succeed } from '../machine.mjs';
import { available } from '../report.mjs';

const consumers = join(root, 'scripts/package/consumers');

/** The sub-paths that hold code. */
export function subPaths() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.keys(exports).filter((sub) => typeof exports[sub] === 'object');
}

/** A project with the package in it, and the programs that use it. */
export async function installed({ machine, tarball }, name, environment = {}) {
  const folder = machine.project(name);
  await machine.npm(['install', tarball.path], { cwd: folder, env: machine.environment(environment) });
  cpSync(consumers, folder, { recursive: true });
  return folder;
}

/** Signs by every sub-path in both forms with a runtime that is `[command, ...words]`. */
export async function signByAll({ report, token, machine }, folder, runtime, { name = '', more = {} } = {}) {
  for (const form of ['require.cjs', 'import.mjs']) {
    await report.check(`${name}${form.split('.')[0]}: ${subPaths().join(', ')} load and sign`, async () => {
      const env = machine.environment({ ...token.environment(), ...more });
      for (const sub of subPaths()) {
        const [command, ...words] = runtime;
        const stdout = await succeed(command, [...words, join(folder, form), sub], { cwd: folder, env }).catch((error) => {
          throw new Error(`${sub}: ${error.message}`);
        });
        assert.match(stdout, /^signed$/m, sub);
      }
    });
  }
}

export async function installs(context) {
  const { report, machine, tarball } = context;

  report.section('Installed by npm, where PATH has node and npm and nothing else');
  let folder;
  const ready = await report.check('npm install', async () => {
    folder = await installed(context, 'npm');
    assert.ok(!existsSync(join(folder, 'node_modules/cryptoki/build')), 'something was built');
    return `npm ${(await machine.npm(['--version'], { cwd: folder, env: machine.environment() })).trim()}`;
  });
  if (ready) await signByAll(context, folder, [process.execPath]);

  report.section('Installed by npm, where compilers, make, Python and node-gyp would be found');
  await report.check('npm install calls none of them, and npm ci neither', async () => {
    const other = await installed(context, 'npm-with-builders', { builders: true });
    assert.ok(!existsSync(join(other, 'node_modules/cryptoki/build')), 'something was built');
    assert.deepEqual(machine.builds(), []);
    await machine.npm(['ci'], { cwd: other, env: machine.environment({ builders: true }) });
    assert.ok(!existsSync(join(other, 'node_modules/cryptoki/build')), 'something was built from the lock file');
    assert.deepEqual(machine.builds(), []);
  });

  report.section('Installed by pnpm');
  let strict;
  const linked = await report.check('pnpm add', async () => {
    // The last that is JavaScript: later ones bring a runtime of their own.
    const version = '10.34.8';
    const pnpm = available(() => npmPackage(`pnpm@${version}`));
    strict = machine.project('pnpm');
    const env = machine.environment({ builders: true, npm_config_store_dir: join(machine.folder, 'pnpm-store'), CI: 'true' });
    const { bin } = JSON.parse(readFileSync(join(pnpm, 'package.json'), 'utf8'));
    const program = join(pnpm, typeof bin === 'string' ? bin : bin.pnpm);
    await succeed(process.execPath, [program, 'add', tarball.path, '--config.update-notifier=false'], { cwd: strict, env });
    cpSync(consumers, strict, { recursive: true });
    assert.notEqual(realpathSync(join(strict, 'node_modules/cryptoki')), join(strict, 'node_modules/cryptoki'), 'pnpm links packages');
    assert.deepEqual(machine.builds(), [], 'a build tool was called');
    return `pnpm ${version}`;
  });
  if (linked) await signByAll(context, strict, [process.execPath]);
  return folder;
}
