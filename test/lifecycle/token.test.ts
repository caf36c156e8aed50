import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profiles } from '../support/profile';
import { skip } from '../support/skip';
import type { Given } from './children/token';
import { assertEnd, CHILD_TIME, runChild } from './support';

const ENDS: readonly [end: Given['end'], code: number, lines: readonly string[]][] = [
  ['natural', 0, ['under way', 'end']],
  ['exit', 7, ['under way']],
  ['uncaught', 1, ['under way']],
  ['close', 0, ['under way', 'end']],
  ['collect', 0, ['under way', '100', 'end']],
  ['terminate', 0, ['terminated']],
];

// Those that live in a folder; a card has one state for all, which an end in the middle could spoil.
for (const profile of profiles().filter(({ fresh }) => fresh === 'folder')) {
  describe(`the end of a process that signs on ${profile.title}`, function () {
    this.timeout(CHILD_TIME);
    let folder: string;
    before(function () {
      if (profile.reason !== undefined) skip(this, `${profile.title}: ${profile.reason}`);
    });
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'cryptoki-end-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    for (const [end, code, lines] of ENDS) {
      it(end, async () => {
        const given: Given = { profile: profile.name, end };
        assertEnd(await runChild('token', { given, environment: { TMPDIR: folder } }), code, lines);
      });
    }
  });
}
