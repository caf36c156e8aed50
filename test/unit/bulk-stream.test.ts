import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { BulkError } from '../../lib/bulk/bulk-error';
import { bulkOptions, type BulkOptions } from '../../lib/bulk/options';
import { streamed } from '../../lib/bulk/streamed';
import { CKR } from '../../lib/constants';
import { AbortError, Pkcs11Error } from '../../lib/errors';
import { inputs, made, setup, signing, type Setup } from '../support/bulk';
import type { Numbered } from '../../lib/bulk/outflow';
import type { BulkProgress } from '../../lib/bulk/progress';
import type { TokenContext } from '../../lib/token-context';

interface Given extends BulkOptions {
  readonly ordered?: boolean;
  readonly most?: number;
}

function stream(world: Setup, source: Iterable<unknown> | AsyncIterable<unknown>, given: Given = {}): AsyncGenerator<Numbered<Uint8Array>> {
  return streamed<Uint8Array, Numbered<Uint8Array>>(() => ({
    context: { client: world.client, pool: world.crew } as unknown as TokenContext,
    source,
    options: bulkOptions(given),
    ordered: given.ordered ?? true,
    most: given.most ?? 1000,
    work: async () => signing,
    shape: (one) => one,
  }));
}

async function all(results: AsyncIterable<Numbered<Uint8Array>>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { number, result } of results)
    texts.push(`${number} ${result instanceof Error ? (result as Pkcs11Error).code : Buffer.from(result)}`);
  return texts;
}

const right = (count: number): string[] => inputs(count).map((item, index) => `${index} ${made(item)}`);
const settled = async (world: Setup): Promise<void> => {
  for (let turn = 0; turn < 50 && world.crew.held > 0; turn++) await setImmediate();
};

/** Counts how often it was ended. */
function watched(count: number): { readonly source: AsyncGenerator<Buffer>; readonly state: { given: number; ended: number } } {
  const state = { given: 0, ended: 0 };
  async function* give(): AsyncGenerator<Buffer> {
    try {
      for (; state.given < count; state.given++) yield Buffer.from(`i${state.given}`);
    } finally {
      state.ended++;
    }
  }
  return { source: give(), state };
}

