// Brings a checkout to the point where it runs: npm packages, the addon, the compiled TypeScript; with --token, a token.
//
//   node scripts/setup.mjs                                  packages, addon, dist/
//   node scripts/setup.mjs --token softhsm --print-env      also finds or fetches a token; prints what its user needs
//                          --token nss                      (eval "$(…)" in a shell, then load $PKCS11_MODULE)
//                          --fetch                          from the package archive even when one is installed
//
// Plain Node, and nothing from node_modules: this runs before they are there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { acquire } from './support/acquire.mjs';
import { ensurePackages } from './support/npm.mjs';
import { cached, root } from './support/paths.mjs';
import { Failure, foreground, main } from './support/run.mjs';
import * as nss from './tokens/nss.mjs';
import * as softhsm from './tokens/softhsm.mjs';

/** What a first user of each token sets: an empty store of tokens in the cache. */
const stores = {
  softhsm: { token: softhsm, environment: () => ({ SOFTHSM2_CONF: softhsm.configure(cached('stores', 'softhsm')) }) },
  nss: { token: nss, environment: () => ({ PKCS11_RESERVED: `configdir='sql:${cached('stores', 'nss')}'` }) },
};

async function step(script) {
  const status = await foreground(process.execPath, [join(root, 'scripts', script)], { cwd: root });
  // The script has said in its own words what is missing.
  if (status !== 0) throw new Failure(`The set-up stopped in scripts/${script}.`);
}

/** Packages, addon, dist/: each made when it is missing or older than its sources. */
export async function prepare(say = (what) => console.log(`· ${what}`)) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 9)) throw new Failure(`Node.js 20.9 or later is needed; this is ${process.version}.`);
  if (!existsSync(join(root, 'package-lock.json'))) throw new Failure('package-lock.json is missing: set-up needs a checkout of the repository.');
  ensurePackages(say);
  await step('build.mjs');
  await step('build-ts.mjs');
}

function printToken(name, fetch) {
  const store = stores[name];
  if (!store) throw new Failure(`--token knows ${Object.keys(stores).join(' and ')}.`);
  const got = acquire(store.token, { fetch, say: (text) => console.error(text) });
  if (!got) throw new Failure(`No ${name} here: ${store.token.advice}.`);
  const quote = (value) => `'${value.replaceAll("'", `'\\''`)}'`;
  const environment = { PKCS11_MODULE: got.module, ...store.environment(), ...got.environment };
  for (const [key, value] of Object.entries(environment)) console.log(`export ${key}=${quote(value)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async (words) => {
    const name = words.includes('--token') ? words[words.indexOf('--token') + 1] : undefined;
    if (!words.includes('--print-env')) await prepare();
    if (name !== undefined) printToken(name, words.includes('--fetch'));
  });
}
