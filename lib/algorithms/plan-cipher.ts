// From the name of a cipher or derivation to its mechanism.

import { copyOf } from '../bytes';
import { bytes, plainObject, wrongType, wrongValue } from '../arguments';
import { CryptokiError } from '../errors';
import { CKF } from '../generated/constants';
import { nameOf } from '../constants';
import { PreparedMechanism, type MechanismInput } from '../mechanism';
import { CIPHERS, type CipherRow, type Given } from './ciphers';
import { isMechanism, listed, type Abilities, type KeyFacts } from './facts';

/** What a cipher is used for. */
export type CipherUse = 'encrypt' | 'decrypt' | 'wrap' | 'unwrap';

const FLAGS = { encrypt: CKF.ENCRYPT, decrypt: CKF.DECRYPT, wrap: CKF.WRAP, unwrap: CKF.UNWRAP };

/** An algorithm as it was when it was given: its name and a copy of its fields, or a mechanism already encoded. */
export type Asked = { readonly mechanism: PreparedMechanism } | { readonly name: string; readonly fields: Given };

/** Takes an algorithm: a name, an object with a name, or an object with a mechanism. */
export function asked(algorithm: unknown): Asked {
  if (typeof algorithm === 'string') return { name: algorithm.toLowerCase(), fields: {} };
  if (typeof algorithm !== 'object' || algorithm === null)
    throw wrongType('algorithm', 'of type string or an object with a name or a mechanism', algorithm);
  if (isMechanism(algorithm)) return { mechanism: new PreparedMechanism(algorithm.mechanism, 'algorithm.mechanism') };
  const { name, ...rest } = plainObject(algorithm, 'algorithm');
  if (typeof name !== 'string') throw wrongType('algorithm.name', 'of type string', name);
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    const isBytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
    if (value !== undefined) fields[key] = isBytes ? copyOf(bytes(value, `algorithm.${key}`)) : value;
  }
  return { name: name.toLowerCase(), fields };
}

/** The row for a name among those that fit the key. */
export function rowFor<Row extends { name: string; fields: readonly string[] }>(
  rows: readonly Row[],
  fits: (row: Row) => boolean,
  { name, fields }: { name: string; fields: Given },
  facts: KeyFacts,
): Row {
  const usable = rows.filter(fits);
  const row = usable.find((candidate) => candidate.name === name);
  if (row === undefined) {
    const choices = usable.length === 0 ? '{ mechanism } only' : listed(usable.map((candidate) => candidate.name));
    throw wrongValue('algorithm', `must be one of ${choices} for a key of type '${facts.type}'. Received '${name.slice(0, 64)}'`);
  }
  // A misspelt 'additionalData' would silently authenticate less than was meant.
  for (const key of Object.keys(fields)) {
    if (!row.fields.includes(key)) throw wrongValue('algorithm', `has no field '${key.slice(0, 64)}': '${name}' has ${listed(row.fields) || 'none'}`);
  }
  return row;
}

/** The first mechanism that the token has for this use. */
export function firstOf(mechanisms: readonly number[], flag: number, abilities: Abilities, what: string): number {
  const mechanism = mechanisms.find((candidate) => abilities.has(candidate, flag));
  if (mechanism !== undefined) return mechanism;
  const missing = mechanisms.map((candidate) => nameOf('CKM', candidate)).join(' nor ');
  throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `The token cannot ${what}: it has no ${missing}`);
}

export interface CipherPlan {
  readonly atOnce: boolean;
  /** Parts must be multiples of so many bytes, but for the last. */
  readonly block: number;
  /** The field of the parameter that the token is to fill in. */
  readonly makes: string | undefined;
  /** The value that must be another one for each message, and the field it was given in. */
  readonly nonce: { readonly field: string; readonly value: Uint8Array } | undefined;
  /** The mechanism is another one for data of another length. */
  readonly sized: boolean;
  /** For data of this length, where it is known. */
  mechanism(length: number | undefined): MechanismInput;
  /** Bytes of the result for data of this length; undefined where nothing is known. */
  bytes(length: number): number | undefined;
}

export function planCipher(use: CipherUse, algorithm: Asked, facts: KeyFacts, abilities: Abilities): CipherPlan {
  if ('mechanism' in algorithm) {
    const { mechanism } = algorithm;
    return { atOnce: false, block: 1, makes: undefined, nonce: undefined, sized: false, mechanism: () => mechanism, bytes: () => undefined };
  }
  const open = use === 'decrypt' || use === 'unwrap';
  const wraps = use === 'wrap' || use === 'unwrap';
  const fits = (row: CipherRow): boolean => row.keyTypes.includes(facts.keyType) && (wraps || row.wrapsOnly !== true);
  const row = rowFor(CIPHERS, fits, algorithm, facts);
  const { fields } = algorithm;
  const makes = row.makes !== undefined && fields[row.makes] === undefined ? row.makes : undefined;
  if (makes !== undefined && use !== 'encrypt') throw wrongValue(`algorithm.${makes}`, `is needed to ${use} with ${row.name}`);
  const mechanism = firstOf(row.mechanisms(fields, abilities), FLAGS[use], abilities, `${use} with ${row.name}`);
  const prepare = (length: number | undefined): PreparedMechanism =>
    new PreparedMechanism({ mechanism, parameter: row.parameter?.(fields, length, open) }, 'algorithm');
  // Made once here for its checks; again only where the parameter depends on the length.
  const checked = prepare(undefined);
  return {
    atOnce: row.atOnce === true,
    block: row.block ?? 1,
    makes,
    nonce: row.nonce === undefined || makes === row.nonce ? undefined : { field: row.nonce, value: fields[row.nonce] as Uint8Array },
    sized: row.sized === true,
    mechanism: (length) => (row.sized === true ? prepare(length) : checked),
    bytes: (length) => row.bytes(length, open, facts, fields),
  };
}
