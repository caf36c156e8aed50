// The codes of the conventions, and what becomes which.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKR, CryptokiError, nameOf, Pkcs11Error } from '../../lib';
import { errorCodes, SCWS, Scws, ScwsError } from '../../lib/scws';
import { errorOf } from '../../lib/scws/error';
import { FaultModule } from '../support/fault-module';
import { code, failure } from './support';

describe('the errors of SCWS', () => {
  it('SCWS.Error extends Error, with message, code, httpStatus and customData', () => {
    const error = new SCWS.Error('text', 'CKR_CANCEL', 503, { more: 1 });
    assert.ok(error instanceof Error && error instanceof ScwsError);
    assert.deepEqual([error.message, error.code, error.httpStatus, error.customData], ['text', 'CKR_CANCEL', 503, { more: 1 }]);
    assert.equal(new SCWS.Error('text', 'CKR_CANCEL').httpStatus, 0);
    assert.match(String(error), /SCWS\.Error/);
  });

  it('the list has 92 names: 63 CKR, 19 CXR, 10 MWR, each with a description of its own', () => {
    const names = Object.keys(SCWS.errorCodes);
    const count = (prefix: string): number => names.filter((name) => name.startsWith(prefix)).length;
    assert.deepEqual([names.length, count('CKR_'), count('CXR_'), count('MWR_')], [92, 63, 19, 10]);
    assert.equal(
      names.filter((name) => name.startsWith('CXR_BT_') || ['CXR_FUNCTION_TIMED_OUT', 'CXR_AID_NOT_IN_PLIST_FILE'].includes(name)).length,
      8,
    );
    const descriptions = new Set(Object.values(SCWS.errorCodes));
    assert.equal(descriptions.size, 92, 'no description stands for two codes');
    for (const name of names) {
      const inStandard = nameOf('CKR', (CKR as Record<string, number>)[name.slice(4)] ?? -1) === name;
      assert.equal(inStandard, name.startsWith('CKR_'), name);
    }
    assert.equal(SCWS.errorCodes, errorCodes);
  });

  it('the descriptions that the document garbles are right', () => {
    assert.match(errorCodes.CKR_FUNCTION_CANCELED, /cancelled/);
    assert.doesNotMatch(errorCodes.CKR_FUNCTION_CANCELED, /parallel/);
    assert.match(errorCodes.CKR_FUNCTION_NOT_PARALLEL, /parallel/);
    assert.match(errorCodes.CXR_CONTAINER_EXISTS, /exists/);
    assert.doesNotMatch(errorCodes.CXR_NOT_PERMITTED, /PUK/i);
    assert.match(errorCodes.CKR_WRAPPED_KEY_LEN_RANGE, /short|long/);
  });

  it('a CKR of the token becomes the code of the same name when it is in the list', () => {
    for (const name of Object.keys(errorCodes).filter((one) => one.startsWith('CKR_'))) {
      const cause = new Pkcs11Error((CKR as Record<string, number>)[name.slice(4)]!, 'C_Sign');
      const error = errorOf(cause);
      assert.deepEqual([error.code, error.cause, error.httpStatus], [name, cause, 0]);
    }
  });

  for (const name of ['SESSION_HANDLE_INVALID', 'SESSION_COUNT', 'OPERATION_ACTIVE', 'BUFFER_TOO_SMALL', 'CRYPTOKI_NOT_INITIALIZED'] as const) {
    it(`CKR_${name} is not in it: an unknown error with its name and number`, () => {
      const error = errorOf(new Pkcs11Error(CKR[name], 'C_Sign'));
      assert.equal(error.code, 'MWR_SCWS_UNKNOWN_ERROR');
      assert.deepEqual(error.customData, { name: `CKR_${name}`, number: CKR[name] });
    });
  }

  it('a code of a vendor is an unknown error with its number', () => {
    assert.deepEqual(errorOf(new Pkcs11Error(0x8000_0123, 'C_Sign')).customData, { name: 'CKR_0x80000123', number: 0x8000_0123 });
  });

  it('what the library itself says has its code', () => {
    const codes = {
      ERR_CRYPTOKI_LOAD_FAILED: 'MWR_SCWS_UNREACHABLE',
      ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY: 'MWR_SCWS_UNREACHABLE',
      ERR_CRYPTOKI_CLOSED: 'MWR_SCWS_COMM_ERROR',
      ERR_CRYPTOKI_TIMEOUT: 'MWR_SCWS_COMM_TIMEOUT',
      ERR_CRYPTOKI_NOT_FOUND: 'CXR_CONTAINER_INVALID',
      ERR_CRYPTOKI_STALE: 'CXR_CONTAINER_INVALID',
      ERR_CRYPTOKI_INTERNAL: 'MWR_SCWS_UNKNOWN_ERROR',
    } as const;
    for (const [ours, theirs] of Object.entries(codes)) assert.equal(errorOf(new CryptokiError(ours as 'ERR_CRYPTOKI_STALE')).code, theirs);
    assert.equal(errorOf(Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' })).code, 'MWR_SCWS_BAD_PARAMS');
    assert.equal(errorOf(new Error('of ours')).code, 'MWR_SCWS_UNKNOWN_ERROR');
  });

  it('bad parameters of createEnvironment reject, and nothing throws at once', async () => {
    const scws = new Scws();
    for (const options of [undefined, null, 5, {}, { module: '' }, { module: 5 }]) {
      assert.equal(await code(scws.createEnvironment(options as never)), 'MWR_SCWS_BAD_PARAMS');
    }
    for (const more of [{ trustedRoots: 'x' }, { trustedRoots: ['x'] }, { crls: [5] }, { crls: ['no list'] }, { fetchCrl: 5 }, { timeLimit: 0 }]) {
      assert.equal(await code(scws.createEnvironment({ module: 'x', ...more } as never)), 'MWR_SCWS_BAD_PARAMS', inspect(more));
    }
    assert.deepEqual(scws.readers, []);
    assert.equal(await code(scws.updateReaderList()), 'MWR_SCWS_UNREACHABLE');
  });

  it('a library that cannot be loaded or initialised is unreachable', async () => {
    const scws = new Scws();
    assert.equal(await code(scws.createEnvironment({ module: '/nowhere.so' })), 'MWR_SCWS_UNREACHABLE');
    assert.equal(await code(scws.createEnvironment({ module: __filename })), 'MWR_SCWS_UNREACHABLE');
    const fault = new FaultModule();
    fault.fail('C_Initialize', CKR.GENERAL_ERROR);
    assert.equal(await code(scws.createEnvironment({ module: fault.path })), 'MWR_SCWS_UNREACHABLE');
    fault.close();
  });

  it('the time limit of a call, and a module that is closed while a call runs, have their codes', async () => {
    const fault = new FaultModule();
    const scws = new Scws();
    await scws.createEnvironment({ module: fault.path, timeLimit: 1000 });
    const reader = scws.readers.find(({ cardPresent }) => cardPresent)!;
    const token = await reader.connect();
    fault.hang('C_FindObjectsInit');
    assert.equal(await code(token.getObjects()), 'MWR_SCWS_COMM_TIMEOUT');
    fault.release('C_FindObjectsInit');
    await scws.closeEnvironment();
    assert.equal(await code(token.getObjects()), 'MWR_SCWS_COMM_ERROR');
    fault.close();
  });

  it('secrets stand in no error', async () => {
    const fault = new FaultModule();
    const scws = new Scws();
    await scws.createEnvironment({ module: fault.path });
    const token = await scws.readers.find(({ cardPresent }) => cardPresent)!.connect();
    const error = await failure(token.pins[0]!.login('a very secret PIN'));
    assert.match(error.code, /^CKR_PIN_/);
    assert.doesNotMatch(inspect(error, { depth: 9 }), /secret/);
    await scws.closeEnvironment();
    fault.close();
  });
});
