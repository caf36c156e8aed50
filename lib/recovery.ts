// What the pool of sessions asks the recovery of its token.

import { meaningOf } from './recovery-codes';
import type { CallOptions } from './options';

/** The recovery of one token, as its pool sees it. */
export interface Mending {
  /** False while the token is being recovered, or could not be. */
  readonly ready: boolean;
  /** Recoveries so far: what failed in an earlier generation failed in a world that is gone. */
  readonly generation: number;
  /** Until the token is there again. Rejects with ERR_CRYPTOKI_UNAVAILABLE where it could not be recovered, and it is not yet time to try once more. */
  wait(options: CallOptions): Promise<void>;
  /**
   * To be asked when a call has failed that began in `generation`. True: the world is whole, the call may be made once more. False: the error is the call's own.
   * Rejects with ERR_CRYPTOKI_UNAVAILABLE as `wait`.
   */
  mend(error: unknown, generation: number, options: CallOptions): Promise<boolean>;
}

/** For pools without a token to look for: a lost or blocked session is replaced, more is not done. */
export const REPLACE_SESSIONS: Mending = Object.freeze({
  ready: true,
  generation: 0,
  wait: async () => undefined,
  mend: async (error: unknown) => {
    const meaning = meaningOf(error);
    return meaning === 'session-lost' || meaning === 'session-dirty';
  },
});
