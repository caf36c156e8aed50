import assert from 'node:assert/strict';
import { PHASES, runMatrix } from './matrix';

/** `npm run reliability` takes them all. */
const SHARE = 3;

describe('every function fails, at its first, second and third call, with every recoverable code', function () {
  this.timeout(60_000);

  for (const phase of PHASES) {
    it(`while ${phase}`, async () => {
      const rows = await runMatrix(phase, { share: SHARE });
      assert.ok(rows.length > 0);
      for (const { scenario, findings } of rows) assert.deepEqual(findings, [], scenario);
    });
  }
});
