// What most tests of the programmable module begin with: it is loaded, and has a token.

import { Module, type LoadOptions, type Token } from '../../lib';
import { FaultModule } from './fault-module';

export interface Place {
  readonly fault: FaultModule;
  readonly module: Module;
  readonly token: Token;
}

/** A module of its own, with `settings` made before it is loaded, and the token of its first slot; nobody is logged in. */
export async function place(settings: Readonly<Record<string, number>> = {}, options: LoadOptions = {}): Promise<Place> {
  const fault = new FaultModule();
  for (const [name, value] of Object.entries(settings)) fault.set(name, value);
  const module = await Module.load(fault.path, options);
  return { fault, module, token: await module.token({ slotId: 1 }) };
}
