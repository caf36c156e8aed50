// Mocha's spec reporter without noise from skips, and then: every skipped test with its reason, and one line of counts.
// With CRYPTOKI_TEST_REPORT set, the counts also go into that file, for the script that adds them up.
const { appendFileSync } = require('node:fs');
const { Spec, Base } = require('mocha').reporters;

/** The reason given by `skip(this, reason)`: on the test itself, or on a suite whose hook skipped all of it. */
function reasonOf(test) {
  for (let one = test; one; one = one.parent) if (one.skipReason) return one.skipReason;
  return 'no reason given';
}

module.exports = class Reporter extends Spec {
  #skipped = new Map();

  constructor(runner, options) {
    super(runner, options);
    runner.on('pending', (test) => {
      const reason = reasonOf(test);
      if (!this.#skipped.has(reason)) this.#skipped.set(reason, []);
      this.#skipped.get(reason).push(test.fullTitle());
    });
  }

  epilogue() {
    const { passes, failures, pending } = this.stats;
    Base.list(this.failures);
    for (const [reason, titles] of this.#skipped) {
      console.log(`\nskipped (${titles.length}): ${reason}`);
      for (const title of titles) console.log(`  - ${title}`);
    }
    console.log(`\n${passes} passed, ${failures} failed, ${pending} skipped`);
    const report = process.env.CRYPTOKI_TEST_REPORT;
    if (report) appendFileSync(report, `${JSON.stringify({ passed: passes, failed: failures, skipped: pending })}\n`);
  }
};
