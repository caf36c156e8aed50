// Bulk work by itself, on an engine that is none.
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Bulk, type BulkParts } from '../../lib/bulk/bulk';
import { IterableIntake, putInput } from '../../lib/bulk/intake';
import { Progress, type BulkProgress } from '../../lib/bulk/progress';
import { Results } from '../../lib/bulk/results';
import { Windows } from '../../lib/bulk/window';
import { KeyPins } from '../../lib/key-pin';
import { Patience } from '../../lib/patience';
import { made, signing, type Setup } from './bulk';
import type { CallOptions } from '../../lib/options';
import type { TokenContext } from '../../lib/token-context';
import type { Work } from '../../lib/bulk/work';

export const pins = (): KeyPins => new KeyPins({} as TokenContext, () => undefined);

export interface Given extends CallOptions {
  readonly work?: Work<Uint8Array>;
  readonly stopAtFailure?: boolean;
  readonly concurrency?: number;
  readonly callTimeLimit?: number;
  readonly onProgress?: (progress: BulkProgress) => void;
}

export async function run(world: Setup, source: Iterable<unknown>, given: Given = {}): Promise<(Uint8Array | Error)[]> {
  const windows = new Windows(false);
  const intake = new IterableIntake(windows, source, putInput);
  const results = new Results<Uint8Array>(intake.total);
  const patience = new Patience(given);
  const parts: BulkParts<Uint8Array> = {
    client: world.client,
    crew: world.crew,
    work: given.work ?? signing,
    windows,
    intake,
    outlet: results,
    patience,
    progress: new Progress(given.onProgress, () => intake.total),
    concurrency: given.concurrency ?? 2,
    callTimeLimit: given.callTimeLimit,
    stopAtFailure: given.stopAtFailure ?? false,
  };
  try {
    const cause = await new Bulk(parts).run();
    return given.stopAtFailure === true ? results.complete(intake.taken, cause) : results.all(intake.taken, cause);
  } finally {
    patience.end();
  }
}

export const allRight = (results: readonly unknown[], given: readonly Uint8Array[]): void =>
  assert.deepEqual(
    results.map((result) => Buffer.from(result as Uint8Array).toString()),
    given.map((item) => made(item).toString()),
  );
export const settled = async (world: Setup): Promise<void> => {
  for (let turn = 0; turn < 20 && world.crew.held > 0; turn++) await setImmediate();
};
