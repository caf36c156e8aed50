import type { Context } from 'mocha';

/**
 * Skips the running test, or the whole suite when called in its `before`, and gives the reason, which the reporter lists and
 * counts. Never returns.
 *
 * @example
 * it('wraps with KWP', function () {
 *   if (!mechanisms.has(CKM.AES_KEY_WRAP_KWP)) skip(this, 'the token has no CKM_AES_KEY_WRAP_KWP');
 * });
 */
export function skip(context: Context, reason: string): never {
  const runnable = context.test;
  if (!runnable) throw new Error('skip() needs the context of a test or a hook: write function (), not =>');
  // In a hook before all, every test of the suite is skipped; in one before each, the test that comes.
  const owner = /^"(before|after) all" hook/.test(runnable.title) ? runnable.parent : (context.currentTest ?? runnable);
  Object.assign(owner ?? {}, { skipReason: reason });
  return context.skip();
}
