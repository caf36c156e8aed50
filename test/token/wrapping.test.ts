import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import { CKF, CKM, type PrivateKey, type PublicKey, type SecretKey, type WrapAlgorithm } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { changed, refuses, requiresUse } from '../support/token';

const data = Buffer.from('a document');
const readable = { sensitive: false, extractable: true } as const;
const wrapping = { wrap: true, unwrap: true };

for (const profile of profiles()) {
  describe(`wrapping on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'generate', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    // opencryptoki makes every key that it unwraps readable, whatever the template says.
    const obeysTemplate = profile.name !== 'opencryptoki';
    const kek = async (raw: Uint8Array): Promise<SecretKey> =>
      (await fixture().token.importKey(raw, { type: 'aes', attributes: wrapping })) as SecretKey;
    const secret = async (raw: Uint8Array): Promise<SecretKey> =>
      (await fixture().token.importKey(raw, { type: 'generic', ...readable })) as SecretKey;
    const valueOf = async (key: SecretKey | PrivateKey): Promise<Buffer> => Buffer.from((await key.get(['value'])).value ?? []);

    const algorithms: readonly [string, number, () => WrapAlgorithm, readonly number[]][] = [
      ['AES-KW (RFC 3394)', CKM.AES_KEY_WRAP, () => 'aes-kw', [16, 24, 32, 64]],
      // What CKM_AES_KEY_WRAP_PAD is differs; in SoftHSM it is this one.
      ['AES-KWP (RFC 5649)', profile.name === 'softhsm' ? CKM.AES_KEY_WRAP_PAD : CKM.AES_KEY_WRAP_KWP, () => 'aes-kwp', [1, 16, 20, 33, 100]],
      ['AES-CBC with padding', CKM.AES_CBC_PAD, () => ({ name: 'aes-cbc', iv: Buffer.alloc(16, 3) }), [16, 20, 33]],
      ['AES-GCM', CKM.AES_GCM, () => ({ name: 'aes-gcm', iv: Buffer.alloc(12, 3) }), [16, 33]],
    ];
    for (const [title, mechanism, algorithm, sizes] of algorithms) {
      for (const bits of [128, 192, 256]) {
        it(`${title}, ${bits} bits, there and back, and node:crypto agrees`, async function () {
          await requiresUse(this, fixture(), mechanism, CKF.WRAP, 'wrap');
          const raw = randomBytes(bits / 8);
          const key = await kek(raw);
          const crashes =
            mechanism === CKM.AES_KEY_WRAP_KWP && profile.deviations?.some(({ file, answer }) => file === 'aes_kwp' && answer === 'crash');
          // SoftHSM 2.6 fills keys up with zeros to multiples of 8 bytes before it wraps them, and does not take the zeros away.
          const whole = profile.name === 'softhsm' && mechanism === CKM.AES_KEY_WRAP_PAD;
          for (const size of whole ? [8, 16, 24, 64] : sizes) {
            const value = randomBytes(size);
            const wrapped = Buffer.from(await key.wrap(algorithm(), await secret(value)));
            assert.deepEqual(opened(title, raw, wrapped), value, `${size} bytes`);
            const again = await key.unwrap(algorithm(), wrapped, { type: 'generic', label: 'again', ...readable });
            assert.equal(again.label, 'again');
            assert.deepEqual(await valueOf(again), value, `${size} bytes`);
            if (title !== 'AES-CBC with padding' && !crashes) await refuses(key.unwrap(algorithm(), changed(wrapped), { type: 'generic' }));
            await again.destroy();
          }
        });
      }
    }

    /** What node:crypto finds inside. */
    function opened(title: string, raw: Buffer, wrapped: Buffer): Buffer {
      const name = `aes${raw.length * 8}`;
      const iv = Buffer.alloc(16, 3);
      if (title.startsWith('AES-CBC')) {
        const decipher = createDecipheriv(`aes-${raw.length * 8}-cbc`, raw, iv);
        return Buffer.concat([decipher.update(wrapped), decipher.final()]);
      }
      if (title.startsWith('AES-GCM')) {
        const decipher = createDecipheriv(`aes-${raw.length * 8}-gcm` as 'aes-128-gcm', raw, iv.subarray(0, 12)).setAuthTag(wrapped.subarray(-16));
        return Buffer.concat([decipher.update(wrapped.subarray(0, -16)), decipher.final()]);
      }
      const padded = title.startsWith('AES-KWP');
      const start = Buffer.from(padded ? 'a65959a6' : 'a6a6a6a6a6a6a6a6', 'hex');
      const decipher = createDecipheriv(padded ? `id-${name}-wrap-pad` : `id-${name}-wrap`, raw, start);
      return Buffer.concat([decipher.update(wrapped), decipher.final()]);
    }

    for (const [name, mechanism] of [
      ['rsa-pkcs1', CKM.RSA_PKCS],
      ['rsa-oaep', CKM.RSA_PKCS_OAEP],
    ] as const) {
      it(`${name}: to node:crypto and from it`, async function () {
        await requiresUse(this, fixture(), mechanism, CKF.WRAP, 'wrap');
        const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
        const how = name === 'rsa-oaep' ? { oaepHash: 'sha1' } : { padding: constants.RSA_PKCS1_PADDING };
        const { token } = fixture();
        const value = randomBytes(32);
        const target = (await token.importKey(theirs.publicKey, { attributes: { wrap: true } })) as PublicKey;
        const sent = Buffer.from(await target.wrap(name, await secret(value)));
        if (name === 'rsa-oaep') assert.deepEqual(privateDecrypt({ key: theirs.privateKey, ...how }, sent), value);
        const pair = await token.generateKeyPair('rsa', { publicKey: { wrap: true }, privateKey: { unwrap: true } });
        const received = publicEncrypt({ key: pair.publicKey.toKeyObject(), ...how }, value);
        const key = await pair.privateKey.unwrap(name, received, { type: 'aes', ...readable });
        assert.equal(key.type, 'aes');
        assert.deepEqual(await valueOf(key), value);
        const round = await pair.privateKey.unwrap(name, await pair.publicKey.wrap(name, key as SecretKey), { type: 'aes', ...readable });
        assert.deepEqual(await valueOf(round), value);
        await refuses(pair.privateKey.unwrap(name, received.subarray(1), { type: 'aes' }));
      });
    }

    it('private keys, as PKCS#8', async function () {
      await requiresUse(this, fixture(), CKM.AES_CBC_PAD, CKF.WRAP, 'wrap');
      await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_PKCS);
      const raw = randomBytes(32);
      const key = await kek(raw);
      const pair = await fixture().token.generateKeyPair('rsa', { extractable: true });
      const algorithm = { name: 'aes-cbc', iv: Buffer.alloc(16, 3) } as const;
      const wrapped = Buffer.from(await key.wrap(algorithm, pair.privateKey));
      const theirs = createPrivateKey({ key: opened('AES-CBC', raw, wrapped), format: 'der', type: 'pkcs8' });
      assert.equal(createPublicKey(theirs).equals(pair.publicKey.toKeyObject()), true);
      const again = (await key.unwrap(algorithm, wrapped, { type: 'rsa', label: 'again' })) as PrivateKey;
      assert.equal(verify('sha256', data, pair.publicKey.toKeyObject(), await again.sign('sha256', data)), true);
      assert.equal((await again.get(['sensitive'])).sensitive, obeysTemplate);
    });

    it('what is kept on the token, from the outside', async function () {
      fixture().needs(this, 'destroy');
      await requiresUse(this, fixture(), CKM.AES_KEY_WRAP, CKF.UNWRAP, 'unwrap');
      const { token } = fixture();
      const key = await kek(randomBytes(32));
      const wrapped = await key.wrap('aes-kw', await secret(Buffer.alloc(32, 9)));
      await key.unwrap('aes-kw', wrapped, { type: 'aes', token: true, label: 'kept', id: Buffer.of(7) });
      const kept = await token.secretKey({ label: 'kept', id: Buffer.of(7) });
      assert.deepEqual(await kept.get(['token', 'sensitive']), { token: true, sensitive: obeysTemplate });
      assert.equal((await kept.get(['value'])).value === undefined, obeysTemplate);
      await kept.destroy();
    });

    it('is refused for what makes no sense', async function () {
      await requiresUse(this, fixture(), CKM.AES_KEY_WRAP, CKF.WRAP, 'wrap');
      const key = await kek(randomBytes(16));
      const one = await secret(Buffer.alloc(16));
      await assert.rejects(key.wrap('rsa-oaep', one), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(key.wrap('nonsense' as never, one), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(key.wrap('aes-kw', undefined as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.unwrap('aes-kw', 'x' as never, { type: 'aes' }), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.unwrap('aes-kw', Buffer.alloc(24), {} as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.unwrap('aes-kw', Buffer.alloc(24), { type: 'aess' as never }), { code: 'ERR_INVALID_ARG_VALUE' });
      await refuses(key.unwrap('aes-kw', randomBytes(24), { type: 'aes' }));
      const cannot = (await fixture().token.importKey(randomBytes(16), { type: 'aes' })) as SecretKey;
      await refuses(cannot.wrap('aes-kw', one));
    });
  });
}
