import { callBegins, callEnds, callsAreTold } from '../diagnostics';
import type { CallMeter } from '../stats';

/** Where the function stands in a reply that returned its code (docs/boundary.md); this one is the engine itself. */
const FUNCTION_AT = 8;
const ENGINE_ITSELF = 0xffff;

/** Which calls are on their way since when, by the places of their tickets: for those who watch. */
export class CallRecord {
  #meters: (CallMeter | undefined)[];
  #calls: Uint16Array;
  #started: Float64Array;
  /** When the replies that are being delivered have come; 0 as long as nobody has asked. */
  #now = 0;
  /** When a call of this turn of the event loop was made. */
  #turn = 0;

  constructor(places: number) {
    this.#meters = new Array<CallMeter | undefined>(places).fill(undefined);
    this.#calls = new Uint16Array(places);
    this.#started = new Float64Array(places);
  }

  /** To look at the clock costs more than all the rest: calls that are made together, the `first` and those behind it, are of one time. */
  begin(place: number, ticket: number, call: number, meter: CallMeter, first: boolean): void {
    if (first) this.#turn = performance.now();
    this.#meters[place] = meter;
    this.#calls[place] = call;
    this.#started[place] = this.#turn;
    callBegins(ticket, call, meter.token);
  }

  /** A slab of replies has come: one look at the clock does for all of them. */
  arrive(): void {
    this.#now = 0;
  }

  end(place: number, ticket: number, slab: Uint8Array, start: number): void {
    const meter = this.#meters[place];
    if (meter === undefined) return;
    this.#meters[place] = undefined;
    if (this.#now === 0) this.#now = performance.now();
    const duration = this.#now - this.#started[place]!;
    const ok = isZero(slab, start);
    meter.note(this.#calls[place]!, duration, ok);
    if (callsAreTold()) callEnds(ticket, duration, ok ? 0 : returned(slab, start));
  }

  /** The call never began. */
  drop(place: number, ticket: number): void {
    this.#meters[place] = undefined;
    if (callsAreTold()) callEnds(ticket, 0, undefined);
  }

  grow(places: number, moves: readonly (readonly [from: number, to: number])[]): void {
    const meters = this.#meters;
    const calls = this.#calls;
    const started = this.#started;
    this.#meters = new Array<CallMeter | undefined>(places).fill(undefined);
    this.#calls = new Uint16Array(places);
    this.#started = new Float64Array(places);
    for (const [from, to] of moves) {
      this.#meters[to] = meters[from];
      this.#calls[to] = calls[from]!;
      this.#started[to] = started[from]!;
    }
  }
}

function isZero(slab: Uint8Array, start: number): boolean {
  const low = slab[start]! | slab[start + 1]! | slab[start + 2]! | slab[start + 3]!;
  return (low | slab[start + 4]! | slab[start + 5]! | slab[start + 6]! | slab[start + 7]!) === 0;
}

/** The CK_RV of a reply; undefined for a code of the engine's own. */
function returned(slab: Uint8Array, start: number): number | undefined {
  const view = new DataView(slab.buffer, slab.byteOffset + start, FUNCTION_AT + 2);
  return view.getUint16(FUNCTION_AT, true) === ENGINE_ITSELF ? undefined : Number(view.getBigUint64(0, true));
}
