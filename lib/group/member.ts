import { BackOff } from '../back-off';
import { CryptokiError, Pkcs11Error } from '../errors';
import { CALL } from '../generated/calls';
import { isLoginInDoubt, meaningOf } from '../recovery-codes';
import { stateOf } from '../token-objects';
import type { CallOptions } from '../options';
import type { RecoveryEvent } from '../recovery';
import type { Token } from '../token';
import type { TokenState } from '../token-state';

/**
 * How a token of a group is. `ready`: it gets calls. `recovering`: it was lost, and its own recovery runs. `set-aside`: it failed, and gets calls again when a
 * look at it has succeeded. `closed`: it or its module was closed, for good.
 */
export type TokenGroupMemberState = 'ready' | 'recovering' | 'set-aside' | 'closed';

/** A token of a group, as it was when it was asked for. */
export interface TokenGroupMember {
  /** The token. */
  readonly token: Token;
  /** How it is. */
  readonly state: TokenGroupMemberState;
  /** Calls of this group that it has now; of many inputs, each counts. */
  readonly inFlight: number;
  /** Calls of this group that it has answered. */
  readonly calls: number;
  /** Times that it has failed this group. */
  readonly failures: number;
  /** Milliseconds that a call takes, over the last dozen or so; undefined before the first. */
  readonly latency: number | undefined;
  /** Why it was set aside. */
  readonly error: unknown;
  /** Since when it has been set aside. */
  readonly since: Date | undefined;
}

interface Aside {
  readonly since: Date;
  readonly until: number;
  readonly error: unknown;
}

const LONGEST_PAUSE = 60_000;
/** A token that does not answer a simple question in this time is not well. */
const LOOK = 10_000;
/** Of the last call in the average. */
const WEIGHT = 0.15;

/** The errors that say something of the token rather than of the call: another token may give another answer. */
export function isOfToken(error: unknown): boolean {
  if (Pkcs11Error.is(error)) return meaningOf(error) !== undefined || isLoginInDoubt(error);
  return (
    CryptokiError.is(error, 'ERR_CRYPTOKI_UNAVAILABLE') ||
    CryptokiError.is(error, 'ERR_CRYPTOKI_CLOSED') ||
    CryptokiError.is(error, 'ERR_CRYPTOKI_STALE')
  );
}

/** A token in words. */
export const nameOf = ({ label, serialNumber }: Token): string => (serialNumber === '' ? `"${label}"` : `"${label}" (${serialNumber})`);

/** One token of a group. */
export class Member {
  readonly token: Token;
  readonly #state: TokenState;
  readonly #pauses: BackOff;
  #inFlight = 0;
  #calls = 0;
  #failures = 0;
  #latency: number | undefined;
  #aside: Aside | undefined;
  #looking = false;
  #taken: AbortController | undefined;
  /** Called when it turns out to be lost and its own recovery begins. */
  onLost: () => void = () => undefined;
  readonly #watcher = ({ state }: RecoveryEvent): void => {
    if (state === 'started') this.onLost();
  };

  constructor(token: Token, coolDown: number) {
    this.token = token;
    this.#state = stateOf(token);
    this.#pauses = new BackOff(coolDown, Math.max(coolDown, LONGEST_PAUSE));
  }

  get state(): TokenGroupMemberState {
    if (this.#state.closed) return 'closed';
    if (this.#aside !== undefined) return 'set-aside';
    return this.#state.pool.recovery.ready ? 'ready' : 'recovering';
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Milliseconds of a call; 0 before the first, so that everybody is tried. */
  get latency(): number {
    return this.#latency ?? 0;
  }

  /** When it is worth another look. */
  get until(): number {
    return this.#aside?.until ?? 0;
  }

  get name(): string {
    return nameOf(this.token);
  }

  snapshot(): TokenGroupMember {
    const { token, state } = this;
    return Object.freeze({
      token,
      state,
      inFlight: this.#inFlight,
      calls: this.#calls,
      failures: this.#failures,
      latency: this.#latency,
      error: this.#aside?.error,
      since: this.#aside?.since,
    });
  }

  begin(calls: number): void {
    // A group that nobody uses any more is not held by its tokens.
    if (this.#inFlight === 0) this.#state.recoveryWatchers.add(this.#watcher);
    this.#inFlight += calls;
  }

  end(calls: number): void {
    this.#inFlight -= calls;
    if (this.#inFlight === 0) this.#state.recoveryWatchers.delete(this.#watcher);
  }

  /** It has answered. `duration`: milliseconds, where it is that of one call. */
  answered(calls: number, duration: number | undefined): void {
    this.#calls += calls;
    if (duration !== undefined) this.#latency = this.#latency === undefined ? duration : this.#latency + WEIGHT * (duration - this.#latency);
    this.#aside = undefined;
    this.#pauses.reset();
  }

  setAside(error: unknown): void {
    this.#failures++;
    // Calls that were made at once fail at once: that is one failure, with one pause.
    if (this.#aside !== undefined && performance.now() < this.#aside.until) return;
    this.#aside = { since: this.#aside?.since ?? new Date(), until: performance.now() + this.#pauses.pause(), error };
  }

  /** For calls that another token may take over: aborted, with an error of `takeAway`, when they are to go there. */
  get taken(): AbortSignal {
    return (this.#taken ??= new AbortController()).signal;
  }

  /** Takes the calls away that it has now. */
  takeAway(error: Error): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.abort(error);
  }

  /** Looks at it in the background, where it is time to. */
  look(): void {
    if (this.#aside === undefined || this.#looking || this.#state.closed || performance.now() < this.#aside.until) return;
    this.#looking = true;
    this.#look()
      .then(
        () => (this.#aside = undefined),
        (error: unknown) => this.setAside(error),
      )
      .finally(() => (this.#looking = false));
  }

  async #look(): Promise<void> {
    const { client, pool } = this.#state;
    const options: CallOptions = { timeLimit: LOOK };
    await pool.use({ ...options, repeatable: true }, (lease, left) => client.call(client.request(CALL.C_GetSessionInfo).u64(lease.id), left));
  }
}
