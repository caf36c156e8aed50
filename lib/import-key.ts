// Putting keys on the token.

import { createPrivateKey, createPublicKey, createSecretKey, KeyObject, type JsonWebKey, type webcrypto } from 'node:crypto';
import { bytes, plainObject, typeError, wrongType, wrongValue } from './arguments';
import { copyOf } from './bytes';
import { CALL } from './generated/calls';
import { CryptokiError } from './errors';
import { CKO } from './generated/constants';
import { takenCryptoKey } from './crypto-key';
import { keyIdentifier, publicDer } from './export-key';
import { privateTemplates, publicTemplates, wipe } from './key-formats';
import { derInPem, setHalf, type Half } from './set-keys';
import { checkedAttributes, firstSpelling, make, privateTemplate, publicTemplate, randomId, secretBytes, secretRow, secretTemplate } from './new-key';
import { pairByName, secretNames } from './algorithms/key-types';
import { listed } from './algorithms/facts';
import type { AttributeTemplate } from './attributes';
import type { NewKeyOptions } from './new-key';
import type { PrivateKey } from './private-key';
import type { PublicKey } from './public-key';
import type { SecretKey } from './secret-key';
import type { SecretKeyType } from './generate-key';
import type { TokenContext } from './token-context';

/** A key: a KeyObject or a CryptoKey of Node.js, PEM, DER, a JSON Web Key, or, with `type`, the bytes of a secret key. */
export type KeySource = KeyObject | webcrypto.CryptoKey | string | ArrayBufferView | ArrayBuffer | JsonWebKey;

/** Options of `token.importKey`. */
export interface ImportKeyOptions extends NewKeyOptions {
  /** For secret keys: what kind it is. */
  readonly type?: SecretKeyType | undefined;
  /** Of an encrypted PEM or DER. */
  readonly passphrase?: string | Buffer | undefined;
  /** Further attributes; they win. */
  readonly attributes?: AttributeTemplate | undefined;
}

const DER_FORMS = [
  ['private', 'pkcs8'],
  ['private', 'pkcs1'],
  ['private', 'sec1'],
  ['public', 'spki'],
  ['public', 'pkcs1'],
] as const;

function fromDer(der: Buffer, passphrase: string | Buffer | undefined): KeyObject {
  for (const [kind, type] of DER_FORMS) {
    try {
      if (kind === 'public') return createPublicKey({ key: der, format: 'der', type });
      return createPrivateKey({ key: der, format: 'der', type, ...(passphrase !== undefined && { passphrase }) });
    } catch {
      // Another form, then.
    }
  }
  throw wrongValue('key', 'is not a key that node:crypto can read, in PEM or DER; for the bytes of a secret key give options.type');
}

function fromPem(pem: string | Buffer, passphrase: string | Buffer | undefined): KeyObject {
  const isPrivate = pem.includes('PRIVATE KEY-----');
  try {
    return isPrivate ? createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) }) : createPublicKey(pem);
  } catch (error) {
    // OpenSSL's own words tell a wrong passphrase from bad data, and hold nothing of the key.
    const reason = error instanceof Error ? error.message : 'unknown';
    throw Object.assign(typeError(`The "key" argument is not a key in PEM that node:crypto can read: ${reason}`, 'ERR_INVALID_ARG_VALUE'), {
      cause: error,
    });
  }
}

function fromJwk(jwk: JsonWebKey): KeyObject {
  try {
    if (jwk.kty === 'oct') return createSecretKey(Buffer.from(String(jwk.k ?? ''), 'base64url'));
    return jwk.d === undefined && jwk.priv === undefined
      ? createPublicKey({ key: jwk, format: 'jwk' })
      : createPrivateKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw Object.assign(typeError('The "key" argument is not a JSON Web Key that node:crypto can read', 'ERR_INVALID_ARG_VALUE'), { cause });
  }
}

function keyObjectFrom(source: KeySource, passphrase: string | Buffer | undefined): KeyObject {
  if (source instanceof KeyObject) return source;
  if (typeof source === 'string') return fromPem(source, passphrase);
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) {
    const view = bytes(source, 'key', true);
    const buffer = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    return buffer.includes('-----BEGIN ') ? fromPem(buffer, passphrase) : fromDer(buffer, passphrase);
  }
  if (typeof source !== 'object' || source === null)
    throw wrongType('key', 'a KeyObject, a CryptoKey, PEM, DER, a JSON Web Key or bytes', source, true);
  return fromJwk(source as JsonWebKey);
}

/** `spki`: the public half, where it is known. */
export interface KnownHalf extends Half {
  readonly spki: Uint8Array | undefined;
}

/** What node:crypto makes of it, or, where it knows no such keys yet, what this library does. */
function keyFrom(source: KeySource, passphrase: string | Buffer | undefined): KeyObject | KnownHalf {
  try {
    return keyObjectFrom(source, passphrase);
  } catch (error) {
    const half = halfFrom(source);
    if (half !== undefined) return half;
    throw error;
  }
}

