// What the token writes back into the parameter of a mechanism: which fields, found while the request is encoded, and their values in the reply.

import type { ReplyReader } from './reader';

/** Where a value belongs in the object that the caller gets: names, and numbers for the elements of arrays. Empty for a parameter given as bytes. */
export type ResultPath = readonly (string | number)[];

/** One field that the token may write into, in request order. */
export interface WrittenBackField {
  readonly path: ResultPath;
  readonly kind: 'ulong' | 'byte' | 'bytes';
}

export type WrittenBackPlan = readonly WrittenBackField[];

/** What the token wrote: an object with the fields it may write into, shaped like the parameter; or bytes for a parameter that was given as bytes. */
export type WrittenBack = Uint8Array | { [field: string]: unknown };

type Container = Record<string | number, unknown>;

/** Reads the written-back block. */
export function readWrittenBack(reader: ReplyReader, plan: WrittenBackPlan): WrittenBack | undefined {
  let result: Container | undefined;
  for (const { path, kind } of plan) {
    const value = kind === 'ulong' ? reader.u64() : kind === 'byte' ? reader.u8() : reader.bytes();
    if (path.length === 0) return value as Uint8Array;
    result ??= {};
    let at = result;
    for (let index = 0; index < path.length - 1; index++) {
      const step = path[index]!;
      at[step] ??= typeof path[index + 1] === 'number' ? [] : {};
      at = at[step] as Container;
    }
    at[path.at(-1)!] = value;
  }
  return result;
}
