// Many inputs for a key that is on several tokens: in portions, each on the token that has least to do.

import { isBytes, wrongType } from '../arguments';
import type { Cause } from '../bulk/bulk';
import { bulkOptions, type BulkResultOptions } from '../bulk/options';
import { Progress } from '../bulk/progress';
import { Results } from '../bulk/results';
import { slabOf } from '../bulk/slab-results';
import { onAbort } from '../abort';
import { CryptokiError } from '../errors';
import { Patience } from '../patience';
import type { CallOptions } from '../options';
import type { Parts } from './key-group';
import type { Key } from '../key';

/** Inputs of one portion at most. */
const MOST = 8192;
/** Portions for each token, so that the quicker one gets more of them; and on their way at a time, so that none is idle. */
const SHARES = 4;
const IN_FLIGHT = 2;

type Many = (algorithm: unknown, inputs: readonly unknown[], options: object) => Promise<unknown[]>;

/** One piece of work: the numbers of its inputs that are not done yet. */
interface Portion {
  numbers: number[];
}

/** The results of all inputs in their order, as `PrivateKey.signMany` gives them. */
export async function many(
  parts: Parts,
  name: string,
  algorithm: unknown,
  inputs: Iterable<unknown>,
  given: BulkResultOptions = {},
): Promise<unknown> {
  const options = bulkOptions(given);
  const list = listOf(inputs, name === 'verifyMany');
  const work = new ManyWork(parts, name, algorithm, list, { ...given, results: undefined }, sizeOf(parts, name, list.length));
  const patience = new Patience(options.call);
  try {
    await patience.orEnd(work.run(patience.options));
    const results = options.returns ? work.results.all(list.length, work.cause) : work.results.complete(list.length, work.cause);
    return options.lends ? slabOf(results as (Uint8Array | Error)[]) : results;
  } finally {
    work.stop();
    patience.end();
  }
}

/** What became of a few inputs that went to one token together: results, errors among them, and nothing where `cause` came before. */
export interface Outcome {
  readonly results: readonly unknown[];
  readonly cause: Cause | undefined;
}

export async function portionOf(
  parts: Parts,
  name: string,
  algorithm: unknown,
  inputs: readonly unknown[],
  given: BulkResultOptions,
): Promise<Outcome> {
  const options: BulkResultOptions = { ...given, results: undefined, timeLimit: undefined, onProgress: undefined, onError: 'return' };
  const work = new ManyWork(parts, name, algorithm, inputs, options, inputs.length);
  await work.run(options);
  return { results: work.results.all(inputs.length, undefined), cause: work.cause };
}

class ManyWork {
  readonly results: Results<unknown>;
  /** What ended the work before its end: no token is left. */
  cause: Cause | undefined;
  readonly #parts: Parts;
  readonly #name: string;
  readonly #algorithm: unknown;
  readonly #list: readonly unknown[];
  readonly #given: BulkResultOptions;
  readonly #progress: Progress;
  readonly #queue: Portion[];
  readonly #controller = new AbortController();
  #over = false;

  /** `size`: inputs of a portion. */
  constructor(parts: Parts, name: string, algorithm: unknown, list: readonly unknown[], given: BulkResultOptions, size: number) {
    this.#parts = parts;
    this.#name = name;
    this.#algorithm = algorithm;
    this.#list = list;
    this.#given = given;
    this.results = new Results(list.length);
    this.#progress = new Progress(given.onProgress, () => list.length);
    this.#queue = portions(list.length, size);
  }

