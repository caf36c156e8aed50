import assert from 'node:assert/strict';
import { setTimeout as later } from 'node:timers/promises';
import { Module, type PrivateKey, type Token } from '../../lib';
import { FaultModule, type FunctionName } from '../support/fault-module';
import { randomFrom, type Random } from '../fault/scenario';

const PIN = '1234';
const data = Buffer.from('a document');
const ROUNDS = 6;
/** Milliseconds of trouble in each round. */
const TROUBLE = 700;
/** Whoever needs longer than this waits for ever. */
const LONG = 15_000;

/** Each of them stays inside a call now and then, for ever. */
const HANGING: readonly FunctionName[] = [
  'C_Sign',
  'C_SignInit',
  'C_FindObjects',
  'C_GetAttributeValue',
  'C_GetSessionInfo',
  'C_CloseSession',
  'C_GenerateRandom',
  'C_CreateObject',
  'C_OpenSession',
  'C_Login',
  'C_GetTokenInfo',
  'C_GetSlotList',
];

interface Scene {
  readonly fault: FaultModule;
  readonly token: Token;
  readonly key: PrivateKey;
  readonly random: Random;
}

/** One more piece of trouble, or of work with limits of its own. */
function act({ fault, token, key, random }: Scene): readonly Promise<unknown>[] {
  const limits = { timeLimit: 20 + random(200), ...(random(3) === 0 && { signal: AbortSignal.timeout(10 + random(100)) }) };
  const inputs = Array.from({ length: random(100) }, () => data);
  const read = async (source: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of source) if (random(50) === 0) break;
  };
  switch (random(11)) {
    case 0:
      fault.tell(HANGING[random(HANGING.length)]!, { stay: 1 });
      return [];
    case 1:
      fault.dropSessions();
      return [];
    case 2:
      fault.dropLogins();
      return [];
    case 3:
      fault.renumber();
      return [];
    case 4:
      return [key.signMany('sha256', inputs, { ...limits, onError: 'return', callTimeLimit: 100 })];
    case 5:
      return [read(key.signStream('sha256', inputs, limits))];
    case 6:
      return [read(token.objects({}, limits))];
    case 7:
      return [token.random(4, limits)];
    case 8:
      return [token.createData({ value: data }, limits)];
    default:
      return Array.from({ length: 8 }, () => key.sign('sha256', data, limits));
  }
}

describe('random calls while functions of the library never return', function () {
  this.timeout(2 * LONG);

  for (let round = 0; round < ROUNDS; round++) {
    it(`round ${round}: every promise is settled within its time, and the module is closed`, async () => {
      const random = randomFrom(round);
      const fault = new FaultModule();
      fault.set('keepTokens', 1);
      fault.set('sessionLimit', [0, 1, 2, 5][round % 4]!);
      const module = await Module.load(fault.path, { recovery: { timeLimit: 1_000, coolDown: 20 } });
      const token = await module.token({ slotId: 1 });
      await token.login(PIN);
      const { privateKey: key } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true });
      const work: Promise<unknown>[] = [];
      const end = performance.now() + TROUBLE;
      while (performance.now() < end) {
        for (const one of act({ fault, token, key, random })) work.push(one.catch(() => undefined));
        await later(random(6));
      }
      const all = Promise.all([...work, module.close()]).then(() => 'all over');
      assert.equal(await Promise.race([all, later(LONG, 'somebody waits for ever', { ref: false })]), 'all over');
      for (const finding of ['overlaps', 'closedWhileRunning', 'finalizedWhileRunning', 'badArguments', 'failedLogins']) {
        assert.equal(fault.get(finding), 0, finding);
      }
      for (const name of HANGING) fault.free(name);
      fault.close();
    });
  }
});
