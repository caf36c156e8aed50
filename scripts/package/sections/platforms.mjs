// The package on platforms that this machine is not, where it can run their programs.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { arm64 } from '../../platforms/arm64.mjs';
import { musl } from '../../platforms/musl.mjs';
import { oldGlibc } from '../../platforms/old-glibc.mjs';
import { windows, windowsPath } from '../../platforms/windows.mjs';
import { nodeApiNames } from '../../prebuild/directly.mjs';
import { targets } from '../../prebuild/targets.mjs';
import { toolsFor } from '../../prebuild/tools.mjs';
import { copying, execute, succeed } from '../machine.mjs';
import { root } from '../../support/paths.mjs';
import { foreground } from '../../support/run.mjs';
import { available, Skip } from '../report.mjs';
import { installed, signByAll } from './installs.mjs';

const sources = join(root, 'test/platform');

/** Puts a binary of another platform into the installed package, as the tarball of a release has it. Answers its path. */
async function add(folder, name) {
  const target = targets.find((one) => one.name === name);
  available(() => toolsFor(target));
  // Compiling takes its time: no limit here.
  const status = await foreground(process.execPath, [join(root, 'scripts/prebuild.mjs'), name], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`npm run prebuild -- ${name} ended with ${status}`);
  const to = join(folder, 'node_modules/cryptoki/prebuilds', target.folder, target.file);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join(root, 'prebuilds', target.folder, target.file), to);
  return to;
}

async function onArm64({ report, machine, token, tarball }, original) {
  report.section('Linux on arm64, under qemu');
  const folder = join(machine.folder, 'arm64');
  let platform;
  const ready = await report.check('qemu, Node.js and SoftHSM for arm64', async () => {
    platform = available(arm64);
    cpSync(original, folder, copying);
    await add(folder, 'linux-arm64');
    return platform.version;
  });
  if (!ready) return;
  await signByAll({ report, machine, token, tarball }, folder, platform.command, { more: platform.environment });
}

async function onOldGlibc({ report, machine, token, tarball }, folder) {
  report.section('Linux with glibc 2.31, in a root of Debian 11');
  let platform;
  const ready = await report.check('the root, with SoftHSM of that time', async () => {
    // The token and the project stand in there.
    platform = available(() => oldGlibc(join(machine.folder, 'roots'), dirname(machine.folder)));
    assert.equal(platform.version, '2.31');
    return `glibc ${platform.version}, Node.js ${process.version}`;
  });
  if (!ready) return;
  const { PATH } = process.env; // unshare, mount and chroot are called before that root is entered
  await signByAll({ report, machine, token, tarball }, folder, platform.command, { more: { ...platform.environment, PATH } });
}

async function onWindows({ report, machine }, original) {
  report.section('Windows on x64, under wine');
  // Letters that no single-byte encoding of Windows has together.
  const folder = join(machine.folder, 'Wörter 名前');
  let platform;
  const ready = await report.check('wine and node.exe', async () => {
    platform = available(() => windows(machine.folder));
    cpSync(original, folder, copying);
    await add(folder, 'win32-x64');
    copyFileSync(join(sources, 'program.cjs'), join(folder, 'program.cjs'));
    const version = await run(['-e', "require('fs').writeFileSync('result', process.version)"]);
    return `Node.js ${version}`;
  });
  if (!ready) return;

  async function run(words, { command = platform.command } = {}) {
    const result = join(folder, 'result');
    rmSync(result, { force: true });
    const env = machine.environment(platform.environment);
    const { status, stderr } = await execute(command[0], [...command.slice(1), ...words], {
      cwd: folder,
      env,
      into: join(machine.folder, 'wine.log'),
    });
    if (!existsSync(result)) throw new Error(`it ended with ${status} and has written nothing\n${stderr.slice(-2000)}`);
    return readFileSync(result, 'utf8');
  }

  const library = join(folder, 'Schlüssel 鍵.dll');
  const compiled = await report.check('a Cryptoki library with packing of 1 and a CK_ULONG of 4 bytes', async () => {
    const { cc } = available(() => toolsFor(targets.find(({ name }) => name === 'win32-x64')));
    const words = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-shared', '-static', '-s', '-o', library, join(sources, 'token.c')];
    await succeed(cc, words, { cwd: folder, env: process.env });
  });
  if (!compiled) return;
  const words = ['program.cjs', windowsPath(library), '4', 'result'];
  await report.check('informations, attributes, mechanisms, PINs and errors, from a path that is not ASCII', async () => {
    assert.equal(await run(words), 'fine');
  });
  await report.check('the same where the program is not called node.exe', async () => {
    const host = join(folder, 'another-host.exe');
    copyFileSync(platform.node, host);
    assert.equal(await run(words, { command: [platform.command[0], host] }), 'fine');
  });
}

/** There is no Node.js for musl to be had from Debian or npm: the addon is loaded, with stand-ins for what it calls in Node.js. */
async function onMusl({ report, machine }) {
  report.section('Linux with musl');
  for (const arch of ['x64', 'arm64']) {
    await report.check(`the loader of musl finds all that the addon for ${arch} needs (no Node.js is run)`, async () => {
      const words = available(() => musl(arch));
      const target = targets.find(({ name }) => name === `linux-${arch}-musl`);
      const folder = join(machine.folder, target.name);
      mkdirSync(folder);
      const addon = await add(folder, target.name);
      const { exe } = available(() => toolsFor(target));
      writeFileSync(join(folder, 'stand-ins.inc'), [...nodeApiNames()].map((name) => `STAND_IN(${name})\n`).join(''));
      const flags = ['-I', folder, '-DSTAND_INS="stand-ins.inc"', `-femit-bin=${join(folder, 'load')}`];
      await succeed(exe, [...flags, join(sources, 'load.c')], { cwd: folder, env: process.env });
      const [command, ...more] = [...words, join(folder, 'load'), addon];
      assert.equal(await succeed(command, more, { cwd: folder, env: { LC_ALL: 'C' } }), 'loaded\n');
    });
  }
}

/** The library that says what it was given, where structures are not packed and a CK_ULONG has 8 bytes. */
async function here({ report, machine }, original) {
  report.section('What the library of test/platform sees here');
  const folder = join(machine.folder, 'Wörter und 名前');
  await report.check('informations, attributes, mechanisms, PINs and errors, from a path that is not ASCII', async () => {
    const { cc } = available(() => toolsFor(targets.find(({ platform, arch }) => platform === process.platform && arch === process.arch)));
    cpSync(original, folder, copying);
    copyFileSync(join(sources, 'program.cjs'), join(folder, 'program.cjs'));
    const library = join(folder, 'Schlüssel 鍵.so');
    const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-fvisibility=hidden'];
    await succeed(cc, [...flags, '-o', library, join(sources, 'token.c')], { cwd: folder, env: process.env });
    await succeed(process.execPath, ['program.cjs', library, '8', 'result'], { cwd: folder, env: machine.environment() });
    assert.equal(readFileSync(join(folder, 'result'), 'utf8'), 'fine');
  });
}

export async function platforms(context) {
  const { report } = context;
  report.section('Other platforms');
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    await report.check('arm64, Windows, old systems', () => {
      throw new Skip('what runs their programs is fetched on Linux with an x64 processor only');
    });
    return;
  }
  let folder;
  if (!(await report.check('npm install', async () => void (folder = await installed(context, 'platforms'))))) return;
  await here(context, folder);
  await onOldGlibc(context, folder);
  await onArm64(context, folder);
  await onMusl(context);
  await onWindows(context, folder);
}
