// Compiles the native part from the sources that the package brings.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { loadBinding } from './wire/binding';

/** Says in a sentence for people why it could not be compiled. */
export class BuildFailure extends Error {}

/** The one that is known to work: fetched by npx where none is at hand. */
const NODE_GYP = 'node-gyp@12.4.0';
const home = join(__dirname, '..');

/** Puts build/Release/cryptoki.node into the package, loads it, and answers its path. */
export async function compile(say: (text: string) => void): Promise<string> {
  if (process.versions['pnp'] !== undefined)
    throw new BuildFailure("Yarn's Plug'n'Play keeps packages in archives: unplug this one first, by \"yarn unplug cryptoki\".");
  const recipe = [join(home, 'native', 'binding.gyp'), join(home, 'binding.gyp')].find((file) => existsSync(file));
  if (recipe === undefined) throw new BuildFailure(`The sources are not in ${home}: install the package from the registry, not from a bundle.`);
  checkTools();
  // Elsewhere: an interrupted build leaves nothing in the package, and make knows no spaces in paths.
  const folder = mkdtempSync(join(process.platform !== 'win32' && /\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'cryptoki-build-'));
  try {
    cpSync(recipe, join(folder, 'binding.gyp'));
    cpSync(join(home, 'package.json'), join(folder, 'package.json'));
    cpSync(join(home, 'native'), join(folder, 'native'), { recursive: true });
    const headers = dirname(require.resolve('node-addon-api/package.json'));
    cpSync(realpathSync(headers), join(folder, 'node_modules', 'node-addon-api'), { recursive: true });
    say(`Compiling in ${folder}`);
    runNodeGyp(folder);
    return install(join(folder, 'build', 'Release', 'cryptoki.node'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function answers(command: string, ...words: string[]): boolean {
  return spawnSync(command, words, { stdio: 'ignore' }).status === 0;
}

/** All that is missing at once, rather than one at a time. */
function checkTools(): void {
  // node-gyp looks for Visual Studio and for Python itself there.
  if (process.platform === 'win32') return;
  const { CXX, MAKE, PYTHON, npm_config_python: python } = process.env;
  const tools: Record<string, (string | undefined)[]> = {
    'a C++17 compiler (g++ or clang)': [CXX?.split(' ')[0], 'c++', 'g++', 'clang++'],
    make: [MAKE, 'make', 'gmake'],
    'Python 3': [python, PYTHON, 'python3', 'python'],
  };
  const missing = Object.keys(tools).filter((name) => !tools[name]!.some((command) => command !== undefined && answers(command, '--version')));
  if (missing.length === 0) return;
  const advice =
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : 'Debian, Ubuntu: apt-get install g++ make python3; Fedora, Red Hat: dnf install gcc-c++ make python3; Alpine: apk add g++ make python3';
  throw new BuildFailure(`Compiling needs ${list(missing)}, not found on this machine. Install what is missing (${advice}), then run it again.`);
}

const list = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);

function runNodeGyp(folder: string): void {
  const found = findNodeGyp();
  const [command, first] = found === undefined ? npx() : [process.execPath, [found]];
  const { status, error } = spawnSync(command, [...first, 'configure', 'build', '--jobs=max', '--loglevel=warn'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // npx is a batch file there.
    shell: process.platform === 'win32' && found === undefined,
    env: {
      ...process.env,
      ...headersOfThisNode(),
      // binding.gyp asks node where the headers are.
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
    },
  });
  if (error !== undefined) throw new BuildFailure(`node-gyp did not start: ${error.message}`);
  if (status !== 0) throw new BuildFailure(`node-gyp could not compile it, and says above why (it ended with ${status}).`);
}

/** npm names its own; otherwise one of the project, or the one inside the npm beside this Node.js. */
function findNodeGyp(): string | undefined {
  const { npm_config_node_gyp: named, npm_execpath: npm } = process.env;
  const fromProject = createRequire(join(process.cwd(), 'package.json'));
  let own: string | undefined;
  try {
    own = fromProject.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    // Few projects have one.
  }
  const bin = dirname(realpathSync(process.execPath));
  const beside = [npm && dirname(dirname(npm)), join(bin, '..', 'lib', 'node_modules', 'npm'), join(bin, 'node_modules', 'npm')];
  const inside = beside.map((folder) => folder && join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'));
  return [own, named, ...inside].find((path) => path?.endsWith('.js') === true && existsSync(path));
}

function npx(): [string, string[]] {
  if (process.platform !== 'win32' && !answers('npx', '--version')) {
    throw new BuildFailure(`Compiling needs node-gyp, and there is neither node-gyp nor npx to fetch it: "npm install --save-dev ${NODE_GYP}".`);
  }
  return ['npx', ['--yes', NODE_GYP]];
}

/** Without the headers of the running Node.js node-gyp downloads them. */
function headersOfThisNode(): NodeJS.ProcessEnv {
  if (process.env['npm_config_nodedir']) return {};
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  // Node-gyp reads both.
  const there = ['node_api.h', 'common.gypi'].every((name) => existsSync(join(prefix, 'include', 'node', name)));
  return there ? { npm_config_nodedir: prefix } : {};
}

function install(built: string): string {
  const folder = join(home, 'build', 'Release');
  const path = join(folder, 'cryptoki.node');
  try {
    mkdirSync(folder, { recursive: true });
    // A new file, not new content of an old one: a running process may have that loaded. It was built on another file system, perhaps.
    cpSync(built, `${path}.new`);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new BuildFailure(`It is compiled, but cannot be put into the package: ${(error as Error).message}`);
  }
  loadBinding();
  return path;
}
