import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CKK, CKO, CKP } from '../../lib/constants';
import { curveByName, curveOf, ecParamsOf, pointOf } from '../../lib/curves';
import { TAG, algorithmIdentifier, bitString, element, octetString, oid, parse, sequence } from '../../lib/der';
import { DetachedPublicKey, keyIdentifier, keyObjectOf, publicDer, requireSpki, spkiOf } from '../../lib/export-key';
import { agreementPoint, privateTemplates, publicTemplates, wipe } from '../../lib/key-formats';
import type { Attributes } from '../../lib/attributes';

type Pair = { publicKey: KeyObject; privateKey: KeyObject };

const PAIRS: Readonly<Record<string, () => Pair>> = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  brainpoolP384r1: () => generateKeyPairSync('ec', { namedCurve: 'brainpoolP384r1' }),
  ed25519: () => generateKeyPairSync('ed25519'),
  ed448: () => generateKeyPairSync('ed448'),
  x25519: () => generateKeyPairSync('x25519'),
  x448: () => generateKeyPairSync('x448'),
};

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });
const number = (text: string | undefined): string => BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex')}`).toString(16);
const big = (value: unknown): string => BigInt(`0x${Buffer.from(value as Uint8Array).toString('hex')}`).toString(16);

describe('keys as attributes', () => {
  for (const [name, make] of Object.entries(PAIRS)) {
    it(`of ${name} become the same SubjectPublicKeyInfo again`, () => {
      const { publicKey } = make();
      for (const template of publicTemplates(publicKey).templates) {
        assert.equal(template.class, CKO.PUBLIC_KEY);
        const der = spkiOf(template as Attributes);
        assert.deepEqual(der && Buffer.from(der), spki(publicKey));
        assert.deepEqual(keyObjectOf(requireSpki(template as Attributes)).export({ format: 'der', type: 'spki' }), spki(publicKey));
      }
    });
  }

  it('are none of the point at infinity, which ends the process in Node.js 20', () => {
    const der = Buffer.from(sequence(algorithmIdentifier('1.2.840.10045.2.1', oid('1.2.840.10045.3.1.7')), bitString(Uint8Array.of(0))));
    assert.throws(() => keyObjectOf(der), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    assert.throws(() => publicDer(key));
    assert.throws(() => publicTemplates(key));
    assert.equal(agreementPoint(key, curveByName('P-256')!), undefined);
  });

  it('hold the numbers of an RSA key', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = privateKey.export({ format: 'jwk' });
    const [template] = privateTemplates(privateKey).templates;
    assert.ok(template);
    const names = {
      modulus: 'n',
      publicExponent: 'e',
      privateExponent: 'd',
      prime1: 'p',
      prime2: 'q',
      exponent1: 'dp',
      exponent2: 'dq',
      coefficient: 'qi',
    };
    for (const [attribute, member] of Object.entries(names)) {
      const value = template[attribute as 'modulus'];
      assert.equal(big(value), number(jwk[member] as string), attribute);
      assert.notEqual((value as Uint8Array)[0], 0, 'big numbers have no leading zeros');
    }
  });

  it('hold the scalar of an EC key in the length of its order, and the seed of an Ed25519 key', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
    const [template] = privateTemplates(ec).templates;
    const { value } = template as { value: Uint8Array };
    assert.deepEqual(Buffer.from(value).toString('base64url'), ec.export({ format: 'jwk' }).d);
    assert.equal(value.length, 66);
    const ed = generateKeyPairSync('ed25519').privateKey;
    assert.equal(Buffer.from(privateTemplates(ed).templates[0]?.value as Uint8Array).toString('base64url'), ed.export({ format: 'jwk' }).d);
  });

  it('are wiped where they are secret', () => {
    const { templates } = privateTemplates(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    wipe(templates);
    const [{ privateExponent }] = templates as [{ privateExponent: Uint8Array }];
    assert.ok(privateExponent.every((byte) => byte === 0));
  });

  it('of types that this library does not know are refused', () => {
    const { publicKey, privateKey } = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
    assert.throws(() => publicTemplates(publicKey), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
    assert.throws(() => privateTemplates(privateKey), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
  });
});

describe('public keys of tokens', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const point = spki(publicKey).subarray(-65);
  const ecParams = oid('1.2.840.10045.3.1.7');

  it('give their point wrapped or bare', () => {
    for (const ecPoint of [octetString(point), point, bitString(point)]) {
      assert.deepEqual(Buffer.from(requireSpki({ keyType: CKK.EC, ecParams, ecPoint })), spki(publicKey));
    }
    for (const ecPoint of [point.subarray(1), octetString(point.subarray(1)), new Uint8Array(0)]) {
      assert.equal(spkiOf({ keyType: CKK.EC, ecParams, ecPoint }), undefined);
    }
  });

  it('give their curve by identifier, by name, or in full', () => {
    const ed = generateKeyPairSync('ed25519').publicKey;
    const raw = spki(ed).subarray(-32);
    for (const params of [oid('1.3.101.112'), element(TAG.PRINTABLE_STRING, Buffer.from('edwards25519')), oid('1.3.6.1.4.1.11591.15.1')]) {
      assert.deepEqual(Buffer.from(requireSpki({ keyType: CKK.EC_EDWARDS, ecParams: params, ecPoint: raw })), spki(ed));
    }
    const full = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey;
    const [template] = publicTemplates(full).templates;
    assert.equal(curveOf(template?.ecParams as Uint8Array, CKK.EC)?.orderBytes, 32);
    assert.deepEqual(Buffer.from(requireSpki(template as Attributes)), spki(full));
    assert.equal(curveOf(Buffer.from('rubbish'), CKK.EC), undefined);
  });

  it('fall back on CKA_PUBLIC_KEY_INFO, where that is one', () => {
    const attributes = { keyType: CKK.EC, publicKeyInfo: spki(publicKey) };
    assert.deepEqual(Buffer.from(requireSpki(attributes)), spki(publicKey));
    assert.equal(spkiOf({ keyType: CKK.EC, publicKeyInfo: new Uint8Array(0) }), undefined);
    assert.equal(spkiOf({ keyType: CKK.EC, publicKeyInfo: point }), undefined);
    assert.throws(() => requireSpki({ keyType: CKK.EC }), { code: 'ERR_CRYPTOKI_UNSUPPORTED', message: /CKK_EC/ });
  });

  it('of ML-DSA have a SubjectPublicKeyInfo, whatever this Node.js makes of it', () => {
    const value = new Uint8Array(1952).fill(5);
    const der = requireSpki({ keyType: CKK.ML_DSA, parameterSet: CKP.ML_DSA_65, value });
    assert.deepEqual(der, sequence(algorithmIdentifier('2.16.840.1.101.3.4.3.18'), bitString(value)));
    assert.equal(spkiOf({ keyType: CKK.ML_DSA, parameterSet: CKP.ML_DSA_65, value: value.subarray(1) }), undefined);
    const key = new DetachedPublicKey(der);
    assert.deepEqual(key.toSpki(), der);
    try {
      assert.equal(key.toKeyObject().asymmetricKeyType, 'ml-dsa-65');
    } catch (error) {
      assert.equal((error as { code: string }).code, 'ERR_CRYPTOKI_UNSUPPORTED');
      assert.match((error as Error).message, /toSpki/);
    }
  });

  it('of DSA are understood', () => {
    const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey;
    const attributes = parse(spki(dsa), (reader) => {
      const body = reader.sequence();
      const algorithm = body.sequence();
      algorithm.oid();
      const numbers = algorithm.sequence();
      const [prime, subprime, base] = [numbers.unsigned(), numbers.unsigned(), numbers.unsigned()];
      return { keyType: CKK.DSA, prime, subprime, base, value: parse(body.bits(), (inner) => inner.unsigned()) };
    });
    assert.deepEqual(Buffer.from(requireSpki(attributes)), spki(dsa));
  });

  it('are identified by the SHA-1 of the key itself', () => {
    assert.deepEqual(Buffer.from(keyIdentifier(spki(publicKey))), createHash('sha1').update(point).digest());
  });
});

describe('curves', () => {
  it('are known by the names of node:crypto, NIST and SEC', () => {
    for (const name of ['prime256v1', 'P-256', 'secp256r1', 'p-256']) assert.equal(curveByName(name)?.oid, '1.2.840.10045.3.1.7');
    assert.equal(curveByName('nothing'), undefined);
  });

  it('have the order’s length, not the field’s, for signatures', () => {
    assert.equal(curveByName('secp224k1')?.orderBytes, 29);
    assert.equal(curveByName('secp224k1')?.fieldBytes, 28);
    assert.equal(curveByName('P-521')?.orderBytes, 66);
  });

  it('are spelt by identifier first', () => {
    const x25519 = curveByName('x25519');
    assert.ok(x25519);
    assert.deepEqual(
      ecParamsOf(x25519).map((params) => params[0]),
      [TAG.OID, TAG.PRINTABLE_STRING],
    );
    for (const params of ecParamsOf(x25519)) assert.equal(curveOf(params, CKK.EC_MONTGOMERY), x25519);
  });

  it('tell a point of theirs by its length', () => {
    const p256 = curveByName('P-256');
    assert.ok(p256);
    const compressed = Uint8Array.of(2, ...new Uint8Array(32));
    assert.deepEqual(pointOf(octetString(compressed), p256), compressed);
    assert.equal(pointOf(new Uint8Array(65), p256), undefined);
  });

  it('agree with keys on the same curve only', () => {
    const p256 = curveByName('P-256');
    assert.ok(p256);
    assert.equal(agreementPoint(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey, p256)?.length, 65);
    assert.equal(agreementPoint(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, p256), undefined);
  });
});
