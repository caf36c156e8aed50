import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/support/paths.mjs';
import { install, type Installed } from '../support/installed';

const execute = promisify(execFile);
const [major = 0] = process.versions.node.split('.').map(Number);
const PERMISSION = major < 23 ? '--experimental-permission' : '--permission';

interface Failure {
  known: boolean;
  code: string;
  reason: string;
  message: string;
}

describe('the compiled part of the package', () => {
  let installed: Installed;
  let home: string;
  let binary: string;

  beforeEach(() => {
    installed = install();
    home = join(installed.folder, 'node_modules/cryptoki');
    binary = join(home, 'build/Release/cryptoki.node');
    cpSync(join(root, 'scripts/package/consumers/failure.cjs'), join(installed.folder, 'failure.cjs'));
  });
  afterEach(() => installed.remove());

  /** How the first call fails, and the second alike. */
  async function failure(...flags: string[]): Promise<Failure> {
    const environment = { ...process.env, NODE_OPTIONS: '' };
    const { stdout } = await execute(process.execPath, [...flags, join(installed.folder, 'failure.cjs')], {
      cwd: installed.folder,
      env: environment,
    });
    const [first, second] = JSON.parse(stdout) as [Failure, Failure];
    assert.deepEqual(second, first);
    assert.equal(first.known, true);
    assert.equal(first.code, 'ERR_CRYPTOKI_ADDON');
    assert.ok(first.message.includes(`${process.platform}-${process.arch}`), first.message);
    return first;
  }

  it('that is not there: the error names the platform, what was looked for, and the command', async () => {
    rmSync(join(home, 'build'), { recursive: true });
    const { reason, message } = await failure();
    assert.equal(reason, 'missing');
    assert.ok(message.includes(binary), message);
    assert.ok(message.includes(join(home, 'prebuilds', `${process.platform}-${process.arch}`)), message);
    assert.match(message, /"npx cryptoki build"/);
  });

  it('that is damaged', async () => {
    rmSync(binary);
    writeFileSync(binary, 'not a library');
    const { reason, message } = await failure();
    assert.equal(reason, 'not-a-library');
    assert.ok(message.includes(binary), message);
    assert.match(message, /"npx cryptoki build"/);
  });

  it('that Node.js was told not to load', async () => {
    const byFlag = await failure('--no-addons');
    assert.equal(byFlag.reason, 'permission');
    assert.match(byFlag.message, /without --no-addons/);
    const byModel = await failure(PERMISSION, '--no-warnings', '--allow-fs-read=*');
    assert.equal(byModel.reason, 'permission');
    assert.match(byModel.message, /--allow-addons/);
  });

  it('of somebody else is not taken for ours where a bundle stands among his files', async () => {
    // dist/ of the package beside the build/ of another one, as a bundle may be.
    const other = join(installed.folder, 'other');
    mkdirSync(join(other, 'out'), { recursive: true });
    cpSync(join(home, 'dist'), join(other, 'out/dist'), { recursive: true });
    cpSync(join(home, 'build'), join(other, 'out/build'), { recursive: true });
    writeFileSync(join(other, 'out/package.json'), '{ "name": "somebody-else" }');
    cpSync(join(root, 'node_modules/node-gyp-build'), join(other, 'node_modules/node-gyp-build'), { recursive: true });
    const program = `require(${JSON.stringify(join(other, 'out/dist/index.js'))}).Module.load('/no').catch(({ message }) => console.log(message))`;
    const { stdout } = await execute(process.execPath, ['-e', program], { cwd: installed.folder });
    assert.match(stdout, /not beside the bundle/);
    assert.ok(stdout.includes(join(other, 'out/dist/wire/cryptoki')), stdout);
  });
});
