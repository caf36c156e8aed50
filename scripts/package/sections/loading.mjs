// The ways in which an installed package may be loaded, from wherever.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, cpSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copying, execute, succeed } from '../machine.mjs';
import { ownBinary } from '../pack.mjs';
import { Skip } from '../report.mjs';
import { installed, subPaths } from './installs.mjs';

/** How the permission model is called by a version of Node.js. */
export const permission = (version) => (Number(/\d+/.exec(version)[0]) < 23 ? '--experimental-permission' : '--permission');

function* everythingIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) yield* everythingIn(path);
    yield path;
  }
  yield folder;
}

export async function loading(context) {
  const { report, machine, token } = context;
  report.section('Ways of loading');
  let folder;
  if (!(await report.check('npm install', async () => void (folder = await installed(context, 'loading'))))) return;
  const environment = (more) => machine.environment({ ...token.environment(), ...more });

  /** Signs by a program of the project, and each sub-path, with these flags of Node.js. */
  async function signs(program, flags, { at = folder, more = {}, subs = subPaths() } = {}) {
    for (const sub of subs) {
      const stdout = await succeed(process.execPath, [...flags, join(at, program), sub], { cwd: at, env: environment(more) });
      assert.match(stdout, /^signed$/m, sub);
    }
  }

  await report.check('NODE_OPTIONS with --throw-deprecation and --enable-source-maps', () =>
    signs('require.cjs', [], { more: { NODE_OPTIONS: '--throw-deprecation --enable-source-maps' } }),
  );
  // Packages under WebCrypto use __proto__.
  await report.check('--disable-proto=throw, without ./webcrypto', () =>
    signs('require.cjs', ['--disable-proto=throw'], { subs: subPaths().filter((sub) => sub !== './webcrypto') }),
  );
  await report.check('--frozen-intrinsics', () => signs('require.cjs', ['--frozen-intrinsics', '--no-warnings']));
  await report.check('the permission model with --allow-addons', () =>
    signs('require.cjs', [permission(process.version), '--no-warnings', '--allow-fs-read=*', '--allow-addons']),
  );
  await report.check('worker_threads: four threads and the main one sign at once', () => signs('workers.mjs', [], { subs: ['.'] }));

  await report.check('from a path with spaces and letters that are not ASCII', async () => {
    const odd = join(machine.folder, 'späces in 名前 and 😀 & $HOME');
    cpSync(folder, odd, copying);
    await signs('require.cjs', [], { at: odd });
    await signs('import.mjs', [], { at: odd });
  });

  await readOnly(context, folder, environment);
  await copies(context, folder);
}

async function readOnly({ report, machine }, folder, environment) {
  await report.check('from a folder that this user cannot write to', async () => {
    const closed = join(machine.folder, 'closed');
    cpSync(folder, closed, copying);
    const program = [join(closed, 'require.cjs'), '.'];
    const env = environment();
    if (process.getuid?.() !== 0) {
      for (const path of everythingIn(closed)) chmodSync(path, 0o555);
      try {
        assert.match(await succeed(process.execPath, program, { cwd: '/', env }), /^signed$/m);
      } finally {
        for (const path of [...everythingIn(closed)].toReversed()) chmodSync(path, 0o755);
      }
      return;
    }
    // The superuser may write anywhere: somebody else tries, who may use the token.
    const nobody = { cwd: '/', env, uid: 65534, gid: 65534 };
    for (const path of everythingIn(dirname(env.SOFTHSM2_CONF))) chmodSync(path, 0o777);
    chmodSync(dirname(machine.folder), 0o755);
    const reach = ['-e', 'for (const path of process.argv.slice(1)) require("node:fs").accessSync(path)', env.PKCS11_MODULE, program[0]];
    if ((await execute(process.execPath, reach, nobody).catch(() => ({ status: 1 }))).status !== 0) {
      throw new Skip('another user cannot reach this checkout');
    }
    const write = await execute(process.execPath, ['-e', `require("node:fs").writeFileSync(${JSON.stringify(join(closed, 'new'))}, "")`], nobody);
    assert.notEqual(write.status, 0, 'it can be written to');
    assert.match(await succeed(process.execPath, program, nobody), /^signed$/m);
    return 'as another user';
  });

  await report.check('from a file system that is mounted read-only', async () => {
    if (process.platform !== 'linux') throw new Skip('Linux only');
    const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
    const words = (...command) => ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder, ...command];
    const env = { ...environment(), PATH: process.env.PATH };
    const trial = await execute('unshare', words('true'), { cwd: '/', env }).catch((error) => ({ status: error.message, stderr: '' }));
    if (trial.status !== 0) throw new Skip(`no mount of one's own here: ${`${trial.stderr}`.trim() || trial.status}`);
    const write = await execute('unshare', words('touch', join(folder, 'touched')), { cwd: '/', env });
    assert.notEqual(write.status, 0, 'it is not read-only');
    const stdout = await succeed('unshare', words(process.execPath, join(folder, 'import.mjs'), '.'), { cwd: '/', env });
    assert.match(stdout, /^signed$/m);
  });
}

/** How each of two copies, the project's and the other folder's, found the library: 'initialized', 'counted' or 'foreign'. */
export async function initializedBy({ machine, token }, folder, other, [command, ...flags], ...words) {
  const env = machine.environment({ ...token.environment(), OTHER: other });
  return JSON.parse(await succeed(command, [...flags, join(folder, 'copies.cjs'), ...words], { cwd: folder, env }));
}

async function copies(context, folder) {
  const { report, machine } = context;
  const other = join(machine.folder, 'other');
  cpSync(folder, other, copying);
  const initialized = (...words) => initializedBy(context, folder, other, [process.execPath], ...words);

  await report.check('two copies in one process: one C_Initialize for both, and the second signs on when the first is closed', async () => {
    assert.deepEqual(await initialized(), ['initialized', 'counted']);
  });
  await report.check('two copies, the second in another thread: the same', async () => {
    assert.deepEqual(await initialized('thread'), ['initialized', 'counted']);
  });
  await report.check('two copies whose binaries differ: the second signs on too', async () => {
    const binary = join(other, 'node_modules/cryptoki', ownBinary());
    // Not in place: the first copy may be a link to it.
    cpSync(binary, `${binary}.new`);
    appendFileSync(`${binary}.new`, '\n');
    renameSync(`${binary}.new`, binary);
    assert.deepEqual(await initialized(), ['initialized', 'foreign']);
  });
}
