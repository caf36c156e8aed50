// What the script that has started a token's programs does to them when a test asks for it.

import { once } from 'node:events';
import { createConnection } from 'node:net';

/** Makes a fault of the running token's recipe in scripts/tokens; resolves when it is made. */
export async function make(fault: string): Promise<void> {
  const socket = createConnection(process.env['CRYPTOKI_TEST_CONTROL'] ?? '');
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => (said += text));
  socket.write(`${fault}\n`);
  await once(socket, 'close');
  if (said !== 'ok\n') throw new Error(`${fault}: ${said.trim()}`);
}
