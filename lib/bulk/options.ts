import { integer, oneOf, plainObject, wrongType } from '../arguments';
import { MOST_SESSIONS } from '../pool';
import type { CallOptions } from '../options';
import type { BulkProgress } from './progress';

/** Options of everything that takes many inputs. The time limit is for all of them together. */
export interface BulkOptions extends CallOptions {
  /** Most sessions at once, 1 to 64. Default: what the token stands. Where it stands fewer, they are fewer. */
  readonly concurrency?: number | undefined;
  /** Milliseconds for each input in the token. One that takes longer is tried once more in another session, and then fails with ERR_CRYPTOKI_TIMEOUT. */
  readonly callTimeLimit?: number | undefined;
  /** 'throw' (default): the first failure ends the work, with a BulkError that has what was done. 'return': errors stand in the place of results. */
  readonly onError?: 'throw' | 'return' | undefined;
  /** Called now and then, and at the end. What it throws ends the work. */
  readonly onProgress?: ((progress: BulkProgress) => void) | undefined;
}

/** Errors stand in the place of results. */
export interface ReturnErrors {
  /** Nothing is thrown for an input that fails. */
  readonly onError: 'return';
}

/** Options of what gives bytes for many inputs. */
export interface BulkResultOptions extends BulkOptions {
  /** 'own' (default): an array of results, each of which has its bytes for itself. 'slab': a `Slab`, which is quicker. */
  readonly results?: 'own' | 'slab' | undefined;
}

/** Results come in a slab. */
export interface InSlab {
  /** They stay side by side where the token has put them. */
  readonly results: 'slab';
}

/** As they were checked. */
export interface CheckedBulkOptions {
  readonly call: CallOptions;
  readonly concurrency: number | undefined;
  readonly callTimeLimit: number | undefined;
  readonly returns: boolean;
  readonly onProgress: ((progress: BulkProgress) => void) | undefined;
  readonly lends: boolean;
}

const MOST_TIME = 0x7fff_ffff;

export function bulkOptions(given: BulkResultOptions): CheckedBulkOptions {
  const options = plainObject(given, 'options') as BulkResultOptions;
  const { signal, timeLimit, concurrency, callTimeLimit, onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') throw wrongType('options.onProgress', 'a function', onProgress);
  return {
    call: { signal, timeLimit },
    concurrency: concurrency === undefined ? undefined : integer(concurrency, 'options.concurrency', 1, MOST_SESSIONS),
    callTimeLimit: callTimeLimit === undefined ? undefined : integer(callTimeLimit, 'options.callTimeLimit', 1, MOST_TIME),
    returns: oneOf(options.onError ?? 'throw', 'options.onError', ['throw', 'return']) === 'return',
    onProgress,
    lends: oneOf(options.results ?? 'own', 'options.results', ['own', 'slab']) === 'slab',
  };
}
