import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { CKR } from '../../lib/constants';
import { CryptokiError, Pkcs11Error } from '../../lib/errors';
import { FakeCrews, fakeRequest, type FakeWork } from '../support/fake-crews';
import { SessionPool, type CrewCallOptions, type Lease, type SessionDriver } from '../../lib/pool';

/** A token with sessions that only count. */
class FakeDriver implements SessionDriver {
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

const make = (limit = 64, idleTime?: number): { driver: FakeDriver; pool: SessionPool } => {
  const driver = new FakeDriver();
  return { driver, pool: new SessionPool(driver, { limit, ...(idleTime !== undefined && { idleTime }) }) };
};

const ticks = async (count = 10): Promise<void> => {
  for (let index = 0; index < count; index++) await setImmediate();
};

const call = (pool: SessionPool, work: FakeWork, options: CrewCallOptions = {}): Promise<number> =>
  pool.call(
    (session) => fakeRequest(session, work),
    options,
    (reply) => reply.bytes()[0] ?? 0,
  );

/** A call that answers the number of its session. */
const asked: FakeWork = async (session) => Uint8Array.of(Number(session));

const failure = (rv: number): Pkcs11Error => new Pkcs11Error(rv, 'C_Sign');
const nothing = async (): Promise<void> => undefined;

describe('The session pool', () => {
  it('opens the anchor first, read-write, and lends another session', async () => {
    const { driver, pool } = make();
    const lease = await pool.lease();
    assert.equal(lease.id, 2n);
    assert.deepEqual(driver.log, ['open 1 rw', 'open 2 ro']);
    lease.release();
  });

  it('lends a session again that was given back', async () => {
    const { driver, pool } = make();
    for (let index = 0; index < 5; index++) await pool.use({}, nothing);
    assert.equal(driver.sessions.size, 2);
  });

  it('opens read-write sessions only when asked, and uses them for reading too', async () => {
    const { driver, pool } = make();
    await pool.use({ readWrite: true }, nothing);
    await pool.use({}, nothing);
    assert.deepEqual(driver.log, ['open 1 rw', 'open 2 rw']);
  });

  it('never lends a session to two, and never opens more than the limit', async () => {
    const { driver, pool } = make(4);
    const lent = new Set<bigint>();
    let most = 0;
    const work = async (lease: Lease): Promise<void> => {
      assert.ok(!lent.has(lease.id));
      lent.add(lease.id);
      most = Math.max(most, lent.size);
      await ticks(2);
      lent.delete(lease.id);
    };
    await Promise.all(Array.from({ length: 50 }, () => pool.use({}, work)));
    assert.equal(most, 4);
    assert.equal(driver.sessions.size, 4);
    assert.equal(pool.waiting, 0);
  });

  it('serves those who wait in the order of their coming', async () => {
    const { pool } = make(1);
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3, 4].map((index) => pool.use({}, async () => void order.push(index))));
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
  });

  it('manages with a single session', async () => {
    const { driver, pool } = make(1);
    await pool.use({}, nothing);
    await pool.use({ readWrite: true }, nothing);
    await pool.use({ anchor: true }, nothing);
    assert.deepEqual(driver.log, ['open 1 rw']);
  });

  it('learns the limit that the token did not tell', async () => {
    const { driver, pool } = make();
    driver.most = 3;
    await Promise.all(Array.from({ length: 20 }, () => pool.use({}, () => ticks(2))));
    assert.equal(pool.limit, 3);
    assert.equal(driver.sessions.size, 3);
  });

  it('fails when not even one session can be had', async () => {
    const { driver, pool } = make();
    driver.most = 0;
    await assert.rejects(pool.use({}, nothing), { code: 'CKR_SESSION_COUNT' });
    driver.most = 1;
    await pool.use({}, nothing);
  });

  it('lets an idle session of the other kind give way at the limit', async () => {
    const { driver, pool } = make(2);
    await pool.use({}, nothing);
    await pool.use({ readWrite: true }, nothing);
    assert.deepEqual(driver.log, ['open 1 rw', 'open 2 ro', 'close 2', 'open 3 rw']);
  });

  it('hands the anchor out when it is asked for, one after the other', async () => {
    const { pool } = make();
    const ids = await Promise.all([0, 1, 2].map(() => pool.use({ anchor: true }, async ({ id }) => (await ticks(1), id))));
    assert.deepEqual(ids, [1n, 1n, 1n]);
    assert.equal(await pool.anchor(), 1n);
  });

