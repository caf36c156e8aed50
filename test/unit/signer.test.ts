import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKM, CKR } from '../../lib/constants';
import { Signer, type Module, type PrivateKey, type SecretKey, type Token } from '../../lib';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('A signer', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let ec: PrivateKey;
  let hmac: SecretKey;
  const data = Buffer.from('some data');

  before(async () => {
    ({ fault, module, token } = await place());
    await token.login('1234');
    ec = (await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signs', token: true })).privateKey;
    hmac = await token.generateKey('generic', { length: 256, label: 'codes', token: true });
  });
  afterEach(() => fault.reset());
  after(async () => {
    await module.close();
    fault.close();
  });

  it('signs as the key does', async () => {
    const signer = await ec.signer('sha256', { dsaEncoding: 'ieee-p1363' });
    assert.ok(signer instanceof Signer);
    assert.equal(signer.key, ec);
    const wanted = await ec.sign('sha256', data, { dsaEncoding: 'ieee-p1363' });
    assert.equal(hex(await signer.sign(data)), hex(wanted));
    for (const same of [new Uint8Array(data), new Uint8Array(data).buffer, new DataView(new Uint8Array(data).buffer)]) {
      assert.equal(hex(await signer.sign(same)), hex(wanted));
    }
    const codes = await hmac.signer('sha256');
    assert.equal(hex(await codes.sign(data)), hex(await hmac.sign('sha256', data)));
  });

  it('signs nothing, and much', async () => {
    const signer = await ec.signer('sha256');
    for (const size of [0, 1, 4095, 4096, 1 << 16, (1 << 16) + 1, 3 << 20]) {
      const much = Buffer.alloc(size, size);
      assert.equal(hex(await signer.sign(much)), hex(await ec.sign('sha256', much)));
    }
  });

  it('takes the data as they are at the call, and leaves them alone', async () => {
    const signer = await ec.signer('sha256');
    const mine = Buffer.from(data);
    const signing = signer.sign(mine);
    assert.deepEqual(mine, data);
    mine.fill(9);
    assert.equal(hex(await signing), hex(await ec.sign('sha256', data)));
    assert.ok(mine.every((byte) => byte === 9));
  });

  it('signs many at once', async () => {
    const signer = await hmac.signer('sha256');
    const inputs = Array.from({ length: 500 }, (_, index) => Buffer.from(`input ${index}`));
    const codes = await Promise.all(inputs.map((input) => signer.sign(input)));
    assert.equal(new Set(codes.map(hex)).size, 500);
    assert.equal(hex(codes[499]!), hex(await hmac.sign('sha256', inputs[499]!)));
  });

  it('goes on with other sessions, and after the token was away', async () => {
    const signer = await ec.signer('sha256');
    const wanted = hex(await signer.sign(data));
    fault.dropSessions();
    assert.equal(hex(await signer.sign(data)), wanted);
    fault.remove(1);
    setTimeout(() => fault.insert(1), 30);
    assert.equal(hex(await signer.sign(data)), wanted);
  });

  it('may be given up', async () => {
    const signer = await ec.signer('sha256');
    await assert.rejects(signer.sign(data, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    fault.tell('C_Sign', { sleep: 60_000 });
    await assert.rejects(signer.sign(data, { timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    const controller = new AbortController();
    const running = signer.sign(data, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(running, { name: 'AbortError' });
    fault.reset();
    assert.equal((await signer.sign(data, { timeLimit: 5000 })).length > 60, true);
  });

  it('says at once what is wrong with algorithm and options', async () => {
    await assert.rejects(ec.signer('sha257'), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(ec.signer('sha256', { padding: 'pss' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(ec.signer('sha256', null as never), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(ec.signer({ mechanism: 'x' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('says what is wrong with data and options of a call', async () => {
    const signer = await ec.signer('sha256');
    for (const wrong of [undefined, null, 5, 'text', {}, [data]]) {
      await assert.rejects(signer.sign(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    await assert.rejects(signer.sign(data, null as never), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(signer.sign(data, { timeLimit: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(signer.sign(data, { signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('takes any mechanism, and tells failures as they are', async () => {
    const signer = await ec.signer({ mechanism: CKM.ECDSA });
    assert.equal((await signer.sign(Buffer.alloc(32))).length, 64);
    fault.fail('C_Sign', CKR.DATA_LEN_RANGE);
    await assert.rejects(signer.sign(Buffer.alloc(32)), { code: 'CKR_DATA_LEN_RANGE', call: 'C_Sign' });
    assert.equal((await signer.sign(Buffer.alloc(32))).length, 64);
  });

  it('shows whose it is, and nothing else', async () => {
    assert.match(inspect(await ec.signer('sha256')), /^Signer \{ label: 'signs', type: 'ec', algorithm: 'sha256' \}$/);
  });
});
