import { setImmediate } from 'node:timers/promises';
import { CKR } from '../../lib/constants';
import { Pkcs11Error } from '../../lib/errors';
import { SessionPool, type SessionDriver } from '../../lib/pool';
import { FakeCrews } from './fake-crews';

/** A token with sessions that only count. */
export class FakeDriver implements SessionDriver {
  readonly crews = new FakeCrews();
  readonly sessions = new Map<bigint, { readWrite: boolean }>();
  readonly log: string[] = [];
  most = Infinity;
  failure: unknown;
  writeProtected = false;
  #next = 1n;

  async open(readWrite: boolean, anchor: boolean): Promise<{ id: bigint; readWrite: boolean }> {
    await setImmediate();
    if (this.failure !== undefined) throw this.failure;
    if (this.sessions.size >= this.most) throw new Pkcs11Error(CKR.SESSION_COUNT, 'C_OpenSession');
    const id = this.#next++;
    const session = { readWrite: readWrite && !(anchor && this.writeProtected) };
    this.sessions.set(id, session);
    this.log.push(`open ${id} ${session.readWrite ? 'rw' : 'ro'}`);
    return { id, ...session };
  }

  async close(id: bigint): Promise<void> {
    await setImmediate();
    this.sessions.delete(id);
    this.log.push(`close ${id}`);
  }

  async reset(id: bigint): Promise<void> {
    await setImmediate();
    this.log.push(`reset ${id}`);
  }
}

export const make = (limit = 64, idleTime?: number): { driver: FakeDriver; pool: SessionPool } => {
  const driver = new FakeDriver();
  return { driver, pool: new SessionPool(driver, { limit, ...(idleTime !== undefined && { idleTime }) }) };
};

export const ticks = async (count = 10): Promise<void> => {
  for (let index = 0; index < count; index++) await setImmediate();
};
