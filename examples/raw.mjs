// The functions of the standard, one to one.
import { Raw, CKF, CKM } from 'cryptoki/raw';

const raw = await Raw.load(process.env.PKCS11_MODULE);
try {
  await raw.C_Initialize();
  const [slot] = await raw.C_GetSlotList(true);
  const session = await raw.C_OpenSession(slot, CKF.SERIAL_SESSION);
  await raw.C_DigestInit(session, CKM.SHA256);
  const digest = await raw.C_Digest(session, Buffer.from('abc'));
  console.log(Buffer.from(digest).toString('hex'));
  await raw.C_CloseSession(session);
} finally {
  await raw.close();
}
