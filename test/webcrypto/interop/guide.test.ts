// The examples of the guide, run as programs on SoftHSM.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, root } from '../../../scripts/support/paths.mjs';
import { issue } from '../../support/certificates';
import { profiles, useToken } from '../../support/profile';
import { skip } from '../../support/skip';

const execute = promisify(execFile);
const IMPORT = /^import .*\n/gm;

/** The pieces of code, the heading above each, and what it says that it prints. */
const text = readFileSync(join(root, 'docs/webcrypto-interop.md'), 'utf8');
const [start = '', ...pieces] = [...text.matchAll(/^```javascript\n([^]*?)^```/gm)].map(([, code = '']) => code);

function titleOf(code: string): string {
  const before = text.slice(0, text.indexOf(code));
  return [...before.matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '';
}

const printed = (code: string): string[] =>
  [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, value = '']) => value.replaceAll("'", ''));

const program = (code: string): string => `${[...start.matchAll(IMPORT), ...code.matchAll(IMPORT)].join('')}
import { webcrypto } from 'node:crypto';
import { Module } from 'cryptoki';
const document = Buffer.from('a document');
const module = await Module.load(process.env.PKCS11_MODULE);
const token = await module.token({ label: process.env.PKCS11_TOKEN });
await token.login(process.env.PKCS11_PIN);
${start.replace(IMPORT, '')}
${code.replace(IMPORT, '')}
await module.close();
`;

const profile = profiles().find(({ name }) => name === 'softhsm');

describe('docs/webcrypto-interop.md', () => {
  if (!profile) {
    it('runs on SoftHSM', function () {
      skip(this, 'the examples run with npm test, on SoftHSM');
    });
    return;
  }
  const fixture = useToken(profile);
  let folder = '';

  before(async () => {
    const { token, pin } = fixture();
    await token.login(pin);
    const { publicKey } = await token.generateKeyPair('rsa', { modulusLength: 2048, label: 'signer', token: true });
    const stranger = issue('an issuer');
    await token.importCertificate(issue('signer', stranger, { ...stranger, publicKey: publicKey.toKeyObject() }).certificate);
    folder = mkdtempSync(join(cached('examples'), 'webcrypto-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has examples', () => assert.ok(pieces.length >= 7));

  for (const [index, code] of pieces.entries()) {
    it(`${titleOf(code)} (${index + 1})`, async () => {
      const path = join(folder, `${index}.mjs`);
      writeFileSync(path, program(code));
      const { token, pin } = fixture();
      const environment = { ...process.env, PKCS11_MODULE: profile.module, PKCS11_TOKEN: token.label, PKCS11_PIN: pin };
      const { stdout } = await execute(process.execPath, [path], { env: environment });
      const expected = printed(code);
      if (expected.length > 0) assert.deepEqual(stdout.trim().split('\n'), expected);
      else assert.match(stdout, /^-----BEGIN CERTIFICATE REQUEST-----/);
    });
  }
});
