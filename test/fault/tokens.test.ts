import assert from 'node:assert/strict';
import { profiles } from '../support/profile';
import { skip } from '../support/skip';
import { runTokenScenario, WITHIN } from './token-scenario';
import { tokenScenarios } from './token-scenarios';

/** `npm run reliability` signs 20,000 where the token is quick. */
const SIGNS = 2_000;

for (const profile of profiles()) {
  const scenarios = tokenScenarios.filter((scenario) => scenario.profile === profile.name);
  if (scenarios.length === 0) continue;
  describe(`thousands of signatures on ${profile.title}, every one of them right, though`, function () {
    this.timeout(WITHIN + 30_000);

    before(function () {
      if (profile.reason !== undefined) skip(this, `${profile.title}: ${profile.reason}`);
    });

    for (const scenario of scenarios) {
      it(scenario.title, async () => {
        const row = await runTokenScenario(scenario, profile, Math.min(SIGNS, scenario.signs));
        assert.deepEqual(row.findings, []);
        assert.ok(row.faults > 0);
      });
    }
  });
}
