// A machine that has Node.js and npm and nothing else, as far as a program can tell by its PATH.
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';

/** How an installed project is copied: its links are to itself, not to where it came from. */
export const copying = { recursive: true, verbatimSymlinks: true };

/** Far more than any of these programs takes. */
const LIMIT = 300_000;
/** What a build would start, by the names that build tools try. */
const BUILDERS = 'cc c++ gcc g++ clang clang++ cl make gmake ninja cmake python python2 python3 node-gyp ar ld as nm strip'.split(' ');

/** The folder of the npm that belongs to this Node.js. */
export function npmFolder() {
  const bin = dirname(realpathSync(process.execPath));
  const places = [
    process.env.npm_execpath && dirname(dirname(process.env.npm_execpath)),
    join(bin, '../lib/node_modules/npm'),
    join(bin, 'node_modules/npm'),
  ];
  const found = places.find((place) => place && existsSync(join(place, 'bin/npm-cli.js')));
  if (found) return found;
  const prefix = output('npm', ['prefix', '-g'])?.trim();
  const byPrefix = prefix && join(prefix, 'lib/node_modules/npm');
  if (byPrefix && existsSync(join(byPrefix, 'bin/npm-cli.js'))) return byPrefix;
  throw new Failure('npm is missing: it comes with Node.js from https://nodejs.org, or as the package npm of your distribution.');
}

/** Runs a program and answers `{ status, stdout, stderr }`, whatever became of it. With `into` both go to that file, for programs that no pipe will do for. */
export function execute(command, words, { cwd, env, uid, gid, into = undefined }) {
  if (into !== undefined) return executeInto(command, words, { cwd, env, into });
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, env, uid, gid, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status: status ?? signal, stdout, stderr });
    });
  });
}

function executeInto(command, words, { cwd, env, into }) {
  const file = openSync(into, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, env, stdio: ['ignore', file, file], timeout: LIMIT, killSignal: 'SIGKILL' });
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status: status ?? signal, stdout: '', stderr: readFileSync(into, 'utf8') }));
  }).finally(() => closeSync(file));
}

/** As `execute`, but what does not succeed throws with all that it said. */
export async function succeed(command, words, options) {
  const { status, stdout, stderr } = await execute(command, words, options);
  if (status !== 0) throw new Error(`${[command, ...words].join(' ')}\nended with ${status}:\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`);
  return stdout;
}

export class Machine {
  /** Everything of it is in here. */
  folder;
  #bin;
  #builders;
  #calls;

  constructor(folder) {
    this.folder = folder;
    this.#bin = this.#folderOf('bin');
    this.#builders = this.#folderOf('builders');
    this.#calls = join(folder, 'builders.log');
    const npm = npmFolder();
    symlinkSync(process.execPath, join(this.#bin, 'node'));
    for (const name of ['npm', 'npx']) symlinkSync(join(npm, 'bin', `${name}-cli.js`), join(this.#bin, name));
    for (const name of BUILDERS) {
      const path = join(this.#builders, name);
      writeFileSync(
        path,
        `#!${process.execPath}\nrequire('node:fs').appendFileSync(${JSON.stringify(this.#calls)}, ${JSON.stringify(`${name}\n`)});\nprocess.exit(1);\n`,
      );
      chmodSync(path, 0o755);
    }
  }

  #folderOf(...names) {
    const folder = join(this.folder, ...names);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** A folder that is there and empty. */
  project(name) {
    const folder = this.#folderOf(name);
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ name: 'consumer', version: '1.0.0', private: true })}\n`);
    return folder;
  }

  /**
   * What a process on it has in its environment. `builders`: compilers and their kin are found too, and fail, and `builds` tells
   * that they were called.
   *
   * @param {{ builders?: boolean } & Record<string, unknown>} [given]
   */
  environment({ builders = false, ...more } = {}) {
    const kept = {};
    // How packages are reached from here (registry, proxy, certificates) is the business of this machine.
    for (const [name, value] of Object.entries(process.env)) {
      if (/^(?:https?_proxy|no_proxy|npm_config_registry|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name)) kept[name] = value;
    }
    const home = process.env.HOME;
    return {
      ...kept,
      PATH: builders ? `${this.#builders}:${this.#bin}` : this.#bin,
      HOME: this.#folderOf('home'),
      ...(home && existsSync(join(home, '.npmrc')) ? { npm_config_userconfig: join(home, '.npmrc') } : {}),
      npm_config_cache: cached('npm-cache'),
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      npm_config_loglevel: 'error',
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      ...more,
    };
  }

  /** The names of the build tools that were called so far. */
  builds() {
    return existsSync(this.#calls) ? readFileSync(this.#calls, 'utf8').split('\n').filter(Boolean) : [];
  }

  /** Runs Node.js on it. */
  node(words, options) {
    return execute(join(this.#bin, 'node'), words, options);
  }

  async npm(words, options) {
    return succeed(join(this.#bin, 'npm'), words, options);
  }

  /** Runs npx, which wants a shell; `path` has what else is found. */
  npx(words, { path = '', cwd, ...more }) {
    const shell = this.#folderOf('shell');
    if (!existsSync(join(shell, 'sh'))) symlinkSync('/bin/sh', join(shell, 'sh'));
    const env = this.environment(more);
    return execute(join(this.#bin, 'npx'), words, { cwd, env: { ...env, PATH: [env.PATH, shell, path].filter(Boolean).join(':') } });
  }
}
