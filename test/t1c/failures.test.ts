// The errors of the container, the rule of callback and promise, and hostile arguments.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { CKR, Pkcs11Error, type Token } from '../../lib';
import { GCLClient, GCLConfig, RestException, T1C_STATUS } from '../../lib/t1c';
import { exceptionOf } from '../../lib/t1c/errors';
import { FaultModule } from '../support/fault-module';
import { EC_ID, failure, KEYLESS_ID, moduleConfig, RSA_ID, useBench } from './support';

const data = createHash('sha256').update('a document').digest('base64');

describe('failures of the Trust1Connector container', () => {
  const bench = useBench();
  const request = (more: Record<string, unknown> = {}) => ({
    slot_id: bench().slotId,
    cert_id: RSA_ID,
    pin: bench().fixture.pin,
    algorithm_reference: 'sha256',
    data,
    ...more,
  });

  it('callback and promise get the very same object, the callback first and once', async () => {
    const { pkcs11 } = bench();
    const order: unknown[] = [];
    const response = await pkcs11
      .info((error, given) => order.push(error, given))
      .then((given) => {
        order.push('then');
        return given;
      });
    assert.deepEqual(order, [null, response, 'then']);
    assert.equal(order[1], response);
    const failed: unknown[] = [];
    const error = await failure(pkcs11.token('x', (first, second) => failed.push(first, second)));
    assert.equal(failed[0], error);
    assert.deepEqual(failed.slice(1), [null]);
  });

  it('what is no function is ignored as a callback', async () => {
    const { pkcs11 } = bench();
    for (const callback of [undefined, null, 5, 'text', {}]) assert.equal((await pkcs11.info(callback as never)).success, true);
  });

  it('a callback that throws changes nothing for the promise', async () => {
    const { pkcs11 } = bench();
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const thrower = () => {
      throw new Error('of the callback');
    };
    assert.equal((await pkcs11.info(thrower)).success, true);
    assert.match(String(await warned), /of the callback/);
    assert.equal((await failure(pkcs11.token('x', thrower))).code, 801);
  });

  it('JSON shows success, code and description; the cause is there and not enumerable', async () => {
    const { pkcs11 } = bench();
    const error = await failure(pkcs11.token(0x7fff_fff0));
    assert.ok(error instanceof RestException && error instanceof Error);
    assert.deepEqual(JSON.parse(JSON.stringify(error)), { success: false, code: 1, description: 'No reader found' });
    assert.equal((error.cause as { code: string }).code, 'CKR_SLOT_ID_INVALID');
    assert.equal(Object.keys(error).includes('cause'), false);
    assert.equal(Number.isInteger(error.code), true);
  });

  it('every code has its description', () => {
    for (const [code, description] of Object.entries(T1C_STATUS)) assert.ok(Number.isInteger(Number(code)) && description.length > 3);
    assert.equal(T1C_STATUS[801], 'Invalid arguments');
    assert.equal(Object.isFrozen(T1C_STATUS), true);
  });

  const bad: Record<string, Record<string, unknown>> = {
    'a slot id that is no number': { slot_id: 'one' },
    'a slot id below zero': { slot_id: -1 },
    'half a slot': { slot_id: 0.5 },
    'no slot id': { slot_id: undefined },
    'an unknown certificate': { cert_id: 'ABCDEF' },
    'a certificate id that is not hexadecimal': { cert_id: 'XYZ' },
    'an empty certificate id': { cert_id: '' },
    'no certificate id': { cert_id: undefined },
    'an unknown algorithm': { algorithm_reference: 'md5' },
    'a hostile algorithm': { algorithm_reference: '__proto__' },
    'no algorithm': { algorithm_reference: undefined },
    'a hash in hexadecimal': { data: Buffer.from(data, 'base64').toString('hex') },
    'a hash of the wrong length': { data: createHash('sha1').update('x').digest('base64') },
    'a hash with a line break': { data: `${data.slice(0, 20)}\n${data.slice(20)}` },
    'a document in place of its hash': { data: 'x'.repeat(1 << 20) },
    'bytes in place of base64': { data: Buffer.from(data, 'base64') },
    'no hash': { data: undefined },
    'a PIN that is no string': { pin: 1234 },
    'a certificate without its key': { cert_id: KEYLESS_ID },
  };
  for (const [what, more] of Object.entries(bad)) {
    it(`${what} is 801`, async () => {
      const error = await failure(bench().pkcs11.signData(request(more) as never));
      assert.equal(error.code, 801, error.message);
      assert.equal(error.description, 'Invalid arguments');
    });
  }

  it('no data at all is 801, and so is a signature that is no base64', async () => {
    const { pkcs11 } = bench();
    for (const given of [undefined, null, 'text', 5, () => undefined]) assert.equal((await failure(pkcs11.signData(given as never))).code, 801);
    for (const signature of [undefined, '', '*', 5]) {
      assert.equal((await failure(pkcs11.verifySignedData(request({ signature }) as never))).code, 801);
    }
    assert.equal((await failure(pkcs11.token((() => undefined) as never))).code, 801);
    assert.equal((await failure(pkcs11.certificates(bench().slotId, 'text' as never))).code, 801);
  });

  it('no PIN where one is needed and there is no PIN pad is 801', async () => {
    for (const pin of [undefined, null, '']) {
      assert.equal((await failure(bench().pkcs11.signData(request({ pin }) as never))).code, 801);
    }
  });

  it('a wrong PIN is told by the flags of the token, right afterwards the right one works, and neither stays logged in', async () => {
    const { pkcs11, fixture } = bench();
    const first = await failure(pkcs11.signData(request({ pin: '9999', cert_id: EC_ID })));
    assert.ok([112, 103].includes(first.code), String(first.code));
    assert.equal((await pkcs11.signData(request())).success, true);
    const second = await failure(pkcs11.signData(request({ pin: '9999' })));
    assert.ok([112, 103].includes(second.code), 'a login that stays would have let it through');
    assert.doesNotMatch(inspect(second, { depth: 5 }), /9999/);
    assert.equal((await pkcs11.signData(request())).success, true);
    const session = await fixture.token.session();
    assert.equal((await session.info()).state, 'public');
    await session.close();
  });

  it('a login that is there already stays', async () => {
    const { pkcs11, fixture } = bench();
    await fixture.token.login(fixture.pin);
    assert.equal((await pkcs11.signData(request())).success, true);
    const session = await fixture.token.session();
    assert.equal((await session.info()).state, 'user');
    await session.close();
    await fixture.token.logout();
  });
});

