import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CryptokiError, Module, type LoadFailureReason } from '../../lib';
import { RawMethods } from '../../lib/generated/raw-methods';
import { Raw } from '../../lib/raw';
import { isDesigned } from '../state/junk';
import { testModule } from '../support/fault-module';

const ELF_MACHINE = 18;
const AARCH64 = 183;
const X64 = 62;

/** Where the last loaded segment of a 64-bit ELF file ends: what lies behind it is not needed to load it. */
function lastSegmentEnd(library: Buffer): number {
  const headers = Number(library.readBigUInt64LE(32));
  const size = library.readUInt16LE(54);
  let end = 0;
  for (let index = 0; index < library.readUInt16LE(56); index++) {
    const at = headers + index * size;
    const loaded = library.readUInt32LE(at) === 1;
    if (loaded) end = Math.max(end, Number(library.readBigUInt64LE(at + 8) + library.readBigUInt64LE(at + 32)));
  }
  return end;
}

describe('paths of libraries', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cryptoki-path-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  /** A library as it would be for another machine. */
  const foreign = (): string => {
    const library = readFileSync(testModule('fault'));
    library.writeUInt16LE(library.readUInt16LE(ELF_MACHINE) === AARCH64 ? X64 : AARCH64, ELF_MACHINE);
    return file('foreign.so', library);
  };

  const notLoaded: [title: string, make: () => string, reason: LoadFailureReason][] = [
    ['a missing file', () => join(folder, 'missing.so'), 'missing'],
    ['a file in a folder that is none', () => join(file('plain', 'text'), 'missing.so'), 'missing'],
    ['a name that the system does not find', () => 'libcryptoki-nowhere.so', 'missing'],
    [
      'a link to nothing',
      () => {
        symlinkSync(join(folder, 'nothing'), join(folder, 'dangling.so'));
        return join(folder, 'dangling.so');
      },
      'missing',
    ],
    [
      'a directory',
      () => {
        mkdirSync(join(folder, 'directory.so'));
        return join(folder, 'directory.so');
      },
      'directory',
    ],
    ['an empty file', () => file('empty.so', ''), 'not-a-library'],
    ['a text file', () => file('text.so', 'Not a library at all.\n'), 'not-a-library'],
    ['bytes without meaning', () => file('bytes.so', Buffer.alloc(5000, 0x5a).fill(0, 7, 9)), 'not-a-library'],
    ['a device', () => '/dev/null', 'not-a-library'],
    ['a library for another machine', foreign, 'architecture'],
    [
      'a library of Windows',
      () =>
        file(
          'windows.dll',
          Buffer.concat([Buffer.from('MZ'), Buffer.alloc(58), Buffer.from([64, 0, 0, 0]), Buffer.from('PE\0\0\x64\x86'), Buffer.alloc(64)]),
        ),
      'architecture',
    ],
    ['a library that needs another one', () => testModule('odd_missing'), 'dependency'],
    ['a library that needs a symbol', () => testModule('odd_undefined'), 'dependency'],
  ];
  if (process.platform === 'linux') {
    // The loader would map what is not there, and the process would die of a bus error.
    for (const share of [0.05, 0.3, 0.6, 0.9]) {
      const cut = (): string => {
        const whole = readFileSync(testModule('fault'));
        return file(`cut-${share}.so`, whole.subarray(0, Math.floor(lastSegmentEnd(whole) * share)));
      };
      notLoaded.push([`a library of which ${share * 100} % is there`, cut, 'not-a-library']);
    }
  }
  for (const [title, make, reason] of notLoaded) {
    it(`${title}: ERR_CRYPTOKI_LOAD_FAILED, reason ${reason}`, async () => {
      const path = make();
      for (const load of [Module.load.bind(Module), Raw.load.bind(Raw)]) {
        await assert.rejects(load(path) as Promise<unknown>, (error) => {
          assert.ok(CryptokiError.is(error, 'ERR_CRYPTOKI_LOAD_FAILED'));
          assert.equal(error.reason, reason, error.message);
          assert.ok(error.message.startsWith(`${path} could not be loaded: `), error.message);
          return true;
        });
      }
    });
  }

  it('a library that was cut off within its header: ERR_CRYPTOKI_LOAD_FAILED', async () => {
    const path = join(folder, 'cut.so');
    copyFileSync(testModule('fault'), path);
    truncateSync(path, 40);
    await assert.rejects(Module.load(path), { code: 'ERR_CRYPTOKI_LOAD_FAILED' });
  });

  for (const name of ['odd_no_entry', 'odd_list_null', 'odd_constructor']) {
    it(`${name}: not a Cryptoki library, or its own error`, async () => {
      await assert.rejects(Module.load(testModule(name)), (error: { code: string }) =>
        name === 'odd_constructor' ? error.code === 'CKR_LIBRARY_LOAD_FAILED' : error.code === 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY',
      );
    });
  }

  it('no path, an empty one, one of a wrong type', async () => {
    for (const path of [undefined, null, 5, {}, Symbol('path'), Buffer.from('/lib'), new URL('file:///lib')]) {
      await assert.rejects(Module.load(path as string), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const path of ['', 'with\0NUL', 'x'.repeat(32_768), `/${'x'.repeat(10 << 20)}`])
      await assert.rejects(Module.load(path), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('a list whose entries are NULL: each missing function is an error, none is called', async () => {
    const raw = await Raw.load(testModule('null'));
    const methods = raw as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await raw.C_Initialize();
    await assert.rejects(raw.C_OpenSession(1, 4), { code: 'CKR_FUNCTION_NOT_SUPPORTED', call: 'C_OpenSession' });
    await assert.rejects(raw.C_GetTokenInfo(1), { code: 'CKR_FUNCTION_NOT_SUPPORTED', call: 'C_GetTokenInfo' });
    await assert.rejects(raw.C_WaitForSlotEvent(0), { code: 'CKR_FUNCTION_NOT_SUPPORTED' });
    const some = [1, 1, 1, 1, 1, 1];
    for (const name of Object.getOwnPropertyNames(RawMethods.prototype)) {
      if (!name.startsWith('C_') || raw.supports(name)) continue;
      await assert.rejects(methods[name]!.apply(raw, some), isDesigned, name);
    }
    await raw.close();
    const module = await Module.load(testModule('null'));
    assert.deepEqual(await module.slots(), []);
    const events = module.slotEvents({ signal: AbortSignal.timeout(20), interval: 5 });
    await assert.rejects(events.next(), { name: 'TimeoutError' });
    await module.close();
  });

  it('lists that are shorter than their version says are read as far as they go', async () => {
    const loaded = await Promise.all(
      ['odd_version_lie', 'odd_interface_short', 'odd_interface_null', 'odd_interface_only', 'odd_foreign'].map((name) =>
        Module.load(testModule(name)),
      ),
    );
    assert.deepEqual(
      loaded.map((module) => module.interface.version),
      ['3.2', '3.0', '2.40', '3.0', '2.40'],
    );
    for (const module of loaded) {
      assert.equal(module.supports('C_EncapsulateKey'), false);
      assert.equal((await module.info()).description, 'Odd');
      await module.close();
    }
  });
});
