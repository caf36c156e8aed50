// Names of the standard's numbers. The families themselves are generated from spec/.

import * as families from './generated/constants';
import { OLD_SPELLINGS } from './generated/old-spellings';

export * from './generated/constants';

/** The families of constants: 'CKM', 'CKR', 'CKA' … */
export type ConstantFamily = keyof typeof families;

// In these a value has one meaning and any further name is a spelling of it. In the others one number means several things, depending on where it stands.
const ONE_MEANING: ReadonlySet<ConstantFamily> = new Set<ConstantFamily>(['CKA', 'CKC', 'CKD', 'CKK', 'CKM', 'CKN', 'CKO', 'CKR', 'CKT', 'CKU']);

type Names = Map<number | bigint, string | undefined>;
const namesByFamily = new Map<ConstantFamily, Names>();

function namesOf(family: ConstantFamily): Names {
  let names = namesByFamily.get(family);
  if (names !== undefined) return names;
  names = new Map();
  for (const [short, value] of Object.entries(families[family]) as [string, number | bigint][]) {
    const name = `${family}_${short}`;
    if (OLD_SPELLINGS.has(name)) continue;
    if (!names.has(value)) names.set(value, name);
    else if (!ONE_MEANING.has(family)) names.set(value, undefined);
  }
  namesByFamily.set(family, names);
  return names;
}

/**
 * The name of a constant by its value: `nameOf('CKM', 1)` is 'CKM_RSA_PKCS'. Undefined for values that the standard does not have, and for those that mean
 * different things in different places, as most flags do.
 *
 * @example
 * for (const mechanism of (await token.mechanisms()).keys()) console.log(nameOf('CKM', mechanism));
 */
export function nameOf(family: ConstantFamily, value: number | bigint): string | undefined {
  const key = typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  return namesOf(family).get(key);
}
