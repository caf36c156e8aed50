// What the tests of the token suite have in common.

import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { nameOf, type Token } from '../../lib';
import type { Fixture } from './profile';
import { skip } from './skip';

/** Everything that an async iterable gives. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** The bytes of a stream in one piece. */
export const joined = async (source: AsyncIterable<Uint8Array>): Promise<Buffer> => Buffer.concat(await all(source));

/** Data in pieces of so many bytes, as a stream gives it. */
export async function* pieces(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

/** Asserts that the sessions of a token work, with the one call that every token can make. */
export async function works(token: Token): Promise<void> {
  assert.deepEqual(await all(token.objects({ label: 'no object has this name' })), []);
}

/** The same bytes but for one bit of the last. */
export function changed(data: Uint8Array): Uint8Array {
  const other = Uint8Array.from(data);
  other[other.length - 1]! ^= 1;
  return other;
}

/** Asserts that the token refuses, with one of these codes, or with whatever code of its own. */
export async function refuses(promise: Promise<unknown>, ...codes: string[]): Promise<void> {
  await assert.rejects(promise, ({ code, message }: { code?: string; message: string }) => {
    const fits = codes.length === 0 ? code?.startsWith('CKR_') : codes.includes(code ?? '');
    assert.ok(fits, `${code}: ${message}`);
    return true;
  });
}

/** Skips the test where the token lacks the mechanism for this use, one of CKF. */
export async function requiresUse(context: Context, fixture: Fixture, mechanism: number, use: number, name: string): Promise<void> {
  await fixture.requires(context, mechanism);
  const { flags } = (await fixture.slot.mechanisms()).get(mechanism)!;
  if ((flags & use) === 0) skip(context, `${fixture.profile.title} has ${nameOf('CKM', mechanism)}, but not to ${name} with it`);
}

/** Skips the test where the token has the mechanism for smaller keys only: many know Curve25519 and not Curve448. */
export async function requiresSize(context: Context, fixture: Fixture, bits: number, ...mechanisms: number[]): Promise<void> {
  const there = await fixture.slot.mechanisms();
  const most = Math.max(...mechanisms.map((mechanism) => there.get(mechanism)?.maxKeySize ?? 0));
  if (most !== 0 && most < bits) skip(context, `${fixture.profile.title} has curves of ${most} bits at most`);
}

/** Bits of a curve by the end of its name: what CK_MECHANISM_INFO says of Ed25519 is 255 or 256. */
export const curveBits = (type: string): number => (type.endsWith('448') ? 448 : 255);

/** Skips the test where the token has none of the mechanisms. */
export async function requiresOne(context: Context, fixture: Fixture, ...mechanisms: number[]): Promise<void> {
  const there = await fixture.slot.mechanisms();
  if (!mechanisms.some((mechanism) => there.has(mechanism))) await fixture.requires(context, ...mechanisms);
}
