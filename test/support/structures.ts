// For the test of structures across the boundary: a sample value of each, the C++ program that prints what a token would see of it, and what that has to be.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Field {
  name: string;
  kind: string;
  c?: string;
  pointer?: string;
  length?: string;
  of?: string;
  size?: number;
  room?: number;
  by?: string;
  cases?: Record<string, string>;
  out?: boolean;
  bits?: boolean;
  lengthPointer?: boolean;
  shared?: boolean;
  nulTerminated?: boolean;
}

export interface Structure {
  name: string;
  reply?: boolean;
  c: { name: string; type: string }[];
  wire: Field[];
}

export type Value = Record<string, unknown>;

const file = join(__dirname, '../../spec/structures.json');
/** The structures that cross the boundary, in the order of their ids. */
export const structures = (JSON.parse(readFileSync(file, 'utf8')) as Structure[]).filter(({ wire }) => wire !== null);
const byName = new Map(structures.map((structure) => [structure.name, structure]));

// Bytes whose length only the token knows have this many in the samples.
const IMPLIED = 5;

/** Samples: no two numbers and no two lengths in a structure are alike, so that none can stand in for another. */
export class Sampler {
  #next = 1;

  value(structure: string): Value {
    const value: Value = {};
    let shared: number | undefined;
    for (const field of byName.get(structure)!.wire) {
      if (field.kind === 'handle') continue;
      const sample = this.#field(field, value, shared);
      if (sample instanceof Uint8Array) shared = sample.length;
      value[field.name] = sample;
    }
    return value;
  }

  #field(field: Field, value: Value, shared: number | undefined): unknown {
    const number = this.#next++;
    switch (field.kind) {
      case 'bool':
        return number % 2 === 0;
      case 'byte':
        return number % 250;
      case 'fixed':
        return this.#bytes(field.size!);
      case 'bytes':
        return this.#bytes(field.shared ? shared! : (field.size ?? (field.room === undefined ? number + 1 : IMPLIED)));
      case 'text':
        return `text ${number}`;
      case 'struct':
      case 'pointer':
        return this.value(field.of!);
      case 'array':
        return [this.value(field.of!), this.value(field.of!)];
      case 'template':
        return { label: 'x'.repeat(number), valueLen: number };
      case 'mechanism':
        return { mechanism: number, parameter: this.#bytes(number) };
      case 'choice':
        return this.#choice(field, value);
      default:
        return number;
    }
  }

  // Every case comes up, for one after the other is asked for.
  #case = 0;
  #choice(field: Field, value: Value): unknown {
    const entries = Object.entries(field.cases!);
    const [by, form] = entries[this.#case++ % entries.length]!;
    value[field.by!] = Number(by);
    return form === 'bytes' ? this.#bytes(this.#next) : form === 'ulong' ? this.#next : this.value(form);
  }

