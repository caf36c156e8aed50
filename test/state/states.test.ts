import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import * as library from '../../lib';
import { FaultModule } from '../support/fault-module';
import { rows, STATES, WAITS, type State } from './rows';
import { calls, makeSubjects, type Subjects } from './subjects';

/** What came of a call, in a word: a value by its kind and size, an error by its code and the function that returned it. */
async function outcome(call: () => unknown): Promise<string> {
  try {
    return describeValue(await call());
  } catch (error) {
    const { code, call: by } = error as { code?: string; call?: string };
    if (code === undefined) throw error;
    return by === undefined || !code.startsWith('CKR_') ? code : `${code} ${by}`;
  }
}

function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${value.length}`;
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`;
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return String(value);
  return value.constructor === Object ? '{…}' : value.constructor.name;
}

/** Enters a state; the function it returns leaves it again, so that all can be closed. */
const ENTER: Readonly<Record<State, (subjects: Subjects, method: string) => Promise<unknown> | void>> = {
  normal: () => undefined,
  'logged out': ({ token }) => token.logout(),
  'sessions lost': ({ fault }) => fault.dropSessions(),
  'token removed': ({ fault }) => fault.remove(1),
  'token closed': ({ token }) => token.close(),
  'module closed': ({ module }) => module.close(),
  /** Every session is in use: one's own for the methods of Session, those of the pool for all others. */
  async busy({ fault, session, token }, method) {
    const [name, occupy, times] = method.startsWith('Session.')
      ? (['C_GetOperationState', () => session.operationState(), 1] as const)
      : (['C_GenerateRandom', () => token.random(4), POOLED] as const);
    fault.hang(name);
    for (let time = 0; time < times; time++) occupy().catch(() => undefined);
    await fault.inside(name, times);
  },
};

/** Sessions of the pool in the state `busy`, the anchor among them; and one of one's own. */
const POOLED = 2;

async function busyOutcome(fault: FaultModule, call: () => unknown, waits: boolean): Promise<string> {
  let settled = false;
  const result = outcome(call).finally(() => (settled = true));
  result.catch(() => undefined);
  // What comes at once is awaited while all is busy: if it does not come, the test runs out of time.
  if (!waits) return result;
  await new Promise((later) => setTimeout(later, 20));
  const before = settled;
  fault.release('C_GenerateRandom');
  fault.release('C_GetOperationState');
  return (before ? '' : WAITS) + (await result);
}

/** The methods of all classes that the package exports, as `Class.method` of the class that declares it. */
function publicMethods(): Set<string> {
  const methods = new Set<string>();
  for (const exported of Object.values(library)) {
    if (typeof exported !== 'function' || exported.prototype === undefined || exported.prototype instanceof Error) continue;
    for (let at = exported.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
      for (const key of Reflect.ownKeys(at)) {
        // The constructor, and what util.inspect calls, are not for callers; `describe` is protected.
        if (key === 'constructor' || key === inspect.custom || key === 'describe') continue;
        if (typeof Object.getOwnPropertyDescriptor(at, key)!.value !== 'function') continue;
        methods.add(
          `${at.constructor.name}.${typeof key === 'symbol' ? `[${key === Symbol.asyncDispose ? 'Symbol.asyncDispose' : String(key)}]` : key}`,
        );
      }
    }
  }
  return methods;
}

/** Where the token is there, or comes back: more than it takes to find that out on any machine. */
const PATIENT = 10_000;

describe('the state table', () => {
  it('has a row and a call for every public method, and for nothing else', () => {
    const methods = [...publicMethods()].sort();
    assert.deepEqual(Object.keys(rows).sort(), methods);
    assert.deepEqual(Object.keys(calls).sort(), methods);
  });

  for (const state of STATES) {
    describe(state, () => {
      let fault: FaultModule;

      before(() => {
        fault = new FaultModule();
      });
      afterEach(() => fault.reset());
      after(() => fault.close());

      for (const [method, call] of Object.entries(calls)) {
        const expected = rows[method]?.[state] ?? 'no row';
        it(`${method}: ${expected}`, async () => {
          if (state === 'busy') fault.set('sessionLimit', POOLED + 1);
          const subjects = await (state === 'token removed' ? makeSubjects(fault) : makeSubjects(fault, PATIENT));
          try {
            await ENTER[state](subjects, method);
            const run = (): unknown => call(subjects);
            const got = await (state === 'busy' ? busyOutcome(fault, run, expected.startsWith(WAITS)) : outcome(run));
            assert.equal(got, expected);
          } finally {
            fault.reset();
            await subjects.module.close();
          }
          assert.equal(fault.get('sessions'), 0);
          assert.equal(fault.get('overlaps'), 0);
        });
      }
    });
  }
});

describe('what was known stays known', () => {
  it('no property throws, whatever the state', async () => {
    const fault = new FaultModule();
    const subjects = await makeSubjects(fault);
    const { module, slot, token, session, rsa, ec, aes, certificate, data } = subjects;
    await module.close();
    for (const object of [module, slot, token, session, rsa.privateKey, rsa.publicKey, ec.privateKey, aes, certificate, data]) {
      for (let at: object = object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
        for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
          if (get !== undefined) assert.doesNotThrow(() => get.call(object) as unknown, `${object.constructor.name}.${name}`);
        }
      }
      assert.doesNotMatch(inspect(object), /1234/);
    }
    fault.close();
  });
});