function halfFrom(source: KeySource): KnownHalf | undefined {
  if (typeof source === 'string') return halfInPem(source);
  if (!ArrayBuffer.isView(source) && !(source instanceof ArrayBuffer)) return undefined;
  const view = bytes(source, 'key', true);
  const given = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return given.includes('-----BEGIN ') ? halfInPem(given.toString('latin1')) : halfInDer(given);
}

function halfInPem(pem: string): KnownHalf | undefined {
  const der = derInPem(pem);
  if (der === undefined) return undefined;
  const half = halfInDer(der);
  if (half?.isPrivate !== false) der.fill(0);
  return half;
}

function halfInDer(der: Uint8Array): KnownHalf | undefined {
  const half = setHalf(der);
  return half && { ...half, spki: half.isPrivate ? undefined : der };
}

/** `token.importKey`. */
export async function importKey(
  context: TokenContext,
  source: KeySource,
  options: ImportKeyOptions = {},
): Promise<PrivateKey | PublicKey | SecretKey> {
  plainObject(options, 'options');
  const taken = takenCryptoKey(source);
  if (taken !== undefined) {
    const { key, type, attributes } = taken;
    return importKey(context, key, { type: type as SecretKeyType | undefined, ...options, attributes: { ...attributes, ...options.attributes } });
  }
  const isBytes = ArrayBuffer.isView(source) || source instanceof ArrayBuffer;
  if (options.type !== undefined && isBytes) return importSecret(context, copyOf(bytes(source, 'key', true)), options);
  const key = keyFrom(source, options.passphrase);
  if (!('apart' in key) && key.type === 'secret') return importSecret(context, Uint8Array.from(key.export()), options);
  if (options.type !== undefined) throw wrongValue('options.type', `is for secret keys; this key says itself what it is`);
  const { signal, timeLimit } = options;
  const half = halfOf(context, key);
  const handle = await createHalf(context, half, options);
  return (await context.load(handle, { signal, timeLimit }, half.isPrivate ? CKO.PRIVATE_KEY : CKO.PUBLIC_KEY)) as PrivateKey | PublicKey;
}

/** A private key in PKCS#8, taken apart for `createHalf`. */
export function privateHalf(context: TokenContext, pkcs8: Buffer): KnownHalf {
  return halfOf(context, keyFrom(pkcs8, undefined) as KeyObject | KnownHalf);
}

const halfOf = (context: TokenContext, key: KeyObject | KnownHalf): KnownHalf =>
  'apart' in key ? key : taken(key, context.client.library.version.major >= 3);

async function importSecret(context: TokenContext, value: Uint8Array, options: ImportKeyOptions): Promise<SecretKey> {
  try {
    if (options.type === undefined) throw wrongValue('options.type', `is needed for a secret key: ${listed(secretNames())}`);
    const row = secretRow(options.type, 'options.type');
    secretBytes(row, 8 * value.length);
    const { signal, timeLimit } = options;
    const handle = await create(context, [{ ...secretTemplate(row, options, undefined), value }], options);
    return (await context.load(handle, { signal, timeLimit }, CKO.SECRET_KEY)) as SecretKey;
  } finally {
    value.fill(0);
  }
}

/** OpenSSL reads what is no key: the point at infinity, negative numbers. */
function taken(key: KeyObject, bareFirst: boolean): KnownHalf {
  const isPrivate = key.type === 'private';
  try {
    return { isPrivate, spki: publicDer(key), apart: isPrivate ? privateTemplates(key) : publicTemplates(key, bareFirst) };
  } catch (cause) {
    if (CryptokiError.is(cause)) throw cause;
    throw Object.assign(wrongValue('key', 'is not a key that can be used, although node:crypto reads it'), { cause });
  }
}

/** Makes the key and answers its handle. Its secrets are wiped. */
export async function createHalf(context: TokenContext, { isPrivate, apart, spki }: KnownHalf, options: ImportKeyOptions): Promise<bigint> {
  try {
    const id = options.id ?? (spki === undefined ? randomId() : keyIdentifier(spki));
    const common = (isPrivate ? privateTemplate : publicTemplate)({ ...options, id });
    const use = pairByName(apart.type)?.[isPrivate ? 'privateUse' : 'publicUse'];
    const more = checkedAttributes(options.attributes, 'options.attributes');
    const templates = apart.templates.map((template) => ({ ...template, ...common, ...use, ...more }));
    return await create(context, templates, options);
  } finally {
    wipe(apart.templates);
  }
}

async function create(context: TokenContext, templates: readonly AttributeTemplate[], options: ImportKeyOptions): Promise<bigint> {
  const { signal, timeLimit } = options;
  const attempt = (template: AttributeTemplate): Promise<bigint[]> => {
    const request = (session: bigint) => context.client.request(CALL.C_CreateObject).u64(session).template(template, 'options.attributes');
    return make(context, template.token === true, { signal, timeLimit }, request, (reply) => [reply.u64()]);
  };
  const [handle] = (await firstSpelling(templates, attempt)) as [bigint];
  return handle;
}
