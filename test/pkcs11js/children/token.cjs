// A fresh SoftHSM token through whichever package PACKAGE names, in a store of this process. Both packages run the same lines.
'use strict';

const pkcs11js = require(process.env.PACKAGE);

/** The library, loaded and initialised with `options`. */
function initialized(options = { flags: pkcs11js.CKF_OS_LOCKING_OK }) {
  const library = new pkcs11js.PKCS11();
  library.load(process.env.PKCS11_LIBRARY);
  library.C_Initialize(options);
  return library;
}

/** A session with a user who is logged in. */
function opened(options) {
  const library = initialized(options);
  const free = library.C_GetSlotList(true).at(-1);
  library.C_InitToken(free, '12345678', 'compared'.padEnd(32));
  const slot = library.C_GetSlotList(true)[0];
  const flags = pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION;
  const session = library.C_OpenSession(slot, flags);
  library.C_Login(session, pkcs11js.CKU_SO, '12345678');
  library.C_InitPIN(session, '1234');
  library.C_Logout(session);
  library.C_Login(session, pkcs11js.CKU_USER, '1234');
  return { library, slot, session, flags };
}

const {
  CKA_TOKEN,
  CKA_VERIFY,
  CKA_SIGN,
  CKA_EC_PARAMS,
  CKA_MODULUS_BITS,
  CKA_VALUE_LEN,
  CKA_ENCRYPT,
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_SENSITIVE,
  CKA_EXTRACTABLE,
} = pkcs11js;
const attribute = (type, value) => ({ type, value });

const aes = (library, session) =>
  library.C_GenerateKey(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [
    attribute(CKA_TOKEN, false),
    attribute(CKA_VALUE_LEN, 32),
    attribute(CKA_ENCRYPT, true),
    attribute(CKA_DECRYPT, true),
    attribute(CKA_SENSITIVE, false),
    attribute(CKA_EXTRACTABLE, true),
  ]);

const P256 = Buffer.from('06082a8648ce3d030107', 'hex');
const ec = (library, session) =>
  library.C_GenerateKeyPair(
    session,
    { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN },
    [attribute(CKA_TOKEN, false), attribute(CKA_VERIFY, true), attribute(CKA_EC_PARAMS, P256)],
    [attribute(CKA_TOKEN, false), attribute(CKA_SIGN, true), attribute(CKA_DERIVE, true)],
  );

const rsa = (library, session) =>
  library.C_GenerateKeyPair(
    session,
    { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN },
    [attribute(CKA_TOKEN, false), attribute(CKA_MODULUS_BITS, 1024), attribute(CKA_VERIFY, true), attribute(CKA_ENCRYPT, true)],
    [attribute(CKA_TOKEN, false), attribute(CKA_SIGN, true), attribute(CKA_DECRYPT, true)],
  );

/** Writes a line that the parent reads, at once: the next call may end the process. */
function tell(value) {
  require('node:fs').writeSync(1, `${JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}n` : item))}\n`);
}

module.exports = { pkcs11js, initialized, opened, attribute, aes, ec, rsa, tell };
