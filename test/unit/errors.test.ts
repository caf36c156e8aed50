import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { CKR } from '../../lib/constants';
import { CRYPTOKI_ERROR_SENTENCES, adviceFor } from '../../lib/error-texts';
import { AbortError, CryptokiError, Pkcs11Error, type CryptokiErrorCode } from '../../lib/errors';
import { ENGINE } from '../../lib/generated/calls';
import { CALL } from '../../lib/generated/calls';
import { engineError } from '../../lib/wire/engine-errors';

describe('Pkcs11Error', () => {
  it('carries code, number and call', () => {
    const error = new Pkcs11Error(CKR.PIN_INCORRECT, 'C_Login');
    assert.equal(error.name, 'Pkcs11Error');
    assert.equal(error.code, 'CKR_PIN_INCORRECT');
    assert.equal(error.rv, 0xa0);
    assert.equal(error.call, 'C_Login');
    assert.equal(error.message, 'C_Login: CKR_PIN_INCORRECT: the PIN is wrong');
    assert.ok(error instanceof Error);
    assert.match(error.stack!, /^Pkcs11Error: C_Login: CKR_PIN_INCORRECT/);
  });

  it('names codes that the standard does not have by number', () => {
    assert.equal(new Pkcs11Error(0x80000123, 'C_Sign').code, 'CKR_0x80000123');
    assert.equal(new Pkcs11Error(0x80000123, 'C_Sign').message, 'C_Sign: CKR_0x80000123');
    assert.equal(new Pkcs11Error(0x77, 'C_Sign').code, 'CKR_0x00000077');
  });

  it('is recognised across two copies of the package', () => {
    const foreign = Object.assign(new Error('x'), { code: 'CKR_PIN_LOCKED', [Symbol.for('cryptoki.Pkcs11Error')]: true });
    assert.ok(Pkcs11Error.is(foreign));
    assert.ok(Pkcs11Error.is(foreign, 'CKR_PIN_LOCKED'));
    assert.ok(!Pkcs11Error.is(foreign, 'CKR_PIN_INCORRECT'));
    for (const value of [null, undefined, 5, 'x', {}, new Error('x'), new CryptokiError('ERR_CRYPTOKI_BUSY')]) assert.ok(!Pkcs11Error.is(value));
  });

  it('shows its facts and nothing else in util.inspect', () => {
    const shown = inspect(new Pkcs11Error(CKR.PIN_INCORRECT, 'C_Login'));
    assert.match(shown, /code: 'CKR_PIN_INCORRECT'/);
    assert.match(shown, /rv: 160/);
    assert.match(shown, /call: 'C_Login'/);
    assert.doesNotMatch(shown, /Symbol/);
    assert.deepEqual(Object.keys(new Pkcs11Error(5, 'C_Sign')), ['code', 'rv', 'call']);
  });

  it('has advice for codes that exist only', () => {
    const names = new Set(Object.keys(CKR).map((name) => `CKR_${name}`));
    for (const name of names) assert.notEqual(adviceFor(name), '');
    const advised = [...names].filter((name) => adviceFor(name) !== undefined);
    assert.ok(advised.length >= 80, String(advised.length));
    assert.equal(adviceFor('constructor'), undefined);
  });
});

describe('CryptokiError', () => {
  it('has a sentence for each code', () => {
    for (const [code, sentence] of Object.entries(CRYPTOKI_ERROR_SENTENCES)) {
      const error = new CryptokiError(code as CryptokiErrorCode);
      assert.equal(error.message, sentence);
      assert.equal(error.name, 'CryptokiError');
      assert.match(code, /^ERR_CRYPTOKI_[A-Z_]+$/);
      assert.match(sentence, /^[A-Z].*[^.]$/);
    }
  });

  it('has each code in docs/errors.md, and no other stands there', () => {
    const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(ERR_CRYPTOKI_[A-Z_]+)` \|/gm)].map((match) => match[1]);
    assert.deepEqual(listed, Object.keys(CRYPTOKI_ERROR_SENTENCES));
  });

  it('carries the call, the reason and the cause when there are any', () => {
    const cause = new Error('inner');
    const error = new CryptokiError('ERR_CRYPTOKI_BUSY', undefined, { call: 'C_Sign', cause });
    assert.equal(error.call, 'C_Sign');
    assert.match(error.message, /^C_Sign: /);
    assert.equal(error.cause, cause);
    assert.deepEqual(Object.keys(new CryptokiError('ERR_CRYPTOKI_CLOSED')), ['code']);
    assert.ok(CryptokiError.is(error, 'ERR_CRYPTOKI_BUSY'));
    assert.ok(!CryptokiError.is(error, 'ERR_CRYPTOKI_CLOSED'));
    assert.ok(!CryptokiError.is(new Pkcs11Error(5, 'C_Sign')));
  });
});

describe('AbortError', () => {
  it('looks like that of Node', () => {
    const error = new AbortError('why');
    assert.deepEqual([error.name, error.code, error.message, error.cause], ['AbortError', 'ABORT_ERR', 'The operation was aborted', 'why']);
  });
});

describe('the codes of the engine', () => {
  it('each become an error', () => {
    for (const [name, code] of Object.entries(ENGINE)) {
      const error = engineError(code, '', CALL.C_Sign) as Error & { code: string };
      assert.match(error.code, /^(CKR|ERR)_/, name);
      if (code !== ENGINE.MALFORMED && code !== ENGINE.NO_SUCH_CALL && code < ENGINE.LOAD_FAILED)
        assert.notEqual(error.code, 'ERR_CRYPTOKI_INTERNAL', name);
    }
  });

  it('are the codes of the standard where it has them', () => {
    const missing = engineError(ENGINE.FUNCTION_MISSING, 'C_LoginUser', CALL.C_LoginUser) as Pkcs11Error;
    assert.deepEqual([missing.code, missing.call], ['CKR_FUNCTION_NOT_SUPPORTED', 'C_LoginUser']);
    assert.match(missing.message, /does not have this function/);
    const session = engineError(ENGINE.SESSION_UNKNOWN, '', CALL.SignOnce) as Pkcs11Error;
    assert.deepEqual([session.code, session.call], ['CKR_SESSION_HANDLE_INVALID', 'C_SignInit']);
    const early = engineError(ENGINE.NOT_INITIALIZED, '', CALL.C_GetSlotList) as Pkcs11Error;
    assert.deepEqual([early.code, early.call], ['CKR_CRYPTOKI_NOT_INITIALIZED', 'C_GetSlotList']);
    assert.ok(engineError(ENGINE.ULONG_RANGE, '', CALL.C_Sign) instanceof RangeError);
  });
});
