// What a run of tests adds up to.
import { existsSync, readFileSync } from 'node:fs';

export const none = Object.freeze({ passed: 0, failed: 0, skipped: 0 });

export function add(left, right) {
  return { passed: left.passed + right.passed, failed: left.failed + right.failed, skipped: left.skipped + right.skipped };
}

/** The last line that test/support/reporter.cjs has written whole. */
export function lastLine(file) {
  const line = existsSync(file) ? readFileSync(file, 'utf8').split('\n').at(-2) : undefined;
  return line ? JSON.parse(line) : undefined;
}

/** The counts of a run, as far as it came. */
export function read(file) {
  const { passed, failed, skipped } = lastLine(file) ?? none;
  return { passed, failed, skipped };
}

/** The closing line of every test script; .ci/run adds these up. */
export function closing({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
