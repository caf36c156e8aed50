import assert from 'node:assert/strict';

import fc from 'fast-check';

import { CALL } from '../../lib/generated/calls';
import { ReplyReader } from '../../lib/wire/reader';
import { ReplyBuilder } from '../support/fake-binding';

const NONE = 0xffff_ffff_ffff_ffffn;
const read = (build: (reply: ReplyBuilder) => ReplyBuilder): ReplyReader => new ReplyReader(build(new ReplyBuilder()).build());

describe('ReplyReader', () => {
  it('reads the header', () => {
    const reply = new ReplyReader(new ReplyBuilder(0xa0, CALL.C_Login).build());
    assert.equal(reply.rv, 0xa0);
    assert.equal(reply.functionName, 'C_Login');
    assert.equal(reply.fromEngine, false);
    assert.ok(reply.atEnd);
    const engine = new ReplyReader(ReplyBuilder.engine(5, 'C_Sign'));
    assert.ok(engine.fromEngine);
    assert.equal(engine.rv, 5);
    assert.equal(engine.text(), 'C_Sign');
  });

  it('reads numbers', () => {
    const reply = read((r) => r.u8(1).u16(2).u32(3).u64(4).u64(5).u64(6).u64(NONE).u8(1).u8(0));
    assert.deepEqual([reply.u8(), reply.u16(), reply.u32(), reply.u64(), reply.number(), reply.size(), reply.size()], [1, 2, 3, 4n, 5, 6, undefined]);
    assert.deepEqual([reply.bool(), reply.bool()], [true, false]);
  });

  it('does not round what a number cannot hold', () => {
    assert.equal(read((r) => r.u64(2n ** 53n - 1n)).size(), Number.MAX_SAFE_INTEGER);
    assert.equal(read((r) => r.u64(2n ** 53n)).size(), undefined);
    assert.equal(read((r) => r.u64(2n ** 63n)).u64(), 2n ** 63n);
    assert.throws(() => read((r) => r.u64(NONE)).number(), { code: 'ERR_CRYPTOKI_LENGTH' });
  });

  it('reads bytes as copies', () => {
    const bytes = new ReplyBuilder()
      .bytes(Uint8Array.of(1, 2, 3))
      .u32(0xffff_ffff)
      .bytes(new Uint8Array(0))
      .build();
    const reply = new ReplyReader(bytes);
    const value = reply.bytes();
    assert.equal(reply.bytesOrNull(), undefined);
    assert.equal(reply.bytes().length, 0);
    reply.wipe();
    assert.deepEqual([...value], [1, 2, 3]);
    assert.equal(value.buffer.byteLength, 3);
    assert.ok(bytes.every((byte) => byte === 0));
  });

  it('reads text and lists', () => {
    const reply = read((r) => r.text('größe').bytes(Uint8Array.of(0x61, 0xff)).ulongs(1, NONE).ulongs(7, 8).text('\ufeffx'));
    assert.equal(reply.text(), 'größe');
    assert.equal(reply.text(), 'a\ufffd');
    assert.deepEqual(reply.ulongs(), [1n, NONE]);
    assert.deepEqual(reply.numbers(), [7, 8]);
    assert.equal(reply.text(), '\ufeffx');
  });

  it('reads information structures without padding', () => {
    const reply = read((r) => r.padded('slot', 64).padded('maker', 32).u64(5).u8(1).u8(2).u8(3).u8(4));
    assert.deepEqual(reply.structure('CK_SLOT_INFO'), {
      slotDescription: 'slot',
      manufacturerID: 'maker',
      flags: 5,
      hardwareVersion: { major: 1, minor: 2 },
      firmwareVersion: { major: 3, minor: 4 },
    });
    const ended = read((r) =>
      r
        .bytes(Buffer.from('slot\0garbage'.padEnd(64)))
        .padded('', 32)
        .u64(NONE)
        .u32(0),
    );
    const info = ended.structure('CK_SLOT_INFO');
    assert.deepEqual([info['slotDescription'], info['manufacturerID'], info['flags']], ['slot', '', undefined]);
  });

  it('reads what the token wrote back, before or after the outputs', () => {
    const plan = [
      { path: ['iv'], kind: 'bytes' as const },
      { path: ['material', 'key'], kind: 'ulong' as const },
      { path: ['keys', 1, 'handle'], kind: 'ulong' as const },
      { path: ['version', 'major'], kind: 'byte' as const },
    ];
    const bytes = new ReplyBuilder()
      .writtenBack((b) => b.bytes(Uint8Array.of(9)).u64(5).u64(6).u8(3))
      .u64(77)
      .build();
    const reply = new ReplyReader(bytes, plan);
    assert.equal(reply.u64(), 77n);
    const keys: unknown[] = [];
    keys[1] = { handle: 6n };
    assert.deepEqual(reply.writtenBack(), { iv: Uint8Array.of(9), material: { key: 5n }, keys, version: { major: 3 } });
    assert.ok(reply.atEnd);
  });

  it('gives a parameter that was bytes back as bytes', () => {
    const reply = new ReplyReader(new ReplyBuilder().writtenBack((b) => b.bytes(Uint8Array.of(1, 2))).build(), [{ path: [], kind: 'bytes' }]);
    assert.deepEqual(reply.writtenBack(), Uint8Array.of(1, 2));
    assert.equal(new ReplyReader(new ReplyBuilder().build()).writtenBack(), undefined);
  });

  it('refuses a reply that ends too early, wherever it ends', () => {
    const whole = new ReplyBuilder()
      .writtenBack((b) => b.u64(1))
      .u8(1)
      .u64(2)
      .bytes(Uint8Array.of(1, 2))
      .ulongs(1, 2)
      .build();
    for (let length = 0; length < whole.length; length++) {
      assert.throws(
        () => {
          const reply = new ReplyReader(whole.slice(0, length));
          reply.u8();
          reply.u64();
          reply.bytes();
          reply.ulongs();
        },
        { code: 'ERR_CRYPTOKI_INTERNAL' },
        `length ${length}`,
      );
    }
  });

  it('fails cleanly on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const reply = new ReplyReader(bytes, [{ path: ['a'], kind: 'bytes' }]);
          reply.writtenBack();
          reply.attributes();
          reply.ulongs();
          reply.structure('CK_TOKEN_INFO');
        } catch (error) {
          assert.ok(
            ['ERR_CRYPTOKI_INTERNAL', 'ERR_CRYPTOKI_LENGTH', 'ERR_INVALID_ARG_TYPE'].includes((error as { code: string }).code),
            String(error),
          );
        }
      }),
    );
  });
});
