// npm run test:sanitize: the addon under AddressSanitizer and LeakSanitizer, in an ordinary Node, with the tests that end things in the middle and those that
// hand over junk. Skipped, with the reason, where the compiler has no sanitizer that can be loaded into Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { prepare } from './setup.mjs';
import { closing, none } from './support/counts.mjs';
import { runMocha } from './support/mocha.mjs';
import { root } from './support/paths.mjs';
import { foreground, main } from './support/run.mjs';

const tests = [
  ...['close', 'buffers', 'collect', 'exit', 'worker'].map((name) => `test/lifecycle/${name}.test.ts`),
  ...['arguments', 'known', 'lies', 'raw', 'tokens'].map((name) => `test/unit/bad-input-${name}.test.ts`),
  'test/unit/raw*.test.ts',
];

const folder = join(root, 'build', 'sanitize');
const output = join(folder, 'build', 'Release', 'cryptoki.node');
const modules = join(root, 'node_modules');

const flags = [
  '-std=c++17', '-fPIC', '-g', '-O1', '-fno-omit-frame-pointer', '-fsanitize=address', '-fvisibility=hidden',
  '-DNAPI_VERSION=8', '-DNAPI_CPP_EXCEPTIONS', '-DNODE_ADDON_API_DISABLE_DEPRECATED', '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', '-DBUILDING_NODE_EXTENSION',
  '-isystem', join(modules, 'node-api-headers', 'include'), '-isystem', join(modules, 'node-addon-api'),
];

const files = (path, pattern) => readdirSync(join(root, path)).filter((name) => pattern.test(name)).map((name) => join(path, name));

const sources = () => [...files('native', /\.cc$/), ...files('native/engine', /^(?!platform_windows).*\.cc$/)];

function hashOf(...paths) {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const path of paths) hash.update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** The addon with the sanitizer compiled in. What has not changed is not compiled again. */
async function build(cxx) {
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  const headers = [...files('native', /\.h$/), ...files('native/engine', /\.h$/), ...files('native/generated', /\.(h|inc)$/)];
  const queue = sources();
  const objects = queue.map((source) => join(folder, `${basename(source)}.o`));
  let failed = false;
  const worker = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      const stamp = join(folder, `${basename(source)}.stamp`);
      const wanted = hashOf(source, ...headers);
      if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;
      rmSync(stamp, { force: true });
      const status = await foreground(cxx, [...flags, '-c', source, '-o', join(folder, `${basename(source)}.o`)], { cwd: root });
      if (status === 0) writeFileSync(stamp, wanted);
      else failed = true;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failed) return false;
  return (await foreground(cxx, ['-shared', '-fsanitize=address', '-o', output, ...objects, '-pthread', '-ldl'], { cwd: root })) === 0;
}

/** The runtime that has to be loaded before Node; undefined where the compiler has none. */
function runtime(cxx) {
  const { status, stdout } = spawnSync(cxx, ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  const path = status === 0 ? stdout.trim() : '';
  if (process.platform !== 'linux' || !existsSync(path)) return undefined;
  const works = spawnSync(process.execPath, ['-e', ''], { env: { ...process.env, LD_PRELOAD: path } }).status === 0;
  return works ? path : undefined;
}

await main(async (words) => {
  await prepare();
  const cxx = process.env.CXX ?? 'g++';
  const library = runtime(cxx);
  if (library === undefined) {
    console.log(`skipped the addon under AddressSanitizer: ${cxx} has no libasan.so that Node can be started with`);
    console.log(`\n${closing({ ...none, skipped: 1 })}`);
    return 0;
  }
  if (!(await build(cxx))) {
    console.log(`\n${closing({ ...none, failed: 1 })}`);
    return 1;
  }
  Object.assign(process.env, {
    LD_PRELOAD: library,
    // node-gyp-build looks there instead of in the package's own folder.
    CRYPTOKI_PREBUILD: folder,
    ASAN_OPTIONS: 'detect_leaks=1:exitcode=86:quarantine_size_mb=16',
    LSAN_OPTIONS: `suppressions=${join(root, 'scripts', 'support', 'leaks.txt')}:print_suppressions=0`,
  });
  const counts = await runMocha({ tokens: [], words: [...(words.length > 0 ? words : tests), '--timeout', '120000'] });
  console.log(`\n${closing(counts)}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});
