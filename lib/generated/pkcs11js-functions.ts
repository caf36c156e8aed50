// Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.
import type { AsyncResult, Bytes, Callback, Encapsulated, Handle, InitializationOptions, KeyPair, Mechanism, MechanismInfo } from '../pkcs11js/types';
import type { MessageParameter, ModuleInfo, Output, SessionInfo, SlotInfo, Template, TemplateResult, TokenInfo } from '../pkcs11js/types';

/** How an argument is checked and written. */
export type InputKind =
  | 'attributes'
  | 'boolean'
  | 'bytes'
  | 'count'
  | 'fill'
  | 'handle'
  | 'initialize'
  | 'label'
  | 'mechanism'
  | 'number'
  | 'output'
  | 'parameter'
  | 'pin'
  | 'template'
  | 'text';

/** What becomes of the reply. */
export type ResultKind =
  | 'CK_INFO'
  | 'CK_MECHANISM_INFO'
  | 'CK_SESSION_INFO'
  | 'CK_SLOT_INFO'
  | 'CK_TOKEN_INFO'
  | 'attributes'
  | 'bytes'
  | 'completed'
  | 'encapsulated'
  | 'event'
  | 'filled'
  | 'handle'
  | 'handles'
  | 'initialize'
  | 'keyPair'
  | 'length'
  | 'nothing'
  | 'number'
  | 'numbers'
  | 'output'
  | 'true';

/** A function as pkcs11js has it. */
export interface FunctionRow {
  readonly name: string;
  readonly call: number;
  readonly inputs: readonly InputKind[];
  readonly result: ResultKind;
  /** pkcs11js lets it take a callback. */
  readonly callback?: true;
  /** In pkcs11js its errors are the addon's own: the message has the code. */
  readonly plain?: true;
  /** The number of arguments is not looked at. */
  readonly anyCount?: true;
  /** A method of the class, in pkcs11js too: it converts dates, and takes as many arguments as it names. */
  readonly dates?: true;
}

