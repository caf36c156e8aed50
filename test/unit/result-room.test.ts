// Where direct calls put their results: whatever is known of a Buffer, the outcome is that of copying and `subarray`.

import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { ResultRoom } from '../../lib/wire/result-room';

/** Until each that is looked at after a pause has been. */
const TIMES = 5000;
const FIRST = 5;

/** A reply with random bytes, as `take` wants it. */
function reply(length: number): { words: Uint32Array; part: Uint8Array } {
  const words = new Uint32Array(FIRST + 300);
  const bytes = randomFillSync(new Uint8Array(words.buffer));
  return { words, part: bytes.subarray(FIRST * 4, FIRST * 4 + length) };
}

function expectTaken(results: ResultRoom, room: Uint8Array, length: number): void {
  const { words, part } = reply(length);
  const behind = room.slice(length);
  const view = results.take(room, part, words, FIRST, length);
  const { buffer, byteOffset, length: size, constructor } = room.subarray(0, length);
  assert.deepEqual([...view], [...part]);
  assert.equal(view.buffer, buffer);
  assert.equal(Object.getPrototypeOf(view), Object.getPrototypeOf(room.subarray(0, 1)));
  assert.deepEqual({ byteOffset: view.byteOffset, size: view.length, constructor: view.constructor }, { byteOffset, size, constructor });
  assert.deepEqual(room.slice(length), behind);
}

type Resizable = ArrayBuffer & { resize(size: number): void };
const resizable = (): Resizable => Reflect.construct(ArrayBuffer, [512, { maxByteLength: 1024 }]) as Resizable;

class Own extends Uint8Array {}

describe('room for the results of direct calls', () => {
  const kinds: Record<string, () => Uint8Array> = {
    'a Buffer': () => Buffer.alloc(1024),
    'a Buffer out of the pool': () => Buffer.allocUnsafe(300),
    'a Buffer at an odd place': () => Buffer.alloc(1000).subarray(3, 303),
    'a Buffer within large memory': () => Buffer.alloc(1 << 20).subarray(64, 512),
    'a Uint8Array': () => new Uint8Array(512),
    'an array of an own class': () => new Own(512),
    'shared memory': () => Buffer.from(new SharedArrayBuffer(512)),
    'memory that can shrink': () => Buffer.from(resizable()),
  };
  for (const [name, make] of Object.entries(kinds)) {
    it(`${name}, given again and again: results of every length`, () => {
      const results = new ResultRoom();
      const room = make();
      for (let length = 0; length <= 300; length++) for (let again = 0; again < 4; again++) expectTaken(results, room, length);
    });
  }

  it('many by turns', () => {
    const results = new ResultRoom();
    const rooms = Object.values(kinds).flatMap((make) => [make(), make()]);
    for (let index = 0; index < TIMES; index++) expectTaken(results, rooms[(index * 7) % rooms.length]!, index % 200);
  });

  it('views of their own are asked for: a subarray of the Buffer itself', () => {
    const results = new ResultRoom();
    const mine = Buffer.alloc(16);
    const room = Object.assign(Buffer.alloc(512), { subarray: () => mine });
    const { words, part } = reply(64);
    for (let index = 0; index < 100; index++) assert.equal(results.take(room, part, words, FIRST, 64), mine);
    assert.deepEqual([...room].slice(0, 64), [...part]);
  });

  it('memory that has shrunk since', () => {
    const results = new ResultRoom();
    const memory = resizable();
    // As long as its memory.
    const room = Object.setPrototypeOf(new Uint8Array(memory), Buffer.prototype) as Buffer;
    for (let index = 0; index < 100; index++) expectTaken(results, room, 64);
    memory.resize(100);
    for (let index = 0; index < 100; index++) expectTaken(results, room, 64);
  });
});
