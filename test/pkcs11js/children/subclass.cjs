// Classes that extend PKCS11, and functions that are replaced for all of its objects: tells what comes of it.
'use strict';

const { describe, shown } = require('./cases.cjs');
const { pkcs11js, tell } = require('./token.cjs');

const calls = [];

class Logged extends pkcs11js.PKCS11 {
  C_Initialize(...given) {
    calls.push('C_Initialize');
    return super.C_Initialize(...given);
  }

  C_DigestInit(...given) {
    calls.push('C_DigestInit');
    return super.C_DigestInit(...given);
  }

  C_Digest(session, data, output) {
    calls.push('C_Digest');
    return super.C_Digest(session, data, output);
  }

  C_CloseSession(...given) {
    try {
      return super.C_CloseSession(...given);
    } catch (error) {
      calls.push(error.message);
      throw error;
    }
  }

  C_CreateObject(...given) {
    calls.push('C_CreateObject');
    return super.C_CreateObject(...given);
  }

  load(path) {
    calls.push('load');
    return super.load(path);
  }

  // Not replaced here, and called by way of what stands below.
  get info() {
    return super.C_GetInfo().manufacturerID;
  }

  digestBelow(session, data, output) {
    return new Promise((resolve, reject) =>
      super.C_DigestCallback(session, data, output, (error, result) => (error ? reject(error) : resolve(result))),
    );
  }
}

const failure = (call) => {
  try {
    return shown(call());
  } catch (error) {
    return describe(error).message;
  }
};

void (async () => {
  const library = new Logged(process.env.PKCS11_LIBRARY);
  library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
  const slot = library.C_GetSlotList(true).at(-1);
  library.C_InitToken(slot, '12345678', 'extended'.padEnd(32));
  const session = library.C_OpenSession(library.C_GetSlotList(true)[0], pkcs11js.CKF_SERIAL_SESSION);
  library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
  const output = Buffer.alloc(64);
  const length = library.C_Digest(session, Buffer.from('abc'), output);
  library.C_DigestInit(session, { mechanism: pkcs11js.CKM_SHA256 });
  const later = await library.digestBelow(session, Buffer.from('abc'), output);
  const created = failure(() => library.C_CreateObject(session, []));
  library.C_CloseSession(session);
  const closed = failure(() => library.C_CloseSession(session));
  const inherited = [];
  for (let at = pkcs11js.PKCS11.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) inherited.push(...Object.keys(at));
  const info = library.info.trim();
  const digested = output.subarray(0, length).toString('hex');
  library.C_Finalize();
  library.close();
  // As spies of test frameworks do.
  const { C_GetSlotList } = pkcs11js.PKCS11.prototype;
  pkcs11js.PKCS11.prototype.C_GetSlotList = function (...given) {
    calls.push('spied');
    return C_GetSlotList.apply(this, given);
  };
  const spied = new pkcs11js.PKCS11(process.env.PKCS11_LIBRARY);
  spied.C_Initialize();
  const slots = Array.isArray(spied.C_GetSlotList(true));
  const foreign = C_GetSlotList !== undefined && typeof C_GetSlotList;
  delete pkcs11js.PKCS11.prototype.C_GetSlotList;
  const usually = Array.isArray(new pkcs11js.PKCS11(process.env.PKCS11_LIBRARY).C_GetSlotList(true));
  tell({ calls, length, later, created, closed, info, digested, slots, foreign, usually, inherited });
  process.reallyExit(0);
})();
