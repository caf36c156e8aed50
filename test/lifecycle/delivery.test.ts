import assert from 'node:assert/strict';
import { Module } from '../../lib/module';
import { withFault } from './support';

const CALLS = 40;
const DATA = new Uint8Array(32).fill(7);

describe('replies that wait for each other', () => {
  it('are delivered while the next call hangs', () =>
    withFault(async (fault) => {
      const module = await Module.load(fault.path, { threads: 1 });
      try {
        const [slot] = await module.slots({ tokenPresent: true });
        const token = await slot!.token();
        await token.login('1234');
        const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: false });
        // What the first call of a kind asks the token for would come between those of the test.
        await privateKey.sign('sha256', DATA);
        await token.digest('sha256', DATA);
        // Slow enough for JavaScript to have nothing to do meanwhile.
        fault.tell('C_Sign', { sleep: 80 });
        for (let calls = CALLS; calls < CALLS + 8; calls++) {
          fault.hang('C_Digest');
          const before = Array.from({ length: calls }, () => privateKey.sign('sha256', DATA));
          const hanging = token.digest('sha256', DATA);
          // It is queued some microtasks later; nothing is delivered before this turn ends.
          for (let tick = 0; tick < 50; tick++) await undefined;
          const behind = Array.from({ length: calls }, () => privateKey.sign('sha256', DATA));
          assert.equal((await Promise.all(before)).length, calls);
          await fault.inside('C_Digest');
          fault.release('C_Digest');
          await hanging;
          assert.equal((await Promise.all(behind)).length, calls);
        }
      } finally {
        fault.release('C_Digest');
        await module.close();
      }
    }));
});
