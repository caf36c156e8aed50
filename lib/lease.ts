// What the pool of sessions and its users agree on.

import type { CallOptions } from './options';
import type { CrewPort } from './crew';
import type { Mending } from './recovery';

/** How the pool makes and ends sessions; the only thing it knows about Cryptoki. */
export interface SessionDriver {
  /** Sessions that take calls from one queue. */
  readonly crews: CrewPort;
  /**
   * Opens a session. The `anchor` is wanted read-write, but may become read-only where the token is write protected; the
   * answer says what it is. A session without the login that is expected is refused with CKR_USER_NOT_LOGGED_IN, unless it is for `mending` that. `signal`:
   * nobody wants it any more; where it comes all the same it is closed.
   */
  open(readWrite: boolean, anchor: boolean, mending: boolean, signal?: AbortSignal): Promise<{ id: bigint; readWrite: boolean }>;
  /**
   * Ends a session once the calls queued in it are over. Never rejects: what cannot be closed is gone for us anyway. Where it only `tidiesUp`, a call that
   * hangs in the session does not keep the process alive.
   */
  close(id: bigint, tidiesUp: boolean): Promise<void>;
  /** Ends whatever operation is active in a session, once the calls queued in it are over; the process need not stay alive for it. Never rejects. */
  reset(id: bigint): Promise<void>;
}

export interface LeaseOptions extends CallOptions {
  /** A session that may change token objects. Default: any session. */
  readonly readWrite?: boolean | undefined;
  /** The anchor session itself: session objects made in it live as long as the token object does. */
  readonly anchor?: boolean | undefined;
  /** A session opened now: those that wait idle are suspected to be lost. */
  readonly fresh?: boolean | undefined;
  /** For the recovery itself: everybody else waits for its end. */
  readonly mending?: boolean | undefined;
}

export interface UseOptions extends LeaseOptions {
  /** The work may be done a second time, in a fresh session, when its session turns out to be lost. */
  readonly repeatable?: boolean | undefined;
  /** This is the second time. */
  readonly again?: boolean | undefined;
}

/** A session lent to one user at a time. */
export interface Lease {
  /** The engine's session id. */
  readonly id: bigint;
  /** Gives the session back; `error`, what the work in it ended with, decides whether it is kept. Once is enough. */
  release(error?: unknown): void;
  /** Gives it back with an operation possibly still active: the session is closed, or its operations are ended. */
  discard(): void;
}

export interface PoolOptions {
  /** Most sessions at once: what the token tells. Never more than 64. */
  readonly limit: number;
  /** Calls that can run at once in the library: more sessions would not make it quicker. Default: as many as there are sessions. */
  readonly threads?: number;
  /** Milliseconds after which an idle session is closed. */
  readonly idleTime?: number;
  /** Who sees to it when the token is lost. Default: sessions are replaced, more is not done. */
  readonly recovery?: Mending;
}

/** Numbers of a pool, for those who watch it. */
export interface PoolStats {
  /** Sessions that are open, those that are waited for no longer included. */
  readonly open: number;
  /** Sessions in which something runs, or that are lent. */
  readonly busy: number;
  /** Sessions that nobody uses now. */
  readonly idle: number;
  /** Calls and users that wait for a session. */
  readonly queued: number;
  /** Most sessions at once, as far as it is known by now. */
  readonly limit: number;
  /** Sessions opened since the beginning. */
  readonly opened: number;
  /** Sessions closed since the beginning. */
  readonly closed: number;
  /** Those of the opened that took the place of lost ones. */
  readonly reopened: number;
  /** Sessions left behind with a call that nobody waits for any more. */
  readonly writtenOff: number;
}
