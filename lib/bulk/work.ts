// What is done with each input, whatever it is: signing, verifying, encrypting, decrypting, hashing.

import type { KeyPin } from '../key-pin';
import type { MechanismInput } from '../mechanism';
import type { Mending } from '../recovery';
import type { CallOptions } from '../options';
import type { BatchOperation, ItemFailure } from '../wire/batch';
import type { Page } from './slab';
import type { Window, Windows } from './window';

/** The sessions that bulk work runs in. */
export interface Crew {
  /** The engine's id of them; another one after a recovery. */
  readonly crew: bigint;
  readonly recovery: Mending;
  /** Sessions open now, whoever wanted them. */
  readonly size: number;
  /** Resolves when there is a session, and goes on opening up to `wanted`. They stay until the function it answers is called. */
  staff(wanted: number, options: CallOptions): Promise<() => void>;
  /** What an item met in this session, which rests until its fate is decided. */
  met(session: bigint, error: Error): void;
  /** The sessions whose present item of the batch with this ticket takes longer than this. */
  stuck(milliseconds: number, ticket: number): readonly bigint[];
  /** Gives up a session and what runs in it. */
  writeOff(session: bigint): void;
}

/** Where results go. */
export interface Outlet<Result> {
  put(number: number, result: Result): void;
  /** Takes over a reply, whose results stay where they are; those that are not in it, by their lengths, come by `put` and `fail`. */
  adopt?(page: Page): void;
  fail(number: number, error: unknown): void;
}

/** One kind of work with one key. */
export interface Work<Result> {
  readonly operation: BatchOperation;
  /** Of the key now; 0 for digests. */
  handle(options: CallOptions): bigint | Promise<bigint>;
  /** The key wants the PIN for every single use. */
  readonly asksPin: boolean;
  /** That PIN, where it does. */
  pin?(): KeyPin;
  /** One mechanism for all; undefined where `mechanismFor` tells. */
  readonly mechanism: MechanismInput | undefined;
  /** The mechanism for the input with this number and length. */
  mechanismFor?(number: number, length: number): MechanismInput;
  /** Bytes of each output at most, where that is known of all. */
  readonly capacity: number | undefined;
  /** Bytes of the output for one input at most; undefined where nothing is known. */
  capacityFor?(number: number, length: number): number | undefined;
  /** Makes of inputs what the token is to be given. What needs no token goes to the outlet. The window given is closed. */
  prepare?(window: Window, windows: Windows, outlet: Outlet<Result>): Promise<Window>;
  /** As `result`, where the output can stay where it is: makes the result in its place and answers its length; -1 where that cannot be. */
  place?(reply: Uint8Array, at: number, length: number, room: number, window: Window, index: number): number;
  /** What comes of an output: `length` bytes of `reply` from `at` on, which are its own to change up to `room`. */
  result(reply: Uint8Array, at: number, length: number, room: number, window: Window, index: number): Result;
  /** What a failure means, where it is an answer. */
  answer?(failure: ItemFailure, window: Window, index: number): Result | undefined;
}
