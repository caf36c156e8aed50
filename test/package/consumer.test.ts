import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/support/paths.mjs';
import { install, type Installed } from '../support/installed';

const execute = promisify(execFile);
const programs = join(root, 'test/package/consumers');

describe('the package in another folder', () => {
  let installed: Installed;

  before(() => {
    installed = install();
    cpSync(programs, installed.folder, { recursive: true });
  });
  after(() => installed.remove());

  async function answer(program: string): Promise<unknown> {
    const environment = { ...process.env, NODE_OPTIONS: '' };
    const { stdout } = await execute(process.execPath, [join(installed.folder, program)], { cwd: installed.folder, env: environment });
    return JSON.parse(stdout);
  }

  it('gives import and require the same classes, and loads its addon once', async () => {
    const { names, different, codes, loaded } = (await answer('both.mjs')) as { names: number; different: string[]; codes: string[]; loaded: number };
    assert.ok(names > 20);
    assert.deepEqual(different, []);
    assert.deepEqual(codes, Array(4).fill('ERR_CRYPTOKI_LOAD_FAILED'));
    assert.equal(loaded, 1);
  });

  it('asks for node-gyp-build and nothing else, and for that at the first call', async () => {
    assert.deepEqual(await answer('trace.cjs'), { before: [], after: ['node-gyp-build'] });
  });

  it('shows its entries and nothing behind them', async () => {
    assert.deepEqual(await answer('paths.cjs'), {
      cryptoki: 'there',
      'cryptoki/raw': 'there',
      'cryptoki/package.json': 'there',
      'cryptoki/dist/index.js': 'ERR_PACKAGE_PATH_NOT_EXPORTED',
      'cryptoki/dist/wire/client.js': 'ERR_PACKAGE_PATH_NOT_EXPORTED',
      'cryptoki/lib': 'ERR_PACKAGE_PATH_NOT_EXPORTED',
    });
  });

  it('declares its types for ES modules and CommonJS, with every file of declarations checked', async () => {
    const compilerOptions = {
      module: 'node16',
      moduleResolution: 'node16',
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(join(installed.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.mts', 'types.cts'] }));
    const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-p', installed.folder];
    const { stdout } = await execute(process.execPath, compiler).catch((error: { stdout: string }) => error);
    assert.equal(stdout, '');
  });
});
