// Builds the addon into build/Release/cryptoki.node, unless what is there is up to date. With cmake-js where CMake is installed, else with node-gyp.
//   node scripts/build.mjs [--force] [--node-gyp]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { stage } from './prebuild/sources.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const target = path.join(root, 'build', 'Release', 'cryptoki.node');
const stampFile = path.join(root, 'build', 'Release', 'cryptoki.stamp');
const lockFile = path.join(root, 'build', 'cryptoki.lock');
const options = new Set(process.argv.slice(2));

function succeeds(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

function sourceFiles(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'test' ? [] : sourceFiles(file);
      return [file];
    });
}

/** What the binary depends on, in one word. */
function stamp(tool) {
  const hash = createHash('sha256').update([tool, process.platform, process.arch].join());
  const files = ['CMakeLists.txt', 'node_modules/node-addon-api/package.json'].map((name) => path.join(root, name));
  for (const file of [...files, ...sourceFiles(path.join(root, 'native'))])
    hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file));
  return hash.digest('hex');
}

function hasCompiler() {
  if (process.platform === 'win32') return true; // cmake and node-gyp look for Visual Studio themselves
  return [process.env.CXX?.split(' ')[0], 'c++', 'g++', 'clang++'].some((name) => name && succeeds(name, '--version'));
}

function run(script, args, { env = {}, cwd = root } = {}) {
  const { status, error } = spawnSync(process.execPath, [script, ...args], { cwd, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  if (error) throw error;
  if (status !== 0) stop('The native addon did not compile; the compiler says above why.');
}

function buildWithCmake() {
  const folder = path.join('build', 'cmake');
  run(path.join(root, 'node_modules/cmake-js/bin/cmake-js'), ['compile', '--out', folder, '--config', 'Release', '--log-level', 'warn']);
  return [path.join(root, folder, 'Release', 'cryptoki.node'), path.join(root, folder, 'cryptoki.node')].find((file) => fs.existsSync(file));
}

function buildWithNodeGyp() {
  // Without the headers of the running Node, node-gyp downloads them.
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  const headers = fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'));
  const env = headers && !process.env.npm_config_nodedir ? { npm_config_nodedir: prefix } : {};
  const folder = path.join(root, 'build', 'node-gyp');
  stage(folder);
  run(require.resolve('node-gyp/bin/node-gyp.js'), ['configure', 'build', '--silent'], { env, cwd: folder });
  return path.join(folder, 'build', 'Release', 'cryptoki.node');
}

function install(built) {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  // A new file, not new content of the old one: a running process may have that loaded.
  fs.copyFileSync(built, `${target}.new`);
  fs.renameSync(`${target}.new`, target);
}

/** One build at a time in a checkout: tests of several processes may ask for it at once. */
function lock() {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  for (;;) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      process.on('exit', () => fs.rmSync(lockFile, { force: true }));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    try {
      process.kill(Number(fs.readFileSync(lockFile, 'utf8')) || 0x7fffffff, 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    } catch {
      fs.rmSync(lockFile, { force: true }); // its owner is gone
    }
  }
}

const tool = !options.has('--node-gyp') && succeeds('cmake', '--version') ? 'cmake-js' : 'node-gyp';
lock();
const wanted = stamp(tool);
const upToDate = fs.existsSync(target) && fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === wanted;
if (!upToDate || options.has('--force')) {
  if (!hasCompiler())
    stop('A C++17 compiler is needed to build the native addon, and none was found: install g++ or clang (on macOS: xcode-select --install).');
  install(tool === 'cmake-js' ? buildWithCmake() : buildWithNodeGyp());
  fs.writeFileSync(stampFile, wanted);
}
