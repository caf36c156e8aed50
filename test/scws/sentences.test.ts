// Every sentence of the page has a test that is named after it.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCodes } from '../../lib/scws';
import { skip } from '../support/skip';
import { SENTENCES, sentencesOf } from './sentences';

const seeds = resolve(__dirname, '..', '..', '..', 'shared', 'seeds');
const page = join(seeds, 'scws.md');

describe('the sentences of SCWS', () => {
  it('each has a test, and each test with a number has a sentence', () => {
    const titles = readdirSync(__dirname)
      .filter((name) => name.endsWith('.test.ts'))
      .flatMap((name) => [...readFileSync(join(__dirname, name), 'utf8').matchAll(/\bit\(\s*['"`](\d+\.\d+)[ :]/g)].map(([, number]) => number!));
    assert.deepEqual(new Set(titles), new Set(Object.keys(SENTENCES)));
  });

  it('they are those of the page', function () {
    if (!existsSync(page)) skip(this, 'the page is not beside this project');
    const sentences = sentencesOf(readFileSync(page, 'utf8'));
    const beginnings = Object.values(SENTENCES);
    assert.ok(sentences.length > 40);
    for (const sentence of sentences) {
      const numbered = beginnings.filter((beginning) => sentence.startsWith(beginning));
      assert.equal(numbered.length, 1, `${numbered.length} numbers stand for: ${sentence}`);
    }
    for (const beginning of beginnings)
      assert.ok(
        sentences.some((sentence) => sentence.startsWith(beginning)),
        `it is not there: ${beginning}`,
      );
  });

  it('the codes are those of the document', function () {
    const document = existsSync(seeds) ? readdirSync(seeds).find((name) => name.startsWith('003_')) : undefined;
    if (document === undefined) skip(this, 'the document is not beside this project');
    const codes = readFileSync(join(seeds, document!), 'utf8').match(/"(CKR|CXR|MWR)_\w+"/g) ?? [];
    assert.deepEqual(codes.map((code) => code.slice(1, -1)).toSorted(), Object.keys(errorCodes).toSorted());
  });
});
