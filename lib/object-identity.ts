// Finding an object again after its handle was lost: by what it is.

import { CALL } from './generated/calls';
import { CKO } from './generated/constants';
import { CryptokiError } from './errors';
import { describeBytes, nameOr } from './inspect';
import { PreparedTemplate } from './prepared-template';
import { checkLogin } from './session-calls';
import { attributesDecoder, type AttributeName, type AttributeTemplate, type ReadAttributes } from './attributes';
import type { CallOptions } from './options';
import type { HandleSearch } from './object';
import type { TokenContext } from './token-context';
import type { RequestWriter } from './wire/writer';

/** What cannot change in an object without its being another one: its public key, or its content. */
const SUBSTANCE = [
  'uniqueId',
  'publicKeyInfo',
  'modulus',
  'publicExponent',
  'ecParams',
  'ecPoint',
  'parameterSet',
  'prime',
  'base',
  'subject',
  'issuer',
  'serialNumber',
  'valueLen',
] as const;

/** More than this many are not looked at. */
const MOST = 64;

/** The public value of these classes is theirs alone; that of others may be secret and is never read. */
const OPEN_VALUE: ReadonlySet<number | undefined> = new Set<number | undefined>([CKO.PUBLIC_KEY, CKO.CERTIFICATE]);

/**
 * The handle that the object with these attributes has now. It is looked for by class, type and CKA_ID; where it has no CKA_ID, by its label. Whatever is known of
 * its public key, or of its content, must be the same. `where`: with `session`, where to search, on a token that may have no other.
 */
export async function findAgain(context: TokenContext, known: ReadAttributes, where: HandleSearch): Promise<bigint> {
  const handles = await search(context, where, (request) => new PreparedTemplate(queryFor(known), 'query').writeTo(request).u32(MOST));
  const substance = comparable(known);
  const candidates: Candidate[] = [];
  for (const handle of handles) {
    const attributes = await read(context, where, handle, [...substance, 'label']);
    if (substance.every((name) => attributes[name] === undefined || same(attributes[name], known[name]))) candidates.push({ handle, attributes });
  }
  const best = narrowed(candidates, known);
  const [only, ...others] = best;
  if (only === undefined) throw stale(known, 'is not on the token any more');
  if (others.length > 0) throw stale(known, `cannot be told from ${others.length} others on the token: give keys a CKA_ID of their own`);
  return only.handle;
}

interface Candidate {
  readonly handle: bigint;
  readonly attributes: ReadAttributes;
}

function queryFor(known: ReadAttributes): AttributeTemplate {
  const { class: objectClass, keyType, id, label, token, application } = known;
  // Tokens differ in whether an attribute that is empty is one that is there.
  const named = id !== undefined && id.length > 0 ? { id } : label === undefined || label === '' ? {} : { label };
  return {
    ...(objectClass !== undefined && { class: objectClass }),
    ...(token !== undefined && { token }),
    ...(keyType !== undefined && { keyType }),
    ...(application !== undefined && application !== '' && { application }),
    ...named,
  };
}

/** The attributes that are known and must not differ. */
function comparable(known: ReadAttributes): AttributeName[] {
  const names: AttributeName[] = SUBSTANCE.filter((name) => known[name] !== undefined && !isEmpty(known[name]));
  if (OPEN_VALUE.has(known.class) && known.value !== undefined) names.push('value');
  return names;
}

/** Those that agree in more than the others: a label can be changed, so it only decides between several. */
function narrowed(candidates: readonly Candidate[], known: ReadAttributes): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const byLabel = candidates.filter(({ attributes }) => attributes.label === known.label);
  return byLabel.length > 0 ? byLabel : candidates;
}

async function search(context: TokenContext, where: HandleSearch, fill: (request: RequestWriter) => RequestWriter): Promise<bigint[]> {
  let handles: bigint[] = [];
  await inSession(context, where, async (id, options) => {
    handles = (await context.client.call(fill(context.client.request(CALL.Find).u64(id)), options)).ulongs();
    // Who is not logged in sees nothing of private objects, and is not told so.
    if (handles.length === 0) await checkLogin(context.client, id, context, options);
  });
  return handles;
}

async function read(context: TokenContext, where: HandleSearch, handle: bigint, names: readonly AttributeName[]): Promise<ReadAttributes> {
  const reply = await inSession(context, where, (id, options) =>
    context.client.call(context.client.request(CALL.C_GetAttributeValue).u64(id).u64(handle).readTemplate(names), options),
  );
  return attributesDecoder(names)(reply);
}

function inSession<T>(
  context: TokenContext,
  { session, signal, timeLimit }: HandleSearch,
  call: (session: bigint, options: CallOptions) => Promise<T>,
): Promise<T> {
  const limits = { signal, timeLimit };
  return session === undefined ? context.pool.use({ ...limits, repeatable: true }, (lease, left) => call(lease.id, left)) : call(session, limits);
}

function isEmpty(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 0;
}

function same(one: unknown, other: unknown): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}

function stale(known: ReadAttributes, what: string): CryptokiError {
  const { label, id } = known;
  const names = [
    ...(label === undefined || label === '' ? [] : [`"${label}"`]),
    ...(id === undefined || id.length === 0 ? [] : [`with id ${describeBytes(id)}`]),
  ];
  const name = [nameOr('CKO', known.class ?? CKO.VENDOR_DEFINED), ...names].join(' ');
  return new CryptokiError('ERR_CRYPTOKI_STALE', `Its handle was lost, and the object ${name} ${what}`);
}
