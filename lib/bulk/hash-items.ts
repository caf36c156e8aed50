// Hashing many inputs in JavaScript, for tokens that do not hash, without keeping the event loop for itself.

import * as crypto from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hashWhole } from '../hashing';
import { throwIfAborted } from '../options';
import type { Patience } from '../patience';
import type { Window } from './window';

/** Milliseconds after which others have their turn, and bytes after which the clock is looked at. */
const SLICE = 1;
const STRIDE = 1 << 15;
/** What a hash costs besides its bytes, in bytes. */
const EACH = 1 << 10;
const LONG = 1 << 20;

const inOne = (name: string, data: Uint8Array): Uint8Array => crypto.createHash(name).update(data).digest();

/** Since Node.js 20.12 there is a way without an object for each. */
const hashOne: (name: string, data: Uint8Array) => Uint8Array =
  typeof crypto.hash === 'function' ? (name, data) => crypto.hash(name, data, 'buffer') : inOne;

/** Calls `each` with every item of a window in turn, and lets others have theirs. */
export async function everyItem(window: Window, patience: Patience, each: (item: Uint8Array, index: number) => void | Promise<void>): Promise<void> {
  const { inputs } = window;
  let since = performance.now();
  let work = 0;
  for (let index = 0; index < inputs.count; index++) {
    const item = inputs.item(index);
    const more = each(item, index);
    if (more !== undefined) await more;
    work += item.length + EACH;
    if (work < STRIDE) continue;
    work = 0;
    if (performance.now() - since < SLICE) continue;
    await nextTurn();
    throwIfAborted(patience.options.signal);
    since = performance.now();
  }
}

/** The digest of an item; of a long one it is told later. */
export function digestOf(name: string, item: Uint8Array, patience: Patience): Uint8Array | Promise<Uint8Array> {
  return item.length > LONG ? hashWhole(name, item, patience) : hashOne(name, item);
}
