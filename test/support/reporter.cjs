// Mocha's spec reporter without noise from skips, and then: every skipped test with its reason, and one line of counts.
// With CRYPTOKI_TEST_REPORT set, a line goes into that file at every step: the counts so far, what runs now and how long
// it may. scripts/support adds them up, and ends a run that stands still.
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
    for (const event of ['test', 'hook']) runner.on(event, (runnable) => this.#follow(runnable));
  }

  #note(at, limit) {
    const report = process.env.CRYPTOKI_TEST_REPORT;
    const { passes, failures, pending } = this.stats;
    if (report) appendFileSync(report, `${JSON.stringify({ passed: passes, failed: failures, skipped: pending, at, limit })}\n`);
  }

  /** A test may set its own limit when it already runs. */
  #follow(runnable) {
    const { timeout } = runnable;
    runnable.timeout = (...limits) => {
      const result = timeout.apply(runnable, limits);
      if (limits.length > 0) this.#note(runnable.fullTitle(), runnable.timeout());
      return result;
    };
    this.#note(runnable.fullTitle(), runnable.timeout());
  }

  epilogue() {
    const { passes, failures, pending } = this.stats;
    Base.list(this.failures);
    for (const [reason, titles] of this.#skipped) {
      console.log(`\nskipped (${titles.length}): ${reason}`);
      for (const title of titles) console.log(`  - ${title}`);
    }
    console.log(`\n${passes} passed, ${failures} failed, ${pending} skipped`);
    this.#note();
  }
};
