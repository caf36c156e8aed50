import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { CKO, DataObject } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all, refuses } from '../support/token';

for (const profile of profiles()) {
  describe(`data on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'write', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const size of [0, 1, 4000, 100_000]) {
      it(`of ${size} bytes comes back as it was`, async () => {
        const value = randomBytes(size);
        const data = await fixture().token.createData({ value, label: `${size} bytes`, application: 'the tests', token: false });
        assert.ok(data instanceof DataObject);
        assert.equal(data.class, CKO.DATA);
        assert.deepEqual(Buffer.from((await data.value()) ?? []), value);
        assert.equal(data.application, 'the tests');
        await data.destroy();
        await refuses(data.value(), 'ERR_CRYPTOKI_STALE');
      });
    }

    it('that stays is found later, private or not', async function () {
      fixture().needs(this, 'data');
      const { token, pin } = fixture();
      await token.createData({ value: Buffer.from('for all'), label: 'public', application: 'the tests' });
      await token.createData({ value: Buffer.from('for me'), label: 'private', application: 'the tests', private: true });
      assert.equal((await all(token.dataObjects({ application: 'the tests' }))).length, 2);
      await token.logout();
      assert.deepEqual(
        (await all(token.dataObjects({ application: 'the tests' }))).map(({ label }) => label),
        ['public'],
      );
      await token.login(pin);
      const mine = await token.dataObject({ label: 'private' });
      assert.deepEqual(Buffer.from((await mine.value())!), Buffer.from('for me'));
      assert.equal((await token.dataObject(mine.uri())).handle, mine.handle);
      for await (const object of token.dataObjects({ application: 'the tests' })) await object.destroy();
      assert.deepEqual(await all(token.dataObjects()), []);
    });

    it('that stays is changed, and keeps its other half', async function () {
      fixture().needs(this, 'data', 'change');
      const { token } = fixture();
      const data = await token.createData({ value: Buffer.from('first'), label: 'changing', application: 'the tests' });
      await data.set({ label: 'changed' });
      const again = await token.dataObject({ label: 'changed' });
      assert.deepEqual(Buffer.from((await again.value())!), Buffer.from('first'));
      assert.equal(again.application, 'the tests');
      await again.destroy();
    });

    it('has the identifier of its type', async () => {
      const objectId = Buffer.from('06032a0304', 'hex');
      const data = await fixture().token.createData({ value: Buffer.from('x'), objectId, token: false });
      const { objectId: read } = await data.get(['objectId']);
      if (read !== undefined && read.length > 0) assert.deepEqual(Buffer.from(read), objectId);
      await data.destroy();
    });

    it('shows in the console, but for its value', async () => {
      const data = await fixture().token.createData({ value: Buffer.from('hush hush'), label: 'shown', application: 'app', token: false });
      const shown = inspect(data, { showHidden: true, depth: 9 });
      assert.ok(shown.includes("label: 'shown'") && shown.includes("application: 'app'"), shown);
      assert.ok(!shown.includes('hush') && !shown.includes('68 75 73 68'), shown);
      await data.destroy();
    });

    it('is given properly', async () => {
      const { token } = fixture();
      await assert.rejects(token.createData(undefined as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.createData({ value: 'text' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.createData({ value: Buffer.alloc(1), label: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.createData({ value: Buffer.alloc(1), token: 'yes' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });

  describe(`random bytes of ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(function () {
      fixture().needs(this, 'random');
    });

    it('are as many as asked for', async () => {
      const { token } = fixture();
      for (const length of [0, 1, 31, 4096, 100_000]) assert.equal((await token.random(length)).length, length);
    });

    it('are never the same', async () => {
      const many = await Promise.all(Array.from({ length: 64 }, () => fixture().token.random(16)));
      assert.equal(new Set(many.map((bytes) => Buffer.from(bytes).toString('hex'))).size, 64);
    });

    it('may be more than one call gives', async () => {
      const bytes = await fixture().token.random((1 << 20) + 17);
      assert.equal(bytes.length, (1 << 20) + 17);
      assert.ok(bytes.subarray(-17).some((byte) => byte !== 0));
    });

    it('take a seed, where the token does', async function () {
      fixture().needs(this, 'seed');
      const { token } = fixture();
      await token.seedRandom(Buffer.from('additional seed')).catch((error: { code: string }) => assert.match(error.code, /^CKR_/));
      assert.equal((await token.random(16)).length, 16);
    });

    it('are asked for properly', async () => {
      const { token } = fixture();
      for (const length of [-1, 1.5, Number.NaN, Infinity, 2 ** 31, 2 ** 53])
        await assert.rejects(token.random(length), { code: 'ERR_OUT_OF_RANGE' });
      for (const length of [undefined, null, '1', {}]) await assert.rejects(token.random(length as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.seedRandom('x' as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });
}
