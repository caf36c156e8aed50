// What a run of tests adds up to.
import { existsSync, readFileSync } from 'node:fs';

export const none = Object.freeze({ passed: 0, failed: 0, skipped: 0 });

export function add(left, right) {
  return { passed: left.passed + right.passed, failed: left.failed + right.failed, skipped: left.skipped + right.skipped };
}

/** Sums the lines that test/support/reporter.cjs appended to a file. */
export function read(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line)).reduce(add, none);
}

/** The closing line of every test script; .ci/run adds these up. */
export function closing({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
