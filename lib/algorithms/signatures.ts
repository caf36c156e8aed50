// How keys sign and authenticate: one row per algorithm. What stands below reads rows and never asks for a name or number.

import { CKF, CKH, CKK, CKM } from '../generated/constants';
import { bytes, integer, oneOf, wrongValue } from '../arguments';
import { digestInfo, hashByHmacKeyType, hashByName, type Hash } from './hashes';
import { parameterSetOf } from './parameter-sets';
import type { KeyFacts } from './facts';
import type { Parameter } from './facts';
import type { CallOptions } from '../options';

/** Options of `sign` and `verify`, in the words of node:crypto where it has them. */
export interface SignatureOptions extends CallOptions {
  /** RSA: 'pkcs1' (default) is RSASSA-PKCS1-v1_5, 'pss' is RSASSA-PSS. */
  readonly padding?: 'pkcs1' | 'pss' | undefined;
  /** RSASSA-PSS: bytes of salt. Default: as many as the digest has. */
  readonly saltLength?: number | undefined;
  /** RSASSA-PSS: the hash of its mask generation. Default: that of the message. */
  readonly mgf1Hash?: string | undefined;
  /** ECDSA and DSA: 'der' (default) or 'ieee-p1363', which is r ‖ s. Without meaning, and allowed, elsewhere. */
  readonly dsaEncoding?: 'der' | 'ieee-p1363' | undefined;
  /** Ed25519, Ed448, ML-DSA, SLH-DSA: the context string, at most 255 bytes. */
  readonly context?: Uint8Array | undefined;
  /** Ed25519ph, Ed448ph, HashML-DSA, HashSLH-DSA instead of the plain algorithm. */
  readonly prehash?: boolean | undefined;
  /** ML-DSA, SLH-DSA: whether randomness goes into the signature. Default: 'preferred'. */
  readonly hedge?: 'preferred' | 'required' | 'deterministic' | undefined;
  /** HMAC, CMAC: bytes of a shortened code. Default: all of it. */
  readonly macLength?: number | undefined;
}

type Option = 'padding' | 'saltLength' | 'mgf1Hash' | 'context' | 'prehash' | 'hedge' | 'macLength';

export interface SignatureRequest {
  readonly facts: KeyFacts;
  readonly options: SignatureOptions;
  /** The name of the algorithm in lower case, or null. */
  readonly algorithm: string | null;
  readonly hash: Hash | undefined;
  /** The caller has hashed already. */
  readonly digestGiven: boolean;
}

export interface SignatureRow {
  readonly name: string;
  readonly keyTypes: readonly number[];
  readonly options: readonly Option[];
  /** Names it is asked for by, where that is not the name of a hash. */
  readonly names?: readonly string[];
  /** Whether it is meant, among the rows for the same type of key. */
  readonly serves?: (request: SignatureRequest) => boolean;
  /** Whether there is a hash of the caller's choice: always, only on request (`prehash`), or never. */
  readonly hashing: 'always' | 'prehash' | 'never';
  /** The hashes it can be used with. */
  readonly hashes: (hash: Hash, facts: KeyFacts) => boolean;
  /** The mechanism that does everything, hashing included. */
  readonly whole: (request: SignatureRequest) => number | undefined;
  /** The mechanism that takes what `input` makes of a digest. */
  readonly bare?: number;
  readonly input?: (hash: Hash, digest: Uint8Array, facts: KeyFacts) => Uint8Array;
  readonly parameter?: (request: SignatureRequest, bare: boolean) => Parameter;
  /** The token's signature is two numbers of equal length, r ‖ s. */
  readonly halves?: boolean;
  /** Bytes of the signature as the token gives it. */
  readonly bytes: (request: SignatureRequest) => number | undefined;
  /** It is an authentication code: who can verify can sign. */
  readonly mac?: boolean;
  /** The standard has it for a message in one piece only. */
  readonly atOnce?: boolean;
}

const none = (): boolean => false;

/** Bytes of r and of s. */
export const halfBytes = (facts: KeyFacts): number | undefined => facts.curve?.orderBytes ?? facts.subprimeBytes;

const twoHalves = ({ facts }: SignatureRequest): number | undefined => {
  const half = halfBytes(facts);
  return half === undefined ? undefined : 2 * half;
};

