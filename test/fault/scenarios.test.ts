import assert from 'node:assert/strict';
import { runScenario, WITHIN } from './scenario';
import { scenarios } from './scenarios';

/** Enough to have everything in flight under every fault; `npm run reliability` signs 20,000. */
const SIGNS = 2_000;

describe('2,000 signatures, every one of them right, though', function () {
  this.timeout(WITHIN + 10_000);

  for (const scenario of scenarios) {
    it(scenario.title, async () => {
      const row = await runScenario(scenario, SIGNS, scenario.few);
      assert.deepEqual(row.findings, []);
      assert.equal(row.faults > 0, scenario.few > 0);
    });
  }
});
