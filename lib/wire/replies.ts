// Replies out of a slab: read where they lie, or copied for those who read them later.

import { ReplyReader } from './reader';
import type { WrittenBackPlan } from './written-back';

// A short reply of its own ArrayBuffer costs more than all else that is done with it. So short ones share one, which nobody but their readers sees: what is read out
// of a reply is a copy.
const POOL_SIZE = 1 << 16;
const LARGEST_POOLED = 1 << 12;
// Up to here a loop is quicker than a view to copy from.
const SHORT = 256;
// From here on what is read out of a reply may be a part of its memory.
const LARGE = 1 << 16;

let pool = new Uint8Array(0);
let poolUsed = 0;

/** A reader of a copy, for whoever reads it when the slab is gone. */
export function copiedReply(slab: Uint8Array, start: number, end: number, plan: WrittenBackPlan | undefined): ReplyReader {
  const length = end - start;
  if (length > LARGEST_POOLED) return new ReplyReader(slab.slice(start, end), plan);
  if (poolUsed + length > pool.length) {
    pool = new Uint8Array(POOL_SIZE);
    poolUsed = 0;
  }
  const from = poolUsed;
  poolUsed += length;
  if (length > SHORT) pool.set(slab.subarray(start, end), from);
  else for (let index = 0; index < length; index++) pool[from + index] = slab[start + index]!;
  return new ReplyReader(pool, plan, from, length);
}

/** A reader of the slab itself, for whoever reads it at once. What is large is copied: then a result may share the memory of its reply. */
export function replyInPlace(slab: Uint8Array, start: number, end: number, plan: WrittenBackPlan | undefined): ReplyReader {
  return end - start >= LARGE ? copiedReply(slab, start, end, plan) : new ReplyReader(slab, plan, start, end - start);
}
