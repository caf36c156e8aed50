import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { CKR, TokenGroup, type CryptokiError, type SecretKeyGroup } from '../../lib';
import { closePlaces, openPlace, SLOT, type Place } from './places';
import type { FaultModule } from '../support/fault-module';

const SECRET = Buffer.alloc(32, 9);

const numbered = (count: number): Buffer[] => Array.from({ length: count }, (_, number) => Buffer.from(`input ${number}`));

describe('TokenGroup: many inputs', () => {
  let places: Place[] = [];
  let group: TokenGroup;
  let key: SecretKeyGroup;
  /** What one token by itself makes of an input. */
  let rightFor: (input: Uint8Array) => Promise<Uint8Array>;

  async function start(count = 2, options = {}): Promise<void> {
    for (let number = 0; number < count; number++) {
      const opened = await openPlace({ threads: 4 });
      await opened.token.importKey(SECRET, { type: 'generic', id: Buffer.from('mac'), token: true });
      await opened.token.importKey(SECRET, { type: 'aes', id: Buffer.from('aes'), token: true });
      places.push(opened);
    }
    group = new TokenGroup(
      places.map(({ token }) => token),
      { coolDown: 20, ...options },
    );
    key = await group.secretKey({ id: Buffer.from('mac') });
    const alone = key.keys.at(-1)!;
    const known = new Map<string, Uint8Array>();
    rightFor = async (input) => {
      const name = Buffer.from(input).toString('latin1');
      if (!known.has(name)) known.set(name, await alone.sign('sha256', input));
      return known.get(name)!;
    };
  }

  async function assertRight(inputs: readonly Uint8Array[], results: readonly unknown[]): Promise<void> {
    assert.equal(results.length, inputs.length);
    for (const [index, input] of inputs.entries()) assert.deepEqual(results[index], await rightFor(input), `result ${index}`);
  }

  const fault = (index: number): FaultModule => places[index]!.fault;

  afterEach(async () => {
    await closePlaces(places);
    places = [];
  });

  it('shared among the tokens, in the order of the inputs', async () => {
    await start(3);
    const inputs = numbered(600);
    const before = places.map((one) => one.fault.calls('C_Sign'));
    const signatures = await key.signMany('sha256', inputs);
    const made = places.map((one, index) => one.fault.calls('C_Sign') - before[index]!);
    assert.equal(
      made.reduce((sum, count) => sum + count),
      600,
    );
    for (const count of made) assert.ok(count > 0, String(made));
    await assertRight(inputs, signatures);
    assert.equal(group.stats().inFlight, 0);
  });

  it('the first failure ends it, with all that was done', async () => {
    await start();
    for (const { fault } of places) fault.fail('C_Sign', CKR.DATA_INVALID, { skip: 10 });
    await assert.rejects(key.signMany('sha256', numbered(200)), (error: CryptokiError & { index: number; results: unknown[] }) => {
      assert.equal(error.code, 'ERR_CRYPTOKI_BULK');
      assert.equal((error.cause as CryptokiError).code, 'CKR_DATA_INVALID');
      assert.equal(error.results.length, 200);
      assert.equal(error.results[error.index], error.cause);
      return true;
    });
    assert.deepEqual(
      group.members.map(({ state }) => state),
      ['ready', 'ready'],
    );
  });

  it('errors in the place of results', async () => {
    await start();
    fault(0).fail('C_Sign', CKR.DATA_INVALID, { skip: 5, times: 2 });
    const results = await key.signMany('sha256', numbered(100), { onError: 'return' });
    assert.equal(results.filter((result) => result instanceof Error).length, 2);
    assert.equal(results.length, 100);
  });

  it('a token that is removed meanwhile: everything is signed', async () => {
    await start();
    for (const { fault } of places) fault.tell('C_Sign', { sleep: 1000 });
    const inputs = numbered(800);
    const signing = key.signMany('sha256', inputs);
    await fault(0).inside('C_Sign', 1);
    fault(0).remove(SLOT);
    await assertRight(inputs, await signing);
    assert.ok(group.stats().failovers > 0);
  });

  it('the time limit of a member is that of one input', async () => {
    await start(2, { memberTimeLimit: 500 });
    const inputs = numbered(300);
    for (const input of inputs) await rightFor(input);
    // A portion takes longer than that, none of its inputs does.
    for (const { fault } of places) fault.tell('C_Sign', { sleep: 20_000 });
    await assertRight(inputs, await key.signMany('sha256', inputs, { concurrency: 1 }));
    assert.equal(group.stats().failovers, 0);
  });

  it('a token that hangs: after the time limit of a member', async () => {
    await start(2, { memberTimeLimit: 60 });
    const inputs = numbered(60);
    for (const input of inputs) await rightFor(input);
    fault(0).hang('C_Sign');
    await assertRight(inputs, await key.signMany('sha256', inputs));
    assert.equal(group.members[0]!.state, 'set-aside');
    fault(0).release('C_Sign');
  });

  it('when no token is left the rest has the error', async () => {
    await start();
    for (const { module } of places) await module.close();
    const results = await key.signMany('sha256', numbered(10), { onError: 'return' });
    for (const result of results) assert.equal((result as unknown as CryptokiError).code, 'ERR_CRYPTOKI_CLOSED');
  });

  it('progress', async () => {
    await start();
    const reports: { done: number; total?: number }[] = [];
    await key.signMany('sha256', numbered(300), { onProgress: (progress) => reports.push(progress) });
    assert.deepEqual([reports.at(-1)!.done, reports.at(-1)!.total], [300, 300]);
    await assert.rejects(
      key.signMany('sha256', numbered(300), {
        onProgress: () => {
          throw new Error('from the caller');
        },
      }),
      /from the caller/,
    );
  });

  it('a signal and a time limit', async () => {
    await start();
    for (const { fault } of places) fault.tell('C_Sign', { sleep: 20_000 });
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 30);
    await assert.rejects(key.signMany('sha256', numbered(500), { signal: controller.signal }), reason);
    await assert.rejects(key.signMany('sha256', numbered(500), { timeLimit: 30 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
  });

  it('none, and one of no bytes', async () => {
    await start();
    assert.deepEqual(await key.signMany('sha256', []), []);
    const nothing = new Uint8Array(0);
    assert.deepEqual(await key.signMany('sha256', [nothing]), [await rightFor(nothing)]);
  });

  it('verifying', async () => {
    await start();
    const items = [];
    for (const data of numbered(50)) items.push({ data, signature: await rightFor(data) });
    items[7] = { data: items[7]!.data, signature: items[8]!.signature };
    const valid = await key.verifyMany('sha256', items);
    assert.deepEqual(
      valid,
      items.map((_, index) => index !== 7),
    );
  });

  it('encrypting and decrypting, each with an algorithm of its own', async () => {
    await start();
    const cipher = await group.secretKey({ id: Buffer.from('aes') });
    const inputs = numbered(40);
    const algorithms = inputs.map(() => ({ name: 'aes-cbc', iv: randomBytes(16) }) as const);
    const sealed = await cipher.encryptMany(algorithms, inputs);
    const opened = await cipher.decryptMany(algorithms, sealed);
    assert.deepEqual(
      opened.map((one) => Buffer.from(one).toString()),
      inputs.map(String),
    );
  });

  it('one nonce for several inputs is refused, however they are shared', async () => {
    await start();
    const cipher = await group.secretKey({ id: Buffer.from('aes') });
    const algorithm = { name: 'aes-gcm', iv: randomBytes(12) } as const;
    await assert.rejects(cipher.encryptMany(algorithm, numbered(2)), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(cipher.encryptMany([algorithm, algorithm], numbered(2)), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('wrong inputs are named by their number', async () => {
    await start();
    const inputs: unknown[] = numbered(100);
    inputs[77] = 'text';
    await assert.rejects(key.signMany('sha256', inputs as never), { code: 'ERR_INVALID_ARG_TYPE', message: /inputs\[77\]/ });
    await assert.rejects(key.signMany('sha256', 'text' as never), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(key.signMany('no such hash', numbered(3)), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(key.signMany('sha256', numbered(3), { concurrency: 0 }), RangeError);
  });

  describe('streams', () => {
    it('in order, from an async source', async () => {
      await start();
      const inputs = numbered(3000);
      const source = (async function* () {
        yield* inputs;
      })();
      const signatures: Uint8Array[] = [];
      for await (const signature of key.signStream('sha256', source, { highWaterMark: 200 })) signatures.push(signature);
      await assertRight(inputs, signatures);
      assert.ok(places.every((one) => one.fault.calls('C_Sign') > 0));
    });

    it('as they finish', async () => {
      await start();
      const inputs = numbered(500);
      const seen = new Set<number>();
      for await (const { index, signature } of key.signStream('sha256', inputs, { ordered: false })) {
        assert.deepEqual(signature, await rightFor(inputs[index]!));
        seen.add(index);
      }
      assert.equal(seen.size, 500);
    });

    it('a source without end, left early', async () => {
      await start();
      let left = false;
      const source = (function* () {
        try {
          for (let number = 0; ; number++) yield Buffer.from(`input ${number}`);
        } finally {
          left = true;
        }
      })();
      let count = 0;
      for await (const signature of key.signStream('sha256', source, { highWaterMark: 64 })) {
        assert.equal(signature.length, 32);
        if (++count === 500) break;
      }
      assert.equal(left, true);
    });

    it('what the source throws', async () => {
      await start();
      const source = (function* () {
        yield Buffer.from('one');
        throw new Error('from the source');
      })();
      await assert.rejects(async () => {
        for await (const _ of key.signStream('sha256', source)) void _;
      }, /from the source/);
    });

    it('a source with promises of another realm, and one that has no steps', async () => {
      await start();
      const items = numbered(3).values();
      const Foreign = runInNewContext('Promise') as PromiseConstructor;
      let count = 0;
      for await (const _ of key.signStream('sha256', { [Symbol.asyncIterator]: () => ({ next: () => Foreign.resolve(items.next()) }) })) count++;
      assert.equal(count, 3);
      const none = key.signStream('sha256', { [Symbol.iterator]: () => ({ next: () => 5 }) } as never, { onError: 'return' });
      await assert.rejects(none.next(), { code: 'ERR_INVALID_ARG_TYPE' });
    });

    it('a token that is removed meanwhile', async () => {
      await start();
      const inputs = numbered(1500);
      for (const input of inputs) await rightFor(input);
      for (const { fault } of places) fault.tell('C_Sign', { sleep: 500 });
      const signatures: Uint8Array[] = [];
      for await (const signature of key.signStream('sha256', inputs, { highWaterMark: 400 })) {
        if (signatures.push(signature) === 100) fault(1).remove(SLOT);
      }
      await assertRight(inputs, signatures);
      assert.ok(group.stats().failovers > 0);
    });

    it('an error where it stands, and a wrong input', async () => {
      await start();
      const inputs: unknown[] = numbered(20);
      inputs[3] = 'text';
      const results: unknown[] = [];
      for await (const one of key.signStream('sha256', inputs as never, { onError: 'return' })) results.push(one);
      assert.equal(results.length, 20);
      assert.equal((results[3] as CryptokiError).code, 'ERR_INVALID_ARG_TYPE');
      await assert.rejects(
        async () => {
          for await (const _ of key.signStream('sha256', inputs as never)) void _;
        },
        { code: 'ERR_CRYPTOKI_BULK' },
      );
    });

    it('abort', async () => {
      await start();
      for (const { fault } of places) fault.hang('C_Sign');
      const controller = new AbortController();
      const reason = new Error('enough');
      setTimeout(() => controller.abort(reason), 20);
      await assert.rejects(async () => {
        for await (const _ of key.signStream('sha256', numbered(50), { signal: controller.signal })) void _;
      }, reason);
    });
  });
});
