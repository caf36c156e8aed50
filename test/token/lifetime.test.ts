import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CKM, Module, type PrivateKey } from '../../lib';
import { openToken, profiles, type Available } from '../support/profile';
import { skip } from '../support/skip';
import { all, refuses, works } from '../support/token';
import { isNss } from '../tokens/nss';

const data = Buffer.from('a document');

/** Skips the whole of a `describe` whose tests open tokens of their own. */
function here(context: Mocha.Context, profile: Available): void {
  if (profile.reason !== undefined) skip(context, `${profile.title}: ${profile.reason}`);
}

for (const profile of profiles()) {
  describe(`what is closed or gone on ${profile.title}`, () => {
    before(function () {
      here(this, profile);
    });

    it('a module: everything of it rejects, twice is fine', async () => {
      const { module, slot, token, close } = await openToken(profile);
      await works(token);
      const session = await token.session();
      const objects = token.objects();
      await Promise.all([module.close(), module.close()]);
      await module.close();
      const uses = [
        () => module.info(),
        () => module.slots(),
        () => module.token(),
        () => slot.info(),
        () => slot.mechanisms(),
        () => slot.token(),
        () => token.info(),
        () => token.login('1234'),
        () => token.logout(),
        () => token.random(4),
        () => token.session(),
        () => session.info(),
        () => objects.next(),
        () => all(token.objects()),
        () => all(module.slotEvents()),
        () => token.generateKey('aes'),
      ];
      for (const use of uses) await refuses(use(), 'ERR_CRYPTOKI_CLOSED');
      assert.throws(() => module.slot(0), { code: 'ERR_CRYPTOKI_CLOSED' });
      await token.close();
      await session.close();
      await close();
    });

    it('a module, in whose calls others are: they come to their end or are told', async () => {
      const { module, token, close } = await openToken(profile);
      const running = Array.from({ length: 100 }, () => works(token));
      const closing = module.close();
      for (const result of await Promise.allSettled(running)) {
        if (result.status === 'rejected') assert.equal((result.reason as { code: string }).code, 'ERR_CRYPTOKI_CLOSED');
      }
      await closing;
      await close();
    });

    it('a token: its objects go with it, its slot stays', async () => {
      const { module, slot, token, pin, close } = await openToken(profile);
      try {
        await token.login(pin);
        await token.close();
        await token.close();
        for (const use of [() => token.random(4), () => token.info(), () => token.login(pin), () => all(token.objects())]) {
          await refuses(use(), 'ERR_CRYPTOKI_CLOSED');
        }
        assert.ok((await module.info()).manufacturer.length > 0);
        const again = await slot.token();
        assert.notEqual(again, token);
        assert.equal(again.loggedIn, false);
        await works(again);
        await again.login(pin);
        await again.logout();
      } finally {
        await close();
      }
    });

    it('keys of a token that was closed', async function () {
      const { slot, token, pin, close, needs, requires } = await openToken(profile);
      try {
        needs(this, 'generate', 'session-objects');
        await requires(this, CKM.EC_KEY_PAIR_GEN);
        await token.login(pin);
        const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'passing' });
        await token.close();
        await refuses(privateKey.sign('sha256', data), 'ERR_CRYPTOKI_CLOSED');
        await refuses(publicKey.verify('sha256', data, data), 'ERR_CRYPTOKI_CLOSED');
        await refuses(privateKey.get(['label']), 'ERR_CRYPTOKI_CLOSED');
        const again = await slot.token();
        await again.login(pin);
        assert.deepEqual(await all(again.privateKeys({ label: 'passing' })), [], 'session objects went with their sessions');
      } finally {
        await close();
      }
    });

    it('the library, loaded again and again', async () => {
      for (let round = 0; round < 5; round++) {
        const { module, token, close } = await openToken(profile);
        await works(token);
        await module.close();
        await close();
      }
    });

    it('a slot that is none', async () => {
      const { module, close } = await openToken(profile);
      try {
        const slot = module.slot(0x7fff_0000);
        await refuses(slot.info(), 'CKR_SLOT_ID_INVALID');
        await refuses(slot.token(), 'CKR_SLOT_ID_INVALID');
        // NSS lists its mechanisms for every number of a slot.
        if (!isNss(profile)) await refuses(slot.mechanisms(), 'CKR_SLOT_ID_INVALID');
        await refuses(slot.initToken({ label: 'x', soPin: '12345678' }), 'CKR_SLOT_ID_INVALID');
        for (const id of [-1, 1.5, Number.NaN, '1', null, 2 ** 53])
          assert.throws(() => module.slot(id as number), { code: /^ERR_(OUT_OF_RANGE|INVALID_ARG)/ });
      } finally {
        await close();
      }
    });

    it('a token that is blank', async function () {
      const { module, token, close } = await openToken(profile);
      try {
        const infos = await Promise.all((await module.tokens()).map(async (one) => [one, await one.info()] as const));
        const blank = infos.find(([, info]) => !info.tokenInitialized)?.[0];
        if (blank === undefined) skip(this, `${profile.title} shows no blank token`);
        assert.notEqual(blank, token);
        await refuses(blank.login('1234'));
        await refuses(blank.login('1234', { user: 'so' }));
        assert.equal(blank.loggedIn, false);
        await refuses(blank.generateKey('aes', { token: true }));
        if (profile.fresh === 'folder') assert.equal(await module.token(), token, 'the one that is not blank is meant');
      } finally {
        await close();
      }
    });

    it('a slot without a token', async function () {
      const { module, close } = await openToken(profile);
      try {
        const slots = await module.slots();
        const infos = await Promise.all(slots.map((slot) => slot.info()));
        const empty = slots[infos.findIndex(({ tokenPresent }) => !tokenPresent)];
        if (empty === undefined) skip(this, `${profile.title} shows no empty slot`);
        await refuses(empty.token(), 'CKR_TOKEN_NOT_PRESENT');
        await refuses(empty.mechanisms(), 'CKR_TOKEN_NOT_PRESENT');
      } finally {
        await close();
      }
    });

    it('an object, destroyed by somebody else', async function () {
      const { slot, token, pin, close, needs, requires } = await openToken(profile);
      try {
        needs(this, 'generate', 'destroy');
        await requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
        await token.login(pin);
        const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'gone', token: true });
        const other = await Module.load(profile.module);
        try {
          await (await (await other.slot(slot.id).token()).privateKey({ label: 'gone' })).destroy();
        } finally {
          await other.close();
        }
        await refuses(privateKey.sign('sha256', data), 'ERR_CRYPTOKI_STALE');
        await refuses(privateKey.get(['label']), 'ERR_CRYPTOKI_STALE');
        await works(token);
      } finally {
        await close();
      }
    });
  });
}

