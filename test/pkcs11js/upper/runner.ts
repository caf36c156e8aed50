import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/support/paths.mjs';
import { profiles, type Available } from '../../support/profile';
import { skip } from '../../support/skip';
import type { Checks, Outcome, Told } from './stage';

/** What the child loads as pkcs11js: ours. Another path in the variable runs the same checks on that, such as on the original with its addon. */
const subject = process.env['CRYPTOKI_TEST_PKCS11JS'] ?? join(root, 'dist/pkcs11js.js');

interface Answer {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** How the process ended, where it did not end well. */
  readonly end?: string;
}

async function runChild(profile: Available, checks: string): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-upper-'));
  const { name, title, module, pin, soPin, label } = profile;
  const told: Told = {
    name,
    title,
    module,
    pin,
    soPin,
    label,
    checks,
    soLoginPin: profile.soLoginPin ?? soPin,
    reserved: profile.reserved?.(folder),
  };
  const words = [
    '--expose-gc',
    '--require',
    join(root, 'test/support/pkcs11js.cjs'),
    '--import',
    'tsx',
    join(__dirname, 'child.ts'),
    JSON.stringify(told),
  ];
  const env = { ...process.env, ...profile.environment?.(folder), CRYPTOKI_TEST_PKCS11JS: subject };
  const outcomes = new Map<string, Outcome>();
  let stderr = '';
  let last = 'its preparation';
  try {
    const child = spawn(process.execPath, words, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('message', (outcome: Outcome) => {
      outcomes.set(outcome.check, outcome);
      last = `“${outcome.check}”`;
    });
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.on('error', reject).on('close', (...end) => resolve(end));
    });
    return code === 0 ? { outcomes } : { outcomes, end: `ended with ${signal ?? code} in or after ${last}\n${stderr}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tests of a file of checks, on each token. */
export function suite(checks: Checks, file: string): void {
  for (const profile of profiles()) {
    describe(`on ${profile.title}`, () => {
      let answer: Answer | undefined;

      before(async function () {
        if (profile.reason !== undefined) skip(this, `${profile.title}: ${profile.reason}`);
        this.timeout(180_000);
        answer = await runChild(profile, file);
      });

      for (const check of Object.keys(checks)) {
        it(check, function () {
          const outcome = answer?.outcomes.get(check);
          if (outcome?.is === 'skipped') skip(this, outcome.text ?? '');
          if (outcome?.is === 'failed') assert.fail(outcome.text);
          if (outcome?.is !== 'passed') assert.fail(outcome ? `the process ${answer?.end}` : 'the process ended before');
        });
      }

      it('ends as a process should', () => assert.equal(answer?.end, undefined));
    });
  }
}
