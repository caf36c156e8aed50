// Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.
import { integer, plainObject } from '../arguments';
import type { AttributeKey, AttributeTemplate, ReadAttributes } from '../attributes';
import type { MechanismInput, ParameterInput } from '../mechanism';
import type { CallOptions } from '../options';
import type { Client } from '../wire/client';
import { NO_OUTPUT } from '../wire/writer';
import type { WrittenBack } from '../wire/written-back';
import { CALL } from './calls';
import type { Info, MechanismInfo, SessionInfo, SlotInfo, TokenInfo } from './parameters';

/** A CK_ULONG: a handle, an identifier, flags or a size. */
export type ULong = number | bigint;

/** Bytes for the library to read. They are copied before the method returns its promise. */
export type ByteSource = ArrayBufferView | ArrayBufferLike;

/** Options of a method whose result has a length that only the library knows. */
export interface OutputOptions extends CallOptions {
  /**
   * How many bytes to expect. A larger result is asked for again, so this saves a call at most. null passes NULL for the buffer and for its length, where the
   * standard allows it: all but the last part in C_SignMessageNext.
   */
  readonly capacity?: number | null | undefined;
}

/** Arguments of `C_Initialize`. */
export interface InitializeArguments {
  /** CKF_ flags: CKF_OS_LOCKING_OK, which is the default, and CKF_LIBRARY_CANT_CREATE_OS_THREADS. */
  readonly flags?: number | undefined;
  /** What the library's maker wants in pReserved: NSS takes a string of parameters there. */
  readonly reserved?: string | null | undefined;
  /** Only one call at a time for the whole library: for one that cannot lock. */
  readonly serial?: boolean | undefined;
}

const CKF_OS_LOCKING_OK = 2;
const MOST = 0xffff_fffd;

const copy = <T>(list: readonly T[]): readonly T[] => (Array.isArray(list) ? list.slice() : list);

const count = (value: number, name: string): number => integer(value, name, 0, MOST);

const capacity = (options: OutputOptions | undefined): number | undefined => (options?.capacity === null ? NO_OUTPUT : options?.capacity);

/**
 * The functions of the standard, one to one, each asynchronous. A method rejects with a Pkcs11Error when its function returns anything but CKR_OK. It
 * answers with nothing, with its one output, or with an object of its outputs by name. A method that takes a mechanism or a parameter always answers with
 * an object: its `writtenBack` is what the library has written into the parameter, shaped like it, and undefined where nothing can be written.
 */
export class RawMethods {
  readonly #client: Client;

  /** Not for callers: `Raw.load` makes them. */
  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Makes the library ready for use. Answers how that came about: 'initialized' by this call; 'counted', by an earlier one of this process, which keeps count;
   * 'foreign', by other code in this process, to whom the end is left too. null passes NULL: then the library need not lock.
   */
  async C_Initialize(initArgs: InitializeArguments | null = {}, options?: CallOptions): Promise<'initialized' | 'counted' | 'foreign'> {
    if (initArgs !== null) plainObject(initArgs, 'initArgs');
    const request = this.#client
      .request(CALL.C_Initialize)
      .u8(initArgs === null ? 0 : 1)
      .u64(initArgs?.flags ?? CKF_OS_LOCKING_OK, 'initArgs.flags')
      .terminated(initArgs?.reserved ?? null, 'initArgs.reserved', true)
      .bool(initArgs?.serial ?? false, 'initArgs.serial');
    const how = (await this.#client.call(request, options)).u8();
    return how === 0 ? 'initialized' : how === 1 ? 'counted' : 'foreign';
  }

  /** Ends the use of the library. */
  async C_Finalize(options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_Finalize);
    await this.#client.call(request, options);
  }

  /** Tells who made the library and which version of the standard it follows. */
  async C_GetInfo(options?: CallOptions): Promise<Info> {
    const request = this.#client.request(CALL.C_GetInfo);
    const reply = await this.#client.call(request, options);
    return reply.structure('CK_INFO') as unknown as Info;
  }

