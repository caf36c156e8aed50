import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBinary } from '../../scripts/prebuild/check.mjs';
import { isHere, targets } from '../../scripts/prebuild/targets.mjs';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';

const target = (name: string) => targets.find((one) => one.name === name)!;

describe('the checks of prebuilt binaries', () => {
  let built: Buffer;

  before(function () {
    const here = targets.find(isHere);
    if (here?.libc !== 'glibc') skip(this, 'the addon of this checkout is no binary for Linux with glibc');
    built = readFileSync(join(root, 'build/Release/cryptoki.node'));
  });

  it('find nothing in those that a release would have, as far as they are there', function () {
    const there = targets.filter(({ folder, file }) => existsSync(join(root, 'prebuilds', folder, file)));
    if (there.length === 0) skip(this, 'prebuilds/ is empty: npm run prebuild fills it');
    for (const one of there) assert.deepEqual(checkBinary(one, readFileSync(join(root, 'prebuilds', one.folder, one.file))).faults, [], one.name);
  });

  it('tell a development build from a binary of a release', () => {
    const here = targets.find(isHere)!;
    const { faults } = checkBinary(here, built);
    assert.ok(faults.includes('it is not stripped'), faults.join('\n'));
  });

  it('tell one processor and one system from another', () => {
    const other = process.arch === 'x64' ? 'linux-arm64' : 'linux-x64';
    assert.ok(checkBinary(target(other), built).faults.includes(`it is for ${process.arch}`));
    assert.deepEqual(checkBinary(target('win32-x64'), built).faults, ['it is no 64-bit library of win32']);
    assert.deepEqual(checkBinary(target('darwin-arm64'), built).faults, ['it is no 64-bit library of darwin']);
    assert.ok(checkBinary(target(`linux-${process.arch}-musl`), built).faults.includes('it was linked with glibc'));
  });

  it('take nothing for a binary that is none', () => {
    for (const file of [Buffer.alloc(0), Buffer.from('text'), built.subarray(0, 40)]) {
      for (const one of targets) assert.deepEqual(checkBinary(one, file).faults, [`it is no 64-bit library of ${one.platform}`], one.name);
    }
  });
});
