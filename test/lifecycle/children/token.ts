// On a real token: ends in a given way while many calls run in it.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { setImmediate } from 'node:timers/promises';
import { openToken, profiles } from '../../support/profile';
import { given, startWorker } from '../support';

export interface Given {
  readonly profile: string;
  readonly end: 'natural' | 'exit' | 'uncaught' | 'close' | 'collect' | 'terminate';
}

const SIGNATURES = 100;

const quiet = (): void => undefined;

/** Signs and makes keys, many at once. Nothing is held but the promises. */
async function start(name: string): Promise<{ calls: Promise<unknown>[]; close: () => Promise<void> }> {
  const { token, pin, close } = await openToken(profiles().find((profile) => profile.name === name)!);
  await token.login(pin);
  const { privateKey } = await token.generateKeyPair('rsa', { modulusLength: 2048 });
  const calls: Promise<unknown>[] = Array.from({ length: SIGNATURES }, (_, index) => privateKey.sign('sha256', Buffer.from(`document ${index}`)));
  calls.push(token.generateKeyPair('rsa', { modulusLength: 2048 }));
  // The first has come: the others are under way.
  await calls[0];
  for (const call of calls) call.catch(quiet);
  return { calls, close };
}

async function main({ profile, end }: Given): Promise<void> {
  if (end === 'terminate') {
    const thread = startWorker(__filename, profile);
    await new Promise((settle) => thread.on('message', settle));
    await thread.terminate();
    console.log('terminated');
    return;
  }
  const { calls, close } = await start(profile);
  console.log('under way');
  if (end === 'exit') process.exit(7);
  if (end === 'uncaught') throw new Error('nobody catches this');
  if (end === 'close') {
    const closed = close();
    // Each gets its result, or is told that the token has been closed.
    for (const call of calls) await call.catch((error: { code?: string }) => error.code === 'ERR_CRYPTOKI_CLOSED' || console.log(error));
    await closed;
  }
  if (end === 'collect') {
    for (let round = 0; round < 20; round++) {
      globalThis.gc!();
      await setImmediate();
    }
    const results = await Promise.all(calls);
    console.log(new Set(results.slice(0, SIGNATURES).map((signature) => Buffer.from(signature as Uint8Array).toString('hex'))).size);
  }
  console.log('end');
}

async function worker(profile: string): Promise<void> {
  await start(profile);
  parentPort!.postMessage('under way');
}

void (isMainThread ? main(given<Given>()) : worker(workerData as string));
