// Wrapping, unwrapping and derivation through graphene-pk11.

import assert from 'node:assert/strict';
import { createCipheriv, createDiffieHellman, createECDH, getDiffieHellman, randomBytes } from 'node:crypto';
import type { Key, MechanismType, SecretKey } from 'graphene-pk11';
import type { Check, Checks, Stage } from '../stage';
import { called, point } from './help';

function aes({ session, graphene }: Stage, value: Buffer): SecretKey {
  const uses = { encrypt: true, decrypt: true, wrap: true, unwrap: true, derive: true, extractable: true, sensitive: false };
  return session.create({ class: graphene.ObjectClass.SECRET_KEY, keyType: graphene.KeyType.AES, value, token: false, ...uses }).toType<SecretKey>();
}

/** What an unwrapped or derived key is to be. */
const template = ({ graphene }: Stage, type: 'AES' | 'GENERIC_SECRET', valueLen?: number): object => ({
  class: graphene.ObjectClass.SECRET_KEY,
  keyType: graphene.KeyType[type],
  token: false,
  sensitive: false,
  extractable: true,
  ...(valueLen && { valueLen }),
});

const value = (key: Key): Buffer => key.getAttribute('value') as Buffer;

/** Both forms of wrapping and unwrapping; answers what was wrapped. */
async function around(stage: Stage, algorithm: MechanismType, wrapping: Key, unwrapping: Key, secret: Buffer): Promise<Buffer> {
  const { session, graphene } = stage;
  const key = aes(stage, secret);
  const wrapped = session.wrapKey(algorithm, wrapping, key);
  const later = await called<Buffer>((callback) => session.wrapKey(algorithm, wrapping, key, callback));
  for (const one of [wrapped, later]) {
    const back = session.unwrapKey(algorithm, unwrapping, one, template(stage, 'AES'));
    assert.deepEqual(value(back), secret);
    const again = await called<Key>((callback) => session.unwrapKey(algorithm, unwrapping, one, template(stage, 'AES'), callback));
    assert.deepEqual(value(again), secret);
    assert.equal(again.toType<SecretKey>().type, graphene.KeyType.AES);
  }
  return wrapped;
}

const wrapping =
  (mechanism: string, iv?: Buffer): Check =>
  async (stage) => {
    stage.requires(`CKM_${mechanism}`);
    const kek = randomBytes(32);
    const number = (stage.pkcs11 as unknown as Record<string, number>)[`CKM_${mechanism}`]!;
    if ((stage.flagsOf(number)! & stage.graphene.MechanismFlag.WRAP) === 0) stage.skip(`CKM_${mechanism} does not wrap`);
    const key = aes(stage, kek);
    const secret = randomBytes(32);
    const wrapped = await around(stage, { name: number as never, params: iv ?? null }, key, key, secret);
    if (mechanism !== 'AES_KEY_WRAP') return;
    const theirs = createCipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6));
    assert.deepEqual(wrapped, Buffer.concat([theirs.update(secret), theirs.final()]));
  };

const ecdh =
  (name: string, theirName: string, size: number): Check =>
  async (stage) => {
    stage.requires('CKM_ECDH1_DERIVE');
    const { session, graphene } = stage;
    const { EC } = graphene.KeyType;
    const pair = session.generateKeyPair(
      graphene.KeyGenMechanism.EC,
      { keyType: EC, paramsEC: graphene.NamedCurve.getByName(name).value, token: false, derive: true },
      { keyType: EC, token: false, derive: true },
    );
    const theirs = createECDH(theirName);
    const algorithm = { name: 'ECDH1_DERIVE', params: new graphene.EcdhParams(graphene.EcKdf.NULL, null, theirs.generateKeys()) };
    const expected = theirs.computeSecret(point(pair.publicKey));
    const now = session.deriveKey(algorithm, pair.privateKey, template(stage, 'GENERIC_SECRET', size));
    const later = await called<Key>((callback) => session.deriveKey(algorithm, pair.privateKey, template(stage, 'GENERIC_SECRET', size), callback));
    for (const key of [now, later]) assert.deepEqual(value(key), expected);
  };

