import assert from 'node:assert/strict';
import { createHash, getHashes } from 'node:crypto';
import { CKF, CKK, CKM } from '../../lib/constants';
import { curveByName, curveNames } from '../../lib/curves';
import { signatureToDer } from '../../lib/der';
import { CIPHERS } from '../../lib/algorithms/ciphers';
import { DERIVATIONS } from '../../lib/algorithms/derivations';
import { hashByName, hashNames } from '../../lib/algorithms/hashes';
import { pairByName, pairNames, secretByName, secretNames, typeName } from '../../lib/algorithms/key-types';
import { parameterSets } from '../../lib/algorithms/parameter-sets';
import { asked, planCipher } from '../../lib/algorithms/plan-cipher';
import { planSignature, type SignatureAlgorithm } from '../../lib/algorithms/plan-signature';
import { quirksOf } from '../../lib/algorithms/quirks';
import { SIGNATURES, type SignatureOptions } from '../../lib/algorithms/signatures';
import { mechanisms } from '../../lib/mechanisms';
import type { Abilities, KeyFacts } from '../../lib/algorithms/facts';

/** A token with these mechanisms for every use. */
const having = (...list: number[]): Abilities => ({ has: (mechanism) => list.includes(mechanism), quirks: {} });
const everything: Abilities = { has: () => true, quirks: {} };

const rsa: KeyFacts = { keyType: CKK.RSA, type: 'rsa', modulusBytes: 256 };
const p256: KeyFacts = { keyType: CKK.EC, type: 'ec', curve: curveByName('P-256') };
const ed25519: KeyFacts = { keyType: CKK.EC_EDWARDS, type: 'ed25519', curve: curveByName('ed25519') };
const ed448: KeyFacts = { keyType: CKK.EC_EDWARDS, type: 'ed448', curve: curveByName('ed448') };
const mlDsa: KeyFacts = { keyType: CKK.ML_DSA, type: 'ml-dsa-65', parameterSet: 2 };
const generic: KeyFacts = { keyType: CKK.GENERIC_SECRET, type: 'generic' };
const aes: KeyFacts = { keyType: CKK.AES, type: 'aes' };

function plan(facts: KeyFacts, algorithm: SignatureAlgorithm, options: SignatureOptions = {}, abilities = everything, digestGiven = false) {
  return planSignature({ use: 'sign', algorithm, options, digestGiven }, facts, abilities);
}

const invalid = { code: 'ERR_INVALID_ARG_VALUE' };

describe('the tables of algorithms', () => {
  it('have each name once', () => {
    const once = (names: readonly string[]): void => assert.equal(new Set(names).size, names.length);
    once(SIGNATURES.map(({ name }) => name));
    once(CIPHERS.map(({ name }) => name));
    once(DERIVATIONS.map(({ name }) => name));
    once(hashNames());
    once([...pairNames(), ...secretNames()]);
    once(parameterSets.map(({ oid }) => oid));
    once(curveNames('weierstrass'));
  });

  it('know hashes as node:crypto spells them, in any case', () => {
    for (const name of hashNames()) {
      assert.ok(getHashes().includes(name) || name === 'md5', name);
      const hash = hashByName(name.toUpperCase());
      assert.equal(hash?.name, name);
      if (name.startsWith('shake')) continue;
      assert.equal(createHash(name).digest().length, hash?.bytes);
    }
    assert.equal(hashByName('RSA-SHA256')?.name, 'sha256');
    assert.equal(hashByName('SHA512/256')?.name, 'sha512-256');
    assert.equal(hashByName('sha257'), undefined);
  });

  it('find every kind of key by its name', () => {
    for (const name of pairNames()) assert.equal(pairByName(name.toUpperCase())?.name, name);
    for (const name of secretNames()) assert.equal(secretByName(name)?.name, name);
    assert.equal(typeName(CKK.EC, curveByName('P-256'), undefined), 'ec');
    assert.equal(typeName(CKK.EC_EDWARDS, curveByName('ed448'), undefined), 'ed448');
    assert.equal(typeName(CKK.GENERIC_SECRET, undefined, undefined), 'generic');
    assert.equal(typeName(CKK.GOST28147, undefined, undefined), undefined);
  });

  it('never let a key that decrypts unwrap by default', () => {
    for (const name of secretNames()) {
      const use = secretByName(name)?.use;
      if (use?.decrypt === true) assert.equal(use.unwrap, false, name);
    }
    assert.equal(pairByName('rsa')?.privateUse.unwrap, false);
  });
});

