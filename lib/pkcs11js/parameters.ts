// Mechanisms and their parameters, in the forms of pkcs11js.

import { LAYOUTS, type StructureName } from '../generated/parameters';
import {
  CK_PARAM_GOSTR3410_DERIVE,
  CK_PARAM_GOSTR3410_KEY_WRAP,
  CK_PARAMS_AES_CBC,
  CK_PARAMS_AES_CCM,
  CK_PARAMS_AES_GCM,
  CK_PARAMS_AES_GCM_v240,
  CK_PARAMS_CCM,
  CK_PARAMS_DES_CBC_ENCRYPT_DATA,
  CK_PARAMS_EC_DH,
  CK_PARAMS_ECDH2_DERIVE,
  CK_PARAMS_ECMQV_DERIVE,
  CK_PARAMS_GCM,
  CK_PARAMS_KEA_DERIVE,
  CK_PARAMS_KEY_WRAP_SET_OAEP,
  CK_PARAMS_PBE,
  CK_PARAMS_RC2_CBC,
  CK_PARAMS_RC2_MAC_GENERAL,
  CK_PARAMS_RC5,
  CK_PARAMS_RC5_CBC,
  CK_PARAMS_RC5_MAC_GENERAL,
  CK_PARAMS_RSA_OAEP,
  CK_PARAMS_RSA_PSS,
  CK_PARAMS_SKIPJACK_PRIVATE_WRAP,
  CK_PARAMS_SKIPJACK_RELAYX,
  CK_PARAMS_X9_42_DH1_DERIVE,
  CK_PARAMS_X9_42_DH2_DERIVE,
  CK_PARAMS_X9_42_MQV_DERIVE,
} from '../generated/pkcs11js-constants';
import { encodePlainParameter, encodeStructureParameter } from '../wire/structure';
import type { RequestWriter } from '../wire/writer';
import { bytes } from '../arguments';
import { cut, isBuffer, wrong } from './checks';
import { numberOf } from './handles';

type Form = 'Number' | 'Byte' | 'Boolean' | 'Buffer' | 'Handle';

/** A field: its name in pkcs11js with '?' where it may be absent; its form; the name in the layout where that is another; the length that it must have. */
type Field = readonly [name: string, form: Form, layoutName?: string, length?: number];

interface Parameter {
  /** As errors call it. */
  readonly title: string;
  readonly structure: StructureName;
  readonly fields: readonly Field[];
}

const parameters = new Map<number, Parameter>();

function define(type: number, title: StructureName, ...fields: Field[]): void {
  parameters.set(type, { title, structure: title, fields });
}

const SECOND: readonly Field[] = [
  ['publicData', 'Buffer'],
  ['privateDataLen', 'Number'],
  ['privateData', 'Handle'],
  ['publicData2?', 'Buffer'],
];
const GCM: readonly Field[] = [
  ['iv', 'Buffer'],
  ['ivBits', 'Number'],
  ['aad?', 'Buffer'],
  ['tagBits?', 'Number'],
];
const CCM: readonly Field[] = [
  ['dataLength', 'Number', 'dataLen'],
  ['nonce?', 'Buffer'],
  ['aad?', 'Buffer'],
  ['macLength?', 'Number', 'macLen'],
];
const RC5: readonly Field[] = [
  ['wordSize', 'Number', 'wordsize'],
  ['rounds', 'Number'],
];
const buffers = (...names: string[]): Field[] => names.map((name) => [name, 'Buffer']);

