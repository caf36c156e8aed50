// What all ways of making a key share: the template, the session it is made in, and the object that comes out.

import { randomBytes } from 'node:crypto';
import { boolean, bytes, integer, plainObject, string, wrongValue } from './arguments';
import { copyOf } from './bytes';
import { CKO, CKR } from './generated/constants';
import { Pkcs11Error } from './errors';
import { birthplace, change, destroyObject } from './object-calls';
import { secretByName, secretNames, type SecretRow } from './algorithms/key-types';
import { listed } from './algorithms/facts';
import type { AttributeTemplate } from './attributes';
import type { CallOptions } from './options';
import type { ReplyReader } from './wire/reader';
import type { RequestWriter } from './wire/writer';
import type { TokenContext } from './token-context';

/** A CKA_ID where nobody has chosen one: as many bytes as a SHA-1 key identifier has. */
export const randomId = (): Uint8Array => Uint8Array.from(randomBytes(20));

/** Options of everything that makes a key. */
export interface NewKeyOptions extends CallOptions {
  /** CKA_LABEL: the name to find it by. Default: none. */
  readonly label?: string | undefined;
  /** CKA_ID: what a private key, its public key and its certificate have in common. */
  readonly id?: Uint8Array | undefined;
  /** true: kept on the token. Default: false, it lives as long as the token object in this process. */
  readonly token?: boolean | undefined;
  /** Whether it may leave the token wrapped by another key. Default: false. */
  readonly extractable?: boolean | undefined;
  /** Whether its value may never be read as it is. Default: true. */
  readonly sensitive?: boolean | undefined;
}

/** Options of everything that makes a secret key. */
export interface NewSecretKeyOptions extends NewKeyOptions {
  /** Bits of the key. */
  readonly length?: number | undefined;
  /** Further attributes; they win over those that follow from the other options. */
  readonly attributes?: AttributeTemplate | undefined;
}

type Template = Record<string, unknown>;

/** The attributes of a private or secret key that do not depend on its type. */
export function privateTemplate(options: NewKeyOptions): Template {
  const { token, extractable, sensitive } = options;
  return {
    label: options.label === undefined ? undefined : string(options.label, 'options.label'),
    id: options.id === undefined ? undefined : copyOf(bytes(options.id, 'options.id')),
    token: boolean(token ?? false, 'options.token'),
    private: true,
    sensitive: boolean(sensitive ?? true, 'options.sensitive'),
    extractable: boolean(extractable ?? false, 'options.extractable'),
  };
}

/** The attributes of a public key that do not depend on its type. */
export function publicTemplate(options: NewKeyOptions): Template {
  const { label, id, token } = privateTemplate(options);
  return { label, id, token, private: false };
}

/** The row of a kind of secret key. */
export function secretRow(type: unknown, name = 'type'): SecretRow {
  const row = secretByName(string(type, name));
  if (row === undefined) throw wrongValue(name, `must be one of ${listed(secretNames())}`);
  return row;
}

/** Bytes of a secret key of so many bits. */
export function secretBytes(row: SecretRow, length: number, name = 'options.length'): number {
  const bits = integer(length, name, 8, 2 ** 20);
  const fits = row.lengths === 'any' ? bits % 8 === 0 : row.lengths.includes(bits);
  const allowed = row.lengths === 'any' ? 'a multiple of 8' : row.lengths.join(' or ');
  if (!fits) throw wrongValue(name, `must be ${allowed} bits for a key of type '${row.name}'. Received ${bits}`);
  return bits / 8;
}

/** The template of a secret key. `size`: bytes to put into it, where the way of making does not say them. */
export function secretTemplate(row: SecretRow, options: NewSecretKeyOptions, size: number | undefined): AttributeTemplate {
  return {
    class: CKO.SECRET_KEY,
    keyType: row.keyType,
    ...privateTemplate(options),
    ...row.use,
    valueLen: row.valueLen ? size : undefined,
    ...checkedAttributes(options.attributes, 'options.attributes'),
  };
}

/** A copy of attributes that a caller adds, as they are now. */
export function checkedAttributes(attributes: AttributeTemplate | undefined, name: string): AttributeTemplate {
  if (attributes === undefined) return {};
  const entries = Object.entries(plainObject(attributes, name));
  return Object.fromEntries(entries.map(([key, value]) => [key, ArrayBuffer.isView(value) ? copyOf(bytes(value, `${name}.${key}`, true)) : value]));
}

/**
 * Makes objects in one call: token objects in a read-write session, others in the anchor. What a call makes after its caller
 * has given up is removed again.
 */
export async function make(
  context: TokenContext,
  kept: boolean,
  options: CallOptions,
  request: (session: bigint, left: CallOptions) => RequestWriter | Promise<RequestWriter>,
  handles: (reply: ReplyReader) => bigint[],
): Promise<bigint[]> {
  return change(context, birthplace(kept, options), async (lease, left) => {
    const asked = await request(lease.id, left);
    const { epoch } = context;
    const onLate = (settled: Promise<ReplyReader | undefined>): void =>
      // After a recovery the handle may be that of something else.
      void settled.then((reply) => (context.epoch === epoch ? forget(context, kept, reply && handles(reply)) : undefined));
    return handles(await context.client.call(asked, { ...left, onLate }));
  });
}

async function forget(context: TokenContext, kept: boolean, handles: readonly bigint[] = []): Promise<void> {
  for (const handle of handles) {
    try {
      await destroyObject(context, handle, kept, {});
    } catch {
      // Nobody waits for this any more; what the token does not remove stays.
    }
  }
}

/** Codes by which tokens say that they would spell this attribute differently. */
const SPELLING: ReadonlySet<number> = new Set<number>([
  CKR.ATTRIBUTE_VALUE_INVALID,
  CKR.ATTRIBUTE_READ_ONLY,
  CKR.CURVE_NOT_SUPPORTED,
  CKR.DOMAIN_PARAMS_INVALID,
  CKR.TEMPLATE_INCONSISTENT,
  CKR.ARGUMENTS_BAD,
]);

/** Tries spellings of the same thing in turn; the error of the first one counts, for it is the standard's. */
export async function firstSpelling<S, T>(spellings: readonly S[], attempt: (spelling: S) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const spelling of spellings) {
    try {
      return await attempt(spelling);
    } catch (error) {
      failure ??= error;
      if (!Pkcs11Error.is(error) || !SPELLING.has(error.rv)) throw failure;
    }
  }
  throw failure;
}
