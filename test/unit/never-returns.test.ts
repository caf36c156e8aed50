// Whatever function it is that never returns: time limits hold, others go on, the module is closed.

import assert from 'node:assert/strict';
import { CKO, Module, type CryptokiObject, type DataObject, type PrivateKey, type PublicKey, type SecretKey, type Token } from '../../lib';
import { FaultModule, type FunctionName } from '../support/fault-module';
import { later } from '../support/recovery-stage';

const PIN = '1234';
const data = Buffer.from('a document');
const LIMIT = { timeLimit: 200 };
/** Whoever needs longer than this waits for ever. */
const LONG = 10_000;

const TIMEOUT = 'ERR_CRYPTOKI_TIMEOUT';

interface Scene {
  readonly fault: FaultModule;
  readonly module: Module;
  readonly token: Token;
  readonly privateKey: PrivateKey;
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
  readonly object: DataObject;
}

/** The code of its error, or 'done'. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const settled = promise.then(
    () => 'done',
    (error: { code?: string; name: string }) => error.code ?? error.name,
  );
  return Promise.race([settled, later(LONG).then(() => 'waits for ever')]);
}

/** A token with some objects, opened anew: nothing is known of it yet. */
async function sceneOf(fault: FaultModule): Promise<Scene> {
  fault.set('keepTokens', 1);
  const before = await Module.load(fault.path);
  const made = await before.token({ slotId: 1 });
  await made.login(PIN);
  await made.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true });
  await made.generateKey('aes', { length: 256, label: 'cipher', token: true });
  await made.createData({ label: 'note', value: data, token: true });
  await before.close();
  const module = await Module.load(fault.path, { recovery: { timeLimit: 3_000, coolDown: 100 } });
  const token = await module.token({ slotId: 1 });
  await token.login(PIN);
  const [privateKey, publicKey, secretKey] = await Promise.all([token.privateKey(), token.publicKey(), token.secretKey()]);
  const [object] = await token.dataObjects().toArray();
  return { fault, module, token, privateKey, publicKey, secretKey, object: object! };
}

/** Tells what happened beside `name` that never returns, while the scene was played and when it was closed. */
async function play(name: FunctionName, act: (scene: Scene, hang: () => void) => Promise<string[]>): Promise<string[]> {
  const fault = new FaultModule();
  try {
    const scene = await sceneOf(fault);
    const happened = await act(scene, () => fault.tell(name, { stay: 1 }));
    happened.push(`closed: ${await outcomeOf(scene.module.close())}`);
    assert.equal(fault.get('finalizedWhileRunning'), 0);
    return happened;
  } finally {
    fault.free(name);
    fault.close();
  }
}

type Use = (scene: Scene) => Promise<unknown>;

const aes = { name: 'aes-cbc', iv: Buffer.alloc(16) } as const;
const sign: Use = ({ privateKey }) => privateKey.sign('sha256', data, LIMIT);
const pieces = async function* () {
  yield data;
  yield data;
};

