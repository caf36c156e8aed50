import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  createPersonal,
  FRIBID_ORDER,
  NEXUS_ORDER,
  PersonalErrorCode,
  PersonalObject,
  PersonalVersion,
  type PersonalOptions,
} from '../../lib/personal';
import { cancel, NONCE, personalOf, ready, Script, URL } from './support';

const options = (more: object = {}): PersonalOptions => ({ tokens: [], url: URL, chooseIdentity: cancel, ...more });
const methods = (object: object): string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(object))
    .filter((name) => !['constructor', 'cause'].includes(name))
    .sort();

describe('personal: the objects', () => {
  it('createPersonal returns { version, authentication(), signer2() }', () => {
    const personal = createPersonal(options());
    assert.ok(personal.version instanceof PersonalVersion);
    assert.ok(personal.authentication() instanceof PersonalObject);
    assert.ok(personal.signer2() instanceof PersonalObject);
    assert.notEqual(personal.signer2(), personal.signer2());
  });

  it('create(mimeType) makes them by their media types', () => {
    const personal = createPersonal(options());
    assert.ok(personal.create('application/x-personal-version') instanceof PersonalVersion);
    assert.equal(personal.create('application/x-personal-authentication').SetParam('Challenge', NONCE), 0);
    assert.equal(personal.create('application/x-personal-signer2').SetParam('Nonce', NONCE), 0);
    for (const type of ['application/x-personal-signer', 'text/plain', '', undefined, 5, 'constructor']) {
      assert.throws(() => personal.create(type as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
    }
  });

  it('version object: GetVersion() only; the other two have the rest, and no GetVersion', () => {
    const personal = createPersonal(options());
    assert.deepEqual(methods(personal.version), ['GetVersion']);
    for (const object of [personal.authentication(), personal.signer2()]) {
      assert.deepEqual(methods(object), ['GetLastError', 'GetParam', 'PerformAction', 'Reset', 'SetParam']);
    }
  });

  it('all are synchronous except PerformAction, which returns a promise', async () => {
    const object = createPersonal(options()).signer2();
    assert.equal(typeof object.SetParam('Nonce', 'x'), 'number');
    assert.equal(typeof object.GetParam('Nonce'), 'string');
    assert.equal(typeof object.GetLastError(), 'number');
    assert.equal(typeof object.Reset(), 'number');
    const promise = object.PerformAction('Sign');
    assert.ok(promise instanceof Promise);
    assert.equal(await promise, 8016);
  });

  it('wrong argument count or a non-string argument throws a TypeError and leaves the last error as it was', () => {
    const { version, ...personal } = createPersonal(options());
    for (const object of [personal.authentication(), personal.signer2()] as never as Record<string, (...given: unknown[]) => unknown>[]) {
      object['GetParam']!('unknown');
      for (const [method, count] of [
        ['GetParam', 1],
        ['SetParam', 2],
        ['Reset', 0],
        ['PerformAction', 1],
        ['GetLastError', 0],
      ] as const) {
        for (let given = 0; given < 4; given++) {
          if (given !== count) assert.throws(() => object[method]!(...Array(given).fill('x')), { name: 'TypeError' }, `${method} ${given}`);
        }
        for (const value of [undefined, null, 5, true, {}, [], Symbol('x'), () => 'x', Object('x'), 5n]) {
          if (count > 0) assert.throws(() => object[method]!(...Array(count - 1).fill('x'), value), { name: 'TypeError' }, method);
          if (count > 1) assert.throws(() => object[method]!(value, 'x'), { name: 'TypeError' }, method);
        }
      }
      assert.equal(object['GetLastError']!(), 8004);
    }
    assert.throws(() => (version as { GetVersion(x: unknown): string }).GetVersion('x'), { name: 'TypeError' });
  });

  it('method names are case-sensitive', () => {
    const object = createPersonal(options()).signer2() as never as Record<string, unknown>;
    for (const name of ['getParam', 'setparam', 'GETLASTERROR', 'performAction', 'reset']) assert.equal(object[name], undefined);
  });

  it('a second PerformAction while one is running on the same object throws', async () => {
    let answer: (value: null) => void = () => undefined;
    const script = new Script(() => new Promise((resolve) => (answer = resolve)));
    const object = ready(personalOf([], script), 'Sign');
    const running = object.PerformAction('Sign');
    object.GetParam('unknown');
    assert.throws(() => void object.PerformAction('Sign'), { code: 'ERR_CRYPTOKI_BUSY' });
    assert.throws(() => void object.PerformAction('nonsense'), { code: 'ERR_CRYPTOKI_BUSY' });
    assert.equal(object.GetLastError(), 8004);
    while (script.requests.length === 0) await new Promise(setImmediate);
    answer(null);
    assert.equal(await running, 8002);
    assert.equal(await object.PerformAction('nonsense'), 8008);
  });

  it('the error codes are an enum', () => {
    const codes = Object.values(PersonalErrorCode).filter((value) => typeof value === 'number');
    assert.deepEqual(codes, [0, 1, 8002, 8004, 8008, 8012, 8013, 8014, 8015, 8016, 8017, 8018, 8019, 8102]);
  });

  it('options that cannot be right are refused at once', () => {
    for (const [more, code] of [
      [{ url: undefined }, 'ERR_INVALID_ARG_TYPE'],
      [{ url: new globalThis.URL(URL) }, 'ERR_INVALID_ARG_TYPE'],
      [{ hostname: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ ip: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ chooseIdentity: undefined }, 'ERR_INVALID_ARG_TYPE'],
      [{ chooseIdentity: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ tokens: undefined }, 'ERR_INVALID_ARG_TYPE'],
      [{ tokens: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ tokens: [{}] }, 'ERR_INVALID_ARG_TYPE'],
      [{ tokens: undefined, module: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ module: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ clock: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ versionOrder: 'Personal' }, 'ERR_INVALID_ARG_TYPE'],
      [{ versionOrder: [5] }, 'ERR_INVALID_ARG_TYPE'],
      [{ version: '1 2' }, 'ERR_INVALID_ARG_VALUE'],
      [{ platform: 'a&b' }, 'ERR_INVALID_ARG_VALUE'],
      [{ distribution: 'a=b' }, 'ERR_INVALID_ARG_VALUE'],
      [{ osVersion: '8\n' }, 'ERR_INVALID_ARG_VALUE'],
      [{ signatureAlgorithm: 'md5' }, 'ERR_INVALID_ARG_VALUE'],
      [{ signatureAlgorithm: 'constructor' }, 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      assert.throws(() => createPersonal(options(more)), { name: 'TypeError', code }, inspect(more));
    }
    for (const none of [undefined, null, 5, 'x']) assert.throws(() => createPersonal(none as never), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('show nothing of their values', () => {
    const object = createPersonal(options()).signer2();
    object.SetParam('Nonce', 'private matter');
    assert.equal(inspect(object), "PersonalObject { kind: 'signer2', lastError: 0 }");
  });
});

describe('personal: the version string', () => {
  const at = 1290536889123;

  it('has the form of the page, in its order by default', () => {
    const { version } = createPersonal(options({ clock: () => at }));
    assert.equal(
      version.GetVersion(),
      'Personal=4.10.2.16&libtokenapi_so=4.10.2.16&libBranding_so=4.10.2.16&libCardSetec_so=4.10.2.16&libCardPrisma_so=4.10.2.16&' +
        'libCardSiemens_so=4.10.2.16&libplugins_so=4.10.2.16&libP11_so=4.10.2.16&libai_so=4.10.2.16&personal_bin=4.10.2.16&' +
        `platform=linux&distribution=ubuntu&os_version=8.04&best_before=${1290536889 + 29 * 24 * 60 * 60}&`,
    );
  });

  it('V, platform, distribution, os_version, the key order and the clock can be set', () => {
    const set = { version: '1', platform: 'p', distribution: 'd', osVersion: 'o', versionOrder: FRIBID_ORDER, clock: () => 0 };
    assert.equal(
      createPersonal(options(set)).version.GetVersion(),
      'Personal=1&libai_so=1&libP11_so=1&libtokenapi_so=1&libCardSiemens_so=1&libCardSetec_so=1&libCardPrisma_so=1&libBranding_so=1&' +
        'libplugins_so=1&personal_bin=1&platform=p&distribution=d&os_version=o&best_before=2505600&',
    );
    assert.deepEqual([...FRIBID_ORDER].sort(), [...NEXUS_ORDER].sort());
  });

  it('T = now + 29 days, in seconds, computed per call', () => {
    let now = 0;
    const { version } = createPersonal(options({ clock: () => now }));
    const before = version.GetVersion();
    now = 1999;
    assert.equal(version.GetVersion(), before.replace('2505600', '2505601'));
    const real = Number(/best_before=(\d+)&$/.exec(createPersonal(options()).version.GetVersion())![1]);
    assert.ok(Math.abs(real - Date.now() / 1000 - 29 * 86400) < 60);
  });

  it('no spaces; always ends with &', () => {
    const text = createPersonal(options()).version.GetVersion();
    assert.doesNotMatch(text, /\s/);
    assert.match(text, /&$/);
  });
});
