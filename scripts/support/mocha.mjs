// One run of mocha over test files and tokens, in a process of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mergeEnvironments } from './acquire.mjs';
import { add, lastLine, read } from './counts.mjs';
import { cached, root } from './paths.mjs';
import { foreground } from './run.mjs';
import { watch } from './standstill.mjs';

/**
 * - `tokens`: what test/support/profile.ts makes its profiles from: `{ name, module, facts? }`, or `{ name, reason }` for one
 *   that cannot be had. Their `environment` is that of the process.
 * - `prefix`, `node`: a command that runs mocha elsewhere, such as in a root file system of the token's own, and the name
 *   that this node has there.
 *
 * Answers the counts. A crash is a failed test: mocha never came to report it.
 */
export async function runMocha({ tokens, words = [], prefix = [], node = process.execPath }) {
  const folder = mkdtempSync(join(cached(), 'mocha-'));
  const report = join(folder, 'report');
  const environment = mergeEnvironments(process.env, ...tokens.map((token) => token.environment ?? {}), {
    CRYPTOKI_TEST_TOKENS: JSON.stringify(tokens.map(({ environment: _, ...token }) => token)),
    CRYPTOKI_TEST_REPORT: report,
  });
  const command = [...prefix, node, join(root, 'node_modules/mocha/bin/mocha.js'), ...words];
  try {
    let ended;
    const status = await foreground(command[0], command.slice(1), {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit'],
      started: (child) => {
        ended = watch(child, report);
      },
    });
    const stood = ended?.();
    const counts = read(report);
    const last = lastLine(report);
    const whole = last !== undefined && last.at === undefined && stood === undefined;
    // Mocha's status is the number of failures.
    if (whole && status === Math.min(counts.failed, 255)) return counts;
    console.error(`mocha ended with ${status}${last?.at === undefined ? '' : `, in: ${last.at}`}`);
    return add(counts, { passed: 0, failed: 1, skipped: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
