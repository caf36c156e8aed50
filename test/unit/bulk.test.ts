import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { CKR } from '../../lib/constants';
import { CALL } from '../../lib/generated/calls';
import { BulkError } from '../../lib/bulk/bulk-error';
import { type BulkProgress } from '../../lib/bulk/progress';
import { Pkcs11Error, CryptokiError, AbortError } from '../../lib/errors';
import { inputs, made, setup, signing } from '../support/bulk';
import { pins, run, allRight, settled } from '../support/bulk-run';
import type { Work } from '../../lib/bulk/work';

describe('Bulk work', () => {
  it('gives every result in the order of the inputs, whatever their number', async () => {
    for (const count of [0, 1, 2, 7, 100, 4096, 4097, 30_000]) {
      const world = setup();
      const given = inputs(count);
      allRight(await run(world, given), given);
      assert.equal(world.crew.held, 0);
      assert.ok(world.most <= 2);
    }
  });

  it('writes the frame that the boundary describes', async () => {
    const world = setup();
    await run(world, inputs(3), { concurrency: 9 });
    const [batch] = world.batches;
    const { crew, operation, members, key, pin, capacity, mechanisms } = batch!;
    assert.deepEqual(
      { crew, operation, members, key, pin, capacity, mechanisms },
      { crew: 7n, operation: 0, members: 9, key: 5n, pin: undefined, capacity: 16, mechanisms: [0x1041n] },
    );
    assert.ok(batch!.suspending.includes(BigInt(CKR.SESSION_HANDLE_INVALID)));
    assert.ok(!batch!.suspending.includes(BigInt(CKR.DATA_LEN_RANGE)));
  });

  it('begins with few, and goes on with more', async () => {
    const world = setup();
    await run(world, inputs(20_000), { concurrency: 4 });
    const sizes = world.batches.map(({ items }) => items.length);
    assert.equal(sizes[0], 16);
    assert.ok(Math.max(...sizes) > 1000);
    assert.ok(Math.max(...sizes) <= 4096);
    assert.equal(world.most, 2);
  });

  it('takes iterables as they come', async () => {
    const world = setup();
    let ended = 0;
    function* source(): Generator<Buffer> {
      try {
        yield* inputs(9000);
      } finally {
        ended++;
      }
    }
    allRight(await run(world, source()), inputs(9000));
    assert.equal(ended, 1);
  });

  it('takes an input that is larger than a window', async () => {
    const world = setup();
    const large = Buffer.alloc(5 << 20, 7);
    const given = [Buffer.from('a'), large, Buffer.from('b'), large];
    const results = await run(world, given);
    assert.deepEqual(
      results.map((result) => (result as Uint8Array).length),
      [2, large.length + 1, 2, large.length + 1],
    );
    assert.ok(Math.max(...world.batches.map(({ items }) => items.reduce((sum, { length }) => sum + length, 0))) <= large.length);
  });

  it('takes inputs of no bytes, and outputs longer than was thought', async () => {
    const world = setup();
    world.fate = (item) => Buffer.alloc(item.length * 20, 1);
    const results = await run(world, [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(0), Buffer.alloc(3)]);
    assert.deepEqual(
      results.map((result) => (result as Uint8Array).length),
      [0, 20, 0, 60],
    );
  });

  it('cuts batches whose outputs would be too large', async () => {
    const world = setup();
    const work: Work<Uint8Array> = { ...signing, capacity: undefined, capacityFor: (_number, length) => length };
    const given = [
      ...Array.from({ length: 40 }, () => Buffer.alloc(4)),
      Buffer.alloc(1 << 20, 1),
      ...Array.from({ length: 40 }, () => Buffer.alloc(4)),
    ];
    await run(world, given, { work, concurrency: 64 });
    for (const { capacity, items } of world.batches) assert.ok(capacity * items.length <= 1 << 24);
    assert.ok(world.batches.length < 10);
  });

  it('keeps one bad input from the others', async () => {
    const world = setup();
    world.fate = (item) => (item.toString() === 'i5' ? { rv: CKR.DATA_LEN_RANGE } : made(item));
    const results = await run(world, inputs(100));
    const error = results[5] as Pkcs11Error;
    assert.deepEqual([error.code, error.call], ['CKR_DATA_LEN_RANGE', 'C_Sign']);
    assert.equal(results.filter((result) => result instanceof Uint8Array).length, 99);
    assert.deepEqual(world.crew.incidents, ['1 CKR_DATA_LEN_RANGE']);
  });

  it('puts an input that is none in its place too', async () => {
    const world = setup();
    const gone = new Uint8Array(8);
    structuredClone(gone, { transfer: [gone.buffer] });
    const results = await run(world, new Set([Buffer.from('a'), 'text', gone, Buffer.from('b')]));
    assert.deepEqual(
      results.map((result) => (result instanceof Uint8Array ? Buffer.from(result).toString() : (result as { code?: string }).code)),
      ['Sa', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'Sb'],
    );
    assert.match((results[1] as Error).message, /inputs\[1\]/);
  });

  it('ends at the first failure where it shall, and loses nothing of what was done', async () => {
    const world = setup();
    world.fate = (item) => (['i7', 'i3'].includes(item.toString()) ? { rv: CKR.DATA_INVALID } : made(item));
    const error = await run(world, inputs(50_000), { stopAtFailure: true }).then(
      () => assert.fail(),
      (reason: unknown) => reason as BulkError,
    );
    assert.ok(error instanceof BulkError && CryptokiError.is(error, 'ERR_CRYPTOKI_BULK'));
    assert.equal(error.index, 3);
    assert.ok(Pkcs11Error.is(error.cause, 'CKR_DATA_INVALID'));
    assert.equal(Buffer.from(error.results[2] as Uint8Array).toString(), 'Si2');
    assert.ok(error.results[7] instanceof Error);
    assert.equal(error.results.length, 50_000);
    assert.equal(error.results[49_999], undefined);
    assert.ok(world.batches.length < 5);
    assert.equal(world.crew.held, 0);
  });

  describe('that is given up', () => {
    it('before it begins does nothing', async () => {
      const world = setup();
      await assert.rejects(run(world, inputs(3), { signal: AbortSignal.abort() }), AbortError);
      assert.deepEqual(world.batches, []);
    });

    it('rejects at once, stops what is on its way, and lets the sessions go when that has ended', async () => {
      const world = setup();
      world.keeps = true;
      const controller = new AbortController();
      const running = run(world, inputs(1000), { signal: controller.signal });
      while (world.kept.length < 2) await setImmediate();
      controller.abort(new Error('enough'));
      await assert.rejects(running, { message: 'enough' });
      assert.equal(world.crew.held, 1);
      for (const call of world.kept) world.answer(call);
      await settled(world);
      assert.equal(world.crew.held, 0);
      assert.equal(world.batches.length, 2);
      assert.equal(world.binding.unreferenced.length, 2);
    });

    it('ends at its time limit', async () => {
      const world = setup();
      world.keeps = true;
      await assert.rejects(run(world, inputs(3), { timeLimit: 5 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
      for (const call of world.kept) world.answer(call);
      await settled(world);
      assert.equal(world.crew.held, 0);
    });

    it('does not mind a signal that fires at the end', async () => {
      const world = setup();
      const controller = new AbortController();
      const given = inputs(10);
      allRight(await run(world, given, { signal: controller.signal }), given);
      controller.abort();
      await setImmediate();
    });
  });

  it('writes sessions off whose item takes too long', async () => {
    const world = setup();
    world.keeps = true;
    world.crew.stuckOnes = [3n];
    const running = run(world, inputs(2), { callTimeLimit: 4 });
    while (world.crew.writtenOff.length === 0) await new Promise((done) => setTimeout(done, 1));
    for (const call of world.kept) world.answer(call);
    await running;
    assert.equal(world.crew.writtenOff[0], 3n);
  });

  it('ends with what its source throws, after what runs', async () => {
    const world = setup();
    function* source(): Generator<Buffer> {
      yield* inputs(10_000);
      throw new Error('no more');
    }
    await assert.rejects(run(world, source()), { message: 'no more' });
    assert.equal(world.crew.held, 0);
  });

  it('tells how far it has come', async () => {
    const world = setup();
    world.fate = (item) => (item.toString() === 'i1' ? { rv: CKR.DATA_INVALID } : made(item));
    const told: BulkProgress[] = [];
    await run(world, inputs(20), { onProgress: (progress) => void told.push(progress) });
    const { perSecond, ...rest } = told.at(-1)!;
    assert.deepEqual(rest, { done: 19, failed: 1, total: 20 });
    assert.ok(perSecond > 0);
  });

  it('ends with what the function for progress throws', async () => {
    const world = setup();
    const onProgress = (): void => {
      throw new Error('mine');
    };
    await assert.rejects(run(world, inputs(20), { onProgress }), { message: 'mine' });
    assert.equal(world.crew.held, 0);
  });

  it('sends one item after the other where the key wants its PIN each time, asks for the PIN once and wipes it', async () => {
    const world = setup();
    const pin = Buffer.from('1234');
    let asked = 0;
    const work: Work<Uint8Array> = { ...signing, asksPin: true, pin: () => pins().of(async () => (asked++, pin)) };
    const given = inputs(5);
    allRight(await run(world, given, { work }), given);
    assert.deepEqual(
      world.batches.map(({ items, pin: sent }) => `${items.length} ${sent}`),
      given.map(() => '1 1234'),
    );
    assert.equal(world.most, 1);
    assert.equal(asked, 1);
    await setImmediate();
    assert.deepEqual([...pin], [0, 0, 0, 0]);
  });

  it('never tries a refused PIN twice', async () => {
    const world = setup();
    world.fate = () => ({ rv: CKR.PIN_INCORRECT, functionIndex: CALL.C_Login });
    const work: Work<Uint8Array> = { ...signing, asksPin: true, pin: () => pins().of(async () => Buffer.from('0000')) };
    const results = await run(world, inputs(5), { work });
    assert.ok(results.every((result) => Pkcs11Error.is(result, 'CKR_PIN_INCORRECT')));
    assert.equal(world.batches.length, 1);
  });
});
