// npm run test:engine: the engine's tests and fuzz targets, without Node, once under AddressSanitizer and UndefinedBehaviorSanitizer and once under
// ThreadSanitizer. Objects are kept in build/engine-tests and compiled again when what they are made of has changed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { buildTestModules } from './build-test-modules.mjs';
import { compile, compiler, engineSources, filesIn, run, withoutRandomAddresses } from './support/native.mjs';
import { root } from './support/paths.mjs';

const output = join(root, 'build', 'engine-tests');

const SANITIZERS = {
  address: {
    flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-DCRYPTOKI_EXACT_ARENA'],
    environment: { ASAN_OPTIONS: 'detect_stack_use_after_return=1' },
  },
  thread: { flags: ['-fsanitize=thread'], environment: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' } },
};

const totals = { passed: 0, failed: 0, skipped: 0 };

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
  const engine = await compile(cxx, folder, engineSources(), flags);
  const shared = await compile(cxx, folder, ['native/test/driver.cc'], flags);
  const tests = await compile(cxx, folder, filesIn('native/test', /(_test|^main)\.cc$/), flags);
  const program = join(folder, 'engine-tests');
  await link(cxx, program, [...engine, ...shared, ...tests], flags);
  const inside = { ...environment, CRYPTOKI_TEST_MODULES: modules };
  const [command, ...args] = [...(name === 'thread' ? withoutRandomAddresses() : []), program, ...filter];
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
  const engine = await compile(clang, clangFolder, engineSources(), fuzzFlags);
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
