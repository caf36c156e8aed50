// Synchronous calls of pkcs11js, or of our drop-in for it: `told.package` is the path of one or the other, `told.init` whether each signature has a C_SignInit.
import { createRequire } from 'node:module';

import { synchronous } from '../slice.mjs';
import { answer, DATA, told } from './answer.mjs';

const pkcs11js = createRequire(import.meta.url)(told.package);
const library = new pkcs11js.PKCS11();
library.load(told.path);
library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
const session = library.C_OpenSession(library.C_GetSlotList(true)[0], pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
const mechanism = { mechanism: pkcs11js.CKM_ECDSA };
// Any key: the module does not look for it.
const key = Buffer.alloc(8, 1);
// As large as that of callers who do not know how long a signature is.
const room = Buffer.alloc(1024);
library.C_SignInit(session, mechanism, key);

await answer(
  synchronous(() => {
    if (told.init) library.C_SignInit(session, mechanism, key);
    library.C_Sign(session, DATA, room);
  }),
);
