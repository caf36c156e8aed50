// For each sub-path of the package a program that signs with it. `load` gets a sub-path in the form that is being tried.
const assert = require('node:assert/strict');
const { createHash, verify, X509Certificate } = require('node:crypto');
const { readFileSync } = require('node:fs');

const path = process.env.PKCS11_MODULE;
const certificate = new X509Certificate(readFileSync(process.env.PKCS11_CERTIFICATE));
const data = Buffer.from('signed by the installed package');
const PIN = '1234';
const LABEL = 'package';

function judge(signature, about = data, hash = 'sha256') {
  assert.ok(verify(hash, about, certificate.publicKey, signature), 'the signature is wrong');
}

async function withToken(load, use) {
  const { Module } = await load('.');
  const module = await Module.load(path);
  try {
    await use(await module.token({ label: LABEL }), module);
  } finally {
    await module.close();
  }
}

/** The way through the functions of the standard, whatever they are called by. */
async function byFunctions(calls) {
  const slots = await calls.slots();
  for (const slot of slots) {
    if (!(await calls.label(slot)).startsWith(LABEL)) continue;
    const session = await calls.open(slot);
    await calls.login(session);
    const [key] = await calls.find(session);
    judge(await calls.sign(session, key));
    return;
  }
  throw new Error('the token is in no slot');
}

module.exports = {
  data,
  judge,

  '.': (load) =>
    withToken(load, async (token) => {
      await token.login(PIN);
      const key = await token.privateKey({ label: 'signer' });
      judge(await key.sign('sha256', data));
    }),

  './raw': async (load) => {
    const { Raw, CKF, CKM, CKO, CKU } = await load('./raw');
    const raw = await Raw.load(path);
    try {
      await raw.C_Initialize();
      await byFunctions({
        slots: () => raw.C_GetSlotList(true),
        label: async (slot) => (await raw.C_GetTokenInfo(slot)).label,
        open: (slot) => raw.C_OpenSession(slot, CKF.SERIAL_SESSION),
        login: (session) => raw.C_Login(session, CKU.USER, PIN),
        find: async (session) => {
          await raw.C_FindObjectsInit(session, { class: CKO.PRIVATE_KEY });
          const found = await raw.C_FindObjects(session, 1);
          await raw.C_FindObjectsFinal(session);
          return found;
        },
        sign: async (session, key) => {
          await raw.C_SignInit(session, CKM.SHA256_RSA_PKCS, key);
          return raw.C_Sign(session, data);
        },
      });
    } finally {
      await raw.close();
    }
  },

  './t1c': async (load) => {
    const { GCLClient, GCLConfig } = await load('./t1c');
    const client = new GCLClient(new GCLConfig(undefined, undefined, { linux: path, mac: path, win: path }));
    try {
      const pkcs11 = client.pkcs11();
      const slots = (await pkcs11.slotsWithTokenPresent()).data;
      for (const { slot_id } of slots) {
        const token = (await pkcs11.token(slot_id)).data;
        if (!token.label.startsWith(LABEL)) continue;
        const { data: signature } = await pkcs11.signData({
          slot_id,
          cert_id: '01',
          pin: PIN,
          algorithm_reference: 'sha256',
          data: createHash('sha256').update(data).digest('base64'),
        });
        judge(Buffer.from(signature, 'base64'));
        return;
      }
      throw new Error('the token is in no slot');
    } finally {
      await client.close();
    }
  },

  './scws': async (load) => {
    const { SCWS } = await load('./scws');
    await SCWS.createEnvironment({ module: path });
    try {
      for (const reader of SCWS.readers) {
        const token = await reader.connect();
        if (token.label !== LABEL) continue;
        await token.pins[0].login(PIN);
        const key = (await token.getObjects()).find(({ type }) => type === 'privateKey');
        judge(Buffer.from(await key.hashAndSign(data, 'sha256')));
        return;
      }
      throw new Error('the token is in no reader');
    } finally {
      await SCWS.closeEnvironment();
    }
  },

  './personal': async (load) => {
    const { createPersonal } = await load('./personal');
    await withToken(load, async (token) => {
      const chooseIdentity = ({ identities }) => ({ identity: identities[0], pin: PIN });
      const personal = createPersonal({ tokens: [token], url: 'https://www.example.com/', ip: '', chooseIdentity });
      const signer = personal.authentication();
      signer.SetParam('Challenge', data.toString('base64'));
      assert.equal(await signer.PerformAction('Authenticate'), 0, String(signer.cause));
      // An enveloped XML signature: its own tests look into it.
      assert.match(Buffer.from(signer.GetParam('Signature'), 'base64').toString(), /<SignatureValue>[^<]{300,}/);
    });
  },

  './webcrypto': async (load) => {
    const { Crypto } = await load('./webcrypto');
    await withToken(load, async (token) => {
      await token.login(PIN);
      const crypto = new Crypto(token);
      const key = await crypto.keyOf(await token.privateKey({ label: 'signer' }), { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' });
      judge(Buffer.from(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, data)));
    });
  },

  './pkcs11js': async (load) => {
    const { PKCS11, ...C } = await load('./pkcs11js');
    const pkcs11 = new PKCS11();
    pkcs11.load(path);
    try {
      pkcs11.C_Initialize();
      await byFunctions({
        slots: () => pkcs11.C_GetSlotList(true),
        label: (slot) => pkcs11.C_GetTokenInfo(slot).label,
        open: (slot) => pkcs11.C_OpenSession(slot, C.CKF_SERIAL_SESSION),
        login: (session) => pkcs11.C_Login(session, C.CKU_USER, PIN),
        find: (session) => {
          pkcs11.C_FindObjectsInit(session, [{ type: C.CKA_CLASS, value: C.CKO_PRIVATE_KEY }]);
          const found = pkcs11.C_FindObjects(session, 1);
          pkcs11.C_FindObjectsFinal(session);
          return found;
        },
        sign: (session, key) => {
          pkcs11.C_SignInit(session, { mechanism: C.CKM_SHA256_RSA_PKCS }, key);
          return pkcs11.C_Sign(session, data, Buffer.alloc(256));
        },
      });
      pkcs11.C_Finalize();
    } finally {
      pkcs11.close();
    }
  },
};
