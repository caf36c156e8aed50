// Ends in a given way while a batch runs.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Module } from '../../../lib';
import { FaultModule } from '../../support/fault-module';
import { given, startWorker } from '../support';

export interface Given {
  readonly path: string;
  readonly end: 'natural' | 'exit' | 'uncaught' | 'close' | 'terminate';
  readonly count: number;
}

async function start({ path, end, count }: Given) {
  const module = await Module.load(path);
  const token = await module.slot(1).token();
  const inputs = Array.from({ length: count }, (_, index) => Buffer.from(`document ${index}`));
  const digests = token.digestMany('sha256', inputs);
  digests.then(
    (all) => console.log(`digests ${all.length}`),
    (error: { code?: string; cause?: { code?: string } }) => console.log(error.code, error.cause?.code),
  );
  // One that is done first may be over before anybody looks.
  if (end !== 'natural') await new FaultModule(path).inside('C_Digest');
  return module;
}

async function main(all: Given): Promise<void> {
  if (all.end === 'terminate') {
    const thread = startWorker(__filename, all);
    await new Promise((settle) => thread.on('message', settle));
    await thread.terminate();
    console.log('terminated');
    return;
  }
  const module = await start(all);
  if (all.end === 'exit') process.exit(7);
  if (all.end === 'uncaught') throw new Error('nobody catches this');
  if (all.end === 'close') await module.close();
  console.log('end');
}

if (isMainThread) void main(given<Given>());
else void start(workerData as Given).then(() => parentPort!.postMessage('ready'));