  /** Lists the slots, all of them or those that hold a token. */
  async C_GetSlotList(tokenPresent: boolean, options?: CallOptions): Promise<number[]> {
    const request = this.#client.request(CALL.C_GetSlotList).bool(tokenPresent, 'tokenPresent');
    const reply = await this.#client.call(request, options);
    return reply.numbers();
  }

  /** Describes a slot. */
  async C_GetSlotInfo(slot: ULong, options?: CallOptions): Promise<SlotInfo> {
    const request = this.#client.request(CALL.C_GetSlotInfo).u64(slot, 'slot');
    const reply = await this.#client.call(request, options);
    return reply.structure('CK_SLOT_INFO') as unknown as SlotInfo;
  }

  /** Describes the token in a slot. */
  async C_GetTokenInfo(slot: ULong, options?: CallOptions): Promise<TokenInfo> {
    const request = this.#client.request(CALL.C_GetTokenInfo).u64(slot, 'slot');
    const reply = await this.#client.call(request, options);
    return reply.structure('CK_TOKEN_INFO') as unknown as TokenInfo;
  }

  /** Lists the mechanisms that a token knows. */
  async C_GetMechanismList(slot: ULong, options?: CallOptions): Promise<number[]> {
    const request = this.#client.request(CALL.C_GetMechanismList).u64(slot, 'slot');
    const reply = await this.#client.call(request, options);
    return reply.numbers();
  }

  /** Tells key sizes and uses of a mechanism on a token. */
  async C_GetMechanismInfo(slot: ULong, type: ULong, options?: CallOptions): Promise<MechanismInfo> {
    const request = this.#client.request(CALL.C_GetMechanismInfo).u64(slot, 'slot').u64(type, 'type');
    const reply = await this.#client.call(request, options);
    return reply.structure('CK_MECHANISM_INFO') as unknown as MechanismInfo;
  }

