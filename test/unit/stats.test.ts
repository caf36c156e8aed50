import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { CKR, type Module, type CallMessage, type PrivateKey, type RecoveryMessage, type SessionMessage, type Token } from '../../lib';
import { CALL } from '../../lib/generated/calls';
import { CallMeter, Histogram } from '../../lib/stats';
import { Tickets } from '../../lib/wire/tickets';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const PIN = '1234';
const data = Buffer.from('a document');

describe('figures of a token', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let key: PrivateKey;

  beforeEach(async () => {
    ({ fault, module, token } = await place({ keepTokens: 1 }));
    await token.login(PIN);
    ({ privateKey: key } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true }));
  });

  afterEach(async () => {
    fault.reset();
    await module.close();
    fault.close();
  });

  it('count calls by function, with how long they took', async () => {
    fault.tell('C_Sign', { sleep: 3000 });
    for (let round = 0; round < 5; round++) await key.sign('sha256', data);
    const { C_Sign: signs } = token.stats().calls;
    assert.ok(signs !== undefined);
    assert.equal(signs.count, 5);
    assert.equal(signs.failed, 0);
    assert.ok(signs.total >= 15, `${signs.total} ms`);
    // At least 2 ** 11 microseconds each.
    assert.deepEqual(signs.buckets.slice(0, 12), new Array(12).fill(0));
    assert.equal(
      signs.buckets.reduce((sum, count) => sum + count, 0),
      5,
    );
  });

  it('count failures', async () => {
    fault.fail('C_SignInit', CKR.FUNCTION_FAILED);
    await assert.rejects(key.sign('sha256', data));
    await key.sign('sha256', data);
    const { count, failed } = token.stats().calls['C_Sign']!;
    assert.deepEqual({ count, failed }, { count: 2, failed: 1 });
  });

  it('know no other token', async () => {
    const other = await module.token({ slotId: 2 });
    await other.random(4);
    assert.equal(token.stats().calls['C_GenerateRandom'], undefined);
    assert.equal(other.stats().calls['C_GenerateRandom']?.count, 1);
  });

  it('name only functions of the standard', async () => {
    await Promise.all(Array.from({ length: 20 }, () => key.sign('sha256', data)));
    for (const name of Object.keys(token.stats().calls)) assert.match(name, /^(C_[A-Z]|batch$)/);
  });

  /** Sessions that were asked for are still being opened when the calls have long been made in others. */
  async function settled(): Promise<void> {
    while (token.stats().sessions.open !== fault.get('sessions')) await sleep(5);
  }

  it('count sessions and recoveries', async () => {
    fault.tell('C_Sign', { sleep: 1000 });
    await Promise.all(Array.from({ length: 8 }, () => key.sign('sha256', data)));
    await settled();
    const before = token.stats();
    assert.equal(before.sessions.busy, 0);
    assert.equal(before.recoveries, 0);
    fault.dropSessions();
    await key.sign('sha256', data);
    const after = token.stats();
    assert.equal(after.recoveries, 1);
    assert.ok(after.retries >= 1);
    await settled();
  });

  describe('for those who have subscribed', () => {
    it('calls begin where they are made, and end', async () => {
      const where = new AsyncLocalStorage<string>();
      const begun: [CallMessage, string | undefined][] = [];
      const ended: CallMessage[] = [];
      const failed: CallMessage[] = [];
      const calls = tracingChannel('cryptoki:call');
      const handlers = {
        start: (message: unknown) => void begun.push([message as CallMessage, where.getStore()]),
        asyncEnd: (message: unknown) => void ended.push(message as CallMessage),
        error: (message: unknown) => void failed.push(message as CallMessage),
      } as Parameters<typeof calls.subscribe>[0];
      calls.subscribe(handlers);
      try {
        await where.run('request 7', () => key.sign('sha256', data));
        fault.fail('C_Sign', CKR.FUNCTION_FAILED);
        await assert.rejects(key.sign('sha256', data));
      } finally {
        calls.unsubscribe(handlers);
      }
      await key.sign('sha256', data);
      const signs = begun.filter(([{ call }]) => call === 'C_Sign');
      assert.equal(signs.length, 2);
      assert.equal(signs[0]![1], 'request 7');
      assert.deepEqual(signs[0]![0].token, { label: 'fault 0', serialNumber: token.serialNumber });
      assert.equal(ended[0], signs[0]![0], 'one object for both');
      assert.equal(ended[0]!.code, 'CKR_OK');
      assert.ok(ended[0]!.duration! > 0);
      assert.deepEqual(
        failed.map(({ call, code }) => [call, code]),
        [['C_Sign', 'CKR_FUNCTION_FAILED']],
      );
    });

    it('sessions open and close', async () => {
      const seen: SessionMessage[] = [];
      const listen = (message: unknown): void => void seen.push(message as SessionMessage);
      subscribe('cryptoki:session', listen);
      try {
        fault.tell('C_Sign', { sleep: 1000 });
        await Promise.all(Array.from({ length: 4 }, () => key.sign('sha256', data)));
        const opened = seen.length;
        await token.close();
        assert.ok(seen.length > opened);
      } finally {
        unsubscribe('cryptoki:session', listen);
      }
      assert.deepEqual([...new Set(seen.map(({ state }) => state))], ['opened', 'closed']);
      assert.ok(seen.every((message) => message.token.label === 'fault 0'));
    });

    it('recoveries, without the PIN', async () => {
      const seen: RecoveryMessage[] = [];
      const listen = (message: unknown): void => void seen.push(message as RecoveryMessage);
      subscribe('cryptoki:recovery', listen);
      try {
        fault.remove(1);
        setTimeout(() => fault.insert(1), 60);
        await key.sign('sha256', data);
      } finally {
        unsubscribe('cryptoki:recovery', listen);
      }
      assert.deepEqual(
        seen.map(({ state, meaning }) => [state, meaning]),
        [
          ['started', 'token-lost'],
          ['finished', 'token-lost'],
        ],
      );
      assert.ok(seen[1]!.duration > 0);
      assert.doesNotMatch(inspect(seen, { depth: 9 }), new RegExp(PIN));
    });
  });
});

describe('a histogram', () => {
  it('counts by powers of two', () => {
    const histogram = new Histogram();
    for (const milliseconds of [0, 0.0009, 0.001, 0.002, 0.003, 0.004, 1, 1e9]) histogram.note(milliseconds, true);
    const { buckets, count } = histogram.stats();
    assert.equal(count, 8);
    assert.deepEqual(buckets.slice(0, 4), [2, 1, 2, 1]);
    assert.equal(buckets[10], 1);
    assert.equal(buckets.length, 33);
  });

  it('is empty where nothing was counted', () => {
    assert.deepEqual(new Histogram().stats(), { count: 0, failed: 0, total: 0, buckets: [] });
  });
});

describe('counting', () => {
  const record = (ticket: number, reply: Buffer): Buffer => {
    const header = Buffer.alloc(8);
    header.writeUInt32LE(ticket, 0);
    header.writeUInt32LE(reply.length, 4);
    return Buffer.concat([header, reply]);
  };

  it('goes on where the table of calls grows', () => {
    const meter = new CallMeter(undefined);
    const tickets = new Tickets();
    const open = Array.from({ length: 1000 }, () => tickets.open({ receive: () => undefined }, CALL.C_Sign, meter));
    tickets.drop(open[0]!);
    tickets.deliver(Buffer.concat(open.slice(1).map((ticket) => record(ticket, Buffer.alloc(16)))));
    assert.equal(meter.stats()['C_Sign']?.count, 999);
  });
});
