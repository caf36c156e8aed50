// The forms of a call: what each answers, where its result stands, and how they wait for each other. On a module that does what it is told.

import assert from 'node:assert/strict';
import * as pkcs11js from '../../lib/pkcs11js';
import { FaultModule } from '../support/fault-module';

const { CKF_OS_LOCKING_OK, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKM_ECDSA, CKM_SHA256, CKU_USER, PKCS11 } = pkcs11js;
const SLEEP = 50_000;

describe('calls of cryptoki/pkcs11js', () => {
  let fault: FaultModule;
  let library: pkcs11js.PKCS11;
  let session: Buffer;
  const key = Buffer.alloc(8);
  const data = Buffer.alloc(32, 7);
  const open = (): Buffer => library.C_OpenSession(library.C_GetSlotList(true)[0]!, CKF_SERIAL_SESSION | CKF_RW_SESSION);

  beforeEach(() => {
    fault = new FaultModule();
    fault.set('instant', 1);
    library = new PKCS11(fault.path);
    library.C_Initialize({ flags: CKF_OS_LOCKING_OK });
    session = open();
    key[0] = 1;
    library.C_SignInit(session, { mechanism: CKM_ECDSA }, key);
  });

  afterEach(() => {
    library.close();
    fault.close();
  });

  it('give a view of the buffer that they were given', async () => {
    const output = Buffer.alloc(100);
    const result = library.C_Sign(session, data, output);
    assert.ok(Buffer.isBuffer(result));
    assert.deepEqual([result.buffer, result.byteOffset, result.length], [output.buffer, output.byteOffset, 64]);
    const later = await library.C_SignAsync(session, data, output);
    assert.deepEqual([later.buffer, later.byteOffset, later.length], [output.buffer, output.byteOffset, 64]);
    const words = new Uint16Array(64);
    const ofWords = library.C_Sign(session, data, words) as unknown as Uint16Array;
    assert.ok(ofWords instanceof Uint16Array);
    assert.equal(ofWords.buffer, words.buffer);
    const through = new DataView(new ArrayBuffer(70), 3);
    assert.equal(library.C_Sign(session, data, through).byteOffset, 3);
  });

  it('write where they were told, and nowhere else: into a part, into shared memory, on this thread and on others', async () => {
    const signature = Buffer.from(library.C_Sign(session, data, Buffer.alloc(64)));
    for (const memory of [new ArrayBuffer(200), new SharedArrayBuffer(200)]) {
      for (const sign of [
        (output: Uint8Array) => library.C_Sign(session, data, output),
        (output: Uint8Array) => library.C_SignAsync(session, data, output),
      ]) {
        const all = new Uint8Array(memory).fill(0xee);
        const result = await sign(new Uint8Array(memory, 50, 100));
        assert.deepEqual([result.buffer, result.byteOffset, result.length], [memory, 50, 64]);
        assert.deepEqual(Buffer.from(result), signature);
        assert.deepEqual(Buffer.from(all.subarray(50, 114)), signature);
        assert.ok([...all.subarray(0, 50), ...all.subarray(114)].every((byte) => byte === 0xee));
      }
    }
  });

  it('are as long or as short as they like: the long way gives what the short one does', () => {
    const short = library.C_Sign(session, data, Buffer.alloc(64));
    assert.deepEqual(Buffer.from(library.C_Sign(session, data, Buffer.alloc(100_000))), Buffer.from(short));
    assert.deepEqual(Buffer.from(library.C_Sign(session, new DataView(Uint8Array.from(data).buffer), Buffer.alloc(64))), Buffer.from(short));
  });

  it('tell a callback once, in a turn of its own, with null in the other place', async () => {
    const told: unknown[] = [];
    const [error, result] = await new Promise<[unknown, Buffer]>((resolve) => {
      library.C_Sign(session, data, Buffer.alloc(64), (...given) => {
        told.push(given);
        resolve(given);
      });
      assert.deepEqual(told, []);
    });
    assert.equal(error, null);
    assert.equal(result.length, 64);
    fault.fail('C_Digest', 0x30);
    library.C_DigestInit(session, { mechanism: CKM_SHA256 });
    const [failure, nothing] = await new Promise<[pkcs11js.Pkcs11Error, unknown]>((resolve) => {
      library.C_DigestCallback(session, data, Buffer.alloc(64), (...given) => resolve(given as never));
    });
    assert.ok(failure instanceof pkcs11js.Pkcs11Error);
    assert.deepEqual([failure.message, failure.code, failure.method, nothing], ['CKR_DEVICE_ERROR', 0x30, 'C_Digest', null]);
  });

  it('say where a synchronous call was made', () => {
    fault.fail('C_Digest', 0x30);
    library.C_DigestInit(session, { mechanism: CKM_SHA256 });
    assert.throws(
      () => library.C_Digest(session, data, Buffer.alloc(64)),
      ({ code, method, nativeStack }: pkcs11js.Pkcs11Error) => {
        assert.deepEqual([code, method], [0x30, 'C_Digest']);
        assert.match(nativeStack, /^ {4}at PKCS11\.C_Digest \(/);
        assert.match(nativeStack, /calls\.test/);
        return true;
      },
    );
  });

  it('wait for each other on one session, whichever forms they have', async () => {
    fault.tell('C_Digest', { sleep: SLEEP });
    const ended: number[] = [];
    const digests = [1, 2, 3].map((number) => {
      library.C_DigestInit(session, { mechanism: CKM_SHA256 });
      return library.C_DigestAsync(session, data, Buffer.alloc(32)).then(() => ended.push(number));
    });
    library.C_GetSessionInfo(session);
    assert.equal(fault.calls('C_Digest'), 3);
    assert.deepEqual(ended, []);
    await Promise.all(digests);
    assert.deepEqual(ended, [1, 2, 3]);
    assert.equal(fault.get('overlaps'), 0);
  });

  it('wait for those of other sessions where the library may not lock', async () => {
    library.C_Finalize();
    library.C_Initialize();
    fault.tell('C_Digest', { sleep: SLEEP });
    const digests = [open(), open(), open()].map((one) => {
      library.C_DigestInit(one, { mechanism: CKM_SHA256 });
      return library.C_DigestAsync(one, data, Buffer.alloc(32));
    });
    library.C_GetSlotList(true);
    await Promise.all(digests);
    assert.equal(fault.get('serialOverlaps'), 0);
    assert.equal(fault.get('mostRunning'), 1);
  });

  it('end what they close: nothing runs when C_CloseSession and C_CloseAllSessions come back', async () => {
    fault.tell('C_Sign', { sleep: SLEEP });
    const signed = library.C_SignAsync(session, data, Buffer.alloc(64));
    library.C_CloseSession(session);
    assert.equal((await signed).length, 64);
    assert.throws(() => library.C_GetSessionInfo(session), { code: 0xb3, message: 'CKR_SESSION_HANDLE_INVALID' });
    const other = open();
    library.C_SignInit(other, { mechanism: CKM_ECDSA }, key);
    const last = library.C_SignAsync(other, data, Buffer.alloc(64));
    library.C_CloseAllSessions(library.C_GetSlotList(true)[0]!);
    assert.equal((await last).length, 64);
    assert.equal(fault.get('overlaps'), 0);
  });

  it('of one library belong together, whoever makes them', () => {
    const other = new PKCS11(fault.path);
    assert.equal(other.C_GetSessionInfo(session).state, library.C_GetSessionInfo(session).state);
    assert.throws(() => other.C_Initialize(), { code: 0x191, message: 'CKR_CRYPTOKI_ALREADY_INITIALIZED' });
    other.close();
    library.C_GetSessionInfo(session);
    assert.throws(() => other.C_GetInfo(), { message: 'PKCS11 module not loaded yet' });
  });

  it('of one library end together: C_Finalize by one is the end for all, and each can begin again', () => {
    const other = new PKCS11(fault.path);
    other.C_Finalize();
    for (const one of [library, other]) assert.throws(() => one.C_GetInfo(), { code: 0x190, message: 'CKR_CRYPTOKI_NOT_INITIALIZED' });
    other.C_Initialize({ flags: CKF_OS_LOCKING_OK });
    assert.throws(() => library.C_GetSessionInfo(session), { code: 0xb3 });
    assert.equal(library.C_GetSlotList(true).length, other.C_GetSlotList(true).length);
    other.close();
  });

  it('fail with errors of the classes that are exported, which are errors of the language', () => {
    const unloaded = new PKCS11();
    for (const [call, isOfLibrary] of [
      [() => library.C_GetSessionInfo(Buffer.alloc(8)), true],
      [() => unloaded.C_GetInfo(), false],
      [() => unloaded.load('/nowhere/at/all.so'), false],
    ] as const) {
      assert.throws(call, (error) => {
        assert.ok(error instanceof Error && error instanceof pkcs11js.NativeError);
        assert.equal(error instanceof pkcs11js.Pkcs11Error, isOfLibrary);
        assert.equal(error.name, isOfLibrary ? 'Pkcs11Error' : 'NativeError');
        return true;
      });
    }
  });

  it('take PINs as text, as bytes, and NULL', async () => {
    library.C_Login(session, CKU_USER, Buffer.from('1234'));
    library.C_Logout(session);
    await library.C_LoginAsync(session, CKU_USER, '1234');
    library.C_Logout(session);
    const before = fault.calls('C_Login');
    try {
      library.C_Login(session, CKU_USER, null);
    } catch (error) {
      assert.ok(error instanceof pkcs11js.Pkcs11Error);
    }
    assert.equal(fault.calls('C_Login'), before + 1);
    assert.throws(() => library.C_Login(session, CKU_USER, 7 as never), { message: 'Argument 2 has wrong type. Should be a String' });
  });

  it('are there for version 3, with the structures of the standard', async () => {
    library.C_SessionCancel(session, pkcs11js.CKF_SIGN);
    library.C_DigestInit(session, { mechanism: CKM_SHA256 });
    const found = library.C_FindObjectsInitAsync(session, []).then(() => library.C_FindObjectsAsync(session));
    await found;
    await library.C_FindObjectsFinalAsync(session);
    const unknown = { mechanism: CKM_ECDSA, parameter: { type: 'CK_NOTHING' as never } };
    assert.throws(() => library.C_SignInit(session, unknown, key), { message: /names no structure/ });
    const wrong = { mechanism: CKM_ECDSA, parameter: { type: 'CK_GCM_PARAMS' as const, ivv: 1 } };
    assert.throws(() => library.C_SignInit(session, wrong, key), { name: 'TypeError', message: /has no field 'ivv'/ });
  });
});
