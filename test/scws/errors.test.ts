// 2: the error and its codes, and what becomes which.

import assert from 'node:assert/strict';
import { CKR, CryptokiError, nameOf, Pkcs11Error } from '../../lib';
import { errorCodes, SCWS, ScwsError } from '../../lib/scws';
import { errorOf } from '../../lib/scws/error';
import { DESCRIPTIONS } from './descriptions';

describe('SCWS 2: errors', () => {
  const standard = CKR as Record<string, number>;

  it('2.1 SCWS.Error extends Error', () => {
    const error = new SCWS.Error('text', 'CKR_CANCEL');
    assert.ok(error instanceof Error && error instanceof ScwsError);
    assert.match(String(error), /^SCWS\.Error: text$/);
    assert.match(String(error.stack), /errors\.test/);
  });

  it('2.13 it has message, code, httpStatus, which is its third argument, and customData', () => {
    const error = new SCWS.Error('text', 'CKR_CANCEL', 503, { more: 1 });
    assert.deepEqual([error.message, error.code, error.httpStatus, error.customData], ['text', 'CKR_CANCEL', 503, { more: 1 }]);
    assert.equal(new SCWS.Error('text', 'CKR_CANCEL').httpStatus, 0);
  });

  it('2.2 the list has 92 names: 63 CKR, all of them of the standard, 19 CXR, of which 8 for mobiles, and 10 MWR', () => {
    const names = Object.keys(errorCodes);
    const count = (prefix: string): number => names.filter((name) => name.startsWith(prefix)).length;
    assert.deepEqual([names.length, count('CKR_'), count('CXR_'), count('MWR_')], [92, 63, 19, 10]);
    const mobile = ['CXR_FUNCTION_TIMED_OUT', 'CXR_AID_NOT_IN_PLIST_FILE'];
    assert.equal(names.filter((name) => name.startsWith('CXR_BT_') || mobile.includes(name)).length, 8);
    for (const name of names.filter((one) => one.startsWith('CKR_'))) assert.equal(nameOf('CKR', standard[name.slice(4)] ?? -1), name);
  });

  it('2.3 SCWS.errorCodes is data: a plain object from name to description, the one that is exported', () => {
    assert.equal(SCWS.errorCodes, errorCodes);
    assert.equal(Object.getPrototypeOf(errorCodes), Object.prototype);
    for (const description of Object.values(errorCodes)) assert.match(description, /^[A-Z].*\.$/);
    assert.deepEqual(JSON.parse(JSON.stringify(errorCodes)), errorCodes);
    assert.throws(() => Object.assign(errorCodes, { CKR_CANCEL: 'x' }), { name: 'TypeError' });
  });

  it('2.4 the list is open: an error may have a code that is not in it', () => {
    assert.equal(new SCWS.Error('of a newer release', 'CXR_OF_TOMORROW').code, 'CXR_OF_TOMORROW');
    const code: string = new SCWS.Error('', 'CKR_CANCEL').code;
    assert.equal(code, 'CKR_CANCEL');
    assert.equal(SCWS.errorCodes['CXR_OF_TOMORROW'], undefined);
  });

  it('2.5 every code has a description that is right, and none stands for two', () => {
    for (const [code, wanted] of Object.entries(DESCRIPTIONS)) assert.match(SCWS.errorCodes[code] ?? '', wanted, code);
    assert.deepEqual(Object.keys(DESCRIPTIONS), Object.keys(errorCodes));
    assert.equal(new Set(Object.values(errorCodes)).size, 92);
  });

  it('2.6 FUNCTION_CANCELED has lost the text of FUNCTION_NOT_PARALLEL, which has it', () => {
    assert.doesNotMatch(errorCodes.CKR_FUNCTION_CANCELED, /parallel|older/i);
    assert.match(errorCodes.CKR_FUNCTION_NOT_PARALLEL, /No function runs in parallel/);
  });

  it('2.7 CXR_CONTAINER_EXISTS and CXR_NOT_PERMITTED say what they mean', () => {
    assert.doesNotMatch(errorCodes.CXR_CONTAINER_EXISTS, /permit|authenticated/);
    assert.match(errorCodes.CXR_NOT_PERMITTED, /authenticated/);
    assert.doesNotMatch(errorCodes.CXR_NOT_PERMITTED, /PUK/i);
  });

  it('2.8 WRAPPED_KEY_INVALID is about the key, WRAPPED_KEY_LEN_RANGE about its length', () => {
    assert.doesNotMatch(errorCodes.CKR_WRAPPED_KEY_INVALID, /size|long|short/);
    assert.doesNotMatch(errorCodes.CKR_WRAPPED_KEY_LEN_RANGE, /type/);
  });

  it('2.9 a CKR of the token becomes the code of the same name when it is in the list', () => {
    for (const name of Object.keys(errorCodes).filter((one) => one.startsWith('CKR_'))) {
      const cause = new Pkcs11Error(standard[name.slice(4)]!, 'C_Sign');
      const { code, cause: told, httpStatus, customData, message } = errorOf(cause);
      assert.deepEqual([code, told, httpStatus, customData], [name, cause, 0, undefined]);
      assert.equal(message, SCWS.errorCodes[name]);
    }
  });

  it('2.10 every other is MWR_SCWS_UNKNOWN_ERROR, with name and number in customData', () => {
    // That an object is no more has a code of its own: 3.8.
    const own = ['OK', 'OBJECT_HANDLE_INVALID'];
    const others = Object.keys(CKR).filter((name) => !own.includes(name) && SCWS.errorCodes[`CKR_${name}`] === undefined);
    for (const known of ['SESSION_HANDLE_INVALID', 'SESSION_COUNT', 'OPERATION_ACTIVE', 'BUFFER_TOO_SMALL', 'CRYPTOKI_NOT_INITIALIZED'])
      assert.ok(others.includes(known), known);
    for (const name of others) {
      const { code, customData } = errorOf(new Pkcs11Error(standard[name]!, 'C_Sign'));
      assert.equal(code, 'MWR_SCWS_UNKNOWN_ERROR');
      assert.deepEqual(customData, { name: nameOf('CKR', standard[name]!), number: standard[name] });
    }
    assert.deepEqual(errorOf(new Pkcs11Error(0x8000_0123, 'C_Sign')).customData, { name: 'CKR_0x80000123', number: 0x8000_0123 });
  });

  it('2.11 CKR_OK is no code', () => {
    assert.equal(SCWS.errorCodes['CKR_OK'], undefined);
    assert.equal(errorOf(new Pkcs11Error(CKR.OK, 'C_Sign')).code, 'MWR_SCWS_UNKNOWN_ERROR');
  });

  it('2.12 CXR and MWR have no numbers', () => {
    for (const name of Object.keys(errorCodes).filter((one) => !one.startsWith('CKR_'))) assert.equal(standard[name.slice(4)], undefined, name);
    for (const error of [new CryptokiError('ERR_CRYPTOKI_STALE'), new CryptokiError('ERR_CRYPTOKI_CLOSED'), new Error('of ours')]) {
      const { code, customData } = errorOf(error);
      assert.match(code, /^(CXR|MWR)_/);
      assert.equal((customData as { number?: number } | undefined)?.number, undefined);
    }
  });
});
