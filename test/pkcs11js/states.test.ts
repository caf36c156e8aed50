// Every function of pkcs11js, in each of its forms, in states in which it cannot do its work: what the package itself answers, and what we do.

import assert from 'node:assert/strict';
import { skip } from '../support/skip';
import { library, original, OURS, runCases } from './packages';

interface Failure {
  readonly class: string;
  readonly message: string;
  readonly code?: number;
  readonly method?: string;
  readonly hasStack: boolean;
}

const NOT_LOADED = /^PKCS11 module not loaded yet$/;
const NOT_INITIALIZED = /^CKR_CRYPTOKI_NOT_INITIALIZED(?::400)?$/;

/** What each state is answered with. SoftHSM has none of the functions of version 3. */
const ANSWERS: Readonly<Record<string, RegExp>> = {
  'not loaded': NOT_LOADED,
  closed: NOT_LOADED,
  'not initialised': NOT_INITIALIZED,
  finalised: NOT_INITIALIZED,
  'initialised before': /^CKR_CRYPTOKI_ALREADY_INITIALIZED$/,
  'session closed': /^CKR_SESSION_HANDLE_INVALID(?::179)?$/,
};
const LACKING = /^CKR_FUNCTION_NOT_SUPPORTED$/;

describe('functions of pkcs11js in states that are not for them', () => {
  let ours: Map<string, unknown>;

  before(async function () {
    this.timeout(120_000);
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
    ours = await runCases('states.cjs', OURS, { ADDED: '1' });
  });

  it('fail with the reason, those of version 3 and all that end in Async too', () => {
    assert.ok(ours.size > 900);
    for (const [title, outcome] of ours) {
      const { message } = outcome as Failure;
      assert.ok(ANSWERS[title.split(':')[0]!]!.test(message) || LACKING.test(message), `${title}: ${JSON.stringify(outcome)}`);
    }
  });

  it('say what pkcs11js says, and more where it says less', async function () {
    this.timeout(120_000);
    const peer = await original();
    if ('reason' in peer) skip(this, peer.reason);
    const theirs = (await runCases('states.cjs', peer.path)) as Map<string, Failure>;
    assert.ok(theirs.size > 400);
    for (const [title, their] of theirs) {
      const our = ours.get(title) as Failure;
      assert.equal(our.message, their.message, title);
      // Where their own error comes through, it has neither class, nor code, nor where it came from.
      if (their.class !== 'Error') assert.equal(our.class, their.class, title);
      if (their.code !== undefined) assert.equal(our.code, their.code, title);
      if (their.method) assert.equal(our.method, their.method, title);
      if (their.hasStack) assert.ok(our.hasStack, title);
    }
  });
});
