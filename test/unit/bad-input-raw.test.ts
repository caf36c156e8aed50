import assert from 'node:assert/strict';
import { CKF, CKM, CKO, CKR, Raw } from '../../lib/raw';
import { RawMethods } from '../../lib/generated/raw-methods';
import { isDesigned, isUsageError, junk, neverRight } from '../state/junk';
import { FaultModule, FOREVER } from '../support/fault-module';

const never = new Set(neverRight.map(([title]) => title));

/** What would be right for a parameter of this name, so that the others are reached. */
function rightValues(session: bigint, key: bigint): Record<string, unknown> {
  const bytes = Buffer.from('some bytes');
  const template = { class: CKO.DATA, label: 'made', value: bytes };
  const mechanism = { mechanism: CKM.AES_CBC, parameter: new Uint8Array(16) };
  return {
    session,
    key,
    template,
    mechanism,
    slot: 1,
    flags: CKF.SERIAL_SESSION,
    length: 8,
    atMost: 10,
    capacity: 64,
    tokenPresent: true,
    label: 'label',
    pin: '1234',
    names: ['label'],
    id: 1,
  };
}

const BYTES = /data|part|signature|seed|state|wrapped|ciphertext|plaintext|associated|digest/i;
const HANDLE = /key|object/i;

function rightValue(name: string, values: Record<string, unknown>): unknown {
  if (name in values) return values[name];
  if (/parameter$/i.test(name)) return new Uint8Array(16);
  if (/template$/i.test(name)) return values['template'];
  if (/pin$/i.test(name)) return values['pin'];
  if (BYTES.test(name)) return Buffer.from('some bytes');
  if (HANDLE.test(name)) return values['key'];
  return /name$/i.test(name) ? 'C_Sign' : 1;
}

describe('wrong arguments of Raw', () => {
  let fault: FaultModule;
  let raw: Raw;

  before(async () => {
    fault = new FaultModule();
    raw = await Raw.load(fault.path);
  });
  after(async () => {
    await raw.close();
    fault.close();
  });

  const names = Object.getOwnPropertyNames(RawMethods.prototype).filter((name) => name.startsWith('C_'));
  for (const name of names) {
    it(`${name}: each is an error that says so, or does no harm`, async () => {
      const method = (raw as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]!;
      const parameters = (/\(([^)]*)\)/.exec(String(method))?.[1] ?? '').split(',').map((text) => text.split('=')[0]!.trim());
      for (let place = 0; place < parameters.length; place++) {
        await raw.C_Initialize().catch(() => undefined);
        const session = await raw.C_OpenSession(1, CKF.SERIAL_SESSION | CKF.RW_SESSION);
        await raw.C_Login(session, 1, '1234').catch(() => undefined);
        const { key } = await raw.C_GenerateKey(session, CKM.AES_KEY_GEN, { valueLen: 32 });
        // It would wait for an event that never comes.
        fault.fail('C_WaitForSlotEvent', CKR.GENERAL_ERROR, { times: FOREVER });
        const values = rightValues(session, key);
        for (const [title, make] of junk) {
          const args = parameters.map((parameter, index) => {
            if (index === place) return make();
            if (parameter === 'options') return undefined;
            return rightValue(parameter, values);
          });
          let error: unknown;
          await method.apply(raw, args).catch((thrown: unknown) => (error = thrown ?? new Error('threw nothing')));
          const what = `${parameters[place]}: ${title}`;
          if (error !== undefined) assert.ok(isDesigned(error), `${what}: ${String((error as Error).stack)}`);
          if (never.has(title)) assert.ok(isUsageError(error), `${what}: ${String(error)}`);
        }
        await raw.C_Finalize().catch(() => undefined);
      }
      assert.equal(fault.get('overlaps'), 0);
      fault.reset();
    });
  }

  it('of load', async () => {
    for (const [title, make] of junk) {
      const path = make();
      await assert.rejects(Raw.load(path as string), isDesigned, title);
      await Raw.load(fault.path, make() as object).then(
        (other) => assert.ok(!never.has(title), title) ?? other,
        (error: unknown) => assert.ok(isDesigned(error), `${title}: ${String(error)}`),
      );
    }
  });
});
