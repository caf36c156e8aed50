// Child processes for tests of what happens when one ends: what they print, how they end, what the module saw of it.

import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import assert from 'node:assert/strict';
import { FaultModule } from '../support/fault-module';

const root = resolve(__dirname, '..', '..');
/** A child that is still there then is killed, and the test fails for the signal. Far from what any of them takes. */
const PATIENCE = 50_000;
/** For the tests that start one. */
export const CHILD_TIME = PATIENCE + 10_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The lines it printed. */
  readonly lines: string[];
  readonly stderr: string;
}

export interface ChildOptions {
  /** Handed to the child; see `given`. */
  readonly given?: unknown;
  readonly environment?: Record<string, string>;
}

/** Runs children/<name>.ts in a process of its own, with garbage collection on demand. */
export function runChild(name: string, { given = null, environment = {} }: ChildOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', join(__dirname, 'children', `${name}.ts`)], {
    cwd: root,
    env: { ...process.env, ...environment, CRYPTOKI_CHILD_GIVEN: JSON.stringify(given) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => settle({ code, signal, lines: stdout.split('\n').filter((line) => line !== ''), stderr }));
  });
}

/** In a child: what the test has handed over. */
export function given<Given>(): Given {
  return JSON.parse(process.env['CRYPTOKI_CHILD_GIVEN'] ?? 'null') as Given;
}

/** Asserts how a child ended; what it wrote to stderr is the message. */
export function assertEnd(ended: Ended, code: number, lines?: readonly string[]): void {
  assert.deepEqual({ code: ended.code, signal: ended.signal }, { code, signal: null }, ended.stderr);
  if (lines !== undefined) assert.deepEqual(ended.lines, lines, ended.stderr);
}

/** Runs `body` with a module of its own, and asserts what holds whatever happens, save for what the test is about. */
export async function withFault(body: (fault: FaultModule) => Promise<void>, { save }: { readonly save?: string } = {}): Promise<void> {
  const fault = new FaultModule();
  try {
    await body(fault);
    for (const finding of [...FINDINGS, 'unknownSessions']) if (finding !== save) assert.equal(fault.get(finding), 0, finding);
  } finally {
    fault.close();
  }
}

/** What the module must never have seen, whatever was ordered. */
export const FINDINGS: readonly string[] = [
  'overlaps',
  'serialOverlaps',
  'uninitializedCalls',
  'finalizedWhileRunning',
  'closedWhileRunning',
  'foreignFinalizations',
  'badArguments',
];

/** In a child: a worker thread that runs this TypeScript file. Node itself gives `--import` to the main thread only; and what a library
 * reads from the environment is the process's own. */
export function startWorker(file: string, workerData: unknown): Worker {
  return new Worker(`require('tsx/cjs'); require(${JSON.stringify(file)});`, { eval: true, workerData, execArgv: [], env: SHARE_ENV });
}