define(CK_PARAMS_AES_CBC, 'CK_AES_CBC_ENCRYPT_DATA_PARAMS', ['iv', 'Buffer', 'iv', 16], ['data?', 'Buffer']);
define(CK_PARAMS_AES_CCM, 'CK_AES_CCM_PARAMS', ...CCM);
define(CK_PARAMS_AES_GCM, 'CK_AES_GCM_PARAMS', ['iv', 'Buffer'], ['aad?', 'Buffer'], ['tagBits?', 'Number']);
define(CK_PARAMS_RSA_OAEP, 'CK_RSA_PKCS_OAEP_PARAMS', ['hashAlg', 'Number'], ['mgf', 'Number'], ['source', 'Number'], ['sourceData?', 'Buffer']);
define(CK_PARAMS_RSA_PSS, 'CK_RSA_PKCS_PSS_PARAMS', ['hashAlg', 'Number'], ['mgf', 'Number'], ['saltLen', 'Number', 'sLen']);
define(CK_PARAMS_EC_DH, 'CK_ECDH1_DERIVE_PARAMS', ['kdf', 'Number'], ['publicData', 'Buffer'], ['sharedData?', 'Buffer']);
define(CK_PARAMS_ECDH2_DERIVE, 'CK_ECDH2_DERIVE_PARAMS', ['kdf', 'Number'], ['sharedData?', 'Buffer'], ...SECOND);
define(CK_PARAMS_ECMQV_DERIVE, 'CK_ECMQV_DERIVE_PARAMS', ['kdf', 'Number'], ['sharedData?', 'Buffer'], ...SECOND);
define(CK_PARAMS_X9_42_DH1_DERIVE, 'CK_X9_42_DH1_DERIVE_PARAMS', ['kdf', 'Number'], ['otherInfo?', 'Buffer'], ['publicData', 'Buffer']);
define(CK_PARAMS_X9_42_DH2_DERIVE, 'CK_X9_42_DH2_DERIVE_PARAMS', ['kdf', 'Number'], ['otherInfo?', 'Buffer'], ...SECOND);
define(CK_PARAMS_X9_42_MQV_DERIVE, 'CK_X9_42_MQV_DERIVE_PARAMS', ['kdf', 'Number'], ['otherInfo?', 'Buffer'], ...SECOND, ['publicKey', 'Handle']);
define(CK_PARAMS_KEA_DERIVE, 'CK_KEA_DERIVE_PARAMS', ['isSender?', 'Boolean'], ...buffers('randomA', 'randomB', 'publicData'));
define(CK_PARAMS_RC2_CBC, 'CK_RC2_CBC_PARAMS', ['effectiveBits', 'Number'], ['iv', 'Buffer', 'iv', 8]);
define(CK_PARAMS_RC2_MAC_GENERAL, 'CK_RC2_MAC_GENERAL_PARAMS', ['effectiveBits', 'Number'], ['macLength', 'Number']);
define(CK_PARAMS_RC5, 'CK_RC5_PARAMS', ...RC5);
define(CK_PARAMS_RC5_CBC, 'CK_RC5_CBC_PARAMS', ...RC5, ['iv', 'Buffer']);
define(CK_PARAMS_RC5_MAC_GENERAL, 'CK_RC5_MAC_GENERAL_PARAMS', ...RC5, ['macLength', 'Number']);
define(CK_PARAMS_DES_CBC_ENCRYPT_DATA, 'CK_DES_CBC_ENCRYPT_DATA_PARAMS', ['iv', 'Buffer', 'iv', 8], ['data?', 'Buffer']);
define(
  CK_PARAMS_SKIPJACK_PRIVATE_WRAP,
  'CK_SKIPJACK_PRIVATE_WRAP_PARAMS',
  ...buffers('password', 'publicData', 'primeP', 'baseG', 'subprimeQ', 'randomA'),
);
define(
  CK_PARAMS_SKIPJACK_RELAYX,
  'CK_SKIPJACK_RELAYX_PARAMS',
  ...buffers('oldWrappedX', 'oldPassword', 'oldPublicData', 'oldRandomA', 'newPassword', 'newPublicData', 'newRandomA'),
);
// The standard gives the vector 8 bytes and no field for its length.
define(CK_PARAMS_PBE, 'CK_PBE_PARAMS', ['initVector', 'Buffer', 'initVector', 8], ...buffers('password', 'salt'), ['iteration', 'Number']);
define(CK_PARAMS_KEY_WRAP_SET_OAEP, 'CK_KEY_WRAP_SET_OAEP_PARAMS', ['bc?', 'Byte'], ['x?', 'Buffer']);
define(CK_PARAMS_AES_GCM_v240, 'CK_GCM_PARAMS', ...GCM);
define(CK_PARAMS_GCM, 'CK_GCM_PARAMS', ...GCM);
define(CK_PARAMS_CCM, 'CK_CCM_PARAMS', ...CCM);
define(CK_PARAM_GOSTR3410_DERIVE, 'CK_GOSTR3410_DERIVE_PARAMS', ['kdf', 'Number'], ['publicData', 'Buffer'], ['ukm?', 'Buffer']);
define(CK_PARAM_GOSTR3410_KEY_WRAP, 'CK_GOSTR3410_KEY_WRAP_PARAMS', ['wrapOID', 'Buffer', 'wrapOid'], ['ukm?', 'Buffer'], ['key', 'Handle']);
parameters.set(CK_PARAMS_AES_GCM_v240, { ...parameters.get(CK_PARAMS_AES_GCM_v240)!, title: 'CK_AES_GCM_240_PARAMS' });

const ABSENT: Readonly<Record<Form, number | boolean | null>> = { Number: 0, Byte: 0, Boolean: false, Buffer: null, Handle: 0 };

const unfit = (name: string, { title }: Parameter, should: string): TypeError =>
  new TypeError(`Property '${name}' of ${title} mechanism parameter should be ${should}`);

