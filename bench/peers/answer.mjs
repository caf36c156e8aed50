// The other end of bench/contestant.mjs: a peer says that it is ready, then works as long as each line on its input says and answers with what it measured.
import { createInterface } from 'node:readline';

import { slice } from '../slice.mjs';

/** What this peer is told: the library, the PIN, how many sessions, and what is its own. */
export const told = JSON.parse(process.argv[2]);

/** 32 bytes, like a digest. */
export const DATA = Buffer.alloc(32, 7);

export const P256 = Buffer.from('06082a8648ce3d030107', 'hex');

export async function answer(work) {
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await slice(work, Number(line))));
}
