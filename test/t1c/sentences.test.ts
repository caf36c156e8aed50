import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';
import { fingerprint, PAGE, SENTENCES, sentencesOf } from './sentences';

/** The sentences that titles of tests name, as 'Signing 3'. */
function named(): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.test.ts'))) {
    const titles = readFileSync(join(__dirname, file), 'utf8').matchAll(/\bit\(\s*['"`](\w+) ([\d, ]+):/g);
    for (const [, section, numbers] of titles) for (const number of numbers!.split(', ')) names.add(`${section} ${number}`);
  }
  return names;
}

describe('t1c: the page', () => {
  it('has a test for each of its sentences, and no test speaks of one that is not there', () => {
    const there = Object.entries(SENTENCES).flatMap(([section, all]) => all.map((_, index) => `${section} ${index + 1}`));
    assert.deepEqual([...named()].sort(), there.sort());
  });

  it('is the one that the tests were written for', function () {
    const path = join(root, PAGE);
    if (!existsSync(path)) skip(this, `${PAGE} is not here`);
    const sentences = sentencesOf(readFileSync(path, 'utf8'));
    assert.deepEqual(Object.fromEntries(Object.entries(sentences).map(([section, all]) => [section, all.map(fingerprint)])), SENTENCES);
  });
});
