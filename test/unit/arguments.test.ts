import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';

import { boolean, bytes, describe as received, integer, oneOf, plainObject, string, ulong } from '../../lib/arguments';

const detach = (buffer: ArrayBuffer): void => {
  const { port1 } = new MessageChannel();
  port1.postMessage(null, [buffer]);
  port1.close();
};

const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

describe('arguments', () => {
  it('say what was received, in the words of Node', () => {
    assert.equal(received(undefined), 'Received undefined');
    assert.equal(received(null), 'Received null');
    assert.equal(received(3), 'Received type number (3)');
    assert.equal(received(3n), 'Received type bigint (3n)');
    assert.equal(received(true), 'Received type boolean (true)');
    assert.equal(received(new Map()), 'Received an instance of Map');
    assert.equal(received([]), 'Received an array');
    assert.equal(received({}), 'Received an instance of Object');
    assert.equal(received(Object.create(null)), 'Received an object');
    assert.equal(
      received(() => {}),
      'Received a function',
    );
    assert.equal(received(Symbol('x')), 'Received type symbol');
  });

  it('never show a string, and no number that may be a secret', () => {
    assert.equal(received('1234'), 'Received type string');
    assert.equal(received(1234, true), 'Received type number');
    assert.equal(received(1234n, true), 'Received type bigint');
  });

  it('survive objects that do not want to be described', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    assert.equal(received(hostile), 'Received an object');
  });

  it('accept whole numbers in their range only', () => {
    assert.equal(integer(0, 'n'), 0);
    assert.equal(integer(Number.MAX_SAFE_INTEGER, 'n'), Number.MAX_SAFE_INTEGER);
    for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) assert.throws(() => integer(value, 'n'), outOfRange);
    for (const value of ['1', null, undefined, 1n, {}]) assert.throws(() => integer(value, 'n'), invalidType);
    assert.throws(() => integer(513, 'threads', 1, 512), { message: /"threads" is out of range. It must be >= 1 and <= 512. Received 513/ });
  });

  it('accept a CK_ULONG as number or bigint', () => {
    assert.equal(ulong(2n ** 64n - 1n, 'n'), 2n ** 64n - 1n);
    assert.equal(ulong(5, 'n'), 5);
    for (const value of [-1n, 2n ** 64n, NaN, -1, 1.5, 2 ** 53]) assert.throws(() => ulong(value, 'n'), outOfRange);
    assert.throws(() => ulong('1', 'handle'), {
      ...invalidType,
      message: 'The "handle" argument must be of type number or bigint. Received type string',
    });
  });

  it('accept booleans, text and choices', () => {
    assert.equal(boolean(false, 'b'), false);
    assert.throws(() => boolean(0, 'b'), invalidType);
    assert.equal(string('größe 🔑', 's'), 'größe 🔑');
    assert.throws(() => string(5, 's'), invalidType);
    assert.throws(() => string('a\ud800', 's'), invalidValue);
    assert.equal(oneOf('der', 'encoding', ['der', 'raw']), 'der');
    assert.throws(() => oneOf('DER', 'encoding', ['der', 'raw']), { ...invalidValue, message: /one of 'der', 'raw'. Received 'DER'/ });
    assert.throws(() => oneOf(1, 'encoding', ['der']), invalidType);
    assert.deepEqual(plainObject({ a: 1 }, 'o'), { a: 1 });
    for (const value of [null, [], new Uint8Array(1), 'x', undefined]) assert.throws(() => plainObject(value, 'o'), invalidType);
  });

  describe('bytes', () => {
    it('come from every view and from buffers', () => {
      const source = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
      assert.deepEqual([...bytes(source, 'd')], [1, 2, 3, 4, 5, 6, 7, 8]);
      assert.deepEqual([...bytes(new Uint8Array(source, 2, 3), 'd')], [3, 4, 5]);
      assert.deepEqual([...bytes(new DataView(source, 6), 'd')], [7, 8]);
      assert.deepEqual([...bytes(new Uint16Array(source, 4, 1), 'd')], [5, 6]);
      assert.deepEqual([...bytes(Buffer.from('ab'), 'd')], [97, 98]);
      assert.equal(bytes(new Uint8Array(0), 'd').length, 0);
      assert.equal(bytes(new ArrayBuffer(0), 'd').length, 0);
    });

    it('come from nothing else', () => {
      for (const value of ['text', 3, null, undefined, [1, 2], {}, new Proxy(new Uint8Array(1), {})]) {
        assert.throws(() => bytes(value, 'data'), invalidType);
      }
      assert.throws(() => bytes(3, 'data'), { message: /^The "data" argument must be an instance of Uint8Array.*Received type number \(3\)$/ });
    });

    it('do not believe what an object says of its own length', () => {
      const liar = new Uint8Array(4);
      Object.defineProperty(liar, 'byteLength', { value: 1 << 30 });
      Object.defineProperty(liar, 'length', { value: 1 << 30 });
      assert.equal(bytes(liar, 'd').byteLength, 4);
    });

    it('refuse detached memory', () => {
      const buffer = new ArrayBuffer(8);
      const views = [new Uint8Array(buffer), new DataView(buffer), buffer];
      detach(buffer);
      for (const view of views) assert.throws(() => bytes(view, 'data'), { ...invalidValue, message: /detached/ });
    });

    it('copy shared memory', () => {
      const shared = new SharedArrayBuffer(4);
      const view = new Uint8Array(shared);
      view.fill(7);
      const copy = bytes(view, 'd');
      view.fill(9);
      assert.deepEqual([...copy], [7, 7, 7, 7]);
      assert.ok(copy.buffer instanceof ArrayBuffer);
      assert.deepEqual([...bytes(shared, 'd')], [9, 9, 9, 9]);
    });

    it('copy resizable memory, and refuse a view that it no longer reaches', () => {
      const Resizable = ArrayBuffer as unknown as new (
        length: number,
        options: { maxByteLength: number },
      ) => ArrayBuffer & { resize(length: number): void };
      const buffer = new Resizable(8, { maxByteLength: 16 });
      const tracking = new Uint8Array(buffer);
      const fixed = new Uint8Array(buffer, 4, 4);
      const view = new DataView(buffer, 4, 4);
      const copy = bytes(tracking, 'd');
      buffer.resize(6);
      assert.equal(copy.byteLength, 8);
      assert.equal(bytes(tracking, 'd').byteLength, 6);
      assert.throws(() => bytes(fixed, 'data'), invalidValue);
      assert.throws(() => bytes(view, 'data'), invalidValue);
    });
  });
});
