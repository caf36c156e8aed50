import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CIPHERS } from '../../lib/algorithms/ciphers';
import { DERIVATIONS } from '../../lib/algorithms/derivations';
import { hashNames } from '../../lib/algorithms/hashes';
import { pairNames, secretNames } from '../../lib/algorithms/key-types';
import { SIGNATURES } from '../../lib/algorithms/signatures';
import { CKM } from '../../lib';

const document = readFileSync(resolve(__dirname, '..', '..', 'docs', 'algorithms.md'), 'utf8');

/** The text below a heading. */
function section(title: string): string {
  const text = document.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  assert.ok(text !== undefined, `docs/algorithms.md has a section '${title}'`);
  return text;
}

/** The cells of the rows of the first table. */
function table(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const quoted = (text: string): string[] => [...text.matchAll(/'([a-z0-9-]+)'/g)].map(([, name]) => name!);
const fields = (text: string): string[] => [...text.matchAll(/`(\w+)[`:]/g)].map(([, name]) => name!);

/** Words of a list in which '…' stands for all that is between its neighbours in `all`. */
function spelledOut(list: string, all: readonly string[]): string[] {
  const words = list.split(/, | (?=…)|(?<=…) /);
  return words.flatMap((word, index) => {
    if (word !== '…') return [word];
    const [from, to] = [words[index - 1]!, words[index + 1]!].map((neighbour) => all.indexOf(neighbour)) as [number, number];
    return all.slice(from + 1, to);
  });
}

/** Names and fields in the table are those of the rows. "Those of 'rsa-oaep'" are that one's. */
function compare(text: string, rows: readonly { name: string; fields: readonly string[] }[]): void {
  const lines = table(text).map(([names, cell]) => ({ names: quoted(names!), own: fields(cell!), borrowed: quoted(cell!) }));
  const fieldsOf = (names: readonly string[]): string[] => rows.filter(({ name }) => names.includes(name)).flatMap((row) => row.fields);
  assert.deepEqual(lines.flatMap(({ names }) => names).sort(), rows.map(({ name }) => name).sort());
  for (const { names, own, borrowed } of lines) {
    const told = new Set([...own, ...fieldsOf(borrowed)]);
    // Where a line does not name its fields one by one, it says nothing that could be wrong.
    if (told.size > 0) assert.deepEqual([...told].sort(), [...new Set(fieldsOf(names))].sort(), names.join(', '));
  }
}

describe('docs/algorithms.md', () => {
  it('tells the hashes that there are', () => {
    const list = /^Hashes: ([^;]+);/m.exec(section('Signing and verifying'))?.[1] ?? '';
    assert.deepEqual(
      spelledOut(
        list,
        hashNames(() => true),
      ).sort(),
      hashNames(({ mechanism }) => mechanism !== undefined).sort(),
    );
  });

  it('tells the options of signatures', () => {
    const told = fields(section('Signing and verifying'));
    for (const { name, options } of SIGNATURES) for (const option of options) assert.ok(told.includes(option), `${option} of ${name}`);
  });

  it('tells the ciphers and their fields', () => compare(section('Encrypting, decrypting, wrapping'), CIPHERS));

  it('tells the derivations and their fields', () => compare(section('Deriving'), DERIVATIONS));

  it('tells the types of keys', () => {
    const told = section('Making keys').replaceAll(/(ml-(?:dsa|kem)-)(\d+)\/(\d+)\/(\d+)/g, '$1$2, $1$3, $1$4');
    const words = new Set(told.match(/[a-z][a-z0-9-]*\d?/g));
    for (const name of [...pairNames(), ...secretNames()]) assert.ok(words.has(name) || name.startsWith('slh-dsa-'), name);
    assert.ok(told.includes('slh-dsa-…'));
  });

  it('names mechanisms of the standard only', () => {
    for (const [, name, more] of document.matchAll(/\bCKM_([A-Z0-9_]+)(…?)/g)) {
      const known = more === '' ? Object.hasOwn(CKM, name!) : Object.keys(CKM).some((one) => one.startsWith(name!));
      assert.ok(known, `CKM_${name}`);
    }
  });
});
