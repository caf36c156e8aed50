// Workers that come and go: some close, some are terminated in the middle of calls, some just end.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Module } from '../../../lib/module';
import { given, startWorker } from '../support';

interface Given {
  readonly path: string;
}

const WORKERS = 12;
const AT_ONCE = 3;
const CALLS = 20;

async function worker({ path, number }: Given & { number: number }): Promise<void> {
  const module = await Module.load(path);
  const token = await module.slot((number % 2) + 1).token();
  const calls = Array.from({ length: CALLS }, () => token.random(64));
  // Every third is terminated while its calls run.
  if (number % 3 === 0) parentPort!.postMessage('terminate me');
  await Promise.all(calls);
  if (number % 3 === 1) await module.close();
}

async function one(path: string, number: number): Promise<void> {
  const thread = startWorker(__filename, { path, number });
  const ended = new Promise((settle) => thread.on('exit', settle));
  thread.on('message', () => void thread.terminate());
  await ended;
}

async function main({ path }: Given): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < WORKERS) await one(path, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  console.log('all gone');
}

void (isMainThread ? main(given<Given>()) : worker(workerData as Given & { number: number }));
