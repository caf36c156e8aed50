import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { CKR } from '../../lib/constants';
import { CryptokiError, Pkcs11Error } from '../../lib/errors';
import { make, ticks } from '../support/fake-driver';
import type { Lease } from '../../lib/pool';

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
});
