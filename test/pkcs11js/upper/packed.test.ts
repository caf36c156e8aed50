// The one-line switch of docs/migration.md, from a packed tarball: graphene-pk11 in an empty folder gets our pkcs11js, where PATH has node and npm and no compiler.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { execute, Machine, npmFolder, succeed } from '../../../scripts/package/machine.mjs';
import { ownBinary } from '../../../scripts/package/pack.mjs';
import { available, Skip } from '../../../scripts/package/report.mjs';
import { npmPackage } from '../../../scripts/support/npm.mjs';
import { root } from '../../../scripts/support/paths.mjs';
import { profiles } from '../../support/profile';
import { skip } from '../../support/skip';

/** What a registry that is not there makes npm say. */
const UNREACHABLE = /E(?:NOTFOUND|CONNREFUSED|CONNRESET|TIMEDOUT|AI_AGAIN|NETUNREACH)|ENOTCACHED/;
const COMPAT = './node_modules/cryptoki/compat/pkcs11js';

const profile = profiles().find(({ name }) => name === 'softhsm');
const { version: graphene } = JSON.parse(readFileSync(join(root, 'node_modules/graphene-pk11/package.json'), 'utf8')) as { version: string };

/** Packs what npm would, with the addon of this checkout where that of a release stands. */
async function pack(folder: string): Promise<string> {
  const staged = join(folder, 'staged');
  mkdirSync(staged);
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const wanted = ['package.json', ...files.filter((name) => /^[\w.-]+$/.test(name) && name !== 'native')];
  for (const name of wanted) if (existsSync(join(root, name))) cpSync(join(root, name), join(staged, name), { recursive: true });
  cpSync(join(root, 'build/Release/cryptoki.node'), join(staged, ownBinary()));
  const words = [join(npmFolder(), 'bin/npm-cli.js'), 'pack', '--ignore-scripts', '--pack-destination', folder];
  await succeed(process.execPath, words, { cwd: staged, env: { ...process.env, npm_config_loglevel: 'error' } });
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  );
}

describe('the switch from pkcs11js, from a packed tarball', function () {
  this.timeout(300_000);

  let folder = '';
  let tarball = '';
  let machine: Machine;

  before(async function () {
    if (process.platform === 'win32') skip(this, 'a PATH of links is made here');
    if (!profile || profile.reason !== undefined) skip(this, 'SoftHSM is not here');
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'cryptoki-switch-')));
    machine = new Machine(join(folder, 'machine'));
    tarball = await pack(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A project with the tarball and graphene-pk11 as dependencies. */
  function project(name: string, { dependencies, ...more }: { dependencies?: object; overrides?: object }): string {
    const place = machine.project(name);
    const all = { cryptoki: `file:${tarball}`, 'graphene-pk11': graphene, ...dependencies };
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, dependencies: all, ...more }));
    return place;
  }

  /** Runs a package manager; the test is skipped where the registry cannot be reached. */
  async function manage(context: Context, body: () => Promise<unknown>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (error instanceof Skip) skip(context, error.message);
      const { message } = error as Error;
      if (UNREACHABLE.test(message)) skip(context, 'the registry of npm cannot be reached');
      throw error;
    }
  }

  /** Runs the program in the project: it signs on a fresh token. */
  async function signs(place: string, program: string): Promise<void> {
    const store = mkdtempSync(join(folder, 'store-'));
    cpSync(join(__dirname, 'consumers', program), join(place, program));
    const { PATH, HOME } = machine.environment();
    const library = process.env['LD_LIBRARY_PATH'];
    const env = { PATH, HOME, ...profile!.environment?.(store), PKCS11_MODULE: profile!.module, ...(library && { LD_LIBRARY_PATH: library }) };
    const { status, stdout, stderr } = await execute(process.execPath, [join(place, program)], { cwd: place, env, uid: undefined, gid: undefined });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    const { pkcs11js, addons, verified } = JSON.parse(stdout) as { pkcs11js: string; addons: string[]; verified: boolean };
    assert.match(pkcs11js, /cryptoki[\\/]compat[\\/]pkcs11js[\\/]index\.js$/);
    assert.deepEqual(
      addons.map((path) => /[\\/]cryptoki[\\/]prebuilds[\\/]/.test(path)),
      [true],
      addons.join(),
    );
    assert.equal(verified, true);
  }

  /** Compiles a program of the project: the declarations of graphene-pk11 are checked against ours, too. */
  async function compiles(place: string): Promise<void> {
    cpSync(join(__dirname, 'consumers/types.ts'), join(place, 'types.ts'));
    const types = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')], skipLibCheck: false };
    const modern = { module: 'node16', moduleResolution: 'node16', target: 'es2022', lib: ['es2022', 'esnext.disposable'] };
    writeFileSync(
      join(place, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...modern, ...types, strict: true, noEmit: true }, files: ['types.ts'] }),
    );
    const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-p', place];
    const { stdout } = await execute(process.execPath, compiler, { cwd: place, env: machine.environment(), uid: undefined, gid: undefined });
    assert.equal(stdout, '');
  }

  const npm = (place: string, ...words: string[]): Promise<unknown> =>
    machine.npm([...words, '--no-audit'], { cwd: place, env: machine.environment() });

  it('npm: an override of one line', async function () {
    const major = Number((await machine.npm(['--version'], { cwd: folder, env: machine.environment() })).split('.')[0]);
    if (major < 11) skip(this, `npm ${major} takes such a path as one inside of graphene-pk11`);
    const place = project('override', { overrides: { pkcs11js: `file:${COMPAT}` } });
    await manage(this, () => npm(place, 'install'));
    await signs(place, 'graphene.cjs');
    // From the lock file it comes out the same.
    await manage(this, () => npm(place, 'ci'));
    await signs(place, 'graphene.cjs');
  });

  it('npm: a dependency with an override that refers to it', async function () {
    const place = project('dependency', { dependencies: { pkcs11js: `file:${COMPAT}` }, overrides: { pkcs11js: '$pkcs11js' } });
    await manage(this, () => npm(place, 'install'));
    await signs(place, 'graphene.cjs');
    await signs(place, 'direct.cjs');
    await compiles(place);
    await manage(this, () => npm(place, 'ci'));
    await signs(place, 'graphene.cjs');
  });

  it('npm 10: the same', async function () {
    const place = project('npm-10', { dependencies: { pkcs11js: `file:${COMPAT}` }, overrides: { pkcs11js: '$pkcs11js' } });
    await manage(this, async () => {
      const older = available(() => npmPackage('npm@10.9.4'));
      await succeed(process.execPath, [join(older, 'bin/npm-cli.js'), 'install', '--no-audit'], { cwd: place, env: machine.environment() });
    });
    await signs(place, 'graphene.cjs');
  });

  it('pnpm: an override with a link', async function () {
    const place = project('pnpm', {});
    writeFileSync(join(place, 'pnpm-workspace.yaml'), `overrides:\n  pkcs11js: link:${COMPAT}\n`);
    await manage(this, async () => {
      const pnpm = available(() => npmPackage('pnpm@10.34.8'));
      const env = machine.environment({ npm_config_store_dir: join(folder, 'pnpm-store'), CI: 'true' });
      await succeed(process.execPath, [join(pnpm, 'bin/pnpm.cjs'), 'install', '--no-frozen-lockfile', '--config.update-notifier=false'], {
        cwd: place,
        env,
      });
    });
    await signs(place, 'graphene.cjs');
  });
});
