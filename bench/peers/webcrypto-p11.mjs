// node-webcrypto-p11: a Crypto object has one session, so each caller has a Crypto object.
import { inFlight } from '../slice.mjs';
import { answer, DATA, told } from './answer.mjs';
import { load } from './pkcs11js-addon.mjs';

const { Crypto } = load('node-webcrypto-p11');
const graphene = load('graphene-pk11');
const module = graphene.Module.load(told.path);
// Without it SoftHSM takes no locks, and two calls at once end the process.
module.initialize({ flags: load('pkcs11js').CKF_OS_LOCKING_OK });
const slot = module.getSlots(true).items(0);
const flags = graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION;
const sessions = Array.from({ length: told.sessions }, () => slot.open(flags));
sessions[0].login(told.pin);
const callers = [];
for (const session of sessions) {
  const crypto = new Crypto({ session, name: 'bench' });
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  callers.push(() => crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, keys.privateKey, DATA));
}
await answer(inFlight(callers.length, (number) => callers[number]()));
