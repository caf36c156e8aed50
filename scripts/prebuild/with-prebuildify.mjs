// The binaries that node-gyp can make: for this kind of machine, and for Linux with glibc by a cross compiler.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root, triplet } from '../support/paths.mjs';
import { quietly } from '../support/run.mjs';
import { withoutPaths } from './sources.mjs';
import { isHere } from './targets.mjs';

const require = createRequire(import.meta.url);

/** What glibc's floor asks of the compiler, and of the linker: see native/release/glibc_floor.h. */
function floor(folder) {
  const header = join(folder, 'native/release/glibc_floor.h');
  return {
    compile: [`-include ${header}`, '-DCRYPTOKI_GLIBC_FLOOR'],
    // Symbols of the old versions stood in these. New systems have them still, empty.
    link: ['-Wl,--no-as-needed', '-l:libdl.so.2', '-l:libpthread.so.0', '-Wl,--as-needed'],
  };
}

/**
 * All sources are optimised together: a tenth less of the time of a short call, and a quarter less of the size. In one piece, where gcc would cut it, for the versions of
 * symbols in glibc's floor are told to the assembler, and hold in the piece that they stand in. binding.gyp does without: whoever compiles at home may have an odd linker.
 */
const together = process.platform === 'linux' ? ['-flto', '-flto-partition=none'] : [];

/** Compiles in `folder`, where the sources stand; answers the path of the binary. */
export function withPrebuildify(target, tools, folder) {
  // Without headers of a Node.js that stand on this machine, node-gyp downloads some.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include/node/node_api.h'));
  const environment = { ...process.env, ...(headers ? { npm_config_nodedir: prefix } : {}) };
  const words = [
    '--napi',
    '--target',
    process.versions.node,
    '--name',
    'cryptoki',
    '--platform',
    target.platform,
    '--arch',
    target.arch,
    '--out',
    folder,
  ];
  if (target.libc) words.push('--tag-libc', target.libc);
  if (target.platform !== 'win32') {
    const { compile, link } = target.libc === 'glibc' ? floor(folder) : { compile: [], link: [] };
    const flags = [...withoutPaths(folder), ...compile, ...together].join(' ');
    Object.assign(environment, { CC: tools.cc, CXX: tools.cxx, CFLAGS: flags, CXXFLAGS: flags, LDFLAGS: [...link, ...together].join(' ') });
    words.push('--strip', '--strip-bin', tools.strip);
  }
  // prebuildify starts node-gyp by its name; the one of this checkout stands in node_modules/.bin.
  environment.PREBUILD_NODE_GYP = join(root, 'node_modules/.bin', process.platform === 'win32' ? 'node-gyp.cmd' : 'node-gyp');
  const what = `${target.name}, with prebuildify`;
  quietly(what, process.execPath, [require.resolve('prebuildify/bin.js'), ...words], { cwd: folder, env: environment });
  return join(folder, 'prebuilds', target.folder, target.file);
}

/** Whether node-gyp can make this one here. */
export function isForPrebuildify(target) {
  return (
    isHere(target) ||
    (target.libc === 'glibc' && process.platform === 'linux' && triplet !== 'unknown') ||
    (target.platform === 'darwin' && process.platform === 'darwin')
  );
}
