// npm run test:sanitize: the addon inside Node.js under AddressSanitizer with LeakSanitizer and UndefinedBehaviorSanitizer, and under ThreadSanitizer.
//
//   npm run test:sanitize                     both
//   npm run test:sanitize -- thread           one of them
//   npm run test:sanitize -- address test/lifecycle/worker.test.ts -g terminate    that instead of the usual selection
//
// Node itself has no sanitizer in it, so the runtime comes by LD_PRELOAD, and node-gyp-build is told by $CRYPTOKI_PREBUILD where the other addon stands.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { buildTestModules } from './build-test-modules.mjs';
import { acquire } from './support/acquire.mjs';
import { add, closing, none } from './support/counts.mjs';
import { runMocha } from './support/mocha.mjs';
import { compile, compiler, engineSources, run, withoutRandomAddresses } from './support/native.mjs';
import { root } from './support/paths.mjs';
import { main } from './support/run.mjs';
import * as softhsm from './tokens/softhsm.mjs';

const require = createRequire(import.meta.url);
const output = join(root, 'build', 'sanitize');
const node = basename(process.execPath);

/** Where calls overlap, end early and go wrong. */
const inOneProcess = [
  ...['abort', 'bad-input-lies', 'login', 'module', 'operation', 'raw', 'raw-library'].map((name) => `test/unit/${name}.test.ts`),
  'test/lifecycle/buffers.test.ts',
  'test/lifecycle/close.test.ts',
];

/** Whether a stack goes through an addon, or one of the libraries of test/modules. */
const isOurs = (stack) => ['.node+', `${root}/native/`, `${root}/test/modules/`, `${output}/`].some((place) => stack.includes(place));

/** The first frame of a stack that is not the sanitizer's own. */
const topOf = (stack) => stack.split('\n').find((line) => /^ +#\d/.test(line) && !line.includes('/libsanitizer/')) ?? '';

/** With each external node makes a wrapper of its own, which it frees when the external is collected and not at its end. */
const isOurLeak = (leak) => isOurs(leak) && !topOf(leak).includes(' in napi_create_external ');

const SANITIZERS = {
  address: {
    title: 'address and undefined behaviour',
    // Undefined behaviour ends the process: its runtime has no files for reports when it comes with that for addresses.
    flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-DCRYPTOKI_EXACT_ARENA'],
    runtime: 'libasan.so',
    // A report is a file: what a process prints and how it ends are the tests' own, and other programs that they start have leaks of theirs.
    // Memory that was given back is kept for a while to see who uses it; little of it, for there are tests that look at how much there is.
    environment: (reports) => ({
      ASAN_OPTIONS: `${reports}:detect_leaks=1:detect_stack_use_after_return=1:quarantine_size_mb=16`,
      UBSAN_OPTIONS: 'print_stacktrace=1',
      LSAN_OPTIONS: 'exitcode=0',
    }),
    prefix: () => [],
    // Of leaks, ours: node leaves some at its end, SoftHSM others.
    isReport: (text) => text.includes('ERROR: AddressSanitizer') || text.split('\n\n').some((leak) => /^\w+ leak of/m.test(leak) && isOurLeak(leak)),
    faults: {
      'a leak': 'for (int i = 0; i < 100; i++) *(char* volatile*)&kept = malloc(77);',
      'an overflow': 'char* volatile text = malloc(8); text[8] = 1;',
      'undefined behaviour': 'volatile int most = 0x7fffffff; most = most + 1;',
    },
    tests: [
      ...inOneProcess,
      ...['arguments', 'known', 'raw', 'tokens'].map((name) => `test/unit/bad-input-${name}.test.ts`),
      'test/lifecycle/collect.test.ts',
      'test/lifecycle/random.test.ts',
      'test/token/signing.test.ts',
    ],
    // Each a process or two: some of each kind.
    ends: ['test/lifecycle/exit.test.ts', 'test/lifecycle/worker.test.ts', '-g', 'exit: .*(hung|C_Finalize)|terminate: |whatever the order'],
  },
  thread: {
    title: 'threads',
    flags: ['-fsanitize=thread'],
    runtime: 'libtsan.so',
    environment: (reports) => ({
      TSAN_OPTIONS: `${reports}:exitcode=0:second_deadlock_stack=1`,
    }),
    prefix: withoutRandomAddresses,
    // What node does among its own threads it does without telling, and some of that while a call of ours is on the stack.
    isReport: (text) =>
      text.includes('WARNING: ThreadSanitizer') && text.split('\n\n').some((stack) => !/^ *(Thread|Location)/.test(stack) && isOurs(topOf(stack))),
    faults: { 'a race': 'pthread_t other; pthread_create(&other, 0, count, 0); count(0); pthread_join(other, 0);' },
    tests: [...inOneProcess, 'test/token/signing.test.ts'],
  },
};

function libraryOf(cxx, name) {
  const { stdout } = spawnSync(cxx, [`-print-file-name=${name}`], { encoding: 'utf8' });
  const file = stdout?.trim() ?? '';
  return file.includes('/') && existsSync(file) ? file : undefined;
}

async function buildAddon(cxx, folder, flags) {
  const addon = join(folder, 'build', 'Release', 'cryptoki.node');
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  const defines = ['NAPI_VERSION=8', 'NAPI_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'];
  const headers = [require('node-api-headers').include_dir, join(root, 'node_modules', 'node-addon-api')];
  const objects = await compile(
    cxx,
    join(folder, 'objects'),
    ['native/addon.cc', 'native/completions.cc', ...engineSources()],
    ['-fPIC', '-fvisibility=hidden', ...flags, ...defines.map((name) => `-D${name}`), ...headers.flatMap((header) => ['-isystem', header])],
  );
  const { status, text } = await run(cxx, ['-shared', ...flags, '-o', addon, ...objects, '-pthread', '-ldl']);
  if (status !== 0) throw new Error(`The addon cannot be linked:\n${text}`);
}

/** An addon that does one thing wrong when it is loaded: who does not hear of it hears of nothing. */
async function buildFaulty(cxx, folder, name, body, flags) {
  const source = join(folder, 'faulty.c');
  const addon = join(folder, `faulty-${name.replaceAll(' ', '-')}.node`);
  const count = 'static int counter;\nstatic void* count(void* nothing) {\n  for (int i = 0; i < 1000; i++) counter++;\n  return nothing;\n}';
  writeFileSync(
    source,
    `#include <pthread.h>\n#include <stdlib.h>\nvoid* kept;\n${count}\nvoid* napi_register_module_v1(void* env, void* exports) {\n  ${body}\n  kept = 0;\n  return count == 0 ? env : exports;\n}\n`,
  );
  const { status, text } = await run(cxx, ['-x', 'c', '-shared', '-fPIC', '-g', '-O0', ...flags, '-o', addon, source, '-pthread']);
  if (status !== 0) throw new Error(`${source} does not compile:\n${text}`);
  return addon;
}

/** The reports of this program's processes since the folder was last emptied: the texts, and how many could not look for leaks. */
function readReports(folder, isReport) {
  const files = readdirSync(folder).filter((name) => name.startsWith(`report.${node}.`));
  const blocks = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split(/^={18,}$/m));
  return { reports: blocks.filter(isReport), unable: blocks.filter((text) => text.includes('LeakSanitizer has encountered a fatal error')).length };
}

