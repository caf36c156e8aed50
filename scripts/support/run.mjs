// Child processes, and failures that a person reads as one sentence.
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

/** A failure whose message is all that the user needs: printed without a stack. */
export class Failure extends Error {}

/** Runs the main function of a script: a `Failure` prints its sentence, anything else its stack; both exit with 1. */
export async function main(body) {
  try {
    process.exitCode = (await body(process.argv.slice(2))) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}

/** The output of a command, or undefined where it is missing or fails. */
export function output(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'], ...options });
  return result.status === 0 ? result.stdout : undefined;
}

/** Runs a command without showing what it prints; when it fails, the end of that becomes the message. */
export function quietly(what, command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  if (result.error) throw new Failure(`${what}: ${result.error.message}`);
  if (result.status !== 0) {
    const tail = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-30).join('\n');
    throw new Failure(`${what} failed (${command} ended with ${result.status ?? result.signal}):\n${tail}`);
  }
  return result.stdout;
}

/**
 * Runs a command in the foreground and answers its exit code. Ctrl-C and SIGTERM reach the command, which then has the
 * time to put things in order; this process waits for it. `started` is given the child.
 */
export function foreground(command, args, { started, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    started?.(child);
    // A Ctrl-C at the terminal goes to the whole process group already: only SIGTERM needs passing on.
    const interrupted = () => {};
    const terminated = () => child.kill('SIGTERM');
    process.on('SIGINT', interrupted);
    process.on('SIGTERM', terminated);
    const done = () => {
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', terminated);
    };
    child.on('error', (error) => {
      done();
      reject(new Failure(`${command}: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
