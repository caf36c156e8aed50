// The information structures of the standard, in the forms of JavaScript: flags as booleans, blank padding gone, "unavailable" undefined.

import { CKF, CKS } from './generated/constants';
import { nameOr } from './inspect';
import type { ReplyReader } from './wire/reader';

/** What a library says about itself (CK_INFO). */
export interface ModuleInfo {
  /** The version of the standard it claims; `module.interface` is what it offers. */
  readonly cryptokiVersion: string;
  /** Who made the library. */
  readonly manufacturer: string;
  /** What it is. */
  readonly description: string;
  /** Its own version, such as '2.6'. */
  readonly libraryVersion: string;
  /** As the library gave them; the standard has none, and wants 0. */
  readonly flags: number;
}

/** A slot (CK_SLOT_INFO). */
export interface SlotInfo {
  /** What the slot is, such as the name of a reader. */
  readonly description: string;
  /** Who made it. */
  readonly manufacturer: string;
  /** 'major.minor'. */
  readonly hardwareVersion: string;
  /** 'major.minor'. */
  readonly firmwareVersion: string;
  /** All flags, as the library gave them: CKF_TOKEN_PRESENT and so on. */
  readonly flags: number;
  /** Whether a token is in it now (CKF_TOKEN_PRESENT). */
  readonly tokenPresent: boolean;
  /** Whether tokens come and go (CKF_REMOVABLE_DEVICE). */
  readonly removableDevice: boolean;
  /** Whether it is a device and not a piece of software (CKF_HW_SLOT). */
  readonly hardwareSlot: boolean;
}

const TOKEN_FLAGS = {
  randomNumberGenerator: CKF.RNG,
  writeProtected: CKF.WRITE_PROTECTED,
  loginRequired: CKF.LOGIN_REQUIRED,
  userPinInitialized: CKF.USER_PIN_INITIALIZED,
  restoreKeyNotNeeded: CKF.RESTORE_KEY_NOT_NEEDED,
  clockOnToken: CKF.CLOCK_ON_TOKEN,
  protectedAuthenticationPath: CKF.PROTECTED_AUTHENTICATION_PATH,
  dualCryptoOperations: CKF.DUAL_CRYPTO_OPERATIONS,
  tokenInitialized: CKF.TOKEN_INITIALIZED,
  secondaryAuthentication: CKF.SECONDARY_AUTHENTICATION,
  userPinCountLow: CKF.USER_PIN_COUNT_LOW,
  userPinFinalTry: CKF.USER_PIN_FINAL_TRY,
  userPinLocked: CKF.USER_PIN_LOCKED,
  userPinToBeChanged: CKF.USER_PIN_TO_BE_CHANGED,
  soPinCountLow: CKF.SO_PIN_COUNT_LOW,
  soPinFinalTry: CKF.SO_PIN_FINAL_TRY,
  soPinLocked: CKF.SO_PIN_LOCKED,
  soPinToBeChanged: CKF.SO_PIN_TO_BE_CHANGED,
  errorState: CKF.ERROR_STATE,
  seedRandomRequired: CKF.SEED_RANDOM_REQUIRED,
  asyncSessionSupported: CKF.ASYNC_SESSION_SUPPORTED,
} as const;

/** The flags of a token by the standard's names (PKCS #11 v3.2, section 3.2, CK_TOKEN_INFO). */
export type TokenFlags = { readonly [name in keyof typeof TOKEN_FLAGS]: boolean };

