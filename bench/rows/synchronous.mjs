// The boundary itself: Init and Sign in one crossing on the calling thread. First with a request that is ready, then with one that is written anew each time
// and a reply that is read, which is what lib/wire adds.
import { createRequire } from 'node:module';

import { time } from '../format.mjs';
import { instantModule } from '../instant.mjs';
import { paired, yardstick } from '../measure.mjs';
import { DATA } from '../tokens.mjs';

const require = createRequire(import.meta.url);
const { loadBinding } = require('../../dist/wire/binding.js');
const { RequestWriter } = require('../../dist/wire/writer.js');
const { ReplyReader } = require('../../dist/wire/reader.js');
const { CALL } = require('../../dist/generated/calls.js');
const { CKF, CKM } = require('../../dist/generated/constants.js');

const AT_ONCE = 1000;

function repeated(call) {
  return async (over) => {
    let calls = 0;
    do {
      for (let count = 0; count < AT_ONCE; count++) call();
      calls += AT_ONCE;
    } while (!over());
    return calls;
  };
}

export async function measure() {
  const told = instantModule();
  const binding = loadBinding();
  binding.start(
    () => {},
    () => {},
  );
  const ref = binding.module(told.path, { threads: 1 });
  const call = (request) => {
    const { frame, length, payload } = request.finish();
    const reply = new ReplyReader(binding.callSync(ref, frame, length, payload));
    if (reply.rv !== 0) throw new Error(`${reply.functionName} answered ${reply.rv}`);
    return reply;
  };
  const writer = new RequestWriter();
  call(writer.begin(CALL.Load));
  call(writer.begin(CALL.C_Initialize).u8(1).u64(CKF.OS_LOCKING_OK).bytes(null).u8(0));
  const session = call(
    writer
      .begin(CALL.C_OpenSession)
      .u64(1)
      .u64(CKF.SERIAL_SESSION | CKF.RW_SESSION),
  ).u64();
  const signOnce = (request) =>
    request.begin(CALL.SignOnce).u64(session).mechanism(CKM.ECDSA).u64(1).contextPin(undefined).rawBytes(DATA).capacity(64);
  const { frame, length } = signOnce(new RequestWriter()).finish();
  const rows = [];
  for (const [what, work] of [
    ['Init + Sign, synchronous, at the boundary', () => binding.callSync(ref, frame, length)],
    ['the same with writing the request and reading the reply', () => call(signOnce(writer)).bytes()],
  ]) {
    const { wall } = await paired({ ours: repeated(work), c: () => yardstick(told, 'sign', { seconds: 0.1 }) });
    rows.push({ what, ours: time(wall.ours), c: time(wall.c), result: `+${time(wall.over)}`, spread: wall.spread, noise: wall.noise });
  }
  call(writer.begin(CALL.C_Finalize));
  told.remove();
  return rows;
}
