// The keys that can be made: one row per name, as node:crypto spells it. Usage flags are the least that the name promises.

import { getDiffieHellman } from 'node:crypto';
import { CKK, CKM } from '../generated/constants';
import { bytes, integer, string, wrongValue } from '../arguments';
import { curveByName, curveNames, ecParamsOf, type Curve } from '../curves';
import { unpadded } from '../der';
import { parameterSets, type ParameterSet } from './parameter-sets';
import { listed } from './facts';
import type { Attributes } from '../generated/attributes';

/** What a kind of key pair is made from; which of them apply depends on the kind. */
export interface PairParameters {
  /** RSA: bits of the modulus. Default 2048. */
  readonly modulusLength?: number | undefined;
  /** RSA: default 65537. */
  readonly publicExponent?: number | undefined;
  /** EC: 'prime256v1', 'P-256', 'secp384r1' … */
  readonly namedCurve?: string | undefined;
  /** DH: a group of RFC 3526, such as 'modp14'. */
  readonly group?: string | undefined;
  /** DH, DSA: the prime, in place of a group. */
  readonly prime?: Uint8Array | undefined;
  /** DSA: the subprime. */
  readonly subprime?: Uint8Array | undefined;
  /** DH, DSA: the generator. */
  readonly generator?: Uint8Array | undefined;
}

export const PAIR_PARAMETERS = ['modulusLength', 'publicExponent', 'namedCurve', 'group', 'prime', 'subprime', 'generator'] as const;

export interface PairRow {
  readonly name: string;
  readonly keyType: number;
  readonly parameters: readonly (keyof PairParameters)[];
  readonly mechanisms: readonly number[];
  /** What describes the key, for the public half; several spellings where tokens differ, the usual one first. */
  readonly domain: (given: PairParameters) => readonly Attributes[];
  readonly publicUse: Attributes;
  readonly privateUse: Attributes;
}

const signing = { publicUse: { verify: true }, privateUse: { sign: true } };
const deriving = { publicUse: { derive: true }, privateUse: { derive: true } };

function big(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return Uint8Array.from(unpadded(out));
}

function rsa({ modulusLength, publicExponent }: PairParameters): Attributes[] {
  const modulusBits = integer(modulusLength ?? 2048, 'options.modulusLength', 512, 65536);
  const exponent = integer(publicExponent ?? 65537, 'options.publicExponent', 3);
  if (exponent % 2 === 0) throw wrongValue('options.publicExponent', `must be odd. Received ${exponent}`);
  return [{ modulusBits, publicExponent: big(exponent) }];
}

const onCurve = (curve: Curve): Attributes[] => ecParamsOf(curve).map((ecParams) => ({ ecParams }));

function ec({ namedCurve }: PairParameters): Attributes[] {
  const curve = curveByName(string(namedCurve, 'options.namedCurve'));
  if (curve?.kind !== 'weierstrass') throw wrongValue('options.namedCurve', `must be one of ${listed(curveNames('weierstrass'))}`);
  return onCurve(curve);
}

function dh({ group, prime, generator }: PairParameters): Attributes[] {
  if (group === undefined) return [{ prime: bytes(prime, 'options.prime'), base: bytes(generator, 'options.generator') }];
  try {
    const known = getDiffieHellman(string(group, 'options.group'));
    return [{ prime: Uint8Array.from(known.getPrime()), base: Uint8Array.from(unpadded(known.getGenerator())) }];
  } catch (error) {
    if (typeof group !== 'string') throw error;
    throw wrongValue('options.group', "must be a group that node:crypto knows, such as 'modp14'");
  }
}

const dsa = ({ prime, subprime, generator }: PairParameters): Attributes[] => [
  { prime: bytes(prime, 'options.prime'), subprime: bytes(subprime, 'options.subprime'), base: bytes(generator, 'options.generator') },
];

const curveRow = (name: string, mechanisms: readonly number[], use: Pick<PairRow, 'publicUse' | 'privateUse'>): PairRow => {
  const curve = curveByName(name);
  if (curve === undefined) throw new Error(`no such curve: ${name}`);
  return { name, keyType: curve.keyType, parameters: [], mechanisms, domain: () => onCurve(curve), ...use };
};

const SET_USE = new Map<number, Pick<PairRow, 'publicUse' | 'privateUse'>>([
  [CKK.ML_DSA, signing],
  [CKK.SLH_DSA, signing],
  [CKK.ML_KEM, { publicUse: { encapsulate: true }, privateUse: { decapsulate: true } }],
]);

const setRow = ({ name, value, generate, keyType }: ParameterSet): PairRow => ({
  name,
  keyType,
  parameters: [],
  mechanisms: [generate],
  domain: () => [{ parameterSet: value }],
  ...(SET_USE.get(keyType) ?? signing),
});

// SoftHSM 2.6 makes X25519 and X448 keys with the Edwards mechanism.
const montgomery = [CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.EC_EDWARDS_KEY_PAIR_GEN];