  /** Erases a token and gives it a label and a security officer's PIN. */
  async C_InitToken(slot: ULong, pin: string | ByteSource | null, label: string | ArrayBufferView, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_InitToken).u64(slot, 'slot').pin(pin, 'pin').label(label, 'label');
    await this.#client.call(request, options);
  }

  /** Sets the user's PIN; the security officer must be logged in. */
  async C_InitPIN(session: ULong, pin: string | ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_InitPIN).u64(session, 'session').pin(pin, 'pin');
    await this.#client.call(request, options);
  }

  /** Changes the PIN of whoever is logged in, or the user's. */
  async C_SetPIN(
    session: ULong,
    oldPin: string | ByteSource | null,
    newPin: string | ByteSource | null,
    options?: CallOptions,
  ): Promise<void> {
    const request = this.#client.request(CALL.C_SetPIN).u64(session, 'session').pin(oldPin, 'oldPin').pin(newPin, 'newPin');
    await this.#client.call(request, options);
  }

  /** Opens a session with the token in a slot. */
  async C_OpenSession(slot: ULong, flags: ULong, options?: CallOptions): Promise<bigint> {
    const request = this.#client.request(CALL.C_OpenSession).u64(slot, 'slot').u64(flags, 'flags');
    const reply = await this.#client.call(request, options);
    return reply.u64();
  }

  /** Closes a session. */
  async C_CloseSession(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_CloseSession).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Closes every session that this program has with a token. */
  async C_CloseAllSessions(slot: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_CloseAllSessions).u64(slot, 'slot');
    await this.#client.call(request, options);
  }

  /** Tells the state of a session. */
  async C_GetSessionInfo(session: ULong, options?: CallOptions): Promise<SessionInfo> {
    const request = this.#client.request(CALL.C_GetSessionInfo).u64(session, 'session');
    const reply = await this.#client.call(request, options);
    return reply.structure('CK_SESSION_INFO') as unknown as SessionInfo;
  }

  /** Saves the state of the operation that a session is in the middle of. */
  async C_GetOperationState(session: ULong, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_GetOperationState).u64(session, 'session').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Continues an operation from a saved state. */
  async C_SetOperationState(
    session: ULong,
    operationState: ByteSource | null,
    encryptionKey: ULong,
    authenticationKey: ULong,
    options?: CallOptions,
  ): Promise<void> {
    const request = this.#client.request(CALL.C_SetOperationState)
      .u64(session, 'session')
      .bytes(operationState, 'operationState')
      .u64(encryptionKey, 'encryptionKey')
      .u64(authenticationKey, 'authenticationKey');
    await this.#client.call(request, options);
  }

  /** Logs a user in to a token, for all sessions with it. */
  async C_Login(session: ULong, userType: ULong, pin: string | ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_Login).u64(session, 'session').u64(userType, 'userType').pin(pin, 'pin');
    await this.#client.call(request, options);
  }

  /** Logs the user out of a token. */
  async C_Logout(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_Logout).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Makes an object from a template. */
  async C_CreateObject(session: ULong, template: AttributeTemplate, options?: CallOptions): Promise<bigint> {
    const request = this.#client.request(CALL.C_CreateObject).u64(session, 'session').template(template, 'template');
    const reply = await this.#client.call(request, options);
    return reply.u64();
  }

  /** Makes a copy of an object, changed as the template says. */
  async C_CopyObject(session: ULong, object: ULong, template: AttributeTemplate, options?: CallOptions): Promise<bigint> {
    const request = this.#client.request(CALL.C_CopyObject).u64(session, 'session').u64(object, 'object').template(template, 'template');
    const reply = await this.#client.call(request, options);
    return reply.u64();
  }

  /** Destroys an object. */
  async C_DestroyObject(session: ULong, object: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_DestroyObject).u64(session, 'session').u64(object, 'object');
    await this.#client.call(request, options);
  }

  /** Tells roughly how much of the token's memory an object takes. */
  async C_GetObjectSize(session: ULong, object: ULong, options?: CallOptions): Promise<bigint> {
    const request = this.#client.request(CALL.C_GetObjectSize).u64(session, 'session').u64(object, 'object');
    const reply = await this.#client.call(request, options);
    return reply.u64();
  }

  /** Reads attributes of an object. */
  async C_GetAttributeValue(
    session: ULong,
    object: ULong,
    attributes: readonly AttributeKey[],
    options?: CallOptions,
  ): Promise<ReadAttributes> {
    const keys = copy(attributes);
    const request = this.#client.request(CALL.C_GetAttributeValue)
      .u64(session, 'session')
      .u64(object, 'object')
      .readTemplate(keys, 'attributes');
    const reply = await this.#client.call(request, options);
    return reply.attributes(keys);
  }

  /** Changes attributes of an object. */
  async C_SetAttributeValue(session: ULong, object: ULong, template: AttributeTemplate, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_SetAttributeValue)
      .u64(session, 'session')
      .u64(object, 'object')
      .template(template, 'template');
    await this.#client.call(request, options);
  }

  /** Starts a search for objects that match a template. */
  async C_FindObjectsInit(session: ULong, template: AttributeTemplate, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_FindObjectsInit).u64(session, 'session').template(template, 'template');
    await this.#client.call(request, options);
  }

  /** Gives the next objects of a search. */
  async C_FindObjects(session: ULong, atMost: number, options?: CallOptions): Promise<bigint[]> {
    const request = this.#client.request(CALL.C_FindObjects).u64(session, 'session').u32(count(atMost, 'atMost'));
    const reply = await this.#client.call(request, options);
    return reply.ulongs();
  }

  /** Ends a search. */
  async C_FindObjectsFinal(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_FindObjectsFinal).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Starts an encryption. */
  async C_EncryptInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_EncryptInit).u64(session, 'session').mechanism(mechanism, 'mechanism').u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Encrypts data in one part. */
  async C_Encrypt(session: ULong, data: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_Encrypt).u64(session, 'session').bytes(data, 'data').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Encrypts a further part. */
  async C_EncryptUpdate(session: ULong, part: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_EncryptUpdate).u64(session, 'session').bytes(part, 'part').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Ends an encryption in parts and gives what was held back. */
  async C_EncryptFinal(session: ULong, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_EncryptFinal).u64(session, 'session').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Starts a decryption. */
  async C_DecryptInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DecryptInit).u64(session, 'session').mechanism(mechanism, 'mechanism').u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Decrypts data in one part. */
  async C_Decrypt(session: ULong, encryptedData: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_Decrypt)
      .u64(session, 'session')
      .bytes(encryptedData, 'encryptedData')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Decrypts a further part. */
  async C_DecryptUpdate(session: ULong, encryptedPart: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_DecryptUpdate)
      .u64(session, 'session')
      .bytes(encryptedPart, 'encryptedPart')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Ends a decryption in parts and gives what was held back. */
  async C_DecryptFinal(session: ULong, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_DecryptFinal).u64(session, 'session').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Starts a digest. */
  async C_DigestInit(
    session: ULong,
    mechanism: MechanismInput | null,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DigestInit).u64(session, 'session').mechanism(mechanism, 'mechanism');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Digests data in one part. */
  async C_Digest(session: ULong, data: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_Digest).u64(session, 'session').bytes(data, 'data').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Digests a further part. */
  async C_DigestUpdate(session: ULong, part: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_DigestUpdate).u64(session, 'session').bytes(part, 'part');
    await this.#client.call(request, options);
  }

  /** Digests the value of a secret key. */
  async C_DigestKey(session: ULong, key: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_DigestKey).u64(session, 'session').u64(key, 'key');
    await this.#client.call(request, options);
  }

  /** Ends a digest in parts. */
  async C_DigestFinal(session: ULong, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_DigestFinal).u64(session, 'session').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Starts a signature or MAC. */
  async C_SignInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_SignInit).u64(session, 'session').mechanism(mechanism, 'mechanism').u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Signs data in one part. */
  async C_Sign(session: ULong, data: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_Sign).u64(session, 'session').bytes(data, 'data').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Signs a further part. */
  async C_SignUpdate(session: ULong, part: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_SignUpdate).u64(session, 'session').bytes(part, 'part');
    await this.#client.call(request, options);
  }

  /** Ends a signature in parts. */
  async C_SignFinal(session: ULong, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_SignFinal).u64(session, 'session').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Starts a signature from which the data can be recovered. */
  async C_SignRecoverInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_SignRecoverInit).u64(session, 'session').mechanism(mechanism, 'mechanism').u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Signs data so that they can be recovered from the signature. */
  async C_SignRecover(session: ULong, data: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_SignRecover).u64(session, 'session').bytes(data, 'data').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Starts the verification of a signature or MAC. */
  async C_VerifyInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_VerifyInit).u64(session, 'session').mechanism(mechanism, 'mechanism').u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Verifies the signature of data in one part. */
  async C_Verify(session: ULong, data: ByteSource | null, signature: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_Verify).u64(session, 'session').bytes(data, 'data').bytes(signature, 'signature');
    await this.#client.call(request, options);
  }

  /** Verifies a further part. */
  async C_VerifyUpdate(session: ULong, part: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_VerifyUpdate).u64(session, 'session').bytes(part, 'part');
    await this.#client.call(request, options);
  }

  /** Ends a verification in parts: compares with the signature. */
  async C_VerifyFinal(session: ULong, signature: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_VerifyFinal).u64(session, 'session').bytes(signature, 'signature');
    await this.#client.call(request, options);
  }

  /** Starts a verification that recovers the data from the signature. */
  async C_VerifyRecoverInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_VerifyRecoverInit)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Verifies a signature and gives the data recovered from it. */
  async C_VerifyRecover(session: ULong, signature: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_VerifyRecover)
      .u64(session, 'session')
      .bytes(signature, 'signature')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Digests and encrypts a further part. */
  async C_DigestEncryptUpdate(session: ULong, part: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_DigestEncryptUpdate)
      .u64(session, 'session')
      .bytes(part, 'part')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Decrypts a further part and digests the result. */
  async C_DecryptDigestUpdate(session: ULong, encryptedPart: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_DecryptDigestUpdate)
      .u64(session, 'session')
      .bytes(encryptedPart, 'encryptedPart')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Signs and encrypts a further part. */
  async C_SignEncryptUpdate(session: ULong, part: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_SignEncryptUpdate).u64(session, 'session').bytes(part, 'part').capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Decrypts a further part and verifies the result. */
  async C_DecryptVerifyUpdate(session: ULong, encryptedPart: ByteSource | null, options?: OutputOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_DecryptVerifyUpdate)
      .u64(session, 'session')
      .bytes(encryptedPart, 'encryptedPart')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** Generates a secret key or domain parameters. */
  async C_GenerateKey(
    session: ULong,
    mechanism: MechanismInput | null,
    template: AttributeTemplate,
    options?: CallOptions,
  ): Promise<{ key: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_GenerateKey)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .template(template, 'template');
    const reply = await this.#client.call(request, options);
    return { key: reply.u64(), writtenBack: reply.writtenBack() };
  }

  /** Generates a public and a private key. */
  async C_GenerateKeyPair(
    session: ULong,
    mechanism: MechanismInput | null,
    publicKeyTemplate: AttributeTemplate,
    privateKeyTemplate: AttributeTemplate,
    options?: CallOptions,
  ): Promise<{ publicKey: bigint; privateKey: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_GenerateKeyPair)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .template(publicKeyTemplate, 'publicKeyTemplate')
      .template(privateKeyTemplate, 'privateKeyTemplate');
    const reply = await this.#client.call(request, options);
    return { publicKey: reply.u64(), privateKey: reply.u64(), writtenBack: reply.writtenBack() };
  }

  /** Encrypts a key with another so that it can leave the token. */
  async C_WrapKey(
    session: ULong,
    mechanism: MechanismInput | null,
    wrappingKey: ULong,
    key: ULong,
    options?: OutputOptions,
  ): Promise<{ wrappedKey: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_WrapKey)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(wrappingKey, 'wrappingKey')
      .u64(key, 'key')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { wrappedKey: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Makes a key from its wrapped form. */
  async C_UnwrapKey(
    session: ULong,
    mechanism: MechanismInput | null,
    unwrappingKey: ULong,
    wrappedKey: ByteSource | null,
    template: AttributeTemplate,
    options?: CallOptions,
  ): Promise<{ key: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_UnwrapKey)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(unwrappingKey, 'unwrappingKey')
      .bytes(wrappedKey, 'wrappedKey')
      .template(template, 'template');
    const reply = await this.#client.call(request, options);
    return { key: reply.u64(), writtenBack: reply.writtenBack() };
  }

  /** Derives a key from another. */
  async C_DeriveKey(
    session: ULong,
    mechanism: MechanismInput | null,
    baseKey: ULong,
    template: AttributeTemplate,
    options?: CallOptions,
  ): Promise<{ key: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DeriveKey)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(baseKey, 'baseKey')
      .template(template, 'template');
    const reply = await this.#client.call(request, options);
    return { key: reply.u64(), writtenBack: reply.writtenBack() };
  }

  /** Mixes bytes into the token's random number generator. */
  async C_SeedRandom(session: ULong, seed: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_SeedRandom).u64(session, 'session').bytes(seed, 'seed');
    await this.#client.call(request, options);
  }

  /** Gives random bytes. */
  async C_GenerateRandom(session: ULong, length: number, options?: CallOptions): Promise<Uint8Array> {
    const request = this.#client.request(CALL.C_GenerateRandom).u64(session, 'session').u32(count(length, 'length'));
    const reply = await this.#client.call(request, options);
    return reply.bytes();
  }

  /** A leftover of the standard's first version; libraries answer CKR_FUNCTION_NOT_PARALLEL. */
  async C_GetFunctionStatus(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_GetFunctionStatus).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** A leftover of the standard's first version; libraries answer CKR_FUNCTION_NOT_PARALLEL. */
  async C_CancelFunction(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_CancelFunction).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Waits until a token comes or goes, or asks whether one has. */
  async C_WaitForSlotEvent(flags: ULong, options?: CallOptions): Promise<number> {
    const request = this.#client.request(CALL.C_WaitForSlotEvent).u64(flags, 'flags');
    const reply = await this.#client.call(request, options);
    return reply.number();
  }

  /** Logs a user in by PIN and name. Since 3.0. */
  async C_LoginUser(
    session: ULong,
    userType: ULong,
    pin: string | ByteSource | null,
    username: string,
    options?: CallOptions,
  ): Promise<void> {
    const request = this.#client.request(CALL.C_LoginUser)
      .u64(session, 'session')
      .u64(userType, 'userType')
      .pin(pin, 'pin')
      .text(username, 'username');
    await this.#client.call(request, options);
  }

  /** Ends operations of a session. Since 3.0. */
  async C_SessionCancel(session: ULong, flags: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_SessionCancel).u64(session, 'session').u64(flags, 'flags');
    await this.#client.call(request, options);
  }

  /** Starts the encryption of messages with one key. Since 3.0. */
  async C_MessageEncryptInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_MessageEncryptInit)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Encrypts one message. Since 3.0. */
  async C_EncryptMessage(
    session: ULong,
    parameter: ParameterInput,
    associatedData: ByteSource | null,
    plaintext: ByteSource | null,
    options?: OutputOptions,
  ): Promise<{ ciphertext: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_EncryptMessage)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(associatedData, 'associatedData')
      .bytes(plaintext, 'plaintext')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { ciphertext: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Starts the encryption of a message in parts. Since 3.0. */
  async C_EncryptMessageBegin(
    session: ULong,
    parameter: ParameterInput,
    associatedData: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_EncryptMessageBegin)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(associatedData, 'associatedData');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Encrypts a further part of a message; the flag CKF_END_OF_MESSAGE marks the last. Since 3.0. */
  async C_EncryptMessageNext(
    session: ULong,
    parameter: ParameterInput,
    plaintextPart: ByteSource | null,
    flags: ULong,
    options?: OutputOptions,
  ): Promise<{ ciphertextPart: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_EncryptMessageNext)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(plaintextPart, 'plaintextPart')
      .capacity(capacity(options))
      .u64(flags, 'flags');
    const reply = await this.#client.call(request, options);
    return { ciphertextPart: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Ends the encryption of messages. Since 3.0. */
  async C_MessageEncryptFinal(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_MessageEncryptFinal).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Starts the decryption of messages with one key. Since 3.0. */
  async C_MessageDecryptInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_MessageDecryptInit)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Decrypts one message. Since 3.0. */
  async C_DecryptMessage(
    session: ULong,
    parameter: ParameterInput,
    associatedData: ByteSource | null,
    ciphertext: ByteSource | null,
    options?: OutputOptions,
  ): Promise<{ plaintext: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DecryptMessage)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(associatedData, 'associatedData')
      .bytes(ciphertext, 'ciphertext')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { plaintext: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Starts the decryption of a message in parts. Since 3.0. */
  async C_DecryptMessageBegin(
    session: ULong,
    parameter: ParameterInput,
    associatedData: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DecryptMessageBegin)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(associatedData, 'associatedData');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Decrypts a further part of a message; the flag CKF_END_OF_MESSAGE marks the last. Since 3.0. */
  async C_DecryptMessageNext(
    session: ULong,
    parameter: ParameterInput,
    ciphertextPart: ByteSource | null,
    flags: ULong,
    options?: OutputOptions,
  ): Promise<{ plaintextPart: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DecryptMessageNext)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(ciphertextPart, 'ciphertextPart')
      .capacity(capacity(options))
      .u64(flags, 'flags');
    const reply = await this.#client.call(request, options);
    return { plaintextPart: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Ends the decryption of messages. Since 3.0. */
  async C_MessageDecryptFinal(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_MessageDecryptFinal).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Starts the signing of messages with one key. Since 3.0. */
  async C_MessageSignInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_MessageSignInit).u64(session, 'session').mechanism(mechanism, 'mechanism').u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Signs one message. Since 3.0. */
  async C_SignMessage(
    session: ULong,
    parameter: ParameterInput,
    data: ByteSource | null,
    options?: OutputOptions,
  ): Promise<{ signature: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_SignMessage)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(data, 'data')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { signature: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Starts the signature of a message in parts. Since 3.0. */
  async C_SignMessageBegin(
    session: ULong,
    parameter: ParameterInput,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_SignMessageBegin).u64(session, 'session').parameter(parameter, 'parameter');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Signs a further part of a message; the last one asks for the signature. Since 3.0. */
  async C_SignMessageNext(
    session: ULong,
    parameter: ParameterInput,
    data: ByteSource | null,
    options?: OutputOptions,
  ): Promise<{ signature: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_SignMessageNext)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(data, 'data')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { signature: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Ends the signing of messages. Since 3.0. */
  async C_MessageSignFinal(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_MessageSignFinal).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Starts the verification of messages with one key. Since 3.0. */
  async C_MessageVerifyInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_MessageVerifyInit)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(key, 'key');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Verifies the signature of one message. Since 3.0. */
  async C_VerifyMessage(
    session: ULong,
    parameter: ParameterInput,
    data: ByteSource | null,
    signature: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_VerifyMessage)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(data, 'data')
      .bytes(signature, 'signature');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Starts the verification of a message in parts. Since 3.0. */
  async C_VerifyMessageBegin(
    session: ULong,
    parameter: ParameterInput,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_VerifyMessageBegin).u64(session, 'session').parameter(parameter, 'parameter');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Verifies a further part of a message; the last one carries the signature. Since 3.0. */
  async C_VerifyMessageNext(
    session: ULong,
    parameter: ParameterInput,
    data: ByteSource | null,
    signature: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_VerifyMessageNext)
      .u64(session, 'session')
      .parameter(parameter, 'parameter')
      .bytes(data, 'data')
      .bytes(signature, 'signature');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Ends the verification of messages. Since 3.0. */
  async C_MessageVerifyFinal(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_MessageVerifyFinal).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Makes a shared secret key and its encapsulation for the owner of a public key. Since 3.2. */
  async C_EncapsulateKey(
    session: ULong,
    mechanism: MechanismInput | null,
    publicKey: ULong,
    template: AttributeTemplate,
    options?: OutputOptions,
  ): Promise<{ ciphertext: Uint8Array; key: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_EncapsulateKey)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(publicKey, 'publicKey')
      .template(template, 'template')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { ciphertext: reply.bytes(), key: reply.u64(), writtenBack: reply.writtenBack() };
  }

  /** Recovers the shared secret key from its encapsulation. Since 3.2. */
  async C_DecapsulateKey(
    session: ULong,
    mechanism: MechanismInput | null,
    privateKey: ULong,
    template: AttributeTemplate,
    ciphertext: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ key: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_DecapsulateKey)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(privateKey, 'privateKey')
      .template(template, 'template')
      .bytes(ciphertext, 'ciphertext');
    const reply = await this.#client.call(request, options);
    return { key: reply.u64(), writtenBack: reply.writtenBack() };
  }

  /** Starts a verification whose signature is known before the data. Since 3.2. */
  async C_VerifySignatureInit(
    session: ULong,
    mechanism: MechanismInput | null,
    key: ULong,
    signature: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_VerifySignatureInit)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(key, 'key')
      .bytes(signature, 'signature');
    const reply = await this.#client.call(request, options);
    return { writtenBack: reply.writtenBack() };
  }

  /** Verifies data in one part against the signature given before. Since 3.2. */
  async C_VerifySignature(session: ULong, data: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_VerifySignature).u64(session, 'session').bytes(data, 'data');
    await this.#client.call(request, options);
  }

  /** Verifies a further part against the signature given before. Since 3.2. */
  async C_VerifySignatureUpdate(session: ULong, part: ByteSource | null, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_VerifySignatureUpdate).u64(session, 'session').bytes(part, 'part');
    await this.#client.call(request, options);
  }

  /** Ends a verification whose signature was given before the data. Since 3.2. */
  async C_VerifySignatureFinal(session: ULong, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_VerifySignatureFinal).u64(session, 'session');
    await this.#client.call(request, options);
  }

  /** Tells whether what the session did last was within a validated configuration. Since 3.2. */
  async C_GetSessionValidationFlags(session: ULong, type: ULong, options?: CallOptions): Promise<bigint> {
    const request = this.#client.request(CALL.C_GetSessionValidationFlags).u64(session, 'session').u64(type, 'type');
    const reply = await this.#client.call(request, options);
    return reply.u64();
  }

  /** Asks for the result of a function that answered CKR_PENDING. Since 3.2. */
  async C_AsyncComplete(
    session: ULong,
    functionName: string,
    options?: CallOptions,
  ): Promise<{ version: bigint; value: Uint8Array; object: bigint; additionalObject: bigint }> {
    const request = this.#client.request(CALL.C_AsyncComplete).u64(session, 'session').terminated(functionName, 'functionName');
    const reply = await this.#client.call(request, options);
    return { version: reply.u64(), value: reply.bytes(), object: reply.u64(), additionalObject: reply.u64() };
  }

  /** Gives a pending function a number by which it can be joined later. Since 3.2. */
  async C_AsyncGetID(session: ULong, functionName: string, options?: CallOptions): Promise<bigint> {
    const request = this.#client.request(CALL.C_AsyncGetID).u64(session, 'session').terminated(functionName, 'functionName');
    const reply = await this.#client.call(request, options);
    return reply.u64();
  }

  /** Takes over a pending function, after a restart too. Since 3.2. */
  async C_AsyncJoin(session: ULong, functionName: string, id: ULong, capacity: number, options?: CallOptions): Promise<void> {
    const request = this.#client.request(CALL.C_AsyncJoin)
      .u64(session, 'session')
      .terminated(functionName, 'functionName')
      .u64(id, 'id')
      .u32(count(capacity, 'capacity'));
    await this.#client.call(request, options);
  }

  /** Wraps a key and authenticates further data with it. Since 3.2. */
  async C_WrapKeyAuthenticated(
    session: ULong,
    mechanism: MechanismInput | null,
    wrappingKey: ULong,
    key: ULong,
    associatedData: ByteSource | null,
    options?: OutputOptions,
  ): Promise<{ wrappedKey: Uint8Array; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_WrapKeyAuthenticated)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(wrappingKey, 'wrappingKey')
      .u64(key, 'key')
      .bytes(associatedData, 'associatedData')
      .capacity(capacity(options));
    const reply = await this.#client.call(request, options);
    return { wrappedKey: reply.bytes(), writtenBack: reply.writtenBack() };
  }

  /** Unwraps a key and checks the data that were authenticated with it. Since 3.2. */
  async C_UnwrapKeyAuthenticated(
    session: ULong,
    mechanism: MechanismInput | null,
    unwrappingKey: ULong,
    wrappedKey: ByteSource | null,
    template: AttributeTemplate,
    associatedData: ByteSource | null,
    options?: CallOptions,
  ): Promise<{ key: bigint; writtenBack: WrittenBack | undefined }> {
    const request = this.#client.request(CALL.C_UnwrapKeyAuthenticated)
      .u64(session, 'session')
      .mechanism(mechanism, 'mechanism')
      .u64(unwrappingKey, 'unwrappingKey')
      .bytes(wrappedKey, 'wrappedKey')
      .template(template, 'template')
      .bytes(associatedData, 'associatedData');
    const reply = await this.#client.call(request, options);
    return { key: reply.u64(), writtenBack: reply.writtenBack() };
  }
}
