// From a source of inputs to a stream of results.

import { setImmediate as nextTurn } from 'node:timers/promises';
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
export interface StreamOf<Result, Out> {
  readonly context: TokenContext;
  readonly source: Iterable<unknown> | AsyncIterable<unknown>;
  readonly options: CheckedBulkOptions;
  /** Results come in the order of the inputs, and not as they finish. */
  readonly ordered: boolean;
  /** Inputs on their way at most, from the source to the taker of the results. */
  readonly most: number;
  work(patience: Patience): Promise<Work<Result>>;
  /** What the taker gets of a result. */
  shape(one: Numbered<Result>): Out;
}

/** Milliseconds of giving results after which others have their turn, and results after which the clock is looked at. */
const SLICE = 1;
const STRIDE = 64;

/** The results. What is asked for is looked at when the first is wanted. Whoever leaves early ends the work and the source. */
export async function* streamed<Result, Out>(ask: () => StreamOf<Result, Out>): AsyncGenerator<Out, void, undefined> {
  const asked = ask();
  const { context, options, ordered, most } = asked;
  const patience = new Patience(options.call);
  const windows = new Windows(false, most);
  const intake = new StreamIntake(windows, asked.source, most);
  const outflow = new Outflow<Result>(ordered, options.returns, most);
  let bulk: Bulk<Result> | undefined;
  try {
    const work = await patience.orEnd(asked.work(patience));
    await work.handle(patience.options);
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
    let since = performance.now();
    for (let given = 1; ; given++) {
      const one = outflow.ready() ?? (await outflow.next());
      if (one === undefined) return;
      intake.gave();
      yield asked.shape(one);
      if (given % STRIDE !== 0 || performance.now() - since < SLICE) continue;
      await nextTurn();
      since = performance.now();
    }
  } finally {
    // Where the taker has left, or the source was never read.
    bulk?.abandon();
    intake.close();
    patience.end();
  }
}
