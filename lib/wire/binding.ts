// The only declaration of native code: docs/boundary.md.

import { CryptokiError } from '../errors';
import { SPEC_HASH } from '../generated/calls';
import { loadAddon } from './addon';

declare const reference: unique symbol;

/** A reference to a library, made by the addon: opaque here. */
export interface ModuleRef {
  readonly [reference]: never;
}

export interface Binding {
  /** Over everything in spec/: both sides must have been generated from the same data. */
  readonly specHash: string;
  /** Once per environment. Each slab is a row of records; see docs/boundary.md. `later` calls what it is given in the next turn of the event loop. */
  start(deliver: (slab: Uint8Array) => void, later: (resume: () => void) => void): void;
  /** Makes a reference; loads nothing. */
  module(path: string, options: { threads: number }): ModuleRef;
  /** Copies frame and payload before it returns; the reply comes through `deliver`. A call that is `held` wakes nobody: `wake` must follow. */
  submit(ref: ModuleRef, ticket: number, frame: Uint8Array, length: number, payload?: Uint8Array | Uint8Array[], held?: boolean): void;
  /** Sees to it that the calls held so far are run. */
  wake(ref: ModuleRef): void;
  /**
   * Delivers what is waiting. `more`: until the next call of this, within milliseconds, replies may wait for each other while the sessions have enough to do; before
   * the first call none does.
   */
  collect(more: boolean): void;
  /**
   * Runs the call on this thread, and answers BUSY where it would have to wait. The reply is put into the frame, behind the request (`replyPlace`), and the answer
   * is its length; a reply that has no room there comes as an array of its own.
   */
  callSync(ref: ModuleRef, frame: Uint8Array, length: number, payload?: Uint8Array | Uint8Array[]): number | Uint8Array;
  /**
   * A function that does as `callSync` for requests that stand in this frame at DIRECT_HEADER, with their length before them as a number of four bytes, which becomes
   * the length of the reply. The request is wiped. The frame must be nobody else's, larger than 64 bytes, at a multiple of 8, and never detached.
   */
  direct(ref: ModuleRef, frame: Uint8Array): () => Uint8Array | undefined;
  /**
   * Takes a call out of its queue: −1. Otherwise the id of the session in which it runs; 0 when it has ended or runs in none. A batch is stopped, which is 0 too:
   * its reply comes as ever.
   */
  cancel(ref: ModuleRef, ticket: number): number;
  /** The environment need not stay alive for this call, which has not been delivered yet. Its reply comes all the same when there is time. */
  unref(ref: ModuleRef, ticket: number): void;
}

/** Bytes before the request in a frame of `direct`. */
export const DIRECT_HEADER = 8;

/** Where the reply to a synchronous call begins whose request has this length. */
export function replyPlace(length: number): number {
  return Math.ceil(length / 8) * 8;
}

let binding: Binding | undefined;

/** The addon, loaded at the first need. */
export function loadBinding(): Binding {
  binding ??= fitting(loadAddon() as Binding);
  return binding;
}

/** The addon, if it was made from the same spec/ as this half; an error otherwise. */
export function fitting(addon: Binding): Binding {
  if (addon.specHash === SPEC_HASH) return addon;
  const advice = 'remove node_modules and install again; where you have compiled it, "npx cryptoki build" does it anew';
  throw new CryptokiError('ERR_CRYPTOKI_ADDON', `The compiled part of the package belongs to another version of it: ${advice}`);
}
