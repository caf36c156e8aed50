// Who takes part in `npm run bench -- peers`, how each of them is started, and which of them this machine has.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cached } from '../scripts/support/paths.mjs';
import { Failure, output, quietly } from '../scripts/support/run.mjs';
import { hashOf } from '../scripts/support/stamp.mjs';
import { build as buildPkcs11js } from './peers/pkcs11js-addon.mjs';

const here = (name) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));

/**
 * A program of bench/peers for Node.js. Where it makes promises a session stands for each of its callers, and libuv has as many threads as C; who uses such a
 * library has to see to both.
 */
const node = (file, { promises = false, pool, ...more } = {}) => ({
  needs: file === 'koffi' || file === 'cryptoki' ? undefined : pkcs11js,
  start: ({ path, pin, sessions, callers, count, environment }) => ({
    command: process.execPath,
    args: [here(`${file}.mjs`), JSON.stringify({ path, pin, count, sessions: promises ? callers : sessions, ...more })],
    environment: { ...environment, UV_THREADPOOL_SIZE: String(pool ?? sessions) },
  }),
});

/** A program that is started with the library, the PIN and the number of sessions. */
const other = (needs, command) => ({
  needs,
  start: ({ path, pin, sessions, environment }) => ({
    command: command()[0],
    args: [...command().slice(1), path, pin, String(sessions)],
    environment,
  }),
});

/** The reason why something is not there, or undefined. */
function pkcs11js() {
  try {
    buildPkcs11js();
    return undefined;
  } catch (error) {
    return error instanceof Failure ? 'pkcs11js does not compile here' : error.message;
  }
}

/** Compiles into a folder of the cache that is named by the sources. */
function compiled(name, sources, compile) {
  const folder = join(cached('peers'), `${name}-${hashOf(sources).slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  try {
    mkdirSync(folder);
    compile(folder);
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const classes = () => compiled('java', ['bench/peers/java'], (folder) => quietly('javac', 'javac', ['-d', folder, here('java/Sign.java')]));

function java() {
  if (output('java', ['--list-modules'])?.includes('jdk.crypto.cryptoki') !== true) return 'no Java with SunPKCS11';
  if (output('javac', ['-version']) === undefined) return 'no javac';
  classes();
  return undefined;
}

const python = () => (output('python3', ['-c', 'import PyKCS11']) === undefined ? 'no python3 with PyKCS11' : undefined);

/** With github.com/miekg/pkcs11 from the user's GOPATH, or from Debian's golang-github-miekg-pkcs11-dev: no version of it is pinned here. */
const goProgram = () =>
  join(
    compiled('go', ['bench/peers/go'], (folder) => {
      const gopath = [output('go', ['env', 'GOPATH'])?.trim(), '/usr/share/gocode'].filter(Boolean).join(':');
      quietly('go', 'go', ['build', '-o', join(folder, 'sign'), 'sign.go'], {
        cwd: here('go'),
        env: { ...process.env, GO111MODULE: 'off', GOPATH: gopath },
      });
    }),
    'sign',
  );

function go() {
  if (output('go', ['version']) === undefined) return 'no go';
  try {
    goProgram();
    return undefined;
  } catch {
    return 'no github.com/miekg/pkcs11 in GOPATH';
  }
}

const version = (name) =>
  JSON.parse(readFileSync(join(fileURLToPath(new URL('..', import.meta.url)), `node_modules/${name}/package.json`), 'utf8')).version;

/** Everybody, by the name in the table. `ours` are drawn in another colour. */
export const contestants = {
  signMany: { name: 'cryptoki, `signMany`', ours: true, ...node('cryptoki', { how: 'list' }) },
  bare: {
    name: 'cryptoki, `signMany` into a slab',
    ours: true,
    ...node('cryptoki', { how: 'list', options: { dsaEncoding: 'ieee-p1363', results: 'slab' } }),
  },
  sign: { name: 'cryptoki, `key.sign`', ours: true, ...node('cryptoki', { how: 'sign', inFlight: 128 }) },
  pkcs11jsSync: { name: 'pkcs11js, synchronous', ...node('pkcs11js', { how: 'synchronous' }) },
  pkcs11jsWorkers: { name: 'pkcs11js, synchronous in worker threads', ...node('pkcs11js', { how: 'workers' }) },
  pkcs11jsAsync: { name: 'pkcs11js, asynchronous', ...node('pkcs11js', { promises: true }) },
  pkcs11jsInstalled: { name: 'pkcs11js, asynchronous, libuv left as it is', ...node('pkcs11js', { promises: true, pool: 4 }) },
  graphene: { name: 'graphene-pk11', ...node('graphene', { promises: true }) },
  webcrypto: { name: 'node-webcrypto-p11', ...node('webcrypto-p11', { promises: true }) },
  koffiSync: { name: 'koffi, synchronous', ...node('koffi', { how: 'synchronous' }) },
  koffiAsync: { name: 'koffi, asynchronous', ...node('koffi', { promises: true }) },
  java: { name: 'Java, SunPKCS11', ...other(java, () => ['java', '-cp', classes(), 'Sign']) },
  go: { name: 'Go, miekg/pkcs11', ...other(go, () => [goProgram()]) },
  python: { name: 'Python, PyKCS11', ...other(python, () => ['python3', here('python/sign.py')]) },
};

/** What the peers of npm are, for the report. */
export const versions = () => ['pkcs11js', 'graphene-pk11', 'node-webcrypto-p11', 'koffi'].map((name) => `${name} ${version(name)}`).join(', ');
