// Every structure of the standard, from an object in TypeScript to what a token sees in C, and back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StructureName } from '../../lib/generated/parameters';
import { ReplyReader } from '../../lib/wire/reader';
import { encodeStructureParameter } from '../../lib/wire/structure';
import { RequestWriter } from '../../lib/wire/writer';
import { skip } from '../support/skip';
import { changed, program, Sampler, seen, structures, type Value } from '../support/structures';

const native = join(__dirname, '../../native');
const HEADER = 16;

interface Sample {
  name: string;
  value: Value;
  plan: ConstructorParameters<typeof ReplyReader>[1];
  frame: Buffer;
  seen?: string;
  writtenBack?: string;
}

function samples(): Sample[] {
  const sampler = new Sampler();
  return structures
    .filter(({ reply }) => !reply)
    .flatMap(({ name }) => {
      // Those with a choice inside come several times, for each of its cases.
      const times = name.includes('PRF_DATA') || name.includes('SP800_108') || name.includes('OTP') ? 8 : 1;
      return Array.from({ length: times }, () => {
        const value = sampler.value(name);
        const writer = new RequestWriter({ inline: true }).begin(0);
        encodeStructureParameter(writer, name as StructureName, value, 'parameter', [], 1);
        const { frame, length, plan } = writer.finish();
        return { name, value, plan, frame: Buffer.from(frame.slice(8, length)) };
      });
    });
}

function lengthOf(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.length);
  return length;
}

function run(command: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  assert.equal(status, 0, stderr);
  return stdout;
}

/** The header as Windows has it: structures packed, a CK_ULONG of 32 bits. Its calling convention and exports are another compiler's. */
function asWindows(header: string): string {
  const packed = header
    .replaceAll(/#if defined\(_WIN32\)\n#pragma pack/g, '#if 1\n#pragma pack')
    .replace('typedef unsigned long CK_ULONG;', 'typedef unsigned int CK_ULONG;');
  assert.equal(packed.match(/#if 1\n/g)!.length, 2);
  assert.ok(packed.includes('typedef unsigned int CK_ULONG;'));
  return packed;
}

for (const [abi, headerOf] of [
  ['of this platform', (header: string) => header],
  ['of Windows', asWindows],
] as const) {
  describe(`structures across the boundary, with the ABI ${abi}`, function () {
    this.timeout(120_000);
    let folder: string | undefined;
    let all: Sample[];

    before(function () {
      if (spawnSync('c++', ['--version']).status !== 0) skip(this, 'there is no C++ compiler (c++)');
      folder = mkdtempSync(join(tmpdir(), 'cryptoki-structures-'));
      for (const part of ['engine', 'generated']) cpSync(join(native, part), join(folder, part), { recursive: true });
      const header = join(folder, 'generated/cryptoki.h');
      writeFileSync(header, headerOf(readFileSync(header, 'utf8')));
      const source = join(folder, 'see.cc');
      writeFileSync(source, program());
      const sources = ['arena', 'attribute_value', 'decoder', 'wire', 'write_back'].map((name) => join(folder!, 'engine', `${name}.cc`));
      const see = join(folder, 'see');
      run('c++', ['-std=c++17', '-g0', '-O0', '-fsanitize=address,undefined', '-fno-sanitize-recover', `-I${folder}`, '-o', see, source, ...sources]);
      all = samples();
      const frames = join(folder, 'frames');
      writeFileSync(frames, Buffer.concat(all.flatMap(({ frame }) => [lengthOf(frame), frame])));
      const lines = run(see, [frames]).split('\n');
      all.forEach((sample, i) => Object.assign(sample, { seen: lines[2 * i], writtenBack: lines[2 * i + 1] }));
    });

    after(() => {
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });

    for (const { name } of structures.filter(({ reply }) => !reply)) {
      it(name, () => {
        for (const sample of all.filter((one) => one.name === name)) {
          assert.equal(sample.seen, seen(name, sample.value));
          const block = Buffer.from(sample.writtenBack!, 'hex');
          const reply = Buffer.concat([Buffer.alloc(HEADER), block]);
          reply.writeUInt32LE(block.length, 12);
          assert.deepEqual(new ReplyReader(new Uint8Array(reply), sample.plan).writtenBack(), changed(name, sample.value));
        }
      });
    }
  });
}