/** A token (CK_TOKEN_INFO). Numbers are undefined where the token does not tell. */
export interface TokenInfo extends TokenFlags {
  /** Given when the token was initialised; '' for a blank one. */
  readonly label: string;
  /** Who made the token. */
  readonly manufacturer: string;
  /** Which product of theirs. */
  readonly model: string;
  /** Tells one token of a model from another. */
  readonly serialNumber: string;
  /** All flags, as the library gave them. */
  readonly flags: number;
  /** Sessions that may be open at once in this process; 0: no limit. */
  readonly maxSessionCount: number | undefined;
  /** Sessions that are open now. */
  readonly sessionCount: number | undefined;
  /** Of them, those that may write; 0: no limit. */
  readonly maxReadWriteSessionCount: number | undefined;
  /** Sessions that may write and are open now. */
  readonly readWriteSessionCount: number | undefined;
  /** Longest PIN in bytes. */
  readonly maxPinLength: number | undefined;
  /** Shortest PIN in bytes. */
  readonly minPinLength: number | undefined;
  /** Memory for public objects in bytes. */
  readonly totalPublicMemory: number | undefined;
  /** What is left of it. */
  readonly freePublicMemory: number | undefined;
  /** Memory for private objects in bytes. */
  readonly totalPrivateMemory: number | undefined;
  /** What is left of it. */
  readonly freePrivateMemory: number | undefined;
  /** 'major.minor'. */
  readonly hardwareVersion: string;
  /** 'major.minor'. */
  readonly firmwareVersion: string;
  /** The token's clock; undefined where it has none. */
  readonly time: Date | undefined;
}

const MECHANISM_FLAGS = {
  hardware: CKF.HW,
  messageEncrypt: CKF.MESSAGE_ENCRYPT,
  messageDecrypt: CKF.MESSAGE_DECRYPT,
  messageSign: CKF.MESSAGE_SIGN,
  messageVerify: CKF.MESSAGE_VERIFY,
  multiMessage: CKF.MULTI_MESSAGE,
  encrypt: CKF.ENCRYPT,
  decrypt: CKF.DECRYPT,
  digest: CKF.DIGEST,
  sign: CKF.SIGN,
  signRecover: CKF.SIGN_RECOVER,
  verify: CKF.VERIFY,
  verifyRecover: CKF.VERIFY_RECOVER,
  generate: CKF.GENERATE,
  generateKeyPair: CKF.GENERATE_KEY_PAIR,
  wrap: CKF.WRAP,
  unwrap: CKF.UNWRAP,
  derive: CKF.DERIVE,
  encapsulate: CKF.ENCAPSULATE,
  decapsulate: CKF.DECAPSULATE,
} as const;

/** What a token can do with a mechanism, by the standard's names. */
export type MechanismFlags = { readonly [name in keyof typeof MECHANISM_FLAGS]: boolean };

/** A mechanism of a token (CK_MECHANISM_INFO). */
export interface MechanismInfo extends MechanismFlags {
  /** One of `CKM`, or a vendor's number. */
  readonly mechanism: number;
  /** Such as 'CKM_AES_GCM'; a number in hexadecimal where the standard has no name. */
  readonly name: string;
  /** All flags, as the token gave them. */
  readonly flags: number;
  /** Smallest key. In bits or bytes: that depends on the mechanism. */
  readonly minKeySize: number | undefined;
  /** Largest key, in the same unit. */
  readonly maxKeySize: number | undefined;
}

/** A session (CK_SESSION_INFO). */
export interface SessionInfo {
  /** The slot whose token the session is with. */
  readonly slotId: number;
  /** Who is logged in: nobody, the user, or the security officer. */
  readonly state: 'public' | 'user' | 'so';
  /** Whether objects on the token may be changed in it. */
  readonly readWrite: boolean;
  /** All flags, as the library gave them. */
  readonly flags: number;
  /** An error of the device, in the vendor's own numbers; 0 for none. */
  readonly deviceError: number | undefined;
}

type Fields = Record<string, unknown>;

const text = (value: unknown): string => String(value ?? '');
const number = (value: unknown): number => Number(value ?? 0);

function size(value: unknown): number | undefined {
  // A bigint here is CK_UNAVAILABLE_INFORMATION, or beyond what anybody has.
  const wide = typeof value === 'bigint' ? Number(value) : value;
  return typeof wide === 'number' && Number.isSafeInteger(wide) ? wide : undefined;
}

function version(value: unknown): string {
  const { major, minor } = (value ?? {}) as Fields;
  return `${number(major)}.${number(minor)}`;
}