/** Of functions that run in a session of their own: another session does for everybody else. */
const inSessions: readonly [name: FunctionName, title: string, use: Use][] = [
  ['C_SignInit', 'sign', sign],
  ['C_Sign', 'sign', sign],
  ['C_Sign', 'signMany', ({ privateKey }) => privateKey.signMany('sha256', [data, data], LIMIT)],
  ['C_Sign', 'signer', async ({ privateKey }) => (await privateKey.signer('sha256')).sign(data, LIMIT)],
  ['C_SignUpdate', 'sign in parts', ({ privateKey }) => privateKey.sign('sha256', pieces(), LIMIT)],
  ['C_SignFinal', 'sign in parts', ({ privateKey }) => privateKey.sign('sha256', pieces(), LIMIT)],
  ['C_Verify', 'verify', ({ publicKey }) => publicKey.verify('sha256', data, Buffer.alloc(64), { dsaEncoding: 'ieee-p1363', ...LIMIT })],
  ['C_Encrypt', 'encrypt', ({ secretKey }) => secretKey.encrypt(aes, data, LIMIT)],
  ['C_Digest', 'digest', ({ token }) => token.digest('sha256', data, LIMIT)],
  ['C_FindObjectsInit', 'find', ({ token }) => token.privateKey({}, LIMIT)],
  ['C_FindObjects', 'find', ({ token }) => token.privateKey({}, LIMIT)],
  ['C_FindObjectsFinal', 'find', ({ token }) => token.privateKey({}, LIMIT)],
  ['C_GetAttributeValue', 'get', ({ object }) => object.get(['value'], LIMIT)],
  ['C_SetAttributeValue', 'set', ({ object }) => object.set({ label: 'another' }, LIMIT)],
  ['C_CreateObject', 'createData', ({ token }) => token.createData({ value: data }, LIMIT)],
  ['C_CopyObject', 'copy', ({ object }) => object.copy({}, LIMIT)],
  ['C_DestroyObject', 'destroy', ({ object }) => object.destroy(LIMIT)],
  ['C_GetObjectSize', 'size', ({ object }) => object.size(LIMIT)],
  ['C_GenerateKey', 'generateKey', ({ token }) => token.generateKey('aes', { length: 256, ...LIMIT })],
  ['C_GenerateKeyPair', 'generateKeyPair', ({ token }) => token.generateKeyPair('ec', { namedCurve: 'P-256', ...LIMIT })],
  ['C_GenerateRandom', 'random', ({ token }) => token.random(8, LIMIT)],
  ['C_SetPIN', 'setPin', ({ token }) => token.setPin(PIN, '0815', LIMIT)],
];

/** Of functions that name a slot, which are made one after the other. */
const ofSlot: readonly [name: FunctionName, title: string, use: Use][] = [
  ['C_GetMechanismList', 'sign', sign],
  ['C_GetMechanismInfo', 'sign', sign],
  ['C_GetMechanismList', 'signMany', ({ privateKey }) => privateKey.signMany('sha256', [data], LIMIT)],
  ['C_GetMechanismList', 'digest', ({ token }) => token.digest('sha256', data, LIMIT)],
  ['C_GetMechanismList', 'encrypt', ({ secretKey }) => secretKey.encrypt(aes, data, LIMIT)],
  ['C_GetMechanismList', 'generateKey', ({ token }) => token.generateKey('aes', { length: 256, ...LIMIT })],
  ['C_GetMechanismList', 'mechanisms', ({ token }) => token.mechanisms(LIMIT)],
  ['C_GetTokenInfo', 'info', ({ token }) => token.info(LIMIT)],
  ['C_OpenSession', 'session', ({ token }) => token.session(LIMIT)],
];

