// A process whose token is gone: who waits for it, and how the process ends.

import { Module } from '../../../lib';
import { FaultModule } from '../../support/fault-module';
import { given } from '../support';

export interface Given {
  readonly path: string;
  /** Milliseconds that the caller waits; 0: for ever. */
  readonly patience: number;
  readonly exits: boolean;
}

const A_DAY = 86_400_000;

async function main(): Promise<void> {
  const { path, patience, exits } = given<Given>();
  const fault = new FaultModule(path);
  const module = await Module.load(path, { recovery: { timeLimit: A_DAY } });
  const token = await module.token({ slotId: 1 });
  await token.random(4);
  fault.remove(1);
  const drawing = token.random(4, patience === 0 ? {} : { timeLimit: patience });
  if (exits) setTimeout(() => process.exit(7), 50);
  console.log('waits');
  console.log(
    await drawing.then(
      ({ length }) => length,
      (error: { code: string }) => error.code,
    ),
  );
}

void main();
