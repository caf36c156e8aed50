// Programs that a token needs while it is used.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './run.mjs';

/** A program in a process group of its own: its children end with it. */
export class Daemon {
  #child;
  #ended;

  constructor(child) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
  }

  /** Starts a program, its output in `log`, and waits until `ready` says so (asked ten times a second, for 15 s). */
  static async start(name, command, args, { log, ready, ...options }) {
    const output = openSync(log, 'a');
    const child = spawn(command, args, { detached: true, ...options, stdio: ['ignore', output, output] });
    closeSync(output);
    let failure;
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('exit', (code, signal) => {
      failure ??= `ended with ${code ?? signal}`;
    });
    const daemon = new Daemon(child);
    for (let round = 0; round < 150; round += 1) {
      if (failure !== undefined) break;
      if (await ready(daemon)) return daemon;
      await sleep(100);
    }
    await daemon.stop();
    const said = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('; ');
    throw new Failure(`${name} did not start: ${failure ?? 'not ready after 15 s'}${said && `: ${said}`}`);
  }

  get pid() {
    return this.#child.pid;
  }

  /** Ends the group and waits for it. */
  async stop() {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      if (this.#child.exitCode === null && this.#child.signalCode === null) await Promise.race([this.#kill(signal), sleep(3000)]);
    }
    // What the program has left behind in its group.
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }

  #kill(signal) {
    if (this.pid === undefined) return undefined;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    return this.#ended;
  }
}

/** The first of `count` neighbouring ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(count) {
  const isFree = (port) =>
    new Promise((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
  for (let port = 23_000 + (process.pid % 1000) * 8; port < 60_000; port += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(port + index)));
    if (free.every(Boolean)) return port;
  }
  throw new Failure('no free port');
}