// Tokens disagree on digests longer than the order; FIPS 186-5 section 6.4.1 takes the leftmost bits.
const leftmost = (_hash: Hash, digest: Uint8Array, facts: KeyFacts): Uint8Array => digest.subarray(0, halfBytes(facts) ?? digest.length);

const same = (_hash: Hash, digest: Uint8Array): Uint8Array => digest;

function mgfOf(hash: Hash, options: SignatureOptions): number {
  const mgfHash = options.mgf1Hash === undefined ? hash : hashByName(options.mgf1Hash);
  if (mgfHash?.mgf === undefined) throw wrongValue('options.mgf1Hash', 'must be the name of a hash that the standard has a mask generation for');
  return mgfHash.mgf;
}

function pssParameter({ hash, options, facts }: SignatureRequest): Parameter {
  if (hash?.mechanism === undefined) throw wrongValue('algorithm', 'must be the name of a hash');
  // RFC 8017 section 9.1.1: the salt, the digest and two bytes must fit.
  const most = facts.modulusBytes === undefined ? undefined : Math.max(0, facts.modulusBytes - hash.bytes - 2);
  const sLen = integer(options.saltLength ?? hash.bytes, 'options.saltLength', 0, most);
  return { hashAlg: hash.mechanism, mgf: mgfOf(hash, options), sLen };
}

const context = (options: SignatureOptions): Uint8Array | undefined => {
  if (options.context === undefined) return undefined;
  const value = bytes(options.context, 'options.context');
  if (value.length > 255) throw wrongValue('options.context', `must not be longer than 255 bytes. Received ${value.length} bytes`);
  return value;
};

/** PKCS#11 v3.1 section 6.3.16: without parameters it is Ed25519; Ed448 and the variants need them. */
function eddsaParameter({ facts, options }: SignatureRequest): Parameter {
  const contextData = context(options);
  const phFlag = options.prehash ?? false;
  if (facts.curve?.name === 'ed25519' && !phFlag && (contextData?.length ?? 0) === 0) return undefined;
  return { phFlag, contextData };
}

const HEDGE = { preferred: CKH.HEDGE_PREFERRED, required: CKH.HEDGE_REQUIRED, deterministic: CKH.DETERMINISTIC_REQUIRED };

/** PKCS#11 v3.2: CK_SIGN_ADDITIONAL_CONTEXT may be left out, CK_HASH_SIGN_ADDITIONAL_CONTEXT may not. */
function additionalContext({ options, hash }: SignatureRequest, bare: boolean): Parameter {
  const contextData = context(options);
  const hedge = oneOf(options.hedge ?? 'preferred', 'options.hedge', ['preferred', 'required', 'deterministic'] as const);
  const hedgeVariant = HEDGE[hedge];
  if (bare) return { hedgeVariant, context: contextData, hash: hash?.mechanism ?? 0 };
  return contextData === undefined && options.hedge === undefined ? undefined : { hedgeVariant, context: contextData };
}

const setBytes = ({ facts }: SignatureRequest): number | undefined => parameterSetOf(facts.keyType, facts.parameterSet)?.outputBytes;

const macBytes = (request: SignatureRequest, full: number): number => integer(request.options.macLength ?? full, 'options.macLength', 1, full);

const macParameter = (request: SignatureRequest, full: number): Parameter =>
  request.options.macLength === undefined ? undefined : macBytes(request, full);

const cmac = (name: string, keyTypes: readonly number[], block: number, whole: number, general: number): SignatureRow => ({
  name,
  keyTypes,
  names: ['cmac'],
  options: ['macLength'],
  hashing: 'never',
  hashes: none,
  whole: ({ options }) => (options.macLength === undefined ? whole : general),
  parameter: (request) => macParameter(request, block),
  bytes: (request) => macBytes(request, block),
  mac: true,
});

const isPss = ({ options }: SignatureRequest): boolean => oneOf(options.padding ?? 'pkcs1', 'options.padding', ['pkcs1', 'pss']) === 'pss';

