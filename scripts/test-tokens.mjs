// npm run test:tokens: the token suite on tokens that need daemons, namespaces or packages of their own. One that this
// machine cannot have is a counted skip with its reason.
//
//   npm run test:tokens                       all of them
//   npm run test:tokens -- opensc tpm2        these
//   npm run test:tokens -- opensc -g signs    further words go to mocha; a file is run instead of the suite
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from './setup.mjs';
import { serve } from './support/control.mjs';
import { add, closing, none } from './support/counts.mjs';
import { runMocha } from './support/mocha.mjs';
import { Failure, main } from './support/run.mjs';
import * as nssSid from './tokens/nss-sid.mjs';
import * as opencryptoki from './tokens/opencryptoki.mjs';
import * as opensc from './tokens/opensc.mjs';
import * as p11kit from './tokens/p11kit.mjs';
import * as tpm2 from './tokens/tpm2.mjs';

const tokens = { 'nss-sid': nssSid, opencryptoki, opensc, p11kit, tpm2 };
const suite = [
  'test/token/**/*.test.ts',
  'test/webcrypto/quantum.test.ts',
  'test/webcrypto/interop/*.test.ts',
  'test/{scws,t1c}/card.test.ts',
  'test/conformance/{vectors,random-*}.test.ts',
];
/** In a process of their own: what is done to a library there it need not survive. */
const faults = ['test/fault/tokens.test.ts'];

async function started(name, folder) {
  try {
    return await tokens[name].start(folder);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { reason: error.message, stop: () => {} };
  }
}

async function run(name, words) {
  const folder = mkdtempSync(join(tmpdir(), `cryptoki-${name}-`));
  const { prefix, node, stop, module, environment, reason, faults: makers } = await started(name, folder);
  const control = makers && (await serve(makers));
  try {
    console.log(`\n== ${name}: ${module ?? reason}`);
    // Without the library this counts and lists what is not tested.
    const tokensOfRun = [{ name, module, environment: { ...environment, ...control?.environment }, reason }];
    const chosen = words.some((word) => word.endsWith('.ts'));
    let counts = none;
    for (const files of chosen ? [[]] : [suite, faults]) {
      counts = add(counts, await runMocha({ tokens: tokensOfRun, prefix, node, words: [...files, ...words] }));
    }
    return counts;
  } finally {
    await control?.stop();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async (given) => {
  const names = given.filter((word) => Object.hasOwn(tokens, word));
  const words = given.filter((word) => !Object.hasOwn(tokens, word));
  await prepare();
  let counts = none;
  for (const name of names.length > 0 ? names : Object.keys(tokens)) counts = add(counts, await run(name, words));
  console.log(`\n${closing(counts)}`);
  return counts.failed === 0 ? 0 : 1;
});
