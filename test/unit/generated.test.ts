import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ATTRIBUTES } from '../../lib/generated/attributes';
import { CALL, CALL_NAMES } from '../../lib/generated/calls';
import * as constants from '../../lib/generated/constants';
import { LAYOUTS, MECHANISM_PARAMETER, MESSAGE_PARAMETER, WRAP_PARAMETER } from '../../lib/generated/parameters';
import { RawMethods } from '../../lib/generated/raw-methods';

const root = join(__dirname, '../..');

interface Constant {
  name: string;
  value: number | '~0';
  deprecated?: boolean;
}
interface WireField {
  name: string;
  kind: string;
  c?: string;
  pointer?: string;
  length?: string;
  of?: string;
  shared?: boolean;
  size?: number;
  room?: number;
  nulTerminated?: boolean;
  by?: string;
  cases?: Record<string, string>;
  default?: number | boolean | { bitsOf: string };
}
interface Structure {
  name: string;
  c: { name: string; type: string }[];
  wire: WireField[] | null;
  why?: string;
}
interface Fn {
  name: string;
  index: number;
  since: string;
  lane: string;
  by?: string;
  why?: string;
  args: { name: string; type: string }[];
  roles?: { role: string; name?: string; of?: string }[];
  doc: string;
}

const read = <T>(name: string): T => JSON.parse(readFileSync(join(root, 'spec', `${name}.json`), 'utf8')) as T;
const families = read<Record<string, Constant[]>>('constants');
const structures = read<Structure[]>('structures');
const functions = read<Fn[]>('functions');
const attributes = read<{ name: string; value: number; kind: string | null; deprecated?: boolean }[]>('attributes');
const mechanisms = read<{ name: string; parameter: string | null; message?: string; wrap?: string }[]>('mechanisms');
const byName = new Map(structures.map((structure) => [structure.name, structure]));

describe('spec', () => {
  it('has everything that the standard has', () => {
    assert.equal(functions.length, 104);
    assert.equal(Object.keys(families).length, 18);
    assert.equal(Object.values(families).flat().length, 1047);
    assert.equal(attributes.length, 160);
    assert.equal(mechanisms.length, 480);
    assert.equal(structures.length, 96);
    assert.deepEqual(
      ['2.40', '3.0', '3.1', '3.2'].map((version) => functions.filter(({ since }) => since <= version).length),
      [68, 92, 92, 104],
    );
  });

  it('says each attribute and mechanism under the names of the constants', () => {
    assert.deepEqual(
      attributes.map(({ name, value }) => [name, value]),
      families['CKA']!.map(({ name, value }) => [`CKA_${name}`, value]),
    );
    assert.deepEqual(
      mechanisms.map(({ name }) => name),
      families['CKM']!.map(({ name }) => `CKM_${name}`),
    );
  });

  it('gives mechanisms only structures that can be sent', () => {
    for (const { name, parameter, message, wrap } of mechanisms) {
      for (const structure of [parameter, message, wrap]) {
        if (structure === null || structure === undefined || structure === 'ulong' || structure === 'bytes') continue;
        assert.ok(byName.get(structure)?.wire, `${name}: ${structure}`);
      }
    }
  });

  it('gives names of one value the same parameter', () => {
    const parameter = new Map<number, string | null>();
    for (const { name, parameter: of } of mechanisms) {
      const { value } = families['CKM']!.find((constant) => `CKM_${constant.name}` === name)!;
      assert.equal(parameter.get(value as number) ?? of, of, name);
      parameter.set(value as number, of);
    }
  });

  it('accounts for every field of every structure exactly once', () => {
    for (const { name, c, wire, why } of structures) {
      if (wire === null) {
        assert.ok(why, `${name} is left out without a reason`);
        continue;
      }
      const used = wire
        .flatMap(({ c: plain, pointer, length, shared }) => [plain, pointer, shared ? undefined : length])
        .filter((field) => field !== undefined);
      assert.deepEqual(used.toSorted(), c.map((field) => field.name).toSorted(), name);
    }
  });

  it('pairs pointers with lengths of the right type', () => {
    for (const { name, c, wire } of structures) {
      const type = new Map(c.map((field) => [field.name, field.type]));
      for (const field of wire ?? []) {
        const at = `${name}.${field.name}`;
        if (field.length !== undefined) assert.match(type.get(field.length)!, /^CK_ULONG(_PTR)?$/, at);
        if (field.pointer !== undefined) assert.match(type.get(field.pointer)!, /_PTR$/, at);
        if (field.shared)
          assert.ok(
            wire!.slice(0, wire!.indexOf(field)).some(({ length }) => length === field.length),
            at,
          );
        // Without a length of its own something else must keep the token inside the buffer.
        if (field.kind === 'bytes' && field.length === undefined) assert.ok(field.size ?? field.room, at);
        if (field.kind === 'text') assert.ok(field.nulTerminated, at);
        if (field.of !== undefined) assert.ok(byName.get(field.of)?.wire, at);
        if (field.kind === 'choice') {
          assert.ok(
            wire!.slice(0, wire!.indexOf(field)).some((other) => other.name === field.by),
            at,
          );
          for (const form of Object.values(field.cases!)) assert.ok(form === 'bytes' || form === 'ulong' || byName.get(form)?.wire, at);
        }
        if (typeof field.default === 'object')
          assert.ok(
            wire!.some((other) => other.name === (field.default as { bitsOf: string }).bitsOf),
            at,
          );
      }
    }
  });

  it('gives every function a sentence, and roles or a reason', () => {
    functions.forEach(({ name, index, doc, why, roles }, i) => {
      assert.equal(index, i);
      assert.match(doc, /^[A-Z].*[.;]/, name);
      assert.ok(name === 'C_Initialize' || (why === undefined) !== (roles === undefined), name);
    });
  });

  // How many parameters of the C function each role stands for.
  const arity: Record<string, number> = { bytes: 2, template: 2, parameter: 2, outBytes: 2, outFixed: 2, outUlongs: 2 };

  it('covers every argument of a function by its roles', () => {
    for (const { name, args, roles, by } of functions) {
      if (by !== undefined) continue;
      assert.equal(
        roles!.reduce((sum, { role }) => sum + (arity[role] ?? 1), 0),
        args.length,
        name,
      );
    }
  });
});

