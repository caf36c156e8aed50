// 3: what the library itself says, each code where it comes from.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { CKR, CryptokiError, Module } from '../../lib';
import { Scws, type Key, type Reader, type Token } from '../../lib/scws';
import { errorOf } from '../../lib/scws/error';
import { FaultModule, FOREVER } from '../support/fault-module';
import { DOCUMENT, useDesk } from './desk';
import { largeKey } from './large-key';
import { code, failure } from './support';

const PIN = '1234';
const SO_PIN = '12345678';

describe('SCWS 3: the codes of the library', () => {
  let fault: FaultModule;
  let scws: Scws;
  let reader: Reader;
  let token: Token;

  beforeEach(async () => {
    fault = new FaultModule();
    scws = new Scws();
    await scws.createEnvironment({ module: fault.path });
    reader = scws.readers[0]!;
    token = await reader.connect();
  });
  afterEach(async () => {
    fault.reset();
    await scws.closeEnvironment();
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  it('3.1 httpStatus is 0, whoever speaks', async () => {
    const [pin] = token.pins;
    const calls = [pin!.login('wrong'), pin!.login(5 as never), new Scws().updateReaderList(), token.importPkcs12('00', 'x')];
    for (const error of await Promise.all(calls.map(failure))) assert.equal(error.httpStatus, 0);
  });

  it('3.2 MWR_SCWS_UNREACHABLE: the library cannot be loaded', async () => {
    for (const module of ['/nowhere.so', __filename, __dirname, '<xml/>', ' ', 'x'.repeat(5000)]) {
      const error = await failure(new Scws().createEnvironment({ module }));
      assert.equal(error.code, 'MWR_SCWS_UNREACHABLE', `${module.slice(0, 20)}: ${inspect(error)}`);
    }
  });

  it('3.2 MWR_SCWS_UNREACHABLE: the library cannot be initialised, whatever it says', async () => {
    for (const rv of [CKR.GENERAL_ERROR, CKR.HOST_MEMORY, CKR.NEED_TO_CREATE_THREADS, 0x8000_0001]) {
      const broken = new FaultModule();
      broken.fail('C_Initialize', rv, { times: FOREVER });
      const error = await failure(new Scws().createEnvironment({ module: broken.path }));
      assert.deepEqual([error.code, (error.cause as { rv: number }).rv], ['MWR_SCWS_UNREACHABLE', rv]);
      broken.close();
    }
  });

  it('3.2 MWR_SCWS_UNREACHABLE: there is no environment', async () => {
    assert.equal(await code(new Scws().updateReaderList()), 'MWR_SCWS_UNREACHABLE');
    await scws.closeEnvironment();
    assert.equal(await code(scws.updateReaderList()), 'MWR_SCWS_UNREACHABLE');
  });

  it('3.3 MWR_SCWS_COMM_ERROR: the environment ends while a call runs, and for every call after', async () => {
    fault.hang('C_FindObjectsInit');
    const running = token.getObjects();
    const told = code(running);
    await fault.inside('C_FindObjectsInit');
    const closing = scws.closeEnvironment();
    assert.equal(await told, 'MWR_SCWS_COMM_ERROR');
    fault.release('C_FindObjectsInit');
    await closing;
    const calls = [token.getObjects(), token.pins[0]!.login(PIN), token.disconnect(), reader.connect()];
    assert.deepEqual(new Set(await Promise.all(calls.map(code))), new Set(['MWR_SCWS_COMM_ERROR']));
  });

  it('3.3 MWR_SCWS_COMM_ERROR: the module of the caller is closed while calls are on their way', async () => {
    await scws.closeEnvironment();
    fault.set('sessionLimit', 1);
    const module = await Module.load(fault.path);
    await scws.createEnvironment({ module });
    token = await scws.readers[0]!.connect();
    fault.hang('C_FindObjectsInit');
    const running = token.getObjects();
    await fault.inside('C_FindObjectsInit');
    const waiting = code(token.getObjects());
    const closing = module.close();
    assert.equal(await waiting, 'MWR_SCWS_COMM_ERROR');
    fault.release('C_FindObjectsInit');
    await Promise.all([running, closing]);
    assert.equal(await code(token.getObjects()), 'MWR_SCWS_COMM_ERROR');
  });

  it('3.3 MWR_SCWS_COMM_ERROR: whatever else the library has lost for good', () => {
    for (const lost of ['ERR_CRYPTOKI_CLOSED', 'ERR_CRYPTOKI_UNAVAILABLE'] as const)
      assert.equal(errorOf(new CryptokiError(lost)).code, 'MWR_SCWS_COMM_ERROR');
  });

  it('3.4 MWR_SCWS_COMM_TIMEOUT: the time limit of the call has passed', async () => {
    await scws.createEnvironment({ module: fault.path, timeLimit: 300 });
    token = await scws.readers[0]!.connect();
    fault.hang('C_FindObjectsInit');
    assert.equal(await code(token.getObjects()), 'MWR_SCWS_COMM_TIMEOUT');
    fault.release('C_FindObjectsInit');
    fault.hang('C_Login');
    assert.equal(await code(token.pins[0]!.login(PIN)), 'MWR_SCWS_COMM_TIMEOUT');
    fault.release('C_Login');
  });

  it('3.5 MWR_SCWS_BAD_PARAMS: of createEnvironment; what was there stays', async () => {
    for (const options of [
      undefined,
      null,
      5,
      'x',
      {},
      { module: '' },
      { module: 5 },
      { module: {} },
      { module: 'no\0where.so' },
      { module: '\ud800' },
    ])
      assert.equal(await code(scws.createEnvironment(options as never)), 'MWR_SCWS_BAD_PARAMS', inspect(options));
    for (const more of [
      { trustedRoots: 'x' },
      { trustedRoots: ['x'] },
      { trustedRoots: [5] },
      { trustedRoots: [null] },
      { trustedRoots: [Buffer.alloc(9)] },
      { crls: 'x' },
      { crls: [5] },
      { crls: ['no list'] },
      { fetchCrl: 5 },
      ...[0, -1, 1.5, '5', Infinity, 2 ** 31].map((timeLimit) => ({ timeLimit })),
    ]) {
      assert.equal(await code(scws.createEnvironment({ module: fault.path, ...more } as never)), 'MWR_SCWS_BAD_PARAMS', inspect(more));
    }
    assert.ok(Array.isArray(await token.getObjects()));
  });

  it('3.7 CXR_PIN_UNBLOCK_BLOCKED: the PUK is locked, and nothing else is tried', async () => {
    const [pin] = token.pins;
    for (let tries = 0; tries < 3; tries++) assert.equal(await code(pin!.unblock('00000000', PIN)), 'CKR_PIN_INCORRECT');
    assert.equal(await code(pin!.unblock(SO_PIN, PIN)), 'CXR_PIN_UNBLOCK_BLOCKED');
    assert.equal(fault.calls('C_InitPIN'), 0);
  });

  it('3.7 CXR_PUK_ALREADY_USED: the token says so to the PUK, and nothing else is tried', async () => {
    fault.fail('C_Login', CKR.PIN_EXPIRED);
    assert.equal(await code(token.pins[0]!.unblock(SO_PIN, PIN)), 'CXR_PUK_ALREADY_USED');
    assert.equal(fault.calls('C_InitPIN'), 0);
  });

  it('3.7 MWR_PUK_ALREADY_USED: the token says so to the new PIN, and nobody stays logged in', async () => {
    fault.fail('C_InitPIN', CKR.PIN_EXPIRED);
    assert.equal(await code(token.pins[0]!.unblock(SO_PIN, PIN)), 'MWR_PUK_ALREADY_USED');
    assert.equal(fault.calls('C_Logout'), 1);
    await token.pins[0]!.login(PIN);
  });
});

describe('SCWS 3: the codes of parameters, files and objects', () => {
  const desk = useDesk();
  const digest = createHash('sha256').update(DOCUMENT).digest();

  it('3.5 MWR_SCWS_BAD_PARAMS: of every operation', async () => {
    const { token, pin, login, key } = desk();
    await login();
    const rsa = await key('rsa');
    const calls: [string, () => Promise<unknown>][] = [
      ['text that is no hexadecimal', () => rsa.sign('xyz', 'sha256')],
      ['half a byte', () => rsa.sign('abc', 'sha256')],
      ['no data', () => rsa.sign(undefined as never, 'sha256')],
      ['a number', () => rsa.sign(5 as never, 'sha256')],
      ['an unknown hash', () => rsa.sign(digest, 'md5')],
      ['a hash that is a number', () => rsa.sign(digest, 5 as never)],
      ['a hash of the wrong length', () => rsa.sign(digest, 'sha1')],
      ['PSS without a salt', () => rsa.sign(digest, { mgf: 'sha256' } as never)],
      ['PSS with more salt than there is room', () => rsa.sign(digest, { mgf: 'sha256', saltLen: 2 ** 40 })],
      ['PSS with a mask of nobody', () => rsa.sign(digest, { mgf: 'x', saltLen: 20 })],
      ['PSS over what is no hash', () => rsa.sign(DOCUMENT, { mgf: 'sha256', saltLen: 20 })],
      ['hashing without a hash', () => rsa.hashAndSign(DOCUMENT, null)],
      ['an unknown cipher', () => rsa.decrypt(digest, { type: 'x' as never })],
      ['a cipher that is text', () => rsa.decrypt(digest, 'oaep' as never)],
      ['OAEP with a hash of nobody', () => rsa.decrypt(digest, { type: 'oaep', hashAlg: 'md5' })],
      ['a PIN that is a number', () => pin.login(1234 as never)],
      ['a role that is text', () => pin.login('1234', 'so' as never)],
      ['no new PIN', () => pin.change('1234', undefined as never)],
      ['a file that is a number', () => token.importPkcs12(5 as never, 'x')],
      ['a password that is none', () => token.importPkcs12('00', undefined as never)],
    ];
    for (const [what, call] of calls) assert.equal(await code(call()), 'MWR_SCWS_BAD_PARAMS', what);
  });

  it('3.6 MWR_IMPORT_FILE_INVALID, MWR_IMPORT_PASSWORD_INVALID: nothing stays', async () => {
    const { token, bench, login } = desk();
    await login();
    bench.authority.issue('refused');
    const before = (await token.getObjects()).length;
    const file = bench.authority.pkcs12('refused', 'password');
    const flipped = Buffer.from(file);
    flipped[200]! ^= 1;
    for (const damaged of [file.subarray(0, 300), '00', '', Buffer.alloc(10_000_000, 0x30), Buffer.from('<xml/>')])
      assert.equal(await code(token.importPkcs12(damaged, 'password')), 'MWR_IMPORT_FILE_INVALID');
    assert.match(await code(token.importPkcs12(flipped, 'password')), /^MWR_IMPORT_(FILE|PASSWORD)_INVALID$/);
    for (const wrong of ['another', '', 'password ', 'pass\0word', 'x'.repeat(1_000_000)])
      assert.equal(await code(token.importPkcs12(file, wrong)), 'MWR_IMPORT_PASSWORD_INVALID');
    assert.equal((await token.getObjects()).length, before);
  });

  it('3.6 MWR_IMPORT_KEY_TYPE_UNSUPPORTED, MWR_IMPORT_KEY_LENGTH_UNSUPPORTED: nothing stays', async () => {
    const { token, bench, login } = desk();
    const { authority } = bench;
    authority.issue('dsa', { key: authority.dsa() });
    authority.issue('large', { key: largeKey() });
    await login();
    const before = (await token.getObjects()).length;
    assert.equal(await code(token.importPkcs12(authority.pkcs12('dsa', 'x'), 'x')), 'MWR_IMPORT_KEY_TYPE_UNSUPPORTED');
    assert.equal((await token.getObjects()).length, before);
    // SoftHSM takes RSA keys of this length, the module for tests up to 4096 bits.
    const fault = new FaultModule();
    const scws = new Scws();
    await scws.createEnvironment({ module: fault.path });
    const other = await scws.readers[0]!.connect();
    await other.pins[0]!.login(PIN);
    assert.equal(await code(other.importPkcs12(authority.pkcs12('large', 'x'), 'x')), 'MWR_IMPORT_KEY_LENGTH_UNSUPPORTED');
    assert.deepEqual(await other.getObjects(), []);
    await scws.closeEnvironment();
    fault.close();
  });

  it('3.6 what the token itself says to an import keeps its code', async () => {
    const { token, bench, pin } = desk();
    bench.authority.issue('early');
    assert.equal(await code(token.importPkcs12(bench.authority.pkcs12('early', 'x'), 'x')), 'CKR_USER_NOT_LOGGED_IN');
    assert.equal(pin.validated, false);
  });

  it('3.8 CXR_CONTAINER_EXISTS: the identifier is taken, and nothing is there twice, not even of two imports at once', async () => {
    const { token, bench, login } = desk();
    await login();
    bench.authority.issue('twice');
    const file = bench.authority.pkcs12('twice', 'password');
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => token.importPkcs12(file, 'password')));
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected', 'rejected']);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal((outcome.reason as { code: string }).code, 'CXR_CONTAINER_EXISTS');
    const handles = async (): Promise<number[]> => (await token.getObjects()).map(({ handle }) => handle).toSorted((a, b) => a - b);
    const before = await handles();
    assert.equal(await code(token.importPkcs12(file, 'password')), 'CXR_CONTAINER_EXISTS');
    assert.deepEqual(await handles(), before);
    assert.equal((await token.getObjects()).filter(({ ckLabel }) => ckLabel === 'twice').length, 2);
  });

  it('3.8 CXR_CONTAINER_INVALID: there is no such object any more', async () => {
    const { token, bench, login } = desk();
    const { fixture, authority } = bench;
    await login();
    const id = Buffer.from('90', 'hex');
    await fixture.token.login(fixture.pin);
    const { key } = authority.issue('short-lived');
    const made = [
      await fixture.token.importKey(key, { token: true, id, label: 'short-lived' }),
      await fixture.token.createData({ label: 'short-lived', value: DOCUMENT }),
    ];
    const objects = (await token.getObjects()).filter(({ ckLabel }) => ckLabel === 'short-lived') as Key[];
    assert.equal(objects.length, 2);
    for (const object of made) await object.destroy();
    for (const object of objects) {
      const call =
        object.type === 'privateKey' ? object.hashAndSign(DOCUMENT, 'sha256') : (object as never as { getValue(): Promise<unknown> }).getValue();
      assert.equal(await code(call), 'CXR_CONTAINER_INVALID', object.type);
    }
    for (const gone of ['ERR_CRYPTOKI_NOT_FOUND', 'ERR_CRYPTOKI_STALE'] as const)
      assert.equal(errorOf(new CryptokiError(gone)).code, 'CXR_CONTAINER_INVALID');
  });
});
