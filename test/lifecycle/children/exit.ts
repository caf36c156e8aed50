// Ends in a given way while a call is in a given state.

import { CKF } from '../../../lib/constants';
import { Raw } from '../../../lib/raw';
import { FaultModule } from '../../support/fault-module';
import { given } from '../support';

export interface Given {
  readonly path: string;
  readonly call: 'none' | 'running' | 'queued' | 'given up' | 'waiting';
  readonly end: 'natural' | 'exit' | 'uncaught' | 'rejection' | 'close';
  /** The call that hangs comes round, a while after the end has begun. */
  readonly comesRound?: boolean;
}

const { path, call, end, comesRound = false } = given<Given>();

async function main(): Promise<void> {
  const fault = new FaultModule(path);
  const raw = await Raw.load(path);
  await raw.C_Initialize();
  const session = await raw.C_OpenSession(1, CKF.SERIAL_SESSION);
  process.on('exit', (code) => {
    console.log(`exit ${code}`);
    if (comesRound) fault.release('C_GenerateRandom');
  });

  const say = (what: string) => [() => console.log(what), (error: { code?: string }) => console.log(`${what} ${error.code}`)] as const;
  if (call === 'waiting') {
    void raw.C_WaitForSlotEvent(0).then(...say('waited'));
    await fault.inside('C_WaitForSlotEvent');
  } else if (call !== 'none') {
    void raw.C_GenerateRandom(session, 4, call === 'given up' ? { timeLimit: 20 } : {}).then(...say('first'));
    await fault.inside('C_GenerateRandom');
  }
  if (call === 'queued') void raw.C_SeedRandom(session, Buffer.from('seed')).then(...say('second'));

  switch (end) {
    case 'natural':
      return;
    case 'exit':
      process.exit(7);
    case 'uncaught':
      setImmediate(() => {
        throw new Error('nobody catches this');
      });
      return;
    case 'rejection':
      throw new Error('nobody handles this');
    case 'close':
      await raw.close();
      console.log('closed');
  }
}

void main();
