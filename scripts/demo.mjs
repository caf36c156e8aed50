// npm run demo: from a fresh clone to verified signatures.
//
// Which token: PKCS11_MODULE in the environment; SoftHSM 2 where it is installed; on Debian and Ubuntu SoftHSM 2 unpacked
// into the project's cache. A software token is made in a temporary folder. Of any other library the demo initialises
// nothing: it wants an existing token's label in PKCS11_TOKEN and its PIN in PKCS11_PIN, and leaves nothing on it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { prepare } from './setup.mjs';
import { acquire, mergeEnvironments } from './support/acquire.mjs';
import { root } from './support/paths.mjs';
import { Failure, foreground, main } from './support/run.mjs';
import * as nss from './tokens/nss.mjs';
import * as softhsm from './tokens/softhsm.mjs';

/** The library, and what makes it work on a store in `folder`. */
function chooseToken(folder, say) {
  const given = process.env.PKCS11_MODULE;
  if (!given) {
    const got = acquire(softhsm, { say });
    if (!got) throw new Failure(`No software token here: ${softhsm.advice}.`);
    return { module: got.module, environment: mergeEnvironments(got.environment, { SOFTHSM2_CONF: softhsm.configure(folder) }), fresh: 'softhsm' };
  }
  if (!existsSync(given)) throw new Failure(`PKCS11_MODULE names ${given}, and there is no such file.`);
  if (/softhsm/i.test(basename(given))) return { module: given, environment: { SOFTHSM2_CONF: softhsm.configure(folder) }, fresh: 'softhsm' };
  if (/softokn/i.test(basename(given))) return { module: given, environment: nss.environment, fresh: 'nss', reserved: `configdir='sql:${folder}'` };
  if (process.env.PKCS11_TOKEN === undefined || process.env.PKCS11_PIN === undefined) {
    throw new Failure(
      'The demo makes tokens only in SoftHSM and NSS: set PKCS11_TOKEN to the label and PKCS11_PIN to the PIN of a token of this library.',
    );
  }
  return { module: given, environment: {} };
}

await main(async () => {
  await prepare();
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-demo-'));
  try {
    const { environment, ...token } = chooseToken(folder, (text) => console.log(`· ${text}`));
    const env = mergeEnvironments(process.env, environment, { CRYPTOKI_DEMO: JSON.stringify(token) });
    return await foreground(process.execPath, [join(root, 'scripts/demo/show.mjs')], { env });
  } finally {
    // After the child, however it ended.
    rmSync(folder, { recursive: true, force: true });
  }
});
