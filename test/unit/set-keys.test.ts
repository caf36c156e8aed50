import assert from 'node:assert/strict';
import { CKK, CKO, CKP } from '../../lib';
import { element, octetString, oid, sequence } from '../../lib/der';
import { derInPem, setHalf } from '../../lib/set-keys';

const MLDSA65 = '2.16.840.1.101.3.4.3.18';
const version = Uint8Array.of(2, 1, 0);
const seed = Buffer.alloc(32, 1);
const expanded = Buffer.alloc(4032, 2);

const publicKey = (size: number, id = MLDSA65): Uint8Array => sequence(sequence(oid(id)), element(3, Uint8Array.of(0), Buffer.alloc(size, 5)));
const privateKey = (inner: Uint8Array, id = MLDSA65): Uint8Array => sequence(version, sequence(oid(id)), octetString(inner));

const ofPrivate = { class: CKO.PRIVATE_KEY, keyType: CKK.ML_DSA, parameterSet: CKP.ML_DSA_65 };

describe('keys of parameter sets in DER', () => {
  it('public, with the length that the set has', () => {
    const value = Uint8Array.from(Buffer.alloc(1952, 5));
    assert.deepEqual(setHalf(publicKey(1952)), {
      isPrivate: false,
      apart: { type: 'ml-dsa-65', templates: [{ class: CKO.PUBLIC_KEY, keyType: CKK.ML_DSA, parameterSet: CKP.ML_DSA_65, value }] },
    });
    for (const size of [0, 1951, 1953]) assert.equal(setHalf(publicKey(size)), undefined);
  });

  it('private, in the three forms of RFC 9881', () => {
    const forms: [Uint8Array, object][] = [
      [element(0x80, seed), { seed: Uint8Array.from(seed) }],
      [octetString(expanded), { value: Uint8Array.from(expanded) }],
      [sequence(octetString(seed), octetString(expanded)), { seed: Uint8Array.from(seed), value: Uint8Array.from(expanded) }],
    ];
    for (const [inner, secrets] of forms) {
      const half = setHalf(privateKey(inner));
      assert.deepEqual(half, { isPrivate: true, apart: { type: 'ml-dsa-65', templates: [{ ...ofPrivate, ...secrets }] } });
    }
  });

  it('private, bare for SLH-DSA', () => {
    const half = setHalf(privateKey(Buffer.alloc(64, 9), '2.16.840.1.101.3.4.3.20'));
    assert.deepEqual(half?.apart.templates, [
      { class: CKO.PRIVATE_KEY, keyType: CKK.SLH_DSA, parameterSet: CKP.SLH_DSA_SHA2_128S, value: Uint8Array.from(Buffer.alloc(64, 9)) },
    ]);
  });

  it('and nothing else', () => {
    for (const der of [
      new Uint8Array(0),
      Buffer.from('no key'),
      publicKey(1952, '1.2.840.113549.1.1.1'),
      privateKey(Uint8Array.of(2, 1, 0)),
      privateKey(sequence(octetString(seed))),
      publicKey(1952).subarray(0, -1),
      Buffer.concat([publicKey(1952), Uint8Array.of(0)]),
    ]) {
      assert.equal(setHalf(der), undefined);
    }
  });

  it('out of PEM, where it is not encrypted', () => {
    const der = publicKey(1952);
    const text = Buffer.from(der).toString('base64');
    for (const label of ['PUBLIC KEY', 'PRIVATE KEY'])
      assert.deepEqual(derInPem(`before\n-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\nbehind`), Buffer.from(der));
    for (const pem of ['', `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${text}\n-----END ENCRYPTED PRIVATE KEY-----`, '-----BEGIN PUBLIC KEY-----'])
      assert.equal(derInPem(pem), undefined);
  });
});
