import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { CKF, CKM } from '../../lib/constants';
import { CALL } from '../../lib/generated/calls';
import { Client } from '../../lib/wire/client';
import { loadBinding, replyPlace } from '../../lib/wire/binding';
import { ReplyReader } from '../../lib/wire/reader';
import { RequestWriter } from '../../lib/wire/writer';
import { FaultModule } from '../support/fault-module';

describe('synchronous calls', () => {
  const bytes = (reply: ReplyReader): Uint8Array => reply.bytes();
  const nothing = (): void => undefined;
  const open = async (fault: FaultModule): Promise<{ client: Client; sessions: bigint[] }> => {
    const client = new Client(fault.path);
    await client.load();
    await client.call(client.request(CALL.C_Initialize).u8(1).u64(CKF.OS_LOCKING_OK).text(null).bool(false));
    const session = (): bigint => client.callSync(client.request(CALL.C_OpenSession).u64(1).u64(6), (reply) => reply.u64());
    return { client, sessions: [session(), session()] };
  };
  const close = async (client: Client, fault: FaultModule): Promise<void> => {
    await client.call(client.request(CALL.C_Finalize));
    fault.close();
  };

  it('run at once', async () => {
    const fault = new FaultModule();
    const { client, sessions } = await open(fault);
    const data = Buffer.alloc(100_000, 'x');
    const request = client.request(CALL.DigestOnce).u64(sessions[0]!).mechanism(CKM.SHA256).bytes(data).capacity(32);
    assert.deepEqual(Buffer.from(client.callSync(request, bytes)), createHash('sha256').update(data).digest());
    assert.throws(() => client.callSync(client.request(CALL.C_Sign).u64(sessions[0]!).bytes(data).capacity(32), bytes), {
      code: 'CKR_OPERATION_NOT_INITIALIZED',
      call: 'C_Sign',
    });
    await close(client, fault);
  });

  it('refuse a session that is busy, and no other', async () => {
    const fault = new FaultModule();
    const { client, sessions } = await open(fault);
    const random = (session: bigint): ReturnType<Client['request']> => client.request(CALL.C_GenerateRandom).u64(session).u32(8);
    fault.hang('C_GenerateRandom');
    const running = client.call(random(sessions[0]!));
    await fault.inside('C_GenerateRandom');
    assert.throws(() => client.callSync(client.request(CALL.C_GetSessionInfo).u64(sessions[0]!), nothing), { code: 'ERR_CRYPTOKI_BUSY' });
    client.callSync(client.request(CALL.C_GetSessionInfo).u64(sessions[1]!), nothing);
    fault.release('C_GenerateRandom');
    assert.equal((await running).bytes().length, 8);
    assert.equal(client.callSync(random(sessions[0]!), bytes).length, 8);
    await close(client, fault);
  });

  it('answer behind the request where there is room, and leave the request as it is', async () => {
    const fault = new FaultModule();
    const { client, sessions } = await open(fault);
    for (const size of [1, 8, 300, 1000, 100_000]) {
      const random = client.callSync(client.request(CALL.C_GenerateRandom).u64(sessions[0]!).u32(size), bytes);
      assert.equal(random.length, size);
      assert.equal(random.buffer.byteLength < 2 * size + 100, true);
    }
    await close(client, fault);

    const binding = loadBinding();
    const ref = binding.module('/no/such/library', { threads: 1 });
    const { frame, length } = new RequestWriter().begin(CALL.Load).finish();
    const request = frame.slice(0, length);
    for (let count = 0; count < 2; count++) {
      const answer = binding.callSync(ref, frame, length);
      assert.equal(typeof answer, 'number');
      assert.equal(new ReplyReader(frame, undefined, replyPlace(length), answer as number).fromEngine, true);
      assert.deepEqual(frame.slice(0, length), request);
    }
    const exact = frame.slice(0, length);
    const whole = binding.callSync(ref, exact, length);
    assert.ok(whole instanceof Uint8Array);
    assert.equal(new ReplyReader(whole).fromEngine, true);
    assert.deepEqual(exact, request);
  });
});
