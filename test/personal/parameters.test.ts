import assert from 'node:assert/strict';
import { createPersonal, type PersonalObject } from '../../lib/personal';
import { base64, NONCE, personalOf, Script, TEXT, cancel, URL } from './support';

const MIB10 = 10 * 1024 * 1024;

describe('personal: parameters', () => {
  const objects = (): PersonalObject[] => {
    const personal = personalOf([], new Script(cancel));
    return [personal.authentication(), personal.signer2()];
  };
  const each = (check: (object: PersonalObject) => void): void => objects().forEach(check);
  const signer = (): PersonalObject => objects()[1]!;

  const COMMON = ['ServerTime', 'Policys', 'Subjects', 'OnlyAcceptMRU', 'Signature'];
  const NAMES = {
    authentication: ['Challenge', ...COMMON],
    signer2: ['Nonce', 'TextCharacterEncoding', 'TextToBeSigned', 'NonVisibleData', ...COMMON],
  };

  it('authentication and signer2 have those of the page; a name of the other kind is unknown', () => {
    objects().forEach((object, at) => {
      const own = at === 0 ? NAMES.authentication : NAMES.signer2;
      for (const name of new Set([...NAMES.authentication, ...NAMES.signer2])) {
        object.Reset();
        const unknown = own.includes(name) ? 0 : 8004;
        const value = object.GetParam(name);
        assert.equal(object.GetLastError(), unknown, name);
        if (unknown !== 0) assert.equal(value, null);
        object.Reset();
        assert.equal(
          object.SetParam(name, { ServerTime: '1290536889', OnlyAcceptMRU: 'true', TextCharacterEncoding: 'UTF-8' }[name] ?? 'x'),
          unknown,
          name,
        );
        assert.equal(object.GetLastError(), unknown, name);
      }
    });
  });

  it('parameter names are case-insensitive, in ASCII', () => {
    each((object) => {
      for (const name of ['policys', 'POLICYS', 'pOlIcYs']) {
        assert.equal(object.SetParam(name, name), 0);
        assert.equal(object.GetParam('Policys'), name);
        assert.equal(object.GetParam(name.toUpperCase()), name);
      }
      // A dotless i, a long s and the sign for Kelvin become ASCII letters in upper or lower case.
      for (const name of ['Polıcys', 'Policyſ', 'Policys ', ' Policys', '', 'Policys\0', 'Policies', 'constructor', '__proto__']) {
        assert.equal(object.SetParam(name, 'x'), 8004, name);
        assert.equal(object.GetParam(name), null, name);
      }
    });
  });

  it('SetParam: a value over 10 MiB in UTF-8 → 8018, the old value stays; exactly 10 MiB is accepted', () => {
    const object = signer();
    for (const name of ['Nonce', 'Policys', 'Subjects', 'TextToBeSigned', 'NonVisibleData', 'Signature']) {
      assert.equal(object.SetParam(name, 'old'), 0);
      for (const value of ['x'.repeat(MIB10 + 1), 'é'.repeat(MIB10 / 2 + 1), '\ud800'.repeat(Math.ceil(MIB10 / 3) + 1)]) {
        assert.equal(object.SetParam(name, value), 8018);
        assert.equal(object.GetParam(name), 'old');
      }
      for (const value of ['x'.repeat(MIB10), 'é'.repeat(MIB10 / 2)]) {
        assert.equal(object.SetParam(name, value), 0);
        assert.equal(object.GetParam(name) === value, true);
      }
    }
    assert.equal(object.SetParam('no such name', 'x'.repeat(MIB10 + 1)), 8004);
    assert.equal(object.SetParam('ServerTime', '1290536889'), 0);
    assert.equal(object.SetParam('ServerTime', '1'.repeat(MIB10 + 1)), 8018);
    assert.equal(object.GetParam('ServerTime'), '1290536889', 'the old value stays');
    assert.equal(object.SetParam('OnlyAcceptMRU', 'true'.repeat(MIB10)), 8018);
    assert.equal(object.SetParam('TextCharacterEncoding', 'UTF-8'.repeat(MIB10)), 8018);
  });

  it('string parameters, Signature too: stored as given, no base64 check here, 0', () => {
    const object = signer();
    for (const name of ['Nonce', 'Policys', 'Subjects', 'TextToBeSigned', 'NonVisibleData', 'Signature']) {
      for (const value of ['', 'no base64!', '<xml>&amp;</xml>', 'a\0b', '\ud800', ' ', '\r\n', '😀']) {
        assert.equal(object.SetParam(name, value), 0);
        assert.equal(object.GetParam(name), value);
      }
    }
  });

  for (const [value, code, stored] of [
    ['12345678901', 8018, ''],
    ['           ', 8018, ''],
    ['', 8014, ''],
    ['0', 8014, ''],
    ['-1', 8014, ''],
    ['-123456789', 8014, ''],
    ['abc', 8014, ''],
    ['0x12345678', 8014, ''],
    ['2147483648', 8014, ''],
    ['9999999999', 8014, ''],
    ['2147483647', 0, '2147483647'],
    ['1290536889', 0, '1290536889'],
    ['12345678ab', 0, '12345678'],
    ['  12345678', 0, '12345678'],
    ['\t\n\v\f\r12345', 0, '12345'],
    [' +12345678', 0, '12345678'],
    ['0000000001', 0, '1'],
    ['1234567.89', 0, '1234567'],
    ['++12345678', 8014, ''],
    ['- 12345678', 8014, ''],
    ['\u00a012345678', 8014, ''],
    ['１２３４５６７８９０', 8014, ''],
    ['123456789', 8014, '123456789'],
    ['1', 8014, '1'],
    ['1e9', 8014, '1'],
    ['+5', 8014, '5'],
  ] as const) {
    it(`ServerTime ${JSON.stringify(value)} → ${code}, and is then ${JSON.stringify(stored)}`, () => {
      each((object) => {
        assert.equal(object.SetParam('ServerTime', '1111111111'), 0);
        assert.equal(object.SetParam('ServerTime', value), code);
        assert.equal(object.GetLastError(), code);
        assert.equal(object.GetParam('ServerTime'), stored);
      });
    });
  }

  it('OnlyAcceptMRU: "true"/"false" in any case → 0, else 8012 and unchanged', () => {
    each((object) => {
      for (const [value, now] of [
        ['true', 'true'],
        ['FALSE', 'false'],
        ['TrUe', 'true'],
      ] as const) {
        assert.equal(object.SetParam('OnlyAcceptMRU', value), 0);
        assert.equal(object.GetParam('OnlyAcceptMRU'), now);
      }
      for (const value of ['', '1', 'yes', ' true', 'true ', 'falſe', 'tru']) {
        assert.equal(object.SetParam('OnlyAcceptMRU', value), 8012);
        assert.equal(object.GetParam('OnlyAcceptMRU'), 'true');
      }
    });
  });

  it('TextCharacterEncoding: exactly "UTF-8" or "ISO-8859-1" → 0, else 8018 and unchanged', () => {
    const object = signer();
    for (const value of ['ISO-8859-1', 'UTF-8', 'ISO-8859-1']) {
      assert.equal(object.SetParam('TextCharacterEncoding', value), 0);
      assert.equal(object.GetParam('TextCharacterEncoding'), value);
    }
    for (const value of ['', 'utf-8', 'UTF8', 'iso-8859-1', 'UTF-8 ', 'windows-1252', '"><x']) {
      assert.equal(object.SetParam('TextCharacterEncoding', value), 8018);
      assert.equal(object.GetParam('TextCharacterEncoding'), 'ISO-8859-1');
    }
  });

  it('GetParam: unknown → null and last error 8004; a known name leaves the last error alone', () => {
    each((object) => {
      assert.equal(object.GetParam('Nothing'), null);
      assert.equal(object.GetLastError(), 8004);
      assert.equal(object.GetParam('Policys'), null);
      assert.equal(object.GetLastError(), 8004);
      object.SetParam('OnlyAcceptMRU', 'perhaps');
      object.GetParam('OnlyAcceptMRU');
      assert.equal(object.GetLastError(), 8012);
    });
  });

  it('GetParam: what is unset, and the defaults', () => {
    const [authentication, other] = objects() as [PersonalObject, PersonalObject];
    for (const object of [authentication, other]) {
      for (const name of ['Policys', 'Subjects', 'Signature']) assert.equal(object.GetParam(name), null);
      assert.equal(object.GetParam('ServerTime'), '');
      assert.equal(object.GetParam('OnlyAcceptMRU'), 'false');
    }
    assert.equal(authentication.GetParam('Challenge'), null);
    for (const name of ['Nonce', 'TextToBeSigned', 'NonVisibleData']) assert.equal(other.GetParam(name), null);
    assert.equal(other.GetParam('TextCharacterEncoding'), 'UTF-8');
  });

  it('Reset() → 0: everything as new, last error 0', () => {
    each((object) => {
      for (const name of ['Policys', 'Subjects', 'Signature', 'Challenge', 'Nonce', 'TextToBeSigned']) object.SetParam(name, 'x');
      object.SetParam('ServerTime', '1290536889');
      object.SetParam('OnlyAcceptMRU', 'true');
      object.SetParam('TextCharacterEncoding', 'ISO-8859-1');
      object.GetParam('unknown');
      assert.equal(object.Reset(), 0);
      assert.equal(object.GetLastError(), 0);
      for (const name of ['Policys', 'Subjects', 'Signature', 'Challenge', 'Nonce', 'TextToBeSigned']) assert.equal(object.GetParam(name), null);
      assert.equal(object.GetParam('ServerTime'), '');
      assert.equal(object.GetParam('OnlyAcceptMRU'), 'false');
    });
  });

  it('two objects have nothing in common', () => {
    const personal = createPersonal({ tokens: [], url: URL, chooseIdentity: cancel });
    const [one, two] = [personal.signer2(), personal.signer2()];
    one.SetParam('Nonce', NONCE);
    one.GetParam('x');
    assert.equal(two.GetParam('Nonce'), null);
    assert.equal(two.GetLastError(), 0);
    assert.equal(one.SetParam('TextToBeSigned', TEXT), 0);
    assert.equal(two.SetParam('TextToBeSigned', base64('other')), 0);
    assert.equal(one.GetParam('TextToBeSigned'), TEXT);
  });
});
