// For scripts/reliability.mjs: runs a part of the scenarios; the last line printed is their rows in JSON.
//
//   report.ts module            the programmable module: scenarios and the matrix
//   report.ts tokens            the tokens of CRYPTOKI_TEST_TOKENS
//   report.ts <part> SIGNS      so many signatures instead of 20,000 (or 2,000 on slow tokens)

import { profiles } from '../support/profile';
import type { Row } from './figures';
import { PHASES, runMatrix } from './matrix';
import { runScenario } from './scenario';
import { scenarios } from './scenarios';
import { runTokenScenario } from './token-scenario';
import { tokenScenarios } from './token-scenarios';

const SIGNS = 20_000;

function say(row: Row): Row {
  process.stderr.write(`· ${row.scenario}: ${row.findings.length === 0 ? 'all right' : row.findings.join('; ')}\n`);
  return row;
}

async function onModule(signs: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) rows.push(say(await runScenario(scenario, signs)));
  for (const phase of PHASES) rows.push(...(await runMatrix(phase)).map(say));
  return rows;
}

async function onTokens(signs: number | undefined): Promise<Row[]> {
  const rows: Row[] = [];
  for (const profile of profiles()) {
    for (const scenario of tokenScenarios.filter((one) => one.profile === profile.name)) {
      rows.push(say(await runTokenScenario(scenario, profile, signs ?? scenario.signs)));
    }
  }
  return rows;
}

async function main([part, signs]: string[]): Promise<void> {
  const count = signs === undefined ? undefined : Number(signs);
  const rows = part === 'tokens' ? await onTokens(count) : await onModule(count ?? SIGNS);
  console.log(JSON.stringify(rows));
}

void main(process.argv.slice(2));