const PAIRS: readonly PairRow[] = Object.freeze([
  {
    name: 'rsa',
    keyType: CKK.RSA,
    parameters: ['modulusLength', 'publicExponent'] as const,
    mechanisms: [CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_X9_31_KEY_PAIR_GEN],
    domain: rsa,
    // Not wrap and unwrap: a key that unwraps and decrypts gives away what was wrapped for it.
    publicUse: { verify: true, encrypt: true, wrap: false },
    privateUse: { sign: true, decrypt: true, unwrap: false },
  },
  { name: 'ec', keyType: CKK.EC, parameters: ['namedCurve'] as const, mechanisms: [CKM.EC_KEY_PAIR_GEN], domain: ec, ...signing },
  curveRow('ed25519', [CKM.EC_EDWARDS_KEY_PAIR_GEN], signing),
  curveRow('ed448', [CKM.EC_EDWARDS_KEY_PAIR_GEN], signing),
  curveRow('x25519', montgomery, deriving),
  curveRow('x448', montgomery, deriving),
  {
    name: 'dsa',
    keyType: CKK.DSA,
    parameters: ['prime', 'subprime', 'generator'] as const,
    mechanisms: [CKM.DSA_KEY_PAIR_GEN],
    domain: dsa,
    ...signing,
  },
  {
    name: 'dh',
    keyType: CKK.DH,
    parameters: ['group', 'prime', 'generator'] as const,
    mechanisms: [CKM.DH_PKCS_KEY_PAIR_GEN],
    domain: dh,
    ...deriving,
  },
  ...parameterSets.map(setRow),
]);

export const pairByName = (name: string): PairRow | undefined => PAIRS.find((row) => row.name === name.toLowerCase());
export const pairNames = (): string[] => PAIRS.map((row) => row.name);

export interface SecretRow {
  readonly name: string;
  readonly keyType: number;
  readonly mechanisms: readonly number[];
  /** Bits: one of these, or any whole number of bytes. */
  readonly lengths: readonly number[] | 'any';
  /** The length when none is asked for. */
  readonly usual: number;
  /** The length goes into the template: the type alone does not say it. */
  readonly valueLen: boolean;
  readonly use: Attributes;
}

// As for RSA: who needs a wrapping key asks for { attributes: { wrap: true, unwrap: true, encrypt: false, decrypt: false } }.
const encrypting = { encrypt: true, decrypt: true, wrap: false, unwrap: false };
const authenticating = { sign: true, verify: true };

const secret = (name: string, keyType: number, mechanism: number, lengths: readonly number[] | 'any', usual: number, use: Attributes): SecretRow => ({
  name,
  keyType,
  mechanisms: [mechanism],
  lengths,
  usual,
  valueLen: lengths === 'any' || lengths.length > 1,
  use,
});

const SECRETS: readonly SecretRow[] = Object.freeze([
  secret('aes', CKK.AES, CKM.AES_KEY_GEN, [128, 192, 256], 256, encrypting),
  secret('aes-xts', CKK.AES_XTS, CKM.AES_XTS_KEY_GEN, [256, 512], 512, encrypting),
  secret('hmac', CKK.GENERIC_SECRET, CKM.GENERIC_SECRET_KEY_GEN, 'any', 256, authenticating),
  secret('generic', CKK.GENERIC_SECRET, CKM.GENERIC_SECRET_KEY_GEN, 'any', 256, { ...authenticating, derive: true }),
  secret('hkdf', CKK.HKDF, CKM.HKDF_KEY_GEN, 'any', 256, { derive: true }),
  secret('chacha20', CKK.CHACHA20, CKM.CHACHA20_KEY_GEN, [256], 256, encrypting),
  secret('des3', CKK.DES3, CKM.DES3_KEY_GEN, [192], 192, encrypting),
  secret('des2', CKK.DES2, CKM.DES2_KEY_GEN, [128], 128, encrypting),
]);

export const secretByName = (name: string): SecretRow | undefined => SECRETS.find((row) => row.name === name.toLowerCase());
export const secretNames = (): string[] => SECRETS.map((row) => row.name);

/** Types of key that have their own name in messages and in `key.type`. */
const TYPE_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [CKK.RSA, 'rsa'],
  [CKK.EC, 'ec'],
  [CKK.DSA, 'dsa'],
  [CKK.DH, 'dh'],
  [CKK.X9_42_DH, 'x9-42-dh'],
  [CKK.GENERIC_SECRET, 'generic'],
  ...SECRETS.filter(({ name }) => name !== 'hmac').map(({ keyType, name }) => [keyType, name] as const),
]);

/** The name of a key's type: 'rsa', 'ec', 'ed25519', 'ml-dsa-65', 'aes' … */
export function typeName(keyType: number, curve: Curve | undefined, set: ParameterSet | undefined): string | undefined {
  if (set !== undefined) return set.name;
  if (curve !== undefined) return curve.kind === 'weierstrass' ? 'ec' : curve.name;
  return TYPE_NAMES.get(keyType);
}
