import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { join } from 'node:path';
import { CKF, CKM, CKO, CKU } from '../../lib/constants';
import { Module, Pkcs11Error } from '../../lib';
import { Raw } from '../../lib/raw';
import { isDesigned } from '../state/junk';
import { CBC, DATA, PIN, SO_PIN } from '../state/subjects';
import { FaultModule } from '../support/fault-module';

// Ten ways in which bindings of Cryptoki to scripting languages are known to break, each once.
describe('known ways to break', () => {
  let fault: FaultModule;
  let raw: Raw;
  let session: bigint;
  beforeEach(async () => {
    fault = new FaultModule();
    raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    session = await raw.C_OpenSession(1, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    await raw.C_Login(session, CKU.USER, PIN);
  });
  afterEach(async () => {
    fault.reset();
    await raw.close();
    fault.close();
  });

  it('1. a library without locks is entered by one thread at a time', async () => {
    const other = new FaultModule();
    other.set('cantLock', 1);
    other.tell('C_GenerateRandom', { spin: 200 });
    const module = await Module.load(other.path);
    const tokens = await Promise.all([module.slot(1).token(), module.slot(2).token()]);
    await Promise.all(tokens.flatMap((token) => Array.from({ length: 50 }, () => token.random(8))));
    await module.close();
    assert.equal(other.get('mostRunning'), 1);
    assert.equal(other.get('serialOverlaps'), 0);
    other.close();
  });

  it('2. data and parameters are kept while a call runs, whatever else takes memory', async () => {
    const { key } = await raw.C_GenerateKey(session, CKM.AES_KEY_GEN, { valueLen: 32 });
    fault.tell('C_Encrypt', { sleep: 300 });
    for (let round = 0; round < 30; round++) {
      const iv = randomBytes(16);
      const data = randomBytes(4096);
      const wanted = await encrypt(iv, data);
      const got = encrypt(Uint8Array.from(iv), Uint8Array.from(data));
      // What could have been freed is likely to be used again.
      for (let block = 0; block < 20; block++) new Uint8Array(4096).fill(0xee);
      assert.deepEqual(await got, wanted);
    }
    async function encrypt(iv: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
      await raw.C_EncryptInit(session, { mechanism: CKM.AES_CBC, parameter: iv }, key);
      return raw.C_Encrypt(session, data);
    }
  });

  it('3. finalising while a call runs lets it end', async () => {
    fault.hang('C_GenerateRandom');
    const running = raw.C_GenerateRandom(session, 8);
    await fault.inside('C_GenerateRandom');
    const ended = raw.C_Finalize();
    fault.release('C_GenerateRandom');
    assert.equal((await running).length, 8);
    await ended;
    assert.equal(fault.get('finalizedWhileRunning'), 0);
  });

  it('4. what could not be loaded cannot be used', async () => {
    for (const path of ['', '/', __filename, '/nowhere/lib.so']) await assert.rejects(Raw.load(path), isDesigned);
    // Its constructor is private; who calls it all the same has nothing that could crash.
    await assert.rejects((Reflect.construct(Raw, []) as Raw).C_GetInfo(), TypeError);
  });

  it('5. templates and mechanisms of junk, counts without end, getters that throw and arrays that shrink', async () => {
    const names = ['label', 'value'];
    const shrinking = new Proxy(names, {
      get: (target, key) => (key === '0' ? ((names.length = 0), 'label') : (Reflect.get(target, key) as unknown)),
    });
    const junk: readonly (() => Promise<unknown>)[] = [
      () => raw.C_FindObjectsInit(session, [null] as never),
      () => raw.C_FindObjectsInit(session, { label: 5n } as never),
      () => raw.C_DigestInit(session, {} as never),
      () => raw.C_DigestInit(session, { mechanism: CKM.SHA256, parameter: 'text' } as never),
      () => raw.C_FindObjects(session, -1),
      () => raw.C_FindObjects(session, 2 ** 40),
      () => raw.C_GenerateRandom(session, 2 ** 40),
      () =>
        raw.C_CreateObject(session, {
          get label(): string {
            throw Object.assign(new Error('no label'), { code: 'CKR_NONE' });
          },
        }),
    ];
    for (const call of junk) await assert.rejects(call(), isDesigned);
    await raw.C_GetAttributeValue(session, 1n, shrinking as never).catch((error: unknown) => assert.ok(isDesigned(error)));
  });

  it('6. no room for an answer, short labels, the last character of pReserved, empty dates', async () => {
    await raw.C_DigestInit(session, CKM.SHA256);
    const digest = await raw.C_Digest(session, DATA, { capacity: 0 });
    assert.deepEqual(Buffer.from(digest), createHash('sha256').update(DATA).digest());
    await raw.C_InitToken(3, SO_PIN, 'x');
    assert.equal((await raw.C_GetTokenInfo(3)).label.trimEnd(), 'x');
    const object = await raw.C_CreateObject(session, { class: CKO.DATA, startDate: '' });
    assert.equal((await raw.C_GetAttributeValue(session, object, ['startDate'])).startDate, undefined);
    const other = new FaultModule();
    other.set('reserved', 1);
    const module = await Module.load(other.path, { reserved: "configDir='/somewhere'" });
    assert.equal(other.reservedText, "configDir='/somewhere'");
    await module.close();
    other.close();
  });

  it('7. many calls at once', async () => {
    const module = await Module.load(fault.path);
    const token = await module.slot(1).token();
    const key = await token.generateKey('aes', { length: 256 });
    const results = await Promise.all(Array.from({ length: 200 }, () => key.encrypt(CBC, DATA)));
    assert.equal(results.length, 200);
    assert.equal(fault.get('overlaps'), 0);
    await module.close();
  });

  it('8. errors have codes, and an attribute that is missing costs no other', async () => {
    await assert.rejects(
      raw.C_Logout(session + 1000n),
      (error) => Pkcs11Error.is(error, 'CKR_SESSION_HANDLE_INVALID') && error.rv === 0xb3 && error.call === 'C_Logout',
    );
    const object = await raw.C_CreateObject(session, { class: CKO.DATA, label: 'label', value: DATA });
    const { label, value, modulus } = await raw.C_GetAttributeValue(session, object, ['label', 'modulus', 'value']);
    assert.deepEqual([label, Buffer.from(value!), modulus], ['label', DATA, undefined]);
  });

  it('9. the memory of calls is given back', async () => {
    const value = new Uint8Array(1 << 20);
    const round = async (): Promise<void> => {
      const object = await raw.C_CreateObject(session, { class: CKO.DATA, value });
      await raw.C_DestroyObject(session, object);
    };
    for (let warm = 0; warm < 30; warm++) await round();
    const before = process.memoryUsage.rss();
    for (let times = 0; times < 300; times++) await round();
    // 300 MiB were handed over; a tenth is more than allocators need for themselves.
    const grown = (process.memoryUsage.rss() - before) / (1 << 20);
    assert.ok(grown < 100, `${grown.toFixed(1)} MiB more than before`);
  });

  it('10. C_Finalize in a worker leaves the main thread its sessions', async () => {
    const code = `require('tsx/cjs');
      const { Raw } = require(${JSON.stringify(join(__dirname, '..', '..', 'lib', 'raw.ts'))});
      void (async () => {
        const raw = await Raw.load(${JSON.stringify(fault.path)});
        await raw.C_Initialize();
        await raw.C_Finalize();
      })();`;
    const worker = new Worker(code, { eval: true, execArgv: [] });
    assert.equal(await new Promise((settle) => worker.on('exit', settle)), 0);
    assert.equal((await raw.C_GetSessionInfo(session)).slotID, 1);
    assert.equal(fault.get('finalizations'), 0);
  });
});
