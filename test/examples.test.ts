import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, root } from '../scripts/support/paths.mjs';
import { issue } from './support/certificates';
import { profiles, useToken } from './support/profile';
import { skip } from './support/skip';

const execute = promisify(execFile);

/** What each program prints. */
const expected: Readonly<Record<string, RegExp>> = {
  'list.mjs': /^slot \d+: test .*, SoftHSM project SoftHSM v2$/m,
  'sign.mjs': /^\d+ bytes, good$/m,
  'sign-many.cjs': /^1000 of 1000, \d+ per second$\n^1000 signatures$/m,
  'sign-stream.mjs': /^(?:[A-Za-z0-9+/]{90,}=*\n){10,}$/,
  'generate.mjs': /-----BEGIN PUBLIC KEY-----[^]*sensitive: true/,
  'certificates.mjs': /CN=signer.*: its ec key is here$[^]*issued by CN=root$/m,
  'stream.mjs': /^the same$/m,
  'encrypt.mjs': /^a secret$/m,
  'slot-events.mjs': /^done$/m,
  'certificate-request.mjs': /^-----BEGIN CERTIFICATE REQUEST-----$[^]*^-----END CERTIFICATE REQUEST-----$/m,
  'jwt.mjs': /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{86}\nsomebody$/m,
  'raw.mjs': new RegExp(`^${createHash('sha256').update('abc').digest('hex')}$`, 'm'),
};

// The examples know nothing of reserved strings: SoftHSM is enough.
const profile = profiles().find(({ name }) => name === 'softhsm');

/** The README's sample, as a program for the token of this test: what stands for the reader's own things is filled in. */
function sampleOfReadme(environment: Record<string, string>): string {
  const code = /```js\n([^]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? assert.fail('README.md has no sample');
  const filled = code
    .replace(/'\/usr\/[^']*'/, JSON.stringify(environment['PKCS11_MODULE']))
    .replace("'demo'", JSON.stringify(environment['PKCS11_TOKEN']))
    .replace("'1234'", JSON.stringify(environment['PKCS11_PIN']))
    .replace(/^(verify\(.*\));.*$/m, 'console.log($1);');
  return `const data = Buffer.from('a document');\n${filled}`;
}

describe('examples', () => {
  if (!profile) {
    it('run on SoftHSM', function () {
      skip(this, 'the examples run with npm test, on SoftHSM');
    });
    return;
  }
  const fixture = useToken(profile);
  let environment: Record<string, string> = {};
  let folder = '';

  before(async () => {
    const { token, pin } = fixture();
    await token.login(pin);
    const { publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true });
    const root = issue('root');
    await token.importCertificate(root.certificate);
    folder = mkdtempSync(join(tmpdir(), 'cryptoki-examples-'));
    const file = join(folder, 'signer.der');
    writeFileSync(file, issue('signer', root, { ...root, publicKey: publicKey.toKeyObject() }).certificate);
    environment = { PKCS11_MODULE: profile.module, PKCS11_TOKEN: token.label, PKCS11_PIN: pin, SECONDS: '0.2', CERTIFICATE: file };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are all tested', () => {
    // Those in folders, for tools that must be installed first, are run by npm run test:package.
    const programs = readdirSync(join(root, 'examples'), { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() && entry.name !== 'README.md' ? [entry.name] : [],
    );
    assert.deepEqual(programs.sort(), Object.keys(expected).sort());
  });

  for (const [name, output] of Object.entries(expected)) {
    it(`${name} runs`, async () => {
      const { stdout } = await execute(process.execPath, [join(root, 'examples', name)], { env: { ...process.env, ...environment } });
      assert.match(stdout, output);
    });
  }

  it('and so does the one in README.md', async () => {
    // Below the checkout, so that it finds the package by its name; through tsx, since `await using` is newer than Node.js 20.
    const folder = mkdtempSync(join(cached(), 'readme-'));
    try {
      const program = join(folder, 'sample.mts');
      writeFileSync(program, sampleOfReadme(environment));
      const { stdout } = await execute(process.execPath, ['--import', 'tsx', program], { cwd: root, env: { ...process.env, ...environment } });
      assert.equal(stdout, 'true\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
