import assert from 'node:assert/strict';
import { CKR, TokenGroup, type SecretKeyGroup } from '../../lib';
import { closePlaces, openPlace, SLOT, type Place } from './places';
import type { FaultModule } from '../support/fault-module';

const INPUTS = 3000;
const IN_FLIGHT = 64;

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What happens to one token after the other while all of them sign. */
const TROUBLES: readonly ((fault: FaultModule) => unknown)[] = [
  (fault) => fault.dropSessions(),
  (fault) => fault.dropLogins(),
  (fault) => fault.renumber(),
  (fault) => fault.fail('C_SignInit', CKR.DEVICE_ERROR, { times: 5 }),
  async (fault) => {
    fault.remove(SLOT);
    await later(100);
    fault.insert(SLOT);
  },
  async (fault) => {
    fault.hang('C_Sign');
    await later(400);
    fault.release('C_Sign');
  },
];

describe('TokenGroup: one token after the other in trouble', () => {
  let places: Place[] = [];
  let key: SecretKeyGroup;
  let right: readonly Uint8Array[];
  const inputs = Array.from({ length: INPUTS }, (_, number) => Buffer.from(`input ${number}`));

  before(async () => {
    for (let number = 0; number < 3; number++) {
      const opened = await openPlace({ threads: 6, recovery: { coolDown: 50 } });
      await opened.token.importKey(Buffer.alloc(32, 9), { type: 'generic', id: Buffer.from('key'), token: true });
      places.push(opened);
    }
    const tokens = places.map(({ token }) => token);
    key = await new TokenGroup(tokens, { coolDown: 30, memberTimeLimit: 300 }).secretKey({ id: Buffer.from('key') });
    right = await key.keys[0]!.signMany('sha256', inputs);
  });

  after(async () => {
    await closePlaces(places);
    places = [];
  });

  /** All of it again and again, until every kind of trouble has been in every token. */
  async function throughAll(signAll: () => Promise<readonly Uint8Array[]>): Promise<void> {
    let over = false;
    const trouble = async (): Promise<void> => {
      for (const [number, cause] of TROUBLES.entries()) {
        await cause(places[number % places.length]!.fault);
        await later(50);
      }
      over = true;
    };
    const troubles = trouble();
    do {
      const signatures = await signAll();
      assert.equal(signatures.length, INPUTS);
      signatures.forEach((signature, number) => assert.deepEqual(signature, right[number], `signature ${number}`));
    } while (!over);
    await troubles;
  }

  it('key.sign: every signature is there and right', () =>
    throughAll(async () => {
      const signatures: Uint8Array[] = [];
      let next = 0;
      const caller = async (): Promise<void> => {
        for (let number = next++; number < INPUTS; number = next++) signatures[number] = await key.sign('sha256', inputs[number]!);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
      return signatures;
    }));

  it('signMany: every signature is there and right', () => throughAll(() => key.signMany('sha256', inputs)));

  it('signStream: every signature is there and right', () =>
    throughAll(async () => {
      const signatures: Uint8Array[] = [];
      for await (const signature of key.signStream('sha256', inputs)) signatures.push(signature);
      return signatures;
    }));
});
