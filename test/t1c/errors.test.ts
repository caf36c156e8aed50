// Errors: the object, and its codes.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKR, Pkcs11Error, type Token } from '../../lib';
import { RestException, T1C_STATUS } from '../../lib/t1c';
import { exceptionOf } from '../../lib/t1c/errors';
import { LIE, testModule, type FunctionName } from '../support/fault-module';
import { clientOf, failure, hashed, ID, moduleConfig, SLOT, useBench, useFault } from './support';

const DESCRIPTIONS: Readonly<Record<number, RegExp>> = {
  0: /reader/,
  1: /^No reader found$/,
  2: /Belfius/,
  100: /^Card error$/,
  101: /^Card not present$/,
  102: /^Wrong card$/,
  103: /two tries remaining/,
  104: /one try remaining/,
  105: /^Pin blocked$/,
  106: /^Invalid pin$/,
  107: /not supported/,
  108: /locked/,
  109: /^Verify Pin cancelled$/,
  110: /timed out/,
  111: /four tries remaining/,
  112: /three tries remaining/,
  113: /PUK blocked/,
  200: /JWT/,
  201: /JWT/,
  202: /JWT/,
  203: /JWT/,
  204: /JWT/,
  205: /JWT/,
  300: /^Failed to load the library$/,
  351: /[Ff]ile/,
  352: /[Ff]ile/,
  400: /session/i,
  401: /session/i,
  402: /session/i,
  500: /agent/i,
  501: /agent/i,
  800: /JSON/,
  801: /^Invalid arguments$/,
  802: /HTTP/,
  803: /authentication/,
  804: /authentication/,
  900: /^Internal error$/,
  901: /configuration/,
  902: /^Invalid container configuration$/,
};

describe('t1c: errors on SoftHSM', () => {
  const bench = useBench();

  it('Errors 1: an Error whose own enumerable members are success, code and description; JSON shows them', async () => {
    const error = await failure(bench().pkcs11.token('x'));
    assert.ok(error instanceof Error && error instanceof RestException);
    assert.equal(error.name, 'RestException');
    assert.deepEqual(Object.keys(error), ['success', 'code', 'description']);
    assert.ok(Number.isInteger(error.code));
    assert.equal(JSON.stringify(error, null, '  '), '{\n  "success": false,\n  "code": 801,\n  "description": "Invalid arguments"\n}');
    assert.match(error.message, /^Invalid arguments: the slot id must be/);
  });

  it('Errors 2: cause is what the token said, and not enumerable', async () => {
    const error = await failure(bench().pkcs11.token(0x7fff_fff0));
    assert.ok(Pkcs11Error.is(error.cause, 'CKR_SLOT_ID_INVALID'));
    assert.equal(Object.keys(error).includes('cause'), false);
    assert.deepEqual(JSON.parse(JSON.stringify(error)), { success: false, code: 1, description: 'No reader found' });
    assert.equal('cause' in (await failure(bench().pkcs11.token('x'))), false);
  });

  it('Errors 3: no path for this system is 902', async () => {
    const { client } = bench();
    for (const given of [{}, { linux: '', mac: '', win: '' }, { linux: null, mac: null, win: null }, 'path', 5, []]) {
      assert.equal((await failure(client.pkcs11(given as never).info())).code, 902);
    }
  });

  it('Errors 4: a library that is missing, cannot be loaded, or is none is 300', async () => {
    const { fixture, client } = bench();
    const paths = [`${fixture.profile.module}.missing`, __filename, __dirname, 'a\0b', '\ud800', 'x'.repeat(100_000), '../../../../x'];
    const modules = ['odd_list_null', 'odd_list_error', 'odd_no_entry', 'odd_missing', 'odd_undefined'].map(testModule);
    for (const path of [...paths, ...modules]) {
      const error = await failure(client.pkcs11(moduleConfig(path)).info());
      assert.equal(error.code, 300, `${path.slice(0, 99)} ${String(error.cause)}`);
    }
  });

  it('Errors 5: a bad argument is 801', async () => {
    const { pkcs11, slotId, request } = bench();
    for (const given of ['one', '', ' 1', '1.5', '0x1', '-1', -1, 0.5, NaN, Infinity, 2 ** 53, 1n, true, {}, [], null, undefined]) {
      assert.equal((await failure(pkcs11.token(given as never))).code, 801);
      assert.equal((await failure(pkcs11.certificates(given as never))).code, 801);
      assert.equal((await failure(pkcs11.signData(request('ec', { slot_id: given })))).code, 801);
    }
    for (const more of [
      { cert_id: 'ABCDEF' },
      { cert_id: 'XYZ' },
      { cert_id: `${ID.ec}0` },
      { cert_id: Buffer.from(ID.ec, 'hex') },
      { algorithm_reference: 'md5' },
      { data: 'x'.repeat(44) + '*' },
      { data: `${hashed('sha256').slice(0, 20)}\n${hashed('sha256').slice(20)}` },
      { data: Buffer.from(hashed('sha256'), 'base64') },
      { data: hashed('sha512') },
      { pin: 1234 },
      { pin: Buffer.from('1234') },
      { pin: () => '1234' },
    ]) {
      const error = await failure(pkcs11.signData(request('ec', more)));
      assert.deepEqual([error.code, error.description], [801, 'Invalid arguments'], inspect(more));
    }
    for (const name of ['slot_id', 'cert_id', 'algorithm_reference', 'data', 'pin']) {
      assert.equal((await failure(pkcs11.signData(request('ec', { [name]: undefined })))).code, 801, name);
    }
    for (const given of [undefined, null, 'text', 5, [], {}, () => undefined]) {
      assert.equal((await failure(pkcs11.signData(given as never))).code, 801);
      assert.equal((await failure(pkcs11.verifySignedData(given as never))).code, 801);
    }
    for (const options of ['text', 5, true]) assert.equal((await failure(pkcs11.certificates(slotId, options as never))).code, 801);
  });

  it('Errors 15: every code of the agent has its description, in one table', () => {
    assert.deepEqual(Object.keys(T1C_STATUS), Object.keys(DESCRIPTIONS));
    for (const [code, description] of Object.entries(DESCRIPTIONS)) assert.match(T1C_STATUS[Number(code)]!, description);
    assert.equal(Object.isFrozen(T1C_STATUS), true);
  });
});

