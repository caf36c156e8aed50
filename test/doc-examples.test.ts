import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CryptokiError, Pkcs11Error } from '../lib';
import { root } from '../scripts/support/paths.mjs';
import { prepare, type Prepared, type Scope, type SecretScope, type WebScope } from './support/example-scope';
import { examples, isSecret, isWeb, workshop, write } from './support/examples';
import { profiles } from './support/profile';
import { skip } from './support/skip';

const execute = promisify(execFile);

const OAEP = 'SoftHSM has OAEP with SHA-1 only';
const ML_KEM = 'SoftHSM has no ML-KEM';

/** Examples that are checked and not run. */
const NOT_RUN: Readonly<Record<string, string>> = {
  DomainParameters: 'there are none on the token',
  'Module.slotEvents': 'it ends with the module',
  'PrivateKey.decrypt': OAEP,
  'PrivateKey.derive': 'SoftHSM has ECDH without a key derivation function only',
  'PrivateKey.decapsulate': ML_KEM,
  'PublicKey.encrypt': OAEP,
  'PublicKey.wrap': OAEP,
  'PublicKey.encapsulate': ML_KEM,
  'SubtleCrypto.encapsulateKey': ML_KEM,
  'SubtleCrypto.encapsulateBits': ML_KEM,
  'SubtleCrypto.decapsulateKey': ML_KEM,
  'SubtleCrypto.decapsulateBits': ML_KEM,
};

/** What leaves the token in another state than the next example wants. */
const TAKES_APART = /\b(?:login|logout|initialize|initPin|initToken|setPin|close|destroy|set|setAttributes|await using)\b|Raw\.load/;

// Nothing here depends on the token: SoftHSM is enough.
const profile = profiles().find(({ name }) => name === 'softhsm');
const all = examples();

describe('examples in comments and documents', () => {
  let folder = '';
  let path = '';
  let prepared: Prepared | undefined;

  before(() => {
    folder = mkdtempSync(join(workshop(), 'run-'));
    path = write(all, folder, profile?.module || '/usr/lib/softhsm/libsofthsm2.so');
  });

  after(async () => {
    await prepared?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('compile', async () => {
    assert.ok(all.length > 50);
    const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder];
    const { stdout } = await execute(process.execPath, compiler, { cwd: folder }).catch((error: { stdout: string }) => error);
    assert.equal(stdout, '');
  });

  for (const example of all) {
    it(example.name, async function () {
      if (!profile || profile.reason !== undefined) skip(this, 'SoftHSM is not here');
      const reason = NOT_RUN[example.name];
      if (reason !== undefined) skip(this, reason);
      const { functions } = require(path) as { functions: Record<string, (scope: Scope | SecretScope | WebScope) => Promise<unknown>> };
      prepared ??= await prepare(profile);
      const { scope, secretScope, webScope, tidy } = prepared;
      if (/login\(/i.test(example.code)) await scope.token.logout();
      if (/\.init(?:Token|ialize)\(/.test(example.code)) await scope.session.close();
      try {
        await functions[example.name]!(isWeb(example) ? webScope : isSecret(example) ? secretScope : scope);
      } catch (error) {
        if (CryptokiError.is(error, 'ERR_CRYPTOKI_UNSUPPORTED') || Pkcs11Error.is(error, 'CKR_FUNCTION_NOT_SUPPORTED')) skip(this, error.message);
        throw error;
      } finally {
        if (TAKES_APART.test(example.code)) {
          await prepared.close();
          prepared = undefined;
        } else {
          await tidy();
        }
      }
    });
  }
});
