// Mechanisms and their parameters: a number, bytes, or a structure of the standard by the names of its fields.

import { bytes, isBytes, plainObject, typeError, ulong, wrongType, wrongValue } from './arguments';
import { nameOf } from './constants';
import { LAYOUTS, MECHANISM_PARAMETER, MESSAGE_PARAMETER, type ParameterByStructure, type StructureName } from './generated/parameters';
import { encodePlainParameter, encodeStructureParameter } from './wire/structure';
import type { ResultPath, WrittenBackPlan } from './wire/written-back';
import { RequestWriter } from './wire/writer';

export type { ParameterByStructure, StructureName } from './generated/parameters';

/** Any structure of parameters. */
export type ParameterStructure = ParameterByStructure[StructureName];

/**
 * A mechanism with its parameter: bytes, a number, or the structure that the standard gives to the mechanism. `structure` names another one, for mechanisms of
 * vendors and for those that have several.
 *
 * @example
 * const gcm = { mechanism: CKM.AES_GCM, parameter: { iv, aad: header, tagBits: 128 } };
 */
export interface MechanismWithParameter {
  /** One of `CKM`, or a vendor's number. */
  readonly mechanism: number | bigint;
  /** Bytes go to the library as they are, a number as a CK_ULONG, an object as the structure. Default: none. */
  readonly parameter?: Uint8Array | number | bigint | ParameterStructure | null | undefined;
  /** The structure of an object in `parameter`, such as 'CK_GCM_PARAMS'. Default: the one that the standard gives to the mechanism. */
  readonly structure?: StructureName | undefined;
}

/** A mechanism: its number when it needs no parameter. */
export type MechanismInput = number | bigint | MechanismWithParameter | PreparedMechanism;

/**
 * The parameter of a function for messages (C_EncryptMessage and its kind): bytes, or a structure, by its name or by the mechanism it belongs to; null for none.
 *
 * @example
 * const parameter = { mechanism: CKM.AES_GCM, parameter: { iv, tag: new Uint8Array(16), tagBits: 128 } };
 */
export type ParameterInput =
  | Uint8Array
  | number
  | bigint
  | null
  | { readonly structure?: StructureName | undefined; readonly mechanism?: number | undefined; readonly parameter: ParameterStructure };

const NULL_MECHANISM = 4;

// A writer is a kilobyte: it serves for the next mechanism too.
let spare: RequestWriter | undefined;

/** A mechanism that has been encoded once, for many calls. */
export class PreparedMechanism {
  readonly #encoded: Uint8Array;
  readonly #plan: WrittenBackPlan;

  constructor(mechanism: MechanismInput, name = 'mechanism') {
    const writer = (spare ?? new RequestWriter({ inline: true })).begin(0);
    spare = undefined;
    const start = writer.length;
    encodeMechanism(writer, mechanism, name);
    this.#encoded = writer.encodedSince(start);
    this.#plan = writer.plan ?? [];
    writer.wipe();
    spare = writer;
  }

  /** CK_MECHANISM_TYPE. */
  get type(): bigint {
    return new DataView(this.#encoded.buffer, this.#encoded.byteOffset).getBigUint64(0, true);
  }

  /** @internal */
  writeTo(writer: RequestWriter): void {
    writer.raw(this.#encoded);
    for (const field of this.#plan) writer.expectBack(field);
  }
}

/** Writes a mechanism; null is a NULL pointer, with which Init functions end an operation. */
export function encodeMechanism(writer: RequestWriter, mechanism: unknown, name: string, result: ResultPath = [], depth = 1): void {
  if (mechanism === null) return void writer.u64(0).u8(NULL_MECHANISM);
  if (typeof mechanism === 'number' || typeof mechanism === 'bigint') {
    writer.u64(mechanism, name);
    encodePlainParameter(writer, null, name);
    return;
  }
  if (mechanism instanceof PreparedMechanism) return mechanism.writeTo(writer);
  if (typeof mechanism !== 'object') throw wrongType(name, 'the number of a mechanism, or an object with a mechanism and its parameter', mechanism);
  const given = plainObject(mechanism, name);
  for (const key of Object.keys(given)) {
    if (key !== 'mechanism' && key !== 'parameter' && key !== 'structure') {
      throw wrongValue(name, `has no field '${key.slice(0, 64)}': a mechanism has 'mechanism', 'parameter', 'structure'`);
    }
  }
  const type = ulong(given['mechanism'], `${name}.mechanism`);
  writer.u64(type, `${name}.mechanism`);
  const standard = MECHANISM_PARAMETER[Number(type)];
  const structure = structureName(given['structure'], `${name}.structure`);
  encodeForm(writer, given['parameter'], structure ?? standard, type, `${name}.parameter`, result, depth);
}

/** Writes the parameter of a function for messages. */
export function encodeParameter(writer: RequestWriter, parameter: unknown, name: string): void {
  if (isObject(parameter) && !isBytes(parameter)) {
    const given = plainObject(parameter, name);
    const mechanism = given['mechanism'] === undefined ? undefined : ulong(given['mechanism'], `${name}.mechanism`);
    const structure =
      structureName(given['structure'], `${name}.structure`) ?? (mechanism === undefined ? undefined : MESSAGE_PARAMETER[Number(mechanism)]);
    if (structure === undefined) throw wrongValue(name, "needs the name of its structure in 'structure', or a mechanism for messages in 'mechanism'");
    encodeStructureParameter(writer, structure, given['parameter'], `${name}.parameter`, [], 1);
    return;
  }
  encodeForm(writer, parameter, undefined, undefined, name, [], 1);
}

function encodeForm(
  writer: RequestWriter,
  parameter: unknown,
  form: StructureName | 'ulong' | 'bytes' | undefined,
  mechanism: number | bigint | undefined,
  name: string,
  result: ResultPath,
  depth: number,
): void {
  if (parameter === undefined || parameter === null) return encodePlainParameter(writer, null, name);
  if (isBytes(parameter)) {
    encodePlainParameter(writer, bytes(parameter, name), name);
    // The token may write into raw bytes too: only it knows what they are. A mechanism inside another one's parameter is not looked at again.
    if (result.length === 0) writer.expectBack({ path: [], kind: 'bytes' });
    return;
  }
  if (typeof parameter === 'number' || typeof parameter === 'bigint') {
    if (form !== undefined && form !== 'ulong') throw wrongType(name, form === 'bytes' ? 'bytes' : `bytes or an object (${form})`, parameter);
    return encodePlainParameter(writer, ulong(parameter, name), name);
  }
  if (form === 'ulong' || form === 'bytes') throw wrongType(name, form === 'ulong' ? 'a number' : 'bytes', parameter);
  if (typeof parameter !== 'object') throw wrongType(name, form === undefined ? 'bytes or a number' : `an object (${form})`, parameter);
  if (form === undefined) throw typeError(noStructure(mechanism, name));
  encodeStructureParameter(writer, form, parameter, name, result, depth);
}

function noStructure(mechanism: number | bigint | undefined, name: string): string {
  const number = mechanism === undefined ? 0 : Number(mechanism);
  const known = nameOf('CKM', number) ?? `the mechanism 0x${number.toString(16)}`;
  return `The "${name}" argument must be bytes, for the standard knows no parameter of ${known}; or name its structure in 'structure'`;
}

function structureName(value: unknown, name: string): StructureName | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrongType(name, 'the name of a structure, such as CK_GCM_PARAMS', value);
  if (!Object.hasOwn(LAYOUTS, value)) throw wrongValue(name, `must be the name of a structure of parameters. Received '${value.slice(0, 64)}'`);
  return value as StructureName;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
