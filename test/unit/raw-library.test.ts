import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

import { CK, CKF, CKK, CKM, CKO, CKR, CKU, Raw } from '../../lib/raw';
import { FaultModule, testModule } from '../support/fault-module';

const SLOT = 1;
const READ_WRITE = CKF.SERIAL_SESSION | CKF.RW_SESSION;

describe('Raw', () => {
  it('shows itself without its handles', async () => {
    const fault = new FaultModule();
    const raw = await Raw.load(fault.path);
    assert.match(inspect(raw), /^Raw \{ path: '.*fault\.so', interface: '3\.2' \}$/);
    assert.equal(raw.path, fault.path);
    assert.ok(raw.supports('C_LoginUser'));
    assert.equal(raw.library.functions.size, 104);
    await raw[Symbol.asyncDispose]();
    fault.close();
  });

  it('takes what was given, whatever happens to it afterwards', async () => {
    const fault = new FaultModule();
    const raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    const session = await raw.C_OpenSession(SLOT, READ_WRITE);
    for (const size of [10, 10_000]) {
      const data = new Uint8Array(size).fill(1);
      await raw.C_DigestInit(session, CKM.SHA256);
      fault.tell('C_Digest', { sleep: 5000 });
      const digest = raw.C_Digest(session, data);
      data.fill(2);
      structuredClone(data, { transfer: [data.buffer] });
      assert.deepEqual(Buffer.from(await digest), createHash('sha256').update(new Uint8Array(size).fill(1)).digest());
    }
    await raw.close();
    fault.close();
  });

  it('gives up waiting at a signal or a time limit, and keeps the session in order', async () => {
    const fault = new FaultModule();
    const raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    const session = await raw.C_OpenSession(SLOT, READ_WRITE);
    fault.hang('C_GenerateRandom');
    const controller = new AbortController();
    const running = raw.C_GenerateRandom(session, 10, { signal: controller.signal });
    const queued = raw.C_GenerateRandom(session, 10, { signal: controller.signal });
    const limited = raw.C_GenerateRandom(session, 10, { timeLimit: 20 });
    const patient = raw.C_GenerateRandom(session, 10);
    await fault.inside('C_GenerateRandom');
    controller.abort();
    await assert.rejects(running, { name: 'AbortError', code: 'ABORT_ERR' });
    await assert.rejects(queued, { name: 'AbortError', code: 'ABORT_ERR' });
    await assert.rejects(limited, { code: 'ERR_CRYPTOKI_TIMEOUT' });
    fault.release('C_GenerateRandom');
    assert.equal((await patient).length, 10);
    assert.equal(fault.calls('C_GenerateRandom'), 2);
    await raw.close();
    fault.close();
  });

  it('closes a session that opens too late', async () => {
    const fault = new FaultModule();
    const raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    fault.hang('C_OpenSession');
    await assert.rejects(raw.C_OpenSession(SLOT, READ_WRITE, { timeLimit: 10 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    fault.release('C_OpenSession');
    while (fault.calls('C_CloseSession') === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await raw.close();
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  it('refuses what is not one of its sessions', async () => {
    const fault = new FaultModule();
    const raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    for (const session of [0, 99, 2n ** 64n - 1n])
      await assert.rejects(raw.C_GetSessionInfo(session), { code: 'CKR_SESSION_HANDLE_INVALID', rv: CKR.SESSION_HANDLE_INVALID });
    for (const session of ['1', null, {}, undefined]) await assert.rejects(raw.C_GetSessionInfo(session as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.equal(fault.get('unknownSessions'), 0);
    assert.equal(CK.UNAVAILABLE_INFORMATION, 2n ** 64n - 1n);
    await raw.close();
    fault.close();
  });

  it('gives keys that come back inside a parameter', async () => {
    const fault = new FaultModule();
    const raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    const session = await raw.C_OpenSession(SLOT, READ_WRITE);
    await raw.C_Login(session, CKU.USER, '1234');
    const value = Buffer.alloc(32, 7);
    const base = await raw.C_CreateObject(session, { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, value, token: false, derive: true });
    const counter = await raw.C_DeriveKey(
      session,
      {
        mechanism: CKM.SP800_108_COUNTER_KDF,
        parameter: {
          prfType: CKM.SHA256_HMAC,
          dataParams: [
            { type: 1, value: { littleEndian: false, widthInBits: 32 } },
            { type: 4, value: Buffer.from('label') },
          ],
          additionalDerivedKeys: [{ template: { token: false, label: 'one' } }, { template: { token: false, label: 'two' } }],
        },
      },
      base,
      { token: false },
    );
    const { additionalDerivedKeys } = counter.writtenBack as { additionalDerivedKeys: { key: bigint }[] };
    const labels = await Promise.all(additionalDerivedKeys.map(async ({ key }) => (await raw.C_GetAttributeValue(session, key, ['label'])).label));
    assert.deepEqual(labels, ['one', 'two']);

    const tls = await raw.C_DeriveKey(
      session,
      {
        mechanism: CKM.TLS12_KEY_AND_MAC_DERIVE,
        parameter: {
          macSizeInBits: 160,
          keySizeInBits: 128,
          ivSizeInBits: 128,
          randomInfo: { clientRandom: new Uint8Array(32), serverRandom: new Uint8Array(32) },
          returnedKeyMaterial: { ivClient: new Uint8Array(16), ivServer: new Uint8Array(16) },
          prfHashMechanism: CKM.SHA256,
        },
      },
      base,
      { token: false },
    );
    const { returnedKeyMaterial } = tls.writtenBack as { returnedKeyMaterial: Record<string, unknown> };
    assert.deepEqual(returnedKeyMaterial['ivClient'], new Uint8Array(16).fill(0xc1));
    assert.deepEqual(returnedKeyMaterial['ivServer'], new Uint8Array(16).fill(0x5e));
    assert.equal(new Set(['clientMacSecret', 'serverMacSecret', 'clientKey', 'serverKey'].map((name) => returnedKeyMaterial[name])).size, 4);
    await raw.close();
    fault.close();
  });

  it('does not load what is no Cryptoki library', async () => {
    const path = process.platform === 'win32' ? 'C:\\nowhere\\none.dll' : '/nowhere/none.so';
    await assert.rejects(Raw.load(path), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'missing' });
    await assert.rejects(Raw.load(__filename), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'not-a-library' });
    await assert.rejects(Raw.load(__dirname), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'directory' });
    for (const wrong of [undefined, null, 5, {}]) await assert.rejects(Raw.load(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('says what is wrong with a library', async () => {
    const load = (name: string): Promise<Raw> => Raw.load(testModule(name));
    await assert.rejects(load('odd_no_entry'), {
      code: 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY',
      message: /neither C_GetFunctionList nor C_GetInterface/,
    });
    await assert.rejects(load('odd_list_null'), { code: 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY', message: /no usable list/ });
    await assert.rejects(load('odd_list_error'), { code: 'CKR_GENERAL_ERROR', call: 'C_GetFunctionList' });
    await assert.rejects(load('odd_constructor'), { code: 'CKR_LIBRARY_LOAD_FAILED', call: 'C_GetFunctionList' });
    await assert.rejects(load('odd_missing'), {
      code: 'ERR_CRYPTOKI_LOAD_FAILED',
      reason: 'dependency',
      message: /odd_missing_provider\.so, which is missing/,
    });
    await assert.rejects(load('odd_undefined'), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'dependency', message: /a_list_that_nobody_defines/ });
  });

  it('calls no function that a library does not have', async () => {
    for (const [name, version] of [
      ['odd_interface_null', '2.40'],
      ['odd_interface_only', '3.0'],
      ['odd_interface_short', '3.0'],
      ['odd_version_lie', '3.2'],
      ['odd_foreign', '2.40'],
    ] as const) {
      const raw = await Raw.load(testModule(name));
      const { major, minor } = raw.library.version;
      assert.equal(`${major}.${minor}`, version, name);
      assert.ok(!raw.supports('C_OpenSession'));
      await raw.C_Initialize();
      await assert.rejects(
        raw.C_GetSlotInfo(1),
        { code: 'CKR_FUNCTION_NOT_SUPPORTED', call: 'C_GetSlotInfo', message: /does not have this function/ },
        name,
      );
      await raw.close();
    }
  });
});