for (const profile of profiles().filter(isNss)) {
  describe(`a write-protected token of ${profile.title}`, () => {
    let folder: string;
    let module: Module | undefined;

    before(async function () {
      here(this, profile);
      folder = mkdtempSync(join(tmpdir(), 'cryptoki-test-'));
      const writable = await Module.load(profile.module, { reserved: profile.reserved!(folder) });
      const slot = (await writable.token({ label: profile.label! })).slot;
      const token = await slot.initToken({ label: profile.label!, soPin: profile.soPin });
      await token.login(profile.soLoginPin!, { user: 'so' });
      await token.initPin(profile.pin);
      await token.logout();
      await token.login(profile.pin);
      await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'there', token: true });
      await writable.close();
      module = await Module.load(profile.module, { reserved: `${profile.reserved!(folder)} flags=readOnly` });
    });
    after(async () => {
      await module?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    it('is used as it is', async () => {
      const token = await module!.token({ label: profile.label! });
      await token.login(profile.pin);
      const key: PrivateKey = await token.privateKey({ label: 'there' });
      const publicKey = await token.publicKey({ label: 'there' });
      assert.equal(await publicKey.verify('sha256', data, await key.sign('sha256', data)), true);
      const passing = await token.generateKey('aes', { length: 128 });
      assert.equal((await passing.get(['token'])).token, false);
    });

    it('refuses every change, with its code', async () => {
      const token = await module!.token({ label: profile.label! });
      await token.login(profile.pin);
      const key = await token.privateKey({ label: 'there' });
      const codes = ['CKR_TOKEN_WRITE_PROTECTED', 'CKR_SESSION_READ_ONLY'];
      // NSS counts who is in a read-only session as nobody when the PIN is to be changed.
      await refuses(token.generateKey('aes', { token: true }), ...codes);
      await refuses(token.importKey(Buffer.alloc(16), { type: 'aes', token: true }), ...codes);
      await refuses(key.destroy(), ...codes);
      await refuses(key.set({ label: 'changed' }), ...codes);
      await refuses(token.setPin(profile.pin, 'another'), ...codes, 'CKR_USER_NOT_LOGGED_IN');
      await using session = await token.session({ readWrite: true });
      assert.equal((await session.info()).readWrite, false, 'NSS gives a read-only session to those who ask for another');
      assert.equal((await token.privateKey({ label: 'there' })).handle, key.handle);
    });
  });
}