describe('generated files', () => {
  it('are what spec/ says', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/generate.mjs'), '--check'], { encoding: 'utf8', timeout: 60_000 });
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('name every constant', () => {
    for (const [family, entries] of Object.entries(families)) {
      const generated = constants[family as keyof typeof constants] as Record<string, number | bigint>;
      assert.equal(Object.keys(generated).length, entries.length, family);
      for (const { name, value } of entries) assert.equal(generated[name], value === '~0' ? 0xffff_ffff_ffff_ffffn : value, `${family}_${name}`);
      assert.ok(Object.isFrozen(generated));
    }
  });

  it('name every attribute once, in camelCase', () => {
    assert.deepEqual(ATTRIBUTES.ecPoint, [constants.CKA.EC_POINT, 'bytes']);
    assert.deepEqual(ATTRIBUTES.prime1, [constants.CKA.PRIME_1, 'bytes']);
    assert.deepEqual(ATTRIBUTES.x2ratchetBagsize, [constants.CKA.X2RATCHET_BAGSIZE, 'ulong']);
    assert.deepEqual(ATTRIBUTES.wrapTemplate, [constants.CKA.WRAP_TEMPLATE, 'template']);
    const types = Object.values(ATTRIBUTES).map(([type]) => type);
    assert.equal(new Set(types).size, types.length);
    // All but CKA_VENDOR_DEFINED, which is where vendors' numbers start, and two old spellings.
    assert.equal(types.length, 157);
  });

  it('give each structure its own id, in the order of the native table', () => {
    const ids = Object.values(LAYOUTS).map(({ id }) => id);
    assert.deepEqual(ids, [...ids.keys()]);
    const native = readFileSync(join(root, 'native/generated/layouts.inc'), 'utf8');
    for (const [name, { id, fields }] of Object.entries(LAYOUTS)) {
      assert.ok(native.includes(`  LAYOUT_${name} = ${id},\n`), name);
      assert.ok(native.includes(`  {FIELDS_${name}, ${fields.length}, sizeof(${name})},\n`), name);
    }
  });

  it('know the parameters of mechanisms', () => {
    const { CKM } = constants;
    assert.equal(MECHANISM_PARAMETER[CKM.AES_CBC], 'bytes');
    assert.equal(MECHANISM_PARAMETER[CKM.AES_MAC_GENERAL], 'ulong');
    assert.equal(MECHANISM_PARAMETER[CKM.AES_GCM], 'CK_GCM_PARAMS');
    assert.equal(MESSAGE_PARAMETER[CKM.AES_GCM], 'CK_GCM_MESSAGE_PARAMS');
    assert.equal(WRAP_PARAMETER[CKM.AES_GCM], 'CK_GCM_WRAP_PARAMS');
    assert.equal(MECHANISM_PARAMETER[CKM.RSA_PKCS], undefined);
    assert.equal(MECHANISM_PARAMETER[CKM.HASH_ML_DSA_SHA256], 'CK_SIGN_ADDITIONAL_CONTEXT');
    assert.equal(MECHANISM_PARAMETER[CKM.HASH_ML_DSA], 'CK_HASH_SIGN_ADDITIONAL_CONTEXT');
  });

  it('have a method for every function that can be called, and only for those', () => {
    const methods = Object.getOwnPropertyNames(RawMethods.prototype).filter((name) => name.startsWith('C_'));
    const callable = functions.filter(({ why }) => why === undefined).map(({ name }) => name);
    assert.deepEqual(methods.toSorted(), callable.toSorted());
    assert.deepEqual(
      functions.filter(({ why }) => why !== undefined).map(({ name }) => name),
      ['C_GetFunctionList', 'C_GetInterfaceList', 'C_GetInterface'],
    );
    assert.equal(callable.length, 101);
  });

  it('number the calls as the function list does', () => {
    assert.deepEqual(
      CALL_NAMES,
      functions.map(({ name }) => name),
    );
    for (const { name, index } of functions) assert.equal(CALL[name as keyof typeof CALL], index);
    assert.equal(CALL.SignOnce, 257);
  });
});
