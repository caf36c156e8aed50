// Encryption and decryption through graphene-pk11, with node:crypto as the other side.

import assert from 'node:assert/strict';
import { constants, createCipheriv, createDecipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IAlgorithm, Key, SecretKey } from 'graphene-pk11';
import type { Check, Checks, Stage } from '../stage';
import { called, decrypt, encrypt, rsaPublicKey } from './help';

const data = randomBytes(16 * 20);

/** A secret key of the session with these bytes. */
function secret({ session, graphene }: Stage, type: 'AES' | 'DES3', value: Buffer): SecretKey {
  const uses = { encrypt: true, decrypt: true };
  return session
    .create({ class: graphene.ObjectClass.SECRET_KEY, keyType: graphene.KeyType[type], value, token: false, ...uses })
    .toType<SecretKey>();
}

interface Case {
  readonly type: 'AES' | 'DES3';
  readonly mechanism: string;
  /** The name in OpenSSL. */
  readonly cipher: string;
  readonly bytes: number;
  readonly iv: number;
  readonly padding?: boolean;
}

const block =
  ({ type, mechanism, cipher, bytes, iv: size, padding = false }: Case): Check =>
  async (stage) => {
    stage.requires(`CKM_${mechanism}`);
    const { session } = stage;
    const value = randomBytes(bytes);
    const iv = randomBytes(size);
    const key = secret(stage, type, value);
    const algorithm: IAlgorithm = { name: mechanism, params: size === 0 ? null : iv };
    const plain = padding ? data.subarray(0, data.length - 3) : data;
    const theirs = createCipheriv(cipher, value, size === 0 ? null : iv).setAutoPadding(padding);
    const expected = Buffer.concat([theirs.update(plain), theirs.final()]);
    const room = Buffer.alloc(expected.length);

    const once = session.createCipher(algorithm, key).once(plain, room);
    assert.deepEqual(once, expected);
    // The result is a view of the caller's buffer.
    assert.equal(once.buffer, room.buffer);
    assert.deepEqual(await encrypt(session, algorithm, key, plain), expected);

    // Without padding NSS takes whole blocks only.
    const cut = padding ? 30 : 48;
    const pieces: Buffer[] = [];
    const enciphering = session.createCipher(algorithm, key);
    for await (const part of Readable.from([plain.subarray(0, 16), plain.subarray(16, cut), plain.subarray(cut)]))
      pieces.push(enciphering.update(part as Buffer));
    assert.deepEqual(Buffer.concat([...pieces, enciphering.final()]), expected);

    assert.deepEqual(session.createDecipher(algorithm, key).once(expected, Buffer.alloc(expected.length)), plain);
    assert.deepEqual(await decrypt(session, algorithm, key, expected), plain);
    const deciphering = session.createDecipher(algorithm, key);
    assert.deepEqual(
      Buffer.concat([deciphering.update(expected.subarray(0, 32)), deciphering.update(expected.subarray(32)), deciphering.final()]),
      plain,
    );
    key.destroy();
  };

const gcm =
  (structure: 'AesGcmParams' | 'AesGcm240Params'): Check =>
  async (stage) => {
    stage.requires('CKM_AES_GCM');
    if (structure === 'AesGcmParams' && stage.name === 'nss') stage.skip('CK_GCM_PARAMS of its own version only');
    const { session, graphene } = stage;
    const [value, iv, aad] = [randomBytes(32), randomBytes(12), randomBytes(20)];
    const key = secret(stage, 'AES', value);
    const algorithm = { name: 'AES_GCM', params: new graphene[structure](iv, aad, 128) };
    const sealed = await encrypt(session, algorithm, key, data);
    const decipher = createDecipheriv('aes-256-gcm', value, iv).setAAD(aad).setAuthTag(sealed.subarray(-16));
    assert.deepEqual(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]), data);
    assert.deepEqual(await decrypt(session, algorithm, key, sealed), data);
    const other = { name: 'AES_GCM', params: new graphene[structure](iv, randomBytes(20), 128) };
    await assert.rejects(decrypt(session, other, key, sealed), { name: 'Pkcs11Error' });
  };

function rsaPair({ session, graphene }: Stage) {
  const { RSA } = graphene.KeyType;
  return session.generateKeyPair(
    graphene.KeyGenMechanism.RSA,
    { keyType: RSA, modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]), token: false, encrypt: true },
    { keyType: RSA, token: false, decrypt: true },
  );
}

