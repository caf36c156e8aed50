// From the arguments of signMany and its kind to their results.

import { isBytes, wrongType } from '../arguments';
import { patiently } from '../key-sign';
import type { Patience } from '../patience';
import type { TokenContext } from '../token-context';
import { Bulk } from './bulk';
import { IterableIntake, putInput, putPair } from './intake';
import { Progress } from './progress';
import { Windows } from './window';
import type { CheckedBulkOptions } from './options';
import type { Collection } from './results';
import type { Outlet, Work } from './work';

/** What is asked for. */
export interface ManyOf<Result, All> {
  readonly context: TokenContext;
  /** Where the inputs come from. */
  readonly source: Iterable<unknown>;
  /** Each is an input and a signature. */
  readonly pairs?: boolean;
  readonly options: CheckedBulkOptions;
  /** Where the results go; `total` inputs, where that is known. */
  collection(total: number | undefined): Outlet<Result> & Collection<All>;
  work(patience: Patience): Promise<Work<Result>>;
}

/** The results of all inputs in their order, with errors among them where the options say so. */
export async function many<Result, All>({ context, source, pairs = false, options, collection, work }: ManyOf<Result, All>): Promise<All> {
  const windows = new Windows(pairs);
  checkSource(source, pairs);
  const intake = new IterableIntake(windows, source, pairs ? putPair : putInput);
  try {
    intake.begin();
    return await patiently(options.call, async (patience) => {
      const what = await work(patience);
      // What is known to be gone is found before anything begins.
      await what.handle(patience.options);
      const results = collection(intake.total);
      const bulk = new Bulk<Result>({
        client: context.client,
        crew: context.pool,
        work: what,
        windows,
        intake,
        outlet: results,
        patience,
        progress: new Progress(options.onProgress, () => intake.total),
        concurrency: options.concurrency ?? context.pool.limit,
        callTimeLimit: options.callTimeLimit,
        stopAtFailure: !options.returns,
      });
      const cause = await bulk.run();
      return options.returns ? results.all(intake.taken, cause) : results.complete(intake.taken, cause);
    });
  } finally {
    intake.close();
  }
}

/** What is none of it is found before anything begins, where all is there. */
function checkSource(source: unknown, pairs: boolean): void {
  const name = pairs ? 'items' : 'inputs';
  if (typeof source !== 'object' || source === null || isBytes(source) || !(Symbol.iterator in source)) {
    throw wrongType(name, 'an array, or another iterable', source, true);
  }
  if (pairs || !Array.isArray(source)) return;
  for (let index = 0; index < source.length; index++) {
    if (!isBytes(source[index])) {
      throw wrongType(`inputs[${index}]`, 'an instance of Uint8Array, Buffer, another TypedArray, DataView or ArrayBuffer', source[index], true);
    }
  }
}
