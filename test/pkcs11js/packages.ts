// pkcs11js itself beside ours: both run the same programs, each in a process of its own, which may crash.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { acquire } from '../../scripts/support/acquire.mjs';
import { root } from '../../scripts/support/paths.mjs';
import * as softhsm from '../../scripts/tokens/softhsm.mjs';

export const OURS = join(root, 'dist', 'pkcs11js.js');
export const children = join(root, 'test', 'pkcs11js', 'children');

/** Where pkcs11js with its addon is, or why it is not. */
export async function original(): Promise<{ path: string } | { reason: string }> {
  const peer = (await import('../../bench/peers/pkcs11js-addon.mjs')) as unknown as { build(): void; entry: string };
  try {
    peer.build();
  } catch (error) {
    return { reason: `pkcs11js does not compile here: ${(error as Error).message.split('\n')[0]}` };
  }
  return existsSync(peer.entry) ? { path: peer.entry } : { reason: 'pkcs11js does not compile here' };
}

/** SoftHSM's library and its environment, or undefined. */
export function library(): { module: string; environment: Record<string, string> } | undefined {
  return acquire(softhsm) as { module: string; environment: Record<string, string> } | undefined;
}

/** How a program ended, and the lines that it told. */
export interface Run {
  readonly lines: readonly Record<string, unknown>[];
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
  /** All that it wrote. */
  readonly output: string;
}

/** Runs a program of children/ on a package, with a fresh store of SoftHSM tokens. */
export function run(program: string, packagePath: string, environment: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Run {
  return runFile(join(children, program), packagePath, { environment, flags });
}

interface HowToRun {
  readonly environment?: NodeJS.ProcessEnv;
  readonly flags?: readonly string[];
  /** The store has a token. */
  readonly prepared?: boolean;
}

/** Runs a program, with a fresh store. */
export function runFile(path: string, packagePath: string, { environment = {}, flags = [], prepared = false }: HowToRun): Run {
  const token = library();
  if (token === undefined) throw new Error('there is no SoftHSM');
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-pkcs11js-'));
  try {
    const env = {
      ...process.env,
      ...token.environment,
      SOFTHSM2_CONF: softhsm.configure(folder),
      PKCS11_LIBRARY: token.module,
      PACKAGE: packagePath,
      ...environment,
    };
    if (prepared) spawnSync(process.execPath, ['-e', `require(${JSON.stringify(join(children, 'token.cjs'))}).opened()`], { env });
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, [...flags, path], { encoding: 'utf8', maxBuffer: 1 << 28, env });
    const lines = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { lines, status, signal, errors: stderr, output: stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program of many cases to its end: where it crashes, that case is noted and it goes on behind it. */
export function runCases(program: string, packagePath: string, environment: NodeJS.ProcessEnv = {}): Map<string, unknown> {
  const outcomes = new Map<string, unknown>();
  for (let first = 0; ;) {
    const { lines, signal, errors } = run(program, packagePath, { ...environment, FIRST: String(first) });
    let at: { index: number; title: string } | undefined;
    for (const line of lines) {
      if (typeof line['title'] === 'string') at = { index: line['index'] as number, title: line['title'] };
      if (!('outcome' in line)) continue;
      outcomes.set(at!.title, line['outcome']);
      at = undefined;
    }
    if (lines.at(-1)?.['end'] !== undefined) return outcomes;
    if (at === undefined) throw new Error(`${program} ended between two cases: ${errors}`);
    outcomes.set(at.title, `crash ${signal ?? ''}`.trim());
    first = at.index + 1;
  }
}
