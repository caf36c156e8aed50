// A token with a P-256 key through pkcs11js.
import { load } from './pkcs11js-addon.mjs';
import { P256 } from './answer.mjs';

/** The first token that opens a session: with as many sessions as are asked for, logged in. */
export function openPkcs11js({ path, pin, sessions: count }) {
  const pkcs11js = load('pkcs11js');
  const library = new pkcs11js.PKCS11();
  library.load(path);
  try {
    library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
  } catch (error) {
    if (error.code !== pkcs11js.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
  }
  const slot = library.C_GetSlotList(true)[0];
  const flags = pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION;
  const sessions = Array.from({ length: count }, () => library.C_OpenSession(slot, flags));
  try {
    library.C_Login(sessions[0], pkcs11js.CKU_USER, pin);
  } catch (error) {
    if (error.code !== pkcs11js.CKR_USER_ALREADY_LOGGED_IN) throw error;
  }
  const { privateKey: key } = library.C_GenerateKeyPair(
    sessions[0],
    { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN },
    [
      { type: pkcs11js.CKA_TOKEN, value: false },
      { type: pkcs11js.CKA_VERIFY, value: true },
      { type: pkcs11js.CKA_EC_PARAMS, value: P256 },
    ],
    [
      { type: pkcs11js.CKA_TOKEN, value: false },
      { type: pkcs11js.CKA_SIGN, value: true },
    ],
  );
  return { library, mechanism: { mechanism: pkcs11js.CKM_ECDSA }, sessions, key };
}
