import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';

const { version, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; bin: Record<string, string> };
const program = join(root, bin['cryptoki'] ?? assert.fail('package.json names no program'));

function run(words: string[], env = process.env): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    env: { ...env, NODE_OPTIONS: '' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
}

describe('the program cryptoki', () => {
  it('says its version and its use', () => {
    assert.deepEqual(run(['--version']).stdout, `${version}\n`);
    const help = run(['--help']);
    assert.equal(help.status, 0);
    assert.match(help.stdout, /^cryptoki build /);
  });

  it('refuses what it does not know', () => {
    for (const words of [[], ['make'], ['build', 'x'], ['--version', 'x']]) {
      const { status, stdout, stderr } = run(words);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^cryptoki build /);
    }
  });

  it('names all tools that are missing', function () {
    if (process.platform === 'win32') skip(this, 'node-gyp looks for them itself there');
    const { status, stderr } = run(['build'], { PATH: '/nowhere' });
    assert.equal(status, 1);
    assert.match(stderr, /^Compiling needs a C\+\+17 compiler \(g\+\+ or clang\), make and Python 3, not found on this machine\. Install .*\n$/);
  });
});
