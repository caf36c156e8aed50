import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { Pieces, wholeOf } from '../../lib/data-source';
import { Patience } from '../../lib/patience';

const patient = (): Patience => new Patience({});
const text = (piece: Uint8Array | undefined): string | undefined => (piece === undefined ? undefined : Buffer.from(piece).toString());

describe('data in one piece', () => {
  it('is copied, from every kind of bytes', () => {
    const bytes = Buffer.from('abc');
    const copy = wholeOf(bytes);
    bytes.fill(0);
    assert.equal(text(copy), 'abc');
    const buffer = Uint8Array.from([1, 2, 3, 4]).buffer;
    for (const data of [buffer, new DataView(buffer, 0), new Uint16Array(buffer)]) assert.deepEqual(wholeOf(data), Uint8Array.of(1, 2, 3, 4));
    const shared = new SharedArrayBuffer(2);
    assert.deepEqual(wholeOf(shared), new Uint8Array(2));
  });

  it('is not a string, a number or nothing', () => {
    for (const data of ['text', 7, null, undefined, {}, true]) assert.throws(() => wholeOf(data as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.equal(wholeOf([Buffer.from('a')]), undefined);
  });
});

describe('data in pieces', () => {
  it('come from arrays, generators and streams', async () => {
    async function* later(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      yield Buffer.from('b');
    }
    for (const source of [[Buffer.from('a'), Buffer.from('b')], later(), new Set([Buffer.from('a'), Buffer.from('b')])]) {
      assert.equal(text(await new Pieces(source, patient()).collect()), 'ab');
    }
  });

  it('do not come from what is no iterator, or gives no steps', async () => {
    assert.throws(() => new Pieces({ [Symbol.iterator]: () => 5 } as never, patient()), { code: 'ERR_INVALID_ARG_TYPE' });
    const pieces = new Pieces({ [Symbol.iterator]: () => ({ next: () => 5 }) } as never, patient());
    await assert.rejects(pieces.next(), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('are whole blocks but for the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }), fc.constantFrom(1, 8, 16), async (source, block) => {
        const pieces = new Pieces(source, patient(), block);
        const out: Uint8Array[] = [];
        for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) out.push(Uint8Array.from(piece));
        assert.deepEqual(Buffer.concat(out), Buffer.concat(source));
        assert.ok(out.slice(0, -1).every((piece) => piece.length % block === 0));
        assert.ok(out.every((piece) => piece.length > 0));
      }),
    );
  });

  it('can be collected after the first has been looked at', async () => {
    const pieces = new Pieces([Buffer.from('abc'), Buffer.from('def')], patient(), 2);
    assert.equal(text(await pieces.next()), 'ab');
    assert.equal(text(await pieces.collect(Buffer.from('ab'))), 'abcdef');
  });

  it('end their source when they are left early, once', async () => {
    let ended = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: Buffer.from('a') }),
        return: async () => {
          ended += 1;
          throw new Error('nobody hears this');
        },
      }),
    };
    const pieces = new Pieces(source, patient());
    await pieces.next();
    pieces.close();
    pieces.close();
    await wait(1);
    assert.equal(ended, 1);
    const whole = new Pieces([Buffer.from('a')], patient());
    await whole.collect();
    whole.close();
  });

  it('that are no bytes are refused by their number', async () => {
    const pieces = new Pieces([Buffer.from('a'), 'b' as never], patient());
    await pieces.next();
    await assert.rejects(pieces.next(), { code: 'ERR_INVALID_ARG_TYPE', message: /"data\[1\]"/ });
  });
});

describe('patience', () => {
  it('ends what is waited for, with the reason', async () => {
    const controller = new AbortController();
    const patience = new Patience({ signal: controller.signal });
    const waiting = patience.orEnd(new Promise(() => undefined));
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
    await assert.rejects(patience.orEnd(7), { message: 'enough' });
    assert.equal(patience.options.signal?.aborted, true);
    patience.end();
  });

  it('runs out', async () => {
    const patience = new Patience({ timeLimit: 5 });
    await assert.rejects(patience.orEnd(new Promise(() => undefined)), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    patience.end();
  });

  it('is not begun with a signal that has fired', () => {
    assert.throws(() => new Patience({ signal: AbortSignal.abort() }), { name: 'AbortError', code: 'ABORT_ERR' });
    assert.throws(() => new Patience({ timeLimit: -1 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => new Patience({ signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('without limits lets everything through', async () => {
    const patience = new Patience({});
    assert.equal(await patience.orEnd(Promise.resolve(3)), 3);
    assert.deepEqual(patience.options, {});
    patience.end();
  });
});
