// Many signatures at once, each of an input of its own, and what became of every single one.

import type { PrivateKey } from '../../lib';
import { INPUT_MARK } from '../support/fault-module';

type Limits = { readonly signal: AbortSignal; readonly timeLimit?: number };
type Ways = { readonly dsaEncoding?: 'ieee-p1363' };

/** What a key has besides `sign`. */
interface Bulk {
  signMany?(
    algorithm: string,
    inputs: readonly Uint8Array[],
    options: Ways & { readonly signal: AbortSignal; readonly callTimeLimit?: number; readonly onError: 'return' },
  ): Promise<readonly unknown[]>;
  signer?(algorithm: string, options: Ways): Promise<{ sign(data: Uint8Array, options: Limits): Promise<Uint8Array> }>;
}

/** What signs, and who judges. */
export interface Signing {
  readonly key: PrivateKey;
  readonly algorithm: string;
  readonly dsaEncoding?: 'ieee-p1363';
  /** Whether this is the signature of this input, by somebody else's reckoning. */
  right(input: Uint8Array, signature: Uint8Array): boolean;
}

export interface Work {
  readonly signs: number;
  /** Of `key.sign` and of a signer, half of each. A quarter of all inputs goes through `signMany` beside them. */
  readonly inFlight?: number;
  /** Milliseconds for one call. */
  readonly callLimit?: number | undefined;
  /** How often a call is made again, as a caller would, when its time limit has ended it; `repeated` counts. Default: 5. */
  readonly repeats?: number | undefined;
  /** Milliseconds for everything. What is not there by then is missing. */
  readonly within: number;
  /** One more of those that go alone came, or was refused: `count` of `total`. Batches come by the hundred, which tells nothing of now. */
  done?(count: number, total: number, traffic: Traffic): void;
}

/** What is under way. */
export interface Traffic {
  /** A number for this moment. */
  moment(): number;
  /**
   * Whether every call has come to its end that was under way at that moment. Batches do not count: their items are repeated more than once, and on a token with one
   * session they end when nobody else wants it.
   */
  isOver(moment: number): boolean;
  /** Begins nothing new for a while; resolves when nothing is under way any more. */
  pause(): Promise<void>;
  resume(): void;
}

export interface Outcome {
  readonly signs: number;
  readonly right: number;
  readonly wrong: number;
  readonly missing: number;
  /** Inputs that got two results, and results that two inputs got. */
  readonly doubled: number;
  /** By code, and by `signMany` where it was that: what the missing ones were refused with. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Calls made again by the workload, because their time limit had ended them. */
  readonly repeated: number;
  readonly milliseconds: number;
  /** When single signatures came, in milliseconds of performance.now(). */
  readonly arrivals: Float64Array;
}

const BATCH = 250;
/** A call that stays for ever takes a thread with it: whoever asks again and again must come to an end. */
const MOST_REPEATS = 5;

/** The input with this number; the programmable module counts its signatures. */
export function numbered(number: number): Uint8Array {
  const input = Buffer.alloc(INPUT_MARK.length + 4);
  input.write(INPUT_MARK, 'latin1');
  input.writeUInt32LE(number, INPUT_MARK.length);
  return input;
}

/** One piece of work on its way. */
class Signatures implements Traffic {
  readonly #signing: Signing;
  readonly #work: Work;
  readonly #results: (Uint8Array | undefined)[];
  readonly #refusals = new Map<string, number>();
  readonly #arrivals: number[] = [];
  readonly #signal: AbortSignal;
  #alone = 0;
  #twice = 0;
  #repeated = 0;
  #next = 0;
  /** Numbers of the calls under way, the oldest first. */
  readonly #running = new Set<number>();
  /** Calls and batches under way. */
  #busy = 0;
  #begun = 0;
  #paused: { readonly over: Promise<void>; end(): void } | undefined;
  #quiet: (() => void) | undefined;

  constructor(signing: Signing, work: Work) {
    this.#signing = signing;
    this.#work = work;
    this.#results = Array.from({ length: work.signs });
    this.#signal = AbortSignal.timeout(work.within);
  }