async function suite(cxx, name, words) {
  const { title, flags, runtime, environment, prefix, isReport, faults, tests, ends } = SANITIZERS[name];
  const skip = (reason) => {
    console.log(`skipped the addon under the sanitizer for ${title}: ${reason}`);
    return { ...none, skipped: 1 };
  };
  const library = libraryOf(cxx, runtime);
  if (process.platform !== 'linux') return skip('it is loaded by LD_PRELOAD, as Linux has it');
  if (library === undefined) return skip(`${cxx} has no ${runtime}`);
  const folder = join(output, name);
  const reports = join(folder, 'reports');
  await buildAddon(cxx, folder, flags);
  buildTestModules();
  const options = environment(`log_path=${join(reports, 'report')}:log_exe_name=1`);
  const under = [
    ...prefix(),
    'env',
    `LD_PRELOAD=${library}`,
    `CRYPTOKI_PREBUILD=${folder}`,
    ...Object.entries(options).map((pair) => pair.join('=')),
  ];

  const empty = () => {
    rmSync(reports, { recursive: true, force: true });
    mkdirSync(reports, { recursive: true });
  };
  let counts = none;
  const judge = (what, right, text = '') => {
    console.log(`${right ? '✔' : '✘'} ${what}`);
    if (!right) console.error(text.slice(0, 8000));
    counts = add(counts, right ? { ...none, passed: 1 } : { ...none, failed: 1 });
  };

  for (const [fault, body] of Object.entries(faults)) {
    empty();
    const addon = await buildFaulty(cxx, folder, fault, body, flags);
    const { text } = await run(under[0], [...under.slice(1), process.execPath, '-e', `require(${JSON.stringify(addon)})`]);
    judge(`${title}: ${fault} in an addon is reported`, readReports(reports, isReport).reports.length > 0 || text.includes('runtime error:'), text);
  }
  empty();
  const loaded = `require('node-gyp-build')(${JSON.stringify(root)}); console.log(process.report.getReport().sharedObjects.join('\\n'))`;
  const { text } = await run(under[0], [...under.slice(1), process.execPath, '-e', loaded]);
  judge(`${title}: the addon that was compiled for it is what is loaded`, text.includes(join(folder, 'build', 'Release', 'cryptoki.node')), text);

  const recipe = acquire(softhsm, { say: console.log });
  const tokens = [{ name: 'softhsm', ...(recipe ?? { reason: 'this machine has no SoftHSM and no way to get it' }) }];
  const selections = words.length > 0 ? [words] : ends === undefined ? [tests] : [tests, ends];
  for (const selection of selections) counts = add(counts, await runMocha({ tokens, words: selection, prefix: under }));
  const { reports: found, unable } = readReports(reports, isReport);
  for (const report of found) console.error(report);
  judge(`${title}: ${found.length === 0 ? 'no report' : `${found.length} reports`}`, found.length === 0);
  if (unable > 0) console.log(`${unable} processes ended before LeakSanitizer had looked at them`);
  return counts;
}

await main(async ([only, ...words]) => {
  const cxx = compiler();
  let counts = none;
  if (cxx === undefined) {
    console.error('No C++ compiler was found: install one (on Debian: apt install g++), or name it in CXX.');
    counts = { ...none, failed: 1 };
  } else {
    for (const name of Object.keys(SANITIZERS)) if (only === undefined || only === name) counts = add(counts, await suite(cxx, name, words));
  }
  console.log(`\n${closing(counts)}`);
  return counts.failed === 0 ? 0 : 1;
});
