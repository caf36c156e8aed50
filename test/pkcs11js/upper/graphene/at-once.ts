// Many calls at once through graphene's callbacks, on one session, while garbage is collected all the time: 40 calls give 40 right results.

import assert from 'node:assert/strict';
import { createCipheriv, createECDH, createHash, randomBytes, verify as nodeVerify } from 'node:crypto';
import type { Key, SecretKey } from 'graphene-pk11';
import type { Checks, Stage } from '../stage';
import { called, decrypt, ecPublicKey, encrypt, point, rsaPublicKey, sign, verify, type Pair } from './help';

const CALLS = 40;

/** Starts `CALLS` calls with garbage collection between them and until the last has ended. */
async function atOnce<T>(start: (number: number) => Promise<T>): Promise<T[]> {
  const collect = globalThis.gc!;
  let ended = false;
  const loop = (): void => {
    collect();
    if (!ended) setImmediate(loop);
  };
  const calls: Promise<T>[] = [];
  for (let number = 0; number < CALLS; number++) {
    calls.push(start(number));
    collect();
  }
  loop();
  try {
    return await Promise.all(calls);
  } finally {
    ended = true;
  }
}

/** What is made anew for each call, so that nothing but the call holds it. */
const input = (number: number, length = 1000): Buffer => Buffer.alloc(length, `input ${number} `);

function pair({ session, graphene }: Stage): Pair {
  const { EC } = graphene.KeyType;
  return session.generateKeyPair(
    graphene.KeyGenMechanism.EC,
    { keyType: EC, paramsEC: graphene.NamedCurve.getByName('secp256r1').value, token: false, verify: true, derive: true },
    { keyType: EC, token: false, sign: true, derive: true },
  );
}

const digestOf = (number: number): Buffer => createHash('sha256').update(input(number)).digest();

export const checks: Checks = {
  '40 signatures by ECDSA': async (stage) => {
    const { privateKey, publicKey } = pair(stage);
    const key = ecPublicKey(publicKey);
    const signatures = await atOnce((number) => sign(stage.session, 'ECDSA', privateKey, digestOf(number)));
    for (const [number, signature] of signatures.entries()) {
      assert.ok(nodeVerify('sha256', input(number), { key, dsaEncoding: 'ieee-p1363' }, signature), `call ${number}`);
    }
    const verified = await atOnce((number) => verify(stage.session, 'ECDSA', publicKey, digestOf(number), signatures[(number >> 1) << 1]!));
    assert.deepEqual(
      verified,
      signatures.map((_, number) => number % 2 === 0),
    );
  },

  '40 signatures by RSA, each with a parameter of its own': async (stage) => {
    stage.requires('CKM_SHA256_RSA_PKCS_PSS');
    const { session, graphene } = stage;
    const { RSA } = graphene.KeyType;
    const { privateKey, publicKey } = session.generateKeyPair(
      graphene.KeyGenMechanism.RSA,
      { keyType: RSA, modulusBits: 1024, publicExponent: Buffer.from([1, 0, 1]), token: false, verify: true },
      { keyType: RSA, token: false, sign: true },
    );
    const { MechanismEnum, RsaMgf, RsaPssParams } = graphene;
    const signatures = await atOnce((number) => {
      const params = new RsaPssParams(MechanismEnum.SHA256, RsaMgf.MGF1_SHA256, number);
      return sign(session, { name: 'SHA256_RSA_PKCS_PSS', params }, privateKey, input(number));
    });
    const key = rsaPublicKey(publicKey);
    for (const [number, signature] of signatures.entries()) {
      assert.ok(nodeVerify('sha256', input(number), { key, padding: 6, saltLength: number }, signature), `call ${number}`);
    }
  },

  '40 digests': async ({ module, pkcs11 }) => {
    const slot = [...module.getSlots(true)].find((one) => [...one.getMechanisms()].some(({ type }) => type === pkcs11.CKM_SHA256));
    const session = slot!.open();
    const digests = await atOnce((number) => called<Buffer>((callback) => session.createDigest('SHA256').once(input(number), callback)));
    assert.deepEqual(
      digests,
      digests.map((_, number) => digestOf(number)),
    );
    session.close();
  },

  '40 encryptions and 40 decryptions, each with an IV of its own': async ({ session, graphene }) => {
    const value = randomBytes(32);
    const template = { class: graphene.ObjectClass.SECRET_KEY, keyType: graphene.KeyType.AES, value, token: false, encrypt: true, decrypt: true };
    const key = session.create(template).toType<SecretKey>();
    const iv = (number: number): Buffer => Buffer.alloc(16, number + 1);
    const sealed = await atOnce((number) => encrypt(session, { name: 'AES_CBC_PAD', params: iv(number) }, key, input(number)));
    for (const [number, one] of sealed.entries()) {
      const theirs = createCipheriv('aes-256-cbc', value, iv(number));
      assert.deepEqual(one, Buffer.concat([theirs.update(input(number)), theirs.final()]), `call ${number}`);
    }
    const opened = await atOnce((number) => decrypt(session, { name: 'AES_CBC_PAD', params: iv(number) }, key, Buffer.from(sealed[number]!)));
    assert.deepEqual(
      opened,
      opened.map((_, number) => input(number)),
    );
  },

  '40 derivations by ECDH, each for somebody else': async (stage) => {
    stage.requires('CKM_ECDH1_DERIVE');
    const { session, graphene } = stage;
    const { privateKey, publicKey } = pair(stage);
    const theirs = Array.from({ length: CALLS }, () => {
      const one = createECDH('prime256v1');
      one.generateKeys();
      return one;
    });
    const { SECRET_KEY } = graphene.ObjectClass;
    const keyType = graphene.KeyType.GENERIC_SECRET;
    const keys = await atOnce((number) => {
      const params = new graphene.EcdhParams(graphene.EcKdf.NULL, null, Buffer.from(theirs[number]!.getPublicKey()));
      const template = { class: SECRET_KEY, keyType, token: false, sensitive: false, extractable: true, valueLen: 32 };
      return called<Key>((callback) => session.deriveKey({ name: 'ECDH1_DERIVE', params }, privateKey, template, callback));
    });
    for (const [number, key] of keys.entries()) {
      assert.deepEqual(key.getAttribute('value'), theirs[number]!.computeSecret(point(publicKey)), `call ${number}`);
    }
  },

  '40 keys, each with a name of its own': async ({ session, graphene }) => {
    const keys = await atOnce((number) => {
      const template = { keyType: graphene.KeyType.AES, valueLen: 16, token: false, label: `key ${number}`, id: input(number, 12) };
      return called<SecretKey>((callback) => session.generateKey(graphene.KeyGenMechanism.AES, template, callback));
    });
    for (const [number, key] of keys.entries()) assert.deepEqual([key.label, key.id], [`key ${number}`, input(number, 12)]);
  },

  '40 calls on four sessions': async (stage) => {
    const { privateKey, publicKey } = pair(stage);
    const { SERIAL_SESSION, RW_SESSION } = stage.graphene.SessionFlag;
    const sessions = Array.from({ length: 4 }, () => stage.slot.open(SERIAL_SESSION | RW_SESSION));
    const signatures = await atOnce((number) => sign(sessions[number % 4]!, 'ECDSA', privateKey, digestOf(number)));
    const key = ecPublicKey(publicKey);
    for (const [number, signature] of signatures.entries()) {
      assert.ok(nodeVerify('sha256', input(number), { key, dsaEncoding: 'ieee-p1363' }, signature), `call ${number}`);
    }
    for (const session of sessions) session.close();
  },
};
