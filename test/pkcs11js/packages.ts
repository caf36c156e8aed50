// pkcs11js itself beside ours: both run the same programs, each in a process of its own, which may crash.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
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

/** Where a program runs: with a fresh store, which is gone when `work` is done. */
function placed<T>(packagePath: string, environment: NodeJS.ProcessEnv, work: (env: NodeJS.ProcessEnv, done: () => void) => T): T {
  const token = library();
  if (token === undefined) throw new Error('there is no SoftHSM');
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-pkcs11js-'));
  const env = {
    ...process.env,
    ...token.environment,
    SOFTHSM2_CONF: softhsm.configure(folder),
    PKCS11_LIBRARY: token.module,
    PACKAGE: packagePath,
    ...environment,
  };
  return work(env, () => rmSync(folder, { recursive: true, force: true }));
}

const linesOf = (output: string): Record<string, unknown>[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A heap that the original has damaged may leave its process waiting for itself. */
const PATIENCE = 120_000;

/** Runs a program, with a fresh store. */
export function runFile(path: string, packagePath: string, { environment = {}, flags = [], prepared = false }: HowToRun): Run {
  return placed(packagePath, environment, (env, done) => {
    try {
      const how = { encoding: 'utf8', maxBuffer: 1 << 28, env, timeout: PATIENCE, killSignal: 'SIGKILL' } as const;
      if (prepared) spawnSync(process.execPath, ['-e', `require(${JSON.stringify(join(children, 'token.cjs'))}).opened()`], how);
      const { stdout, stderr, status, signal } = spawnSync(process.execPath, [...flags, path], how);
      return { lines: linesOf(stdout), status, signal, errors: stderr, output: stdout };
    } finally {
      done();
    }
  });
}

/** As `runFile`, beside others. */
function runBeside(path: string, packagePath: string, environment: NodeJS.ProcessEnv): Promise<Run> {
  return placed(packagePath, environment, (env, done) => {
    const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    const errors: string[] = [];
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      patience.refresh();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    return new Promise<Run>((resolve, reject) => {
      child.on('error', reject).on('close', (status, signal) => {
        resolve({ lines: linesOf(output.join('')), status, signal, errors: errors.join(''), output: output.join('') });
      });
    }).finally(() => {
      clearTimeout(patience);
      done();
    });
  });
}

/** Most of the time goes into beginning again after a crash. */
const LANES = Math.min(4, availableParallelism());

/** Runs a program of many cases to its end: where it crashes, that case is noted and it goes on behind it. What came of each, by its title. */
export async function runCases(program: string, packagePath: string, environment: NodeJS.ProcessEnv = {}): Promise<Map<string, unknown>> {
  const outcomes = new Map<string, unknown>();
  const lane = async (start: number): Promise<void> => {
    for (let first = start; ;) {
      const how = { ...environment, FIRST: String(first), STEP: String(LANES) };
      const { lines, signal, errors } = await runBeside(join(children, program), packagePath, how);
      let at: { index: number; title: string } | undefined;
      for (const line of lines) {
        if (typeof line['title'] === 'string') at = { index: line['index'] as number, title: line['title'] };
        if (!('outcome' in line)) continue;
        outcomes.set(at!.title, line['outcome']);
        at = undefined;
      }
      if (lines.at(-1)?.['end'] !== undefined) return;
      if (at === undefined) throw new Error(`${program} ended between two cases: ${errors}`);
      outcomes.set(at.title, `crash ${signal ?? ''}`.trim());
      first = at.index + LANES;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, start) => lane(start)));
  return outcomes;
}
