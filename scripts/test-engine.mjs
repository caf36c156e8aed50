// npm run test:engine: the engine's tests and fuzz targets, without Node, once under AddressSanitizer and UndefinedBehaviorSanitizer and once under
// ThreadSanitizer. Objects are kept in build/engine-tests and compiled again when what they are made of has changed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildTestModules } from './build-test-modules.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'build', 'engine-tests');
const LIMIT = 10 * 60_000;

const SANITIZERS = {
  address: {
    flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-DCRYPTOKI_EXACT_ARENA'],
    environment: { ASAN_OPTIONS: 'detect_stack_use_after_return=1' },
  },
  thread: { flags: ['-fsanitize=thread'], environment: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' } },
};

const totals = { passed: 0, failed: 0, skipped: 0 };

function compiler() {
  const names = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

function filesIn(folder, pattern) {
  return readdirSync(join(root, folder))
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** What every object depends on: compiled again when any header or the flags change. */
function headersHash(flags) {
  const hash = createHash('sha256').update(flags.join(' '));
  const headers = [
    ...filesIn('native/engine', /\.h$/),
    ...filesIn('native/generated', /\.(h|inc)$/),
    ...filesIn('native/test', /\.h$/),
    ...filesIn('test/modules/fault', /\.h$/),
  ];
  for (const file of headers) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

async function run(command, args, options = {}) {
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
async function compile(cxx, folder, sources, flags) {
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

async function link(cxx, program, objects, flags) {
  const newest = Math.max(...objects.map((object) => statSync(object).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return;
  const { status, text } = await run(cxx, ['-g', ...flags, '-o', program, ...objects, '-pthread', '-ldl']);
  if (status !== 0) throw new Error(`${basename(program)} cannot be linked:\n${text}`);
}

/** Runs a program and adds its closing line, "N passed, N failed, N skipped", to the totals. */
async function count(title, command, args, environment) {
  const started = Date.now();
  const { status, signal, text } = await run(command, args, { env: { ...process.env, ...environment } });
  const closing = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/.exec(text);
  const failed = closing === null ? 1 : Number(closing[2]);
  const broken = failed > 0 || status !== 0;
  if (broken) console.error(text.length > 20_000 ? `${text.slice(0, 16_000)}\n…\n${text.slice(-4000)}` : text);
  totals.passed += Number(closing?.[1] ?? 0);
  totals.skipped += Number(closing?.[3] ?? 0);
  totals.failed += broken ? Math.max(failed, 1) : 0;
  for (const [line] of text.matchAll(/^skipped .*$/gm)) console.log(line);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const verdict = closing?.[0].trim() ?? `ended with ${signal ?? status} and no count`;
  console.log(`${title}: ${verdict}${status !== 0 && closing !== null ? `, then ended with ${signal ?? status}` : ''} (${seconds} s)`);
}

function skip(what, reason) {
  totals.skipped++;
  console.log(`skipped ${what}: ${reason}`);
}

/** ThreadSanitizer wants its addresses where address space randomisation may put something else. */
function withoutRandomAddresses(program, args) {
  const { status } = spawnSync('setarch', [process.arch === 'arm64' ? 'aarch64' : 'x86_64', '-R', 'true'], { stdio: 'ignore' });
  return status === 0 ? ['setarch', [process.arch === 'arm64' ? 'aarch64' : 'x86_64', '-R', program, ...args]] : [program, args];
}

function sanitizerWorks(cxx, name, flags, text = 'int main() { return 0; }') {
  mkdirSync(output, { recursive: true });
  const source = join(output, `try-${name}.cc`);
  const program = join(output, `try-${name}`);
  writeFileSync(source, `${text}\n`);
  return spawnSync(cxx, [...flags, source, '-o', program], { stdio: 'ignore' }).status === 0;
}

async function suite(cxx, name, filter) {
  const { flags, environment } = SANITIZERS[name];
  if (!sanitizerWorks(cxx, name, flags)) return skip(`the engine tests under the ${name} sanitizer`, `${cxx} cannot link it`);
  const folder = join(output, name);
  const modules = join(folder, 'modules');
  buildTestModules({ output: modules, flags: ['-O1', '-fno-omit-frame-pointer', ...flags] });
  const engine = await compile(cxx, folder, filesIn('native/engine', /^(?!platform_windows).*\.cc$/), flags);
  const shared = await compile(cxx, folder, ['native/test/driver.cc'], flags);
  const tests = await compile(cxx, folder, filesIn('native/test', /(_test|^main)\.cc$/), flags);
  const program = join(folder, 'engine-tests');
  await link(cxx, program, [...engine, ...shared, ...tests], flags);
  const inside = { ...environment, CRYPTOKI_TEST_MODULES: modules };
  const [command, args] = name === 'thread' ? withoutRandomAddresses(program, filter) : [program, filter];
  await count(`engine tests, ${name} sanitizer`, command, args, inside);
  if (name === 'address' && filter.length === 0) await fuzz(cxx, folder, [...engine, ...shared], flags, inside);
}

/** The fuzz targets: with libFuzzer where a clang has it, and always with the mutator of native/test/fuzz_main.cc, which does the same in every run. */
async function fuzz(cxx, folder, objects, flags, environment) {
  for (const target of filesIn('native/test', /^fuzz_(?!main).*\.cc$/)) {
    const name = basename(target, '.cc');
    const own = await compile(cxx, folder, [target, 'native/test/fuzz_main.cc'], flags);
    const program = join(folder, name);
    await link(cxx, program, [...objects, ...own], flags);
    await count(name, program, [], { ...environment, CRYPTOKI_FUZZ_CRASH: join(folder, `${name}-crash.bin`) });
  }
  const empty = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }';
  const clang = ['clang++-19', 'clang++-14', 'clang++'].find((candidate) =>
    sanitizerWorks(candidate, 'fuzzer', ['-fsanitize=address,undefined,fuzzer'], empty),
  );
  if (clang === undefined) {
    return skip('the fuzz targets under libFuzzer', 'no clang++ with its runtime is installed (Debian: clang-19, libclang-rt-19-dev)');
  }
  const fuzzFlags = ['-fsanitize=address,undefined,fuzzer-no-link', '-DCRYPTOKI_EXACT_ARENA'];
  const clangFolder = join(output, 'libfuzzer');
  // Without a sanitizer: one of another compiler could not be loaded beside clang's.
  const modules = join(clangFolder, 'modules');
  buildTestModules({ output: modules });
  const engine = await compile(clang, clangFolder, filesIn('native/engine', /^(?!platform_windows).*\.cc$/), fuzzFlags);
  const shared = await compile(clang, clangFolder, ['native/test/driver.cc'], fuzzFlags);
  for (const target of filesIn('native/test', /^fuzz_(?!main).*\.cc$/)) {
    const own = await compile(clang, clangFolder, [target], fuzzFlags);
    const program = join(clangFolder, basename(target, '.cc'));
    await link(clang, program, [...engine, ...shared, ...own], ['-fsanitize=address,undefined,fuzzer']);
    const corpus = join(clangFolder, `${basename(target, '.cc')}-corpus`);
    mkdirSync(corpus, { recursive: true });
    spawnSync(join(folder, basename(target, '.cc')), ['--write-seeds', corpus], { env: { ...process.env, ...environment } });
    const { status, text } = await run(program, ['-max_total_time=20', '-print_final_stats=1', `-artifact_prefix=${clangFolder}/`, corpus], {
      env: { ...process.env, ...environment, CRYPTOKI_TEST_MODULES: modules },
    });
    totals[status === 0 ? 'passed' : 'failed']++;
    if (status !== 0) console.error(text.slice(-8000));
    console.log(`${basename(target, '.cc')} under libFuzzer: ${/number_of_executed_units: (\d+)/.exec(text)?.[1] ?? 'no'} inputs`);
  }
}

const [only, ...filter] = process.argv.slice(2);
const cxx = compiler();
if (cxx === undefined) {
  console.error('No C++ compiler was found: install one (on Debian: apt install g++), or name it in CXX.');
  totals.failed++;
} else {
  for (const name of Object.keys(SANITIZERS)) {
    if (only !== undefined && only !== name) continue;
    try {
      await suite(cxx, name, filter);
    } catch (error) {
      console.error(error.message);
      totals.failed++;
    }
  }
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
