import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { CKR, type Module, type KeyPair, type SecretKey, type Token } from '../../lib';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';

const data = Buffer.from('what shall be signed, in a few pieces');
const pieces = (): Uint8Array[] => [data.subarray(0, 10), data.subarray(10, 11), data.subarray(11)];

describe('Operations', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let pair: KeyPair;
  let key: SecretKey;

  beforeEach(async () => {
    ({ fault, module, token } = await place());
    await token.login('1234');
    pair = await token.generateKeyPair('rsa', { token: true });
    key = await token.generateKey('aes', { token: true });
  });

  afterEach(async () => {
    await module.close();
    for (const counter of ['overlaps', 'badArguments', 'unknownSessions', 'closedWhileRunning']) assert.equal(fault.get(counter), 0, counter);
    fault.close();
  });

  it('cross once: Init and the operation together', async () => {
    const before = fault.calls('C_SignInit');
    const signature = await pair.privateKey.sign('sha256', data);
    assert.equal(fault.calls('C_SignInit'), before + 1);
    assert.equal(fault.calls('C_Sign'), 1, 'the key says how long the result is');
    assert.equal(await pair.publicKey.verify('sha256', data, signature), true);
    assert.deepEqual(await pair.privateKey.sign('sha256', pieces()), signature);
    assert.equal(await pair.publicKey.verify('sha256', pieces(), signature), true);
  });

  it('say no for a signature that is not one, and fail for everything else', async () => {
    const signature = await pair.privateKey.sign('sha256', data);
    signature[3]! ^= 1;
    assert.equal(await pair.publicKey.verify('sha256', data, signature), false);
    assert.equal(await pair.publicKey.verify('sha256', pieces(), signature), false);
    for (const rv of [CKR.SIGNATURE_INVALID, CKR.SIGNATURE_LEN_RANGE]) {
      fault.fail('C_Verify', rv);
      assert.equal(await pair.publicKey.verify('sha256', data, signature), false);
    }
    for (const [rv, code] of [
      [CKR.DATA_INVALID, 'CKR_DATA_INVALID'],
      [CKR.FUNCTION_FAILED, 'CKR_FUNCTION_FAILED'],
    ] as const) {
      fault.fail('C_Verify', rv);
      await assert.rejects(pair.publicKey.verify('sha256', data, signature), { code, call: 'C_Verify' });
      fault.fail('C_VerifyFinal', rv);
      await assert.rejects(pair.publicKey.verify('sha256', pieces(), signature), { code, call: 'C_VerifyFinal' });
    }
  });

  it('are done again, once, when their session turns out to be lost', async () => {
    const signature = await pair.privateKey.sign('sha256', data);
    fault.fail('C_SignInit', CKR.SESSION_HANDLE_INVALID);
    assert.deepEqual(await pair.privateKey.sign('sha256', data), signature);
    fault.fail('C_SignInit', CKR.SESSION_HANDLE_INVALID, { times: 2 });
    await assert.rejects(pair.privateKey.sign('sha256', data), { code: 'CKR_SESSION_HANDLE_INVALID' });
    assert.deepEqual(await pair.privateKey.sign('sha256', data), signature);
  });

  it('in many parts fail with their part, and leave no active operation to the next', async () => {
    const signature = await pair.privateKey.sign('sha256', data);
    for (const name of ['C_SignInit', 'C_SignUpdate', 'C_SignFinal'] as const) {
      fault.fail(name, CKR.FUNCTION_FAILED);
      await assert.rejects(pair.privateKey.sign('sha256', pieces()), { code: 'CKR_FUNCTION_FAILED', call: name });
      assert.deepEqual(await pair.privateKey.sign('sha256', pieces()), signature);
      assert.deepEqual(await pair.privateKey.sign('sha256', data), signature);
    }
  });

  it('go in one piece where the token takes no parts', async () => {
    const signature = await pair.privateKey.sign('sha256', data);
    fault.fail('C_SignUpdate', CKR.OPERATION_NOT_INITIALIZED);
    assert.deepEqual(await pair.privateKey.sign('sha256', pieces()), signature);
    const iv = new Uint8Array(16).fill(3);
    const sealed = await key.encrypt({ name: 'aes-cbc', iv }, data);
    fault.fail('C_EncryptUpdate', CKR.FUNCTION_NOT_SUPPORTED);
    assert.deepEqual(await key.encrypt({ name: 'aes-cbc', iv }, pieces()), sealed);
    fault.fail('C_DigestUpdate', CKR.FUNCTION_NOT_SUPPORTED);
    assert.deepEqual(await token.digest('sha256', pieces()), await token.digest('sha256', data));
  });

  it('end at once when their caller has had enough, whatever the token does', async () => {
    fault.tell('C_Sign', { sleep: 150_000 });
    fault.tell('C_SignUpdate', { sleep: 150_000 });
    const controller = new AbortController();
    const running = pair.privateKey.sign('sha256', data, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(running, { name: 'AbortError', code: 'ABORT_ERR' });
    await assert.rejects(pair.privateKey.sign('sha256', data, { timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    await assert.rejects(pair.privateKey.sign('sha256', pieces(), { timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    fault.tell('C_Sign', { sleep: 0 });
    fault.tell('C_SignUpdate', { sleep: 0 });
    const signatures = await Promise.all(Array.from({ length: 10 }, () => pair.privateKey.sign('sha256', pieces())));
    assert.equal(new Set(signatures.map((signature) => Buffer.from(signature).toString('hex'))).size, 1);
  });

  it('that make keys leave none behind when nobody waits for them', async () => {
    const before = fault.get('objects');
    fault.tell('C_GenerateKey', { sleep: 60_000 });
    fault.tell('C_GenerateKeyPair', { sleep: 60_000 });
    for (const kept of [true, false]) {
      await assert.rejects(token.generateKey('aes', { token: kept, timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
      await assert.rejects(token.generateKeyPair('rsa', { token: kept, timeLimit: 20 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
    }
    while (fault.get('running') > 0 || fault.get('objects') > before) await wait(5);
    assert.equal(fault.get('objects'), before);
  });

  it('wrong from the beginning never reach the token', async () => {
    const count = (): number => fault.calls('C_SignInit') + fault.calls('C_EncryptInit') + fault.calls('C_GenerateKey');
    const before = count();
    await assert.rejects(pair.privateKey.sign('sha257', data), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(pair.privateKey.sign('sha256', data, null as never), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(pair.privateKey.sign('sha256', data, { timeLimit: -1 }), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(pair.privateKey.sign('sha256', data, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    await assert.rejects(pair.privateKey.sign({ mechanism: -1 }, data), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(pair.privateKey.sign({ mechanism: 'x' as never }, data), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(key.encrypt({ name: 'aes-gcm', iv: new Uint8Array(12), tagLength: 3 }, data), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(token.generateKey('aes', { length: 1 }), { code: 'ERR_OUT_OF_RANGE' });
    await assert.rejects(token.generateKey('aes', { attributes: { nonsense: 1 } as never }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(
      pair.privateKey.sign('sha256', data, {
        get padding(): never {
          throw new Error('a getter of the caller');
        },
      }),
      { message: 'a getter of the caller' },
    );
    assert.equal(count(), before);
  });

  it('with keys of another token, or destroyed, or of a time before the logout, are refused', async () => {
    const other = await module.token({ slotId: 2 });
    await other.login('1234');
    const theirs = await other.generateKey('aes', { extractable: true });
    await assert.rejects(key.wrap('aes-kw', theirs), { code: 'ERR_CRYPTOKI_FOREIGN_OBJECT' });
    await key.destroy();
    await assert.rejects(key.encrypt({ name: 'aes-ctr', counter: new Uint8Array(16) }, data), { code: 'ERR_CRYPTOKI_STALE' });
    await token.logout();
    await assert.rejects(pair.privateKey.sign('sha256', data), { code: 'ERR_CRYPTOKI_STALE' });
    await token.close();
    await assert.rejects(pair.privateKey.sign('sha256', data), { code: 'ERR_CRYPTOKI_CLOSED' });
  });

  it('let the token make the IV of AES-GCM, and give it back', async () => {
    const { iv, ciphertext } = await key.encrypt({ name: 'aes-gcm', additionalData: Buffer.from('a') }, data);
    assert.equal(iv.length, 12);
    assert.ok(iv.some((byte) => byte !== 0));
    const opened = await key.decrypt({ name: 'aes-gcm', iv, additionalData: Buffer.from('a') }, ciphertext);
    assert.deepEqual(Buffer.from(opened), data);
  });

  it('agree by encapsulation, and sign with ML-DSA', async () => {
    const kem = await token.generateKeyPair('ml-kem-768');
    const { ciphertext, key: shared } = await kem.publicKey.encapsulate({ extractable: true, sensitive: false });
    const again = await kem.privateKey.decapsulate(ciphertext, { extractable: true, sensitive: false });
    assert.deepEqual((await again.get(['value'])).value, (await shared.get(['value'])).value);
    const dsa = await token.generateKeyPair('ml-dsa-65');
    const signature = await dsa.privateKey.sign(null, pieces(), { context: Buffer.from('c') });
    assert.equal(await dsa.publicKey.verify(null, data, signature, { context: Buffer.from('c') }), true);
  });

  it('take the PIN between Init and the operation where the key wants it, and leave nothing active when it is wrong', async () => {
    const { privateKey, publicKey } = await token.generateKeyPair('rsa', { token: true, privateKey: { alwaysAuthenticate: true } });
    const logins = fault.get('logins');
    const signature = await privateKey.sign('sha256', data);
    assert.equal(fault.get('logins'), logins + 1);
    assert.deepEqual(await privateKey.sign('sha256', pieces()), signature);
    assert.equal(fault.get('logins'), logins + 2);
    assert.equal(await publicKey.verify('sha256', data, signature), true);
    for (const input of [data, pieces()]) {
      fault.fail('C_Login', CKR.PIN_INCORRECT);
      await assert.rejects(privateKey.sign('sha256', input), { code: 'CKR_PIN_INCORRECT', call: 'C_Login' });
      assert.deepEqual(await pair.privateKey.sign('sha256', data), await pair.privateKey.sign('sha256', pieces()));
    }
  });
});
