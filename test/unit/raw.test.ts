import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';

import { CKA, CKF, CKG, CKK, CKM, CKO, CKS, CKU, Raw, type AttributeTemplate, type Attributes, type ParameterInput } from '../../lib/raw';
import { CALL_NAMES } from '../../lib/generated/calls';
import { FaultModule } from '../support/fault-module';

const SLOT = 1;
const SO_PIN = '12345678';
const PIN = '1234';
const READ_WRITE = CKF.SERIAL_SESSION | CKF.RW_SESSION;
/** Not callable: they are how the library is found, and the loader calls them. */
const LOADERS = ['C_GetFunctionList', 'C_GetInterfaceList', 'C_GetInterface'];

describe('Raw, every function', () => {
  let fault: FaultModule;
  let raw: Raw;
  let session: bigint;
  const called = new Set<string>();

  before(async function () {
    this.timeout(120_000);
    fault = new FaultModule();
    const loaded = await Raw.load(fault.path);
    raw = new Proxy(loaded, {
      get(target, name) {
        if (typeof name === 'string' && name.startsWith('C_')) called.add(name);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  });
  after(async () => {
    await raw.close();
    fault.close();
  });

  const secret = async (keyType: number, more: AttributeTemplate = {}): Promise<bigint> =>
    raw.C_CreateObject(session, { class: CKO.SECRET_KEY, keyType, value: Buffer.alloc(32, 7), token: false, ...more });
  const pair = async (mechanism: number, more: AttributeTemplate = {}): Promise<{ publicKey: bigint; privateKey: bigint }> =>
    raw.C_GenerateKeyPair(session, mechanism, { token: false, ...more }, { token: false, private: false });

  it('general: C_Initialize, C_GetInfo', async () => {
    await assert.rejects(raw.C_GetInfo(), { code: 'CKR_CRYPTOKI_NOT_INITIALIZED', call: 'C_GetInfo' });
    assert.equal(await raw.C_Initialize({ flags: CKF.OS_LOCKING_OK }), 'initialized');
    assert.equal((await raw.C_GetInfo()).manufacturerID, 'Fault works');
  });

  it('slots and tokens', async () => {
    assert.deepEqual(await raw.C_GetSlotList(true), [1, 2, 3, 5, 6]);
    assert.deepEqual(await raw.C_GetSlotList(false), [1, 2, 3, 4, 5, 6]);
    assert.equal((await raw.C_GetSlotInfo(SLOT)).slotDescription, 'Slot 0 of the module for tests');
    const token = await raw.C_GetTokenInfo(SLOT);
    assert.deepEqual([token.label, token.minPinLen, token.freePublicMemory], ['fault 0', 4, undefined]);
    assert.ok((await raw.C_GetMechanismList(SLOT)).includes(CKM.AES_GCM));
    assert.deepEqual(await raw.C_GetMechanismInfo(SLOT, CKM.AES_CMAC), { minKeySize: 16, maxKeySize: 32, flags: CKF.SIGN | CKF.VERIFY });
    await assert.rejects(raw.C_GetTokenInfo(77), { code: 'CKR_SLOT_ID_INVALID', call: 'C_GetTokenInfo' });
  });

  it('initialising a token and its PINs', async () => {
    await raw.C_InitToken(3, SO_PIN, 'fresh');
    assert.equal((await raw.C_GetTokenInfo(3)).label, 'fresh');
    const fresh = await raw.C_OpenSession(3, READ_WRITE);
    await raw.C_Login(fresh, CKU.SO, SO_PIN);
    await raw.C_InitPIN(fresh, PIN);
    await raw.C_Logout(fresh);
    await raw.C_SetPIN(fresh, PIN, Buffer.from('4321'));
    await raw.C_Login(fresh, CKU.USER, '4321');
    await raw.C_CloseAllSessions(3);
    await assert.rejects(raw.C_GetSessionInfo(fresh), { code: 'CKR_SESSION_HANDLE_INVALID', call: 'C_GetSessionInfo' });
  });

  it('sessions and logins', async () => {
    session = await raw.C_OpenSession(SLOT, READ_WRITE);
    const info = await raw.C_GetSessionInfo(session);
    assert.deepEqual(info, { slotID: SLOT, state: CKS.RW_PUBLIC_SESSION, flags: READ_WRITE, deviceError: 0 });
    await raw.C_LoginUser(session, CKU.USER, PIN, 'alice');
    await raw.C_Logout(session);
    await assert.rejects(raw.C_Login(session, CKU.USER, 'wrong'), { code: 'CKR_PIN_INCORRECT', call: 'C_Login' });
    await raw.C_Login(session, CKU.USER, PIN);
    const other = await raw.C_OpenSession(SLOT, CKF.SERIAL_SESSION);
    assert.notEqual(other, session);
    await raw.C_CloseSession(other);
    await assert.rejects(raw.C_CloseSession(other), { code: 'CKR_SESSION_HANDLE_INVALID' });
    assert.equal(typeof (await raw.C_GetSessionValidationFlags(session, CKS.LAST_VALIDATION_OK)), 'bigint');
  });

  it('objects', async () => {
    const template = {
      class: CKO.DATA,
      label: 'größe',
      application: 'tests',
      value: Buffer.from('content'),
      token: true,
      0x80000042: Buffer.of(1, 2),
    };
    const object = await raw.C_CreateObject(session, template);
    const read = await raw.C_GetAttributeValue(session, object, ['class', 'label', 'value', 'token', 'modulus', CKA.LABEL, 0x80000042]);
    assert.deepEqual(read, {
      class: CKO.DATA,
      label: 'größe',
      value: Uint8Array.from(Buffer.from('content')),
      token: true,
      modulus: undefined,
      [CKA.LABEL]: Uint8Array.from(Buffer.from('größe')),
      0x80000042: Uint8Array.of(1, 2),
    });
    await raw.C_SetAttributeValue(session, object, { label: 'other' });
    const copy = await raw.C_CopyObject(session, object, { label: 'copy' });
    assert.ok((await raw.C_GetObjectSize(session, copy)) > 0n);
    await raw.C_FindObjectsInit(session, { application: 'tests' });
    assert.deepEqual(await raw.C_FindObjects(session, 1), [object]);
    assert.deepEqual(await raw.C_FindObjects(session, 10), [copy]);
    assert.deepEqual(await raw.C_FindObjects(session, 10), []);
    await raw.C_FindObjectsFinal(session);
    await raw.C_DestroyObject(session, copy);
    await assert.rejects(raw.C_GetAttributeValue(session, copy, ['label']), { code: 'CKR_OBJECT_HANDLE_INVALID' });
  });

  it('encryption and decryption', async () => {
    const key = await secret(CKK.AES);
    const mechanism = { mechanism: CKM.AES_CTR, parameter: { counterBits: 128, cb: Buffer.alloc(16, 3) } };
    await raw.C_EncryptInit(session, mechanism, key);
    const whole = await raw.C_Encrypt(session, Buffer.from('hello world'));
    await raw.C_EncryptInit(session, mechanism, key);
    const parts = [
      await raw.C_EncryptUpdate(session, Buffer.from('hello ')),
      await raw.C_EncryptUpdate(session, Buffer.from('world')),
      await raw.C_EncryptFinal(session),
    ];
    assert.deepEqual(Buffer.concat(parts), Buffer.from(whole));
    await raw.C_DecryptInit(session, mechanism, key);
    assert.equal(Buffer.from(await raw.C_Decrypt(session, whole)).toString(), 'hello world');
    await raw.C_DecryptInit(session, mechanism, key);
    const plain = [
      await raw.C_DecryptUpdate(session, whole.subarray(0, 4)),
      await raw.C_DecryptUpdate(session, whole.subarray(4)),
      await raw.C_DecryptFinal(session),
    ];
    assert.equal(Buffer.concat(plain).toString(), 'hello world');
  });

  it('an IV that the token makes comes back', async () => {
    const key = await secret(CKK.AES);
    const { writtenBack } = await raw.C_EncryptInit(session, { mechanism: CKM.AES_GCM, parameter: { iv: new Uint8Array(12), tagBits: 128 } }, key);
    assert.equal((writtenBack as { iv: Uint8Array }).iv.length, 12);
    await raw.C_Encrypt(session, Buffer.from('x'));
  });

  it('a NULL mechanism ends an operation', async () => {
    const key = await secret(CKK.AES);
    await raw.C_EncryptInit(session, CKM.AES_ECB, key);
    await raw.C_EncryptInit(session, null, 0);
    await raw.C_EncryptInit(session, CKM.AES_ECB, key);
    await raw.C_SessionCancel(session, CKF.ENCRYPT);
    await assert.rejects(raw.C_Encrypt(session, Buffer.alloc(16)), { code: 'CKR_OPERATION_NOT_INITIALIZED', call: 'C_Encrypt' });
  });

  it('digests, and the state of one', async () => {
    const expected = createHash('sha256').update('hello world').digest('hex');
    await raw.C_DigestInit(session, CKM.SHA256);
    assert.equal(Buffer.from(await raw.C_Digest(session, Buffer.from('hello world'))).toString('hex'), expected);
    await raw.C_DigestInit(session, CKM.SHA256);
    await raw.C_DigestUpdate(session, Buffer.from('hello '));
    const state = await raw.C_GetOperationState(session);
    await raw.C_DigestUpdate(session, Buffer.from('nobody'));
    await raw.C_DigestFinal(session);
    await raw.C_SetOperationState(session, state, 0, 0);
    await raw.C_DigestUpdate(session, Buffer.from('world'));
    assert.equal(Buffer.from(await raw.C_DigestFinal(session)).toString('hex'), expected);
    const key = await secret(CKK.GENERIC_SECRET, { value: Buffer.from('key') });
    await raw.C_DigestInit(session, CKM.SHA256);
    await raw.C_DigestKey(session, key);
    assert.equal(Buffer.from(await raw.C_DigestFinal(session)).toString('hex'), createHash('sha256').update('key').digest('hex'));
  });

  it('signatures', async () => {
    const key = await secret(CKK.GENERIC_SECRET);
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update('hello world').digest();
    await raw.C_SignInit(session, CKM.SHA256_HMAC, key);
    const signature = await raw.C_Sign(session, Buffer.from('hello world'));
    assert.deepEqual(Buffer.from(signature), expected);
    await raw.C_SignInit(session, { mechanism: CKM.SHA256_HMAC_GENERAL, parameter: 16 }, key);
    await raw.C_SignUpdate(session, Buffer.from('hello '));
    await raw.C_SignUpdate(session, Buffer.from('world'));
    assert.deepEqual(Buffer.from(await raw.C_SignFinal(session, { capacity: 1 })), expected.subarray(0, 16));
    await raw.C_VerifyInit(session, CKM.SHA256_HMAC, key);
    await raw.C_Verify(session, Buffer.from('hello world'), signature);
    await raw.C_VerifyInit(session, CKM.SHA256_HMAC, key);
    await raw.C_VerifyUpdate(session, Buffer.from('hello worlds'));
    await assert.rejects(raw.C_VerifyFinal(session, signature), { code: 'CKR_SIGNATURE_INVALID', call: 'C_VerifyFinal' });
    await raw.C_VerifySignatureInit(session, CKM.SHA256_HMAC, key, signature);
    await raw.C_VerifySignature(session, Buffer.from('hello world'));
    await raw.C_VerifySignatureInit(session, CKM.SHA256_HMAC, key, signature);
    await raw.C_VerifySignatureUpdate(session, Buffer.from('hello world'));
    await raw.C_VerifySignatureFinal(session);
  });

  it('signatures with recovery', async () => {
    const { publicKey, privateKey } = await pair(CKM.RSA_PKCS_KEY_PAIR_GEN, { modulusBits: 2048, publicExponent: Buffer.of(1, 0, 1) });
    await raw.C_SignRecoverInit(session, CKM.RSA_PKCS, privateKey);
    const signature = await raw.C_SignRecover(session, Buffer.from('recover me'));
    await raw.C_VerifyRecoverInit(session, CKM.RSA_PKCS, publicKey);
    assert.equal(Buffer.from(await raw.C_VerifyRecover(session, signature)).toString(), 'recover me');
  });

  it('two operations at once', async () => {
    const key = await secret(CKK.AES);
    const mechanism = { mechanism: CKM.AES_CTR, parameter: { counterBits: 128, cb: Buffer.alloc(16, 3) } };
    const mac = await secret(CKK.GENERIC_SECRET);
    await raw.C_DigestInit(session, CKM.SHA256);
    await raw.C_EncryptInit(session, mechanism, key);
    const text = await raw.C_DigestEncryptUpdate(session, Buffer.from('both'));
    await raw.C_EncryptFinal(session);
    const digest = await raw.C_DigestFinal(session);
    await raw.C_DigestInit(session, CKM.SHA256);
    await raw.C_DecryptInit(session, mechanism, key);
    assert.equal(Buffer.from(await raw.C_DecryptDigestUpdate(session, text)).toString(), 'both');
    await raw.C_DecryptFinal(session);
    assert.deepEqual(await raw.C_DigestFinal(session), digest);
    await raw.C_SignInit(session, CKM.SHA256_HMAC, mac);
    await raw.C_EncryptInit(session, mechanism, key);
    const signed = await raw.C_SignEncryptUpdate(session, Buffer.from('both'));
    await raw.C_EncryptFinal(session);
    const signature = await raw.C_SignFinal(session);
    await raw.C_VerifyInit(session, CKM.SHA256_HMAC, mac);
    await raw.C_DecryptInit(session, mechanism, key);
    assert.equal(Buffer.from(await raw.C_DecryptVerifyUpdate(session, signed)).toString(), 'both');
    await raw.C_DecryptFinal(session);
    await raw.C_VerifyFinal(session, signature);
  });

  it('keys: generate, wrap, unwrap, derive, encapsulate', async () => {
    const { key } = await raw.C_GenerateKey(session, CKM.AES_KEY_GEN, { valueLen: 32, token: false, extractable: true, derive: true });
    const wrapping = await secret(CKK.AES);
    const { wrappedKey } = await raw.C_WrapKey(session, CKM.AES_KEY_WRAP, wrapping, key);
    const back = await raw.C_UnwrapKey(session, CKM.AES_KEY_WRAP, wrapping, wrappedKey, { token: false });
    const value = async (handle: bigint): Promise<Attributes> => raw.C_GetAttributeValue(session, handle, ['value']);
    assert.deepEqual(await value(back.key), await value(key));

    const parameter = { iv: new Uint8Array(12), ivGenerator: CKG.GENERATE, tagBits: 128 };
    const authenticated = { mechanism: CKM.AES_GCM, structure: 'CK_GCM_WRAP_PARAMS', parameter } as const;
    const wrapped = await raw.C_WrapKeyAuthenticated(session, authenticated, wrapping, key, Buffer.from('aad'));
    const { iv } = wrapped.writtenBack as { iv: Uint8Array };
    assert.ok(iv.some((byte) => byte !== 0));
    const given = { ...authenticated, parameter: { iv, tagBits: 128 } };
    const again = await raw.C_UnwrapKeyAuthenticated(session, given, wrapping, wrapped.wrappedKey, { token: false }, Buffer.from('aad'));
    assert.deepEqual(await value(again.key), await value(key));
    await assert.rejects(raw.C_UnwrapKeyAuthenticated(session, given, wrapping, wrapped.wrappedKey, {}, Buffer.from('other')), {
      code: 'CKR_WRAPPED_KEY_INVALID',
    });

    const hkdf = { extract: true, expand: true, prfHashMechanism: CKM.SHA256, saltType: CKF.HKDF_SALT_NULL, info: Buffer.from('info') };
    const derived = await raw.C_DeriveKey(session, { mechanism: CKM.HKDF_DERIVE, parameter: hkdf }, key, { token: false });
    assert.equal((await value(derived.key)).value!.length, 32);

    const kem = await pair(CKM.ML_KEM_KEY_PAIR_GEN, { parameterSet: 1 });
    const sent = await raw.C_EncapsulateKey(session, CKM.ML_KEM, kem.publicKey, { token: false });
    const got = await raw.C_DecapsulateKey(session, CKM.ML_KEM, kem.privateKey, { token: false }, sent.ciphertext);
    assert.deepEqual(await value(got.key), await value(sent.key));
  });

  it('random numbers', async () => {
    await raw.C_SeedRandom(session, Buffer.from('seed'));
    const random = await raw.C_GenerateRandom(session, 1000);
    assert.equal(random.length, 1000);
    assert.equal((await raw.C_GenerateRandom(session, 0)).length, 0);
  });

  it('messages, encrypted and decrypted', async () => {
    const key = await secret(CKK.AES);
    const structure = (iv: Uint8Array, tag: Uint8Array, ivGenerator: number = CKG.NO_GENERATE): ParameterInput => ({
      mechanism: CKM.AES_GCM,
      parameter: { iv, ivGenerator, tag },
    });
    await raw.C_MessageEncryptInit(session, CKM.AES_GCM, key);
    const aad = Buffer.from('aad');
    const whole = await raw.C_EncryptMessage(
      session,
      structure(new Uint8Array(12), new Uint8Array(16), CKG.GENERATE),
      aad,
      Buffer.from('hello world'),
    );
    const { iv, tag } = whole.writtenBack as { iv: Uint8Array; tag: Uint8Array };
    assert.ok(iv.some((byte) => byte !== 0) && tag.some((byte) => byte !== 0));
    await raw.C_EncryptMessageBegin(session, structure(iv, new Uint8Array(16)), aad);
    const one = await raw.C_EncryptMessageNext(session, structure(iv, new Uint8Array(16)), Buffer.from('hello '), 0);
    const two = await raw.C_EncryptMessageNext(session, structure(iv, new Uint8Array(16)), Buffer.from('world'), CKF.END_OF_MESSAGE);
    assert.deepEqual(Buffer.concat([one.ciphertextPart, two.ciphertextPart]), Buffer.from(whole.ciphertext));
    assert.deepEqual((two.writtenBack as { tag: Uint8Array }).tag, tag);
    await raw.C_MessageEncryptFinal(session);

    await raw.C_MessageDecryptInit(session, CKM.AES_GCM, key);
    const plain = await raw.C_DecryptMessage(session, structure(iv, tag), aad, whole.ciphertext);
    assert.equal(Buffer.from(plain.plaintext).toString(), 'hello world');
    await raw.C_DecryptMessageBegin(session, structure(iv, tag), aad);
    const part = await raw.C_DecryptMessageNext(session, structure(iv, tag), whole.ciphertext, CKF.END_OF_MESSAGE);
    assert.equal(Buffer.from(part.plaintextPart).toString(), 'hello world');
    tag[0]! ^= 1;
    await assert.rejects(raw.C_DecryptMessage(session, structure(iv, tag), aad, whole.ciphertext), { code: 'CKR_AEAD_DECRYPT_FAILED' });
    await raw.C_MessageDecryptFinal(session);
  });

  it('messages, signed and verified', async () => {
    const key = await secret(CKK.GENERIC_SECRET);
    await raw.C_MessageSignInit(session, CKM.SHA256_HMAC, key);
    const { signature } = await raw.C_SignMessage(session, null, Buffer.from('hello world'));
    await raw.C_SignMessageBegin(session, null);
    const first = await raw.C_SignMessageNext(session, null, Buffer.from('hello '), { capacity: null });
    assert.equal(first.signature.length, 0);
    const last = await raw.C_SignMessageNext(session, null, Buffer.from('world'));
    assert.deepEqual(last.signature, signature);
    await raw.C_MessageSignFinal(session);
    await raw.C_MessageVerifyInit(session, CKM.SHA256_HMAC, key);
    await raw.C_VerifyMessage(session, null, Buffer.from('hello world'), signature);
    await raw.C_VerifyMessageBegin(session, null);
    await raw.C_VerifyMessageNext(session, null, Buffer.from('hello '), null);
    await raw.C_VerifyMessageNext(session, null, Buffer.from('world'), signature);
    await raw.C_MessageVerifyFinal(session);
  });

  it('functions that answer later', async () => {
    const later = await raw.C_OpenSession(SLOT, READ_WRITE | CKF.ASYNC_SESSION);
    const key = await secret(CKK.GENERIC_SECRET);
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update('data').digest();
    await raw.C_SignInit(later, CKM.SHA256_HMAC, key);
    await assert.rejects(raw.C_Sign(later, Buffer.from('data')), { code: 'CKR_PENDING', call: 'C_Sign' });
    const done = await raw.C_AsyncComplete(later, 'C_Sign');
    assert.deepEqual(Buffer.from(done.value), expected);

    await raw.C_SignInit(later, CKM.SHA256_HMAC, key);
    await assert.rejects(raw.C_Sign(later, Buffer.from('data')), { code: 'CKR_PENDING' });
    const id = await raw.C_AsyncGetID(later, 'C_Sign');
    const joining = await raw.C_OpenSession(SLOT, READ_WRITE | CKF.ASYNC_SESSION);
    await raw.C_AsyncJoin(joining, 'C_Sign', id, 64);
    assert.deepEqual(Buffer.from((await raw.C_AsyncComplete(joining, 'C_Sign')).value), expected);
    await raw.C_CloseSession(joining);
    await raw.C_CloseSession(later);
  });

  it('slot events', async () => {
    await assert.rejects(raw.C_WaitForSlotEvent(CKF.DONT_BLOCK), { code: 'CKR_NO_EVENT' });
    const event = raw.C_WaitForSlotEvent(0);
    await fault.inside('C_WaitForSlotEvent');
    fault.insert(4);
    assert.equal(await event, 4);
    fault.remove(4);
  });

  it('leftovers of the first version', async () => {
    await assert.rejects(raw.C_GetFunctionStatus(session), { code: 'CKR_FUNCTION_NOT_PARALLEL' });
    await assert.rejects(raw.C_CancelFunction(session), { code: 'CKR_FUNCTION_NOT_PARALLEL' });
  });

  it('the end: C_Finalize, and a second beginning', async () => {
    await raw.C_Finalize();
    await assert.rejects(raw.C_GetSlotList(true), (error: { code: string }) => /NOT_INITIALIZED|CLOSED/.test(error.code));
    assert.equal(await raw.C_Initialize(), 'initialized');
    assert.deepEqual(await raw.C_GetSlotList(true), [1, 2, 3, 5, 6]);
    await raw.close();
    await raw.close();
    await assert.rejects(raw.C_GetSlotList(true), (error: { code: string }) => /NOT_INITIALIZED|CLOSED/.test(error.code));
  });

  it('was called, and nothing is left over', () => {
    const callable = CALL_NAMES.filter((name) => !LOADERS.includes(name));
    assert.deepEqual(
      callable.filter((name) => !called.has(name)),
      [],
    );
    assert.equal(callable.length, 101);
    for (const counter of [
      'sessions',
      'running',
      'overlaps',
      'badArguments',
      'unknownSessions',
      'uninitializedCalls',
      'finalizedWhileRunning',
      'closedWhileRunning',
    ]) {
      assert.equal(fault.get(counter), 0, counter);
    }
  });
});