describe('A function that never returns', function () {
  this.timeout(3 * LONG);

  const each = (cases: readonly [name: FunctionName, title: string, ...unknown[]][]): string[] => cases.map(([name, title]) => `${name} in ${title}`);
  const all = <Case extends readonly [FunctionName, string, ...unknown[]]>(
    cases: readonly Case[],
    run: (one: Case) => Promise<string[]>,
  ): Promise<string[]> => Promise.all(cases.map(async (one) => `${one[0]} in ${one[1]}: ${(await run(one)).join(', ')}`));

  it('holds only who has called it: his time limit ends it, others have other sessions', async () => {
    const happened = await all(inSessions, ([name, , use]) =>
      play(name, async (scene, hang) => {
        await scene.privateKey.sign('sha256', data);
        hang();
        return [await outcomeOf(use(scene)), await outcomeOf(scene.privateKey.sign('sha256', data)), await outcomeOf(scene.token.privateKey())];
      }),
    );
    const expected = `${TIMEOUT}, done, done, closed: done`;
    // Whether the PIN has been changed nobody knows; the key signs on.
    assert.deepEqual(
      happened,
      each(inSessions).map((title) => `${title}: ${expected}`),
    );
  });

  it('and names a slot: time limits hold, and it is asked anew when it has come back', async () => {
    const happened = await all(ofSlot, ([name, , use]) =>
      play(name, async (scene, hang) => {
        hang();
        const first = await outcomeOf(use(scene));
        scene.fault.free(name);
        return [first, await outcomeOf(scene.privateKey.sign('sha256', data))];
      }),
    );
    assert.deepEqual(
      happened,
      each(ofSlot).map((title) => `${title}: ${TIMEOUT}, done, closed: done`),
    );
  });

  const inside: readonly [name: FunctionName, title: string][] = [
    ['C_OpenSession', 'the pool'],
    ['C_GetSessionInfo', 'the pool'],
    ['C_CloseSession', 'the pool'],
    ['C_GetMechanismList', 'the pool'],
  ];
  it('because of nobody in particular: the module is closed all the same', async () => {
    const happened = await all(inside, ([name]) =>
      play(name, async ({ privateKey }, hang) => {
        await privateKey.sign('sha256', data);
        hang();
        // More than there are sessions: further ones are opened.
        return Promise.all(Array.from({ length: 3 }, () => outcomeOf(privateKey.sign('sha256', data, { timeLimit: 1_000 }))));
      }),
    );
    assert.deepEqual(
      happened,
      each(inside).map((title) => `${title}: done, done, done, closed: done`),
    );
  });

  const recovering: readonly [name: FunctionName, title: string, after: string][] = [
    ['C_CloseSession', 'a recovery', 'done'],
    ['C_GetSessionInfo', 'a recovery', 'done'],
    ['C_FindObjectsInit', 'a recovery', 'done'],
    ['C_FindObjects', 'a recovery', 'done'],
    ['C_FindObjectsFinal', 'a recovery', 'done'],
    ['C_GetAttributeValue', 'a recovery', 'done'],
    ['C_SignInit', 'a recovery', 'done'],
    ['C_Sign', 'a recovery', 'done'],
    // What names a slot waits for it.
    ['C_OpenSession', 'a recovery', 'ERR_CRYPTOKI_UNAVAILABLE'],
    ['C_GetTokenInfo', 'a recovery', 'ERR_CRYPTOKI_UNAVAILABLE'],
    ['C_GetSlotList', 'a recovery', 'ERR_CRYPTOKI_UNAVAILABLE'],
    // Whether the PIN has been looked at nobody knows.
    ['C_Login', 'a recovery', 'ERR_CRYPTOKI_UNAVAILABLE'],
  ];
  it('in the middle of a recovery: time limits hold, and nobody waits for ever', async () => {
    const happened = await all(recovering, ([name, , after]) =>
      play(name, async ({ fault, privateKey }, hang) => {
        await privateKey.sign('sha256', data);
        hang();
        fault.dropLogins();
        fault.renumber();
        fault.dropSessions();
        const begun = performance.now();
        await Promise.all(Array.from({ length: 4 }, () => outcomeOf(privateKey.sign('sha256', data, LIMIT))));
        const limited = performance.now() - begun < LONG ? 'limited' : 'not limited';
        const then = await outcomeOf(privateKey.sign('sha256', data));
        assert.equal(fault.get('failedLogins'), 0);
        return [limited, then === after ? 'as expected' : then];
      }),
    );
    assert.deepEqual(
      happened,
      each(recovering).map((title) => `${title}: limited, as expected, closed: done`),
    );
  });

  it('in a session of one’s own: it is closed when the call comes back', async () => {
    const happened = await play('C_CreateObject', async ({ fault, token }, hang) => {
      const session = await token.session();
      hang();
      const made: Promise<CryptokiObject> = session.create({ class: CKO.DATA, value: data }, LIMIT);
      const outcome = await outcomeOf(made);
      const before = fault.get('sessions');
      const closed = await outcomeOf(session.close());
      assert.equal(fault.get('sessions'), before);
      fault.free('C_CreateObject');
      while (fault.get('sessions') === before) await later(1);
      return [outcome, closed];
    });
    assert.deepEqual(happened, [TIMEOUT, 'done', 'closed: done']);
  });

  it('and keeps sessions from being closed: a token is not made new, and the security officer does not log in, within their time', async () => {
    const happened = await play('C_Digest', async ({ fault, token }, hang) => {
      await token.logout();
      hang();
      const digest = outcomeOf(token.digest('sha256', data, { timeLimit: 1_000 }));
      await fault.inside('C_Digest');
      return [
        await outcomeOf(token.initialize({ label: 'new', soPin: '12345678', ...LIMIT })),
        await outcomeOf(token.login('12345678', { user: 'so', ...LIMIT })),
        await digest,
        await outcomeOf(token.login(PIN)),
      ];
    });
    assert.deepEqual(happened, [TIMEOUT, TIMEOUT, TIMEOUT, 'done', 'closed: done']);
  });
});
