// npm run reliability: thousands of signatures while everything fails that can, and what became of every one of them.
//
//   npm run reliability [-- module p11kit opensc tpm2 opencryptoki] [-- --write] [-- --signs=2000] [-- --no-build]
//
// `module` is the programmable module of the tests; the others are tokens of scripts/tokens, left out with the reason where this machine
// cannot have them. --write puts the table into docs/reliability.md. Five minutes for everything.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from './reliability/capture.mjs';
import { table, write } from './reliability/table.mjs';
import { prepare } from './setup.mjs';
import { mergeEnvironments } from './support/acquire.mjs';
import { serve } from './support/control.mjs';
import { root } from './support/paths.mjs';
import { Failure, main } from './support/run.mjs';
import * as opencryptoki from './tokens/opencryptoki.mjs';
import * as opensc from './tokens/opensc.mjs';
import * as p11kit from './tokens/p11kit.mjs';
import * as tpm2 from './tokens/tpm2.mjs';

const tokens = { p11kit, opensc, tpm2, opencryptoki };
const parts = ['module', ...Object.keys(tokens)];

/** The rows of test/fault/report.ts, run where the token is. */
async function report(words, { prefix = [], node = process.execPath, environment = {} } = {}) {
  const command = [...prefix, node, '--expose-gc', '--import', 'tsx', join(root, 'test/fault/report.ts'), ...words];
  const output = await capture(command, { cwd: root, env: mergeEnvironments(process.env, environment) });
  return JSON.parse(output.trim().split('\n').at(-1));
}

async function onToken(name, signs) {
  const folder = mkdtempSync(join(tmpdir(), `cryptoki-${name}-`));
  let token;
  let control;
  try {
    token = await tokens[name].start(folder);
    control = await serve(token.faults);
    const given = JSON.stringify([{ name, module: token.module }]);
    const environment = mergeEnvironments(token.environment, control.environment, { CRYPTOKI_TEST_TOKENS: given });
    return await report(['tokens', ...signs], { ...token, environment });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ scenario: name, reason: error.message }];
  } finally {
    await control?.stop();
    await token?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async (words) => {
  const options = words.filter((word) => word.startsWith('--'));
  const wanted = words.filter((word) => !word.startsWith('--'));
  const count = options.find((option) => /^--signs=\d+$/.test(option))?.slice('--signs='.length);
  const unknown = [
    ...options.filter((option) => option !== '--write' && option !== '--no-build' && !/^--signs=\d+$/.test(option)),
    ...wanted.filter((part) => !parts.includes(part)),
  ];
  if (unknown.length > 0) throw new Failure(`Unknown: ${unknown.join(' ')}. The parts are ${parts.join(', ')}.`);
  if (!options.includes('--no-build')) await prepare();
  const rows = [];
  for (const part of wanted.length > 0 ? wanted : parts) {
    process.stderr.write(`\n== ${part}\n`);
    rows.push(...(part === 'module' ? await report(['module', ...(count ? [count] : [])]) : await onToken(part, count ? [count] : [])));
  }
  const text = table(rows);
  console.log(text);
  if (options.includes('--write')) write(text);
  return rows.every(({ findings = [] }) => findings.length === 0) ? 0 : 1;
});
