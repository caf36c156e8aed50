import assert from 'node:assert/strict';

import { CKR } from '../../lib/constants';
import { CryptokiError, Pkcs11Error } from '../../lib/errors';
import { CALL, ENGINE } from '../../lib/generated/calls';
import { Client } from '../../lib/wire/client';
import type { ReplyReader } from '../../lib/wire/reader';
import { FakeBinding, ReplyBuilder, loadedReply, slab } from '../support/fake-binding';

const setup = (): { binding: FakeBinding; client: Client } => {
  const binding = new FakeBinding();
  return { binding, client: new Client('/lib/x.so', { binding }) };
};
const sign = (client: Client, data = Buffer.from('data')): ReturnType<Client['request']> =>
  client.request(CALL.C_Sign).u64(1).bytes(data).capacity(64);
const signature = (text: string): Uint8Array => new ReplyBuilder(0, CALL.C_Sign).bytes(Buffer.from(text)).build();
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Client', () => {
  it('checks the path before anything else', () => {
    const binding = new FakeBinding();
    for (const path of [undefined, null, 5, {}, Buffer.from('x')]) {
      assert.throws(() => new Client(path as never, { binding }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const path of ['', 'a\0b']) assert.throws(() => new Client(path, { binding }), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
    for (const threads of [0, -1, 513, 1.5, NaN]) assert.throws(() => new Client('x', { threads, binding }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => new Client('x', { threads: '4' as never, binding }), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.equal(binding.starts, 0);
  });

  it('starts the addon once for all libraries of the environment', () => {
    const binding = new FakeBinding();
    new Client('a', { binding });
    new Client('b', { binding });
    assert.equal(binding.starts, 1);
  });

  it('loads', async () => {
    const { binding, client } = setup();
    assert.throws(() => client.library, { code: 'ERR_CRYPTOKI_NOT_LOADED' });
    binding.answer = () => loadedReply([CALL.C_Initialize, CALL.C_Sign, CALL.C_UnwrapKeyAuthenticated]);
    const library = await client.load();
    assert.deepEqual(library.version, { major: 3, minor: 1 });
    assert.deepEqual([library.ulongSize, library.interfaceFlags, library.realPath], [8, 1, '/lib/real.so']);
    assert.deepEqual([...library.functions], ['C_Initialize', 'C_Sign', 'C_UnwrapKeyAuthenticated']);
    assert.ok(client.supports('C_Sign'));
    assert.ok(!client.supports('C_LoginUser'));
  });

  it('says why it cannot load', async () => {
    const { binding, client } = setup();
    binding.answer = () => ReplyBuilder.engine(ENGINE.LOAD_FAILED, '/lib/x.so: cannot open shared object file');
    await assert.rejects(client.load(), { code: 'ERR_CRYPTOKI_LOAD_FAILED', reason: 'missing', message: /no such file/ });
    binding.answer = () => ReplyBuilder.engine(ENGINE.NO_ENTRY_POINT);
    await assert.rejects(client.load(), { code: 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY', message: /C_GetFunctionList/ });
    binding.answer = () => ReplyBuilder.engine(ENGINE.LIST_INVALID);
    await assert.rejects(client.load(), { code: 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY' });
    binding.answer = () => ReplyBuilder.engine(ENGINE.MEMORY);
    await assert.rejects(client.load(), { code: 'ERR_CRYPTOKI_MEMORY' });
    binding.answer = () => new ReplyBuilder(CKR.GENERAL_ERROR, CALL.C_GetInterface).build();
    await assert.rejects(client.load(), { code: 'CKR_GENERAL_ERROR', call: 'C_GetInterface' });
  });

  it('matches replies to calls in whatever order they come', async () => {
    const { binding, client } = setup();
    const calls = [client.call(sign(client)), client.call(sign(client)), client.call(sign(client))];
    const [a, b, c] = binding.submitted;
    binding.deliverSlab(slab([c!.ticket, signature('c')], [999_999, signature('nobody')], [a!.ticket, signature('a')]));
    binding.deliver(b!.ticket, signature('b'));
    const replies = await Promise.all(calls);
    assert.deepEqual(
      replies.map((reply) => reply.text()),
      ['a', 'b', 'c'],
    );
  });

  it('holds the calls of one turn back but for the first, and wakes somebody for them when the turn is over', async () => {
    const { binding, client } = setup();
    binding.answer = () => signature('s');
    const calls = [client.call(sign(client)), client.call(sign(client)), client.call(sign(client))];
    assert.deepEqual(
      binding.held,
      binding.submitted.slice(1).map(({ ticket }) => ticket),
    );
    assert.equal(binding.wakes, 0);
    await Promise.all(calls);
    assert.equal(binding.wakes, 1);
    await client.call(sign(client));
    assert.equal(binding.held.length, 2);
    assert.equal(binding.wakes, 1);
  });

  it('holds no more back than a thread has to do for a while', () => {
    const { binding, client } = setup();
    for (let index = 0; index < 100; index++) void client.call(sign(client));
    assert.equal(binding.held.length, 96);
  });

  it('leaves no trace in the slab nor in the request', async () => {
    const { binding, client } = setup();
    let frame: Uint8Array | undefined;
    const submit = binding.submit.bind(binding);
    binding.submit = (ref, ticket, bytes, length, payload) => {
      frame = bytes;
      submit(ref, ticket, bytes, length, payload);
    };
    binding.answer = () => signature('secret');
    const reply = await client.call(client.request(CALL.C_Login).u64(1).u64(1).pin('4711'));
    assert.equal(reply.text(), 'secret');
    assert.ok(binding.slabs[0]!.every((byte) => byte === 0));
    assert.ok(frame!.every((byte) => byte === 0));
  });

  it('uses the memory of a request again, but not while another is being filled', () => {
    const { binding, client } = setup();
    const first = client.request(CALL.C_Sign);
    const second = client.request(CALL.C_Verify);
    assert.notEqual(first, second);
    void client.call(first.u64(1));
    const third = client.request(CALL.C_Login);
    assert.equal(third, first);
    assert.equal(binding.submitted[0]!.call, CALL.C_Sign);
  });

  it('survives a getter that makes calls itself', async () => {
    const { binding, client } = setup();
    binding.answer = () => new ReplyBuilder().u64(5).build();
    const template = {
      label: 'outer',
      get id(): Uint8Array {
        void client.call(client.request(CALL.C_CreateObject).u64(2).template({ label: 'inner' }));
        return Uint8Array.of(1);
      },
    };
    await client.call(client.request(CALL.C_CreateObject).u64(1).template(template));
    const [inner, outer] = binding.submitted;
    assert.ok(Buffer.from(inner!.frame).includes('inner') && !Buffer.from(inner!.frame).includes('outer'));
    assert.ok(Buffer.from(outer!.frame).includes('outer') && !Buffer.from(outer!.frame).includes('inner'));
  });

  it('rejects with the code and the function that failed, and a stack that leads to the caller', async () => {
    const { binding, client } = setup();
    binding.answer = () => new ReplyBuilder(CKR.PIN_INCORRECT, CALL.C_Login).build();
    async function logMeIn(): Promise<void> {
      await client.call(client.request(CALL.C_Login).u64(1).u64(1).pin('x'));
    }
    await assert.rejects(logMeIn(), (error: Pkcs11Error) => {
      assert.ok(error instanceof Pkcs11Error);
      assert.deepEqual([error.code, error.call, error.rv], ['CKR_PIN_INCORRECT', 'C_Login', 0xa0]);
      assert.match(error.stack!, /at async logMeIn/);
      return true;
    });
  });

  it('names the function inside a recipe', async () => {
    const { binding, client } = setup();
    binding.answer = () => new ReplyBuilder(CKR.KEY_TYPE_INCONSISTENT, CALL.C_SignInit).build();
    await assert.rejects(client.call(client.request(CALL.SignOnce)), { code: 'CKR_KEY_TYPE_INCONSISTENT', call: 'C_SignInit' });
    binding.answer = () => ReplyBuilder.engine(ENGINE.FUNCTION_MISSING, 'C_Sign');
    await assert.rejects(client.call(client.request(CALL.SignOnce)), { code: 'CKR_FUNCTION_NOT_SUPPORTED', call: 'C_Sign' });
  });

  it('takes the values that come with ATTRIBUTE_SENSITIVE, and what the caller accepts', async () => {
    const { binding, client } = setup();
    binding.answer = () => new ReplyBuilder(CKR.ATTRIBUTE_SENSITIVE, CALL.C_GetAttributeValue).u32(0).build();
    assert.equal((await client.call(client.request(CALL.C_GetAttributeValue))).rv, CKR.ATTRIBUTE_SENSITIVE);
    binding.answer = () => new ReplyBuilder(CKR.SIGNATURE_INVALID, CALL.C_Verify).build();
    const reply = await client.call(client.request(CALL.VerifyOnce), { accept: [CKR.SIGNATURE_INVALID] });
    assert.equal(reply.rv, CKR.SIGNATURE_INVALID);
    await assert.rejects(client.call(client.request(CALL.VerifyOnce)), { code: 'CKR_SIGNATURE_INVALID' });
    binding.answer = () => ReplyBuilder.engine(ENGINE.CLOSED);
    await assert.rejects(client.call(client.request(CALL.VerifyOnce), { accept: [ENGINE.CLOSED] }), { code: 'ERR_CRYPTOKI_CLOSED' });
  });

  it('rejects on a reply it cannot read', async () => {
    const { binding, client } = setup();
    binding.answer = () => new Uint8Array(3);
    await assert.rejects(client.call(sign(client)), { code: 'ERR_CRYPTOKI_INTERNAL' });
  });

  it('rejects when the addon refuses the request', async () => {
    const { binding, client } = setup();
    binding.submit = () => {
      throw new TypeError('misuse');
    };
    await assert.rejects(client.call(sign(client)), { message: 'misuse' });
  });

  describe('with a signal', () => {
    it('that has fired does nothing at all', async () => {
      const { binding, client } = setup();
      const reason = new Error('stop');
      await assert.rejects(client.call(sign(client), { signal: AbortSignal.abort(reason) }), (error) => error === reason);
      await assert.rejects(client.call(sign(client), { signal: AbortSignal.abort() }), { name: 'AbortError', code: 'ABORT_ERR' });
      assert.equal(binding.submitted.length, 0);
    });

    it('takes back a call that is queued', async () => {
      const { binding, client } = setup();
      const controller = new AbortController();
      const late: unknown[] = [];
      const call = client.call(sign(client), { signal: controller.signal, onLate: (settled) => late.push(settled) });
      binding.queued.add(binding.last.ticket);
      controller.abort();
      await assert.rejects(call, { name: 'AbortError' });
      await tick();
      assert.deepEqual(late, []);
    });

    it('gives up on a call that runs, and says when it is over', async () => {
      const { binding, client } = setup();
      const controller = new AbortController();
      let settled: Promise<ReplyReader | undefined> | undefined;
      const call = client.call(sign(client), { signal: controller.signal, onLate: (promise) => (settled = promise) });
      const { ticket } = binding.last;
      controller.abort(new Error('enough'));
      await assert.rejects(call, { message: 'enough' });
      let over = false;
      void settled!.then(() => (over = true));
      await tick();
      assert.equal(over, false);
      binding.deliver(ticket, signature('late'));
      assert.equal((await settled!)!.text(), 'late');
    });

    it('settles late failures without a result', async () => {
      const { binding, client } = setup();
      const controller = new AbortController();
      let settled: Promise<ReplyReader | undefined> | undefined;
      const call = client.call(sign(client), { signal: controller.signal, onLate: (promise) => (settled = promise) });
      controller.abort();
      await assert.rejects(call);
      binding.deliver(binding.last.ticket, new ReplyBuilder(CKR.DEVICE_ERROR, CALL.C_Sign).build());
      assert.equal(await settled!, undefined);
    });

    it('drops a late reply that nobody wants', async () => {
      const { binding, client } = setup();
      const controller = new AbortController();
      const call = client.call(sign(client), { signal: controller.signal });
      controller.abort();
      await assert.rejects(call, { name: 'AbortError' });
      binding.deliver(binding.last.ticket, signature('late'));
    });

    it('that fires after the reply changes nothing', async () => {
      const { binding, client } = setup();
      const controller = new AbortController();
      binding.answer = () => signature('x');
      const reply = await client.call(sign(client), { signal: controller.signal });
      controller.abort();
      assert.equal(reply.text(), 'x');
    });

    it('must be one', async () => {
      const { binding, client } = setup();
      for (const signal of [null, {}, 5, new EventTarget()]) {
        await assert.rejects(client.call(sign(client), { signal: signal as never }), { code: 'ERR_INVALID_ARG_TYPE' });
      }
      assert.equal(binding.submitted.length, 0);
    });
  });

  describe('with a time limit', () => {
    it('gives up with ERR_CRYPTOKI_TIMEOUT', async () => {
      const { client } = setup();
      await assert.rejects(client.call(sign(client), { timeLimit: 5 }), (error) => CryptokiError.is(error, 'ERR_CRYPTOKI_TIMEOUT'));
    });

    it('answers within it as usual', async () => {
      const { binding, client } = setup();
      binding.answer = () => signature('x');
      assert.equal((await client.call(sign(client), { timeLimit: 60_000 })).text(), 'x');
    });

    it('must be a number of milliseconds', async () => {
      const { client } = setup();
      for (const timeLimit of [0, -1, NaN, 2 ** 31, 0.5])
        await assert.rejects(client.call(sign(client), { timeLimit }), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(client.call(sign(client), { timeLimit: '5' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });

  it('makes synchronous calls that do not wait', () => {
    const { binding, client } = setup();
    const text = (reply: ReplyReader): string => reply.text();
    assert.throws(() => client.callSync(sign(client), text), { code: 'ERR_CRYPTOKI_BUSY' });
    binding.answerSync = () => signature('now');
    assert.equal(client.callSync(sign(client), text), 'now');
    binding.answerSync = () => new ReplyBuilder(CKR.DEVICE_REMOVED, CALL.C_Sign).build();
    assert.throws(() => client.callSync(sign(client), text), { code: 'CKR_DEVICE_REMOVED' });
    assert.doesNotThrow(() => client.callSync(sign(client), () => undefined, { accept: [CKR.DEVICE_REMOVED] }));
  });

  it('leaves nothing of a synchronous call in the memory that the next one uses', () => {
    const { binding, client } = setup();
    for (const length of [5, 70_000]) {
      binding.answerSync = () => signature('x'.repeat(length));
      const request = sign(client);
      const { frame } = request.finish();
      const read = client.callSync(request, (reply) => {
        // Who makes another call meanwhile gets other memory.
        assert.equal(
          client.callSync(sign(client), (other) => other.bytes().length),
          length,
        );
        return reply.bytes();
      });
      assert.equal(Buffer.from(read).toString(), 'x'.repeat(length));
      assert.ok(frame.every((byte) => byte === 0));
    }
  });

  it('copies data before the call returns', async () => {
    const { binding, client } = setup();
    const data = Buffer.alloc(8192, 1);
    const call = client.call(sign(client, data));
    data.fill(2);
    assert.ok(binding.last.payloads[0]!.every((byte) => byte === 1));
    binding.deliver(binding.last.ticket, signature('x'));
    await call;
  });
});
