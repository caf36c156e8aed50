// Watches a run of tests: where nothing moves for longer than the test may take, its thread is blocked or a child never
// ends, and mocha's own limits cannot help. What stands there is shown, and the run is ended.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { lastLine } from './counts.mjs';

/** Beyond what the test itself may take: mocha ends it by then, where it still can. */
const GRACE = 60_000;
/** Until mocha has loaded its files. */
const LOADING = 300_000;

const textOf = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** A process and all below it, the deepest last: `{ pid, state, command }`. Linux alone tells. */
export function treeOf(pid) {
  const processes = new Map();
  for (const name of existsSync('/proc/self/stat') ? readdirSync('/proc') : []) {
    // The name of the program stands in parentheses and may hold anything.
    const [, state, parent] = /\) (\S) (\d+) /.exec(textOf(`/proc/${name}/stat`)) ?? [];
    if (state !== undefined) processes.set(Number(name), { state, parent: Number(parent) });
  }
  const tree = [];
  const visit = (one, depth) => {
    const command = textOf(`/proc/${one}/cmdline`).replaceAll('\0', ' ').trim();
    tree.push({ pid: one, depth, state: processes.get(one)?.state ?? '?', command });
    for (const [child, { parent }] of processes) if (parent === one) visit(child, depth + 1);
  };
  visit(pid, 0);
  return tree;
}

/** Where the threads of a process stand, if there is a debugger. */
function stacksOf(pid) {
  const words = ['-p', String(pid), '-batch', '-nx', '-ex', 'set print frame-arguments none', '-ex', 'thread apply all bt 12'];
  const { stdout, error } = spawnSync('gdb', words, { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL', maxBuffer: 1 << 26 });
  if (error !== undefined && !stdout) return [];
  return stdout.split('\n').filter((line) => /^(?:Thread|#\d)/.test(line));
}

function show(say, pid, what) {
  say(`\nNothing has moved for longer than it may: ${what}`);
  const tree = treeOf(pid);
  for (const { pid: one, depth, state, command } of tree) say(`${'  '.repeat(depth + 1)}${one} ${state} ${command.slice(0, 200)}`);
  for (const { pid: one } of tree.slice(-3)) for (const line of stacksOf(one).slice(0, 120)) say(`  ${one} ${line}`);
  return tree;
}

/**
 * Watches `child`, whose reporter appends a line to `report` at every step. Answers a function that ends the watch and
 * says what stood still, if anything did.
 */
export function watch(child, report, { say = console.error, grace = GRACE, loading = LOADING, pause = 2000 } = {}) {
  let size = -1;
  let since = Date.now();
  let stood;
  const look = () => {
    const now = existsSync(report) ? statSync(report).size : 0;
    if (now !== size) {
      size = now;
      since = Date.now();
      return;
    }
    const { at, limit = 0 } = lastLine(report) ?? { at: 'mocha loads its files', limit: loading };
    // No limit at all is one that mocha does not watch.
    if (stood !== undefined || Date.now() - since < (limit || loading) + grace) return;
    stood = at ?? 'all tests have ended, and the process does not';
    for (const { pid } of show(say, child.pid, stood).toReversed()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
  };
  const timer = setInterval(look, pause);
  return () => {
    clearInterval(timer);
    return stood;
  };
}
