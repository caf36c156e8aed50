// The binaries for systems that node-gyp cannot be made to aim at: the compiler is called here, with what binding.gyp says.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../support/paths.mjs';
import { Failure, quietly } from '../support/run.mjs';
import { settings, withoutPaths } from './sources.mjs';

const require = createRequire(import.meta.url);

function compileOne(cxx, words, folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(cxx, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    child.on('error', (error) => reject(new Failure(`${cxx}: ${error.message}`)));
    child.on('close', (status) => (status === 0 ? resolve(text) : reject(new Failure(text.trim().split('\n').slice(0, 40).join('\n')))));
  });
}

async function objects(cxx, sources, flags, folder) {
  const queue = [...sources];
  const worker = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      await compileOne(cxx, [...flags, '-c', source, '-o', `${basename(source)}.o`], folder);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return sources.map((source) => `${basename(source)}.o`);
}

/** node.exe as a library that is looked for at the first call: whatever the program is called. */
function hostLibrary(tools, folder) {
  const { def_paths: definitions } = require('node-api-headers');
  const words = ['--input-def', definitions.node_api_def, '--output-delaylib', 'libhost.a'];
  quietly('the import library of node.exe', tools.dlltool, words, { cwd: folder });
  return ['-L.', '-lhost', '-ldelayimp'];
}

const bySystem = {
  win32: (target, tools, folder, { hardening, windowsDefines }) => ({
    sources: ['native/release/delay_load_hook.cc'],
    compile: [...windowsDefines.map((name) => `-D${name}`), ...hardening],
    link: [
      '-static',
      '-Wl,--exclude-all-symbols',
      '-Wl,--dynamicbase,--nxcompat,--high-entropy-va',
      // The time of the build would make each one different.
      '-Wl,--no-insert-timestamp',
      '-s',
    ],
    libraries: hostLibrary(tools, folder),
  }),
  linux: (target, tools, folder, { hardening, hardeningFor, hardenedLinking }) => ({
    sources: target.arch === 'arm64' ? ['native/release/stack_guard.cc'] : [],
    compile: [
      '-fPIC',
      '-DCRYPTOKI_OWN_GUARD',
      '-ffunction-sections',
      '-fdata-sections',
      ...hardening,
      ...hardeningFor.linux,
      ...hardeningFor[target.arch],
    ],
    link: [...hardenedLinking, '-Wl,--gc-sections', '-Wl,--version-script=native/release/exports.map', '-Wl,-soname,cryptoki.node', '-s'],
    libraries: [],
  }),
  darwin: (target, tools, folder, { hardening, hardeningFor }) => ({
    sources: ['native/release/own_new.cc'],
    compile: [
      '-fPIC',
      '-DCRYPTOKI_OWN_NEW',
      '-fvisibility-global-new-delete=force-hidden',
      ...hardening,
      ...(target.arch === 'x64' ? hardeningFor.x64 : []),
    ],
    link: ['-Wl,-undefined,dynamic_lookup', '-Wl,-install_name,@rpath/cryptoki.node', '-Wl,-dead_strip', '-s'],
    libraries: [],
  }),
};

/** Compiles in `folder`, where the sources stand; answers the path of the binary. */
export async function directly(target, tools, folder) {
  const gyp = settings();
  const system = bySystem[target.platform](target, tools, folder, gyp);
  const headers = require('node-api-headers').include_dir;
  // The sources are optimised together, see with-prebuildify.mjs; the linker that zig has for macOS cannot.
  const together = target.platform === 'darwin' ? [] : ['-flto'];
  const flags = [
    '-O2',
    ...together,
    ...gyp.flags,
    ...gyp.defines.map((name) => `-D${name}`),
    '-DBUILDING_NODE_EXTENSION',
    '-isystem',
    headers,
    '-isystem',
    join(root, 'node_modules/node-addon-api'),
    ...withoutPaths(folder),
    ...system.compile,
    // zig turns on a sanitizer that its users' programs have no runtime for.
    ...(target.tool === 'zig' ? ['-fno-sanitize=all'] : []),
  ];
  const linked = await objects(tools.cxx, [...gyp.sources, ...system.sources], flags, folder);
  const protector = target.tool === 'mingw' ? ['-fstack-protector-strong'] : [];
  const words = ['-shared', '-O2', ...together, ...protector, ...system.link, '-o', 'cryptoki.node', ...linked, ...system.libraries];
  quietly(`${target.name}, linking`, tools.cxx, words, { cwd: folder });
  return join(folder, 'cryptoki.node');
}

/** What Node-API of the version that the addon asks for offers. */
export function nodeApiNames() {
  const { defines } = settings();
  const version = defines.find((name) => name.startsWith('NAPI_VERSION=')).split('=')[1];
  const { symbols } = require('node-api-headers');
  const { js_native_api_symbols: javascript, node_api_symbols: node } = symbols[`v${version}`];
  return new Set([...javascript, ...node]);
}

/** The version of npm packages whose code goes into every binary. */
export function versionsInside() {
  const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  return { 'node-addon-api': version('node-addon-api'), 'node-api-headers': version('node-api-headers') };
}
