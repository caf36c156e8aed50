// What a run of tests tells of itself, and how one that stands still is ended.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, read } from '../../scripts/support/counts.mjs';
import { root } from '../../scripts/support/paths.mjs';
import { treeOf, watch } from '../../scripts/support/standstill.mjs';
import { skip } from '../support/skip';

let folder: string;
let report: string;

function useFolder(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cryptoki-standstill-'));
    report = join(folder, 'report');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
}

describe('the report of a run', () => {
  useFolder();

  /** Runs mocha on a file of these tests. */
  function mocha(tests: string): number | null {
    const file = join(folder, 'some.test.cjs');
    writeFileSync(file, tests);
    const words = [join(root, 'node_modules/mocha/bin/mocha.js'), '--no-config', '--reporter', join(root, 'test/support/reporter.cjs'), file];
    const env = { ...process.env, CRYPTOKI_TEST_REPORT: report };
    return spawnSync(process.execPath, words, { cwd: folder, env, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' }).status;
  }

  it('has the counts, and nothing that still runs', () => {
    assert.equal(mocha(`it('one', () => {}); it('two', () => { throw new Error('wrong'); }); it.skip('three', () => {});`), 1);
    assert.deepEqual(lastLine(report), { passed: 1, failed: 1, skipped: 1 });
  });

  it('names the test in which the process ended, and its limit', () => {
    mocha(`describe('a suite', () => { it('one', () => {}); it('two', function () { this.timeout(7000); process.exit(0); }); });`);
    assert.deepEqual(lastLine(report), { passed: 1, failed: 0, skipped: 0, at: 'a suite two', limit: 7000 });
    assert.deepEqual(read(report), { passed: 1, failed: 0, skipped: 0 });
  });

  it('is read while it is written', () => {
    assert.equal(lastLine(report), undefined);
    appendFileSync(report, '{"passed":1,"failed":0,"skipped":0,"at":"one","limit":5}\n{"passed":2,"fai');
    assert.deepEqual(lastLine(report), { passed: 1, failed: 0, skipped: 0, at: 'one', limit: 5 });
  });
});

describe('a crash of the tests', () => {
  it('says where', function () {
    if (process.platform !== 'linux' || !existsSync(join(root, 'build/test-modules/crash_stack.so')))
      skip(this, 'test/modules/crash_stack.c is compiled on Linux');
    const words = ['--require', join(root, 'test/support/crash-stack.cjs'), '-e', 'process.abort()'];
    const { stderr, signal } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(signal, 'SIGABRT');
    assert.match(stderr, /Crashed with signal 6, in:\n(?:.*\n)*.*abort/);
  });
});

describe('the watch over a run', () => {
  useFolder();

  function run(program: string, grace: number) {
    const said: string[] = [];
    const prelude = `const note = (at) => require('node:fs').appendFileSync(${JSON.stringify(report)}, JSON.stringify({ passed: 0, failed: 0, skipped: 0, at, limit: 300 }) + '\\n');`;
    const child = spawn(process.execPath, ['-e', prelude + program], { stdio: ['ignore', 'pipe', 'inherit'] });
    return { child, said, end: watch(child, report, { say: (line: string) => said.push(line), grace, pause: 50 }) };
  }

  it('ends what is blocked and all below it, and shows where it stands', async function () {
    this.timeout(120_000);
    const { child, said, end } = run(
      `note('a test that blocks'); require('node:child_process').spawnSync(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)'], { stdio: 'inherit' });`,
      500,
    );
    const [pid] = (await once(child.stdout!, 'data')) as [Buffer];
    const [, signal] = (await once(child, 'exit')) as [null, string];
    assert.equal(signal, 'SIGKILL');
    assert.equal(end(), 'a test that blocks');
    assert.ok(said.some((line) => line.includes('a test that blocks')));
    if (process.platform !== 'linux') return;
    assert.ok(said.some((line) => line.includes(`${Number(pid)} `) && line.includes('setInterval')));
    // Killed, and reaped by whoever is its parent now.
    while (/[^Z?]/.test(treeOf(Number(pid))[0]!.state)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('lets those go on that take steps', async () => {
    // Half as long again as it may stand still, if it takes no longer than it means to.
    const steps = `let left = 90; setInterval(() => { note('step ' + left); if ((left -= 1) === 0) process.exit(0); }, 100);`;
    const { child, end } = run(steps, 5700);
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
    assert.equal(end(), undefined);
  });
});
