// Names of calls: the standard's functions, and the engine's recipes with the function that each begins with.

import { CALL, CALL_NAMES } from '../generated/calls';

const recipes = new Map<number, string>(Object.entries(CALL).map(([name, index]) => [index, name]));

const FIRST_FUNCTION: Readonly<Record<number, string>> = {
  [CALL.SignOnce]: 'C_SignInit',
  [CALL.VerifyOnce]: 'C_VerifyInit',
  [CALL.EncryptOnce]: 'C_EncryptInit',
  [CALL.DecryptOnce]: 'C_DecryptInit',
  [CALL.DigestOnce]: 'C_DigestInit',
  [CALL.SignRecoverOnce]: 'C_SignRecoverInit',
  [CALL.VerifyRecoverOnce]: 'C_VerifyRecoverInit',
  [CALL.Find]: 'C_FindObjectsInit',
  [CALL.ReadAttributes]: 'C_GetAttributeValue',
};

/** The name of a call or recipe by its number. */
export function callName(call: number): string {
  return CALL_NAMES[call] ?? recipes.get(call) ?? `call ${call}`;
}

/** The standard's function that a call is, or that a recipe begins with. */
export function functionOf(call: number): string {
  return FIRST_FUNCTION[call] ?? callName(call);
}
