// Lets go of everything while calls run, collects garbage as hard as can be, and looks whether results are right and the library is left in order.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CKF, CKM } from '../../../lib/constants';
import { Module } from '../../../lib/module';
import { Raw } from '../../../lib/raw';
import { FaultModule } from '../../support/fault-module';
import { given } from '../support';

export interface Given {
  readonly path: string;
  readonly what: keyof typeof cases;
}

const { path, what } = given<Given>();
const fault = new FaultModule(path);

async function collect(times = 5): Promise<void> {
  for (let time = 0; time < times; time++) {
    await setImmediate();
    globalThis.gc!();
  }
}

/** Until the library is finalised: by nothing but the collection of its last reference. */
async function collectUntilFinalised(): Promise<void> {
  while (fault.get('initialized') === 1) await collect();
}

async function rawSession(): Promise<{ raw: Raw; session: bigint }> {
  const raw = await Raw.load(path);
  await raw.C_Initialize();
  return { raw, session: await raw.C_OpenSession(1, CKF.SERIAL_SESSION) };
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

const cases = {
  /** Nothing runs. */
  async idle(): Promise<void> {
    await rawSession();
    await collectUntilFinalised();
    assert.equal(fault.get('sessions'), 0);
  },

  /** A call runs and one is queued; only their promises are held. */
  async running(): Promise<void> {
    fault.hang('C_GenerateRandom');
    const start = async (): Promise<Promise<Uint8Array>[]> => {
      const { raw, session } = await rawSession();
      return [raw.C_GenerateRandom(session, 16), raw.C_GenerateRandom(session, 16)];
    };
    const calls = await start();
    await fault.inside('C_GenerateRandom');
    await collect();
    fault.release('C_GenerateRandom');
    for (const bytes of await Promise.all(calls)) assert.equal(bytes.length, 16);
    calls.length = 0;
    await collectUntilFinalised();
  },

  /** Nobody holds the promises either. */
  async dropped(): Promise<void> {
    fault.hang('C_GenerateRandom');
    const start = async (): Promise<void> => {
      const { raw, session } = await rawSession();
      void raw.C_GenerateRandom(session, 16);
      void raw.C_SeedRandom(session, Buffer.from('seed'));
    };
    await start();
    await fault.inside('C_GenerateRandom');
    await collect();
    fault.release('C_GenerateRandom');
    await collectUntilFinalised();
    assert.equal(fault.get('sessions'), 0);
  },

  /** A call that hangs was given up: its reference may be collected, the library stays as it is. */
  async hung(): Promise<void> {
    fault.hang('C_GenerateRandom');
    const start = async (): Promise<void> => {
      const { raw, session } = await rawSession();
      await assert.rejects(raw.C_GenerateRandom(session, 16, { timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    };
    await start();
    await collect(20);
    assert.equal(fault.get('initialized'), 1);
    fault.release('C_GenerateRandom');
    await collectUntilFinalised();
  },

  /** Data, parameters and results of many calls, with collections between and nothing held but the promises. */
  async data(): Promise<void> {
    const { raw } = await rawSession();
    fault.tell('C_Digest', { sleep: 500 });
    const one = async (): Promise<void> => {
      const session = await raw.C_OpenSession(1, CKF.SERIAL_SESSION);
      for (let round = 0; round < 20; round++) {
        const size = 1 + ((round * 977) % 9000);
        await raw.C_DigestInit(session, CKM.SHA256);
        const { wanted, digest } = start(session, size);
        if (round % 3 === 0) globalThis.gc!();
        assert.equal(hex(await digest), wanted);
      }
    };
    const start = (session: bigint, size: number): { wanted: string; digest: Promise<Uint8Array> } => {
      const data = randomBytes(size);
      return { wanted: sha256(data), digest: raw.C_Digest(session, data) };
    };
    await Promise.all(Array.from({ length: 8 }, one));
    await raw.close();
  },

  /** Module, slot, token and key are let go while an operation runs; then all of them are collected. */
  async objects(): Promise<void> {
    const start = async (): Promise<Promise<Uint8Array>[]> => {
      const module = await Module.load(path);
      const token = await module.slot(1).token();
      await token.login('1234');
      const key = await token.generateKey('aes', { length: 256 });
      fault.hang('C_Encrypt');
      return Array.from({ length: 3 }, () => key.encrypt({ name: 'aes-cbc', iv: new Uint8Array(16) }, Buffer.from('data')));
    };
    const calls = await start();
    await fault.inside('C_Encrypt');
    await collect();
    fault.release('C_Encrypt');
    const [first, ...others] = await Promise.all(calls);
    for (const other of others) assert.equal(hex(other), hex(first!));
    calls.length = 0;
    await collectUntilFinalised();
  },

  /** Iterations that nobody goes on with: of objects, and of slot events for which the library waits. */
  async iterators(): Promise<void> {
    const start = async (): Promise<void> => {
      const module = await Module.load(path);
      const token = await module.slot(1).token();
      await token.objects().next();
      const events = module.slotEvents();
      const event = events.next();
      await fault.inside('C_WaitForSlotEvent');
      fault.remove(2);
      await event;
      await events.return();
    };
    await start();
    await collect(20);
  },
};

void cases[what]().then(() => console.log('right'));
