// Room of the caller's for the results of direct calls. A Buffer tells what lies behind it by functions that V8 does not inline, and who signs again and again
// gives the same one: what it told is kept.

/** Of larger memory nothing is kept, for it would be held as long. */
const MOST_BEHIND = 64 * 1024;
/** Who gives another one each time shall pay nothing for it: each is looked at after twice as many as the one before, up to so many. */
const LONGEST_PAUSE = 1024;
/** Up to so many bytes a loop is quicker than the built-in function. */
const SHORT = 128;
type ViewClass = new (memory: ArrayBuffer, offset: number, length: number) => Uint8Array;

/** The class of Buffers, which Node does not export by name: what their methods make their views with. Other runtimes have none, or another one. */
function classOfBuffers(): ViewClass | undefined {
  const { [Symbol.species]: View } = Buffer as unknown as { [Symbol.species]?: ViewClass };
  return View !== undefined && Object.getPrototypeOf(new View(new ArrayBuffer(4), 0, 4)) === Buffer.prototype ? View : undefined;
}

const View = classOfBuffers();
// Asked of a Buffer V8 looks for it in a hash table.
const putBytes = Uint8Array.prototype.set;

/** What is known of one Buffer. */
export class ResultRoom {
  #known: Uint8Array | undefined;
  #memory!: ArrayBuffer;
  #offset = 0;
  #words!: Int32Array;
  #pause = 4;
  #unknown = 0;

  /**
   * Copies the first `length` bytes of `part` into `room`, which has at least as many, and answers the view of them that `room.subarray` would make. `words` from
   * `first` on has the same bytes.
   */
  take(room: Uint8Array, part: Uint8Array, words: Uint32Array, first: number, length: number): Uint8Array {
    if (room !== this.#known && !this.#know(room)) {
      putBytes.call(room, part);
      return room.subarray(0, length);
    }
    if (length > SHORT) {
      putBytes.call(room, part);
    } else {
      const target = this.#words;
      const whole = length >>> 2;
      for (let index = 0; index < whole; index++) target[index] = words[first + index]!;
      for (let index = whole * 4; index < length; index++) room[index] = part[index]!;
    }
    return new View!(this.#memory, this.#offset, length);
  }

  #know(room: Uint8Array): boolean {
    this.#unknown += 1;
    if (this.#unknown < this.#pause) return false;
    this.#unknown = 0;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    const { buffer, byteOffset } = room;
    // An own class may have views of its own; memory that shrinks would leave the words behind.
    if (View === undefined || Object.getPrototypeOf(room) !== Buffer.prototype || Object.hasOwn(room, 'subarray')) return false;
    if (!(buffer instanceof ArrayBuffer) || (buffer as { resizable?: boolean }).resizable || buffer.byteLength > MOST_BEHIND || byteOffset % 4 !== 0)
      return false;
    this.#known = room;
    this.#memory = buffer;
    this.#offset = byteOffset;
    this.#words = new Int32Array(buffer, byteOffset, room.length >>> 2);
    return true;
  }
}
