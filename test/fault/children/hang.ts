// A process some of whose C_Sign never return: what it does afterwards is in `end`.

import { randomBytes } from 'node:crypto';
import { Module } from '../../../lib';
import { FaultModule } from '../../support/fault-module';
import { given } from '../../lifecycle/support';
import { addKey, openSigning, PIN } from '../fault-token';
import { signAll } from '../workload';

export interface Given {
  readonly path: string;
  readonly hanging: number;
  readonly end: 'natural' | 'close' | 'exit';
  /** Most sessions of the token. */
  readonly sessions?: number;
}

const SIGNS = 1_000;

async function main({ path, hanging, end, sessions = 0 }: Given): Promise<void> {
  const fault = new FaultModule(path);
  fault.set('sessionLimit', sessions);
  const module = await Module.load(path);
  const token = await module.token({ slotId: 1 });
  const value = randomBytes(32);
  await token.login(PIN);
  await addKey(token, value);
  const signing = await openSigning(token, value);
  fault.tell('C_Sign', { stay: hanging });
  const outcome = await signAll(signing, { signs: SIGNS, callLimit: 300, within: sessions === 1 ? 2_000 : 30_000 });
  console.log(`${outcome.right} right, ${outcome.missing} missing`);
  if (end === 'close') {
    await module.close();
    console.log('closed');
  } else if (end === 'exit') {
    process.exit(7);
  }
}

process.on('exit', (code) => console.log(`exit ${code}`));
void main(given<Given>());
