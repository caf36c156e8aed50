// A program of somebody who uses pkcs11js itself.
const pkcs11js = require('pkcs11js');

const pkcs11 = new pkcs11js.PKCS11();
pkcs11.load(process.env.PKCS11_MODULE);
pkcs11.C_Initialize();
const [free] = pkcs11.C_GetSlotList(true);
pkcs11.C_InitToken(free, '12345678', 'packed');
const [slot] = pkcs11.C_GetSlotList(true);
const session = pkcs11.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
const key = pkcs11.C_GenerateKey(session, { mechanism: pkcs11js.CKM_GENERIC_SECRET_KEY_GEN }, [
  { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
  { type: pkcs11js.CKA_SIGN, value: true },
  { type: pkcs11js.CKA_VERIFY, value: true },
  { type: pkcs11js.CKA_PRIVATE, value: false },
]);
const data = Buffer.from('signed');
pkcs11.C_SignInit(session, { mechanism: pkcs11js.CKM_SHA256_HMAC }, key);
const code = pkcs11.C_Sign(session, data, Buffer.alloc(64));
pkcs11.C_VerifyInit(session, { mechanism: pkcs11js.CKM_SHA256_HMAC }, key);
const verified = pkcs11.C_Verify(session, data, code);
const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
pkcs11.C_CloseSession(session);
pkcs11.C_Finalize();
pkcs11.close();
console.log(JSON.stringify({ pkcs11js: require.resolve('pkcs11js'), addons, verified }));
