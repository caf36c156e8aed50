// What the answers of C_Verify and C_VerifyFinal say of a signature.

import { constants, publicDecrypt, type KeyObject } from 'node:crypto';
import { hashByName, hashNames } from './algorithms/hashes';
import { CALL } from './generated/calls';
import { CKK, CKM, CKR } from './generated/constants';
import { keyObjectOf, requireSpki } from './export-key';
import { PreparedMechanism, type MechanismInput } from './mechanism';
import { contextOf, keyTypeOf, type CryptokiObject } from './object';

/** A signature that a token was asked about. */
export interface Asked {
  readonly key: CryptokiObject;
  readonly mechanism: MechanismInput;
  readonly signature: Uint8Array;
  /** What the token was given; undefined where it came in parts. */
  readonly input: Uint8Array | undefined;
  /** Bytes of a signature, where they are known. */
  readonly size: number | undefined;
}

/** An answer other than CKR_OK. */
interface Answer {
  readonly rv: number;
  readonly functionIndex: number;
}

/** The answers that say no. */
const NO: readonly number[] = [CKR.SIGNATURE_INVALID, CKR.SIGNATURE_LEN_RANGE];

/** To a signature that has not the length of one tokens answer with the last of these: NSS 3.132 for Ed25519, opencryptoki 3.27 where it is empty. */
const NO_TO_LENGTH: readonly number[] = [...NO, CKR.ARGUMENTS_BAD];

const hasWrongLength = ({ signature, size }: Asked): boolean => signature.length === 0 || (size !== undefined && signature.length !== size);

const plainly = (asked: Asked): readonly number[] => (hasWrongLength(asked) ? NO_TO_LENGTH : NO);

/** What may mean no with this token, and need not. */
function doubtful({ key }: Asked): readonly number[] | undefined {
  const { misjudgesRsa } = contextOf(key).quirks;
  return misjudgesRsa !== undefined && keyTypeOf(key) === CKK.RSA ? misjudgesRsa : undefined;
}

/** The answers to be looked at with `isNo`; all others are failures. */
export function answersTo(asked: Asked): readonly number[] {
  const doubts = doubtful(asked);
  return doubts === undefined ? plainly(asked) : [...plainly(asked), ...doubts];
}

/** Whether this answer says that the signature is none of the key's for the data. */
export function isNo({ rv, functionIndex }: Answer, asked: Asked): boolean {
  if (plainly(asked).includes(rv)) return true;
  const judged = functionIndex === CALL.C_Verify || functionIndex === CALL.C_VerifyFinal;
  return judged && doubtful(asked)?.includes(rv) === true && isNoneOf(asked);
}

const withHash = new Set(hashNames(({ rsaPkcs1 }) => rsaPkcs1 !== undefined).map((name) => hashByName(name)!.rsaPkcs1!));

function mechanismType(mechanism: MechanismInput): number {
  if (mechanism instanceof PreparedMechanism) return Number(mechanism.type);
  return Number(typeof mechanism === 'object' ? mechanism.mechanism : mechanism);
}

/**
 * Whether node:crypto finds that it is certainly no RSA signature of the key: for the input, where that stands in the signature itself, else for whatever. `type`: the
 * mechanism.
 */
export function isNone(publicKey: KeyObject, type: number, signature: Uint8Array, input: Uint8Array | undefined): boolean {
  const isBare = type === CKM.RSA_PKCS;
  const padding = isBare || withHash.has(type) ? constants.RSA_PKCS1_PADDING : constants.RSA_NO_PADDING;
  try {
    const said = publicDecrypt({ key: publicKey, padding }, signature);
    return isBare && input !== undefined && !said.equals(input);
  } catch {
    return true;
  }
}

function isNoneOf({ key, mechanism, signature, input }: Asked): boolean {
  let publicKey: KeyObject;
  try {
    publicKey = keyObjectOf(requireSpki(key.attributes));
  } catch {
    // The token does not tell the key: then it remains what it is, a failure.
    return false;
  }
  return isNone(publicKey, mechanismType(mechanism), signature, input);
}