describe('planning a signature', () => {
  it('takes the mechanism that hashes and signs, where the token has it', () => {
    const decided = plan(rsa, 'sha256');
    assert.deepEqual(decided.mechanism, { mechanism: CKM.SHA256_RSA_PKCS, parameter: undefined });
    assert.equal(decided.hash, undefined);
    assert.equal(decided.bytes, 256);
    assert.equal(decided.atOnce, false);
  });

  it('hashes in software where the token has the bare mechanism only', () => {
    const data = Buffer.from('a document');
    const digest = createHash('sha256').update(data).digest();
    const pkcs1 = plan(rsa, 'sha256', {}, having(CKM.RSA_PKCS));
    assert.deepEqual(pkcs1.mechanism, { mechanism: CKM.RSA_PKCS, parameter: undefined });
    const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    assert.deepEqual(Buffer.from(pkcs1.hash?.input(digest) ?? []), Buffer.concat([prefix, digest]));
    const ecdsa = plan(p256, 'sha512', {}, having(CKM.ECDSA));
    assert.deepEqual(ecdsa.mechanism, { mechanism: CKM.ECDSA, parameter: undefined });
    assert.equal(ecdsa.hash?.input(new Uint8Array(64)).length, 32, 'a digest longer than the order is cut');
    const pss = plan(rsa, 'sha384', { padding: 'pss' }, having(CKM.RSA_PKCS_PSS));
    assert.deepEqual(pss.mechanism, {
      mechanism: CKM.RSA_PKCS_PSS,
      parameter: { hashAlg: CKM.SHA384, mgf: 3, sLen: 48 },
    });
  });

  it('says which mechanisms are missing when neither is there', () => {
    assert.throws(() => plan(p256, 'sha256', {}, having()), { code: 'ERR_CRYPTOKI_UNSUPPORTED', message: /CKM_ECDSA_SHA256 nor CKM_ECDSA/ });
  });

  it('asks for the use: a mechanism that only verifies does not sign', () => {
    const verifies: Abilities = { has: (mechanism, use) => mechanism === CKM.ECDSA_SHA256 && use === CKF.VERIFY, quirks: {} };
    assert.throws(() => plan(p256, 'sha256', {}, verifies), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
    assert.ok(planSignature({ use: 'verify', algorithm: 'sha256', options: {}, digestGiven: false }, p256, verifies));
  });

  it('gives Ed25519 no parameter, Ed448 one, and the variants theirs', () => {
    assert.deepEqual(plan(ed25519, null).mechanism, { mechanism: CKM.EDDSA, parameter: undefined });
    assert.deepEqual(plan(ed25519, undefined, { context: Buffer.from('c') }).mechanism, {
      mechanism: CKM.EDDSA,
      parameter: { phFlag: false, contextData: Buffer.from('c') },
    });
    assert.deepEqual(plan(ed448, null).mechanism, { mechanism: CKM.EDDSA, parameter: { phFlag: false, contextData: undefined } });
    assert.deepEqual(plan(ed25519, 'sha512', { prehash: true }).mechanism, {
      mechanism: CKM.EDDSA,
      parameter: { phFlag: true, contextData: undefined },
    });
    assert.equal(plan(ed25519, null).atOnce, true);
    assert.equal(plan(ed448, null).bytes, 114);
  });

  it('signs with ML-DSA, with its context and with a hash before it', () => {
    assert.deepEqual(plan(mlDsa, null).mechanism, { mechanism: CKM.ML_DSA, parameter: undefined });
    assert.deepEqual(plan(mlDsa, null, { hedge: 'deterministic' }).mechanism, {
      mechanism: CKM.ML_DSA,
      parameter: { hedgeVariant: 2, context: undefined },
    });
    assert.deepEqual(plan(mlDsa, 'sha512', { prehash: true }).mechanism, { mechanism: CKM.HASH_ML_DSA_SHA512, parameter: undefined });
    const software = plan(mlDsa, 'sha512', { prehash: true }, having(CKM.HASH_ML_DSA));
    assert.deepEqual(software.mechanism, {
      mechanism: CKM.HASH_ML_DSA,
      parameter: { hedgeVariant: 0, context: undefined, hash: CKM.SHA512 },
    });
    assert.equal(software.hash?.name, 'sha512');
    assert.equal(plan(mlDsa, null).bytes, 3309);
  });

  it('authenticates with HMAC and CMAC, shortened where asked', () => {
    assert.deepEqual(plan(generic, 'sha256').mechanism, { mechanism: CKM.SHA256_HMAC, parameter: undefined });
    const short = plan(generic, 'sha256', { macLength: 16 });
    assert.deepEqual(short.mechanism, { mechanism: CKM.SHA256_HMAC_GENERAL, parameter: 16 });
    assert.equal(short.bytes, 16);
    assert.deepEqual(plan(aes, 'cmac').mechanism, { mechanism: CKM.AES_CMAC, parameter: undefined });
    const bound: KeyFacts = { keyType: CKK.SHA256_HMAC, type: 'CKK_SHA256_HMAC' };
    assert.deepEqual(plan(bound, 'sha256').mechanism, { mechanism: CKM.SHA256_HMAC, parameter: undefined });
    assert.throws(() => plan(bound, 'sha512'), invalid);
  });

  it('verifies authentication codes by signing where the token misjudges them', () => {
    const nss: Abilities = { ...everything, quirks: quirksOf('Mozilla Foundation') };
    const verifying = (facts: KeyFacts, abilities: Abilities) =>
      planSignature({ use: 'verify', algorithm: 'sha256', options: {}, digestGiven: false }, facts, abilities);
    assert.equal(verifying(generic, nss).bySigning, true);
    assert.equal(verifying(generic, everything).bySigning, false);
    assert.equal(verifying(p256, nss).bySigning, false);
  });

  it('refuses what cannot be meant', () => {
    assert.throws(() => plan(rsa, 'sha257'), { ...invalid, message: /'sha256'.*Received 'sha257'/ });
    assert.throws(() => plan(rsa, null), invalid);
    assert.throws(() => plan(rsa, 3 as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => plan(ed25519, 'sha256'), { ...invalid, message: /must be null/ });
    assert.throws(() => plan(mlDsa, 'sha512'), { ...invalid, message: /prehash/ });
    assert.throws(() => plan(rsa, 'sha256', { padding: 'none' as never }), invalid);
    assert.throws(() => plan(p256, 'sha256', { padding: 'pss' }), invalid);
    assert.throws(() => plan(rsa, 'sha256', { saltLength: 20 }), invalid);
    assert.throws(() => plan(rsa, 'sha256', { padding: 'pss', saltLength: 223 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => plan(rsa, 'sha256', { padding: 'pss', saltLength: -1 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => plan(rsa, 'sha256', { padding: 'pss', mgf1Hash: 'md5' }), invalid);
    assert.throws(() => plan(p256, 'sha256', { dsaEncoding: 'raw' as never }), invalid);
    assert.throws(() => plan(ed25519, null, { context: new Uint8Array(256) }), invalid);
    assert.throws(() => plan(generic, 'sha256', { macLength: 33 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => plan(generic, 'sha256', {}, everything, true), { ...invalid, message: /digest/ });
    assert.throws(() => plan(ed25519, null, {}, everything, true), invalid);
    assert.throws(() => plan({ keyType: CKK.EC_MONTGOMERY, type: 'x25519' }, null), { ...invalid, message: /do not sign/ });
  });

  it('turns r ‖ s into DER and back, in the length of the curve', () => {
    const der = plan(p256, 'sha256');
    const raw = new Uint8Array(64).fill(9);
    assert.deepEqual(der.encode(raw), signatureToDer(raw));
    assert.deepEqual(der.decode(signatureToDer(raw)), raw);
    assert.deepEqual(der.encode(new Uint8Array(62).fill(9)), signatureToDer(new Uint8Array(62).fill(9)), 'a token that drops zeros');
    assert.equal(der.decode(raw), undefined);
    assert.throws(() => der.encode(new Uint8Array(63)), { code: 'ERR_CRYPTOKI_LENGTH' });
    assert.throws(() => der.encode(new Uint8Array(80).fill(9)), { code: 'ERR_CRYPTOKI_LENGTH' });
    const p1363 = plan(p256, 'sha256', { dsaEncoding: 'ieee-p1363' });
    assert.deepEqual(p1363.encode(raw), raw);
    assert.equal(p1363.encode(new Uint8Array(62).fill(9)).length, 64);
    assert.equal(p1363.decode(raw.subarray(1)), undefined);
  });

  it('uses a mechanism given in full as it is', () => {
    const given = { mechanism: { mechanism: CKM.ECDSA } };
    const decided = plan(p256, given, {}, having());
    assert.equal(decided.mechanism, given.mechanism);
    const raw = new Uint8Array(64).fill(9);
    assert.equal(decided.encode(raw), raw);
    assert.deepEqual(plan(p256, given, { dsaEncoding: 'der' }, having()).encode(raw), signatureToDer(raw));
  });
});

describe('planning a cipher', () => {
  const cipher = (algorithm: unknown, facts = aes, use: 'encrypt' | 'decrypt' | 'wrap' = 'encrypt', abilities = everything) =>
    planCipher(use, asked(algorithm), facts, abilities);
  const iv = new Uint8Array(16);

  it('knows how much comes out', () => {
    assert.equal(cipher({ name: 'aes-gcm', iv }).bytes(100), 116);
    assert.equal(cipher({ name: 'aes-gcm', iv, tagLength: 12 }).bytes(100), 112);
    assert.equal(cipher({ name: 'AES-CBC', iv }).bytes(100), 116);
    assert.equal(cipher({ name: 'aes-cbc', iv }, aes, 'decrypt').bytes(112), 112);
    assert.equal(cipher('rsa-oaep', rsa).bytes(10), 256);
  });

  it('refuses wrong lengths, wrong and misspelt fields, and other keys', () => {
    assert.throws(() => cipher({ name: 'aes-cbc', iv: new Uint8Array(12) }), invalid);
    assert.throws(() => cipher({ name: 'aes-cbc' }), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => cipher({ name: 'aes-cbc', iv, padding: 1 }), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => cipher({ name: 'aes-gcm', iv: new Uint8Array(0) }), invalid);
    assert.throws(() => cipher({ name: 'aes-gcm', iv, tagLength: 5 }), invalid);
    assert.throws(() => cipher({ name: 'aes-gcm', iv, aditionalData: iv }), { ...invalid, message: /additionalData/ });
    assert.throws(() => cipher({ name: 'aes-ccm', nonce: new Uint8Array(14) }), invalid);
    assert.throws(() => cipher({ name: 'aes-ctr', counter: iv, counterBits: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => cipher({ name: 'rsa-oaep', hash: 'md5' }, rsa), invalid);
    assert.throws(() => cipher('rsa-oaep'), { ...invalid, message: /'aes-gcm'/ });
    assert.throws(() => cipher('rsa-aes-kw', rsa), invalid, 'wraps only');
    assert.throws(() => cipher(undefined), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => cipher({}), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => cipher({ name: 'aes-gcm', iv }, aes, 'encrypt', having()), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
  });

  it('lets the token make the IV of AES-GCM for encrypting alone', () => {
    assert.equal(cipher({ name: 'aes-gcm' }).makes, 'iv');
    assert.equal(cipher({ name: 'aes-gcm', iv }).makes, undefined);
    assert.throws(() => cipher({ name: 'aes-gcm' }, aes, 'decrypt'), invalid);
    assert.throws(() => cipher({ name: 'aes-gcm' }, aes, 'wrap'), invalid);
  });

  it('keeps what was given, whatever happens to it later', () => {
    const mine = new Uint8Array(16).fill(1);
    const wish = asked({ name: 'aes-cbc', iv: mine });
    mine.fill(2);
    assert.ok('fields' in wish);
    assert.deepEqual(wish.fields.iv, new Uint8Array(16).fill(1));
  });

  it('takes what SoftHSM calls CKM_AES_KEY_WRAP_PAD for RFC 5649, and nobody else', () => {
    const softhsm: Abilities = { ...having(CKM.AES_KEY_WRAP_PAD), quirks: quirksOf('SoftHSM project') };
    assert.ok(cipher('aes-kwp', aes, 'wrap', softhsm));
    assert.throws(() => cipher('aes-kwp', aes, 'wrap', having(CKM.AES_KEY_WRAP_PAD)), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
  });
});

describe('mechanisms by name', () => {
  const iv = new Uint8Array(12);

  it('carry the number and the parameter of the standard', () => {
    assert.deepEqual(mechanisms.rsaPkcs1(), { mechanism: CKM.RSA_PKCS });
    assert.deepEqual(mechanisms.rsaPkcs1({ hash: 'sha256' }), { mechanism: CKM.SHA256_RSA_PKCS, parameter: undefined });
    assert.deepEqual(mechanisms.rsaPss({ hash: 'sha256', saltLength: 20, mgf1Hash: 'sha1' }), {
      mechanism: CKM.SHA256_RSA_PKCS_PSS,
      parameter: { hashAlg: CKM.SHA256, mgf: 1, sLen: 20 },
    });
    assert.equal(mechanisms.rsaPssDigest({ hash: 'sha256' }).mechanism, CKM.RSA_PKCS_PSS);
    assert.deepEqual(mechanisms.aesGcm({ iv, tagLength: 12 }), {
      mechanism: CKM.AES_GCM,
      parameter: { iv, aad: undefined, tagBits: 96 },
    });
    assert.deepEqual(mechanisms.aesCcm({ nonce: iv, dataLength: 100 }).parameter, { dataLen: 100, nonce: iv, aad: undefined, macLen: 16 });
    assert.deepEqual(mechanisms.hkdf({ info: iv }).parameter, {
      extract: true,
      expand: true,
      prfHashMechanism: CKM.SHA256,
      info: iv,
      saltType: 1,
    });
    assert.deepEqual(mechanisms.hmac({ hash: 'sha1', macLength: 10 }), { mechanism: CKM.SHA_1_HMAC_GENERAL, parameter: 10 });
    assert.deepEqual(mechanisms.eddsa(), { mechanism: CKM.EDDSA });
    assert.equal(mechanisms.pbkdf2({ password: 'p', salt: iv, iterations: 1 }).structure, 'CK_PKCS5_PBKD2_PARAMS2');
  });

  it('refuse what the algorithms refuse', () => {
    assert.throws(() => mechanisms.rsaPkcs1({ hash: 'sha257' }), invalid);
    assert.throws(() => mechanisms.aesGcm({ iv, tagLength: 3 }), invalid);
    assert.throws(() => mechanisms.pbkdf2({ password: 'p', salt: iv, iterations: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => mechanisms.aesCbc({ iv }), invalid);
  });
});