/** What a function of the library answers, and what becomes of it. */
interface Said {
  readonly by: FunctionName;
  readonly rv: keyof typeof CKR;
}

describe('t1c: errors of the token', () => {
  const bench = useFault();

  async function codeOf({ by, rv }: Said): Promise<number> {
    const { fault, pkcs11, request } = bench();
    await pkcs11.certificates(SLOT.ordinary);
    fault.fail(by, CKR[rv]);
    const error = await failure(by === 'C_GetSlotInfo' ? pkcs11.slots() : pkcs11.signData(request(SLOT.ordinary)));
    assert.ok(Pkcs11Error.is(error.cause, `CKR_${rv}`), String(error.cause));
    assert.equal(error.description, T1C_STATUS[error.code]);
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /1234/);
    return error.code;
  }

  it('Errors 6: an unknown slot is 1', async () => {
    const { pkcs11, request } = bench();
    for (const slot of [0, 99, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      assert.equal((await failure(pkcs11.token(slot))).code, 1);
      assert.equal((await failure(pkcs11.certificates(slot))).code, 1);
      assert.equal((await failure(pkcs11.signData(request(slot)))).code, 1);
    }
    assert.equal(await codeOf({ by: 'C_GetTokenInfo', rv: 'SLOT_ID_INVALID' }), 1);
  });

  it('Errors 7: a slot without a token, and one that is removed, is 101', async () => {
    const { pkcs11, request } = bench();
    assert.equal((await failure(pkcs11.token(SLOT.empty))).code, 101);
    assert.equal((await failure(pkcs11.certificates(SLOT.empty))).code, 101);
    assert.equal((await failure(pkcs11.signData(request(SLOT.empty)))).code, 101);
    for (const by of ['C_GetTokenInfo', 'C_Login', 'C_SignInit', 'C_Sign'] as const) {
      assert.equal(await codeOf({ by, rv: 'TOKEN_NOT_PRESENT' }), 101, by);
      assert.equal(await codeOf({ by, rv: 'DEVICE_REMOVED' }), 101, by);
    }
  });

  it('Errors 8: a token that is not recognised is 102', async () => {
    assert.equal(await codeOf({ by: 'C_GetTokenInfo', rv: 'TOKEN_NOT_RECOGNIZED' }), 102);
  });

  it('Errors 9: a wrong PIN is told by the flags of the token: 112, 103, 104; and 105 when the try has locked it', async () => {
    const { pkcs11, request } = bench();
    assert.equal(await codeOf({ by: 'C_Login', rv: 'PIN_INCORRECT' }), 112, 'the token has noted no try');
    const wrong = async (): Promise<number> => (await failure(pkcs11.signData(request(SLOT.ordinary, { pin: 'wrong' })))).code;
    assert.deepEqual([await wrong(), await wrong()], [103, 104]);
    assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true);
    assert.deepEqual([await wrong(), await wrong(), await wrong(), await wrong()], [103, 104, 105, 105]);
  });

  it('Errors 9: the last try goes before the low count; a token that says nothing more has refused a PIN all the same', async () => {
    const wrong = new Pkcs11Error(CKR.PIN_INCORRECT, 'C_Login');
    const token = (flags: object): Token => ({ info: async () => flags }) as Token;
    assert.equal((await exceptionOf(wrong, token({ userPinFinalTry: true, userPinCountLow: true }))).code, 104);
    assert.equal((await exceptionOf(wrong, token({ userPinCountLow: true }))).code, 103);
    assert.equal((await exceptionOf(wrong, token({}))).code, 112);
    assert.equal((await exceptionOf(wrong)).code, 112);
    const { fault, pkcs11, request } = bench();
    const signing = (): Promise<unknown> => pkcs11.signData(request(SLOT.ordinary, { pin: 'wrong' }));
    await pkcs11.certificates(SLOT.ordinary);
    fault.hang('C_Login');
    const refused = failure(signing());
    await fault.inside('C_Login');
    fault.fail('C_GetTokenInfo', CKR.DEVICE_ERROR);
    fault.release('C_Login');
    assert.equal((await refused).code, 112);
  });

  it('Errors 10: a locked PIN is 105, the right one too', async () => {
    const { pkcs11, request } = bench();
    for (let tries = 0; tries < 3; tries++) await failure(pkcs11.signData(request(SLOT.ordinary, { pin: 'wrong' })));
    for (const pin of ['wrong', undefined]) {
      const error = await failure(pkcs11.signData(request(SLOT.ordinary, pin === undefined ? {} : { pin })));
      assert.equal(error.code, 105);
      assert.ok(Pkcs11Error.is(error.cause, 'CKR_PIN_LOCKED'));
    }
    const signature = 'AAAA';
    assert.equal((await failure(pkcs11.verifySignedData(request(SLOT.ordinary, { signature }) as never))).code, 105);
    assert.equal((await pkcs11.verifySignedData(request(SLOT.ordinary, { signature, pin: '' }) as never)).data, false, 'without a PIN it goes on');
  });

  it('Errors 11: a PIN that cannot be one is 106', async () => {
    assert.equal(await codeOf({ by: 'C_Login', rv: 'PIN_INVALID' }), 106);
    assert.equal(await codeOf({ by: 'C_Login', rv: 'PIN_LEN_RANGE' }), 106);
  });

  it('Errors 12: cancelled at the PIN pad is 109', async () => {
    const { fault, pkcs11, request } = bench();
    fault.fail('C_Login', CKR.FUNCTION_CANCELED);
    const error = await failure(pkcs11.signData(request(SLOT.pinPad, { pin: '' })));
    assert.deepEqual([error.code, error.description], [109, 'Verify Pin cancelled']);
  });

  it('Errors 13: whatever else the token says is 100, wherever it says it', async () => {
    for (const by of ['C_GetTokenInfo', 'C_FindObjectsInit', 'C_Login', 'C_SignInit', 'C_Sign'] as const) {
      for (const rv of ['DEVICE_ERROR', 'GENERAL_ERROR', 'HOST_MEMORY', 'USER_PIN_NOT_INITIALIZED', 'PIN_EXPIRED'] as const) {
        assert.equal(await codeOf({ by, rv }), 100, `${rv} of ${by}`);
      }
    }
    assert.equal(await codeOf({ by: 'C_GetSlotInfo', rv: 'DEVICE_ERROR' }), 100);
    const { fault, pkcs11, request } = bench();
    fault.fail('C_Sign', 0x8000_0123);
    const error = await failure(pkcs11.signData(request(SLOT.ordinary)));
    assert.deepEqual([error.code, (error.cause as Pkcs11Error).code], [100, 'CKR_0x80000123']);
  });

  it('Errors 13: a token that lies is in error', async () => {
    const { fault, pkcs11, request } = bench();
    for (const [lie, lieValue] of [
      ['LENGTH', 2 ** 40],
      ['LENGTH', 1],
      ['TOO_SMALL', 2 ** 40],
      ['TOO_SMALL_GROWS', 0],
    ] as const) {
      fault.tell('C_Sign', { lie: LIE[lie], lieValue });
      assert.equal((await failure(pkcs11.signData(request(SLOT.ordinary)))).code, 100, lie);
    }
    fault.tell('C_Sign', { lie: 0 });
    assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true);
  });

  it('Errors 14: a defect of our own is 900', async () => {
    const { client } = bench();
    const error = await exceptionOf(new TypeError('of ours'));
    assert.deepEqual(JSON.parse(JSON.stringify(error)), { success: false, code: 900, description: 'Internal error' });
    assert.ok(error.cause instanceof TypeError);
    const again = await exceptionOf(error);
    assert.equal(again, error);
    assert.ok(client);
  });

  it('what failed does not stand in the way of what follows', async () => {
    const { fault, pkcs11, request } = bench();
    for (const by of ['C_OpenSession', 'C_Login', 'C_SignInit', 'C_Sign', 'C_Logout', 'C_CloseSession'] as const) {
      fault.fail(by, CKR.DEVICE_ERROR);
      await pkcs11.signData(request(SLOT.ordinary)).catch(() => undefined);
      assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true, by);
      assert.equal((await failure(pkcs11.signData(request(SLOT.ordinary, { pin: 'wrong' })))).code, 103, by);
      assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true, by);
    }
    const other = await clientOf(fault.path);
    assert.equal((await other.pkcs11().signData(request(SLOT.ordinary))).success, true);
    await other.close();
  });
});