/** Every function that can be called. */
export const FUNCTIONS: readonly FunctionRow[] = [
  { name: 'C_Initialize', call: 0, inputs: ['initialize'], result: 'initialize', anyCount: true },
  { name: 'C_Finalize', call: 1, inputs: [], result: 'nothing', anyCount: true },
  { name: 'C_GetInfo', call: 2, inputs: [], result: 'CK_INFO', anyCount: true },
  { name: 'C_GetSlotList', call: 4, inputs: ['boolean'], result: 'handles', anyCount: true },
  { name: 'C_GetSlotInfo', call: 5, inputs: ['handle'], result: 'CK_SLOT_INFO' },
  { name: 'C_GetTokenInfo', call: 6, inputs: ['handle'], result: 'CK_TOKEN_INFO' },
  { name: 'C_GetMechanismList', call: 7, inputs: ['handle'], result: 'numbers' },
  { name: 'C_GetMechanismInfo', call: 8, inputs: ['handle', 'number'], result: 'CK_MECHANISM_INFO' },
  { name: 'C_InitToken', call: 9, inputs: ['handle', 'pin', 'label'], result: 'nothing' },
  { name: 'C_InitPIN', call: 10, inputs: ['handle', 'pin'], result: 'nothing' },
  { name: 'C_SetPIN', call: 11, inputs: ['handle', 'pin', 'pin'], result: 'nothing' },
  { name: 'C_OpenSession', call: 12, inputs: ['handle', 'number'], result: 'handle' },
  { name: 'C_CloseSession', call: 13, inputs: ['handle'], result: 'nothing' },
  { name: 'C_CloseAllSessions', call: 14, inputs: ['handle'], result: 'nothing' },
  { name: 'C_GetSessionInfo', call: 15, inputs: ['handle'], result: 'CK_SESSION_INFO' },
  { name: 'C_GetOperationState', call: 16, inputs: ['handle'], result: 'bytes' },
  { name: 'C_SetOperationState', call: 17, inputs: ['handle', 'bytes', 'handle', 'handle'], result: 'nothing' },
  { name: 'C_Login', call: 18, inputs: ['handle', 'number', 'pin'], result: 'nothing' },
  { name: 'C_Logout', call: 19, inputs: ['handle'], result: 'nothing' },
  { name: 'C_CreateObject', call: 20, inputs: ['handle', 'template'], result: 'handle', plain: true, dates: true },
  { name: 'C_CopyObject', call: 21, inputs: ['handle', 'handle', 'template'], result: 'handle', plain: true, dates: true },
  { name: 'C_DestroyObject', call: 22, inputs: ['handle', 'handle'], result: 'nothing' },
  { name: 'C_GetObjectSize', call: 23, inputs: ['handle', 'handle'], result: 'number' },
  { name: 'C_GetAttributeValue', call: 24, inputs: ['handle', 'handle', 'attributes'], result: 'attributes' },
  { name: 'C_SetAttributeValue', call: 25, inputs: ['handle', 'handle', 'template'], result: 'nothing', plain: true, dates: true },
  { name: 'C_FindObjectsInit', call: 26, inputs: ['handle', 'template'], result: 'nothing' },
  { name: 'C_FindObjects', call: 27, inputs: ['handle', 'count'], result: 'handles', plain: true },
  { name: 'C_FindObjectsFinal', call: 28, inputs: ['handle'], result: 'nothing' },
  { name: 'C_EncryptInit', call: 29, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_Encrypt', call: 30, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_EncryptUpdate', call: 31, inputs: ['handle', 'bytes', 'output'], result: 'output' },
  { name: 'C_EncryptFinal', call: 32, inputs: ['handle', 'output'], result: 'output', callback: true },
  { name: 'C_DecryptInit', call: 33, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_Decrypt', call: 34, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_DecryptUpdate', call: 35, inputs: ['handle', 'bytes', 'output'], result: 'output' },
  { name: 'C_DecryptFinal', call: 36, inputs: ['handle', 'output'], result: 'output', callback: true },
  { name: 'C_DigestInit', call: 37, inputs: ['handle', 'mechanism'], result: 'nothing' },
  { name: 'C_Digest', call: 38, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_DigestUpdate', call: 39, inputs: ['handle', 'bytes'], result: 'nothing' },
  { name: 'C_DigestKey', call: 40, inputs: ['handle', 'handle'], result: 'nothing' },
  { name: 'C_DigestFinal', call: 41, inputs: ['handle', 'output'], result: 'output', callback: true },
  { name: 'C_SignInit', call: 42, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_Sign', call: 43, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_SignUpdate', call: 44, inputs: ['handle', 'bytes'], result: 'nothing' },
  { name: 'C_SignFinal', call: 45, inputs: ['handle', 'output'], result: 'output', callback: true },
  { name: 'C_SignRecoverInit', call: 46, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_SignRecover', call: 47, inputs: ['handle', 'bytes', 'output'], result: 'output' },
  { name: 'C_VerifyInit', call: 48, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_Verify', call: 49, inputs: ['handle', 'bytes', 'bytes'], result: 'true', callback: true },
  { name: 'C_VerifyUpdate', call: 50, inputs: ['handle', 'bytes'], result: 'nothing' },
  { name: 'C_VerifyFinal', call: 51, inputs: ['handle', 'bytes'], result: 'true', callback: true },
  { name: 'C_VerifyRecoverInit', call: 52, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_VerifyRecover', call: 53, inputs: ['handle', 'bytes', 'output'], result: 'output' },
  { name: 'C_DigestEncryptUpdate', call: 54, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_DecryptDigestUpdate', call: 55, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_SignEncryptUpdate', call: 56, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_DecryptVerifyUpdate', call: 57, inputs: ['handle', 'bytes', 'output'], result: 'output', callback: true },
  { name: 'C_GenerateKey', call: 58, inputs: ['handle', 'mechanism', 'template'], result: 'handle', callback: true },
  { name: 'C_GenerateKeyPair', call: 59, inputs: ['handle', 'mechanism', 'template', 'template'], result: 'keyPair', callback: true },
  { name: 'C_WrapKey', call: 60, inputs: ['handle', 'mechanism', 'handle', 'handle', 'output'], result: 'output', callback: true },
  { name: 'C_UnwrapKey', call: 61, inputs: ['handle', 'mechanism', 'handle', 'bytes', 'template'], result: 'handle', callback: true },
  { name: 'C_DeriveKey', call: 62, inputs: ['handle', 'mechanism', 'handle', 'template'], result: 'handle', callback: true },
  { name: 'C_SeedRandom', call: 63, inputs: ['handle', 'bytes'], result: 'nothing' },
  { name: 'C_GenerateRandom', call: 64, inputs: ['handle', 'fill'], result: 'filled' },
  { name: 'C_GetFunctionStatus', call: 65, inputs: ['handle'], result: 'nothing' },
  { name: 'C_CancelFunction', call: 66, inputs: ['handle'], result: 'nothing' },
  { name: 'C_WaitForSlotEvent', call: 67, inputs: ['number'], result: 'event' },
  { name: 'C_LoginUser', call: 70, inputs: ['handle', 'number', 'pin', 'pin'], result: 'nothing' },
  { name: 'C_SessionCancel', call: 71, inputs: ['handle', 'number'], result: 'nothing' },
  { name: 'C_MessageEncryptInit', call: 72, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_EncryptMessage', call: 73, inputs: ['handle', 'parameter', 'bytes', 'bytes', 'output'], result: 'output' },
  { name: 'C_EncryptMessageBegin', call: 74, inputs: ['handle', 'parameter', 'bytes'], result: 'nothing' },
  { name: 'C_EncryptMessageNext', call: 75, inputs: ['handle', 'parameter', 'bytes', 'output', 'number'], result: 'output' },
  { name: 'C_MessageEncryptFinal', call: 76, inputs: ['handle'], result: 'nothing' },
  { name: 'C_MessageDecryptInit', call: 77, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_DecryptMessage', call: 78, inputs: ['handle', 'parameter', 'bytes', 'bytes', 'output'], result: 'output' },
  { name: 'C_DecryptMessageBegin', call: 79, inputs: ['handle', 'parameter', 'bytes'], result: 'nothing' },
  { name: 'C_DecryptMessageNext', call: 80, inputs: ['handle', 'parameter', 'bytes', 'output', 'number'], result: 'output' },
  { name: 'C_MessageDecryptFinal', call: 81, inputs: ['handle'], result: 'nothing' },
  { name: 'C_MessageSignInit', call: 82, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_SignMessage', call: 83, inputs: ['handle', 'parameter', 'bytes', 'output'], result: 'output' },
  { name: 'C_SignMessageBegin', call: 84, inputs: ['handle', 'parameter'], result: 'nothing' },
  { name: 'C_SignMessageNext', call: 85, inputs: ['handle', 'parameter', 'bytes', 'output'], result: 'output' },
  { name: 'C_MessageSignFinal', call: 86, inputs: ['handle'], result: 'nothing' },
  { name: 'C_MessageVerifyInit', call: 87, inputs: ['handle', 'mechanism', 'handle'], result: 'nothing' },
  { name: 'C_VerifyMessage', call: 88, inputs: ['handle', 'parameter', 'bytes', 'bytes'], result: 'nothing' },
  { name: 'C_VerifyMessageBegin', call: 89, inputs: ['handle', 'parameter'], result: 'nothing' },
  { name: 'C_VerifyMessageNext', call: 90, inputs: ['handle', 'parameter', 'bytes', 'bytes'], result: 'nothing' },
  { name: 'C_MessageVerifyFinal', call: 91, inputs: ['handle'], result: 'nothing' },
  { name: 'C_EncapsulateKey', call: 92, inputs: ['handle', 'mechanism', 'handle', 'template', 'output'], result: 'encapsulated' },
  { name: 'C_DecapsulateKey', call: 93, inputs: ['handle', 'mechanism', 'handle', 'template', 'bytes'], result: 'handle' },
  { name: 'C_VerifySignatureInit', call: 94, inputs: ['handle', 'mechanism', 'handle', 'bytes'], result: 'nothing' },
  { name: 'C_VerifySignature', call: 95, inputs: ['handle', 'bytes'], result: 'nothing' },
  { name: 'C_VerifySignatureUpdate', call: 96, inputs: ['handle', 'bytes'], result: 'nothing' },
  { name: 'C_VerifySignatureFinal', call: 97, inputs: ['handle'], result: 'nothing' },
  { name: 'C_GetSessionValidationFlags', call: 98, inputs: ['handle', 'number'], result: 'number' },
  { name: 'C_AsyncComplete', call: 99, inputs: ['handle', 'text'], result: 'completed' },
  { name: 'C_AsyncGetID', call: 100, inputs: ['handle', 'text'], result: 'number' },
  { name: 'C_AsyncJoin', call: 101, inputs: ['handle', 'text', 'number', 'count'], result: 'nothing' },
  { name: 'C_WrapKeyAuthenticated', call: 102, inputs: ['handle', 'mechanism', 'handle', 'handle', 'bytes', 'output'], result: 'output' },
  { name: 'C_UnwrapKeyAuthenticated', call: 103, inputs: ['handle', 'mechanism', 'handle', 'bytes', 'template', 'bytes'], result: 'handle' },
];

/** The functions of the standard in the forms of pkcs11js: synchronous, with a callback where it has one, and each as a promise. */
export interface Functions {
  /** Makes the library ready for use. */
  C_Initialize(options?: InitializationOptions | null): void;
  /** Makes the library ready for use. Not on this thread. */
  C_InitializeAsync(options?: InitializationOptions | null): Promise<void>;
  /** Ends the use of the library. */
  C_Finalize(): void;
  /** Ends the use of the library. Not on this thread. */
  C_FinalizeAsync(): Promise<void>;
  /** Tells who made the library and which version of the standard it follows. */
  C_GetInfo(): ModuleInfo;
  /** Tells who made the library and which version of the standard it follows. Not on this thread. */
  C_GetInfoAsync(): Promise<ModuleInfo>;
  /** Lists the slots, all of them or those that hold a token. */
  C_GetSlotList(tokenPresent?: boolean): Handle[];
  /** Lists the slots, all of them or those that hold a token. Not on this thread. */
  C_GetSlotListAsync(tokenPresent?: boolean): Promise<Handle[]>;
  /** Describes a slot. */
  C_GetSlotInfo(slot: Handle): SlotInfo;
  /** Describes a slot. Not on this thread. */
  C_GetSlotInfoAsync(slot: Handle): Promise<SlotInfo>;
  /** Describes the token in a slot. */
  C_GetTokenInfo(slot: Handle): TokenInfo;
  /** Describes the token in a slot. Not on this thread. */
  C_GetTokenInfoAsync(slot: Handle): Promise<TokenInfo>;
  /** Lists the mechanisms that a token knows. */
  C_GetMechanismList(slot: Handle): number[];
  /** Lists the mechanisms that a token knows. Not on this thread. */
  C_GetMechanismListAsync(slot: Handle): Promise<number[]>;
  /** Tells key sizes and uses of a mechanism on a token. */
  C_GetMechanismInfo(slot: Handle, type: number): MechanismInfo;
  /** Tells key sizes and uses of a mechanism on a token. Not on this thread. */
  C_GetMechanismInfoAsync(slot: Handle, type: number): Promise<MechanismInfo>;
  /** Erases a token and gives it a label and a security officer's PIN. */
  C_InitToken(slot: Handle, pin?: string | Bytes | null, label?: string | Bytes): void;
  /** Erases a token and gives it a label and a security officer's PIN. Not on this thread. */
  C_InitTokenAsync(slot: Handle, pin?: string | Bytes | null, label?: string | Bytes): Promise<void>;
  /** Sets the user's PIN; the security officer must be logged in. */
  C_InitPIN(session: Handle, pin?: string | Bytes | null): void;
  /** Sets the user's PIN; the security officer must be logged in. Not on this thread. */
  C_InitPINAsync(session: Handle, pin?: string | Bytes | null): Promise<void>;
  /** Changes the PIN of whoever is logged in, or the user's. */
  C_SetPIN(session: Handle, oldPin: string | Bytes | null, newPin: string | Bytes | null): void;
  /** Changes the PIN of whoever is logged in, or the user's. Not on this thread. */
  C_SetPINAsync(session: Handle, oldPin: string | Bytes | null, newPin: string | Bytes | null): Promise<void>;
  /** Opens a session with the token in a slot. */
  C_OpenSession(slot: Handle, flags: number): Handle;
  /** Opens a session with the token in a slot. Not on this thread. */
  C_OpenSessionAsync(slot: Handle, flags: number): Promise<Handle>;
  /** Closes a session. */
  C_CloseSession(session: Handle): void;
  /** Closes a session. Not on this thread. */
  C_CloseSessionAsync(session: Handle): Promise<void>;
  /** Closes every session that this program has with a token. */
  C_CloseAllSessions(slot: Handle): void;
  /** Closes every session that this program has with a token. Not on this thread. */
  C_CloseAllSessionsAsync(slot: Handle): Promise<void>;
  /** Tells the state of a session. */
  C_GetSessionInfo(session: Handle): SessionInfo;
  /** Tells the state of a session. Not on this thread. */
  C_GetSessionInfoAsync(session: Handle): Promise<SessionInfo>;
  /** Saves the state of the operation that a session is in the middle of. */
  C_GetOperationState(session: Handle): Buffer;
  /** Saves the state of the operation that a session is in the middle of. Not on this thread. */
  C_GetOperationStateAsync(session: Handle): Promise<Buffer>;
  /** Continues an operation from a saved state. */
  C_SetOperationState(session: Handle, operationState: Bytes, encryptionKey: Handle, authenticationKey: Handle): void;
  /** Continues an operation from a saved state. Not on this thread. */
  C_SetOperationStateAsync(session: Handle, operationState: Bytes, encryptionKey: Handle, authenticationKey: Handle): Promise<void>;
  /** Logs a user in to a token, for all sessions with it. */
  C_Login(session: Handle, userType: number, pin?: string | Bytes | null): void;
  /** Logs a user in to a token, for all sessions with it. Not on this thread. */
  C_LoginAsync(session: Handle, userType: number, pin?: string | Bytes | null): Promise<void>;
  /** Logs the user out of a token. */
  C_Logout(session: Handle): void;
  /** Logs the user out of a token. Not on this thread. */
  C_LogoutAsync(session: Handle): Promise<void>;
  /** Makes an object from a template. */
  C_CreateObject(session: Handle, template: Template): Handle;
  /** Makes an object from a template. Not on this thread. */
  C_CreateObjectAsync(session: Handle, template: Template): Promise<Handle>;
  /** Makes a copy of an object, changed as the template says. */
  C_CopyObject(session: Handle, object: Handle, template: Template): Handle;
  /** Makes a copy of an object, changed as the template says. Not on this thread. */
  C_CopyObjectAsync(session: Handle, object: Handle, template: Template): Promise<Handle>;
  /** Destroys an object. */
  C_DestroyObject(session: Handle, object: Handle): void;
  /** Destroys an object. Not on this thread. */
  C_DestroyObjectAsync(session: Handle, object: Handle): Promise<void>;
  /** Tells roughly how much of the token's memory an object takes. */
  C_GetObjectSize(session: Handle, object: Handle): number;
  /** Tells roughly how much of the token's memory an object takes. Not on this thread. */
  C_GetObjectSizeAsync(session: Handle, object: Handle): Promise<number>;
  /** Reads attributes of an object. */
  C_GetAttributeValue(session: Handle, object: Handle, attributes: Template): TemplateResult;
  /** Reads attributes of an object. Not on this thread. */
  C_GetAttributeValueAsync(session: Handle, object: Handle, attributes: Template): Promise<TemplateResult>;
  /** Changes attributes of an object. */
  C_SetAttributeValue(session: Handle, object: Handle, template: Template): void;
  /** Changes attributes of an object. Not on this thread. */
  C_SetAttributeValueAsync(session: Handle, object: Handle, template: Template): Promise<void>;
  /** Starts a search for objects that match a template. */
  C_FindObjectsInit(session: Handle, template: Template): void;
  /** Starts a search for objects that match a template. Not on this thread. */
  C_FindObjectsInitAsync(session: Handle, template: Template): Promise<void>;
  /** Gives the next objects of a search. Without a number: one, or null when there is no more. */
  C_FindObjects(session: Handle): Handle | null;
  /** Gives the next objects of a search. */
  C_FindObjects(session: Handle, atMost: number): Handle[];
  /** Gives the next objects of a search. Not on this thread. Without a number: one, or null. */
  C_FindObjectsAsync(session: Handle): Promise<Handle | null>;
  /** Gives the next objects of a search. Not on this thread. */
  C_FindObjectsAsync(session: Handle, atMost: number): Promise<Handle[]>;
  /** Ends a search. */
  C_FindObjectsFinal(session: Handle): void;
  /** Ends a search. Not on this thread. */
  C_FindObjectsFinalAsync(session: Handle): Promise<void>;
  /** Starts an encryption. */
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts an encryption. Not on this thread. */
  C_EncryptInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Encrypts data in one part. */
  C_Encrypt(session: Handle, data: Bytes, encryptedData: Output): Buffer;
  /** Encrypts data in one part. Not on this thread; the callback is told. */
  C_Encrypt(session: Handle, data: Bytes, encryptedData: Output, callback: Callback<Buffer>): void;
  /** Encrypts data in one part. Not on this thread; the callback is told. */
  C_EncryptCallback(session: Handle, data: Bytes, encryptedData: Output, callback: Callback<Buffer>): void;
  /** Encrypts data in one part. Not on this thread. */
  C_EncryptAsync(session: Handle, data: Bytes, encryptedData: Output): Promise<Buffer>;
  /** Encrypts a further part. */
  C_EncryptUpdate(session: Handle, part: Bytes, encryptedPart: Output): Buffer;
  /** Encrypts a further part. Not on this thread. */
  C_EncryptUpdateAsync(session: Handle, part: Bytes, encryptedPart: Output): Promise<Buffer>;
  /** Ends an encryption in parts and gives what was held back. */
  C_EncryptFinal(session: Handle, lastEncryptedPart: Output): Buffer;
  /** Ends an encryption in parts and gives what was held back. Not on this thread; the callback is told. */
  C_EncryptFinal(session: Handle, lastEncryptedPart: Output, callback: Callback<Buffer>): void;
  /** Ends an encryption in parts and gives what was held back. Not on this thread; the callback is told. */
  C_EncryptFinalCallback(session: Handle, lastEncryptedPart: Output, callback: Callback<Buffer>): void;
  /** Ends an encryption in parts and gives what was held back. Not on this thread. */
  C_EncryptFinalAsync(session: Handle, lastEncryptedPart: Output): Promise<Buffer>;
  /** Starts a decryption. */
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts a decryption. Not on this thread. */
  C_DecryptInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Decrypts data in one part. */
  C_Decrypt(session: Handle, encryptedData: Bytes, data: Output): Buffer;
  /** Decrypts data in one part. Not on this thread; the callback is told. */
  C_Decrypt(session: Handle, encryptedData: Bytes, data: Output, callback: Callback<Buffer>): void;
  /** Decrypts data in one part. Not on this thread; the callback is told. */
  C_DecryptCallback(session: Handle, encryptedData: Bytes, data: Output, callback: Callback<Buffer>): void;
  /** Decrypts data in one part. Not on this thread. */
  C_DecryptAsync(session: Handle, encryptedData: Bytes, data: Output): Promise<Buffer>;
  /** Decrypts a further part. */
  C_DecryptUpdate(session: Handle, encryptedPart: Bytes, part: Output): Buffer;
  /** Decrypts a further part. Not on this thread. */
  C_DecryptUpdateAsync(session: Handle, encryptedPart: Bytes, part: Output): Promise<Buffer>;
  /** Ends a decryption in parts and gives what was held back. */
  C_DecryptFinal(session: Handle, lastPart: Output): Buffer;
  /** Ends a decryption in parts and gives what was held back. Not on this thread; the callback is told. */
  C_DecryptFinal(session: Handle, lastPart: Output, callback: Callback<Buffer>): void;
  /** Ends a decryption in parts and gives what was held back. Not on this thread; the callback is told. */
  C_DecryptFinalCallback(session: Handle, lastPart: Output, callback: Callback<Buffer>): void;
  /** Ends a decryption in parts and gives what was held back. Not on this thread. */
  C_DecryptFinalAsync(session: Handle, lastPart: Output): Promise<Buffer>;
  /** Starts a digest. */
  C_DigestInit(session: Handle, mechanism: Mechanism): void;
  /** Starts a digest. Not on this thread. */
  C_DigestInitAsync(session: Handle, mechanism: Mechanism): Promise<void>;
  /** Digests data in one part. */
  C_Digest(session: Handle, data: Bytes, digest: Output): Buffer;
  /** Digests data in one part. Not on this thread; the callback is told. */
  C_Digest(session: Handle, data: Bytes, digest: Output, callback: Callback<Buffer>): void;
  /** Digests data in one part. Not on this thread; the callback is told. */
  C_DigestCallback(session: Handle, data: Bytes, digest: Output, callback: Callback<Buffer>): void;
  /** Digests data in one part. Not on this thread. */
  C_DigestAsync(session: Handle, data: Bytes, digest: Output): Promise<Buffer>;
  /** Digests a further part. */
  C_DigestUpdate(session: Handle, part: Bytes): void;
  /** Digests a further part. Not on this thread. */
  C_DigestUpdateAsync(session: Handle, part: Bytes): Promise<void>;
  /** Digests the value of a secret key. */
  C_DigestKey(session: Handle, key: Handle): void;
  /** Digests the value of a secret key. Not on this thread. */
  C_DigestKeyAsync(session: Handle, key: Handle): Promise<void>;
  /** Ends a digest in parts. */
  C_DigestFinal(session: Handle, digest: Output): Buffer;
  /** Ends a digest in parts. Not on this thread; the callback is told. */
  C_DigestFinal(session: Handle, digest: Output, callback: Callback<Buffer>): void;
  /** Ends a digest in parts. Not on this thread; the callback is told. */
  C_DigestFinalCallback(session: Handle, digest: Output, callback: Callback<Buffer>): void;
  /** Ends a digest in parts. Not on this thread. */
  C_DigestFinalAsync(session: Handle, digest: Output): Promise<Buffer>;
  /** Starts a signature or MAC. */
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts a signature or MAC. Not on this thread. */
  C_SignInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Signs data in one part. */
  C_Sign(session: Handle, data: Bytes, signature: Output): Buffer;
  /** Signs data in one part. Not on this thread; the callback is told. */
  C_Sign(session: Handle, data: Bytes, signature: Output, callback: Callback<Buffer>): void;
  /** Signs data in one part. Not on this thread; the callback is told. */
  C_SignCallback(session: Handle, data: Bytes, signature: Output, callback: Callback<Buffer>): void;
  /** Signs data in one part. Not on this thread. */
  C_SignAsync(session: Handle, data: Bytes, signature: Output): Promise<Buffer>;
  /** Signs a further part. */
  C_SignUpdate(session: Handle, part: Bytes): void;
  /** Signs a further part. Not on this thread. */
  C_SignUpdateAsync(session: Handle, part: Bytes): Promise<void>;
  /** Ends a signature in parts. */
  C_SignFinal(session: Handle, signature: Output): Buffer;
  /** Ends a signature in parts. Not on this thread; the callback is told. */
  C_SignFinal(session: Handle, signature: Output, callback: Callback<Buffer>): void;
  /** Ends a signature in parts. Not on this thread; the callback is told. */
  C_SignFinalCallback(session: Handle, signature: Output, callback: Callback<Buffer>): void;
  /** Ends a signature in parts. Not on this thread. */
  C_SignFinalAsync(session: Handle, signature: Output): Promise<Buffer>;
  /** Starts a signature from which the data can be recovered. */
  C_SignRecoverInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts a signature from which the data can be recovered. Not on this thread. */
  C_SignRecoverInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Signs data so that they can be recovered from the signature. */
  C_SignRecover(session: Handle, data: Bytes, signature: Output): Buffer;
  /** Signs data so that they can be recovered from the signature. Not on this thread. */
  C_SignRecoverAsync(session: Handle, data: Bytes, signature: Output): Promise<Buffer>;
  /** Starts the verification of a signature or MAC. */
  C_VerifyInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts the verification of a signature or MAC. Not on this thread. */
  C_VerifyInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Verifies the signature of data in one part. */
  C_Verify(session: Handle, data: Bytes, signature: Bytes): true;
  /** Verifies the signature of data in one part. Not on this thread; the callback is told. */
  C_Verify(session: Handle, data: Bytes, signature: Bytes, callback: Callback<true>): void;
  /** Verifies the signature of data in one part. Not on this thread; the callback is told. */
  C_VerifyCallback(session: Handle, data: Bytes, signature: Bytes, callback: Callback<true>): void;
  /** Verifies the signature of data in one part. Not on this thread. */
  C_VerifyAsync(session: Handle, data: Bytes, signature: Bytes): Promise<true>;
  /** Verifies a further part. */
  C_VerifyUpdate(session: Handle, part: Bytes): void;
  /** Verifies a further part. Not on this thread. */
  C_VerifyUpdateAsync(session: Handle, part: Bytes): Promise<void>;
  /** Ends a verification in parts: compares with the signature. */
  C_VerifyFinal(session: Handle, signature: Bytes): true;
  /** Ends a verification in parts: compares with the signature. Not on this thread; the callback is told. */
  C_VerifyFinal(session: Handle, signature: Bytes, callback: Callback<true>): void;
  /** Ends a verification in parts: compares with the signature. Not on this thread; the callback is told. */
  C_VerifyFinalCallback(session: Handle, signature: Bytes, callback: Callback<true>): void;
  /** Ends a verification in parts: compares with the signature. Not on this thread. */
  C_VerifyFinalAsync(session: Handle, signature: Bytes): Promise<true>;
  /** Starts a verification that recovers the data from the signature. */
  C_VerifyRecoverInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts a verification that recovers the data from the signature. Not on this thread. */
  C_VerifyRecoverInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Verifies a signature and gives the data recovered from it. */
  C_VerifyRecover(session: Handle, signature: Bytes, data: Output): Buffer;
  /** Verifies a signature and gives the data recovered from it. Not on this thread. */
  C_VerifyRecoverAsync(session: Handle, signature: Bytes, data: Output): Promise<Buffer>;
  /** Digests and encrypts a further part. */
  C_DigestEncryptUpdate(session: Handle, part: Bytes, encryptedPart: Output): Buffer;
  /** Digests and encrypts a further part. Not on this thread; the callback is told. */
  C_DigestEncryptUpdate(session: Handle, part: Bytes, encryptedPart: Output, callback: Callback<Buffer>): void;
  /** Digests and encrypts a further part. Not on this thread; the callback is told. */
  C_DigestEncryptUpdateCallback(session: Handle, part: Bytes, encryptedPart: Output, callback: Callback<Buffer>): void;
  /** Digests and encrypts a further part. Not on this thread. */
  C_DigestEncryptUpdateAsync(session: Handle, part: Bytes, encryptedPart: Output): Promise<Buffer>;
  /** Decrypts a further part and digests the result. */
  C_DecryptDigestUpdate(session: Handle, encryptedPart: Bytes, part: Output): Buffer;
  /** Decrypts a further part and digests the result. Not on this thread; the callback is told. */
  C_DecryptDigestUpdate(session: Handle, encryptedPart: Bytes, part: Output, callback: Callback<Buffer>): void;
  /** Decrypts a further part and digests the result. Not on this thread; the callback is told. */
  C_DecryptDigestUpdateCallback(session: Handle, encryptedPart: Bytes, part: Output, callback: Callback<Buffer>): void;
  /** Decrypts a further part and digests the result. Not on this thread. */
  C_DecryptDigestUpdateAsync(session: Handle, encryptedPart: Bytes, part: Output): Promise<Buffer>;
  /** Signs and encrypts a further part. */
  C_SignEncryptUpdate(session: Handle, part: Bytes, encryptedPart: Output): Buffer;
  /** Signs and encrypts a further part. Not on this thread; the callback is told. */
  C_SignEncryptUpdate(session: Handle, part: Bytes, encryptedPart: Output, callback: Callback<Buffer>): void;
  /** Signs and encrypts a further part. Not on this thread; the callback is told. */
  C_SignEncryptUpdateCallback(session: Handle, part: Bytes, encryptedPart: Output, callback: Callback<Buffer>): void;
  /** Signs and encrypts a further part. Not on this thread. */
  C_SignEncryptUpdateAsync(session: Handle, part: Bytes, encryptedPart: Output): Promise<Buffer>;
  /** Decrypts a further part and verifies the result. */
  C_DecryptVerifyUpdate(session: Handle, encryptedPart: Bytes, part: Output): Buffer;
  /** Decrypts a further part and verifies the result. Not on this thread; the callback is told. */
  C_DecryptVerifyUpdate(session: Handle, encryptedPart: Bytes, part: Output, callback: Callback<Buffer>): void;
  /** Decrypts a further part and verifies the result. Not on this thread; the callback is told. */
  C_DecryptVerifyUpdateCallback(session: Handle, encryptedPart: Bytes, part: Output, callback: Callback<Buffer>): void;
  /** Decrypts a further part and verifies the result. Not on this thread. */
  C_DecryptVerifyUpdateAsync(session: Handle, encryptedPart: Bytes, part: Output): Promise<Buffer>;
  /** Generates a secret key or domain parameters. */
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Template): Handle;
  /** Generates a secret key or domain parameters. Not on this thread; the callback is told. */
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Template, callback: Callback<Handle>): void;
  /** Generates a secret key or domain parameters. Not on this thread; the callback is told. */
  C_GenerateKeyCallback(session: Handle, mechanism: Mechanism, template: Template, callback: Callback<Handle>): void;
  /** Generates a secret key or domain parameters. Not on this thread. */
  C_GenerateKeyAsync(session: Handle, mechanism: Mechanism, template: Template): Promise<Handle>;
  /** Generates a public and a private key. */
  C_GenerateKeyPair(session: Handle, mechanism: Mechanism, publicKeyTemplate: Template, privateKeyTemplate: Template): KeyPair;
  /** Generates a public and a private key. Not on this thread; the callback is told. */
  C_GenerateKeyPair(
    session: Handle,
    mechanism: Mechanism,
    publicKeyTemplate: Template,
    privateKeyTemplate: Template,
    callback: Callback<KeyPair>,
  ): void;
  /** Generates a public and a private key. Not on this thread; the callback is told. */
  C_GenerateKeyPairCallback(
    session: Handle,
    mechanism: Mechanism,
    publicKeyTemplate: Template,
    privateKeyTemplate: Template,
    callback: Callback<KeyPair>,
  ): void;
  /** Generates a public and a private key. Not on this thread. */
  C_GenerateKeyPairAsync(session: Handle, mechanism: Mechanism, publicKeyTemplate: Template, privateKeyTemplate: Template): Promise<KeyPair>;
  /** Encrypts a key with another so that it can leave the token. */
  C_WrapKey(session: Handle, mechanism: Mechanism, wrappingKey: Handle, key: Handle, wrappedKey: Output): Buffer;
  /** Encrypts a key with another so that it can leave the token. Not on this thread; the callback is told. */
  C_WrapKey(session: Handle, mechanism: Mechanism, wrappingKey: Handle, key: Handle, wrappedKey: Output, callback: Callback<Buffer>): void;
  /** Encrypts a key with another so that it can leave the token. Not on this thread; the callback is told. */
  C_WrapKeyCallback(session: Handle, mechanism: Mechanism, wrappingKey: Handle, key: Handle, wrappedKey: Output, callback: Callback<Buffer>): void;
  /** Encrypts a key with another so that it can leave the token. Not on this thread. */
  C_WrapKeyAsync(session: Handle, mechanism: Mechanism, wrappingKey: Handle, key: Handle, wrappedKey: Output): Promise<Buffer>;
  /** Makes a key from its wrapped form. */
  C_UnwrapKey(session: Handle, mechanism: Mechanism, unwrappingKey: Handle, wrappedKey: Bytes, template: Template): Handle;
  /** Makes a key from its wrapped form. Not on this thread; the callback is told. */
  C_UnwrapKey(session: Handle, mechanism: Mechanism, unwrappingKey: Handle, wrappedKey: Bytes, template: Template, callback: Callback<Handle>): void;
  /** Makes a key from its wrapped form. Not on this thread; the callback is told. */
  C_UnwrapKeyCallback(
    session: Handle,
    mechanism: Mechanism,
    unwrappingKey: Handle,
    wrappedKey: Bytes,
    template: Template,
    callback: Callback<Handle>,
  ): void;
  /** Makes a key from its wrapped form. Not on this thread. */
  C_UnwrapKeyAsync(session: Handle, mechanism: Mechanism, unwrappingKey: Handle, wrappedKey: Bytes, template: Template): Promise<Handle>;
  /** Derives a key from another. */
  C_DeriveKey(session: Handle, mechanism: Mechanism, baseKey: Handle, template: Template): Handle;
  /** Derives a key from another. Not on this thread; the callback is told. */
  C_DeriveKey(session: Handle, mechanism: Mechanism, baseKey: Handle, template: Template, callback: Callback<Handle>): void;
  /** Derives a key from another. Not on this thread; the callback is told. */
  C_DeriveKeyCallback(session: Handle, mechanism: Mechanism, baseKey: Handle, template: Template, callback: Callback<Handle>): void;
  /** Derives a key from another. Not on this thread. */
  C_DeriveKeyAsync(session: Handle, mechanism: Mechanism, baseKey: Handle, template: Template): Promise<Handle>;
  /** Mixes bytes into the token's random number generator. */
  C_SeedRandom(session: Handle, seed: Bytes): void;
  /** Mixes bytes into the token's random number generator. Not on this thread. */
  C_SeedRandomAsync(session: Handle, seed: Bytes): Promise<void>;
  /** Gives random bytes. */
  C_GenerateRandom(session: Handle, randomData: Output): Buffer;
  /** Gives random bytes. Not on this thread. */
  C_GenerateRandomAsync(session: Handle, randomData: Output): Promise<Buffer>;
  /** A leftover of the standard's first version; libraries answer CKR_FUNCTION_NOT_PARALLEL. */
  C_GetFunctionStatus(session: Handle): void;
  /** A leftover of the standard's first version; libraries answer CKR_FUNCTION_NOT_PARALLEL. Not on this thread. */
  C_GetFunctionStatusAsync(session: Handle): Promise<void>;
  /** A leftover of the standard's first version; libraries answer CKR_FUNCTION_NOT_PARALLEL. */
  C_CancelFunction(session: Handle): void;
  /** A leftover of the standard's first version; libraries answer CKR_FUNCTION_NOT_PARALLEL. Not on this thread. */
  C_CancelFunctionAsync(session: Handle): Promise<void>;
  /** Waits until a token comes or goes, or asks whether one has. */
  C_WaitForSlotEvent(flags: number): Handle | null;
  /** Waits until a token comes or goes, or asks whether one has. Not on this thread. */
  C_WaitForSlotEventAsync(flags: number): Promise<Handle | null>;
  /** Logs a user in by PIN and name. Since 3.0. */
  C_LoginUser(session: Handle, userType: number, pin: string | Bytes | null, username: string | Bytes | null): void;
  /** Logs a user in by PIN and name. Since 3.0. Not on this thread. */
  C_LoginUserAsync(session: Handle, userType: number, pin: string | Bytes | null, username: string | Bytes | null): Promise<void>;
  /** Ends operations of a session. Since 3.0. */
  C_SessionCancel(session: Handle, flags: number): void;
  /** Ends operations of a session. Since 3.0. Not on this thread. */
  C_SessionCancelAsync(session: Handle, flags: number): Promise<void>;
  /** Starts the encryption of messages with one key. Since 3.0. */
  C_MessageEncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts the encryption of messages with one key. Since 3.0. Not on this thread. */
  C_MessageEncryptInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Encrypts one message. Since 3.0. */
  C_EncryptMessage(session: Handle, parameter: MessageParameter, associatedData: Bytes, plaintext: Bytes, ciphertext: Output): Buffer;
  /** Encrypts one message. Since 3.0. Not on this thread. */
  C_EncryptMessageAsync(session: Handle, parameter: MessageParameter, associatedData: Bytes, plaintext: Bytes, ciphertext: Output): Promise<Buffer>;
  /** Starts the encryption of a message in parts. Since 3.0. */
  C_EncryptMessageBegin(session: Handle, parameter: MessageParameter, associatedData: Bytes): void;
  /** Starts the encryption of a message in parts. Since 3.0. Not on this thread. */
  C_EncryptMessageBeginAsync(session: Handle, parameter: MessageParameter, associatedData: Bytes): Promise<void>;
  /** Encrypts a further part of a message; the flag CKF_END_OF_MESSAGE marks the last. Since 3.0. */
  C_EncryptMessageNext(session: Handle, parameter: MessageParameter, plaintextPart: Bytes, ciphertextPart: Output, flags: number): Buffer;
  /** Encrypts a further part of a message; the flag CKF_END_OF_MESSAGE marks the last. Since 3.0. Not on this thread. */
  C_EncryptMessageNextAsync(
    session: Handle,
    parameter: MessageParameter,
    plaintextPart: Bytes,
    ciphertextPart: Output,
    flags: number,
  ): Promise<Buffer>;
  /** Ends the encryption of messages. Since 3.0. */
  C_MessageEncryptFinal(session: Handle): void;
  /** Ends the encryption of messages. Since 3.0. Not on this thread. */
  C_MessageEncryptFinalAsync(session: Handle): Promise<void>;
  /** Starts the decryption of messages with one key. Since 3.0. */
  C_MessageDecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts the decryption of messages with one key. Since 3.0. Not on this thread. */
  C_MessageDecryptInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Decrypts one message. Since 3.0. */
  C_DecryptMessage(session: Handle, parameter: MessageParameter, associatedData: Bytes, ciphertext: Bytes, plaintext: Output): Buffer;
  /** Decrypts one message. Since 3.0. Not on this thread. */
  C_DecryptMessageAsync(session: Handle, parameter: MessageParameter, associatedData: Bytes, ciphertext: Bytes, plaintext: Output): Promise<Buffer>;
  /** Starts the decryption of a message in parts. Since 3.0. */
  C_DecryptMessageBegin(session: Handle, parameter: MessageParameter, associatedData: Bytes): void;
  /** Starts the decryption of a message in parts. Since 3.0. Not on this thread. */
  C_DecryptMessageBeginAsync(session: Handle, parameter: MessageParameter, associatedData: Bytes): Promise<void>;
  /** Decrypts a further part of a message; the flag CKF_END_OF_MESSAGE marks the last. Since 3.0. */
  C_DecryptMessageNext(session: Handle, parameter: MessageParameter, ciphertextPart: Bytes, plaintextPart: Output, flags: number): Buffer;
  /** Decrypts a further part of a message; the flag CKF_END_OF_MESSAGE marks the last. Since 3.0. Not on this thread. */
  C_DecryptMessageNextAsync(
    session: Handle,
    parameter: MessageParameter,
    ciphertextPart: Bytes,
    plaintextPart: Output,
    flags: number,
  ): Promise<Buffer>;
  /** Ends the decryption of messages. Since 3.0. */
  C_MessageDecryptFinal(session: Handle): void;
  /** Ends the decryption of messages. Since 3.0. Not on this thread. */
  C_MessageDecryptFinalAsync(session: Handle): Promise<void>;
  /** Starts the signing of messages with one key. Since 3.0. */
  C_MessageSignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts the signing of messages with one key. Since 3.0. Not on this thread. */
  C_MessageSignInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Signs one message. Since 3.0. */
  C_SignMessage(session: Handle, parameter: MessageParameter, data: Bytes, signature: Output): Buffer;
  /** Signs one message. Since 3.0. Not on this thread. */
  C_SignMessageAsync(session: Handle, parameter: MessageParameter, data: Bytes, signature: Output): Promise<Buffer>;
  /** Starts the signature of a message in parts. Since 3.0. */
  C_SignMessageBegin(session: Handle, parameter: MessageParameter): void;
  /** Starts the signature of a message in parts. Since 3.0. Not on this thread. */
  C_SignMessageBeginAsync(session: Handle, parameter: MessageParameter): Promise<void>;
  /** Signs a further part of a message; the last one asks for the signature. Since 3.0. */
  C_SignMessageNext(session: Handle, parameter: MessageParameter, data: Bytes, signature: Output): Buffer;
  /** Signs a further part of a message; the last one asks for the signature. Since 3.0. Not on this thread. */
  C_SignMessageNextAsync(session: Handle, parameter: MessageParameter, data: Bytes, signature: Output): Promise<Buffer>;
  /** Ends the signing of messages. Since 3.0. */
  C_MessageSignFinal(session: Handle): void;
  /** Ends the signing of messages. Since 3.0. Not on this thread. */
  C_MessageSignFinalAsync(session: Handle): Promise<void>;
  /** Starts the verification of messages with one key. Since 3.0. */
  C_MessageVerifyInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  /** Starts the verification of messages with one key. Since 3.0. Not on this thread. */
  C_MessageVerifyInitAsync(session: Handle, mechanism: Mechanism, key: Handle): Promise<void>;
  /** Verifies the signature of one message. Since 3.0. */
  C_VerifyMessage(session: Handle, parameter: MessageParameter, data: Bytes, signature: Bytes): void;
  /** Verifies the signature of one message. Since 3.0. Not on this thread. */
  C_VerifyMessageAsync(session: Handle, parameter: MessageParameter, data: Bytes, signature: Bytes): Promise<void>;
  /** Starts the verification of a message in parts. Since 3.0. */
  C_VerifyMessageBegin(session: Handle, parameter: MessageParameter): void;
  /** Starts the verification of a message in parts. Since 3.0. Not on this thread. */
  C_VerifyMessageBeginAsync(session: Handle, parameter: MessageParameter): Promise<void>;
  /** Verifies a further part of a message; the last one carries the signature. Since 3.0. */
  C_VerifyMessageNext(session: Handle, parameter: MessageParameter, data: Bytes, signature: Bytes): void;
  /** Verifies a further part of a message; the last one carries the signature. Since 3.0. Not on this thread. */
  C_VerifyMessageNextAsync(session: Handle, parameter: MessageParameter, data: Bytes, signature: Bytes): Promise<void>;
  /** Ends the verification of messages. Since 3.0. */
  C_MessageVerifyFinal(session: Handle): void;
  /** Ends the verification of messages. Since 3.0. Not on this thread. */
  C_MessageVerifyFinalAsync(session: Handle): Promise<void>;
  /** Makes a shared secret key and its encapsulation for the owner of a public key. Since 3.2. */
  C_EncapsulateKey(session: Handle, mechanism: Mechanism, publicKey: Handle, template: Template, ciphertext: Output): Encapsulated;
  /** Makes a shared secret key and its encapsulation for the owner of a public key. Since 3.2. Not on this thread. */
  C_EncapsulateKeyAsync(session: Handle, mechanism: Mechanism, publicKey: Handle, template: Template, ciphertext: Output): Promise<Encapsulated>;
  /** Recovers the shared secret key from its encapsulation. Since 3.2. */
  C_DecapsulateKey(session: Handle, mechanism: Mechanism, privateKey: Handle, template: Template, ciphertext: Bytes): Handle;
  /** Recovers the shared secret key from its encapsulation. Since 3.2. Not on this thread. */
  C_DecapsulateKeyAsync(session: Handle, mechanism: Mechanism, privateKey: Handle, template: Template, ciphertext: Bytes): Promise<Handle>;
  /** Starts a verification whose signature is known before the data. Since 3.2. */
  C_VerifySignatureInit(session: Handle, mechanism: Mechanism, key: Handle, signature: Bytes): void;
  /** Starts a verification whose signature is known before the data. Since 3.2. Not on this thread. */
  C_VerifySignatureInitAsync(session: Handle, mechanism: Mechanism, key: Handle, signature: Bytes): Promise<void>;
  /** Verifies data in one part against the signature given before. Since 3.2. */
  C_VerifySignature(session: Handle, data: Bytes): void;
  /** Verifies data in one part against the signature given before. Since 3.2. Not on this thread. */
  C_VerifySignatureAsync(session: Handle, data: Bytes): Promise<void>;
  /** Verifies a further part against the signature given before. Since 3.2. */
  C_VerifySignatureUpdate(session: Handle, part: Bytes): void;
  /** Verifies a further part against the signature given before. Since 3.2. Not on this thread. */
  C_VerifySignatureUpdateAsync(session: Handle, part: Bytes): Promise<void>;
  /** Ends a verification whose signature was given before the data. Since 3.2. */
  C_VerifySignatureFinal(session: Handle): void;
  /** Ends a verification whose signature was given before the data. Since 3.2. Not on this thread. */
  C_VerifySignatureFinalAsync(session: Handle): Promise<void>;
  /** Tells whether what the session did last was within a validated configuration. Since 3.2. */
  C_GetSessionValidationFlags(session: Handle, type: number): number;
  /** Tells whether what the session did last was within a validated configuration. Since 3.2. Not on this thread. */
  C_GetSessionValidationFlagsAsync(session: Handle, type: number): Promise<number>;
  /** Asks for the result of a function that answered CKR_PENDING. Since 3.2. */
  C_AsyncComplete(session: Handle, functionName: string): AsyncResult;
  /** Asks for the result of a function that answered CKR_PENDING. Since 3.2. Not on this thread. */
  C_AsyncCompleteAsync(session: Handle, functionName: string): Promise<AsyncResult>;
  /** Gives a pending function a number by which it can be joined later. Since 3.2. */
  C_AsyncGetID(session: Handle, functionName: string): number;
  /** Gives a pending function a number by which it can be joined later. Since 3.2. Not on this thread. */
  C_AsyncGetIDAsync(session: Handle, functionName: string): Promise<number>;
  /** Takes over a pending function, after a restart too. Since 3.2. */
  C_AsyncJoin(session: Handle, functionName: string, id: number, capacity: number): void;
  /** Takes over a pending function, after a restart too. Since 3.2. Not on this thread. */
  C_AsyncJoinAsync(session: Handle, functionName: string, id: number, capacity: number): Promise<void>;
  /** Wraps a key and authenticates further data with it. Since 3.2. */
  C_WrapKeyAuthenticated(session: Handle, mechanism: Mechanism, wrappingKey: Handle, key: Handle, associatedData: Bytes, wrappedKey: Output): Buffer;
  /** Wraps a key and authenticates further data with it. Since 3.2. Not on this thread. */
  C_WrapKeyAuthenticatedAsync(
    session: Handle,
    mechanism: Mechanism,
    wrappingKey: Handle,
    key: Handle,
    associatedData: Bytes,
    wrappedKey: Output,
  ): Promise<Buffer>;
  /** Unwraps a key and checks the data that were authenticated with it. Since 3.2. */
  C_UnwrapKeyAuthenticated(
    session: Handle,
    mechanism: Mechanism,
    unwrappingKey: Handle,
    wrappedKey: Bytes,
    template: Template,
    associatedData: Bytes,
  ): Handle;
  /** Unwraps a key and checks the data that were authenticated with it. Since 3.2. Not on this thread. */
  C_UnwrapKeyAuthenticatedAsync(
    session: Handle,
    mechanism: Mechanism,
    unwrappingKey: Handle,
    wrappedKey: Bytes,
    template: Template,
    associatedData: Bytes,
  ): Promise<Handle>;
}