  it('takes a read-only anchor where the token is write protected', async () => {
    const { driver, pool } = make(1);
    driver.writeProtected = true;
    await pool.use({ readWrite: true }, nothing);
    assert.deepEqual(driver.log, ['open 1 ro']);
  });

  it('rejects when opening fails, and tries anew for the next', async () => {
    const { driver, pool } = make();
    driver.failure = failure(CKR.TOKEN_NOT_PRESENT);
    await assert.rejects(pool.use({}, nothing), { code: 'CKR_TOKEN_NOT_PRESENT' });
    driver.failure = undefined;
    await pool.use({}, nothing);
    assert.equal(pool.size, 2);
  });

  describe('after an error', () => {
    const after = async (error: unknown, options = {}): Promise<string[]> => {
      const { driver, pool } = make();
      await assert.rejects(
        pool.use(options, () => Promise.reject(error as Error)),
        (thrown) => thrown === error,
      );
      await ticks();
      return driver.log.slice(driver.log.findIndex((line) => line.startsWith('open 2')) + 1);
    };

    it('keeps the session when the error is about the call', async () => {
      assert.deepEqual(await after(failure(CKR.DATA_LEN_RANGE)), []);
    });

    for (const name of ['SESSION_HANDLE_INVALID', 'SESSION_CLOSED', 'DEVICE_REMOVED', 'OPERATION_ACTIVE', 'DEVICE_ERROR'] as const) {
      it(`drops it at CKR_${name}`, async () => {
        assert.deepEqual(await after(failure(CKR[name])), ['close 2']);
      });
    }

    it('drops it when the time was over: the call still runs', async () => {
      assert.deepEqual(await after(new CryptokiError('ERR_CRYPTOKI_TIMEOUT')), ['close 2']);
    });

    it('resets the anchor rather than to end the login with it', async () => {
      const { driver, pool } = make();
      await assert.rejects(pool.use({ anchor: true }, () => Promise.reject(failure(CKR.OPERATION_ACTIVE))));
      await ticks();
      assert.deepEqual(driver.log, ['open 1 rw', 'reset 1']);
      await pool.use({ anchor: true }, nothing);
    });

    it('opens a new anchor when it was lost', async () => {
      const { driver, pool } = make();
      await assert.rejects(pool.use({ anchor: true }, () => Promise.reject(failure(CKR.SESSION_HANDLE_INVALID))));
      assert.equal(await pool.use({ anchor: true }, async ({ id }) => id), 2n);
      assert.deepEqual(driver.log, ['open 1 rw', 'close 1', 'open 2 rw']);
    });

    it('makes another session the anchor when no further one can be opened', async () => {
      const { driver, pool } = make();
      driver.most = 2;
      const other = await pool.lease();
      driver.most = 1;
      await assert.rejects(pool.use({ anchor: true }, () => Promise.reject(failure(CKR.SESSION_HANDLE_INVALID))));
      const waiting = pool.use({ anchor: true }, async ({ id }) => id);
      await ticks();
      other.release();
      assert.equal(await waiting, 2n);
    });
  });

  describe('a second time', () => {
    it('does repeatable work once more in a fresh session when its session was lost', async () => {
      const { driver, pool } = make();
      await pool.use({}, nothing);
      const seen: bigint[] = [];
      const result = await pool.use({ repeatable: true }, async ({ id }) => {
        seen.push(id);
        if (seen.length === 1) throw failure(CKR.SESSION_HANDLE_INVALID);
        return 'done';
      });
      assert.equal(result, 'done');
      assert.deepEqual(seen, [2n, 3n]);
      assert.ok(!driver.sessions.has(2n));
    });

    it('does it only once more, and nothing else again', async () => {
      const { pool } = make();
      let count = 0;
      const lost = (): Promise<never> => (count++, Promise.reject(failure(CKR.SESSION_CLOSED)));
      await assert.rejects(pool.use({ repeatable: true }, lost), { code: 'CKR_SESSION_CLOSED' });
      assert.equal(count, 2);
      await assert.rejects(pool.use({}, lost));
      assert.equal(count, 3);
      await assert.rejects(pool.use({ repeatable: true }, () => (count++, Promise.reject(failure(CKR.PIN_INCORRECT)))));
      assert.equal(count, 4);
    });
  });