export const SIGNATURES: readonly SignatureRow[] = Object.freeze([
  {
    name: 'RSASSA-PKCS1-v1_5',
    keyTypes: [CKK.RSA],
    options: ['padding'],
    serves: (request) => !isPss(request),
    hashing: 'always',
    hashes: ({ mechanism }) => mechanism !== undefined,
    whole: ({ hash }) => hash?.rsaPkcs1,
    bare: CKM.RSA_PKCS,
    input: digestInfo,
    bytes: ({ facts }) => facts.modulusBytes,
  },
  {
    name: 'RSASSA-PSS',
    keyTypes: [CKK.RSA],
    options: ['padding', 'saltLength', 'mgf1Hash'],
    serves: isPss,
    hashing: 'always',
    hashes: ({ mgf }) => mgf !== undefined,
    whole: ({ hash }) => hash?.rsaPss,
    bare: CKM.RSA_PKCS_PSS,
    input: same,
    parameter: pssParameter,
    bytes: ({ facts }) => facts.modulusBytes,
  },
  {
    name: 'ECDSA',
    keyTypes: [CKK.EC],
    options: [],
    hashing: 'always',
    hashes: ({ mechanism }) => mechanism !== undefined,
    whole: ({ hash }) => hash?.ecdsa,
    bare: CKM.ECDSA,
    input: leftmost,
    halves: true,
    bytes: twoHalves,
  },
  {
    name: 'DSA',
    keyTypes: [CKK.DSA],
    options: [],
    hashing: 'always',
    hashes: ({ mechanism }) => mechanism !== undefined,
    whole: ({ hash }) => hash?.dsa,
    bare: CKM.DSA,
    input: leftmost,
    halves: true,
    bytes: twoHalves,
  },
  {
    name: 'EdDSA',
    keyTypes: [CKK.EC_EDWARDS],
    options: ['context', 'prehash'],
    hashing: 'prehash',
    // RFC 8032: the variant's hash is part of it, and the token applies it.
    hashes: ({ name }, { curve }) => name === (curve?.name === 'ed448' ? 'shake256' : 'sha512'),
    whole: () => CKM.EDDSA,
    parameter: eddsaParameter,
    bytes: ({ facts }) => (facts.curve === undefined ? undefined : 2 * facts.curve.fieldBytes),
    atOnce: true,
  },
  {
    name: 'ML-DSA',
    keyTypes: [CKK.ML_DSA],
    options: ['context', 'prehash', 'hedge'],
    hashing: 'prehash',
    hashes: ({ mlDsa }) => mlDsa !== undefined,
    whole: ({ hash }) => (hash === undefined ? CKM.ML_DSA : hash.mlDsa),
    bare: CKM.HASH_ML_DSA,
    input: same,
    parameter: additionalContext,
    bytes: setBytes,
    atOnce: true,
  },
  {
    name: 'SLH-DSA',
    keyTypes: [CKK.SLH_DSA],
    options: ['context', 'prehash', 'hedge'],
    hashing: 'prehash',
    hashes: ({ slhDsa }) => slhDsa !== undefined,
    whole: ({ hash }) => (hash === undefined ? CKM.SLH_DSA : hash.slhDsa),
    bare: CKM.HASH_SLH_DSA,
    input: same,
    parameter: additionalContext,
    bytes: setBytes,
    atOnce: true,
  },
  {
    name: 'HMAC',
    keyTypes: [CKK.GENERIC_SECRET],
    options: ['macLength'],
    hashing: 'always',
    hashes: ({ hmac }) => hmac !== undefined,
    whole: ({ hash, options }) => (options.macLength === undefined ? hash?.hmac : hash?.hmacGeneral),
    parameter: (request) => macParameter(request, request.hash?.bytes ?? 0),
    bytes: (request) => macBytes(request, request.hash?.bytes ?? 0),
    mac: true,
  },
  cmac('AES-CMAC', [CKK.AES], 16, CKM.AES_CMAC, CKM.AES_CMAC_GENERAL),
  cmac('DES3-CMAC', [CKK.DES3, CKK.DES2], 8, CKM.DES3_CMAC, CKM.DES3_CMAC_GENERAL),
]);

/** The rows for a type of key. Keys made for one HMAC only (CKK_SHA256_HMAC …) have a row that allows just its hash. */
export function signaturesOf(keyType: number): readonly SignatureRow[] {
  const bound = hashByHmacKeyType(keyType);
  if (bound === undefined) return SIGNATURES.filter((row) => row.keyTypes.includes(keyType));
  return SIGNATURES.filter((row) => row.keyTypes.includes(CKK.GENERIC_SECRET)).map((row) => ({ ...row, hashes: (hash) => hash === bound }));
}

/** The flag of CK_MECHANISM_INFO for each use. */
export const SIGNATURE_USE = Object.freeze({ sign: CKF.SIGN, verify: CKF.VERIFY });
