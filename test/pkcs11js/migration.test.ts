// The code of before in docs/migration.md, as it stands there: on pkcs11js, graphene-pk11 and node-webcrypto-p11, with our pkcs11js below.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { issue } from '../support/certificates';
import { skip } from '../support/skip';
import { children, library, OURS, runFile } from './packages';

interface Expected {
  /** How the code begins. */
  readonly begins: string;
  /** It loads the library itself. */
  readonly own?: true;
  /** What it makes. */
  readonly kinds?: Readonly<Record<string, unknown>>;
  readonly shown?: number;
  readonly asked?: readonly string[];
}

const PIECES: readonly Expected[] = [
  { begins: 'const pkcs11 = new pkcs11js.PKCS11();', own: true },
  { begins: 'const session = module.getSlots(0).open(', shown: 2 },
  { begins: "const signature = session.createSign('SHA256_RSA_PKCS'", kinds: { signature: 'Buffer 256', valid: true } },
  { begins: 'const iv = session.generateRandom(16);', kinds: { iv: 'Buffer 16', sealed: 'Buffer 16', opened: 'Buffer 12' } },
  { begins: 'const pair = session.generateKeyPair(', kinds: { pair: 'object' } },
  { begins: "const wrapped = session.wrapKey({ name: 'AES_KEY_WRAP'", kinds: { wrapped: 'Buffer 40', key: 'object', secret: 'object' } },
  { begins: "object.setAttribute({ label: 'renamed' });", kinds: { copy: 'object' } },
  { begins: 'session.create({' },
  { begins: 'try {\n  session.login(pin);', asked: ['Wrong PIN'] },
  { begins: "const crypto = new Crypto({ library: '", own: true, kinds: { signature: 'object', id: 'string' } },
];

describe('the code of before in the guide to migration', () => {
  const text = readFileSync(join(root, 'docs', 'migration.md'), 'utf8');
  const all = [...text.matchAll(/^```javascript\n([^]*?)^```/gm)].map(([, code]) => code!);
  // The first one shows two lines of which a program has one.
  const pieces = all.filter((code) => !code.includes('// before'));

  before(function () {
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
  });

  it('is known', () => {
    assert.equal(pieces.length, PIECES.length);
    assert.equal(all.length, PIECES.length + 1);
  });

  for (const { begins, own, kinds = {}, shown = 0, asked = [] } of PIECES) {
    it(begins.split('\n')[0]!, function () {
      this.timeout(60_000);
      const code = pieces.find((piece) => piece.startsWith(begins)) ?? assert.fail('it stands in the guide');
      const environment = {
        CODE: code.replaceAll(/'\/usr\/lib\/[^']*'/g, JSON.stringify(library()!.module)),
        CERTIFICATE: issue('a subject').certificate.toString('base64'),
        CRYPTOKI_TEST_PKCS11JS: OURS,
        ...(own && { OWN: '1' }),
      };
      const flags = ['--require', join(root, 'test/support/pkcs11js.cjs')];
      const { lines, status, errors } = runFile(join(children, 'migration.cjs'), OURS, { environment, flags });
      assert.equal(status, 0, errors);
      const told = lines[0] as { kinds: Record<string, unknown>; shown: unknown[]; asked: string[] };
      for (const [name, kind] of Object.entries(kinds)) assert.equal(told.kinds[name], kind, name);
      assert.equal(told.shown.length, shown);
      assert.deepEqual(told.asked, asked);
    });
  }
});
