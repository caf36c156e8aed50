// Compiling C++ for tests: objects are kept in a folder and compiled again when what they are made of has changed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { root } from './paths.mjs';

const LIMIT = 10 * 60_000;

/** The C++ compiler: $CXX, or the first of the usual names that runs. */
export function compiler() {
  const names = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

export function filesIn(folder, pattern) {
  return readdirSync(join(root, folder))
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** The sources of the engine, for this platform. */
export const engineSources = () => filesIn('native/engine', /^(?!platform_windows).*\.cc$/);

/** What every object depends on: compiled again when any header or the flags change. */
function headersHash(flags) {
  const hash = createHash('sha256').update(flags.join(' '));
  const headers = [
    ...filesIn('native', /\.h$/),
    ...filesIn('native/engine', /\.h$/),
    ...filesIn('native/generated', /\.(h|inc)$/),
    ...filesIn('native/test', /\.h$/),
    ...filesIn('test/modules/fault', /\.h$/),
  ];
  for (const file of headers) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Runs a command and answers how it ended and all that it printed. */
export async function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    const timer = setTimeout(() => {
      text += `\nstopped after ${LIMIT / 60_000} minutes\n`;
      child.kill('SIGKILL');
    }, LIMIT);
    child.on('error', (error) => (text += error.message));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status: status ?? -1, signal, text });
    });
  });
}

/** Compiles sources to objects, as many at once as there are processors. Returns the objects; throws with the compiler's messages. */
export async function compile(cxx, folder, sources, flags) {
  mkdirSync(folder, { recursive: true });
  const headers = headersHash(flags);
  const queue = [...sources];
  const failures = [];
  const worker = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      const object = join(folder, `${basename(source)}.o`);
      const stamp = `${object}.stamp`;
      const wanted = createHash('sha256')
        .update(headers)
        .update(readFileSync(join(root, source)))
        .digest('hex');
      if (existsSync(object) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;
      rmSync(stamp, { force: true });
      const { status, text } = await run(cxx, [
        '-std=c++17',
        '-Wall',
        '-Wextra',
        '-g',
        '-O1',
        '-fno-omit-frame-pointer',
        ...flags,
        '-c',
        source,
        '-o',
        object,
      ]);
      if (status === 0) writeFileSync(stamp, wanted);
      if (text !== '') console.error(text);
      if (status !== 0) failures.push(source);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failures.length > 0) throw new Error(`${failures.join(', ')} ${failures.length === 1 ? 'does' : 'do'} not compile.`);
  return sources.map((source) => join(folder, `${basename(source)}.o`));
}

/** ThreadSanitizer wants its addresses where address space randomisation may put something else: the words before a command that turn that off. */
export function withoutRandomAddresses() {
  const words = ['setarch', process.arch === 'arm64' ? 'aarch64' : 'x86_64', '-R'];
  const { status } = spawnSync(words[0], [...words.slice(1), 'true'], { stdio: 'ignore' });
  return status === 0 ? words : [];
}
