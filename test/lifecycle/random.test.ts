import type { Given } from './children/random';
import { assertEnd, CHILD_TIME, runChild, withFault } from './support';

/** The same sequences in every run. `CRYPTOKI_RANDOM_SEED` and `CRYPTOKI_RANDOM_RUNS` are for whoever looks for others. */
const SEED = Number(process.env['CRYPTOKI_RANDOM_SEED'] ?? 42);
const RUNS = Number(process.env['CRYPTOKI_RANDOM_RUNS'] ?? 50);

describe('random calls on a slow and failing library', function () {
  this.timeout(CHILD_TIME);

  it(`settle, give right results and leave nothing behind (seed ${SEED})`, () =>
    withFault(async (fault) => {
      const given = { path: fault.path, seed: SEED, runs: RUNS } satisfies Given;
      assertEnd(await runChild('random', { given }), 0, ['right']);
      // Sessions that the module itself has dropped are asked for again.
      fault.set('unknownSessions', 0);
    }));
});
