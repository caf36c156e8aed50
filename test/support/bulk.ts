// A crew and an engine that run batches as a test says.

import { setImmediate } from 'node:timers/promises';
import { Client } from '../../lib/wire/client';
import { REPLACE_SESSIONS, type Mending } from '../../lib/recovery';
import { batchReply, readBatch, type Fate, type ReadBatch } from './batch';
import { FakeBinding, type Submitted } from './fake-binding';
import type { Pkcs11Error } from '../../lib/errors';
import type { Crew, Work } from '../../lib/bulk/work';

/** A crew that counts. */
export class FakeCrew implements Crew {
  readonly limit = 4;
  crew = 7n;
  size = 0;
  recovery: Mending = REPLACE_SESSIONS;
  staffed = 0;
  held = 0;
  refusal: unknown;
  readonly incidents: string[] = [];
  readonly writtenOff: bigint[] = [];
  stuckOnes: bigint[] = [];

  async staff(wanted: number): Promise<() => void> {
    await setImmediate();
    if (this.refusal !== undefined) throw this.refusal;
    this.staffed = wanted;
    this.held++;
    let over = false;
    return () => {
      if (!over) this.held--;
      over = true;
    };
  }

  met(session: bigint, error: Error): void {
    this.incidents.push(`${session} ${(error as Pkcs11Error).code}`);
  }

  stuck(): readonly bigint[] {
    return this.stuckOnes;
  }

  writeOff(session: bigint): void {
    this.writtenOff.push(session);
  }
}

/** The output of the stand-in: the input, and an S before it. */
export const made = (item: Uint8Array): Buffer => Buffer.concat([Buffer.from('S'), item]);

export interface Setup {
  readonly binding: FakeBinding;
  readonly crew: FakeCrew;
  readonly batches: ReadBatch[];
  /** What becomes of an item; default: its output. */
  fate: (item: Buffer, batch: ReadBatch) => Fate;
  /** How many batches were on their way at once, at most. */
  most: number;
  /** Batches are kept until `answer` is called. */
  keeps: boolean;
  readonly kept: Submitted[];
  answer(call: Submitted, fates?: readonly Fate[]): void;
  readonly client: Client;
}

export function setup(): Setup {
  const binding = new FakeBinding();
  const client = new Client('/lib/x.so', { binding });
  let onWay = 0;
  const world: Setup = {
    binding,
    client,
    crew: new FakeCrew(),
    batches: [],
    fate: made,
    most: 0,
    keeps: false,
    kept: [],
    answer(call, fates) {
      const batch = readBatch(call);
      onWay--;
      binding.deliver(call.ticket, batchReply(fates ?? batch.items.map((item) => world.fate(item, batch)), batch.capacity));
    },
  };
  binding.answer = (call) => {
    world.batches.push(readBatch(call));
    world.most = Math.max(world.most, ++onWay);
    if (world.keeps) world.kept.push(call);
    else void setImmediate().then(() => world.answer(call));
    return undefined;
  };
  return world;
}

export const signing: Work<Uint8Array> = {
  operation: 'sign',
  handle: () => 5n,
  asksPin: false,
  mechanism: 0x1041,
  capacity: 16,
  result: (reply, at, length) => reply.slice(at, at + length),
};

export const inputs = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => Buffer.from(`i${index}`));
