import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { CKR } from '../../lib/constants';
import { Pkcs11Error } from '../../lib/errors';
import { fakeRequest, type FakeWork } from '../support/fake-crews';
import { FakeDriver, make, ticks } from '../support/fake-driver';
import { SessionPool, type CrewCallOptions } from '../../lib/pool';

const call = (pool: SessionPool, work: FakeWork, options: CrewCallOptions = {}): Promise<number> =>
  pool.call(
    (session) => fakeRequest(session, work),
    options,
    (reply) => reply.bytes()[0] ?? 0,
  );

/** A call that answers the number of its session. */
const asked: FakeWork = async (session) => Uint8Array.of(Number(session));

const failure = (rv: number): Pkcs11Error => new Pkcs11Error(rv, 'C_Sign');

describe('The session pool', () => {
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

    it('waits no longer than it may while a token is made new, whatever happens meanwhile', async () => {
      const { pool } = make();
      await call(pool, asked);
      let end = (): void => undefined;
      const done = pool.withoutSessions(() => new Promise<void>((resolve) => (end = resolve)));
      const controller = new AbortController();
      const given = assert.rejects(call(pool, asked, { signal: controller.signal }), { message: 'enough' });
      const staffed = assert.rejects(pool.staff(1, { signal: controller.signal }), { message: 'enough' });
      await ticks();
      controller.abort(new Error('enough'));
      await given;
      await staffed;
      pool.allowReadOnly();
      await assert.rejects(call(pool, asked, { timeLimit: 5 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
      await assert.rejects(
        pool.withoutSessions(async () => undefined, { signal: AbortSignal.abort() }),
        { code: 'ABORT_ERR' },
      );
      end();
      await done;
      assert.equal(await call(pool, asked), 4);
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
