import assert from 'node:assert/strict';
import { CKK, CKM, CKO, Pkcs11Uri, type CryptokiObject, type SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all } from '../support/token';

const COUNT = 120;

const labels = (objects: readonly CryptokiObject[]): string[] => objects.map(({ label }) => label ?? '').sort();

for (const profile of profiles()) {
  describe(`finding on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'session-objects', 'import');
      const { token, pin } = fixture();
      await token.login(pin);
      for (let index = 0; index < COUNT; index++) {
        await token.importKey(Buffer.alloc(16, index), {
          type: index % 2 === 0 ? 'aes' : 'generic',
          label: `key ${index}`,
          id: Buffer.of(0xaa, index),
        });
      }
    });

    it('iterates over everything, or what matches', async () => {
      const { token } = fixture();
      const keys = await all(token.secretKeys());
      assert.equal(keys.length, COUNT);
      assert.equal(new Set(keys.map(({ handle }) => handle)).size, COUNT);
      assert.equal((await all(token.secretKeys({ keyType: CKK.AES }))).length, COUNT / 2);
      assert.deepEqual(labels(await all(token.secretKeys({ label: 'key 7' }))), ['key 7']);
      assert.deepEqual(labels(await all(token.objects({ id: Buffer.of(0xaa, 9) }))), ['key 9']);
      assert.deepEqual(labels(await all(token.objects({ class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, label: 'key 3' }))), ['key 3']);
      assert.deepEqual(await all(token.secretKeys({ keyType: CKK.AES, label: 'key 3' })), []);
      assert.deepEqual(await all(token.certificates({ label: 'key 3' })), []);
    });

    it('may be left in the middle, and begun again', async () => {
      const { token } = fixture();
      for (let round = 0; round < 30; round++) {
        for await (const key of token.secretKeys()) {
          assert.ok(key.label?.startsWith('key '));
          break;
        }
      }
      const [first, second] = [token.secretKeys(), token.secretKeys()];
      const one = await first.next();
      const other = await second.next();
      assert.equal(one.value!.handle, other.value!.handle, 'two searches know nothing of each other');
      await Promise.all([first.return(), second.return()]);
    });

    it('may be done by many at once, with other calls between', async () => {
      const { token } = fixture();
      const found = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const keys: SecretKey[] = [];
          for await (const key of token.secretKeys({ label: `key ${index}` })) {
            await token.random(4);
            keys.push(key);
          }
          return labels(keys);
        }),
      );
      assert.deepEqual(
        found,
        found.map((_, index) => [`key ${index}`]),
      );
    });

    it('goes on while the objects found are destroyed', async () => {
      const { token } = fixture();
      await token.importKey(Buffer.alloc(16), { type: 'aes', label: 'doomed' });
      await token.importKey(Buffer.alloc(16, 1), { type: 'aes', label: 'doomed' });
      let count = 0;
      for await (const key of token.secretKeys({ label: 'doomed' })) {
        await key.destroy();
        count += 1;
      }
      assert.equal(count, 2);
      assert.deepEqual(await all(token.secretKeys({ label: 'doomed' })), []);
    });

    it('brings the attributes that were asked for', async () => {
      const { token } = fixture();
      for await (const key of token.secretKeys({ label: 'key 11' }, { attributes: ['startDate', 'neverExtractable', 'keyType'] })) {
        assert.equal(key.attributes.keyType, CKK.GENERIC_SECRET);
        assert.equal(key.attributes.neverExtractable, false, 'an imported key was outside');
        assert.ok(Object.isFrozen(key.attributes));
      }
    });

    it('finds the one that was meant, or says which there are', async () => {
      const { token } = fixture();
      const key = await token.secretKey({ label: 'key 5' });
      assert.deepEqual(Buffer.from(key.id!), Buffer.of(0xaa, 5));
      assert.equal((await token.object({ id: Buffer.of(0xaa, 5) })).handle, key.handle);
      assert.equal((await token.secretKey(key.uri())).handle, key.handle);
      assert.equal((await token.object(Pkcs11Uri.parse(key.uri()))).handle, key.handle);
      await assert.rejects(token.secretKey({ keyType: CKK.AES }), { code: 'ERR_CRYPTOKI_AMBIGUOUS', message: /10 or more.*label "key \d+"/ });
      await assert.rejects(token.secretKey({ label: 'nothing' }), { code: 'ERR_CRYPTOKI_NOT_FOUND', message: /No secret key/ });
      await assert.rejects(token.certificate(), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await assert.rejects(token.dataObject(), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await assert.rejects(token.publicKey(), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
    });

    it('selects by URI: object, id, type, and the token they are on', async () => {
      const { token } = fixture();
      assert.deepEqual(labels(await all(token.objects('pkcs11:object=key%2017;type=secret-key'))), ['key 17']);
      assert.deepEqual(labels(await all(token.objects('pkcs11:id=%AA%12'))), ['key 18']);
      assert.equal((await all(token.objects('pkcs11:type=secret-key'))).length, COUNT);
      assert.deepEqual(await all(token.objects('pkcs11:type=cert')), []);
      assert.deepEqual(await all(token.objects('pkcs11:token=another;object=key%2017')), []);
      assert.deepEqual(labels(await all(token.objects(`${token.uri()};object=key%2017`))), ['key 17']);
      await assert.rejects(token.secretKey('pkcs11:object=key%2017;type=cert'), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
      await assert.rejects(all(token.objects('pkcs11:object=%z')), { code: 'ERR_CRYPTOKI_URI' });
    });

    it('finds by what is in an attribute of any kind', async function () {
      fixture().needs(this, 'generate');
      await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN);
      const { token } = fixture();
      const { publicKey, privateKey } = await token.generateKeyPair('rsa', { label: 'by modulus' });
      const { modulus, publicExponent } = await publicKey.get(['modulus', 'publicExponent']);
      assert.equal((await token.publicKey({ modulus, publicExponent })).handle, publicKey.handle);
      assert.equal((await token.privateKey({ modulus, sign: true })).handle, privateKey.handle);
      assert.deepEqual(await all(token.privateKeys({ modulus, sign: false })), []);
      await Promise.all([publicKey.destroy(), privateKey.destroy()]);
    });

    it('refuses what is no query', async () => {
      const { token } = fixture();
      await assert.rejects(all(token.objects(5 as never)), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(all(token.objects({ labels: 'x' } as never)), { code: /^ERR_INVALID_ARG/ });
      await assert.rejects(all(token.objects({ label: 5 } as never)), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(all(token.objects({ keyType: -1 })), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(all(token.objects({}, { attributes: ['nonsense' as never] })), { code: /^ERR_INVALID_ARG/ });
    });

    it('finds what is private only after login', async () => {
      const { token, pin } = fixture();
      await token.logout();
      const seen = await all(token.objects());
      assert.deepEqual(labels(seen.filter((object) => object.class === CKO.SECRET_KEY)), []);
      await token.login(pin);
    });
  });
}
