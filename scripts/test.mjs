// npm test: set-up, the checks on the sources, and the whole suite on SoftHSM and NSS.
//
//   npm test                                everything
//   npm test -- test/token/sign.test.ts     these files only, without the checks; further words go to mocha (-g, --bail)
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './setup.mjs';
import { acquire } from './support/acquire.mjs';
import { add, closing, none } from './support/counts.mjs';
import { runMocha } from './support/mocha.mjs';
import { root } from './support/paths.mjs';
import { foreground, main } from './support/run.mjs';
import * as nss from './tokens/nss.mjs';
import * as softhsm from './tokens/softhsm.mjs';

const node = process.execPath;
const suite = 'test/**/*.test.ts';

/** Each a name and a command that succeeds or explains. */
const checks = [
  ['generated files match spec/', node, 'scripts/generate.mjs', '--check'],
  ['types', node, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['lint', node, 'node_modules/oxlint/bin/oxlint', '--deny-warnings'],
];

async function check() {
  let counts = none;
  for (const [name, command, ...words] of checks) {
    const status = await foreground(command, words, { cwd: root });
    console.log(`${status === 0 ? '✔' : '✘'} ${name}`);
    counts = add(counts, status === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 });
  }
  return counts;
}

function token(name, recipe) {
  const got = acquire(recipe, { say: (text) => console.log(text) });
  return got ? { name, ...got } : { name, reason: `this machine has no ${name} and no way to get it: ${recipe.advice}` };
}

await main(async (words) => {
  await prepare();
  const tokens = [token('softhsm', softhsm), token('nss', nss)];
  for (const { name, module, reason } of tokens) console.log(`· ${name}: ${module ?? reason}`);
  if (existsSync(join(root, 'scripts/build-test-modules.mjs'))) {
    const status = await foreground(node, ['scripts/build-test-modules.mjs'], { cwd: root });
    if (status !== 0) return status;
  }
  const chosen = words.length > 0;
  const counts = add(
    chosen ? none : await check(),
    await runMocha({ tokens, words: words.some((word) => word.endsWith('.ts')) ? words : [suite, ...words] }),
  );
  console.log(`\n${closing(counts)}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});
