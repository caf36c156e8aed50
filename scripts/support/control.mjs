// What a test may do to the programs behind its token, though another process has started them: a socket that takes a line per command.
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cached } from './paths.mjs';

/** Serves `commands`, functions by name. Answers the environment that tells the test, and `stop`. */
export async function serve(commands) {
  // In the cache, which a token's own root file system has too.
  const path = join(cached('control'), `${process.pid}`);
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (name) => void answer(socket, commands[name]));
    socket.on('error', () => {});
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return {
    environment: { CRYPTOKI_TEST_CONTROL: path },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function answer(socket, command) {
  try {
    if (!command) throw new Error('no such command');
    await command();
    socket.end('ok\n');
  } catch (error) {
    socket.end(`${error.message.replaceAll('\n', ' ')}\n`);
  }
}

/** The processes that this one has started and that are there. */
export function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