describe('A stream of bulk work', () => {
  it('gives results in the order of the inputs, from whatever kind of source', async () => {
    const count = 5000;
    const sources = [inputs(count), new Set(inputs(count)), watched(count).source, Readable.from(inputs(count))];
    for (const source of sources) {
      const world = setup();
      assert.deepEqual(await all(stream(world, source)), right(count));
      await settled(world);
      assert.equal(world.crew.held, 0);
    }
  });

  it('gives them as they finish where asked', async () => {
    const world = setup();
    world.keeps = true;
    const results = stream(world, inputs(40), { ordered: false, concurrency: 1 });
    const first = results.next();
    while (world.kept.length < 2) await setImmediate();
    world.keeps = false;
    world.answer(world.kept[1]!);
    assert.ok((await first).value.number > 0);
    world.answer(world.kept[0]!);
    const rest = await all(results);
    assert.equal(rest.length, 39);
    assert.equal(new Set(rest).size, 39);
  });

  it('reads no further ahead than it may, and lets the sessions go while nobody takes results', async () => {
    const world = setup();
    const { source, state } = watched(1_000_000);
    const results = stream(world, source, { most: 100 });
    await results.next();
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    assert.ok(state.given <= 102, `${state.given}`);
    assert.equal(world.crew.held, 0);
    for (let taken = 0; taken < 500; taken++) await results.next();
    assert.ok(state.given <= 602, `${state.given}`);
    await results.return(undefined);
    assert.equal(state.ended, 1);
    await settled(world);
    assert.equal(world.crew.held, 0);
  });

  it('works with room for one input', async () => {
    const world = setup();
    assert.deepEqual(await all(stream(world, inputs(30), { most: 1 })), right(30));
  });

  it('ends its source when it is left, and when it fails', async () => {
    const world = setup();
    const left = watched(100_000);
    for await (const { number } of stream(world, left.source)) if (number === 10) break;
    assert.equal(left.state.ended, 1);
    world.fate = () => ({ rv: CKR.DATA_INVALID });
    const failed = watched(100_000);
    await assert.rejects(all(stream(world, failed.source)), BulkError);
    assert.equal(failed.state.ended, 1);
    await settled(world);
    assert.equal(world.crew.held, 0);
  });

  it('does nothing until its results are wanted', async () => {
    const world = setup();
    const { source, state } = watched(10);
    stream(world, source);
    await setImmediate();
    assert.deepEqual([state.given, world.batches.length], [0, 0]);
  });

  it('gives what came before a failure, then throws', async () => {
    const world = setup();
    world.fate = (item) => (item.toString() === 'i50' ? { rv: CKR.DATA_INVALID } : made(item));
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const { number } of stream(world, inputs(1000))) seen.push(number);
      },
      (error: BulkError) => error instanceof BulkError && error.index === 50 && Pkcs11Error.is(error.cause, 'CKR_DATA_INVALID'),
    );
    assert.deepEqual(
      seen,
      Array.from({ length: 50 }, (_, number) => number),
    );
  });

  it('puts errors in their places where asked, those of inputs that are none too', async () => {
    const world = setup();
    world.fate = (item) => (item.toString() === 'i3' ? { rv: CKR.DATA_INVALID } : made(item));
    const source = [...inputs(5), 'text', ...inputs(2)];
    assert.deepEqual(await all(stream(world, source, { onError: 'return' })), [
      '0 Si0',
      '1 Si1',
      '2 Si2',
      '3 CKR_DATA_INVALID',
      '4 Si4',
      '5 ERR_INVALID_ARG_TYPE',
      '6 Si0',
      '7 Si1',
    ]);
  });

  it('gives what came before its source threw, then throws that', async () => {
    const world = setup();
    async function* source(): AsyncGenerator<Buffer> {
      yield* inputs(20);
      throw new Error('source');
    }
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const { number } of stream(world, source())) seen.push(number);
      },
      { message: 'source' },
    );
    await settled(world);
    assert.equal(world.crew.held, 0);
  });

  it('does not wait for a source that hangs', async () => {
    const world = setup();
    async function* source(): AsyncGenerator<Buffer> {
      yield* inputs(3);
      await new Promise(() => undefined);
    }
    const controller = new AbortController();
    const results = stream(world, source(), { signal: controller.signal });
    for (let taken = 0; taken < 3; taken++) assert.equal((await results.next()).value.number, taken);
    const last = results.next();
    await setImmediate();
    controller.abort();
    await assert.rejects(last, AbortError);
    await settled(world);
    assert.equal(world.crew.held, 0);
  });

  it('is aborted before it begins, and while nobody takes results', async () => {
    const world = setup();
    await assert.rejects(stream(world, inputs(3), { signal: AbortSignal.abort() }).next(), AbortError);
    const controller = new AbortController();
    const { source, state } = watched(100_000);
    const results = stream(world, source, { signal: controller.signal });
    await results.next();
    controller.abort();
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    assert.equal(state.ended, 1);
    await assert.rejects(results.next(), AbortError);
    assert.equal((await results.next()).done, true);
    assert.equal(world.crew.held, 0);
  });

  it('tells how far it has come', async () => {
    const world = setup();
    world.fate = (item) => (item.toString() === 'i1' ? { rv: CKR.DATA_INVALID } : made(item));
    const told: BulkProgress[] = [];
    await all(stream(world, inputs(20), { onError: 'return', onProgress: (progress) => void told.push(progress) }));
    const { perSecond, ...last } = told.at(-1)!;
    assert.ok(perSecond > 0);
    // How many come nobody knows before.
    assert.deepEqual(last, { done: 19, failed: 1 });
  });

  it('refuses a source whose iterator is none, or whose steps are none', async () => {
    const sources: readonly [title: string, source: object][] = [
      ['no iterator', { [Symbol.iterator]: () => 5 }],
      ['no function next', { [Symbol.asyncIterator]: () => ({}) }],
      ['a step that is a number', { [Symbol.iterator]: () => ({ next: () => 5 }) }],
      ['a step that is nothing', { [Symbol.asyncIterator]: () => ({ next: async () => null }) }],
    ];
    for (const [title, source] of sources) {
      const world = setup();
      await assert.rejects(all(stream(world, source as Iterable<unknown>, { onError: 'return' })), { code: 'ERR_INVALID_ARG_TYPE' }, title);
      assert.equal(world.crew.held, 0);
    }
  });

  it('waits for whatever an async iterator gives that can be waited for', async () => {
    const items = inputs(3).values();
    // Of another realm, as in a vm context: no instance of our Promise.
    const Foreign = runInNewContext('Promise') as PromiseConstructor;
    const source = { [Symbol.asyncIterator]: () => ({ next: () => Foreign.resolve(items.next()) }) };
    assert.deepEqual(await all(stream(setup(), source)), right(3));
  });

  it('ends with nothing where its source has nothing', async () => {
    const world = setup();
    assert.deepEqual(await all(stream(world, [])), []);
    assert.equal(world.batches.length, 0);
  });
});
