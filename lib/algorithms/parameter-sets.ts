// The parameter sets of FIPS 203, 204 and 205: their names, numbers and sizes, once.

import { CKK, CKM, CKP } from '../generated/constants';

export interface ParameterSet {
  /** As node:crypto spells its key types. */
  readonly name: string;
  readonly keyType: number;
  /** CKP. */
  readonly value: number;
  readonly oid: string;
  readonly generate: number;
  readonly publicKeyBytes: number;
  /** Of a signature, or of an encapsulation. */
  readonly outputBytes: number;
}

const nist = '2.16.840.1.101.3.4';

const mlDsa = (name: string, value: number, arc: number, publicKeyBytes: number, outputBytes: number): ParameterSet => {
  return { name, keyType: CKK.ML_DSA, value, oid: `${nist}.3.${arc}`, generate: CKM.ML_DSA_KEY_PAIR_GEN, publicKeyBytes, outputBytes };
};
const mlKem = (name: string, value: number, arc: number, publicKeyBytes: number, outputBytes: number): ParameterSet => {
  return { name, keyType: CKK.ML_KEM, value, oid: `${nist}.4.${arc}`, generate: CKM.ML_KEM_KEY_PAIR_GEN, publicKeyBytes, outputBytes };
};
const slhDsa = (name: string, value: number, arc: number, publicKeyBytes: number, outputBytes: number): ParameterSet => {
  return { name, keyType: CKK.SLH_DSA, value, oid: `${nist}.3.${arc}`, generate: CKM.SLH_DSA_KEY_PAIR_GEN, publicKeyBytes, outputBytes };
};

const SETS: readonly ParameterSet[] = Object.freeze([
  mlDsa('ml-dsa-44', CKP.ML_DSA_44, 17, 1312, 2420),
  mlDsa('ml-dsa-65', CKP.ML_DSA_65, 18, 1952, 3309),
  mlDsa('ml-dsa-87', CKP.ML_DSA_87, 19, 2592, 4627),
  mlKem('ml-kem-512', CKP.ML_KEM_512, 1, 800, 768),
  mlKem('ml-kem-768', CKP.ML_KEM_768, 2, 1184, 1088),
  mlKem('ml-kem-1024', CKP.ML_KEM_1024, 3, 1568, 1568),
  slhDsa('slh-dsa-sha2-128s', CKP.SLH_DSA_SHA2_128S, 20, 32, 7856),
  slhDsa('slh-dsa-sha2-128f', CKP.SLH_DSA_SHA2_128F, 21, 32, 17088),
  slhDsa('slh-dsa-sha2-192s', CKP.SLH_DSA_SHA2_192S, 22, 48, 16224),
  slhDsa('slh-dsa-sha2-192f', CKP.SLH_DSA_SHA2_192F, 23, 48, 35664),
  slhDsa('slh-dsa-sha2-256s', CKP.SLH_DSA_SHA2_256S, 24, 64, 29792),
  slhDsa('slh-dsa-sha2-256f', CKP.SLH_DSA_SHA2_256F, 25, 64, 49856),
  slhDsa('slh-dsa-shake-128s', CKP.SLH_DSA_SHAKE_128S, 26, 32, 7856),
  slhDsa('slh-dsa-shake-128f', CKP.SLH_DSA_SHAKE_128F, 27, 32, 17088),
  slhDsa('slh-dsa-shake-192s', CKP.SLH_DSA_SHAKE_192S, 28, 48, 16224),
  slhDsa('slh-dsa-shake-192f', CKP.SLH_DSA_SHAKE_192F, 29, 48, 35664),
  slhDsa('slh-dsa-shake-256s', CKP.SLH_DSA_SHAKE_256S, 30, 64, 29792),
  slhDsa('slh-dsa-shake-256f', CKP.SLH_DSA_SHAKE_256F, 31, 64, 49856),
]);

export const parameterSets = SETS;

export const parameterSetByName = (name: string): ParameterSet | undefined => SETS.find((set) => set.name === name.toLowerCase());

export const parameterSetByOid = (oid: string): ParameterSet | undefined => SETS.find((set) => set.oid === oid);

/** The numbers of CKP start anew for each key type. */
export const parameterSetOf = (keyType: number, value: number | undefined): ParameterSet | undefined =>
  SETS.find((set) => set.keyType === keyType && set.value === value);
