// What the functions of pkcs11js take and give.

import type { ParameterStructure, StructureName } from '../mechanism';
import type { IParams } from './parameter-types';

/** A handle of a slot, a session or an object: as many bytes as a CK_ULONG has. */
export type Handle = Buffer;

/** Bytes to read: a Buffer or any other view. They are copied before the function returns. */
export type Bytes = ArrayBufferView;

/** Where a result is written to. The result is a view of it, as long as what was written. */
export type Output = ArrayBufferView;

/** What a function with a callback tells: an error and null, or null and the result. */
export type Callback<Result> = Told<Result>['tell'];

// A method, which a function whose error is never null fits too: that is what pkcs11js declares.
interface Told<Result> {
  tell(this: void, error: Error | null, result: Result): void;
}

/** A version: of the standard, of a library, of hardware. */
export interface Version {
  /** Before the point. */
  major: number;
  /** Behind it, in hundredths. */
  minor: number;
}

/** What C_GetInfo tells. Texts keep their padding, here and below. */
export interface ModuleInfo {
  /** Of the standard. */
  cryptokiVersion: Version;
  /** 32 characters. */
  manufacturerID: string;
  /** None are defined. */
  flags: number;
  /** 32 characters. */
  libraryDescription: string;
  /** Of the library. */
  libraryVersion: Version;
}

/** What C_GetSlotInfo tells. */
export interface SlotInfo {
  /** 64 characters. */
  slotDescription: string;
  /** 32 characters. */
  manufacturerID: string;
  /** CKF_TOKEN_PRESENT, CKF_REMOVABLE_DEVICE, CKF_HW_SLOT. */
  flags: number;
  /** Of the slot. */
  hardwareVersion: Version;
  /** Of the slot. */
  firmwareVersion: Version;
}

/** What C_GetTokenInfo tells. A number that the token does not know is 4294967295, or all 64 bits for a bigint. */
export interface TokenInfo {
  /** 32 characters. */
  label: string;
  /** 32 characters. */
  manufacturerID: string;
  /** 16 characters. */
  model: string;
  /** 16 characters. */
  serialNumber: string;
  /** CKF_RNG, CKF_LOGIN_REQUIRED and so on. */
  flags: number;
  /** Most sessions at once; 0 is no limit. */
  maxSessionCount: number;
  /** Sessions that are open. */
  sessionCount: number;
  /** Most sessions that may write; 0 is no limit. */
  maxRwSessionCount: number;
  /** Such sessions that are open. */
  rwSessionCount: number;
  /** In bytes. */
  maxPinLen: number;
  /** In bytes. */
  minPinLen: number;
  /** Of the token. */
  hardwareVersion: Version;
  /** Of the token. */
  firmwareVersion: Version;
  /** 16 characters, YYYYMMDDhhmmss00, where the token has a clock. */
  utcTime: string;
  /** In bytes. */
  totalPublicMemory: bigint;
  /** In bytes. */
  freePublicMemory: bigint;
  /** In bytes. */
  totalPrivateMemory: bigint;
  /** In bytes. */
  freePrivateMemory: bigint;
}

/** What C_GetMechanismInfo tells. */
export interface MechanismInfo {
  /** In bits or bytes, as the mechanism has it. */
  minKeySize: number;
  /** In bits or bytes, as the mechanism has it. */
  maxKeySize: number;
  /** CKF_SIGN and so on. */
  flags: number;
}

/** What C_GetSessionInfo tells. */
export interface SessionInfo {
  /** The handle of its slot. */
  slotID: Handle;
  /** One of the CKS_ constants. */
  state: number;
  /** CKF_RW_SESSION, CKF_SERIAL_SESSION. */
  flags: number;
  /** The device's own code. */
  deviceError: number;
}

/** An attribute to search by, or to give to an object. */
export interface Attribute {
  /** One of the CKA_ constants. */
  type: number;
  /** A number is a CK_ULONG, a string goes in UTF-8. Dates are for C_CreateObject, C_CopyObject and C_SetAttributeValue. */
  value?: number | boolean | string | Bytes | Date | null | undefined;
}

/** Attributes of an object. */
export type Template = Attribute[];

/** An attribute that was read. */
export interface AttributeResult {
  /** One of the CKA_ constants. */
  type: number;
  /** As the library has it. */
  value: Buffer;
}

/** Attributes that were read. */
export type TemplateResult = AttributeResult[];

/** The parameter of a mechanism as a structure of the standard, with its fields as `cryptoki/raw` names them. */
export interface StructureParameter {
  /** The name of the structure, such as 'CK_HKDF_PARAMS'. */
  type: StructureName;
  /** The fields. */
  [field: string]: unknown;
}

/** A mechanism with its parameter. */
export interface Mechanism {
  /** One of the CKM_ constants, or a vendor's. */
  mechanism: number;
  /** Bytes go as they are, a number as a CK_ULONG. Where `type` is one of the CK_PARAMS_ constants the fields are those of pkcs11js. */
  parameter?: Bytes | number | IParams | (IParams & Record<string, unknown>) | StructureParameter | null | undefined;
}

/** The parameter of a function for messages. What the library writes into it comes back in the caller's own fields. */
export type MessageParameter = Bytes | ({ type: StructureName } & ParameterStructure) | null;

/** Two keys that belong together. */
export interface KeyPair {
  /** Its handle. */
  privateKey: Handle;
  /** Its handle. */
  publicKey: Handle;
}

/** What C_EncapsulateKey gives. */
export interface Encapsulated {
  /** A view of the buffer that was given. */
  ciphertext: Buffer;
  /** The handle of the new key. */
  key: Handle;
}

/** What C_AsyncComplete gives. */
export interface AsyncResult {
  /** Of the structure. */
  version: number;
  /** The bytes that the function made. */
  value: Buffer;
  /** The object that it made, or 0. */
  object: Handle;
  /** The second one of a pair, or 0. */
  additionalObject: Handle;
}

/** Arguments of C_Initialize. */
export interface InitializationOptions {
  /** What NSS takes. */
  libraryParameters?: string;
  /** CKF_OS_LOCKING_OK, CKF_LIBRARY_CANT_CREATE_OS_THREADS. Without the first one call runs at a time. */
  flags?: number;
}