  async run({ signal }: CallOptions): Promise<void> {
    const unwatch = signal === undefined ? undefined : onAbort(signal, () => this.stop(signal.reason));
    try {
      const workers = Math.min(this.#queue.length, IN_FLIGHT * this.#parts.balance.members.length);
      await Promise.all(Array.from({ length: workers }, () => this.#worker()));
      this.#progress.end();
    } finally {
      unwatch?.();
    }
  }

  /** Nobody wants the rest any more. */
  stop(reason?: unknown): void {
    this.#over = true;
    this.#controller.abort(reason);
  }

  async #worker(): Promise<void> {
    for (let portion = this.#queue.shift(); portion !== undefined && !this.#over; portion = this.#queue.shift()) await this.#do(portion);
  }

  async #do(portion: Portion): Promise<void> {
    const { balance, keyOn } = this.#parts;
    const weight = portion.numbers.length;
    try {
      await balance.run({
        options: { signal: this.#controller.signal },
        repeatable: true,
        weight,
        run: async (member, { signal }) => {
          const key = await keyOn(member, { signal });
          await this.#on(key, portion, signal);
        },
      });
    } catch (error) {
      if (this.#controller.signal.aborted || !balance.isOfToken(error)) throw error;
      this.cause ??= { error };
      this.#over = true;
    }
    this.#progress.update();
  }

  /** Does a portion on one token. What failed by the token's fault is left, and its error thrown. */
  async #on(key: Key, portion: Portion, signal: AbortSignal | undefined): Promise<void> {
    const { balance } = this.#parts;
    const { numbers } = portion;
    const algorithm = Array.isArray(this.#algorithm) ? numbers.map((number) => (this.#algorithm as unknown[])[number]) : this.#algorithm;
    const many = (key as unknown as Record<string, Many>)[this.#name]!.bind(key);
    const { memberTimeLimit } = balance;
    const options = {
      ...this.#given,
      callTimeLimit: this.#given.callTimeLimit ?? memberTimeLimit,
      timeLimit: undefined,
      onProgress: undefined,
      onError: 'return',
      signal,
    };
    const found = await many(
      algorithm,
      numbers.map((number) => this.#list[number]),
      options,
    );
    const left: number[] = [];
    let fault: unknown;
    found.forEach((result, index) => {
      const number = numbers[index]!;
      if (!(result instanceof Error)) this.#done(number, result);
      else if (!balance.isOfToken(result) && !this.#tookTooLong(result)) this.#failed(number, result);
      else {
        left.push(number);
        fault ??= balance.fault(result);
      }
    });
    portion.numbers = left;
    if (fault !== undefined) throw fault;
  }

  /** For the limit of the member, which is no limit of the caller's: another token may be quicker. */
  #tookTooLong(error: Error): boolean {
    return (
      this.#given.callTimeLimit === undefined && this.#parts.balance.memberTimeLimit !== undefined && CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT')
    );
  }

  #done(number: number, result: unknown): void {
    this.#progress.done++;
    this.results.put(number, result);
  }

  #failed(number: number, error: unknown): void {
    this.#progress.failed++;
    this.results.fail(number, error);
    if (this.#given.onError !== 'return') this.#over = true;
  }
}

/** One nonce for several inputs is found only by who sees them all: they stay together. */
function sizeOf({ balance }: Parts, name: string, length: number): number {
  if (name === 'encryptMany') return Math.max(length, 1);
  return Math.max(1, Math.min(MOST, Math.ceil(length / (SHARES * balance.members.length))));
}

function portions(length: number, size: number): Portion[] {
  // Empty lists go to a token too: what else is wrong with the arguments it says.
  if (length === 0) return [{ numbers: [] }];
  const numbers = Array.from({ length }, (_, number) => number);
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => ({ numbers: numbers.slice(index * size, (index + 1) * size) }));
}

/** The inputs as an array. What is no bytes is refused with its number among all of them. */
function listOf(inputs: Iterable<unknown>, pairs: boolean): readonly unknown[] {
  const name = pairs ? 'items' : 'inputs';
  if (typeof inputs !== 'object' || inputs === null || isBytes(inputs) || !(Symbol.iterator in inputs)) {
    throw wrongType(name, 'an array, or another iterable', inputs, true);
  }
  const list = [...inputs];
  for (const [index, item] of list.entries()) {
    if (pairs ? typeof item === 'object' && item !== null : isBytes(item)) continue;
    const expected = pairs ? 'an object with data and signature' : 'an instance of Uint8Array, Buffer, another TypedArray, DataView or ArrayBuffer';
    throw wrongType(`${name}[${index}]`, expected, item, true);
  }
  return list;
}
