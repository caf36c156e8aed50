// Reads spec/ and derives the names that every generated file shares.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const DO_NOT_EDIT = 'Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.';

export function readSpec(folder) {
  const spec = {};
  // The hash is over the meaning, not the bytes: a checkout with other line endings is the same specification.
  const hash = createHash('sha256');
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const data = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const name = file.slice(0, -'.json'.length);
    spec[name] = data;
    hash.update(name).update('\0').update(JSON.stringify(data)).update('\0');
  }
  spec.hash = hash.digest('hex').slice(0, 32);
  spec.structure = Object.fromEntries(spec.structures.map((structure) => [structure.name, structure]));
  spec.layouts = spec.structures.filter((structure) => structure.wire !== null);
  return spec;
}

export const hex = (value) => `0x${value.toString(16).padStart(8, '0')}`;

// CKA_EC_POINT → ecPoint
export const attributeName = (name) =>
  name
    .replace(/^CKA_/, '')
    .toLowerCase()
    .replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

// CK_RSA_PKCS_PSS_PARAMS → RsaPkcsPssParams
export const interfaceName = (name) =>
  name
    .replace(/^CK_/, '')
    .split('_')
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join('');

// What the wire carries for a field, in the order of docs/boundary.md. `bool` and `byte` differ in TypeScript only, as do `fixed` and
// `paddedText`, `bytes` and `text`.
export const NATIVE_KIND = {
  ulong: 'Ulong',
  byte: 'Byte',
  bool: 'Byte',
  fixed: 'Fixed',
  paddedText: 'Fixed',
  bytes: 'Bytes',
  text: 'Bytes',
  struct: 'Struct',
  pointer: 'Pointer',
  array: 'Array',
  template: 'Template',
  mechanism: 'Mechanism',
  handle: 'Handle',
  choice: 'Choice',
};

export const FLAGS = { out: 1, bits: 2, lengthPointer: 4, shared: 8, nulTerminated: 16, roomBits: 32 };

export const flagsOf = (field) => Object.entries(FLAGS).reduce((sum, [name, bit]) => (field[name] ? sum | bit : sum), 0);
