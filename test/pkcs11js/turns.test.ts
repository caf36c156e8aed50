import assert from 'node:assert/strict';
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import * as pkcs11js from '../../lib/pkcs11js';
import { profiles, useToken } from '../support/profile';

const { CKA_CLASS, CKA_DECRYPT, CKA_ENCRYPT, CKA_KEY_TYPE, CKA_PRIVATE, CKA_SIGN, CKA_TOKEN, CKA_VALUE, CKA_VERIFY } = pkcs11js;
const { CKK_AES, CKK_GENERIC_SECRET, CKM_AES_CBC_PAD, CKM_SHA256, CKM_SHA256_HMAC, CKM_SHA512_HMAC, CKO_SECRET_KEY } = pkcs11js;

const secret = randomBytes(64);
const hmac = (data: string, key = secret, hash = 'sha256'): Buffer => createHmac(hash, key).update(data).digest();
const room = (): Buffer => Buffer.alloc(128);

const ACTIVE = { name: 'Pkcs11Error', message: 'CKR_OPERATION_ACTIVE' };
const NOT_BEGUN = { name: 'Pkcs11Error', message: 'CKR_OPERATION_NOT_INITIALIZED' };
const TOO_SMALL = { name: 'Pkcs11Error', message: 'CKR_BUFFER_TOO_SMALL' };

const profile = profiles().find(({ name }) => name === 'softhsm')!;

