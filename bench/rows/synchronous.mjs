// The boundary itself: Init and Sign in one crossing on the calling thread. First with a request that is ready, then as lib/wire makes it: a request written
// anew each time, and a reply that is read.
import { createRequire } from 'node:module';

import { atMost } from '../bars.mjs';
import { time } from '../format.mjs';
import { instantModule } from '../instant.mjs';
import { paired, yardstick } from '../measure.mjs';
import { DATA } from '../tokens.mjs';

const require = createRequire(import.meta.url);
const { loadBinding, replyPlace } = require('../../dist/wire/binding.js');
const { Client } = require('../../dist/wire/client.js');
const { ReplyReader } = require('../../dist/wire/reader.js');
const { RequestWriter } = require('../../dist/wire/writer.js');
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

const MOST = 0.35;
const bytes = (reply) => reply.bytes();
const u64 = (reply) => reply.u64();
const nothing = () => {};

const load = (request) => request.begin(CALL.Load);
const initialize = (request) => request.begin(CALL.C_Initialize).u8(1).u64(CKF.OS_LOCKING_OK).bytes(null).u8(0);
const open = (request) =>
  request
    .begin(CALL.C_OpenSession)
    .u64(1)
    .u64(CKF.SERIAL_SESSION | CKF.RW_SESSION);
const sign = (request, session) =>
  request.begin(CALL.SignOnce).u64(session).mechanism(CKM.ECDSA).u64(1).contextPin(undefined).rawBytes(DATA).capacity(64);

export async function measure() {
  const told = instantModule();
  const client = new Client(told.path, { threads: 1 });
  const binding = loadBinding();
  const ref = binding.module(told.path, { threads: 1 });
  const call = ({ frame, length }) => {
    const reply = new ReplyReader(frame, undefined, replyPlace(length), binding.callSync(ref, frame, length));
    if (reply.rv !== 0) throw new Error(`${reply.functionName} answered ${reply.rv}`);
    return reply;
  };
  const writer = new RequestWriter();
  call(load(writer).finish());
  call(initialize(writer).finish());
  const ready = sign(new RequestWriter(), call(open(writer).finish()).u64()).finish();
  if (call(ready).bytes().length !== 64) throw new Error('No signature');

  await client.load();
  client.callSync(initialize(client.request(0)), nothing);
  const session = client.callSync(open(client.request(0)), u64);
  const { frame, length } = ready;
  const rows = [];
  for (const [what, work, bar] of [
    ['Init + Sign, synchronous, at the boundary', () => binding.callSync(ref, frame, length), MOST],
    ['the same with writing the request and reading the reply', () => client.callSync(sign(client.request(0), session), bytes)],
  ]) {
    const { wall } = await paired({ ours: repeated(work), c: () => yardstick(told, 'sign', { seconds: 0.1 }) });
    rows.push({
      what,
      ours: time(wall.ours),
      c: time(wall.c),
      result: `+${time(wall.over)}`,
      spread: wall.spread,
      noise: wall.noise,
      ...(bar === undefined ? {} : atMost(bar, wall.ours, time)),
    });
  }
  call(writer.begin(CALL.C_Finalize).finish());
  await client.call(client.request(CALL.C_Finalize));
  told.remove();
  return rows;
}
