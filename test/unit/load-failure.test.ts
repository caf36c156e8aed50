import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { identifyBinary, thisMachine } from '../../lib/binary-format';
import type { CryptokiError } from '../../lib/errors';
import { ENGINE } from '../../lib/generated/calls';
import { loadFailure } from '../../lib/load-failure';
import { skip } from '../support/skip';

const elf = (machine: number, wide = true): Buffer => {
  const head = Buffer.alloc(64);
  head.writeUInt32BE(0x7f454c46, 0);
  head[4] = wide ? 2 : 1;
  head[5] = 1;
  head.writeUInt16LE(machine, 18);
  return head;
};
const pe = (machine: number): Buffer => {
  const head = Buffer.alloc(256);
  head.write('MZ');
  head.writeUInt32LE(128, 60);
  head.write('PE\0\0', 128, 'latin1');
  head.writeUInt16LE(machine, 132);
  return head;
};
const machO = (type: number): Buffer => {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(0xfeedfacf, 0);
  head.writeUInt32LE(type, 4);
  return head;
};
const fat = (...types: number[]): Buffer => {
  const head = Buffer.alloc(8 + 20 * types.length);
  head.writeUInt32BE(0xcafebabe, 0);
  head.writeUInt32BE(types.length, 4);
  types.forEach((type, index) => head.writeUInt32BE(type, 8 + 20 * index));
  return head;
};

describe('the first bytes of a library', () => {
  it('tell the system and the processor', () => {
    assert.deepEqual(identifyBinary(elf(62)), { format: 'elf', system: 'Linux or another Unix', machines: ['x64'] });
    assert.deepEqual(identifyBinary(elf(183))?.machines, ['arm64']);
    assert.deepEqual(identifyBinary(elf(3, false))?.machines, ['ia32']);
    assert.deepEqual(identifyBinary(elf(62, false))?.machines, ['x32']);
    assert.deepEqual(identifyBinary(elf(9999))?.machines, []);
    assert.deepEqual(identifyBinary(pe(0x8664)), { format: 'pe', system: 'Windows', machines: ['x64'] });
    assert.deepEqual(identifyBinary(machO(0x0100000c)), { format: 'mach-o', system: 'macOS', machines: ['arm64'] });
    assert.deepEqual(identifyBinary(fat(0x01000007, 0x0100000c))?.machines, ['x64', 'arm64']);
  });

  it('tell what is none', () => {
    const java = Buffer.from('cafebabe00000041', 'hex');
    for (const head of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), Buffer.alloc(100), java, Buffer.from('MZ'.padEnd(64, '\xff'), 'latin1')]) {
      assert.equal(identifyBinary(head), undefined);
    }
  });
});

describe('a library that does not load', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'load-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const fails = (path: string, detail = ''): CryptokiError => {
    const error = loadFailure(ENGINE.LOAD_FAILED, path, detail);
    assert.equal(error.code, 'ERR_CRYPTOKI_LOAD_FAILED');
    assert.ok(error.message.startsWith(`${path} could not be loaded: `), error.message);
    return error;
  };
  const here = (): Buffer => {
    const { format, machine } = thisMachine(process.platform, process.arch);
    if (format === 'elf') return elf(machine === 'arm64' ? 183 : 62);
    return format === 'pe' ? pe(machine === 'arm64' ? 0xaa64 : 0x8664) : machO(machine === 'arm64' ? 0x0100000c : 0x01000007);
  };

  it('because it is not there', () => {
    assert.equal(fails(join(folder, 'none.so')).reason, 'missing');
    assert.match(fails(join(folder, 'none.so')).message, /there is no such file/);
    assert.equal(fails(join(file('plain', 'x'), 'none.so')).reason, 'missing');
  });

  it('because it is a directory, empty, text or something else', () => {
    mkdirSync(join(folder, 'directory.so'));
    assert.equal(fails(join(folder, 'directory.so')).reason, 'directory');
    assert.match(fails(file('empty.so', '')).message, /the file is empty/);
    assert.match(fails(file('text.so', 'INPUT(libx.so)\n')).message, /the file is text/);
    assert.match(fails(file('data.so', Buffer.from('\0\x01\x02\x03'.repeat(40)))).message, /not a library of any system/);
    assert.equal(fails(file('text.so', 'hello')).reason, 'not-a-library');
  });

  it('because it is for another machine', () => {
    const other = process.platform === 'win32' ? elf(62) : pe(0x8664);
    assert.equal(fails(file('other.so', other)).reason, 'architecture');
    const foreign = process.platform === 'linux' ? elf(process.arch === 'x64' ? 183 : 62) : elf(22);
    assert.equal(fails(file('foreign.so', foreign)).reason, 'architecture');
    assert.match(fails(file('foreign.so', foreign)).message, /it was made for .*; this Node.js runs on /);
  });

  it('because of what the loader says', () => {
    const path = file('library.so', here());
    const glibc = fails(path, 'libnspr4.so: cannot open shared object file: No such file or directory');
    assert.equal(glibc.reason, 'dependency');
    assert.match(glibc.message, /it needs the library libnspr4\.so, which is missing/);
    const musl = fails(path, 'Error loading shared library libnspr4.so: No such file or directory (needed by x.so)');
    assert.match(musl.message, /libnspr4\.so, which is missing/);
    assert.equal(fails(path, `${path}: undefined symbol: foo`).reason, 'dependency');
    assert.equal(fails(path, "/lib/libc.so.6: version `GLIBC_2.99' not found (required by x)").reason, 'dependency');
    assert.equal(fails(path, `${path}: failed to map segment from shared object`).reason, 'permission');
    assert.equal(fails(path, `${path}: wrong ELF class: ELFCLASS32`).reason, 'architecture');
    assert.equal(fails(path, 'The specified module could not be found.').reason, 'dependency');
    assert.equal(fails(path, '%1 is not a valid Win32 application.').reason, 'architecture');
    assert.equal(fails(path, 'something new').reason, 'other');
    assert.match(fails(path, 'something new').message, /the system says "something new"/);
    assert.equal(fails(path).reason, 'other');
  });

  it('because the system finds none of that name', () => {
    const error = loadFailure(
      ENGINE.LOAD_FAILED,
      'libnone-at-all.so',
      'libnone-at-all.so: cannot open shared object file: No such file or directory',
    );
    assert.equal(error.reason, 'missing');
  });

  it('because links lead round, or it may not be read', function () {
    if (process.platform === 'win32') skip(this, 'Windows makes symbolic links for administrators only');
    symlinkSync('loop.so', join(folder, 'loop.so'));
    assert.equal(fails(join(folder, 'loop.so')).reason, 'missing');
    const locked = file('locked.so', here());
    chmodSync(locked, 0);
    // The superuser reads it all the same.
    const reason = fails(locked).reason;
    assert.equal(reason, process.getuid?.() === 0 ? 'other' : 'permission');
  });

  it('because it is no Cryptoki library', () => {
    assert.equal(loadFailure(ENGINE.NO_ENTRY_POINT, '/x', '').code, 'ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY');
    assert.match(loadFailure(ENGINE.LIST_INVALID, '/x', 'no functions').message, /no functions/);
  });
});
