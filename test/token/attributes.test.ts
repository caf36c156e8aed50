import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKA, CKK, CKM, CKO, type SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all, refuses } from '../support/token';

for (const profile of profiles()) {
  describe(`attributes on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    const value = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    const make = async (label: string, options: object = {}): Promise<SecretKey> =>
      (await fixture().token.importKey(value, { type: 'aes', label, ...options })) as SecretKey;

    it('come in the types of their kinds', async () => {
      const key = await make('Schlüssel 😀', { id: Buffer.of(1, 2, 3), sensitive: false, extractable: true });
      const read = await key.get(['class', 'keyType', 'label', 'id', 'token', 'sensitive', 'value', 'valueLen', 'encrypt']);
      assert.deepEqual(read, {
        class: CKO.SECRET_KEY,
        keyType: CKK.AES,
        label: 'Schlüssel 😀',
        id: Uint8Array.of(1, 2, 3),
        token: false,
        sensitive: false,
        value: Uint8Array.from(value),
        valueLen: 16,
        encrypt: true,
      });
    });

    it('by number come as bytes', async () => {
      const key = await make('by number');
      const read = await key.get([CKA.LABEL, 'label']);
      assert.deepEqual(Buffer.from(read[CKA.LABEL] as Uint8Array), Buffer.from('by number'));
      assert.equal(read.label, 'by number');
    });

    it('that are missing or secret are undefined, the others are there', async () => {
      const key = await make('secret', { sensitive: true });
      const read = await key.get(['modulus', 'label', 'value', 'keyType', 'ecParams', 'trustServerAuth']);
      assert.equal(read.label, 'secret');
      assert.equal(read.keyType, CKK.AES);
      for (const name of ['modulus', 'value', 'ecParams', 'trustServerAuth'] as const) assert.equal(read[name], undefined, name);
      assert.equal((await key.get([0x8fff_0001]))[0x8fff_0001], undefined);
      assert.deepEqual(await key.get([]), {});
    });

    it('may be many, and large', async () => {
      const { token } = fixture();
      const content = Buffer.alloc(100_000, 7);
      const data = await token.createData({ value: content, label: 'x'.repeat(2000), application: 'a', token: false });
      const read = await data.get(['value', 'label', 'application', 'class', 'private', 'modifiable']);
      assert.deepEqual(Buffer.from(read.value!), content);
      assert.equal(read.label?.length, 2000);
      await data.destroy();
    });

    it('may be empty', async () => {
      const key = await make('', { id: Buffer.alloc(0) });
      assert.equal(key.label, '');
      assert.equal((key.id ?? Buffer.alloc(0)).length, 0);
    });

    it('are set, and seen by those who read later', async function () {
      fixture().needs(this, 'change');
      const key = await make('before', { id: Buffer.of(1) });
      await key.set({ label: 'after', id: Buffer.of(2, 2) });
      assert.equal(key.label, 'after');
      assert.deepEqual(Buffer.from(key.id!), Buffer.of(2, 2));
      assert.equal(key.attributes.label, 'after');
      assert.equal((await fixture().token.secretKey({ label: 'after' })).handle, key.handle);
      await key.destroy();
    });

    it('that may not be set are refused, and stay as they are', async function () {
      fixture().needs(this, 'change');
      const key = await make('fixed', { sensitive: true });
      await refuses(key.set({ class: CKO.DATA }));
      await refuses(key.set({ sensitive: false }));
      await refuses(key.set({ keyType: CKK.DES3 }));
      assert.deepEqual(await key.get(['class', 'sensitive', 'keyType']), { class: CKO.SECRET_KEY, sensitive: true, keyType: CKK.AES });
    });

    it('of a copy may differ', async function () {
      fixture().needs(this, 'copy');
      const key = await make('original', { extractable: true, sensitive: false });
      const copy = await key.copy({ label: 'copy', extractable: false });
      assert.notEqual(copy.handle, key.handle);
      assert.deepEqual(await copy.get(['label', 'extractable', 'keyType']), { label: 'copy', extractable: false, keyType: CKK.AES });
      assert.equal((await key.get(['label'])).label, 'original');
      const iv = Buffer.alloc(16);
      await fixture().requires(this, CKM.AES_CBC_PAD);
      const sealed = await key.encrypt({ name: 'aes-cbc', iv }, value);
      await key.destroy();
      assert.deepEqual(Buffer.from(await copy.decrypt({ name: 'aes-cbc', iv }, sealed)), value, 'and lives on without it');
      await copy.destroy();
    });

    it('of a copy may put it on the token', async function () {
      fixture().needs(this, 'copy', 'destroy');
      const key = await make('passing');
      const kept = await key.copy({ token: true, label: 'kept' });
      assert.deepEqual(await kept.get(['token', 'label']), { token: true, label: 'kept' });
      await kept.destroy();
      assert.deepEqual(await all(fixture().token.secretKeys({ label: 'kept' })), []);
    });

    it('of what was destroyed are not there', async () => {
      const key = await make('short life');
      await key.destroy();
      for (const use of [() => key.get(['label']), () => key.set({ label: 'x' }), () => key.copy(), () => key.destroy(), () => key.size()]) {
        await refuses(use(), 'ERR_CRYPTOKI_STALE');
      }
      assert.equal(key.label, 'short life', 'what was read is still known');
    });

    it('have a size, if the token tells', async () => {
      const key = await make('sized');
      const size = await key.size().catch((error: { code: string }) => assert.match(error.code, /^CKR_/));
      assert.ok(size === undefined || size >= 0);
    });

    it('show in the console, without what is secret', async () => {
      const key = await make('shown', { id: Buffer.of(0xab), sensitive: false, extractable: true });
      const [found] = await all(fixture().token.secretKeys({ label: 'shown' }, { attributes: ['value'] }));
      for (const one of [key, found]) {
        const shown = inspect(one, { depth: 9, showHidden: true });
        assert.match(shown, /^SecretKey \{/);
        assert.ok(shown.includes("label: 'shown'"));
        assert.ok(!shown.includes('00 11 22') && !shown.includes('00112233'), shown);
      }
    });

    it('are asked for and given properly', async () => {
      const key = await make('proper');
      await assert.rejects(key.get('label' as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.get(['labels' as never]), { code: /^ERR_INVALID_ARG/ });
      await assert.rejects(key.get([-1 as never]), { code: /^ERR_/ });
      await assert.rejects(key.set({ label: 5 } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.set({ encrypt: 'yes' } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.set({ startDate: 'tomorrow' }), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(key.set(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
}
