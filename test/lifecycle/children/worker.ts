// A worker and the main thread use one library; the worker ends in a given way while a call of its own is in a given state.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { CKF } from '../../../lib/constants';
import { Raw } from '../../../lib/raw';
import { FaultModule } from '../../support/fault-module';
import { given, startWorker } from '../support';

export interface Given {
  readonly path: string;
  /** What the worker is in when it ends. */
  readonly call: 'loading' | 'initializing' | 'none' | 'running' | 'queued' | 'waiting';
  readonly end: 'terminate' | 'exit' | 'uncaught' | 'natural';
  /** Whether the main thread uses the library too. */
  readonly shared: boolean;
  /** The call that hangs comes round when the worker has gone. */
  readonly comesRound?: boolean;
}

async function worker({ path, call, end }: Given): Promise<void> {
  const fault = new FaultModule(path);
  const quiet = (): void => undefined;
  const loading = Raw.load(path);
  if (call !== 'loading') {
    const raw = await loading;
    const initializing = raw.C_Initialize();
    if (call === 'initializing') await fault.inside('C_Initialize');
    else {
      await initializing;
      const session = await raw.C_OpenSession(1, CKF.SERIAL_SESSION);
      if (call === 'waiting') {
        raw.C_WaitForSlotEvent(0).catch(quiet);
        await fault.inside('C_WaitForSlotEvent');
      } else if (call !== 'none') {
        raw.C_GenerateRandom(session, 4).catch(quiet);
        await fault.inside('C_GenerateRandom');
      }
      if (call === 'queued') raw.C_SeedRandom(session, Buffer.from('seed')).catch(quiet);
    }
  }
  parentPort!.postMessage('ready');
  // It must not end by itself before it is ended.
  if (end === 'terminate') setInterval(() => undefined, 1000);
  if (end === 'exit') process.exit(3);
  if (end === 'uncaught') throw new Error('nobody catches this');
}

async function main(all: Given): Promise<void> {
  const raw = all.shared ? await Raw.load(all.path) : undefined;
  await raw?.C_Initialize();
  const session = await raw?.C_OpenSession(2, CKF.SERIAL_SESSION);
  const thread = startWorker(__filename, all);
  // An 'error' that is listened for is not thrown here.
  thread.on('error', () => undefined);
  const ended = new Promise((settle) => thread.on('exit', settle));
  await new Promise((settle) => thread.on('message', settle));
  const terminated = all.end === 'terminate' ? await thread.terminate() : await ended;
  console.log(`worker ${terminated}`);
  if (all.comesRound === true) new FaultModule(all.path).release('C_GenerateRandom');
  if (raw === undefined) return;
  const { state } = await raw.C_GetSessionInfo(session!);
  console.log(`state ${state}`);
  await raw.close();
  console.log('closed');
}

void (isMainThread ? main(given<Given>()) : worker(workerData as Given));
