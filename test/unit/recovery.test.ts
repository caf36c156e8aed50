import assert from 'node:assert/strict';
import { CKO, CKR, CryptokiError, Module, Pkcs11Error, type RecoveryOptions } from '../../lib';
import { data, ELSEWHERE, HERE, later, PIN, recoveryStage, STALE } from '../support/recovery-stage';

describe('Recovery', () => {
  const stage = recoveryStage();

  describe('of what was lost', () => {
    it('all sessions, while 64 sign: one recovery, for which all wait', async () => {
      await stage.start();
      stage.fault.tell('C_Sign', { sleep: 2000 });
      const signing = Array.from({ length: 64 }, () => stage.privateKey.sign('sha256', data));
      await stage.fault.inside('C_Sign', 2);
      stage.fault.dropSessions();
      for (const signature of await Promise.all(signing)) assert.equal(await stage.publicKey.verify('sha256', data, signature), true);
      assert.equal(stage.fault.calls('C_Login'), 2);
      assert.equal(stage.fault.get('failedLogins'), 0);
    });

    it('all sessions, while a call never returns: the others go on, without one session more than they need', async () => {
      await stage.start();
      const opened = stage.fault.calls('C_OpenSession');
      stage.fault.tell('C_Sign', { stay: 1 });
      const stays = stage.privateKey.sign('sha256', data);
      await stage.fault.inside('C_Sign');
      for (let round = 0; round < 3; round++) {
        stage.fault.dropLogins();
        stage.fault.dropSessions();
        await Promise.all([stage.signs(), stage.signs()]);
      }
      assert.ok(stage.fault.calls('C_OpenSession') - opened <= 24, `${stage.fault.calls('C_OpenSession') - opened} C_OpenSession`);
      assert.equal(stage.fault.get('failedLogins'), 0);
      // Nobody is counted who is no more: the token can be made new.
      stage.fault.free('C_Sign');
      await stays;
      await stage.token.initialize({ label: 'new', soPin: '12345678', timeLimit: 5_000 });
    });

    it('the token, which comes back into the same slot', async () => {
      await stage.start();
      stage.fault.remove(HERE);
      const signing = stage.signs();
      await later(60);
      stage.fault.insert(HERE);
      await signing;
      assert.equal(stage.token.loggedIn, true);
    });

    it('the token, which comes back into another slot', async () => {
      await stage.start();
      assert.equal(stage.token.slot.id, HERE);
      stage.fault.remove(HERE);
      const signing = stage.signs();
      await later(60);
      stage.fault.set('moved', ELSEWHERE);
      stage.fault.insert(HERE);
      await signing;
      assert.equal(stage.token.slot.id, ELSEWHERE);
      assert.equal(await stage.module.token({ serialNumber: stage.token.serialNumber }), stage.token);
      assert.equal(await stage.module.slot(ELSEWHERE).token(), stage.token);
      await assert.rejects(stage.module.slot(HERE).token(), { code: 'CKR_TOKEN_NOT_PRESENT' });
    });

    it('the slot, before anybody has noticed: the token is the same object', async () => {
      await stage.start();
      stage.fault.set('moved', ELSEWHERE);
      assert.equal(await stage.module.slot(ELSEWHERE).token(), stage.token);
      await stage.signs();
      assert.equal(stage.token.slot.id, ELSEWHERE);
    });

    it('the slot, in which another token is now: both are themselves', async () => {
      await stage.start();
      const other = await stage.module.token({ slotId: 2 });
      stage.fault.set('moved', 2);
      const [here, there] = await Promise.all([stage.module.slot(HERE).token(), stage.module.slot(2).token()]);
      assert.equal(here, other);
      assert.equal(there, stage.token);
      await stage.signs();
      assert.equal((await other.random(4)).length, 4);
    });

    it('the login', async () => {
      await stage.start();
      stage.fault.dropLogins();
      await stage.signs();
      assert.equal(stage.fault.calls('C_Login'), 2);
    });

    it('the login, while a call in the anchor takes long: that is left to itself', async () => {
      await stage.start();
      stage.fault.hang('C_GenerateKey');
      const making = stage.token.generateKey('aes', { length: 256 });
      await stage.fault.inside('C_GenerateKey');
      stage.fault.dropLogins();
      await stage.signs();
      stage.fault.release('C_GenerateKey');
      assert.equal((await making).type, 'aes');
      assert.equal(stage.token.stats().recoveries, 1);
    });

    it('the login, noticed by a search', async () => {
      await stage.start();
      stage.fault.dropSessions();
      assert.equal((await stage.token.privateKey({ label: 'signer' })).label, 'signer');
    });

    it('the login, noticed by a search that finds what is public', async () => {
      await stage.start();
      for (const [label, isPrivate] of [
        ['open', false],
        ['hidden', true],
      ] as const) {
        await stage.token.create({ class: CKO.DATA, label, token: true, private: isPrivate, value: data });
      }
      stage.fault.dropLogins();
      const found = await stage.token.objects({ class: CKO.DATA }).toArray();
      assert.deepEqual(found.map(({ label }) => label).toSorted(), ['hidden', 'open']);
      assert.equal(stage.fault.calls('C_Login'), 2);
    });

    it('the login, in the middle of a search', async () => {
      await stage.start();
      for (let number = 0; number < 400; number++) await stage.token.create({ class: CKO.DATA, token: true, private: number % 2 === 0, value: data });
      const found = stage.token.objects({ class: CKO.DATA });
      await found.next();
      stage.fault.dropLogins();
      // All of them, or the word that their handles may have changed.
      const rest = await found.toArray().catch((error: unknown) => error);
      if (Array.isArray(rest)) assert.equal(rest.length, 399);
      else assert.ok(CryptokiError.is(rest, 'ERR_CRYPTOKI_STALE'), String(rest));
    });

    it('handles: the objects have others now', async () => {
      await stage.start();
      const before = stage.privateKey.handle;
      stage.fault.renumber();
      await Promise.all(Array.from({ length: 16 }, () => stage.signs()));
      assert.notEqual(stage.privateKey.handle, before);
      assert.equal((await stage.publicKey.get(['label'])).label, 'signer');
      await stage.privateKey.set({ label: 'renamed' });
      stage.fault.renumber();
      await stage.signs();
      await stage.privateKey.destroy();
      await assert.rejects(stage.privateKey.sign('sha256', data), STALE);
    });

    it('handles of session objects, as far as they can be told apart', async () => {
      await stage.start();
      const key = await stage.token.generateKey('aes', { length: 256, label: 'passing' });
      stage.fault.renumber();
      assert.equal((await key.get(['label'])).label, 'passing');
    });

    it('the library: it is initialised anew, and its sessions and handles are others', async () => {
      await stage.start();
      stage.fault.dropLibrary();
      await Promise.all(Array.from({ length: 16 }, () => stage.signs()));
      assert.equal(stage.fault.get('initialized'), 1);
      assert.equal(stage.fault.calls('C_Initialize'), 2);
    });

    it('the library, of which two tokens are in use: none takes the sessions of the other', async () => {
      await stage.start();
      const other = await stage.module.token({ slotId: 2 });
      stage.fault.tell('C_GenerateRandom', { sleep: 500 });
      await Promise.all(Array.from({ length: 8 }, () => other.random(4)));
      // From now on the library gives the numbers again that it gave before.
      stage.fault.set('handleBase', 2n ** 64n - BigInt(stage.fault.get('mostSessions')));
      stage.fault.dropLibrary();
      await Promise.all([...Array.from({ length: 8 }, () => stage.signs()), ...Array.from({ length: 8 }, () => other.random(4))]);
      await stage.signs();
      assert.deepEqual([stage.token.stats().recoveries, other.stats().recoveries], [1, 1]);
      // Sessions are opened and closed beside the calls that they are for.
      const counted = (): number => stage.token.stats().sessions.open + other.stats().sessions.open;
      while (counted() !== stage.fault.get('sessions')) await later(5);
      assert.equal(counted(), stage.fault.get('sessions'));
    });

    for (const [what, lose] of [
      ['sessions', () => stage.fault.dropSessions()],
      ['logins', () => stage.fault.dropLogins()],
      ['handles', () => stage.fault.renumber()],
      ['the library', () => stage.fault.dropLibrary()],
    ] as const) {
      it(`${what}, hundreds of times: no PIN is wasted`, async () => {
        await stage.start();
        for (let round = 0; round < 200; round++) {
          lose();
          await stage.privateKey.sign('sha256', data);
        }
        assert.equal(stage.fault.get('failedLogins'), 0);
        assert.ok(stage.fault.calls('C_Login') <= 201, `${stage.fault.calls('C_Login')} logins`);
      });
    }
  });

  describe('of what cannot be repeated', () => {
    it('rejects, says that it would work now, and does', async () => {
      await stage.start();
      stage.fault.dropSessions();
      const make = (): Promise<unknown> => stage.token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'second', token: true });
      await assert.rejects(make(), (error) => Pkcs11Error.is(error, 'CKR_SESSION_HANDLE_INVALID') && error.recovered === true);
      await make();
    });

    it('of an operation in parts', async () => {
      await stage.start();
      async function* source(): AsyncGenerator<Uint8Array> {
        yield data;
        stage.fault.dropSessions();
        yield data;
      }
      const key = await stage.token.generateKey('generic', { length: 256, label: 'mac', token: true });
      await assert.rejects(key.sign('sha256', source()), (error) => Pkcs11Error.is(error) && error.recovered === true);
      await stage.signs();
    });

    it('session objects are gone with the sessions', async () => {
      await stage.start();
      const key = await stage.token.generateKey('aes', { length: 256 });
      stage.fault.dropSessions();
      await stage.signs();
      await assert.rejects(key.get(['label']), { ...STALE, message: /not kept on the token/ });
    });

    it('an error of the call itself is the call’s own', async () => {
      await stage.start();
      stage.fault.fail('C_Sign', CKR.FUNCTION_FAILED);
      await assert.rejects(
        stage.privateKey.sign('sha256', data),
        (error) => Pkcs11Error.is(error, 'CKR_FUNCTION_FAILED') && error.recovered === undefined,
      );
      stage.fault.fail('C_Sign', CKR.DEVICE_ERROR, { times: 2 });
      await assert.rejects(stage.privateKey.sign('sha256', data), { code: 'CKR_DEVICE_ERROR' });
      stage.fault.fail('C_Sign', CKR.DEVICE_ERROR);
      await stage.signs();
      assert.equal(stage.fault.calls('C_Login'), 1);
    });
  });

  describe('of an object', () => {
    it('is not another one with the same CKA_ID', async () => {
      await stage.start();
      const { id } = stage.publicKey;
      await stage.behindOurBack(async (raw, session) => {
        await raw.C_DestroyObject(session, stage.publicKey.handle);
      });
      const second = await stage.token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true, publicKey: { id } });
      assert.deepEqual(second.publicKey.id, id);
      await assert.rejects(stage.publicKey.get(['label']), { ...STALE, message: /not on the token any more/ });
    });

    it('that cannot be told from another is none', async () => {
      await stage.start();
      const first = await stage.token.generateKey('aes', { length: 256, label: 'twin', token: true, attributes: { id: Buffer.from('twin') } });
      await stage.token.generateKey('aes', { length: 256, label: 'twin', token: true, attributes: { id: Buffer.from('twin') } });
      stage.fault.renumber();
      await assert.rejects(first.get(['label']), { ...STALE, message: /cannot be told from 1 others/ });
    });

    it('without CKA_ID is found by its label, and by what it holds', async () => {
      await stage.start();
      const note = await stage.token.createData({ label: 'note', value: data });
      await stage.token.createData({ label: 'other', value: data });
      stage.fault.renumber();
      assert.deepEqual(await note.value(), Uint8Array.from(data));
    });
  });

  describe('that is not wanted', () => {
    it('leaves everything to the caller', async () => {
      await stage.start(false);
      stage.fault.dropLogins();
      await assert.rejects(stage.privateKey.sign('sha256', data), { code: 'CKR_KEY_HANDLE_INVALID' });
      await stage.token.login(PIN);
      stage.fault.remove(HERE);
      await assert.rejects(stage.privateKey.sign('sha256', data), { code: 'CKR_DEVICE_REMOVED' });
    });
  });

  it('refuses options that are none', async () => {
    await stage.start();
    for (const recovery of [true, 7, { timeLimit: 0 }, { timeLimit: 'x' }, { coolDown: -1 }, { timeLimit: 2 ** 31 }]) {
      await assert.rejects(Module.load(stage.fault.path, { recovery: recovery as RecoveryOptions }), /options\.recovery/);
    }
  });
});
