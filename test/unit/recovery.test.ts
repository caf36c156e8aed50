import assert from 'node:assert/strict';
import {
  CKF,
  CKO,
  CKR,
  CKU,
  CryptokiError,
  Module,
  Pkcs11Error,
  type PinRequest,
  type PrivateKey,
  type PublicKey,
  type RecoveryOptions,
  type Token,
} from '../../lib';
import { Raw } from '../../lib/raw';
import { FaultModule, FOREVER } from '../support/fault-module';

const PIN = '1234';
const SO_PIN = '12345678';
const data = Buffer.from('a document');
/** Slots: one with a token, an empty one, one with a PIN pad. */
const [HERE, ELSEWHERE, PAD] = [1, 4, 6];

const UNAVAILABLE = { code: 'ERR_CRYPTOKI_UNAVAILABLE' };
const NOT_LOGGED_IN = { code: 'CKR_USER_NOT_LOGGED_IN' };
const STALE = { code: 'ERR_CRYPTOKI_STALE' };

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('Recovery', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let privateKey: PrivateKey;
  let publicKey: PublicKey;

  async function start(recovery?: RecoveryOptions | false): Promise<void> {
    module = await Module.load(fault.path, { recovery });
    token = await module.token({ slotId: HERE });
    await token.login(PIN);
    ({ privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true }));
    await signs();
  }

  async function signs(): Promise<void> {
    const signature = await privateKey.sign('sha256', data);
    assert.equal(await publicKey.verify('sha256', data, signature), true);
  }

  /** Does something to the token behind our back. */
  async function behindOurBack(work: (raw: Raw, session: bigint) => Promise<unknown>): Promise<void> {
    const raw = await Raw.load(fault.path);
    try {
      await raw.C_Initialize();
      await work(raw, await raw.C_OpenSession(HERE, CKF.SERIAL_SESSION | CKF.RW_SESSION));
    } finally {
      await raw.close();
    }
  }

  beforeEach(() => {
    fault = new FaultModule();
    fault.set('keepTokens', 1);
  });

  afterEach(async () => {
    fault.reset();
    await module.close();
    assert.equal(fault.get('overlaps'), 0);
    assert.equal(fault.get('closedWhileRunning'), 0);
    assert.equal(fault.get('badArguments'), 0);
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  describe('of what was lost', () => {
    it('all sessions, while 64 sign: one recovery, for which all wait', async () => {
      await start();
      fault.tell('C_Sign', { sleep: 2000 });
      const signing = Array.from({ length: 64 }, () => privateKey.sign('sha256', data));
      await fault.inside('C_Sign', 2);
      fault.dropSessions();
      for (const signature of await Promise.all(signing)) assert.equal(await publicKey.verify('sha256', data, signature), true);
      assert.equal(fault.calls('C_Login'), 2);
      assert.equal(fault.get('failedLogins'), 0);
    });

    it('the token, which comes back into the same slot', async () => {
      await start();
      fault.remove(HERE);
      const signing = signs();
      await later(60);
      fault.insert(HERE);
      await signing;
      assert.equal(token.loggedIn, true);
    });

    it('the token, which comes back into another slot', async () => {
      await start();
      assert.equal(token.slot.id, HERE);
      fault.remove(HERE);
      const signing = signs();
      await later(60);
      fault.set('moved', ELSEWHERE);
      fault.insert(HERE);
      await signing;
      assert.equal(token.slot.id, ELSEWHERE);
      assert.equal(await module.token({ serialNumber: token.serialNumber }), token);
      assert.equal(await module.slot(ELSEWHERE).token(), token);
      await assert.rejects(module.slot(HERE).token(), { code: 'CKR_TOKEN_NOT_PRESENT' });
    });

    it('the slot, before anybody has noticed: the token is the same object', async () => {
      await start();
      fault.set('moved', ELSEWHERE);
      assert.equal(await module.slot(ELSEWHERE).token(), token);
      await signs();
      assert.equal(token.slot.id, ELSEWHERE);
    });

    it('the slot, in which another token is now: both are themselves', async () => {
      await start();
      const other = await module.token({ slotId: 2 });
      fault.set('moved', 2);
      const [here, there] = await Promise.all([module.slot(HERE).token(), module.slot(2).token()]);
      assert.equal(here, other);
      assert.equal(there, token);
      await signs();
      assert.equal((await other.random(4)).length, 4);
    });

    it('the login', async () => {
      await start();
      fault.dropLogins();
      await signs();
      assert.equal(fault.calls('C_Login'), 2);
    });

    it('the login, while a call in the anchor takes long: that is left to itself', async () => {
      await start();
      fault.hang('C_GenerateKey');
      const making = token.generateKey('aes', { length: 256 });
      await fault.inside('C_GenerateKey');
      fault.dropLogins();
      await signs();
      fault.release('C_GenerateKey');
      assert.equal((await making).type, 'aes');
      assert.equal(token.stats().recoveries, 1);
    });

    it('the login, noticed by a search', async () => {
      await start();
      fault.dropSessions();
      assert.equal((await token.privateKey({ label: 'signer' })).label, 'signer');
    });

    it('the login, noticed by a search that finds what is public', async () => {
      await start();
      for (const [label, isPrivate] of [
        ['open', false],
        ['hidden', true],
      ] as const) {
        await token.create({ class: CKO.DATA, label, token: true, private: isPrivate, value: data });
      }
      fault.dropLogins();
      const found = await token.objects({ class: CKO.DATA }).toArray();
      assert.deepEqual(found.map(({ label }) => label).toSorted(), ['hidden', 'open']);
      assert.equal(fault.calls('C_Login'), 2);
    });

    it('the login, in the middle of a search', async () => {
      await start();
      for (let number = 0; number < 400; number++) await token.create({ class: CKO.DATA, token: true, private: number % 2 === 0, value: data });
      const found = token.objects({ class: CKO.DATA });
      await found.next();
      fault.dropLogins();
      // All of them, or the word that their handles may have changed.
      const rest = await found.toArray().catch((error: unknown) => error);
      if (Array.isArray(rest)) assert.equal(rest.length, 399);
      else assert.ok(CryptokiError.is(rest, 'ERR_CRYPTOKI_STALE'), String(rest));
    });

    it('handles: the objects have others now', async () => {
      await start();
      const before = privateKey.handle;
      fault.renumber();
      await Promise.all(Array.from({ length: 16 }, signs));
      assert.notEqual(privateKey.handle, before);
      assert.equal((await publicKey.get(['label'])).label, 'signer');
      await privateKey.set({ label: 'renamed' });
      fault.renumber();
      await signs();
      await privateKey.destroy();
      await assert.rejects(privateKey.sign('sha256', data), STALE);
    });

    it('handles of session objects, as far as they can be told apart', async () => {
      await start();
      const key = await token.generateKey('aes', { length: 256, label: 'passing' });
      fault.renumber();
      assert.equal((await key.get(['label'])).label, 'passing');
    });

    it('the library: it is initialised anew, and its sessions and handles are others', async () => {
      await start();
      fault.dropLibrary();
      await Promise.all(Array.from({ length: 16 }, signs));
      assert.equal(fault.get('initialized'), 1);
      assert.equal(fault.calls('C_Initialize'), 2);
    });

    it('the library, of which two tokens are in use: none takes the sessions of the other', async () => {
      await start();
      const other = await module.token({ slotId: 2 });
      fault.tell('C_GenerateRandom', { sleep: 500 });
      await Promise.all(Array.from({ length: 8 }, () => other.random(4)));
      // From now on the library gives the numbers again that it gave before.
      fault.set('handleBase', 2n ** 64n - BigInt(fault.get('mostSessions')));
      fault.dropLibrary();
      await Promise.all([...Array.from({ length: 8 }, signs), ...Array.from({ length: 8 }, () => other.random(4))]);
      await signs();
      assert.deepEqual([token.stats().recoveries, other.stats().recoveries], [1, 1]);
      // Sessions are opened and closed beside the calls that they are for.
      const counted = (): number => token.stats().sessions.open + other.stats().sessions.open;
      while (counted() !== fault.get('sessions')) await later(5);
      assert.equal(counted(), fault.get('sessions'));
    });

    for (const [what, lose] of [
      ['sessions', () => fault.dropSessions()],
      ['logins', () => fault.dropLogins()],
      ['handles', () => fault.renumber()],
      ['the library', () => fault.dropLibrary()],
    ] as const) {
      it(`${what}, hundreds of times: no PIN is wasted`, async () => {
        await start();
        for (let round = 0; round < 200; round++) {
          lose();
          await privateKey.sign('sha256', data);
        }
        assert.equal(fault.get('failedLogins'), 0);
        assert.ok(fault.calls('C_Login') <= 201, `${fault.calls('C_Login')} logins`);
      });
    }
  });

  describe('of what cannot be repeated', () => {
    it('rejects, says that it would work now, and does', async () => {
      await start();
      fault.dropSessions();
      const make = (): Promise<unknown> => token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'second', token: true });
      await assert.rejects(make(), (error) => Pkcs11Error.is(error, 'CKR_SESSION_HANDLE_INVALID') && error.recovered === true);
      await make();
    });

    it('of an operation in parts', async () => {
      await start();
      async function* source(): AsyncGenerator<Uint8Array> {
        yield data;
        fault.dropSessions();
        yield data;
      }
      const key = await token.generateKey('generic', { length: 256, label: 'mac', token: true });
      await assert.rejects(key.sign('sha256', source()), (error) => Pkcs11Error.is(error) && error.recovered === true);
      await signs();
    });

    it('session objects are gone with the sessions', async () => {
      await start();
      const key = await token.generateKey('aes', { length: 256 });
      fault.dropSessions();
      await signs();
      await assert.rejects(key.get(['label']), { ...STALE, message: /not kept on the token/ });
    });

    it('an error of the call itself is the call’s own', async () => {
      await start();
      fault.fail('C_Sign', CKR.FUNCTION_FAILED);
      await assert.rejects(privateKey.sign('sha256', data), (error) => Pkcs11Error.is(error, 'CKR_FUNCTION_FAILED') && error.recovered === undefined);
      fault.fail('C_Sign', CKR.DEVICE_ERROR, { times: 2 });
      await assert.rejects(privateKey.sign('sha256', data), { code: 'CKR_DEVICE_ERROR' });
      fault.fail('C_Sign', CKR.DEVICE_ERROR);
      await signs();
      assert.equal(fault.calls('C_Login'), 1);
    });
  });

  describe('of the login', () => {
    async function changePin(): Promise<void> {
      await behindOurBack((raw, session) => raw.C_SetPIN(session, PIN, '4321'));
    }

    it('a PIN that was changed meanwhile is tried once', async () => {
      await start();
      await changePin();
      fault.dropLogins();
      for (let round = 0; round < 100; round++) {
        await assert.rejects(privateKey.sign('sha256', data), NOT_LOGGED_IN);
        if (round % 10 === 0) fault.dropSessions();
      }
      assert.equal(fault.get('failedLogins'), 1);
      assert.equal(fault.calls('C_Login'), 2);
      assert.equal(token.loggedIn, false);
      assert.equal((await token.random(4)).length, 4, 'what needs no login works');
    });

    it('says why, without the PIN, and goes on when a person has logged in', async () => {
      await start();
      await changePin();
      fault.dropLogins();
      await assert.rejects(privateKey.sign('sha256', data), (error) => {
        assert.ok(Pkcs11Error.is(error, 'CKR_USER_NOT_LOGGED_IN') && Pkcs11Error.is(error.cause, 'CKR_PIN_INCORRECT'));
        assert.match(error.message, /the PIN was refused; log in again/);
        assert.doesNotMatch(String(error.stack), new RegExp(PIN));
        return true;
      });
      await token.login('4321');
      await signs();
      fault.dropLogins();
      await signs();
      assert.equal(fault.get('failedLogins'), 1);
    });

    it('no try at all where somebody has given a wrong PIN meanwhile', async () => {
      await start();
      fault.dropLogins();
      await behindOurBack((raw, session) => assert.rejects(raw.C_Login(session, CKU.USER, '9999'), { code: 'CKR_PIN_INCORRECT' }));
      const before = fault.calls('C_Login');
      await assert.rejects(privateKey.sign('sha256', data), { ...NOT_LOGGED_IN, message: /no further try is made/ });
      assert.equal(fault.calls('C_Login'), before);
    });

    it('a failure that may have cost a try is not repeated at once', async () => {
      await start({ timeLimit: 1000 });
      fault.fail('C_Login', CKR.DEVICE_ERROR, { times: FOREVER });
      fault.dropLogins();
      await assert.rejects(privateKey.sign('sha256', data), UNAVAILABLE);
      assert.equal(fault.calls('C_Login'), 2);
    });

    it('a function is asked once per recovery, and told what for', async () => {
      await start();
      await token.logout();
      const requests: PinRequest[] = [];
      await token.login((request) => (requests.push(request), PIN));
      privateKey = await token.privateKey({ label: 'signer' });
      fault.dropSessions();
      fault.fail('C_Login', CKR.SESSION_HANDLE_INVALID);
      await Promise.all(Array.from({ length: 8 }, signs));
      assert.deepEqual(
        requests.map(({ purpose }) => purpose),
        ['login', 'recovery'],
      );
    });

    it('a function that cannot give it', async () => {
      await start({ coolDown: 60_000 });
      await token.logout();
      const reason = new Error('no vault');
      let asked = 0;
      await token.login(({ purpose }) => {
        if (purpose === 'login') return PIN;
        asked++;
        throw reason;
      });
      privateKey = await token.privateKey({ label: 'signer' });
      fault.dropLogins();
      await assert.rejects(privateKey.sign('sha256', data), (error) => (error as Error).cause === reason);
      assert.equal(asked, 1);
    });

    it('on a PIN pad is for a person', async () => {
      await start();
      const padded = await module.token({ slotId: PAD });
      await padded.login(null);
      const { privateKey: key } = await padded.generateKeyPair('ec', { namedCurve: 'P-256', label: 'padded', token: true });
      const logins = fault.calls('C_Login');
      fault.dropLogins();
      await assert.rejects(key.sign('sha256', data), { ...NOT_LOGGED_IN, message: /typed on the reader/ });
      assert.equal(fault.calls('C_Login'), logins);
      await padded.login(null);
      assert.ok(await key.sign('sha256', data));
    });

    it('of the security officer is for a person', async () => {
      await start();
      await token.logout();
      await token.login(SO_PIN, { user: 'so' });
      fault.dropSessions();
      const logins = fault.calls('C_Login');
      await assert.rejects(token.initPin('5678'));
      assert.equal(token.user, undefined);
      assert.equal(fault.calls('C_Login'), logins);
    });

    it('that was ended by logout is not restored', async () => {
      await start();
      await token.logout();
      fault.dropSessions();
      assert.equal((await token.random(4)).length, 4);
      assert.equal(token.loggedIn, false);
      assert.equal(fault.calls('C_Login'), 1);
    });
  });

  describe('that does not succeed', () => {
    it('rejects everybody, then at once, and asks the library no more', async () => {
      await start({ timeLimit: 100, coolDown: 60_000 });
      fault.remove(HERE);
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => privateKey.sign('sha256', data)));
      for (const outcome of outcomes)
        assert.ok(outcome.status === 'rejected' && (outcome.reason as { code: string }).code === 'ERR_CRYPTOKI_UNAVAILABLE');
      const looks = fault.calls('C_GetSlotList');
      await assert.rejects(token.random(4), { ...UNAVAILABLE, message: /"fault 0" was lost .* since 20.*tried again in \d+ ms/ });
      await assert.rejects(privateKey.sign('sha256', data), UNAVAILABLE);
      assert.equal(fault.calls('C_GetSlotList'), looks);
    });

    it('is tried again after a while', async () => {
      await start({ timeLimit: 400, coolDown: 10 });
      fault.remove(HERE);
      await assert.rejects(privateKey.sign('sha256', data), UNAVAILABLE);
      fault.insert(HERE);
      await later(20);
      await Promise.all(Array.from({ length: 8 }, signs));
      assert.equal(fault.calls('C_Login'), 2);
    });

    it('one tries again, the others wait for him', async () => {
      await start({ timeLimit: 400, coolDown: 10 });
      fault.remove(HERE);
      await assert.rejects(privateKey.sign('sha256', data), UNAVAILABLE);
      await later(20);
      const looks = fault.calls('C_GetSlotList');
      await Promise.allSettled(Array.from({ length: 8 }, () => privateKey.sign('sha256', data)));
      // Those with a token, and whether the slot itself is there: each is asked for its length first.
      assert.equal(fault.calls('C_GetSlotList') - looks, 4, 'one look');
    });

    it('those who wait may lose patience', async () => {
      await start();
      fault.remove(HERE);
      const reason = new Error('enough');
      const controller = new AbortController();
      const waiting = [
        assert.rejects(privateKey.sign('sha256', data, { timeLimit: 50 }), { code: 'ERR_CRYPTOKI_TIMEOUT' }),
        assert.rejects(token.random(4, { signal: controller.signal }), reason),
      ];
      await later(20);
      controller.abort(reason);
      await Promise.all(waiting);
    });

    it('closing ends the waiting', async () => {
      await start();
      fault.remove(HERE);
      const signing = privateKey.sign('sha256', data);
      const told = assert.rejects(signing, { code: 'ERR_CRYPTOKI_CLOSED' });
      await later(20);
      await module.close();
      await told;
    });
  });

  describe('of an object', () => {
    it('is not another one with the same CKA_ID', async () => {
      await start();
      const { id } = publicKey;
      await behindOurBack(async (raw, session) => {
        await raw.C_DestroyObject(session, publicKey.handle);
      });
      const second = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true, publicKey: { id } });
      assert.deepEqual(second.publicKey.id, id);
      await assert.rejects(publicKey.get(['label']), { ...STALE, message: /not on the token any more/ });
    });

    it('that cannot be told from another is none', async () => {
      await start();
      const first = await token.generateKey('aes', { length: 256, label: 'twin', token: true, attributes: { id: Buffer.from('twin') } });
      await token.generateKey('aes', { length: 256, label: 'twin', token: true, attributes: { id: Buffer.from('twin') } });
      fault.renumber();
      await assert.rejects(first.get(['label']), { ...STALE, message: /cannot be told from 1 others/ });
    });

    it('without CKA_ID is found by its label, and by what it holds', async () => {
      await start();
      const note = await token.createData({ label: 'note', value: data });
      await token.createData({ label: 'other', value: data });
      fault.renumber();
      assert.deepEqual(await note.value(), Uint8Array.from(data));
    });
  });

  describe('that is not wanted', () => {
    it('leaves everything to the caller', async () => {
      await start(false);
      fault.dropLogins();
      await assert.rejects(privateKey.sign('sha256', data), { code: 'CKR_KEY_HANDLE_INVALID' });
      await token.login(PIN);
      fault.remove(HERE);
      await assert.rejects(privateKey.sign('sha256', data), { code: 'CKR_DEVICE_REMOVED' });
    });
  });

  it('refuses options that are none', async () => {
    await start();
    for (const recovery of [true, 7, { timeLimit: 0 }, { timeLimit: 'x' }, { coolDown: -1 }, { timeLimit: 2 ** 31 }]) {
      await assert.rejects(Module.load(fault.path, { recovery: recovery as RecoveryOptions }), /options\.recovery/);
    }
  });
});
