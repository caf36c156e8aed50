import assert from 'node:assert/strict';
import { CKR } from '../../lib/constants';
import { isDesigned, isUsageError, junk, neverRight } from '../state/junk';
import { record } from '../state/record';
import { calls, makeSubjects } from '../state/subjects';
import { FaultModule, FOREVER } from '../support/fault-module';

/** Methods without arguments, and those that end what the others need. */
const WITHOUT = /asyncDispose|Symbol.iterator|toString/;

const never = new Set(neverRight.map(([title]) => title));

/** The arguments with junk in the place of each, and of each field of those that are objects of fields. */
function* spoilt(args: readonly unknown[], arity: number): Generator<{ title: string; strict: boolean; args: unknown[] }> {
  for (let place = 0; place < arity; place++) {
    for (const [title, make] of junk) {
      yield { title: `argument ${place}: ${title}`, strict: never.has(title), args: Object.assign([...args], { [place]: make() }) };
    }
    const whole = args[place];
    if (typeof whole !== 'object' || whole === null || whole.constructor !== Object) continue;
    for (const field of Object.keys(whole)) {
      for (const [title, make] of junk) {
        yield {
          title: `argument ${place}, ${field}: ${title}`,
          strict: never.has(title),
          args: Object.assign([...args], { [place]: { ...whole, [field]: make() } }),
        };
      }
    }
  }
}

async function run(target: object, method: string, args: unknown[]): Promise<unknown> {
  const result: unknown = Reflect.apply(Reflect.get(target, method) as () => unknown, target, args);
  if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) return (result as AsyncGenerator).next();
  return result;
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('wrong arguments', () => {
  let fault: FaultModule;
  before(() => {
    fault = new FaultModule();
  });
  after(() => fault.close());

  for (const [name, call] of Object.entries(calls)) {
    if (WITHOUT.test(name)) continue;
    it(`${name}: each is an error that says so, or does no harm`, async () => {
      const subjects = await makeSubjects(fault);
      const before = timers();
      try {
        const recorded = await record(call, name.split('.')[1]!, subjects);
        assert.ok(recorded !== undefined);
        // No event comes: an iteration that starts shall end.
        fault.fail('C_WaitForSlotEvent', CKR.GENERAL_ERROR, { times: FOREVER });
        for (const { title, strict, args } of spoilt(recorded.args, recorded.arity)) {
          let error: unknown;
          await run(recorded.target, recorded.method, args).catch((thrown: unknown) => (error = thrown ?? new Error('threw nothing')));
          if (error !== undefined) assert.ok(isDesigned(error), `${title}: ${String((error as Error).stack)}`);
          if (strict) assert.ok(isUsageError(error), `${title}: ${String(error)}`);
        }
        assert.equal(fault.get('overlaps'), 0);
      } finally {
        fault.reset();
        await subjects.module.close();
      }
      assert.equal(fault.get('sessions'), 0);
      assert.ok(timers() <= before, 'a timer was left behind');
    });
  }
});
