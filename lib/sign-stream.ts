// `key.signStream`.

import { boolean, integer, isBytes, wrongType } from './arguments';
import { Bulk } from './bulk/bulk';
import { bulkOptions, type BulkOptions } from './bulk/options';
import { crewOf } from './bulk/key-work';
import { Outflow } from './bulk/outflow';
import { Progress } from './bulk/progress';
import { signWork } from './bulk/sign-work';
import { StreamIntake } from './bulk/stream-intake';
import { Windows } from './bulk/window';
import { signatureOptions, type SignManyOptions } from './bulk';
import { questionOf } from './key-sign';
import { contextOf } from './object';
import { Patience } from './patience';
import type { SignatureAlgorithm } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';
import type { Bytes, DataSource } from './data-source';
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
  readonly ordered: false;
}

/** A signature and the number of its input, from 0. */
export interface NumberedSignature<Signature = Uint8Array> {
  readonly index: number;
  readonly signature: Signature;
}

const HIGH_WATER_MARK = 1 << 14;
const MOST_ON_THEIR_WAY = 1 << 20;

/** Signatures of what a source gives. */
export async function* signStream(
  key: Key,
  algorithm: SignatureAlgorithm,
  source: DataSource | Iterable<Bytes> | AsyncIterable<Bytes>,
  options: SignStreamOptions = {},
): AsyncGenerator<Uint8Array | Error | NumberedSignature<Uint8Array | Error>, void, undefined> {
  const checked = bulkOptions(options);
  const ordered = boolean(options.ordered ?? true, 'options.ordered');
  const most = integer(options.highWaterMark ?? HIGH_WATER_MARK, 'options.highWaterMark', 1, MOST_ON_THEIR_WAY);
  const question = questionOf('sign', algorithm, signatureOptions(options as SignManyOptions), false);
  checkSource(source);
  const patience = new Patience(checked.call);
  const context = contextOf(key);
  const windows = new Windows(false, most);
  const intake = new StreamIntake(windows, source, most);
  const outflow = new Outflow<Uint8Array>(ordered, checked.returns, most);
  let bulk: Bulk<Uint8Array> | undefined;
  try {
    bulk = new Bulk<Uint8Array>({
      client: context.client,
      crew: crewOf(context),
      work: await patience.orEnd(signWork(key, question, false, patience)),
      windows,
      intake,
      outlet: outflow,
      patience,
      progress: new Progress(checked.onProgress, () => undefined),
      concurrency: checked.concurrency ?? context.pool.limit,
      callTimeLimit: checked.callTimeLimit,
      stopAtFailure: !checked.returns,
    });
    intake.begin();
    void bulk.run().then(
      (cause) => outflow.end(cause),
      (error: unknown) => outflow.throw(error),
    );
    for (;;) {
      const one = outflow.ready() ?? (await outflow.next());
      if (one === undefined) return;
      intake.gave();
      yield ordered ? one.result : { index: one.number, signature: one.result };
    }
  } finally {
    // Where the taker has left, or the source was never read.
    bulk?.abandon();
    intake.close();
    patience.end();
  }
}

function checkSource(source: unknown): void {
  const isSource = typeof source === 'object' && source !== null && !isBytes(source) && (Symbol.asyncIterator in source || Symbol.iterator in source);
  if (!isSource) throw wrongType('source', 'an iterable, async iterable or stream, each of whose elements is bytes', source, true);
}
