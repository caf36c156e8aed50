// Published test vectors: where they are, and how they are read.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const folder = resolve(__dirname, '..', '..', '..', 'shared', 'vectors');

/** What a file says in JSON. */
export interface Fields {
  readonly [name: string]: unknown;
}

export interface Case extends Fields {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  /** `acceptable`: right, but weak, obsolete, or a matter of taste. */
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

export interface Group extends Fields {
  readonly tests: readonly Case[];
}

const pathOf = (file: string): string => join(folder, `${file}_test.json.gz`);

export const isHere = (file: string): boolean => existsSync(pathOf(file));

/** The groups of a file, each with its cases. */
export function groupsOf(file: string): readonly Group[] {
  const { testGroups, numberOfTests } = JSON.parse(gunzipSync(readFileSync(pathOf(file))).toString()) as {
    readonly testGroups: readonly Group[];
    readonly numberOfTests: number;
  };
  const count = testGroups.reduce((sum, { tests }) => sum + tests.length, 0);
  if (count !== numberOfTests) throw new Error(`${file} announces ${numberOfTests} cases and has ${count}`);
  return testGroups;
}

/** A field in hexadecimal as bytes. */
export function hex(of: Fields, name: string): Buffer {
  const value = of[name];
  if (typeof value !== 'string') throw new Error(`the vector has no ${name}`);
  return Buffer.from(value, 'hex');
}

export function number(of: Fields, name: string): number {
  const value = of[name];
  if (typeof value !== 'number') throw new Error(`the vector has no ${name}`);
  return value;
}

/** A big-endian number in hexadecimal, without leading zeros, as PKCS#11 has it. */
export function big(of: Fields, name: string): Buffer {
  const value = hex(of, name);
  const start = value.findIndex((byte) => byte !== 0);
  return start < 0 ? value.subarray(0, 0) : value.subarray(start);
}