export const checks: Checks = {
  'wraps an AES key by RFC 3394': wrapping('AES_KEY_WRAP'),
  'wraps an AES key in CBC with padding': wrapping('AES_CBC_PAD', randomBytes(16)),
  'wraps an AES key for an RSA key': async (stage) => {
    const { session, graphene } = stage;
    const { RSA } = graphene.KeyType;
    const pair = session.generateKeyPair(
      graphene.KeyGenMechanism.RSA,
      { keyType: RSA, modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]), token: false, wrap: true },
      { keyType: RSA, token: false, unwrap: true },
    );
    const wrapped = await around(stage, 'RSA_PKCS', pair.publicKey, pair.privateKey, randomBytes(16));
    assert.equal(wrapped.length, 256);
  },
  'wraps and unwraps a private key': async (stage) => {
    const { session, graphene } = stage;
    const { RSA } = graphene.KeyType;
    const pair = session.generateKeyPair(
      graphene.KeyGenMechanism.RSA,
      { keyType: RSA, modulusBits: 1024, publicExponent: Buffer.from([1, 0, 1]), token: false, verify: true },
      { keyType: RSA, token: false, sign: true, extractable: true, sensitive: false },
    );
    const number = stage.pkcs11.CKM_AES_KEY_WRAP_PAD;
    stage.requires(number);
    const algorithm = { name: number as never, params: null };
    const kek = aes(stage, randomBytes(32));
    const wrapped = session.wrapKey(algorithm, kek, pair.privateKey);
    const back = await called<Key>((callback) =>
      session.unwrapKey(algorithm, kek, wrapped, { class: graphene.ObjectClass.PRIVATE_KEY, keyType: RSA, token: false, sign: true }, callback),
    );
    const data = randomBytes(99);
    const signature = session.createSign('SHA256_RSA_PKCS', back).once(data);
    assert.equal(session.createVerify('SHA256_RSA_PKCS', pair.publicKey).once(data, signature), true);
  },
  'refuses to unwrap what is not a wrapped key, at once and by callback': async (stage) => {
    stage.requires('CKM_AES_KEY_WRAP');
    const kek = aes(stage, randomBytes(32));
    const expected = { name: 'Pkcs11Error' };
    assert.throws(() => stage.session.unwrapKey('AES_KEY_WRAP', kek, randomBytes(40), template(stage, 'AES')), expected);
    const later = called((callback) => stage.session.unwrapKey('AES_KEY_WRAP', kek, randomBytes(40), template(stage, 'AES'), callback));
    await assert.rejects(later, expected);
  },
  'derives by ECDH on P-256': ecdh('secp256r1', 'prime256v1', 32),
  'derives by ECDH on P-384': ecdh('secp384r1', 'secp384r1', 48),
  'derives by ECDH on P-521': ecdh('secp521r1', 'secp521r1', 66),
  'derives by Diffie-Hellman': async (stage) => {
    stage.requires('CKM_DH_PKCS_KEY_PAIR_GEN', 'CKM_DH_PKCS_DERIVE');
    const { session, graphene } = stage;
    const group = getDiffieHellman('modp14');
    const [prime, base] = [group.getPrime(), group.getGenerator()];
    const { DH } = graphene.KeyType;
    const pair = await called<{ privateKey: Key; publicKey: Key }>((callback) =>
      session.generateKeyPair(
        graphene.KeyGenMechanism.DH_PKCS,
        { keyType: DH, prime, base, token: false, derive: true },
        { keyType: DH, token: false, derive: true },
        callback,
      ),
    );
    const theirs = createDiffieHellman(prime, base);
    const algorithm = { name: 'DH_PKCS_DERIVE', params: theirs.generateKeys() };
    const expected = theirs.computeSecret(value(pair.publicKey));
    const derived = await called<Key>((callback) =>
      session.deriveKey(algorithm, pair.privateKey, template(stage, 'GENERIC_SECRET', expected.length), callback),
    );
    assert.deepEqual(value(derived), expected);
  },
  'derives by encrypting data': async (stage) => {
    stage.requires('CKM_AES_CBC_ENCRYPT_DATA');
    const { session, graphene } = stage;
    const [key, iv, data] = [randomBytes(16), randomBytes(16), randomBytes(32)];
    const algorithm = { name: 'AES_CBC_ENCRYPT_DATA', params: new graphene.AesCbcEncryptDataParams(iv, data) };
    const derived = session.deriveKey(algorithm, aes(stage, key), template(stage, 'GENERIC_SECRET', 32));
    const theirs = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
    assert.deepEqual(value(derived), Buffer.concat([theirs.update(data), theirs.final()]));
  },
};
