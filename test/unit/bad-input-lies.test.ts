import assert from 'node:assert/strict';
import { CALL } from '../../lib/generated/calls';
import { isDesigned } from '../state/junk';
import { calls, makeSubjects, type Subjects } from '../state/subjects';
import { FaultModule, LIE, type FunctionName } from '../support/fault-module';

const FUNCTIONS = Object.keys(CALL).filter((name) => name.startsWith('C_')) as FunctionName[];
/** They are ended by the case itself, and take the rest with them. */
const ENDS = /close|asyncDispose|initialize|initToken|slotEvents/;
const ALL_ONES = 0xffffffffffffffffn;
const VALUES: readonly bigint[] = [0n, 1n, 1n << 20n, 1n << 32n, 1n << 62n, ALL_ONES];

/** Which lies depend on a value; LIE_ENDLESS has a test of its own. */
const LIES: readonly (readonly [name: string, values: readonly bigint[]])[] = [
  ['LENGTH', VALUES],
  ['TOO_SMALL', VALUES],
  ['TOO_SMALL_KEPT', [0n]],
  ['TOO_SMALL_GROWS', [0n]],
  ['QUERY', VALUES],
  ['QUIET_ONCE', [0n]],
  ['POINTER', [0n]],
  ['TYPE', [0n]],
  ['GARBAGE', [0n]],
  ['HANDLE', [0n, ALL_ONES]],
];

describe('a library that lies', () => {
  let fault: FaultModule;
  before(() => {
    fault = new FaultModule();
  });
  after(() => fault.close());

  const counts = (): number[] => FUNCTIONS.map((name) => fault.calls(name));

  /** The functions that a call makes. */
  async function functionsOf(call: (subjects: Subjects) => unknown, subjects: Subjects): Promise<FunctionName[]> {
    const before = counts();
    await Promise.resolve(call(subjects)).catch(() => undefined);
    const after = counts();
    return FUNCTIONS.filter((_name, index) => after[index]! > before[index]!);
  }

  for (const [method, call] of Object.entries(calls)) {
    if (ENDS.test(method)) continue;
    it(`${method}: is answered with an error, or not believed; nothing is lost`, async () => {
      let subjects = await makeSubjects(fault);
      try {
        for (const name of await functionsOf(call, subjects)) {
          for (const [lie, values] of LIES) {
            for (const lieValue of values) {
              // One found again and again: a search without end, which has a test of its own.
              if (name === 'C_FindObjects' && lie === 'LENGTH' && lieValue === 1n) continue;
              fault.tell(name, { lie: LIE[lie]!, lieValue });
              let error: unknown;
              await (async () => call(subjects))().catch((thrown: unknown) => (error = thrown));
              fault.tell(name, { lie: 0, lieValue: 0 });
              const what = `${name}, LIE_${lie} ${lieValue}`;
              if (error !== undefined) assert.ok(isDesigned(error), `${what}: ${String((error as Error).stack)}`);
              assert.equal((await (await subjects.slot.token()).random(8)).length, 8, what);
            }
          }
        }
      } finally {
        fault.reset();
        await subjects.module.close();
      }
      // Told the truth, everything is as before.
      subjects = await makeSubjects(fault);
      await subjects.module.close();
      assert.equal(fault.get('overlaps'), 0);
    });
  }

  it('a search without end comes to one', async () => {
    const subjects = await makeSubjects(fault);
    fault.tell('C_FindObjects', { lie: LIE['ENDLESS']! });
    await assert.rejects(subjects.token.dataObject({ label: 'data' }), isDesigned);
    fault.reset();
    assert.equal((await subjects.token.dataObject({ label: 'data' })).label, 'data');
    await subjects.module.close();
  });
});
