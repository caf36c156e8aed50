import type { FaultModule } from '../support/fault-module';
import type { Given } from './children/recovery';
import { assertEnd, CHILD_TIME, runChild, withFault } from './support';

const child = (fault: FaultModule, given: Omit<Given, 'path'>) => runChild('recovery', { given: { path: fault.path, ...given } satisfies Given });

// The sessions of a token that is gone are closed too: some libraries keep them, others know them no more.
const withLostSessions = (body: (fault: FaultModule) => Promise<void>) => withFault(body, { save: 'unknownSessions' });

describe('the end of the process, while a lost token is looked for', function () {
  this.timeout(CHILD_TIME);

  it('waits for those who wait for the token', () =>
    withLostSessions(async (fault) => {
      const ended = child(fault, { patience: 0, exits: false });
      while (fault.get('removed') === 0) await new Promise((later) => setTimeout(later, 10));
      setTimeout(() => fault.insert(1), 300);
      assertEnd(await ended, 0, ['waits', '4']);
    }));

  it('comes by itself when nobody waits for it any more', () =>
    withLostSessions(async (fault) => {
      assertEnd(await child(fault, { patience: 100, exits: false }), 0, ['waits', 'ERR_CRYPTOKI_TIMEOUT']);
    }));

  it('comes when the process is told to end', () =>
    withLostSessions(async (fault) => {
      assertEnd(await child(fault, { patience: 0, exits: true }), 7, ['waits']);
    }));
});