  #bytes(length: number): Uint8Array {
    const first = this.#next++;
    return Uint8Array.from({ length }, (_, i) => (first + i) % 256);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What the C++ program prints of a sample. */
export function seen(structure: string, value: Value): string {
  const { c, wire } = byName.get(structure)!;
  const lengths = new Map<string, number>();
  for (const field of wire) {
    if (field.length === undefined) continue;
    const of = value[field.name];
    const count = field.kind === 'template' ? 2 : field.kind === 'array' ? (of as unknown[]).length : lengthOf(field, value);
    lengths.set(field.length, field.bits ? count * 8 : count);
  }
  return c
    .map(({ name }) => {
      const field = wire.find((one) => one.c === name || one.pointer === name);
      if (field === undefined) return `${name}=${lengths.get(name)}`;
      return `${name}=${seenField(field, value)}`;
    })
    .join(' ');
}

// The length of a structure or CK_ULONG behind a choice is the compiler's: the program prints it by name.
function lengthOf(field: Field, value: Value): number {
  const of = value[field.name];
  return of instanceof Uint8Array ? of.length : Number.NaN;
}

function seenField(field: Field, value: Value): string {
  const of = value[field.name];
  switch (field.kind) {
    case 'bool':
      return of === true ? '1' : '0';
    case 'fixed':
    case 'bytes':
      return hex(of as Uint8Array);
    case 'text':
      return of as string;
    case 'struct':
    case 'pointer':
      return `(${seen(field.of!, of as Value)})`;
    case 'array':
      return `[${(of as Value[]).map((one) => seen(field.of!, one)).join(', ')}]`;
    case 'template': {
      const { label, valueLen } = of as { label: string; valueLen: number };
      return `label ${label} valueLen ${valueLen}`;
    }
    case 'mechanism': {
      const { mechanism, parameter } = of as { mechanism: number; parameter: Uint8Array };
      return `${mechanism} ${hex(parameter)}`;
    }
    case 'handle':
      return '0';
    case 'choice': {
      const form = field.cases![String(value[field.by!])]!;
      return form === 'bytes' ? hex(of as Uint8Array) : form === 'ulong' ? String(of) : `(${seen(form, of as Value)})`;
    }
    default:
      return String(of);
  }
}

/** What the caller has to get back after the program has changed everything that a token may: numbers are one more, first bytes are turned over. */
export function changed(structure: string, value: Value): Value | undefined {
  const result: Value = {};
  for (const field of byName.get(structure)!.wire) {
    const of = value[field.name];
    let back: unknown;
    if (field.kind === 'struct' || field.kind === 'pointer') back = changed(field.of!, of as Value);
    else if (field.kind === 'array') back = nonEmpty((of as Value[]).map((one) => changed(field.of!, one)));
    else if (field.kind === 'handle') back = 1n;
    else if (!field.out) continue;
    else if (field.kind === 'byte') back = (of as number) + 1;
    else if (field.kind === 'ulong') back = BigInt(of as number) + 1n;
    else back = turned(of as Uint8Array);
    if (back !== undefined) result[field.name] = back;
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

const nonEmpty = (list: unknown[]): unknown[] | undefined => (list.every((one) => one === undefined) ? undefined : list);

function turned(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[0] = copy[0]! ^ 0xff;
  return copy;
}

/** C++: `print` and `change` for every structure. */
export function program(): string {
  const declared = structures.map(({ name }) => `static void print(const ${name}& s);\nstatic void change(${name}& s);`);
  return [PREAMBLE, ...declared, ...structures.map(printer), ...structures.map(changer), main()].join('\n');
}

const PREAMBLE = `
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include "engine/decoder.h"
#include "engine/layouts.h"
using namespace cryptoki;
static void printHex(const void* from, size_t size) {
  for (size_t i = 0; i < size; ++i) std::printf("%02x", static_cast<const unsigned char*>(from)[i]);
}
static void print(CK_ULONG value) { std::printf("%lu", static_cast<unsigned long>(value)); }
static void print(CK_BYTE value) { std::printf("%u", value); }
static void print(CK_ATTRIBUTE_PTR list, CK_ULONG) {
  std::printf("label %.*s valueLen ", static_cast<int>(list[0].ulValueLen), static_cast<char*>(list[0].pValue));
  print(*static_cast<CK_ULONG*>(list[1].pValue));
}
static void print(CK_MECHANISM_PTR mechanism) {
  print(mechanism->mechanism);
  std::printf(" ");
  printHex(mechanism->pParameter, mechanism->ulParameterLen);
}
static void turn(void* at) { *static_cast<unsigned char*>(at) ^= 0xff; }
`;

function printer({ name, c, wire }: Structure): string {
  const lines = c.map(({ name: member, type }, i) => {
    const label = `std::printf("${i === 0 ? '' : ' '}${member}=");`;
    const field = wire.find((one) => one.c === member || one.pointer === member);
    return `  ${label} ${field === undefined ? printLength(member, type, wire) : printField(field)}`;
  });
  return [`static void print(const ${name}& s) {`, ...lines, '}'].join('\n');
}

function printLength(member: string, type: string, wire: Field[]): string {
  const choice = wire.find(({ kind, length }) => kind === 'choice' && length === member);
  if (choice === undefined) return type === 'CK_ULONG_PTR' ? `print(*s.${member});` : `print(s.${member});`;
  const cases = Object.entries(choice.cases!).filter(([, form]) => form !== 'bytes');
  const size = (form: string): string => (form === 'ulong' ? 'CK_ULONG' : form);
  const checks = cases.map(([by, form]) => `s.${choice.by} == ${by} ? s.${member} == sizeof(${size(form)}) : `).join('');
  // A length that is not the compiler's is the sample's, NaN stands for the compiler's.
  const isBytes = cases.map(([by]) => `s.${choice.by} != ${by}`).join(' && ');
  return `if (${isBytes}) print(s.${member}); else std::printf("%s", (${checks}false) ? "NaN" : "wrong");`;
}

function printField(field: Field): string {
  const { kind, c, pointer, length, size, by, cases } = field;
  const member = `s.${c ?? pointer}`;
  switch (kind) {
    case 'fixed':
      return `printHex(${member}, sizeof(${member}));`;
    case 'bytes': {
      const count = length === undefined ? String(size ?? IMPLIED) : `${field.lengthPointer ? '*' : ''}s.${length}${field.bits ? ' / 8' : ''}`;
      return `printHex(${member}, ${count});`;
    }
    case 'text':
      return `std::printf("%s", ${member});`;
    case 'struct':
      return `std::printf("("); print(${member}); std::printf(")");`;
    case 'pointer':
      return `std::printf("("); print(*${member}); std::printf(")");`;
    case 'array':
      return `std::printf("["); for (CK_ULONG i = 0; i < s.${length}; ++i) { if (i) std::printf(", "); print(${member}[i]); } std::printf("]");`;
    case 'template':
      return `print(${member}, s.${length});`;
    case 'mechanism':
      return `print(${member});`;
    case 'handle':
      return `print(*${member});`;
    case 'choice':
      return Object.entries(cases!)
        .map(([value, form]) => `if (s.${by} == ${value}) { ${printForm(form, member, `s.${length}`)} }`)
        .join(' else ');
    case 'paddedText':
      return `printHex(${member}, sizeof(${member}));`;
    default:
      return `print(${member});`;
  }
}

function printForm(form: string, member: string, length: string): string {
  if (form === 'bytes') return `printHex(${member}, ${length});`;
  if (form === 'ulong') return `print(*static_cast<CK_ULONG*>(${member}));`;
  return `std::printf("("); print(*static_cast<${form}*>(${member})); std::printf(")");`;
}

function changer({ name, wire }: Structure): string {
  const lines = wire.map((field) => {
    const member = `s.${field.c ?? field.pointer}`;
    if (field.kind === 'struct') return `  change(${member});`;
    if (field.kind === 'pointer') return `  change(*${member});`;
    if (field.kind === 'array') return `  for (CK_ULONG i = 0; i < s.${field.length}; ++i) change(${member}[i]);`;
    if (field.kind === 'handle') return `  ++*${member};`;
    if (!field.out) return '';
    return field.kind === 'bytes' ? `  turn(${member});` : `  ++${member};`;
  });
  return [`static void change(${name}& s) {`, '  (void)s;', ...lines.filter((line) => line !== ''), '}'].join('\n');
}

// Frames come as u32 length and the parameter; the answer to each is two lines: what is seen, and the written-back block.
function main(): string {
  const cases = structures
    .filter(({ reply }) => !reply)
    .map(({ name }) => `      case LAYOUT_${name}: print(*static_cast<${name}*>(p.data)); change(*static_cast<${name}*>(p.data)); break;`);
  return `
int main(int, char** argv) {
  std::ifstream in(argv[1], std::ios::binary);
  std::vector<char> all((std::istreambuf_iterator<char>(in)), {});
  const auto* at = reinterpret_cast<const uint8_t*>(all.data());
  const uint8_t* end = at + all.size();
  while (at != end) {
    uint32_t size;
    std::memcpy(&size, at, 4);
    std::vector<Bytes> payloads;
    Reader reader(at + 4, size, payloads);
    at += 4 + size;
    Arena arena;
    WriteBack back;
    Decoder decoder(reader, arena, back);
    uint16_t layout;
    std::memcpy(&layout, at - size + 1, 2);
    auto p = decoder.parameter();
    reader.expectEnd();
    if (p.size != LAYOUTS[layout].size) std::printf("wrong size ");
    switch (layout) {
${cases.join('\n')}
    }
    std::printf("\\n");
    Writer writer;
    back.write(writer);
    printHex(writer.data(), writer.size());
    std::printf("\\n");
  }
}
`;
}
