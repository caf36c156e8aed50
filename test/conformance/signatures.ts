// Signatures to be verified: RSA, ECDSA, Ed25519, ML-DSA.

import { createHash } from 'node:crypto';
import {
  CKF,
  CKK,
  CKM,
  CKO,
  CKP,
  PublicKey,
  type AttributeTemplate,
  type MechanismInput,
  type SignatureAlgorithm,
  type SignatureOptions,
} from '../../lib';
import { octetString, oid, signatureFromDer } from '../../lib/der';
import { judged, verdict, type Family, type KeySpec, type Operation, type RawSide } from './family';
import { big, hex, type Case, type Fields, type Group } from './vectors';

const isPublic = { class: CKO.PUBLIC_KEY, token: false, private: false, verify: true };

/** A public key that comes as SubjectPublicKeyInfo. */
function fromSpki(group: Group, template: AttributeTemplate): KeySpec {
  const spki = hex(group, 'publicKeyDer');
  return { name: spki.toString('hex'), make: (token) => token.importKey(spki), template: { ...isPublic, ...template } };
}

function rsaKey(_test: Case, group: Group): KeySpec {
  const numbers = group['publicKey'] as Fields;
  return fromSpki(group, { keyType: CKK.RSA, modulus: big(numbers, 'modulus'), publicExponent: big(numbers, 'publicExponent') });
}

function ecKey(_test: Case, group: Group): KeySpec {
  const ecPoint = octetString(hex(group['publicKey'] as Fields, 'uncompressed'));
  return fromSpki(group, { keyType: CKK.EC, ecParams: oid('1.2.840.10045.3.1.7'), ecPoint });
}

function edKey(_test: Case, group: Group): KeySpec {
  const ecPoint = octetString(hex(group['publicKey'] as Fields, 'pk'));
  return fromSpki(group, { keyType: CKK.EC_EDWARDS, ecParams: Buffer.from('\x13\x0cedwards25519', 'latin1'), ecPoint });
}

/** node:crypto reads these keys since OpenSSL 3.5 only: attributes serve everywhere. */
function mlDsaKey(_test: Case, group: Group): KeySpec {
  const value = hex(group, 'publicKey');
  const template = { ...isPublic, keyType: CKK.ML_DSA, parameterSet: CKP.ML_DSA_65, value };
  return { name: value.toString('hex'), make: (token) => token.create(template), template };
}

interface Signed {
  readonly algorithm: SignatureAlgorithm;
  readonly options?: (test: Case) => SignatureOptions;
  /** The mechanism that hashes, and the one that is given a digest. */
  readonly mechanism: (test: Case) => MechanismInput;
  readonly bare?: number;
  /** What the token is given as signature. */
  readonly decode?: (signature: Buffer) => Uint8Array | undefined;
}

function verifies({ algorithm, options = () => ({}), mechanism, bare, decode = (signature) => signature }: Signed): Operation {
  return {
    name: 'verify',
    async answer({ key }, test) {
      if (!(key instanceof PublicKey)) throw new TypeError('not a public key');
      return judged(await key.verify(algorithm, hex(test, 'msg'), hex(test, 'sig'), options(test)));
    },
    async raw({ raw, session, has }: RawSide, key, test) {
      const whole = mechanism(test);
      const hashes = bare === undefined || (typeof whole === 'number' && has(whole));
      const message = hex(test, 'msg');
      const signature = decode(hex(test, 'sig'));
      if (signature === undefined) return judged(false);
      await raw.C_VerifyInit(session, hashes ? whole : bare, key);
      return verdict(raw.C_Verify(session, hashes ? message : createHash('sha256').update(message).digest(), signature));
    },
  };
}

const HALF = 32;

export const signatures: readonly Family[] = [
  {
    file: 'rsa_signature_2048_sha256',
    title: 'RSASSA-PKCS1-v1_5 with SHA-256',
    needs: [
      [CKM.SHA256_RSA_PKCS, CKF.VERIFY],
      [CKM.RSA_PKCS, CKF.VERIFY],
    ],
    key: rsaKey,
    operations: [verifies({ algorithm: 'sha256', mechanism: () => CKM.SHA256_RSA_PKCS })],
  },
  {
    file: 'rsa_pss_2048_sha256_mgf1_32',
    title: 'RSASSA-PSS with SHA-256',
    needs: [[CKM.SHA256_RSA_PKCS_PSS, CKF.VERIFY]],
    key: rsaKey,
    operations: [
      verifies({
        algorithm: 'sha256',
        options: () => ({ padding: 'pss', saltLength: 32 }),
        mechanism: () => ({ mechanism: CKM.SHA256_RSA_PKCS_PSS, parameter: { hashAlg: CKM.SHA256, mgf: 2, sLen: 32 } }),
      }),
    ],
  },
  {
    file: 'ecdsa_secp256r1_sha256',
    title: 'ECDSA on P-256 with SHA-256, in DER',
    needs: [
      [CKM.ECDSA_SHA256, CKF.VERIFY],
      [CKM.ECDSA, CKF.VERIFY],
    ],
    key: ecKey,
    operations: [
      verifies({ algorithm: 'sha256', mechanism: () => CKM.ECDSA_SHA256, bare: CKM.ECDSA, decode: (signature) => signatureFromDer(signature, HALF) }),
    ],
  },
  {
    file: 'ecdsa_secp256r1_sha256_p1363',
    title: 'ECDSA on P-256 with SHA-256, as r and s',
    needs: [
      [CKM.ECDSA_SHA256, CKF.VERIFY],
      [CKM.ECDSA, CKF.VERIFY],
    ],
    key: ecKey,
    operations: [
      verifies({ algorithm: 'sha256', options: () => ({ dsaEncoding: 'ieee-p1363' }), mechanism: () => CKM.ECDSA_SHA256, bare: CKM.ECDSA }),
    ],
  },
  {
    file: 'ed25519',
    title: 'Ed25519',
    needs: [[CKM.EDDSA, CKF.VERIFY]],
    key: edKey,
    operations: [verifies({ algorithm: null, mechanism: () => CKM.EDDSA })],
  },
  {
    file: 'mldsa_65_verify',
    title: 'ML-DSA-65',
    needs: [[CKM.ML_DSA, CKF.VERIFY]],
    key: mlDsaKey,
    operations: [
      verifies({
        algorithm: null,
        options: (test) => (test['ctx'] === undefined ? {} : { context: hex(test, 'ctx') }),
        mechanism: (test) =>
          test['ctx'] === undefined ? CKM.ML_DSA : { mechanism: CKM.ML_DSA, parameter: { hedgeVariant: 0, context: hex(test, 'ctx') } },
      }),
    ],
  },
];
