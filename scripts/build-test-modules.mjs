// Compiles the Cryptoki modules of the tests: test/modules/*.c one library each, test/modules/fault/*.c one together, into build/test-modules.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'test', 'modules');

/** The C compiler: $CC, or the first of the usual names that runs. */
export function compiler() {
  const names = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

function filesOf(folder, pattern) {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** Every library: its name, its sources, what it is linked with. */
function libraries() {
  const single = filesOf(sources, /\.c$/).map((file) => {
    const links = /\/\* links: (\w+)(, and then it is deleted)? \*\//.exec(readFileSync(file, 'utf8'));
    return { name: /(\w+)\.c$/.exec(file)[1], files: [file], link: links?.[1], forget: Boolean(links?.[2]) };
  });
  const fault = { name: 'fault', files: filesOf(join(sources, 'fault'), /\.c$/) };
  // What others are linked with comes first.
  const needed = new Set(single.map((library) => library.link));
  return [fault, ...single.filter(({ name }) => needed.has(name)), ...single.filter(({ name }) => !needed.has(name))];
}

function newest(files) {
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

/**
 * Compiles what is not up to date. `output` is the folder, `flags` go to the compiler (sanitizers have a folder of their own).
 * Returns the names that were compiled; throws an Error with the compiler's message.
 */
export function buildTestModules({ output = join(root, 'build', 'test-modules'), flags = ['-O2'], only } = {}) {
  const cc = compiler();
  if (cc === undefined) throw new Error('No C compiler was found: install one (on Debian: apt install gcc), or name it in CC.');
  mkdirSync(output, { recursive: true });
  const headers = [
    ...filesOf(sources, /\.h$/),
    ...filesOf(join(sources, 'fault'), /\.h$/),
    join(root, 'native', 'generated', 'cryptoki.h'),
    join(root, 'native', 'generated', 'calls.inc'),
    fileURLToPath(import.meta.url),
  ];
  const built = [];
  const forgotten = new Set();
  for (const { name, files, link, forget } of libraries()) {
    if (only !== undefined && !only.includes(name)) continue;
    const target = join(output, `${name}.so`);
    if (forget) forgotten.add(link);
    const dependents = libraries().find((library) => library.forget && library.link === name);
    const stands = dependents === undefined ? target : join(output, `${dependents.name}.so`);
    if (existsSync(stands) && statSync(stands).mtimeMs > newest([...files, ...headers])) continue;
    // Compiled beside its place and moved: a process that has the old one loaded keeps it, one that starts now sees a whole file.
    const fresh = join(output, `${name}.${process.pid}.tmp`);
    const undefinedAllowed = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
    const linked = link === undefined ? [] : [`-L${output}`, `-l:${link}.so`, '-Wl,-rpath,$ORIGIN'];
    const named = process.platform === 'darwin' ? [] : [`-Wl,-soname,${name}.so`];
    const result = spawnSync(
      cc,
      [
        '-std=gnu11',
        '-shared',
        '-fPIC',
        '-fvisibility=hidden',
        '-Wall',
        '-Wextra',
        '-g',
        ...flags,
        '-o',
        fresh,
        ...files,
        ...linked,
        ...named,
        ...undefinedAllowed,
        '-pthread',
        '-ldl',
      ],
      { encoding: 'utf8', cwd: root },
    );
    if (result.status !== 0) {
      rmSync(fresh, { force: true });
      throw new Error(`${name}.so does not compile:\n${result.stderr}`);
    }
    renameSync(fresh, target);
    built.push(name);
  }
  for (const name of forgotten) rmSync(join(output, `${name}.so`), { force: true });
  return built;
}

/** Compiles bench/yardstick.c, the C program that benchmarks are measured against, when it is not up to date. Returns its path. */
export function buildYardstick() {
  const cc = compiler();
  if (cc === undefined) throw new Error('No C compiler was found: install one (on Debian: apt install gcc), or name it in CC.');
  const source = join(root, 'bench', 'yardstick.c');
  const folder = join(root, 'build', 'bench');
  const program = join(folder, 'yardstick');
  const inputs = [source, join(root, 'native', 'generated', 'cryptoki.h')];
  if (existsSync(program) && statSync(program).mtimeMs > newest(inputs)) return program;
  mkdirSync(folder, { recursive: true });
  const result = spawnSync(cc, ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-o', program, source, '-pthread', '-ldl'], { encoding: 'utf8', cwd: root });
  if (result.status !== 0) throw new Error(`bench/yardstick.c does not compile:\n${result.stderr}`);
  return program;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const built = buildTestModules();
    if (process.argv.includes('--yardstick')) console.log(buildYardstick());
    console.log(built.length === 0 ? 'Test modules: up to date.' : `Test modules: ${built.join(', ')}.`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
