// koffi: the functions of the library called as they are, synchronously or on koffi's threads. What a user would have to write on top is not there.
import koffi from 'koffi';

import { inFlight, synchronous } from '../slice.mjs';
import { answer, DATA, P256, told } from './answer.mjs';

const [CKF_SESSION, CKU_USER, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA] = [0x6, 1, 0x1040, 0x1041];
const [CKA_TOKEN, CKA_SIGN, CKA_VERIFY, CKA_EC_PARAMS] = [0x1, 0x108, 0x10a, 0x180];

koffi.config({ ...koffi.config(), max_async_calls: 512, resident_async_pools: 32 });
koffi.struct('CK_MECHANISM', { mechanism: 'ulong', pParameter: 'void *', ulParameterLen: 'ulong' });
koffi.struct('CK_ATTRIBUTE', { type: 'ulong', pValue: 'void *', ulValueLen: 'ulong' });
const library = koffi.load(told.path);
const C = Object.fromEntries(
  [
    'ulong C_Initialize(void *arguments)',
    'ulong C_GetSlotList(uint8_t present, _Out_ ulong *slots, _Inout_ ulong *count)',
    'ulong C_OpenSession(ulong slot, ulong flags, void *application, void *notify, _Out_ ulong *session)',
    'ulong C_Login(ulong session, ulong user, const char *pin, ulong length)',
    'ulong C_GenerateKeyPair(ulong session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *open, ulong openCount, CK_ATTRIBUTE *secret, ulong secretCount, _Out_ ulong *publicKey, _Out_ ulong *privateKey)',
    'ulong C_SignInit(ulong session, void *mechanism, ulong key)',
    'ulong C_Sign(ulong session, void *data, ulong size, void *signature, void *length)',
  ].map((prototype) => [/C_\w+/.exec(prototype)[0], library.func(prototype)]),
);

function check(rv, what) {
  if (rv !== 0) throw new Error(`${what}: 0x${rv.toString(16)}`);
}

// CKF_OS_LOCKING_OK, behind four pointers.
const initialize = Buffer.alloc(48);
initialize.writeBigUInt64LE(2n, 32);
check(C.C_Initialize(initialize), 'C_Initialize');
const slots = Array.from({ length: 8 }, () => 0);
check(C.C_GetSlotList(1, slots, [8]), 'C_GetSlotList');
const sessions = Array.from({ length: told.sessions }, () => {
  const opened = [0];
  check(C.C_OpenSession(slots[0], CKF_SESSION, null, null, opened), 'C_OpenSession');
  return opened[0];
});
check(C.C_Login(sessions[0], CKU_USER, told.pin, told.pin.length), 'C_Login');
const attribute = (type, value) => ({ type, pValue: value, ulValueLen: value.length });
const [yes, no] = [Buffer.of(1), Buffer.of(0)];
const [publicKey, privateKey] = [[0], [0]];
check(
  C.C_GenerateKeyPair(
    sessions[0],
    { mechanism: CKM_EC_KEY_PAIR_GEN, pParameter: null, ulParameterLen: 0 },
    [attribute(CKA_TOKEN, no), attribute(CKA_VERIFY, yes), attribute(CKA_EC_PARAMS, P256)],
    3,
    [attribute(CKA_TOKEN, no), attribute(CKA_SIGN, yes)],
    2,
    publicKey,
    privateKey,
  ),
  'C_GenerateKeyPair',
);
const mechanism = Buffer.alloc(24);
mechanism.writeBigUInt64LE(BigInt(CKM_ECDSA));

const callers = sessions.map((session) => ({ session, room: Buffer.alloc(64), length: new BigUint64Array(1) }));

if (told.how === 'synchronous') {
  const { session, room, length } = callers[0];
  await answer(
    synchronous(() => {
      check(C.C_SignInit(session, mechanism, privateKey[0]), 'C_SignInit');
      length[0] = 64n;
      check(C.C_Sign(session, DATA, 32, room, length), 'C_Sign');
    }),
  );
} else {
  await answer(
    inFlight(callers.length, (number) => {
      const { session, room, length } = callers[number];
      check(C.C_SignInit(session, mechanism, privateKey[0]), 'C_SignInit');
      length[0] = 64n;
      return new Promise((resolve, reject) => {
        C.C_Sign.async(session, DATA, 32, room, length, (error, rv) => (error || rv !== 0 ? reject(error ?? new Error(`C_Sign: ${rv}`)) : resolve()));
      });
    }),
  );
}