  async run(): Promise<Outcome> {
    const started = performance.now();
    const { key } = this.#signing;
    const { signs, inFlight = 64 } = this.#work;
    const { signMany, signer: prepare } = key as Bulk;
    const many = signMany === undefined ? 0 : Math.floor(signs / 4);
    const signer = await prepare?.call(key, this.#signing.algorithm, this.#ways);
    const alone = Array.from({ length: Math.min(inFlight, signs) }, (_, lane) =>
      lane % 2 === 0 || signer === undefined
        ? this.#lane(signs - many, (input, options) => key.sign(this.#signing.algorithm, input, { ...this.#ways, ...options }))
        : this.#lane(signs - many, (input, options) => signer.sign(input, options)),
    );
    await Promise.all([...alone, this.#batches(signs - many)]);
    return this.#judge(performance.now() - started);
  }

  moment(): number {
    return this.#begun;
  }

  isOver(moment: number): boolean {
    const [oldest = Infinity] = this.#running;
    return oldest > moment;
  }

  async pause(): Promise<void> {
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#paused = { over, end };
    if (this.#busy > 0) await new Promise<void>((resolve) => (this.#quiet = resolve));
  }

  resume(): void {
    this.#paused?.end();
    this.#paused = undefined;
  }

  /** One call, when there is no pause. */
  async #make<T>(call: () => Promise<T>, counts: boolean): Promise<T> {
    while (this.#paused !== undefined) await this.#paused.over;
    const number = (this.#begun += 1);
    this.#busy++;
    if (counts) this.#running.add(number);
    try {
      return await call();
    } finally {
      this.#running.delete(number);
      if (--this.#busy === 0) this.#quiet?.();
    }
  }

  get #ways(): Ways {
    const { dsaEncoding } = this.#signing;
    return dsaEncoding === undefined ? {} : { dsaEncoding };
  }

  get #options(): Limits {
    const { callLimit } = this.#work;
    return callLimit === undefined ? { signal: this.#signal } : { signal: this.#signal, timeLimit: callLimit };
  }

  /** Takes one input after the other. */
  async #lane(end: number, sign: (input: Uint8Array, options: Limits) => Promise<Uint8Array>): Promise<void> {
    while (this.#next < end) {
      const number = this.#next++;
      for (let round = 0; ; round += 1) {
        try {
          const signature = await this.#make(() => sign(numbered(number), this.#options), true);
          this.#arrivals.push(performance.now());
          this.#came(number, signature);
        } catch (error) {
          if (this.#again(error, round)) continue;
          this.#refused(codeOf(error));
        }
        this.#alone += 1;
        this.#work.done?.(this.#alone, end, this);
        break;
      }
    }
  }

  /** The rest, a batch at a time. */
  async #batches(from: number): Promise<void> {
    const { callLimit, signs } = this.#work;
    for (let begin = from; begin < signs; begin += BATCH) {
      let numbers = Array.from({ length: Math.min(BATCH, signs - begin) }, (_, index) => begin + index);
      for (let round = 0; numbers.length > 0; round += 1) {
        const wanted = numbers;
        const results = await this.#make(() => this.#many(wanted, callLimit), false);
        const left: number[] = [];
        results.forEach((result, index) => {
          if (result instanceof Uint8Array) this.#came(numbers[index]!, result);
          else if (this.#again(result, round)) left.push(numbers[index]!);
          else this.#refused(`${codeOf(result)} by signMany`);
        });
        numbers = left;
      }
    }
  }

  async #many(numbers: readonly number[], callLimit: number | undefined): Promise<readonly unknown[]> {
    const { key, algorithm } = this.#signing;
    const limit = callLimit === undefined ? {} : { callTimeLimit: callLimit };
    try {
      return await (key as Bulk as Required<Bulk>).signMany(algorithm, numbers.map(numbered), {
        ...this.#ways,
        ...limit,
        signal: this.#signal,
        onError: 'return',
      });
    } catch (error) {
      return numbers.map(() => error);
    }
  }

  #again(error: unknown, round: number): boolean {
    const { callLimit, repeats = MOST_REPEATS } = this.#work;
    const again = callLimit !== undefined && codeOf(error) === 'ERR_CRYPTOKI_TIMEOUT' && round < repeats;
    if (again) this.#repeated += 1;
    return again;
  }

  #came(number: number, signature: Uint8Array): void {
    if (this.#results[number] !== undefined) this.#twice += 1;
    this.#results[number] = signature;
  }

  #refused(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  #judge(milliseconds: number): Outcome {
    let right = 0;
    let wrong = 0;
    let doubled = this.#twice;
    const seen = new Set<string>();
    this.#results.forEach((signature, number) => {
      if (signature === undefined) return;
      const text = Buffer.from(signature).toString('latin1');
      if (seen.has(text)) doubled += 1;
      seen.add(text);
      if (this.#signing.right(numbered(number), signature)) right += 1;
      else wrong += 1;
    });
    const missing = this.#results.reduce((count, signature) => count + (signature === undefined ? 1 : 0), 0);
    return {
      signs: this.#work.signs,
      right,
      wrong,
      missing,
      doubled,
      refusals: this.#refusals,
      repeated: this.#repeated,
      milliseconds,
      arrivals: Float64Array.from(this.#arrivals),
    };
  }
}

/** `CKR_…`, `ERR_…`, or the error's own words where it has no code. */
export function codeOf(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  return typeof code === 'string' ? code : `${name}: ${message}`;
}

/** Signs so many inputs, each once as far as the caller is concerned. */
export function signAll(signing: Signing, work: Work): Promise<Outcome> {
  return new Signatures(signing, work).run();
}
