// Pairs of keys of every type that graphene-pk11 knows and a token may have: generated, imported, used to sign and to verify, with node:crypto as the other side.

import assert from 'node:assert/strict';
import {
  constants,
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  sign as nodeSign,
  verify as nodeVerify,
  type KeyObject,
} from 'node:crypto';
import { Readable } from 'node:stream';
import type { Key, MechanismType } from 'graphene-pk11';
import type { Check, Checks, Stage } from '../stage';
import { called, dsaNumbers, ecPublicKey, ed25519PublicKey, rsaPublicKey, sign, verify, type Pair } from './help';

const data = randomBytes(300);
const CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055;
const CKM_EDDSA = 0x1057;

/** Each way to sign and verify; `judge` is somebody else's opinion of the signature. */
/**
 * The answer to a wrong signature. NSS 3.87 says CKR_DEVICE_ERROR of one made with CKM_RSA_PKCS, where the thread has met no error before: its comparison sets none.
 */
async function isRefused({ name }: Stage, mechanism: MechanismType, answer: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return !(await answer());
  } catch (error) {
    if (name === 'nss' && mechanism === 'RSA_PKCS' && /CKR_DEVICE_ERROR/.test(String(error))) return true;
    throw error;
  }
}

async function everyWay(
  stage: Stage,
  { privateKey, publicKey }: { privateKey: Key; publicKey: Key },
  mechanism: MechanismType,
  input: Buffer,
  judge: (signature: Buffer) => boolean,
  parts = true,
): Promise<void> {
  const { session } = stage;
  const other = Buffer.from(input);
  other[0]! ^= 1;
  const once = session.createSign(mechanism, privateKey).once(input);
  const asynchronous = await sign(session, mechanism, privateKey, input);
  for (const signature of [once, asynchronous]) {
    assert.ok(judge(signature), 'node:crypto does not verify it');
    assert.equal(session.createVerify(mechanism, publicKey).once(input, signature), true);
    assert.equal(await verify(session, mechanism, publicKey, input, signature), true);
    assert.ok(await isRefused(stage, mechanism, () => session.createVerify(mechanism, publicKey).once(other, signature)));
    assert.ok(await isRefused(stage, mechanism, () => verify(session, mechanism, publicKey, other, signature)));
  }
  if (!parts) return;
  const signer = session.createSign(mechanism, privateKey);
  for await (const part of Readable.from([input.subarray(0, 16), input.subarray(16, 17), input.subarray(17)])) signer.update(part as Buffer);
  const signature = signer.final();
  assert.ok(judge(signature), 'node:crypto does not verify it');
  const verifier = session.createVerify(mechanism, publicKey);
  verifier.update(input.subarray(0, 7));
  verifier.update(input.subarray(7));
  assert.equal(verifier.final(signature), true);
  const refuser = session.createVerify(mechanism, publicKey);
  refuser.update(other);
  assert.equal(refuser.final(signature), false);
}

let rsa: Pair | undefined;

function rsaPair({ session, graphene }: Stage): Pair {
  const { RSA } = graphene.KeyType;
  const publicExponent = Buffer.from([1, 0, 1]);
  rsa ??= session.generateKeyPair(
    graphene.KeyGenMechanism.RSA,
    { keyType: RSA, modulusBits: 2048, publicExponent, token: false, verify: true, encrypt: true, wrap: true },
    { keyType: RSA, token: false, sign: true, decrypt: true, unwrap: true },
  );
  return rsa;
}

const pkcs1 =
  (mechanism: string, hash: string): Check =>
  async (stage) => {
    stage.requires(`CKM_${mechanism}`);
    const pair = rsaPair(stage);
    await everyWay(stage, pair, mechanism, data, (signature) => nodeVerify(hash, data, rsaPublicKey(pair.publicKey), signature));
  };