export const checks: Checks = {
  'AES-CBC': block({ type: 'AES', mechanism: 'AES_CBC', cipher: 'aes-128-cbc', bytes: 16, iv: 16 }),
  'AES-CBC with padding': block({ type: 'AES', mechanism: 'AES_CBC_PAD', cipher: 'aes-256-cbc', bytes: 32, iv: 16, padding: true }),
  'AES-ECB': block({ type: 'AES', mechanism: 'AES_ECB', cipher: 'aes-192-ecb', bytes: 24, iv: 0 }),
  'Triple DES in CBC': block({ type: 'DES3', mechanism: 'DES3_CBC', cipher: 'des-ede3-cbc', bytes: 24, iv: 8 }),
  'Triple DES in CBC with padding': block({ type: 'DES3', mechanism: 'DES3_CBC_PAD', cipher: 'des-ede3-cbc', bytes: 24, iv: 8, padding: true }),
  'Triple DES in ECB': block({ type: 'DES3', mechanism: 'DES3_ECB', cipher: 'des-ede3', bytes: 24, iv: 0 }),
  'AES-GCM': gcm('AesGcm240Params'),
  'AES-GCM with a structure without ulIvBits': gcm('AesGcmParams'),

  'takes an AES-CBC parameter as an object': async (stage) => {
    const { session, graphene } = stage;
    const [value, iv] = [randomBytes(16), randomBytes(16)];
    const key = secret(stage, 'AES', value);
    const theirs = createCipheriv('aes-128-cbc', value, iv).setAutoPadding(false);
    const sealed = await encrypt(session, { name: 'AES_CBC', params: new graphene.AesCbcParams(iv) }, key, data);
    assert.deepEqual(sealed, Buffer.concat([theirs.update(data), theirs.final()]));
  },

  'makes secret keys, at once and by callback': async (stage) => {
    const { session, graphene } = stage;
    for (const [type, mechanism, valueLen, cipher] of [
      ['AES', 'CKM_AES_KEY_GEN', 32, 'AES_ECB'],
      ['DES3', 'CKM_DES3_KEY_GEN', undefined, 'DES3_ECB'],
    ] as const) {
      stage.requires(mechanism);
      const template = (): object => ({ keyType: graphene.KeyType[type], token: false, encrypt: true, decrypt: true, ...(valueLen && { valueLen }) });
      const keyGen = (stage.pkcs11 as unknown as Record<string, number>)[mechanism] as never;
      const now: Key = session.generateKey(keyGen, template());
      const later = await called<Key>((callback) => session.generateKey(keyGen, template(), callback));
      const sealed = [now, later].map((key) => session.createCipher(cipher, key).once(data, Buffer.alloc(data.length)));
      assert.ok(!sealed[0]!.equals(sealed[1]!));
      for (const [index, key] of [now, later].entries()) {
        assert.ok(key instanceof graphene.SecretKey);
        assert.deepEqual(session.createDecipher(cipher, key).once(sealed[index]!, Buffer.alloc(data.length)), data);
      }
    }
  },

  'makes secret keys of every type that it knows and the token has': async (stage) => {
    const { session, graphene, skip } = stage;
    const types = graphene.KeyType as unknown as Record<string, number>;
    const made: string[] = [];
    for (const [name, mechanism] of Object.entries(graphene.KeyGenMechanism as unknown as Record<string, number>)) {
      const generates = (stage.flagsOf(mechanism) ?? 0) & graphene.MechanismFlag.GENERATE;
      if (typeof mechanism !== 'number' || !generates || types[name] === undefined) continue;
      // Those of one size take no CKA_VALUE_LEN.
      const valueLen = name.startsWith('DES') ? {} : { valueLen: 16 };
      const template = { keyType: types[name], token: false, label: name, ...valueLen };
      const key = await called<Key>((callback) => session.generateKey(mechanism as never, template, callback));
      assert.deepEqual([key.type, key.label, key.class], [types[name], name, graphene.ObjectClass.SECRET_KEY]);
      made.push(name);
      key.destroy();
    }
    if (made.length === 0) skip('no secret keys');
    assert.ok(made.includes('AES') && made.includes('GENERIC_SECRET'), made.join());
  },

  'says that a buffer is too small': (stage) => {
    const { session } = stage;
    const key = secret(stage, 'AES', randomBytes(16));
    const cipher = session.createCipher('AES_ECB', key);
    assert.throws(() => cipher.once(data, Buffer.alloc(16)), { name: 'Pkcs11Error', message: 'CKR_BUFFER_TOO_SMALL' });
    // And the operation is still active, as the standard has it; NSS ends it.
    if (stage.name !== 'nss') assert.equal(cipher.once(data, Buffer.alloc(data.length)).length, data.length);
  },

  'RSA with PKCS #1 padding': async (stage) => {
    stage.requires('CKM_RSA_PKCS');
    const { session } = stage;
    const { publicKey, privateKey } = rsaPair(stage);
    const plain = randomBytes(32);
    for (const sealed of [
      session.createCipher('RSA_PKCS', publicKey).once(plain, Buffer.alloc(256)),
      await encrypt(session, 'RSA_PKCS', publicKey, plain),
      publicEncrypt({ key: rsaPublicKey(publicKey), padding: constants.RSA_PKCS1_PADDING }, plain),
    ]) {
      assert.equal(sealed.length, 256);
      assert.deepEqual(session.createDecipher('RSA_PKCS', privateKey).once(sealed, Buffer.alloc(256)), plain);
      assert.deepEqual(await decrypt(session, 'RSA_PKCS', privateKey, sealed), plain);
    }
  },

  'RSA with OAEP': async (stage) => {
    stage.requires('CKM_RSA_PKCS_OAEP');
    const { session, graphene } = stage;
    const { publicKey, privateKey } = rsaPair(stage);
    const plain = randomBytes(32);
    const algorithm = { name: 'RSA_PKCS_OAEP', params: new graphene.RsaOaepParams() };
    const key = { key: rsaPublicKey(publicKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
    for (const sealed of [await encrypt(session, algorithm, publicKey, plain), publicEncrypt(key, plain)]) {
      assert.deepEqual(session.createDecipher(algorithm, privateKey).once(sealed, Buffer.alloc(256)), plain);
      assert.deepEqual(await decrypt(session, algorithm, privateKey, sealed), plain);
    }
  },

  'RSA without padding': async (stage) => {
    stage.requires('CKM_RSA_X_509');
    const { session, graphene } = stage;
    const { publicKey, privateKey } = rsaPair(stage);
    const plain = Buffer.concat([Buffer.alloc(1), randomBytes(255)]);
    const sealed = await encrypt(session, graphene.MechanismEnum.RSA_X_509, publicKey, plain);
    assert.deepEqual(sealed, publicEncrypt({ key: rsaPublicKey(publicKey), padding: constants.RSA_NO_PADDING }, plain));
    assert.deepEqual(await decrypt(session, 'RSA_X_509', privateKey, sealed), plain);
  },
};