function flagsOf<Table extends Record<string, number>>(table: Table, flags: number): { [name in keyof Table]: boolean } {
  const entries = Object.entries(table).map(([name, bit]) => [name, (flags & bit) !== 0] as const);
  return Object.fromEntries(entries) as { [name in keyof Table]: boolean };
}

export function moduleInfo(reply: ReplyReader): ModuleInfo {
  const fields = reply.structure('CK_INFO');
  return Object.freeze({
    cryptokiVersion: version(fields['cryptokiVersion']),
    manufacturer: text(fields['manufacturerID']),
    description: text(fields['libraryDescription']),
    libraryVersion: version(fields['libraryVersion']),
    flags: number(fields['flags']),
  });
}

export function slotInfo(reply: ReplyReader): SlotInfo {
  const fields = reply.structure('CK_SLOT_INFO');
  const flags = number(fields['flags']);
  return Object.freeze({
    description: text(fields['slotDescription']),
    manufacturer: text(fields['manufacturerID']),
    hardwareVersion: version(fields['hardwareVersion']),
    firmwareVersion: version(fields['firmwareVersion']),
    flags,
    tokenPresent: (flags & CKF.TOKEN_PRESENT) !== 0,
    removableDevice: (flags & CKF.REMOVABLE_DEVICE) !== 0,
    hardwareSlot: (flags & CKF.HW_SLOT) !== 0,
  });
}

export function tokenInfo(reply: ReplyReader): TokenInfo {
  const fields = reply.structure('CK_TOKEN_INFO');
  const flags = number(fields['flags']);
  const named = flagsOf(TOKEN_FLAGS, flags);
  return Object.freeze({
    label: text(fields['label']),
    manufacturer: text(fields['manufacturerID']),
    model: text(fields['model']),
    serialNumber: text(fields['serialNumber']),
    flags,
    ...named,
    maxSessionCount: size(fields['maxSessionCount']),
    sessionCount: size(fields['sessionCount']),
    maxReadWriteSessionCount: size(fields['maxRwSessionCount']),
    readWriteSessionCount: size(fields['rwSessionCount']),
    maxPinLength: size(fields['maxPinLen']),
    minPinLength: size(fields['minPinLen']),
    totalPublicMemory: size(fields['totalPublicMemory']),
    freePublicMemory: size(fields['freePublicMemory']),
    totalPrivateMemory: size(fields['totalPrivateMemory']),
    freePrivateMemory: size(fields['freePrivateMemory']),
    hardwareVersion: version(fields['hardwareVersion']),
    firmwareVersion: version(fields['firmwareVersion']),
    time: named.clockOnToken ? time(text(fields['utcTime'])) : undefined,
  });
}

/** 'YYYYMMDDhhmmssxx', the last two reserved. */
function time(value: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(value);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function mechanismInfo(mechanism: number, reply: ReplyReader): MechanismInfo {
  const fields = reply.structure('CK_MECHANISM_INFO');
  const flags = number(fields['flags']);
  return Object.freeze({
    mechanism,
    name: nameOr('CKM', mechanism),
    flags,
    minKeySize: size(fields['minKeySize']),
    maxKeySize: size(fields['maxKeySize']),
    ...flagsOf(MECHANISM_FLAGS, flags),
  });
}

const USERS: Readonly<Record<number, SessionInfo['state']>> = {
  [CKS.RO_PUBLIC_SESSION]: 'public',
  [CKS.RW_PUBLIC_SESSION]: 'public',
  [CKS.RO_USER_FUNCTIONS]: 'user',
  [CKS.RW_USER_FUNCTIONS]: 'user',
  [CKS.RW_SO_FUNCTIONS]: 'so',
};

export function sessionInfo(reply: ReplyReader): SessionInfo {
  const fields = reply.structure('CK_SESSION_INFO');
  const flags = number(fields['flags']);
  return Object.freeze({
    slotId: number(fields['slotID']),
    state: USERS[number(fields['state'])] ?? 'public',
    readWrite: (flags & CKF.RW_SESSION) !== 0,
    flags,
    deviceError: size(fields['deviceError']),
  });
}
