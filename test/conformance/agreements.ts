// Shared secrets: ECDH, X25519, ML-KEM.

import { createPublicKey } from 'node:crypto';
import { CKD, CKF, CKK, CKM, CKO, CKP, PrivateKey, type AttributeTemplate } from '../../lib';
import { algorithmIdentifier, DerReader, element, integer, octetString, oid, padded, sequence, TAG } from '../../lib/der';
import { compared, type Family, type KeySpec, type Operation } from './family';
import { hex, type Case } from './vectors';

const P256 = oid('1.2.840.10045.3.1.7');
const X25519 = '1.3.101.110';
const BYTES = 32;

const readable = { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, token: false, sensitive: false, extractable: true } as const;
const derives = { class: CKO.PRIVATE_KEY, token: false, private: true, derive: true } as const;

const wide = (test: Case): Uint8Array => {
  const scalar = hex(test, 'private');
  return padded(scalar, BYTES) ?? scalar;
};

/** PKCS#8 (RFC 5958) around the numbers of the vector. */
const pkcs8 = (algorithm: Uint8Array, key: Uint8Array): Uint8Array => sequence(integer(Uint8Array.of(0)), algorithm, octetString(key));

function privateKey(key: Uint8Array, template: AttributeTemplate): KeySpec {
  return {
    name: Buffer.from(key).toString('hex'),
    make: (token) => token.importKey(key, { attributes: { derive: true, sign: undefined } }),
    template: { ...derives, ...template },
  };
}

function ecKey(test: Case): KeySpec {
  const value = wide(test);
  const inner = sequence(integer(Uint8Array.of(1)), octetString(value));
  return privateKey(pkcs8(algorithmIdentifier('1.2.840.10045.2.1', P256), inner), { keyType: CKK.EC, ecParams: P256, value });
}

function xKey(test: Case): KeySpec {
  const value = wide(test);
  const ecParams = Buffer.from('\x13\x0acurve25519', 'latin1');
  return privateKey(pkcs8(algorithmIdentifier(X25519), octetString(value)), { keyType: CKK.EC_MONTGOMERY, ecParams, value });
}

/** The point in a SubjectPublicKeyInfo that names P-256, whatever node:crypto thinks of it. */
function pointIn(spki: Uint8Array): Uint8Array | undefined {
  try {
    const body = new DerReader(spki).sequence();
    const algorithm = body.sequence();
    const isNamed = algorithm.oid() === '1.2.840.10045.2.1' && Buffer.compare(algorithm.element().whole, P256) === 0;
    return isNamed ? body.bits() : undefined;
  } catch {
    return undefined;
  }
}

/** As a program would: node:crypto reads the key. What it refuses is still given to the token, as the bytes of the point. */
function theirs(test: Case): ReturnType<typeof createPublicKey> | Uint8Array {
  const spki = hex(test, 'public');
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    const point = pointIn(spki);
    // Some of its errors have no code.
    if (point === undefined) throw Object.assign(new Error('no key to node:crypto', { cause }), { code: 'ERR_NO_KEY' });
    return point;
  }
}

const agrees = (publicKey: (test: Case) => ReturnType<typeof theirs>, point: (test: Case) => Uint8Array): Operation => ({
  name: 'derive',
  async answer({ key }, test) {
    if (!(key instanceof PrivateKey)) throw new TypeError('not a private key');
    return compared(await key.deriveBits({ name: 'ecdh', publicKey: publicKey(test) }), hex(test, 'shared'));
  },
  async raw({ raw, session }, key, test) {
    const parameter = { kdf: CKD.NULL, publicData: point(test) };
    const derived = await raw.C_DeriveKey(session, { mechanism: CKM.ECDH1_DERIVE, parameter }, key, { ...readable, valueLen: BYTES });
    const { value } = await raw.C_GetAttributeValue(session, derived.key, ['value']);
    await raw.C_DestroyObject(session, derived.key);
    return compared(value ?? new Uint8Array(0), hex(test, 'shared'));
  },
});

/** X25519 keys as node:crypto reads them. */
const xPublic = (test: Case): ReturnType<typeof createPublicKey> => {
  const key = sequence(algorithmIdentifier(X25519), element(TAG.BIT_STRING, Uint8Array.of(0), hex(test, 'public')));
  return createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
};

function kemKey(test: Case): KeySpec {
  const seed = hex(test, 'seed');
  const use = { class: CKO.PRIVATE_KEY, token: false, private: true, decapsulate: true };
  const template = { ...use, keyType: CKK.ML_KEM, parameterSet: CKP.ML_KEM_768, seed };
  return { name: seed.toString('hex'), make: (token) => token.create(template), template };
}

const decapsulates: Operation = {
  name: 'decapsulate',
  async answer({ key }, test) {
    if (!(key instanceof PrivateKey)) throw new TypeError('not a private key');
    const secret = await key.decapsulate(hex(test, 'c'), { sensitive: false, extractable: true });
    const { value } = await secret.get(['value']);
    await secret.destroy();
    return compared(value ?? new Uint8Array(0), hex(test, 'K'));
  },
  async raw({ raw, session }, key, test) {
    const secret = await raw.C_DecapsulateKey(session, CKM.ML_KEM, key, { ...readable, valueLen: BYTES }, hex(test, 'c'));
    const handle = typeof secret === 'bigint' ? secret : secret.key;
    const { value } = await raw.C_GetAttributeValue(session, handle, ['value']);
    await raw.C_DestroyObject(session, handle);
    return compared(value ?? new Uint8Array(0), hex(test, 'K'));
  },
};

export const agreements: readonly Family[] = [
  {
    file: 'ecdh_secp256r1',
    title: 'ECDH on P-256',
    needs: [[CKM.ECDH1_DERIVE, CKF.DERIVE]],
    key: ecKey,
    operations: [agrees(theirs, (test) => pointIn(hex(test, 'public')) ?? hex(test, 'public'))],
  },
  {
    file: 'x25519',
    title: 'X25519',
    needs: [
      [CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR],
      [CKM.EC_EDWARDS_KEY_PAIR_GEN, CKF.GENERATE_KEY_PAIR],
    ],
    key: xKey,
    operations: [agrees(xPublic, (test) => hex(test, 'public'))],
  },
  { file: 'mlkem_768', title: 'ML-KEM-768', needs: [[CKM.ML_KEM, CKF.DECAPSULATE]], key: kemKey, operations: [decapsulates] },
];