function fieldOf(value: unknown, [named, form, , length]: Field, parameter: Parameter, size: number): unknown {
  const optional = named.endsWith('?');
  const name = optional ? named.slice(0, -1) : named;
  if (optional && (value === undefined || value === null)) return ABSENT[form];
  switch (form) {
    case 'Number':
      if (typeof value !== 'number') throw unfit(name, parameter, form);
      return cut(value);
    case 'Byte':
      if (typeof value !== 'number' || value >>> 0 > 255) throw unfit(name, parameter, 'Number');
      return value >>> 0;
    case 'Boolean':
      if (typeof value !== 'boolean') throw unfit(name, parameter, form);
      return value;
    case 'Handle':
      if (!isBuffer(value) || value.byteLength !== size) throw unfit(name, parameter, 'Buffer');
      return handleNumber(bytes(value, name));
    default: {
      if (!isBuffer(value)) throw unfit(name, parameter, form);
      const data = bytes(value, name);
      if (length !== undefined && data.byteLength !== length) throw unfit(name, parameter, `a Buffer of length ${length}`);
      return data;
    }
  }
}

function handleNumber(handle: Uint8Array): number | bigint {
  if (handle.byteLength === 4) return numberOf(handle);
  return new DataView(handle.buffer, handle.byteOffset, 8).getBigUint64(0, true);
}

function encodeKnown(writer: RequestWriter, given: Record<string, unknown>, parameter: Parameter, size: number): void {
  const value: Record<string, unknown> = {};
  for (const field of parameter.fields) {
    const name = field[0].replace('?', '');
    value[field[2] ?? name] = fieldOf(given[name], field, parameter, size);
  }
  if (parameter.structure === 'CK_KEA_DERIVE_PARAMS' && (value['randomA'] as Uint8Array).byteLength !== (value['randomB'] as Uint8Array).byteLength) {
    throw new TypeError(`Property 'randomA' and 'randomB' of ${parameter.title} mechanism parameter should be Buffers of equal length`);
  }
  encodeStructureParameter(writer, parameter.structure, value, 'parameter', [], 1);
}

function encodeNamed(writer: RequestWriter, given: Record<string, unknown>, structure: string, index: number): void {
  if (!Object.hasOwn(LAYOUTS, structure)) throw new TypeError(`Argument ${index} has wrong type. Property 'type' names no structure of the standard`);
  const { type: _, ...fields } = given;
  encodeStructureParameter(writer, structure as StructureName, fields, 'parameter', [], 1);
}

function encodeObject(writer: RequestWriter, given: Record<string, unknown>, index: number, size: number): void {
  const { type } = given;
  if (typeof type === 'string') return encodeNamed(writer, given, type, index);
  if (typeof type !== 'number') throw new TypeError(`Argument ${index} has wrong type. Property 'type' should be a Number`);
  const parameter = parameters.get(type >>> 0);
  if (parameter === undefined) throw new TypeError(`Argument ${index} has wrong type. Property 'type' is none of CK_PARAMS_*: ${type}`);
  encodeKnown(writer, given, parameter, size);
}

/** Writes a mechanism; `size` is that of a CK_ULONG. */
export function encodeMechanism(writer: RequestWriter, value: unknown, index: number, size: number): void {
  if (typeof value !== 'object' || value === null) throw wrong(index, 'an Object');
  const { mechanism, parameter } = value as { mechanism: unknown; parameter: unknown };
  if (typeof mechanism !== 'number') throw new TypeError(`Argument ${index} has wrong type. Property 'mechanism' should be a Number`);
  writer.u64(cut(mechanism));
  if (parameter === undefined || parameter === null) encodePlainParameter(writer, null, 'parameter');
  else if (isBuffer(parameter)) encodePlainParameter(writer, bytes(parameter, 'parameter'), 'parameter');
  else if (typeof parameter === 'number') encodePlainParameter(writer, cut(parameter), 'parameter');
  else if (typeof parameter === 'object') encodeObject(writer, parameter as Record<string, unknown>, index, size);
  else throw new TypeError(`Argument ${index} has wrong type. Property 'parameter' should be an Object or Buffer`);
}

/** Writes the parameter of a function for messages. */
export function encodeMessageParameter(writer: RequestWriter, value: unknown, index: number): void {
  if (value === undefined || value === null) return encodePlainParameter(writer, null, 'parameter');
  if (isBuffer(value)) {
    encodePlainParameter(writer, bytes(value, 'parameter'), 'parameter');
    writer.expectBack({ path: [], kind: 'bytes' });
    return;
  }
  const given = value as Record<string, unknown>;
  if (typeof value !== 'object' || typeof given['type'] !== 'string')
    throw wrong(index, "an Object with the name of its structure in 'type', or a Buffer");
  encodeNamed(writer, given, given['type'], index);
}