describe('what a token says becomes a code of the agent', () => {
  const codes: readonly [string, number, number][] = [
    ['CKR_TOKEN_NOT_PRESENT', 0xe0, 101],
    ['CKR_DEVICE_REMOVED', 0x32, 101],
    ['CKR_TOKEN_NOT_RECOGNIZED', 0xe1, 102],
    ['CKR_SLOT_ID_INVALID', 0x03, 1],
    ['CKR_HOST_MEMORY', 0x02, 100],
  ];
  for (const [name, rv, code] of codes) {
    it(`${name} of C_GetTokenInfo is ${code}`, async () => {
      const fault = new FaultModule();
      const client = await GCLClient.initialize(new GCLConfig({ pkcs11Config: moduleConfig(fault.path) }));
      fault.tell('C_GetTokenInfo', { rv, times: 1 });
      const error = await failure(client.pkcs11().token(1));
      assert.equal(error.code, code);
      assert.equal(error.description, T1C_STATUS[code]);
      await client.close();
      fault.close();
    });
  }
});

describe('a refused login becomes a code of the agent', () => {
  const token = (flags: Record<string, boolean>): Token => ({ info: async () => flags }) as unknown as Token;
  const rows: readonly [string, number, Record<string, boolean>, number][] = [
    ['a wrong PIN, one try left', CKR.PIN_INCORRECT, { userPinFinalTry: true, userPinCountLow: true }, 104],
    ['a wrong PIN, few tries left', CKR.PIN_INCORRECT, { userPinCountLow: true }, 103],
    ['a wrong PIN, and the token says no more', CKR.PIN_INCORRECT, {}, 112],
    ['a locked PIN', CKR.PIN_LOCKED, {}, 105],
    ['a PIN that cannot be one', CKR.PIN_INVALID, {}, 106],
    ['a PIN of the wrong length', CKR.PIN_LEN_RANGE, {}, 106],
    ['a cancelled PIN pad', CKR.FUNCTION_CANCELED, {}, 109],
    ['a device in trouble', CKR.DEVICE_ERROR, {}, 100],
    ['anything else', CKR.GENERAL_ERROR, {}, 100],
  ];
  for (const [what, rv, flags, code] of rows) {
    it(`${what}: ${code}`, async () => {
      const cause = new Pkcs11Error(rv, 'C_Login');
      const error = await exceptionOf(cause, token(flags));
      assert.equal(error.code, code);
      assert.equal(error.cause, cause);
    });
  }

  it('a token that does not answer after a wrong PIN leaves the wrong PIN what it is', async () => {
    const silent = { info: () => Promise.reject(new Error('gone')) } as unknown as Token;
    assert.equal((await exceptionOf(new Pkcs11Error(CKR.PIN_INCORRECT, 'C_Login'), silent)).code, 112);
  });

  it('what is a defect of ours is 900', async () => {
    const error = await exceptionOf(new TypeError('of ours'));
    assert.deepEqual([error.code, error.description], [900, 'Internal error']);
  });
});
