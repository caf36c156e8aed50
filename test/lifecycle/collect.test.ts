import type { Given } from './children/collect';
import { assertEnd, CHILD_TIME, runChild, withFault } from './support';

describe('garbage collection', function () {
  this.timeout(CHILD_TIME);

  const cases: readonly [what: Given['what'], title: string][] = [
    ['idle', 'of the last reference closes its sessions and finalises the library'],
    ['running', 'lets calls end whose promises are held, then finalises'],
    ['dropped', 'lets calls end that nobody waits for, then finalises'],
    ['hung', 'of a reference with a hung call waits for that call, and holds nobody up'],
    ['data', 'changes no data of calls that run'],
    ['objects', 'of module, token and key lets their operations end, then finalises'],
    ['iterators', 'of iterations left in the middle'],
  ];
  for (const [what, title] of cases) {
    it(title, () =>
      withFault(async (fault) => assertEnd(await runChild('collect', { given: { path: fault.path, what } satisfies Given }), 0, ['right'])),
    );
  }
});
