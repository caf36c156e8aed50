// The programs of docs/pkcs11js.md, as they stand there.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';
import { library, OURS, runFile } from './packages';

describe('the guide to cryptoki/pkcs11js', () => {
  const text = readFileSync(join(root, 'docs', 'pkcs11js.md'), 'utf8');
  const programs = [...text.matchAll(/^```javascript\n([^]*?)^```/gm)].map(([, code]) => code!);
  let folder = '';

  before(function () {
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
    folder = mkdtempSync(join(tmpdir(), 'cryptoki-guide-'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  for (const [index, expected] of [/^ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad$/m, /^0$/m].entries()) {
    it(`program ${index + 1} does what it says`, () => {
      const code = programs[index]!.replaceAll("'cryptoki/pkcs11js'", JSON.stringify(OURS)).replaceAll(
        /'\/usr\/lib\/[^']*'/g,
        JSON.stringify(library()!.module),
      );
      const path = join(folder, `program-${index}.cjs`);
      writeFileSync(path, code);
      const { output, status, errors } = runFile(path, OURS, { prepared: true });
      assert.equal(status, 0, errors);
      assert.match(output, expected);
    });
  }

  it('shows no other programs', () => assert.equal(programs.length, 2));
});