  describe('waiting', () => {
    it('ends when the signal fires, with its reason', async () => {
      const { pool } = make(1);
      const lease = await pool.lease();
      const controller = new AbortController();
      const waiting = pool.lease({ signal: controller.signal });
      const reason = new Error('enough');
      controller.abort(reason);
      await assert.rejects(waiting, (error) => error === reason);
      await assert.rejects(pool.lease({ signal: controller.signal }), (error) => error === reason);
      assert.equal(pool.waiting, 0);
      lease.release();
      await pool.use({}, nothing);
    });

    it('ends when the time is over', async () => {
      const { pool } = make(1);
      await pool.lease();
      await assert.rejects(pool.lease({ timeLimit: 5 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    });

    it('gives the work what is left of the time', async () => {
      const { pool } = make();
      const left = await pool.use({ timeLimit: 60_000 }, async (_lease, { timeLimit }) => timeLimit);
      assert.ok(left !== undefined && left > 0 && left < 60_000);
    });

    it('gives a session that nobody waits for any more to the next', async () => {
      const { pool } = make();
      const controller = new AbortController();
      const first = pool.lease({ signal: controller.signal });
      controller.abort();
      await assert.rejects(first, { name: 'AbortError' });
      await pool.use({}, nothing);
      assert.ok(pool.size <= 2);
    });
  });

  describe('a lease', () => {
    it('is given back once, however often that is said', async () => {
      const { pool } = make(2);
      const lease = await pool.lease();
      lease.release();
      lease.release();
      lease.discard();
      const [one, two] = await Promise.all([pool.lease(), pool.lease()]);
      assert.notEqual(one.id, two.id);
    });

    it('that is discarded is not used again', async () => {
      const { driver, pool } = make();
      const lease = await pool.lease();
      lease.discard();
      await ticks();
      assert.ok(!driver.sessions.has(lease.id));
    });
  });

  it('closes sessions that were idle for long, but not the anchor', async () => {
    const { driver, pool } = make(8, 1);
    await Promise.all([0, 1, 2].map(() => pool.use({}, nothing)));
    while (driver.sessions.size > 1) await setImmediate();
    assert.deepEqual([...driver.sessions.keys()], [1n]);
  });

  it('ends read-only sessions before the security officer comes', async () => {
    const { driver, pool } = make();
    const lease = await pool.lease();
    await pool.use({}, nothing);
    const forbidden = pool.forbidReadOnly();
    await ticks();
    assert.ok(driver.sessions.has(lease.id));
    lease.release();
    await forbidden;
    assert.ok([...driver.sessions.values()].every(({ readWrite }) => readWrite));
    const next = await pool.lease();
    assert.ok(driver.sessions.get(next.id)?.readWrite);
  });

  it('has no session open while a token is made new', async () => {
    const { driver, pool } = make();
    const lease = await pool.lease();
    const done = pool.withoutSessions(async () => driver.sessions.size);
    const later = pool.use({}, async () => driver.sessions.size);
    await ticks();
    assert.equal(pool.waiting, 1);
    lease.release();
    assert.equal(await done, 0);
    assert.ok((await later) > 0);
  });

  describe('closing', () => {
    it('refuses those who wait, and whoever comes later', async () => {
      const { driver, pool } = make(1);
      await pool.lease();
      const waiting = pool.lease();
      const refused = assert.rejects(waiting, { code: 'ERR_CRYPTOKI_CLOSED' });
      await pool.close();
      await refused;
      await assert.rejects(pool.lease(), { code: 'ERR_CRYPTOKI_CLOSED' });
      await assert.rejects(pool.use({}, nothing), { code: 'ERR_CRYPTOKI_CLOSED' });
      await assert.rejects(pool.anchor(), { code: 'ERR_CRYPTOKI_CLOSED' });
      assert.equal(driver.sessions.size, 0);
      await pool.close();
    });

    it('says so to work whose session it took', async () => {
      const { pool } = make();
      const work = pool.use({}, async () => {
        await pool.close();
        throw failure(CKR.SESSION_HANDLE_INVALID);
      });
      await assert.rejects(work, { code: 'ERR_CRYPTOKI_CLOSED' });
    });

    it('waits for a session that is being opened, and closes it', async () => {
      const { driver, pool } = make();
      const lease = assert.rejects(pool.lease(), { code: 'ERR_CRYPTOKI_CLOSED' });
      await pool.close();
      await lease;
      assert.equal(driver.sessions.size, 0);
    });
  });

  describe('a call', () => {
    it('is made in whichever session is there, and leaves it for the next', async () => {
      const { driver, pool } = make();
      for (let count = 0; count < 5; count++) assert.equal(await call(pool, asked), 2);
      assert.deepEqual(driver.log, ['open 1 rw', 'open 2 ro']);
    });

    it('has as many sessions as there are calls at once, within the limit, the anchor last', async () => {
      const { driver, pool } = make(3);
      const used = await Promise.all(
        Array.from({ length: 20 }, () => call(pool, async (session) => (await ticks(2), Uint8Array.of(Number(session))))),
      );
      assert.deepEqual([...new Set(used)].toSorted(), [1, 2, 3]);
      assert.equal(driver.sessions.size, 3);
      assert.deepEqual(pool.stats(), { open: 3, busy: 0, idle: 3, queued: 0, limit: 3, opened: 3, closed: 0, reopened: 0, writtenOff: 0 });
    });

    it('needs no more sessions than there are threads', async () => {
      const driver = new FakeDriver();
      const pool = new SessionPool(driver, { limit: 64, threads: 2 });
      await Promise.all(Array.from({ length: 20 }, () => call(pool, asked)));
      assert.equal(driver.sessions.size, 3);
    });

    it('is made in the only session there is', async () => {
      const { driver, pool } = make(1);
      const order: number[] = [];
      await Promise.all([
        call(pool, async () => (order.push(1), new Uint8Array(0))),
        pool.use({}, async () => void order.push(2)),
        call(pool, async () => (order.push(3), new Uint8Array(0))),
        pool.use({ anchor: true }, async () => void order.push(4)),
      ]);
      assert.deepEqual(order.toSorted(), [1, 2, 3, 4]);
      assert.deepEqual(driver.log, ['open 1 rw']);
    });

    it('shares the sessions with those who want one of their own, in turn', async () => {
      const { pool } = make(2);
      const lease = await pool.lease();
      const order: string[] = [];
      const work = [
        call(pool, async () => (order.push('call 1'), new Uint8Array(0))),
        pool.use({}, async () => void order.push('use')),
        call(pool, async () => (order.push('call 2'), new Uint8Array(0))),
      ];
      lease.release();
      await Promise.all(work);
      assert.equal(order.length, 3);
    });

    it('rejects when no session can be opened', async () => {
      const { driver, pool } = make();
      driver.failure = failure(CKR.TOKEN_NOT_PRESENT);
      await assert.rejects(call(pool, asked), { code: 'CKR_TOKEN_NOT_PRESENT' });
      driver.failure = undefined;
      assert.equal(await call(pool, asked), 2);
    });

    it('learns the limit, and goes on with what there is', async () => {
      const { driver, pool } = make();
      driver.most = 3;
      await Promise.all(Array.from({ length: 20 }, () => call(pool, asked)));
      assert.equal(pool.limit, 3);
    });

    it('that fails leaves its session for others, unless it was the session', async () => {
      const { driver, pool } = make();
      await assert.rejects(
        call(pool, async () => CKR.DATA_LEN_RANGE),
        { code: 'CKR_DATA_LEN_RANGE' },
      );
      assert.equal(await call(pool, asked), 2);
      await assert.rejects(
        call(pool, async () => CKR.SESSION_CLOSED),
        { code: 'CKR_SESSION_CLOSED' },
      );
      assert.equal(await call(pool, asked), 3);
      assert.ok(!driver.sessions.has(2n));
      assert.deepEqual([pool.stats().reopened, pool.stats().closed], [1, 1]);
    });

    it('whose failure is an answer leaves its session for others', async () => {
      const { pool } = make();
      const rv = await pool.call(
        (session) => fakeRequest(session, async () => CKR.SIGNATURE_INVALID),
        { accept: [CKR.SIGNATURE_INVALID] },
        (reply) => reply.rv,
      );
      assert.equal(rv, CKR.SIGNATURE_INVALID);
      assert.equal(await call(pool, asked), 2);
    });

    it('is repeated once in a fresh session when its session was lost', async () => {
      const { pool } = make();
      await call(pool, asked);
      const seen: bigint[] = [];
      const work: FakeWork = async (session) => (seen.push(session), seen.length === 1 ? CKR.SESSION_HANDLE_INVALID : Uint8Array.of(7));
      const bytes = (await pool.call(
        (session) => fakeRequest(session, work),
        { repeatable: true },
        (reply) => reply.bytes(),
      )) as Uint8Array;
      assert.equal(bytes[0], 7);
      assert.equal(seen.length, 2);
      assert.notEqual(seen[0], seen[1]);
    });

    it('that is given up while it runs is written off, and another session takes its place', async () => {
      const { driver, pool } = make(2);
      const controller = new AbortController();
      const hung = call(pool, () => new Promise(() => undefined), { signal: controller.signal });
      await ticks();
      controller.abort(new Error('enough'));
      await assert.rejects(hung, { message: 'enough' });
      assert.deepEqual(driver.crews.writtenOff, [2n]);
      assert.equal(driver.crews.unreferenced.length, 1);
      assert.equal(await call(pool, asked), 3);
      assert.equal(pool.stats().writtenOff, 1);
    });

    it('that is given up while it waits does no harm', async () => {
      const { driver, pool } = make(1);
      const lease = await pool.lease();
      await assert.rejects(call(pool, asked, { timeLimit: 5 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
      lease.release();
      assert.equal(await call(pool, asked), 1);
      assert.deepEqual(driver.crews.writtenOff, []);
      await assert.rejects(call(pool, asked, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    });

    it('may take its time to be written', async () => {
      const { pool } = make();
      const later = pool.call(
        async (session) => (await ticks(), fakeRequest(session, asked)),
        {},
        (reply) => reply.bytes()[0],
      );
      assert.equal(await later, 2);
      const failing = pool.call(() => Promise.reject(new Error('no handle')));
      await assert.rejects(failing, { message: 'no handle' });
      await assert.rejects(
        pool.call(() => {
          throw new Error('no request');
        }),
        { message: 'no request' },
      );
    });

    it('waits while a token is made new', async () => {
      const { driver, pool } = make();
      await call(pool, asked);
      let sessions = -1;
      const done = pool.withoutSessions(async () => (await ticks(), (sessions = driver.sessions.size)));
      const later = call(pool, asked);
      await done;
      assert.equal(sessions, 0);
      assert.equal(await later, 4);
    });

    it('is refused when the pool closes before it has begun, and waited for when it runs', async () => {
      const { pool } = make(1);
      await call(pool, asked);
      const order: string[] = [];
      const runs = call(pool, async () => (await ticks(), order.push('ran'), Uint8Array.of(1)));
      const waits = assert.rejects(call(pool, asked), { code: 'ERR_CRYPTOKI_CLOSED' });
      await pool.close();
      await waits;
      assert.equal(await runs, 1);
      await assert.rejects(call(pool, asked), { code: 'ERR_CRYPTOKI_CLOSED' });
    });

    it('begins anew after a reset', async () => {
      const { driver, pool } = make(1);
      await call(pool, asked);
      const lease = await pool.lease();
      const waiting = call(pool, asked);
      await pool.reset();
      assert.equal(await waiting, 2);
      lease.release();
      await ticks();
      assert.deepEqual(driver.log, ['open 1 rw', 'close 1', 'open 2 rw']);
    });
  });

  describe('for bulk work', () => {
    it('there is one session at once, and more as they come', async () => {
      const { driver, pool } = make(4);
      const release = await pool.staff(3);
      assert.ok(driver.crews.members.length >= 1);
      await ticks();
      assert.equal(driver.crews.members.length, 3);
      release();
      release();
      assert.equal(pool.stats().queued, 0);
    });

    it('sessions stay as long as it runs', async () => {
      const { driver, pool } = make(4, 1);
      const release = await pool.staff(2);
      await ticks();
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(driver.crews.members.length, 2);
      release();
      while (driver.crews.members.length > 0) await setImmediate();
    });

    it('a session is judged by what it has met', async () => {
      const { driver, pool } = make(4);
      const release = await pool.staff(1);
      const [session] = driver.crews.members;
      pool.met(session!, failure(CKR.SESSION_CLOSED));
      await ticks();
      assert.ok(!driver.sessions.has(session!));
      assert.equal(driver.crews.members.length, 1);
      release();
    });

    it('it fails where no session can be opened', async () => {
      const { driver, pool } = make(4);
      driver.failure = failure(CKR.TOKEN_NOT_PRESENT);
      await assert.rejects(pool.staff(2), { code: 'CKR_TOKEN_NOT_PRESENT' });
    });
  });
});