describe('operations that are begun while an equal one waits', () => {
  const fixture = useToken(profile);
  const mechanism = { mechanism: CKM_SHA256_HMAC };
  let pkcs11: pkcs11js.PKCS11;
  let session: Buffer;
  let key: Buffer;
  let other: Buffer;

  function makeKey(value: Buffer, type: number, ...uses: number[]): Buffer {
    const common = { [CKA_CLASS]: CKO_SECRET_KEY, [CKA_KEY_TYPE]: type, [CKA_TOKEN]: false, [CKA_PRIVATE]: false, [CKA_VALUE]: value };
    const template = Object.entries(common).map(([number, given]) => ({ type: Number(number), value: given }));
    return pkcs11.C_CreateObject(session, [...template, ...uses.map((use) => ({ type: use, value: true }))]);
  }

  before(() => {
    pkcs11 = new pkcs11js.PKCS11(profile.module);
    // The fixture has initialised it.
    assert.throws(() => pkcs11.C_Initialize(), { message: 'CKR_CRYPTOKI_ALREADY_INITIALIZED' });
  });
  beforeEach(() => {
    const slot = Buffer.alloc(8);
    slot.writeBigUInt64LE(BigInt(fixture().slot.id));
    session = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
    key = makeKey(secret, CKK_GENERIC_SECRET, CKA_SIGN, CKA_VERIFY);
    other = makeKey(randomBytes(64), CKK_GENERIC_SECRET, CKA_SIGN, CKA_VERIFY);
  });
  afterEach(() => pkcs11.C_CloseSession(session));
  after(() => pkcs11.close());

  const begin = (which = key, how: pkcs11js.Mechanism = mechanism): void => void pkcs11.C_SignInit(session, how, which);
  const sign = (data: string, output = room()): Buffer => pkcs11.C_Sign(session, Buffer.from(data), output) as Buffer;
  const signLater = (data: string, output = room()): Promise<Buffer> => pkcs11.C_SignAsync(session, Buffer.from(data), output) as Promise<Buffer>;

  it('wait beside it, as many as there are, and not one more', () => {
    for (let count = 0; count < 4; count++) begin();
    for (const data of ['a', 'b', 'c', 'd']) assert.deepEqual(sign(data), hmac(data));
    assert.throws(() => sign('e'), NOT_BEGUN);
  });

  it('are done on the threads of the engine too, and beside calls on this thread', async () => {
    for (let count = 0; count < 8; count++) begin();
    const running = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((data) => signLater(data));
    assert.deepEqual(sign('h'), hmac('h'));
    assert.deepEqual(
      await Promise.all(running),
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((data) => hmac(data)),
    );
    await assert.rejects(signLater('i'), NOT_BEGUN);
  });

  it('are refused when they differ in key, mechanism or parameter', () => {
    begin();
    assert.throws(() => begin(other), { ...ACTIVE, method: 'C_SignInit' });
    assert.throws(() => begin(key, { mechanism: CKM_SHA512_HMAC }), ACTIVE);
    begin();
    // Where some wait, before the library is asked: it would take the other one between two of them.
    assert.deepEqual(sign('a'), hmac('a'));
    assert.throws(() => begin(other), ACTIVE);
    begin();
    for (const data of ['b', 'c']) assert.deepEqual(sign(data), hmac(data));
    begin(other);
    assert.notDeepEqual(sign('d'), hmac('d'));
  });

  it('are compared as they were when they began', () => {
    const aes = makeKey(secret.subarray(0, 32), CKK_AES, CKA_ENCRYPT, CKA_DECRYPT);
    const iv = randomBytes(16);
    const how = { mechanism: CKM_AES_CBC_PAD, parameter: Buffer.from(iv) };
    pkcs11.C_EncryptInit(session, how, aes);
    how.parameter[0]! ^= 1;
    assert.throws(() => pkcs11.C_EncryptInit(session, how, aes), ACTIVE);
    const cipher = createCipheriv('aes-256-cbc', secret.subarray(0, 32), iv);
    assert.deepEqual(pkcs11.C_Encrypt(session, Buffer.from('plain'), room()), Buffer.concat([cipher.update('plain'), cipher.final()]));
  });

  it('are whole ones: nothing is done in parts while some wait, nor kept beside what is', () => {
    begin();
    begin();
    assert.throws(() => pkcs11.C_SignUpdate(session, Buffer.from('a')), { ...ACTIVE, method: 'C_SignUpdate' });
    assert.throws(() => pkcs11.C_SignFinal(session, room()), ACTIVE);
    for (const data of ['a', 'b']) assert.deepEqual(sign(data), hmac(data));
    begin();
    pkcs11.C_SignUpdate(session, Buffer.from('a'));
    assert.throws(() => begin(), ACTIVE);
    pkcs11.C_SignUpdate(session, Buffer.from('b'));
    assert.deepEqual(pkcs11.C_SignFinal(session, room()), hmac('ab'));
  });

  it('wait on when the buffer is too small', async () => {
    begin();
    begin();
    assert.throws(() => sign('a', Buffer.alloc(8)), TOO_SMALL);
    assert.deepEqual(sign('a'), hmac('a'));
    assert.throws(() => sign('b', Buffer.alloc(8)), { ...TOO_SMALL, method: 'C_Sign' });
    await assert.rejects(signLater('b', Buffer.alloc(31)), TOO_SMALL);
    assert.deepEqual(await signLater('b'), hmac('b'));
    assert.throws(() => sign('c'), NOT_BEGUN);
  });

  it('wait on when the arguments are wrong', () => {
    begin();
    begin();
    assert.throws(() => pkcs11.C_Sign(session, 'text' as never, room()), { name: 'TypeError' });
    for (const data of ['a', 'b']) assert.deepEqual(sign(data), hmac(data));
  });

  it('are of every kind', () => {
    const aes = makeKey(secret.subarray(0, 32), CKK_AES, CKA_ENCRYPT, CKA_DECRYPT);
    const how = { mechanism: CKM_AES_CBC_PAD, parameter: randomBytes(16) };
    const twice = (first: () => unknown, then: () => void): void => {
      first();
      first();
      then();
      then();
    };
    const sealed = room();
    let length = 0;
    twice(
      () => pkcs11.C_EncryptInit(session, how, aes),
      () => void (length = (pkcs11.C_Encrypt(session, Buffer.from('plain'), sealed) as Buffer).length),
    );
    twice(
      () => pkcs11.C_DecryptInit(session, how, aes),
      () => assert.equal(String(pkcs11.C_Decrypt(session, sealed.subarray(0, length), room())), 'plain'),
    );
    twice(
      () => pkcs11.C_DigestInit(session, { mechanism: CKM_SHA256 }),
      () => assert.deepEqual(pkcs11.C_Digest(session, Buffer.from('a'), room()), createHash('sha256').update('a').digest()),
    );
    twice(
      () => pkcs11.C_VerifyInit(session, mechanism, key),
      () => assert.equal(pkcs11.C_Verify(session, Buffer.from('a'), hmac('a')), true),
    );
    pkcs11.C_VerifyInit(session, mechanism, key);
    pkcs11.C_VerifyInit(session, mechanism, key);
    for (let count = 0; count < 2; count++) {
      assert.throws(() => pkcs11.C_Verify(session, Buffer.from('b'), hmac('a')), { message: 'CKR_SIGNATURE_INVALID' });
    }
  });

  it('are gone with their session', () => {
    begin();
    begin();
    pkcs11.C_CloseSession(session);
    const slot = Buffer.alloc(8);
    slot.writeBigUInt64LE(BigInt(fixture().slot.id));
    session = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
    assert.throws(() => sign('a'), NOT_BEGUN);
  });

  it('are not known of those that an asynchronous function began', async () => {
    await pkcs11.C_SignInitAsync(session, mechanism, key);
    begin();
    for (const data of ['a', 'b']) assert.deepEqual(await signLater(data), hmac(data));
    await Promise.all([
      pkcs11.C_SignInitAsync(session, mechanism, key),
      assert.rejects(pkcs11.C_SignInitAsync(session, mechanism, key) as Promise<unknown>, ACTIVE),
    ]);
    assert.deepEqual(sign('a'), hmac('a'));
  });
});
