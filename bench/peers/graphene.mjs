// graphene-pk11: asynchronous, a session for each caller.
import { inFlight } from '../slice.mjs';
import { answer, DATA, P256, told } from './answer.mjs';
import { load } from './pkcs11js-addon.mjs';

const graphene = load('graphene-pk11');
const module = graphene.Module.load(told.path);
// Without it SoftHSM takes no locks, and two calls at once end the process.
module.initialize({ flags: load('pkcs11js').CKF_OS_LOCKING_OK });
const slot = module.getSlots(true).items(0);
const flags = graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION;
const sessions = Array.from({ length: told.sessions }, () => slot.open(flags));
sessions[0].login(told.pin);
const keys = sessions[0].generateKeyPair(
  graphene.KeyGenMechanism.EC,
  { token: false, verify: true, paramsECDSA: P256 },
  { token: false, sign: true },
);
await answer(
  inFlight(
    sessions.length,
    (number) =>
      new Promise((resolve, reject) => {
        sessions[number].createSign('ECDSA', keys.privateKey).once(DATA, (error, signature) => (error ? reject(error) : resolve(signature)));
      }),
  ),
);
