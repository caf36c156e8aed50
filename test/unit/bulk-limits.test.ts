// Bulk work on the programmable module: what callers get wrong, and what happens on the way.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { BulkError, CKR, CryptokiError, Module, Pkcs11Error, type PrivateKey, type SecretKey, type Token } from '../../lib';
import { FaultModule, FOREVER } from '../support/fault-module';
import { all, works } from '../support/token';

const PIN = '1234';
const isClosed = (error: Error): boolean => [error, error.cause].some((one) => CryptokiError.is(one, 'ERR_CRYPTOKI_CLOSED'));
const inputs = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => Buffer.from(`input ${index}`));

describe('bulk on a module that does what it is told', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let key: SecretKey;
  let pair: PrivateKey;

  beforeEach(async () => {
    fault = new FaultModule();
  });

  async function begin(): Promise<void> {
    module = await Module.load(fault.path, { recovery: { timeLimit: 2000 } });
    token = await module.slot(1).token();
    await token.login(PIN);
    key = await token.generateKey('generic', { length: 256, token: true, label: 'hmac' });
    pair = (await token.generateKeyPair('ec', { namedCurve: 'P-256', token: true, label: 'pair' })).privateKey;
  }

  afterEach(async () => {
    fault.reset();
    await module.close();
    assert.equal(fault.get('sessions'), 0);
    assert.equal(fault.get('overlaps'), 0);
    fault.close();
  });

  async function allRight(given: readonly Uint8Array[], codes: readonly unknown[]): Promise<void> {
    assert.equal(codes.length, given.length);
    const items = given.map((data, index) => ({ data, signature: codes[index] as Uint8Array }));
    assert.ok((await key.verifyMany('sha256', items)).every(Boolean));
    assert.equal(new Set(codes.map((code) => Buffer.from(code as Uint8Array).toString('hex'))).size, given.length);
  }

  it('refuses options that make no sense, before anything begins', async () => {
    await begin();
    const before = fault.calls('C_SignInit');
    for (const concurrency of [0, -1, 1e9, 65, Number.NaN, 1.5, Infinity]) {
      await assert.rejects(key.signMany('sha256', inputs(3), { concurrency }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
    }
    const wrong = [
      { concurrency: '4' },
      { callTimeLimit: 0 },
      { callTimeLimit: '1' },
      { timeLimit: 0 },
      { onError: 'ignore' },
      { onError: true },
      { results: 'mine' },
      { onProgress: 1 },
      { signal: {} },
    ];
    for (const options of wrong) {
      await assert.rejects(key.signMany('sha256', inputs(3), options as never), /options\./);
    }
    for (const highWaterMark of [0, -1, 1e9, Number.NaN, '1']) {
      await assert.rejects(all(key.signStream('sha256', [], { highWaterMark } as never)), { code: /^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/ });
    }
    await assert.rejects(key.signMany('no hash', inputs(3)), TypeError);
    await assert.rejects(key.signMany('no hash', []), TypeError);
    assert.equal(fault.calls('C_SignInit'), before);
  });

  it('refuses what is no list, and what is no input', async () => {
    await begin();
    for (const given of [undefined, null, 5, 'text', Buffer.from('bytes'), new ArrayBuffer(4), {}, (async function* () {})()]) {
      await assert.rejects(key.signMany('sha256', given as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.verifyMany('sha256', given as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(token.digestMany('sha256', given as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const given of ['text', 5, null, undefined, {}, [1]]) {
      const list = [...inputs(20_000), given];
      await assert.rejects(key.signMany('sha256', list as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: /inputs\[20000\]/ });
    }
    assert.equal(fault.calls('C_SignInit'), 0);
    const pairs = [{ data: Buffer.from('x'), signature: 'text' }, null, { data: 5, signature: Buffer.from('x') }];
    const answers = await key.verifyMany('sha256', pairs as never, { onError: 'return' });
    assert.deepEqual(
      answers.map((answer) => (answer as { code?: string }).code),
      pairs.map(() => 'ERR_INVALID_ARG_TYPE'),
    );
    await assert.rejects(key.verifyMany('sha256', pairs as never), (error: BulkError) => error instanceof BulkError && error.index === 0);
  });

  it('gives nothing for nothing', async () => {
    await begin();
    assert.deepEqual(await key.signMany('sha256', []), []);
    assert.deepEqual(await key.signMany('sha256', new Set<Buffer>()), []);
    assert.deepEqual(await key.verifyMany('sha256', []), []);
    assert.deepEqual(await key.encryptMany({ name: 'aes-gcm', iv: new Uint8Array(12) }, []).catch((error: Error) => error.name), 'TypeError');
    assert.deepEqual(await token.digestMany('sha256', []), []);
    assert.deepEqual(await all(key.signStream('sha256', [])), []);
    assert.equal(fault.calls('C_SignInit'), 0);
  });

  it('takes bytes of every kind in one list', async () => {
    await begin();
    const plain = Buffer.from('eight by');
    const buffer = new Uint8Array(plain).buffer;
    const shared = new SharedArrayBuffer(8);
    new Uint8Array(shared).set(plain);
    const kinds = [
      plain,
      new Uint8Array(plain),
      buffer,
      new DataView(buffer),
      new Uint16Array(buffer),
      new Float64Array(buffer),
      shared,
      new Uint8Array(shared),
    ];
    const [right] = await key.signMany('sha256', [plain]);
    for (const code of await key.signMany('sha256', [...kinds, ...kinds])) assert.deepEqual(code, right);
    for await (const code of key.signStream('sha256', kinds as Uint8Array[])) assert.deepEqual(code, right);
    const empty = await key.signMany('sha256', [new Uint8Array(0), new ArrayBuffer(0), Buffer.alloc(0)]);
    assert.deepEqual(empty[0], empty[2]);
    assert.deepEqual(empty[0], await key.sign('sha256', new Uint8Array(0)));
  });

  it('ends where a call hangs in the only session there is', async () => {
    fault.set('sessionLimit', 1);
    await begin();
    fault.tell('C_Sign', { stay: 1 });
    const signatures = await key.signMany('sha256', inputs(20), { callTimeLimit: 50, onError: 'return' });
    assert.deepEqual(
      signatures.map((error) => (error as { code?: string }).code),
      Array.from({ length: 20 }, () => 'ERR_CRYPTOKI_TIMEOUT'),
    );
    assert.match((signatures[19] as Error).message, /no other session/);
    fault.free('C_Sign');
    await allRight(inputs(3), await key.signMany('sha256', inputs(3)));
    // And holds no session any more.
    await token.initialize({ label: 'new', soPin: '12345678', timeLimit: 10_000 });
  });

  it('does not mind what becomes of its inputs after the call', async () => {
    await begin();
    const given = inputs(100);
    const running = key.signMany('sha256', given);
    const kept = inputs(100);
    for (const input of given) input.fill(0);
    given.length = 3;
    await allRight(kept, await running);
  });

  it('takes an input of a gigabyte', async function () {
    this.timeout(120_000);
    fault.set('instant', 1);
    await begin();
    const large = new Uint8Array(2 ** 30).fill(9, 0, 1);
    const [before, signature, after] = await pair.signMany({ mechanism: 0x1041 }, [Buffer.from([1]), large, Buffer.from([2])]);
    assert.deepEqual([before![0], signature![0], after![0]], [1, 9, 2]);
    assert.equal(signature!.length, 64);
  });

  it('works on a token with one session', async () => {
    fault.set('sessionLimit', 1);
    await begin();
    const given = inputs(500);
    await allRight(given, await key.signMany('sha256', given));
    await allRight(given, await all(key.signStream('sha256', given)));
    assert.equal(fault.get('mostSessions'), 1);
  });

  it('uses no more sessions than it was told, however many there are', async () => {
    await begin();
    fault.tell('C_Sign', { sleep: 200 });
    await Promise.all(inputs(30).map((input) => key.sign('sha256', input)));
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, fault.calls('C_Sign', { inside: true }))), 1);
    const given = inputs(2000);
    const codes = await key.signMany('sha256', given, { concurrency: 3 });
    clearInterval(look);
    fault.tell('C_Sign', { sleep: 0 });
    assert.ok(most <= 3, `${most}`);
    await allRight(given, codes);
  });

  it('lets a single call through', async () => {
    fault.set('sessionLimit', 3);
    await begin();
    fault.tell('C_Sign', { sleep: 1000 });
    let over = false;
    const many = key.signMany('sha256', inputs(2000)).finally(() => (over = true));
    await fault.inside('C_Sign', 2);
    for (let time = 0; time < 5; time++) await key.sign('sha256', Buffer.from('x'));
    assert.equal(over, false);
    fault.tell('C_Sign', { sleep: 0 });
    assert.equal((await many).length, 2000);
  });

  it('loses nothing when sessions are dropped on the way', async () => {
    await begin();
    const given = inputs(4000);
    const running = key.signMany('sha256', given);
    // However fast the rest goes, two are on their way when the sessions go, and come once more.
    for (let time = 0; time < 3; time++) {
      fault.tell('C_Sign', { stay: 2 });
      await fault.inside('C_Sign', 2);
      fault.dropSessions();
      fault.free('C_Sign');
    }
    const codes = await running;
    await allRight(given, codes);
  });

  it('tries what hangs once more, in another session', async () => {
    await begin();
    fault.tell('C_Sign', { stay: 1 });
    const given = inputs(300);
    const codes = await key.signMany('sha256', given, { callTimeLimit: 200 });
    await allRight(given, codes);
    fault.set('freed', 1);
  });

  it('ends at an abort and at its time limit, and gives all sessions back', async () => {
    await begin();
    fault.tell('C_Sign', { sleep: 1000 });
    const controller = new AbortController();
    const aborted = key.signMany('sha256', inputs(5000), { signal: controller.signal });
    await fault.inside('C_Sign', 2);
    controller.abort(new Error('enough'));
    await assert.rejects(aborted, { message: 'enough' });
    await assert.rejects(key.signMany('sha256', inputs(5000), { timeLimit: 30 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    const stream = key.signStream('sha256', inputs(5000), { timeLimit: 30 });
    await assert.rejects(all(stream), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    fault.tell('C_Sign', { sleep: 0 });
    await works(token);
    await allRight(inputs(10), await key.signMany('sha256', inputs(10)));
  });

  it('ends when its token is closed', async () => {
    await begin();
    fault.tell('C_Sign', { sleep: 1000 });
    const running = key.signMany('sha256', inputs(50_000));
    const returned = key.signMany('sha256', inputs(50_000), { onError: 'return' });
    const streamed = all(key.signStream('sha256', inputs(50_000)));
    running.catch(() => undefined);
    streamed.catch(() => undefined);
    await fault.inside('C_Sign', 2);
    await token.close();
    await assert.rejects(running, isClosed);
    await assert.rejects(streamed, isClosed);
    assert.ok((await returned).some((result) => CryptokiError.is(result, 'ERR_CRYPTOKI_CLOSED')));
  });

  it('has what was done in its error', async () => {
    await begin();
    fault.fail('C_Sign', CKR.DATA_LEN_RANGE, { skip: 20 });
    const given = inputs(300);
    const error = await key.signMany('sha256', given, { concurrency: 1 }).then(
      () => assert.fail('one failed'),
      (reason: BulkError) => reason,
    );
    assert.ok(error instanceof BulkError);
    assert.equal(error.index, 20);
    assert.ok(Pkcs11Error.is(error.cause, 'CKR_DATA_LEN_RANGE'));
    await allRight(given.slice(0, 20), error.results.slice(0, 20));
    assert.doesNotMatch(inspect(error), /results:/);
  });

  it('gives slabs with the same results, and errors in them', async () => {
    await begin();
    const given = inputs(500);
    const right = await key.signMany('sha256', given);
    const slab = await key.signMany('sha256', given, { results: 'slab' });
    assert.equal(slab.length, 500);
    assert.deepEqual(slab.toArray(), right);
    assert.throws(() => slab.at(1.5), RangeError);
    assert.deepEqual((await key.signMany('sha256', new Set(given), { results: 'slab' })).toArray(), right);
    assert.equal((await key.signMany('sha256', [], { results: 'slab' })).length, 0);
    fault.fail('C_Sign', CKR.DATA_LEN_RANGE, { skip: 20 });
    const mixed = await key.signMany('sha256', given, { results: 'slab', onError: 'return', concurrency: 1 });
    assert.ok(Pkcs11Error.is(mixed.at(20), 'CKR_DATA_LEN_RANGE'));
    assert.deepEqual(mixed.at(21), right[21]);
    fault.fail('C_Sign', CKR.DATA_LEN_RANGE, { skip: 20 });
    const error = await key.signMany('sha256', given, { results: 'slab', concurrency: 1 }).then(
      () => assert.fail('one failed'),
      (reason: BulkError) => reason,
    );
    assert.ok(error instanceof BulkError);
    assert.equal(error.index, 20);
    assert.deepEqual(error.results.slice(0, 20), right.slice(0, 20));
  });

  it('asks for the PIN of each use once, and never tries a refused one twice', async () => {
    await begin();
    const strict = await token.generateKeyPair('rsa', { modulusLength: 2048, token: true, privateKey: { alwaysAuthenticate: true } });
    const before = fault.calls('C_Login');
    assert.equal((await strict.privateKey.signMany('sha256', inputs(5))).length, 5);
    assert.equal(fault.calls('C_Login'), before + 5);
    fault.fail('C_Login', CKR.PIN_INCORRECT, { times: FOREVER });
    const results = await strict.privateKey.signMany('sha256', inputs(5), { onError: 'return' });
    assert.ok(results.every((result) => Pkcs11Error.is(result, 'CKR_PIN_INCORRECT')));
    assert.equal(fault.calls('C_Login'), before + 6);
  });

  it('streams a hundred thousand inputs through a few places', async () => {
    fault.set('instant', 1);
    await begin();
    let given = 0;
    function* source(): Generator<Uint8Array> {
      for (; given < 100_000; given++) yield Buffer.from([given & 255, given >> 8]);
    }
    let taken = 0;
    for await (const signature of pair.signStream({ mechanism: 0x1041 }, source(), { highWaterMark: 500 })) {
      assert.equal(signature[0], taken++ & 255);
      assert.ok(given - taken <= 502);
    }
    assert.equal(taken, 100_000);
  });
});
