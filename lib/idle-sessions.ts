/** Some devices end an idle session after 30 s themselves. */
const IDLE_TIME = 20_000;

interface Resting<Session> {
  readonly session: Session;
  readonly since: number;
}

interface Ending {
  endOld(): void;
}

/** Sessions that nobody uses now. The last one is used next, so that the others grow old; the old ones are closed. */
export class IdleSessions<Session> implements Iterable<Session> {
  readonly #resting: Resting<Session>[] = [];
  readonly #close: (session: Session) => void;
  readonly #idleTime: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `close` is called for a session that was idle for `idleTime` milliseconds, and removes it. */
  constructor(close: (session: Session) => void, idleTime = IDLE_TIME) {
    this.#close = close;
    this.#idleTime = idleTime;
  }

  /** The one that nobody has used for the longest time. */
  get oldest(): Session | undefined {
    return this.#resting[0]?.session;
  }

  add(session: Session): void {
    this.#resting.push({ session, since: performance.now() });
    this.#watch();
  }

  remove(session: Session): void {
    // Most often it is the last one.
    if (this.#resting.at(-1)?.session === session) {
      this.#resting.pop();
      return;
    }
    const place = this.#resting.findLastIndex((resting) => resting.session === session);
    if (place >= 0) this.#resting.splice(place, 1);
  }

  /** The one used last that will do. */
  find(fits: (session: Session) => boolean): Session | undefined {
    return this.#resting.findLast(({ session }) => fits(session))?.session;
  }

  *[Symbol.iterator](): Generator<Session, void, undefined> {
    for (const { session } of [...this.#resting]) yield session;
  }

  /** Nothing is closed for its age any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#closed) return;
    // The timer must not be what keeps a forgotten module from being collected.
    this.#timer = setTimeout(timeOver, this.#idleTime, new WeakRef<Ending>(this));
    this.#timer.unref();
  }

  /** Closes those that are too old. */
  endOld(): void {
    this.#timer = undefined;
    const before = performance.now() - this.#idleTime;
    for (const { session, since } of [...this.#resting]) if (since <= before) this.#close(session);
    if (this.#resting.length > 0) this.#watch();
  }
}

function timeOver(sessions: WeakRef<Ending>): void {
  sessions.deref()?.endOld();
}
