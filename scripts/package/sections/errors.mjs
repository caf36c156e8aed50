// What is said where the compiled part does not load, and the command that compiles it.
import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownBinary } from '../pack.mjs';
import { copying, succeed } from '../machine.mjs';
import { Skip } from '../report.mjs';
import { installed } from './installs.mjs';
import { permission } from './loading.mjs';

/** The first bytes of a library for a machine that this is not: ELF, 64 bits, little-endian, e_machine of the System V ABI. */
function foreignLibrary() {
  const head = Buffer.alloc(4096);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(3, 16);
  head.writeUInt16LE(process.arch === 's390x' ? 62 : 22, 18);
  return head;
}

/** What `failure.cjs` of a project prints: how the calls fail. */
export async function failureIn(machine, folder, command, flags) {
  const stdout = await succeed(command, [...flags, join(folder, 'failure.cjs')], { cwd: folder, env: machine.environment() });
  const [first, second] = JSON.parse(stdout);
  assert.deepEqual(second, first, 'every call says the same');
  assert.equal(first.known, true, JSON.stringify(first));
  assert.equal(first.code, 'ERR_CRYPTOKI_ADDON');
  assert.ok(first.message.includes(`${process.platform}-${process.arch}`), `the platform is not named: ${first.message}`);
  assert.ok(!first.message.includes('\n'), first.message);
  return first;
}

export async function errors(context) {
  const { report, machine } = context;
  report.section('Where no compiled part loads');
  let whole;
  if (!(await report.check('npm install', async () => void (whole = await installed(context, 'errors'))))) return;

  /** The failure in a copy of the project that `change` has changed. */
  async function failure(name, change, flags = []) {
    const folder = join(machine.folder, `errors-${name}`);
    cpSync(whole, folder, copying);
    const home = join(folder, 'node_modules/cryptoki');
    change?.({ home, binary: join(home, ownBinary()) });
    const filled = flags.map((flag) => flag.replace('HOME', home).replace('PROJECT', folder));
    return { ...(await failureIn(machine, folder, process.execPath, filled)), home };
  }

  await report.check('no binary for the platform', async () => {
    const { reason, message, home } = await failure('none', ({ home }) => rmSync(join(home, 'prebuilds'), { recursive: true }));
    assert.equal(reason, 'missing');
    assert.ok(message.includes(join(home, ownBinary())), message);
    assert.ok(message.includes(join(home, 'build/Release/cryptoki.node')), message);
    assert.match(message, /"npx cryptoki build"/);
  });
  await report.check('a binary for another machine', async () => {
    const { reason, message } = await failure('machine', ({ binary }) => writeFileSync(binary, foreignLibrary()));
    assert.equal(reason, process.platform === 'linux' ? 'architecture' : reason);
    assert.match(message, /"npx cryptoki build"/);
  });
  await report.check('a binary that is none', async () => {
    const { reason, message } = await failure('text', ({ binary }) => writeFileSync(binary, 'a page of a proxy that wants a login'));
    assert.equal(reason, 'not-a-library');
    assert.match(message, /"npx cryptoki build"/);
  });
  await report.check('--no-addons', async () => {
    const { reason, message } = await failure('no-addons', undefined, ['--no-addons']);
    assert.equal(reason, 'permission');
    assert.match(message, /without --no-addons/);
  });
  await report.check('the permission model without --allow-addons', async () => {
    const { reason, message } = await failure('permission', undefined, [permission(process.version), '--no-warnings', '--allow-fs-read=*']);
    assert.equal(reason, 'permission');
    assert.match(message, /--allow-addons/);
  });
  await report.check('the permission model without the right to read the package', async () => {
    const readable = ['PROJECT/failure.cjs', 'PROJECT/package.json', 'HOME/package.json', 'HOME/dist/*', 'PROJECT/node_modules/node-gyp-build/*'];
    const flags = [permission(process.version), '--no-warnings', '--allow-addons', ...readable.map((path) => `--allow-fs-read=${path}`)];
    const { reason, message } = await failure('read', undefined, flags);
    assert.equal(reason, 'permission');
    assert.match(message, /--allow-fs-read=/);
  });
  await report.check('"npx cryptoki build" without a compiler says what is missing', async () => {
    const folder = withoutBinaries(machine, whole, 'errors-tools');
    const { status, stderr } = await machine.npx(['--no-install', 'cryptoki', 'build'], { cwd: folder });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^Compiling needs a C\+\+17 compiler \(g\+\+ or clang\), make and Python 3, not found on this machine\./m);
    assert.ok(!/\n\s+at /.test(stderr), stderr);
  });
}

function withoutBinaries(machine, whole, name) {
  const folder = join(machine.folder, name);
  cpSync(whole, folder, copying);
  rmSync(join(folder, 'node_modules/cryptoki/prebuilds'), { recursive: true });
  return folder;
}

export async function build(context) {
  const { report, machine, token } = context;
  report.section('The command that compiles it');
  await report.check('"npx cryptoki build" compiles it, and it signs', async () => {
    const folder = withoutBinaries(machine, await installed(context, 'build'), 'build-without');
    const { status, stdout, stderr } = await machine.npx(['--no-install', 'cryptoki', 'build'], { cwd: folder, path: process.env.PATH });
    if (status !== 0 && stderr.includes('not found on this machine')) throw new Skip(stderr.trim());
    assert.equal(status, 0, stderr);
    const built = join(folder, 'node_modules/cryptoki/build/Release/cryptoki.node');
    assert.ok(stdout.includes(built) && existsSync(built), stdout);
    for (const sub of ['.', './raw']) {
      const said = await succeed(process.execPath, [join(folder, 'require.cjs'), sub], {
        cwd: folder,
        env: machine.environment(token.environment()),
      });
      assert.match(said, /^signed$/m);
    }
  });
}
