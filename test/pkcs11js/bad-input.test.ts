// Every function of pkcs11js with every argument replaced by each of some forty unfit ones: what the package itself answers, and what we do.

import assert from 'node:assert/strict';
import { skip } from '../support/skip';
import { library, original, OURS, runCases } from './packages';

interface Failure {
  readonly class: string;
  readonly message: string;
  readonly code?: number;
}

const isFailure = (outcome: unknown): outcome is Failure => typeof outcome === 'object' && outcome !== null;

// What pkcs11js throws as the addon's own errors has no code there.
const withoutCode = (outcome: unknown): unknown =>
  isFailure(outcome) && /^CKR_\w+:\d+$/.test(outcome.message) ? { message: outcome.message } : outcome;

/** Where we answer something else on purpose, by the end of the case's title. */
const better: readonly (readonly [title: RegExp, ours: (outcome: unknown) => boolean])[] = [
  // There, memory that was never written is taken for the parameter.
  [/is parameter of no type$/, (outcome) => isFailure(outcome) && outcome.message.includes('none of CK_PARAMS_*')],
  // There, an error of the language out of the package's own loop.
  [
    /C_(?:CreateObject|CopyObject|SetAttributeValue): argument \d is array of null$/,
    (outcome) => isFailure(outcome) && outcome.message.startsWith('Element 0'),
  ],
  // There, no objects and an empty buffer are a NULL pointer, which SoftHSM refuses before it looks at anything else.
  [/^C_FindObjects: argument 1 is not a number$/, (outcome) => isFailure(outcome) && outcome.code !== 7],
  [/is empty buffer$/, (outcome) => !isFailure(outcome) || outcome.code !== 7],
];

describe('unfit arguments', () => {
  let ours: Map<string, unknown>;

  before(async function () {
    this.timeout(600_000);
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
    ours = await runCases('bad-input.cjs', OURS, { ADDED: '1' });
  });

  it('crash nothing: each is a result or an error with a text', () => {
    assert.ok(ours.size > 10_000);
    const poor = [...ours].filter(([, outcome]) =>
      isFailure(outcome) ? outcome.message === '' : typeof outcome !== 'string' || outcome.startsWith('crash'),
    );
    assert.deepEqual(poor, []);
  });

  it('are never our own doing', () => {
    const inner = [...ours].filter(
      ([, outcome]) => isFailure(outcome) && /disagree|Cannot read prop|is not a function|undefined \(/.test(outcome.message),
    );
    assert.deepEqual(inner, []);
  });

  it('are answered as pkcs11js does, where it lives to answer', async function () {
    this.timeout(600_000);
    const peer = await original();
    if ('reason' in peer) skip(this, peer.reason);
    const theirs = await runCases('bad-input.cjs', peer.path);
    const differing: unknown[] = [];
    let crashes = 0;
    for (const [title, outcome] of theirs) {
      const mine = ours.get(title);
      if (typeof outcome === 'string' && outcome.startsWith('crash')) {
        crashes += 1;
        continue;
      }
      try {
        assert.deepEqual(withoutCode(mine), withoutCode(outcome));
      } catch {
        if (!better.some(([which, fits]) => which.test(title) && fits(mine))) differing.push({ title, theirs: outcome, ours: mine });
      }
    }
    assert.deepEqual(differing, []);
    assert.ok(theirs.size > 5000);
    assert.ok(crashes < theirs.size / 20);
  });
});
