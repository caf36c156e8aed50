// From a source of inputs to a stream of results.

import { Patience } from '../patience';
import type { TokenContext } from '../token-context';
import { Bulk } from './bulk';
import { Outflow, type Numbered } from './outflow';
import { Progress } from './progress';
import { StreamIntake } from './stream-intake';
import { Windows } from './window';
import type { CheckedBulkOptions } from './options';
import type { Work } from './work';

/** What is asked for. */
export interface StreamOf<Result> {
  readonly context: TokenContext;
  readonly source: Iterable<unknown> | AsyncIterable<unknown>;
  readonly options: CheckedBulkOptions;
  /** Results come in the order of the inputs, and not as they finish. */
  readonly ordered: boolean;
  /** Inputs on their way at most, from the source to the taker of the results. */
  readonly most: number;
  work(patience: Patience): Promise<Work<Result>>;
}

/** The results, each with the number of its input. Whoever leaves early ends the work and the source. */
export async function* streamed<Result>(asked: StreamOf<Result>): AsyncGenerator<Numbered<Result>, void, undefined> {
  const { context, options, ordered, most } = asked;
  const patience = new Patience(options.call);
  const windows = new Windows(false, most);
  const intake = new StreamIntake(windows, asked.source, most);
  const outflow = new Outflow<Result>(ordered, options.returns, most);
  let bulk: Bulk<Result> | undefined;
  try {
    const work = await patience.orEnd(asked.work(patience));
    await work.handle();
    bulk = new Bulk<Result>({
      client: context.client,
      crew: context.pool,
      work,
      windows,
      intake,
      outlet: outflow,
      patience,
      progress: new Progress(options.onProgress, () => undefined),
      concurrency: options.concurrency ?? context.pool.limit,
      callTimeLimit: options.callTimeLimit,
      stopAtFailure: !options.returns,
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
      yield one;
    }
  } finally {
    // Where the taker has left, or the source was never read.
    bulk?.abandon();
    intake.close();
    patience.end();
  }
}