const pss =
  (mechanism: string, hash: string, saltLength: number): Check =>
  async (stage) => {
    stage.requires(`CKM_${mechanism}`);
    const { MechanismEnum, RsaMgf, RsaPssParams } = stage.graphene;
    const name = hash.toUpperCase() as 'SHA256';
    const pair = rsaPair(stage);
    const input = mechanism === 'RSA_PKCS_PSS' ? createHash(hash).update(data).digest() : data;
    const algorithm = { name: mechanism, params: new RsaPssParams(MechanismEnum[name], RsaMgf[`MGF1_${name}`], saltLength) };
    const key = { key: rsaPublicKey(pair.publicKey), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    await everyWay(stage, pair, algorithm, input, (signature) => nodeVerify(hash, data, key, signature), input === data);
  };

const curve =
  (name: string): Check =>
  async (stage) => {
    stage.requires('CKM_EC_KEY_PAIR_GEN', 'CKM_ECDSA');
    const { session, graphene, skip } = stage;
    const params = graphene.NamedCurve.getByName(name);
    let pair: Pair;
    try {
      pair = await called((callback) =>
        session.generateKeyPair(
          graphene.KeyGenMechanism.EC,
          { keyType: graphene.KeyType.EC, paramsEC: params.value, token: false, verify: true },
          { keyType: graphene.KeyType.EC, token: false, sign: true },
          callback,
        ),
      );
    } catch (error) {
      if (error instanceof stage.pkcs11.Pkcs11Error) skip(`${name}: ${error.message}`);
      throw error;
    }
    assert.equal(pair.privateKey.type, graphene.KeyType.EC);
    const key = ecPublicKey(pair.publicKey);
    const digest = createHash('sha256').update(data).digest();
    const judge = (signature: Buffer): boolean => nodeVerify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
    await everyWay(stage, pair, 'ECDSA', digest, judge, false);
    if (stage.flagsOf(stage.pkcs11.CKM_ECDSA_SHA256) !== undefined) await everyWay(stage, pair, 'ECDSA_SHA256', data, judge);
  };

async function imported(
  stage: Stage,
  publicKey: KeyObject,
  privateTemplate: object,
  publicTemplate: object,
  mechanism: string,
  judge: (signature: Buffer) => boolean,
) {
  const { session, graphene } = stage;
  const common = { token: false };
  const pair = {
    privateKey: session.create({ ...common, class: graphene.ObjectClass.PRIVATE_KEY, private: true, sign: true, ...privateTemplate }).toType<Key>(),
    publicKey: session.create({ ...common, class: graphene.ObjectClass.PUBLIC_KEY, private: false, verify: true, ...publicTemplate }).toType<Key>(),
  };
  assert.ok(pair.privateKey instanceof graphene.PrivateKey && pair.publicKey instanceof graphene.PublicKey);
  assert.equal(publicKey.type, 'public');
  await everyWay(stage, pair, mechanism, data, judge);
}

const hmac =
  (mechanism: string, hash: string): Check =>
  async (stage) => {
    stage.requires(`CKM_${mechanism}`);
    const { session, graphene } = stage;
    const value = randomBytes(64);
    const { GENERIC_SECRET } = graphene.KeyType;
    const { SECRET_KEY } = graphene.ObjectClass;
    const key = session.create({ class: SECRET_KEY, keyType: GENERIC_SECRET, value, token: false, sign: true, verify: true }).toType<Key>();
    const expected = createHmac(hash, value).update(data).digest();
    await everyWay(stage, { privateKey: key, publicKey: key }, mechanism, data, (code) => code.equals(expected));
  };

export const checks: Checks = {
  'RSA: makes a pair of keys, and tells of them': (stage) => {
    const { graphene } = stage;
    const { privateKey, publicKey } = rsaPair(stage);
    const modulus = publicKey.getAttribute('modulus') as Buffer;
    assert.equal(modulus.length, 256);
    assert.deepEqual(privateKey.getAttribute('modulus'), modulus);
    assert.equal(publicKey.class, graphene.ObjectClass.PUBLIC_KEY);
    assert.equal(privateKey.type, graphene.KeyType.RSA);
    assert.deepEqual([privateKey.sign, privateKey.decrypt, privateKey.derive], [true, true, false]);
  },
  'RSA: PKCS #1 with SHA-1': pkcs1('SHA1_RSA_PKCS', 'sha1'),
  'RSA: PKCS #1 with SHA-256': pkcs1('SHA256_RSA_PKCS', 'sha256'),
  'RSA: PKCS #1 with SHA-384': pkcs1('SHA384_RSA_PKCS', 'sha384'),
  'RSA: PKCS #1 with SHA-512': pkcs1('SHA512_RSA_PKCS', 'sha512'),
  'RSA: PKCS #1 of what is given': async (stage) => {
    const pair = rsaPair(stage);
    const input = randomBytes(64);
    const { publicDecrypt } = await import('node:crypto');
    const judge = (signature: Buffer): boolean =>
      publicDecrypt({ key: rsaPublicKey(pair.publicKey), padding: constants.RSA_PKCS1_PADDING }, signature).equals(input);
    await everyWay(stage, pair, 'RSA_PKCS', input, judge, false);
  },
  'RSA: PSS with SHA-256': pss('SHA256_RSA_PKCS_PSS', 'sha256', 32),
  'RSA: PSS with SHA-384': pss('SHA384_RSA_PKCS_PSS', 'sha384', 48),
  'RSA: PSS with SHA-512': pss('SHA512_RSA_PKCS_PSS', 'sha512', 64),
  'RSA: PSS of a digest': pss('RSA_PKCS_PSS', 'sha256', 32),
  'RSA: PSS with SHA-1, as the defaults are': async (stage) => {
    stage.requires('CKM_SHA1_RSA_PKCS_PSS');
    const pair = rsaPair(stage);
    const key = { key: rsaPublicKey(pair.publicKey), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 };
    const algorithm = { name: 'SHA1_RSA_PKCS_PSS', params: new stage.graphene.RsaPssParams() };
    await everyWay(stage, pair, algorithm, data, (signature) => nodeVerify('sha1', data, key, signature));
  },
  'RSA: makes a pair of keys by callback': async (stage) => {
    const { session, graphene } = stage;
    const { RSA } = graphene.KeyType;
    const publicExponent = Buffer.from([1, 0, 1]);
    const pair = await called<Pair>((callback) =>
      session.generateKeyPair(
        graphene.KeyGenMechanism.RSA,
        { keyType: RSA, modulusBits: 1024, publicExponent, token: false, verify: true },
        { keyType: RSA, token: false, sign: true },
        callback,
      ),
    );
    await everyWay(stage, pair, 'SHA256_RSA_PKCS', data, (signature) => nodeVerify('sha256', data, rsaPublicKey(pair.publicKey), signature));
  },
  'RSA: takes keys of node:crypto': async (stage) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = privateKey.export({ format: 'jwk' });
    const bytes = (text?: string): Buffer => Buffer.from(text ?? '', 'base64url');
    const common = { keyType: stage.graphene.KeyType.RSA, modulus: bytes(jwk.n), publicExponent: bytes(jwk.e) };
    const secret = {
      privateExponent: bytes(jwk.d),
      prime1: bytes(jwk.p),
      prime2: bytes(jwk.q),
      exp1: bytes(jwk.dp),
      exp2: bytes(jwk.dq),
      coefficient: bytes(jwk.qi),
    };
    const judge = (signature: Buffer): boolean =>
      nodeVerify('sha256', data, publicKey, signature) && signature.equals(nodeSign('sha256', data, privateKey));
    await imported(stage, publicKey, { ...common, ...secret }, common, 'SHA256_RSA_PKCS', judge);
  },
  ...Object.fromEntries(['secp256r1', 'secp384r1', 'secp521r1', 'secp256k1', 'brainpoolP256r1'].map((name) => [`EC: ${name}`, curve(name)])),
  'DSA: takes keys of node:crypto': async (stage) => {
    stage.requires('CKM_DSA_SHA1');
    const { privateKey, publicKey } = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
    const keyType = stage.graphene.KeyType.DSA;
    const judge = (signature: Buffer): boolean => nodeVerify('sha1', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
    await imported(stage, publicKey, { keyType, ...dsaNumbers(privateKey) }, { keyType, ...dsaNumbers(publicKey) }, 'DSA_SHA1', judge);
  },
  'DSA: makes a pair of keys': async (stage) => {
    stage.requires('CKM_DSA_KEY_PAIR_GEN', 'CKM_DSA_SHA1');
    const { session, graphene } = stage;
    const { value: _, ...parameters } = dsaNumbers(generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey);
    const keyType = graphene.KeyType.DSA;
    const pair = session.generateKeyPair(
      graphene.KeyGenMechanism.DSA,
      { keyType, ...parameters, token: false, verify: true },
      { keyType, token: false, sign: true },
    );
    assert.deepEqual(pair.publicKey.getAttribute('prime'), parameters.prime);
    await everyWay(stage, pair, 'DSA_SHA1', data, (signature) => signature.length === 40);
  },
  Ed25519: async (stage) => {
    stage.requires(CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA);
    const { session } = stage;
    const pair = session.generateKeyPair(
      CKM_EC_EDWARDS_KEY_PAIR_GEN as never,
      { paramsEC: Buffer.from('130c656477617264733235353139', 'hex'), token: false, verify: true },
      { token: false, sign: true },
    );
    const judge = (signature: Buffer): boolean => nodeVerify(null, data, ed25519PublicKey(pair.publicKey), signature);
    await everyWay(stage, pair, CKM_EDDSA, data, judge, false);
  },
  'HMAC with SHA-1': hmac('SHA_1_HMAC', 'sha1'),
  'HMAC with SHA-256': hmac('SHA256_HMAC', 'sha256'),
  'HMAC with SHA-512': hmac('SHA512_HMAC', 'sha512'),
  'HMAC with a key that the token made': async (stage) => {
    stage.requires('CKM_GENERIC_SECRET_KEY_GEN', 'CKM_SHA256_HMAC');
    const { session, graphene } = stage;
    const template = {
      keyType: graphene.KeyType.GENERIC_SECRET,
      valueLen: 32,
      token: false,
      sign: true,
      verify: true,
      extractable: true,
      sensitive: false,
    };
    const key = session.generateKey(graphene.KeyGenMechanism.GENERIC_SECRET, template);
    const expected = createHmac('sha256', key.getAttribute('value') as Buffer)
      .update(data)
      .digest();
    await everyWay(stage, { privateKey: key, publicKey: key }, 'SHA256_HMAC', data, (code) => code.equals(expected));
  },
  'CMAC with an AES key': async (stage) => {
    stage.requires('CKM_AES_CMAC');
    if (stage.name === 'nss') stage.skip('CKM_AES_CMAC signs and does not verify');
    const { session, graphene } = stage;
    const value = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex');
    const key = session
      .create({ class: graphene.ObjectClass.SECRET_KEY, keyType: graphene.KeyType.AES, value, token: false, sign: true, verify: true })
      .toType<Key>();
    // NIST SP 800-38B, D.1, example 3.
    const input = Buffer.from('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411', 'hex');
    const expected = Buffer.from('dfa66747de9ae63030ca32611497c827', 'hex');
    await everyWay(stage, { privateKey: key, publicKey: key }, 'AES_CMAC', input, (code) => code.equals(expected));
  },
};
