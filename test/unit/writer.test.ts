import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';

import fc from 'fast-check';

import { ASK_LENGTH, NO_OUTPUT, RequestWriter } from '../../lib/wire/writer';
import { FrameReader } from '../support/frame';

const begin = (): RequestWriter => new RequestWriter().begin(43);
const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

describe('RequestWriter', () => {
  it('begins with the call', () => {
    const { frame, length } = begin().finish();
    assert.deepEqual([...frame.subarray(0, length)], [43, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('writes numbers little-endian', () => {
    const frame = FrameReader.of(
      begin()
        .u8(1)
        .u16(0x0203)
        .u32(0x04050607)
        .u64(0x08090a0b0c0d0e0fn)
        .u64(2 ** 53 - 1)
        .bool(true),
    );
    assert.equal(frame.u8(), 1);
    assert.equal(frame.u16(), 0x0203);
    assert.equal(frame.u32(), 0x04050607);
    assert.equal(frame.u64(), 0x08090a0b0c0d0e0fn);
    assert.equal(frame.u64(), BigInt(2 ** 53 - 1));
    assert.equal(frame.u8(), 1);
    assert.ok(frame.atEnd);
  });

  it('writes any CK_ULONG as number or bigint alike', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const frame = FrameReader.of(begin().u64(value).u64(BigInt(value)));
        assert.equal(frame.u64(), BigInt(value));
        assert.equal(frame.u64(), BigInt(value));
      }),
    );
  });

  it('names the argument that will not do', () => {
    assert.throws(() => begin().u64(-1, 'slot'), { ...outOfRange, message: /"slot"/ });
    assert.throws(() => begin().u64('1' as never, 'slot'), invalidType);
    assert.throws(() => begin().bool(1 as never, 'tokenPresent'), invalidType);
    assert.throws(() => begin().bytes(undefined as never, 'data'), { ...invalidType, message: /"data".*Received undefined/ });
    assert.throws(() => begin().text(7 as never, 'username'), invalidType);
  });

  it('tells NULL from empty', () => {
    const frame = FrameReader.of(begin().bytes(null).bytes(new Uint8Array(0)).text(null).text(''));
    assert.equal(frame.bytes(), null);
    assert.equal(frame.bytes()!.length, 0);
    assert.equal(frame.bytes(), null);
    assert.equal(frame.bytes()!.length, 0);
  });

  it('carries any bytes, small ones inside and large ones beside the frame', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 300 }),
            fc.constantFrom(4095, 4096, 5000).map((n) => new Uint8Array(n).fill(n)),
          ),
        ),
        (parts) => {
          const writer = begin();
          for (const part of parts) writer.bytes(part);
          const frame = FrameReader.of(writer);
          for (const part of parts) assert.deepEqual(frame.bytes(), Buffer.from(part));
          assert.ok(frame.atEnd);
        },
      ),
    );
  });

  it('takes large bytes by reference and notices when they go away', () => {
    const data = new Uint8Array(8192);
    const writer = begin().bytes(data, 'data');
    assert.equal(writer.length, 12);
    const { port1 } = new MessageChannel();
    port1.postMessage(null, [data.buffer]);
    port1.close();
    assert.throws(() => writer.finish(), invalidValue);
  });

  it('keeps everything inside the frame when asked to', () => {
    const writer = new RequestWriter({ inline: true }).begin(0).bytes(new Uint8Array(10_000).fill(5));
    assert.equal(writer.length, 8 + 4 + 10_000);
    assert.equal(writer.finish().payload, undefined);
  });

  it('writes text as UTF-8 and refuses what has none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(FrameReader.of(begin().text(text)).bytes()!.toString(), text);
      }),
    );
    assert.throws(() => begin().text('\udc00'), invalidValue);
  });

  it('never shows a PIN', () => {
    for (const pin of [4711, 4711n, { pin: '4711' }, ['4711'], undefined]) {
      assert.throws(
        () => begin().pin(pin as never, 'pin'),
        (error: Error) => !error.message.includes('4711') && (error as { code?: string }).code === 'ERR_INVALID_ARG_TYPE',
      );
    }
    const frame = FrameReader.of(begin().pin('1234').pin(Buffer.from('12')).pin(null).contextPin(undefined).contextPin(null).contextPin('9'));
    assert.equal(frame.bytes()!.toString(), '1234');
    assert.equal(frame.bytes()!.toString(), '12');
    assert.equal(frame.bytes(), null);
    assert.equal(frame.u8(), 0);
    assert.equal(frame.u8(), 1);
    assert.equal(frame.bytes(), null);
    assert.equal(frame.u8(), 1);
    assert.equal(frame.bytes()!.toString(), '9');
  });

  it('limits labels to 32 bytes', () => {
    assert.equal(FrameReader.of(begin().label('ü'.repeat(16))).bytes()!.length, 32);
    assert.throws(() => begin().label('ü'.repeat(16) + 'x'), { ...invalidValue, message: /32 bytes in UTF-8. Received 33/ });
  });

  it('writes lists, and names the element that will not do', () => {
    const frame = FrameReader.of(begin().ulongs([1, 2n]).ulongs([]));
    assert.deepEqual([frame.u32(), frame.u64(), frame.u64(), frame.u32()], [2, 1n, 2n, 0]);
    assert.throws(() => begin().ulongs([1, null] as never, 'objects'), { ...invalidType, message: /"objects\[1\]"/ });
    assert.throws(() => begin().ulongs(new Array(2 ** 32 - 1), 'objects'), outOfRange);
    assert.throws(() => begin().ulongs('12' as never, 'objects'), invalidType);
  });

  it('is not confused by an array that shrinks while it is read', () => {
    const values: unknown[] = [1, 2, 3];
    Object.defineProperty(values, 0, {
      get() {
        values.length = 1;
        return 1;
      },
    });
    assert.throws(() => begin().ulongs(values as number[], 'objects'), { ...invalidType, message: /"objects\[1\]".*undefined/ });
  });

  it('guesses a capacity from what goes in', () => {
    assert.ok(FrameReader.of(begin().capacity()).u32() >= 4096);
    const writer = begin().bytes(new Uint8Array(100_000));
    writer.capacity();
    const frame = FrameReader.of(writer);
    frame.bytes();
    assert.ok(frame.u32() >= 100_000);
    assert.equal(FrameReader.of(begin().capacity(ASK_LENGTH)).u32(), ASK_LENGTH);
    assert.equal(FrameReader.of(begin().capacity(NO_OUTPUT)).u32(), NO_OUTPUT);
    assert.throws(() => begin().capacity(-1), outOfRange);
  });

  it('leaves nothing behind', () => {
    const writer = begin().pin('very secret');
    const { frame } = writer.finish();
    assert.ok(Buffer.from(frame).includes('very secret'));
    writer.wipe();
    assert.ok(frame.every((byte) => byte === 0));
  });

  it('leaves nothing behind in a buffer it has outgrown, and does not keep a huge one', () => {
    const writer = new RequestWriter({ inline: true }).begin(1).pin('secret');
    const { frame: small } = writer.finish();
    writer.bytes(new Uint8Array(3 << 20));
    assert.ok(small.every((byte) => byte === 0));
    const { frame: large } = writer.finish();
    writer.wipe();
    assert.ok(large.every((byte) => byte === 0));
    assert.ok(writer.begin(1).finish().frame.byteLength < 1 << 20);
  });
});
