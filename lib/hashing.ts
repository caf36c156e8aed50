// Hashing by node:crypto, for tokens that do not hash what they sign.

import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from './options';
import type { Pieces } from './data-source';
import type { Patience } from './patience';

/** As much as is hashed without letting anything else run: about a millisecond. */
const STRIDE = 1 << 20;

async function feed(hash: Hash, piece: Uint8Array, pause: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < piece.length; at += STRIDE) {
    if (at > 0) await pause();
    hash.update(piece.subarray(at, at + STRIDE));
  }
}

function digestOf(hash: Hash, patience: Patience): Uint8Array {
  throwIfAborted(patience.options.signal);
  return Uint8Array.from(hash.digest());
}

/** The digest of data in one piece, which nobody else may change meanwhile. */
export async function hashWhole(name: string, data: Uint8Array, patience: Patience): Promise<Uint8Array> {
  const hash = createHash(name);
  await feed(hash, data, () => patience.orEnd(setImmediate()));
  return digestOf(hash, patience);
}

/** The digest of pieces. */
export async function hashPieces(name: string, pieces: Pieces, patience: Patience): Promise<Uint8Array> {
  const hash = createHash(name);
  for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) {
    await feed(hash, piece, () => patience.orEnd(setImmediate()));
  }
  return digestOf(hash, patience);
}
