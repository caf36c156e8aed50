// One of the ways in which pkcs11js ends its process, or gives a wrong answer without an error: the case that CASE names. Tells what came of it.
'use strict';

const { createHash } = require('node:crypto');
const { setTimeout: after } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { pkcs11js, initialized, opened, attribute, ec, tell } = require('./token.cjs');

const gc = () => {
  for (let times = 0; times < 3; times++) global.gc?.();
};

/** What a call answers: 'ok', or the message of its error. */
const outcome = async (work) => {
  try {
    await work();
    return 'ok';
  } catch (error) {
    return `${error.constructor.name}: ${error.message}`;
  }
};

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

const cases = {
  // 1
  async threadsWithoutLocking() {
    const { library, slot, flags } = opened({ flags: 0 });
    const sessions = Array.from({ length: 8 }, () => library.C_OpenSession(slot, flags));
    let right = 0;
    for (let round = 0; round < 10; round++) {
      const work = sessions.map(async (session, index) => {
        const data = Buffer.alloc(50_000, index);
        library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
        const digest = await library.C_DigestAsync(session, data, Buffer.alloc(32));
        if (digest.toString('hex') === sha256(data)) right += 1;
      });
      await Promise.all(work);
    }
    tell({ right });
  },
  // 2
  async collectedInput() {
    const { library, slot, flags } = opened();
    const sessions = Array.from({ length: 8 }, () => library.C_OpenSession(slot, flags));
    let right = 0;
    for (let round = 0; round < 10; round++) {
      const work = sessions.map((session, index) => {
        const expected = sha256(Buffer.alloc(300_000, index + round));
        library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
        return library
          .C_DigestAsync(session, Buffer.alloc(300_000, index + round), Buffer.alloc(32))
          .then((digest) => (right += Number(digest.toString('hex') === expected)));
      });
      gc();
      for (let more = 0; more < 20; more++) Buffer.alloc(300_000, 0xff);
      gc();
      await Promise.all(work);
    }
    tell({ right });
  },
  async collectedParameter() {
    const { library, session } = opened();
    const { privateKey } = ec(library, session);
    const { publicKey } = ec(library, session);
    const [{ value: point }] = library.C_GetAttributeValue(session, publicKey, [{ type: pkcs11js.CKA_EC_POINT }]);
    const template = () => [
      attribute(pkcs11js.CKA_CLASS, pkcs11js.CKO_SECRET_KEY),
      attribute(pkcs11js.CKA_KEY_TYPE, pkcs11js.CKK_GENERIC_SECRET),
      attribute(pkcs11js.CKA_TOKEN, false),
      attribute(pkcs11js.CKA_SENSITIVE, false),
      attribute(pkcs11js.CKA_EXTRACTABLE, true),
    ];
    const mechanism = () => ({
      mechanism: pkcs11js.CKM_ECDH1_DERIVE,
      parameter: { type: pkcs11js.CK_PARAMS_EC_DH, kdf: pkcs11js.CKD_NULL, publicData: Buffer.from(point.subarray(2)) },
    });
    const value = (key) => library.C_GetAttributeValue(session, key, [{ type: pkcs11js.CKA_VALUE }])[0].value.toString('hex');
    const expected = value(library.C_DeriveKey(session, mechanism(), privateKey, template()));
    let right = 0;
    for (let round = 0; round < 30; round++) {
      const derived = library.C_DeriveKeyAsync(session, mechanism(), privateKey, template());
      gc();
      for (let more = 0; more < 20; more++) Buffer.alloc(65, 0xff);
      gc();
      if (value(await derived) === expected) right += 1;
    }
    tell({ right });
  },
  // 3
  async closedWhileRunning() {
    const { library, session } = opened();
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const data = Buffer.alloc(50_000_000, 1);
    const running = library.C_DigestAsync(session, data, Buffer.alloc(32));
    library.close();
    tell({ digest: await running.then((digest) => digest.toString('hex') === sha256(data)), after: await outcome(() => library.C_GetInfo()) });
  },
  async finalizedWhileRunning() {
    const { library, session } = opened();
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const data = Buffer.alloc(50_000_000, 1);
    const running = library.C_DigestAsync(session, data, Buffer.alloc(32));
    library.C_Finalize();
    tell({ digest: await running.then((digest) => digest.toString('hex') === sha256(data)), after: await outcome(() => library.C_GetInfo()) });
  },
  async collectedObject() {
    const data = Buffer.alloc(50_000_000, 1);
    const running = (() => {
      const { library, session } = opened();
      library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
      return library.C_DigestAsync(session, data, Buffer.alloc(32));
    })();
    gc();
    await after(1);
    gc();
    tell({ digest: await running.then((digest) => digest.toString('hex') === sha256(data)) });
  },
  async detachedInput() {
    const { library, session } = opened();
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const data = new Uint8Array(new ArrayBuffer(50_000_000)).fill(1);
    const expected = sha256(data);
    const output = new Uint8Array(new ArrayBuffer(32));
    const running = library.C_DigestAsync(session, data, Buffer.alloc(32));
    structuredClone(data.buffer, { transfer: [data.buffer] });
    const digest = await running;
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const lost = library.C_DigestAsync(session, Buffer.alloc(50_000_000), output);
    structuredClone(output.buffer, { transfer: [output.buffer] });
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const detached = await outcome(() => library.C_Digest(session, data, Buffer.alloc(32)));
    tell({ digest: Buffer.from(digest).toString('hex') === expected, output: await outcome(() => lost), detached });
  },
  async exitWhileRunning() {
    const { library, slot, flags } = opened();
    for (let count = 0; count < 4; count++) {
      const session = library.C_OpenSession(slot, flags);
      library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
      void library.C_DigestAsync(session, Buffer.alloc(20_000_000), Buffer.alloc(32));
    }
    tell({ running: 4 });
    process.exit();
  },
  async terminatedWhileRunning() {
    const { library, session } = opened();
    const source = `
      const pkcs11js = require(process.env.PACKAGE);
      const library = new pkcs11js.PKCS11(process.env.PKCS11_LIBRARY);
      try { library.C_Initialize({ flags: 2 }); } catch {}
      for (let count = 0; count < 4; count++) {
        const session = library.C_OpenSession(library.C_GetSlotList(true)[0], pkcs11js.CKF_SERIAL_SESSION);
        library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
        void library.C_DigestAsync(session, Buffer.alloc(20_000_000), Buffer.alloc(32));
      }
      require('node:worker_threads').parentPort.postMessage('runs');`;
    const worker = new Worker(source, { eval: true });
    const runs = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    tell({ runs, here: await outcome(() => library.C_GetSessionInfo(session)) });
  },
  async throwingCallback() {
    const { library, session } = opened();
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    library.C_Digest(session, Buffer.from('abc'), Buffer.alloc(32), () => {
      throw new Error('from a callback');
    });
    const { message } = await thrown;
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    tell({ message, after: library.C_Digest(session, Buffer.from('abc'), Buffer.alloc(32)).toString('hex') === sha256('abc') });
  },
  async emptyInput() {
    const { library, session } = opened();
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const once = library.C_Digest(session, Buffer.alloc(0), Buffer.alloc(32)).toString('hex') === sha256('');
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    library.C_DigestUpdate(session, Buffer.alloc(0));
    const parts = (await library.C_DigestFinalAsync(session, Buffer.alloc(32))).toString('hex') === sha256('');
    tell({ once, parts });
  },
  // 4
  async loads() {
    const outcomes = {};
    for (const [name, path] of Object.entries({
      none: undefined,
      number: 7,
      object: {},
      empty: '',
      missing: '/nowhere/at/all.so',
      node: process.execPath,
    })) {
      const library = new pkcs11js.PKCS11();
      outcomes[name] = [
        await outcome(() => library.load(path)),
        await outcome(() => library.C_Initialize()),
        await outcome(() => library.C_GetInfo()),
      ];
    }
    tell(outcomes);
  },
  async nullFunctions() {
    const library = new pkcs11js.PKCS11();
    library.load(process.env.NULL_LIBRARY);
    const outcomes = {};
    outcomes.initialize = await outcome(() => library.C_Initialize());
    outcomes.slot = await outcome(() => library.C_GetSlotInfo(Buffer.alloc(8)));
    outcomes.event = await outcome(() => library.C_WaitForSlotEvent(1));
    outcomes.open = await outcome(() => library.C_OpenSession(Buffer.alloc(8), 4));
    tell(outcomes);
  },
  // 5
  async getters() {
    const { library, session } = opened();
    const throwing = {
      get type() {
        throw new Error('from a getter');
      },
    };
    const list = [
      { type: 3, value: 'x' },
      { type: 0x102, value: 'y' },
    ];
    Object.defineProperty(list, 0, { enumerable: true, get: () => ((list.length = 1), { type: 3, value: 'x' }) });
    const nested = [
      {
        type: 3,
        get value() {
          library.C_GetSessionInfo(session);
          return 'x';
        },
      },
    ];
    tell({
      type: await outcome(() => library.C_FindObjectsInit(session, [throwing])),
      mechanism: await outcome(() =>
        library.C_DigestInit(session, {
          get mechanism() {
            throw new TypeError('from a getter');
          },
        }),
      ),
      parameter: await outcome(() =>
        library.C_DigestInit(session, {
          mechanism: 1,
          parameter: {
            type: 6,
            get kdf() {
              throw new Error('from a getter');
            },
          },
        }),
      ),
      shrinking: await outcome(() => library.C_FindObjectsInit(session, list)),
      calling: await outcome(() => (library.C_FindObjectsInit(session, nested), library.C_FindObjectsFinal(session))),
      flags: await outcome(() =>
        new pkcs11js.PKCS11(process.env.PKCS11_LIBRARY).C_Initialize({
          get flags() {
            throw new Error('from a getter');
          },
        }),
      ),
      count: await outcome(() => (library.C_FindObjectsInit(session, []), library.C_FindObjects(session, -1), library.C_FindObjectsFinal(session))),
    });
  },
  // 6
  async emptyOutput() {
    const { library, session } = opened();
    library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
    const empty = await outcome(() => library.C_Digest(session, Buffer.from('abc'), Buffer.alloc(0)));
    const short = await outcome(() => library.C_Digest(session, Buffer.from('abc'), Buffer.alloc(31)));
    const goesOn = library.C_Digest(session, Buffer.from('abc'), Buffer.alloc(40)).toString('hex') === sha256('abc');
    tell({ empty, short, goesOn });
  },
  async shortLabel() {
    const library = initialized();
    const free = () => library.C_GetSlotList(true).at(-1);
    library.C_InitToken(free(), '12345678', 'short');
    const labels = library.C_GetSlotList(true).map((slot) => library.C_GetTokenInfo(slot).label);
    tell({ label: labels[0] });
  },
  async emptyDate() {
    const { library, session } = opened();
    // Not of a private object: SoftHSM answers CKR_GENERAL_ERROR for a date that was set there.
    const { publicKey } = ec(library, session);
    const read = () => library.C_GetAttributeValue(session, publicKey, [{ type: pkcs11js.CKA_START_DATE }])[0].value;
    const empty = read().length;
    library.C_SetAttributeValue(session, publicKey, [{ type: pkcs11js.CKA_START_DATE, value: new Date('2031-02-03T04:05:06Z') }]);
    tell({ empty, set: read().toString() });
  },
  // 7
  async callsOnOneSession() {
    const { library, session } = opened();
    const works = Array.from({ length: 8 }, (_, index) => Buffer.alloc(1000, index)).map((data) => {
      library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
      return library.C_DigestAsync(session, data, Buffer.alloc(32)).then((digest) => digest.toString('hex') === sha256(data));
    });
    tell({ right: (await Promise.all(works)).filter(Boolean).length });
  },
  // 8
  async missingAttribute() {
    const { library, session } = opened();
    const { publicKey } = ec(library, session);
    const list = [{ type: pkcs11js.CKA_MODULUS }, { type: pkcs11js.CKA_EC_PARAMS }];
    let error;
    try {
      library.C_GetAttributeValue(session, publicKey, list);
    } catch (thrown) {
      error = { code: thrown.code, method: thrown.method, message: thrown.message };
    }
    const created = await library.C_CreateObjectAsync(session, []).catch((thrown) => thrown);
    tell({ error, there: list[1].value?.length ?? 0, created: [created.code, created.method] });
  },
  // 9
  async templateMemory() {
    const { library, session } = opened();
    const template = () => [attribute(pkcs11js.CKA_LABEL, Buffer.alloc(1_000_000, 1)), attribute(pkcs11js.CKA_VALUE_LEN, 4711)];
    const once = () => library.C_GenerateKeyAsync(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, template()).catch(() => undefined);
    for (let warm = 0; warm < 20; warm++) await once();
    gc();
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 200; count++) await once();
    gc();
    tell({ grown: Math.round((process.memoryUsage().rss - before) / 1e6) });
  },
  // 10
  async finalizedInWorker() {
    const { library, session } = opened();
    const source = `
      const pkcs11js = require(process.env.PACKAGE);
      const library = new pkcs11js.PKCS11();
      library.load(process.env.PKCS11_LIBRARY);
      let code;
      try { library.C_Initialize({ flags: 2 }); } catch (error) { code = error.code; }
      library.C_GetSlotList(true);
      library.C_Finalize();
      require('node:worker_threads').parentPort.postMessage(code);`;
    const worker = new Worker(source, { eval: true });
    const code = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    tell({ code, here: await outcome(() => library.C_GetSessionInfo(session)) });
  },
};

void cases[process.env.CASE]().then(() => process.reallyExit(0));
