// Handles: as many bytes as a CK_ULONG has, the lowest first; on the wire always eight.

import type { ReplyReader } from '../wire/reader';
import type { RequestWriter } from '../wire/writer';

const TWO_32 = 0x1_0000_0000;

/** The next CK_ULONG of a reply as a handle. */
export function handleFrom(reply: ReplyReader, size: number): Buffer {
  const made = Buffer.alloc(size);
  const low = reply.u32();
  const high = reply.u32();
  made.writeUInt32LE(low, 0);
  if (size > 4) made.writeUInt32LE(high, 4);
  return made;
}

/** Writes a handle as a CK_ULONG of the wire. */
export function writeHandle(writer: RequestWriter, handle: Uint8Array): void {
  writer.raw(handle);
  if (handle.byteLength === 4) writer.u32(0);
}

/** The number in a handle of at most 53 bits: our sessions. */
export function numberOf(handle: Uint8Array): number {
  const low = handle[0]! + handle[1]! * 0x100 + handle[2]! * 0x1_0000 + handle[3]! * 0x100_0000;
  if (handle.byteLength === 4) return low;
  return low + (handle[4]! + handle[5]! * 0x100 + handle[6]! * 0x1_0000 + handle[7]! * 0x100_0000) * TWO_32;
}
