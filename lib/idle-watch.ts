/** Some devices end an idle session after 30 s themselves. */
const IDLE_TIME = 20_000;
/** Looks in that time. */
const LOOKS = 3;

/** The sessions that are watched. */
export interface Watched {
  /** How many are needed now. */
  readonly demand: number;
  readonly hasMembers: boolean;
  /** Closes those beyond so many. */
  endIdle(needed: number): void;
}

/** Sees from time to time how many sessions were needed at once lately: the others are closed. The engine uses last the one that has rested longest. */
export class IdleWatch {
  readonly #watched: Watched;
  readonly #pause: number;
  /** The most of each of the last pauses. */
  readonly #before = new Array<number>(LOOKS).fill(0);
  #most = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(watched: Watched, idleTime = IDLE_TIME) {
    this.#watched = watched;
    this.#pause = Math.max(1, Math.ceil(idleTime / LOOKS));
  }

  /** So many are needed. */
  note(demand: number): void {
    if (demand > this.#most) this.#most = demand;
  }

  watch(): void {
    if (this.#timer !== undefined || this.#ended) return;
    // The timer must not be what keeps a forgotten module from being collected.
    this.#timer = setTimeout(look, this.#pause, new WeakRef(this));
    this.#timer.unref();
  }

  look(): void {
    this.#timer = undefined;
    this.#before.push(this.#most);
    this.#before.shift();
    this.#most = this.#watched.demand;
    this.#watched.endIdle(Math.max(this.#most, ...this.#before));
    if (this.#watched.hasMembers) this.watch();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}

function look(watch: WeakRef<IdleWatch>): void {
  watch.deref()?.look();
}
