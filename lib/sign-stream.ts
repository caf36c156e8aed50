// `key.signStream`.

import { boolean, integer, isBytes, wrongType } from './arguments';
import { bulkOptions, type BulkOptions } from './bulk/options';
import { signWork } from './bulk/sign-work';
import { streamed } from './bulk/streamed';
import { signatureOptions, type SignManyOptions } from './bulk';
import { questionOf } from './key-sign';
import { contextOf } from './object';
import type { SignatureAlgorithm } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';
import type { DataSource } from './data-source';
import type { Key } from './key';

/** Options of a stream of signatures. */
export interface SignStreamOptions extends BulkOptions, SignatureOptions {
  /** true (default): signatures come in the order of their inputs. false: as they finish, with the numbers of their inputs. */
  readonly ordered?: boolean | undefined;
  /** Most inputs on their way, from the source to the taker of the signatures. Default: 16,384. */
  readonly highWaterMark?: number | undefined;
}

/** Signatures come as they finish. */
export interface Unordered {
  /** Not in the order of the inputs. */
  readonly ordered: false;
}

/** A signature and the number of its input, from 0. */
export interface NumberedSignature<Signature = Uint8Array> {
  /** The number of the input. */
  readonly index: number;
  /** Its signature; with `onError: 'return'` perhaps the error in place of it. */
  readonly signature: Signature;
}

const HIGH_WATER_MARK = 1 << 14;
const MOST_ON_THEIR_WAY = 1 << 20;

type Given = Uint8Array | Error | NumberedSignature<Uint8Array | Error>;

/** Signatures of what a source gives. */
export function signStream(
  key: Key,
  algorithm: SignatureAlgorithm,
  source: DataSource,
  options: SignStreamOptions = {},
): AsyncGenerator<Given, void, undefined> {
  return streamed<Uint8Array, Given>(() => {
    const checked = bulkOptions(options);
    const { ordered, most } = streamOptions(options);
    const question = questionOf('sign', algorithm, signatureOptions(options as SignManyOptions), false);
    checkSource(source);
    return {
      context: contextOf(key),
      source,
      options: checked,
      ordered,
      most,
      work: (patience) => signWork(key, question, patience),
      shape: ordered ? ({ result }) => result : ({ number, result }) => ({ index: number, signature: result }),
    };
  });
}

/** The options that are about streams, checked. `most`: inputs on their way. */
export function streamOptions({ ordered = true, highWaterMark = HIGH_WATER_MARK }: SignStreamOptions): { ordered: boolean; most: number } {
  return {
    ordered: boolean(ordered, 'options.ordered'),
    most: integer(highWaterMark, 'options.highWaterMark', 1, MOST_ON_THEIR_WAY),
  };
}

export function checkSource(source: unknown): void {
  const isSource = typeof source === 'object' && source !== null && !isBytes(source) && (Symbol.asyncIterator in source || Symbol.iterator in source);
  if (!isSource) throw wrongType('source', 'an iterable, async iterable or stream, each of whose elements is bytes', source, true);
}
