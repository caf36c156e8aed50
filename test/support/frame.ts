// Reads requests back, for tests of what is written.

import type { RequestWriter } from '../../lib/wire/writer';

/** A cursor over the bytes of a request. */
export class FrameReader {
  readonly #view: DataView;
  readonly #payloads: Uint8Array[];
  #at: number;

  constructor(frame: Uint8Array, payloads: readonly Uint8Array[] = [], at = 8) {
    this.#view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#payloads = [...payloads];
    this.#at = at;
  }

  static of(writer: RequestWriter): FrameReader {
    const { frame, length, payload } = writer.finish();
    return new FrameReader(frame.slice(0, length), payload === undefined ? [] : Array.isArray(payload) ? payload : [payload]);
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  u64(): bigint {
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8, true);
  }

  /** null for a NULL pointer. */
  bytes(): Buffer | null {
    const length = this.u32();
    if (length === 0xffff_ffff) return null;
    if (length === 0xffff_fffe) return Buffer.from(this.#payloads.shift()!);
    this.#at += length;
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + this.#at - length, length);
  }

  /** A template as [type, kind, value] of each attribute. */
  template(): [type: number, kind: number, value: unknown][] {
    const count = this.u32();
    return Array.from({ length: count }, () => {
      const type = Number(this.u64());
      const kind = this.u8();
      return [type, kind, this.#value(kind)];
    });
  }

  #value(kind: number): unknown {
    switch (kind & 0x7f) {
      case 0:
        return undefined;
      case 1:
        return this.u8() === 1;
      case 2:
        return this.u64();
      case 3:
        return this.bytes()!.toString('latin1');
      case 4:
        return Array.from({ length: this.u32() }, () => this.u64());
      default:
        return this.template();
    }
  }

  get atEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }
}
