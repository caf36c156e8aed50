// A command whose output is wanted while what it says meanwhile is shown.
import { spawn } from 'node:child_process';
import { Failure } from '../support/run.mjs';

/** Answers what the command prints; its standard error output goes where ours does. */
export function capture([command, ...args], options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => reject(new Failure(`${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Failure(`${args.at(-1)} ended with ${code ?? signal}`));
    });
  });
}
