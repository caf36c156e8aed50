// What Cryptoki does to objects, each function one call in a session of the pool.

import { CALL } from './generated/calls';
import { CKR } from './generated/constants';
import { wrongType } from './arguments';
import { Pkcs11Error } from './errors';
import { assertUsable, currentHandle, type CryptokiObject } from './object';
import { withTemplate } from './prepared-template';
import type { AttributeKey, AttributeTemplate, ReadAttributes } from './attributes';
import { callOptions, type CallOptions } from './options';
import { quirksOf } from './algorithms/quirks';
import { Turns } from './turns';
import type { Client } from './wire/client';
import type { Lease } from './lease';
import type { LeaseOptions } from './pool';
import type { TokenContext } from './token-context';

/**
 * Where a new object is made: a token object in any read-write session; a session object in the anchor, for it disappears
 * together with the session that made it.
 */
export function birthplace(tokenObject: boolean | undefined, options: CallOptions): LeaseOptions {
  const { signal, timeLimit } = callOptions(options);
  return tokenObject === true ? { signal, timeLimit, readWrite: true } : { signal, timeLimit, anchor: true };
}

/** Where an object is changed: token objects need a read-write session (PKCS #11 v3.2, section 2.4). */
function changing(tokenObject: boolean | undefined, options: CallOptions): LeaseOptions {
  const { signal, timeLimit } = callOptions(options);
  return { signal, timeLimit, readWrite: tokenObject !== false };
}

/** By library: those who write into its database. */
const writers = new WeakMap<Client, Turns>();

/** As `pool.use`; what stays on the token is written by one at a time where the library cannot do otherwise. */
export function change<T>(context: TokenContext, options: LeaseOptions, work: (lease: Lease, left: CallOptions) => Promise<T>): Promise<T> {
  const { client, pool, token } = context;
  if (options.readWrite !== true || quirksOf(token.manufacturer).oneWriter !== true) return pool.use(options, work);
  const turns = writers.get(client.whole) ?? new Turns();
  writers.set(client.whole, turns);
  return turns.take(options, (left) => pool.use({ ...options, ...left }, work));
}

export async function createObject(context: TokenContext, attributes: AttributeTemplate, options: CallOptions): Promise<bigint> {
  return withTemplate(attributes, 'attributes', (template) =>
    change(context, birthplace(template.token, options), async (lease, left) => {
      const { client } = context;
      const request = template.writeTo(client.request(CALL.C_CreateObject).u64(lease.id));
      return (await client.call(request, left)).u64();
    }),
  );
}

export async function copyObject(
  context: TokenContext,
  object: CryptokiObject,
  attributes: AttributeTemplate,
  tokenObject: boolean | undefined,
  options: CallOptions,
): Promise<bigint> {
  assertUsable(object, context);
  return withTemplate(attributes, 'attributes', (template) =>
    change(context, birthplace(template.token ?? tokenObject, options), async (lease, left) => {
      const { client } = context;
      const handle = await currentHandle(object, context, 'object', { ...left, session: lease.id });
      const request = template.writeTo(client.request(CALL.C_CopyObject).u64(lease.id).u64(handle));
      return (await client.call(request, left)).u64();
    }),
  );
}

export async function destroyObject(
  context: TokenContext,
  object: CryptokiObject | bigint,
  tokenObject: boolean | undefined,
  options: CallOptions,
): Promise<void> {
  if (typeof object !== 'bigint') assertUsable(object, context);
  await change(context, changing(tokenObject, options), async (lease, left) => {
    const { client } = context;
    const handle = typeof object === 'bigint' ? object : await currentHandle(object, context, 'object', { ...left, session: lease.id });
    await client.call(client.request(CALL.C_DestroyObject).u64(lease.id).u64(handle), left);
  });
}

export async function writeAttributes(
  context: TokenContext,
  object: CryptokiObject,
  attributes: AttributeTemplate,
  tokenObject: boolean | undefined,
  options: CallOptions,
): Promise<void> {
  assertUsable(object, context);
  await withTemplate(attributes, 'attributes', (template) =>
    change(context, changing(tokenObject, options), async (lease, left) => {
      const { client } = context;
      const handle = await currentHandle(object, context, 'object', { ...left, session: lease.id });
      const request = template.writeTo(client.request(CALL.C_SetAttributeValue).u64(lease.id).u64(handle));
      await client.call(request, left);
    }),
  );
}

/** Those of the attributes that the object has and the token reveals. */
export async function readAttributes(
  context: TokenContext,
  object: CryptokiObject,
  names: readonly AttributeKey[],
  options: CallOptions,
): Promise<ReadAttributes> {
  assertUsable(object, context);
  if (!Array.isArray(names)) throw wrongType('names', 'an array of attribute names or numbers', names);
  const keys = [...(names as readonly AttributeKey[])];
  // Some libraries take an empty template for a mistake.
  if (keys.length === 0) return {};
  return context.pool.use({ ...callOptions(options), repeatable: true }, async (lease, left) => {
    const { client } = context;
    const handle = await currentHandle(object, context, 'object', { ...left, session: lease.id });
    const request = client.request(CALL.C_GetAttributeValue).u64(lease.id).u64(handle).readTemplate(keys, 'names');
    return (await client.call(request, left)).attributes(keys);
  });
}

export async function objectSize(context: TokenContext, object: CryptokiObject, options: CallOptions): Promise<number | undefined> {
  assertUsable(object, context);
  try {
    return await context.pool.use({ ...callOptions(options), repeatable: true }, async (lease, left) => {
      const { client } = context;
      const handle = await currentHandle(object, context, 'object', { ...left, session: lease.id });
      return (await client.call(client.request(CALL.C_GetObjectSize).u64(lease.id).u64(handle), left)).size();
    });
  } catch (error) {
    // The standard's way of not telling, and that of tokens that never count; others answer CK_UNAVAILABLE_INFORMATION.
    if (Pkcs11Error.is(error) && SILENT.has(error.rv)) return undefined;
    throw error;
  }
}

const SILENT: ReadonlySet<number> = new Set<number>([CKR.INFORMATION_SENSITIVE, CKR.FUNCTION_NOT_SUPPORTED]);
