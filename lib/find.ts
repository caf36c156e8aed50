// Finding: all handles in one crossing, then the attributes of many objects in one.

import { CALL } from './generated/calls';
import { CKR } from './generated/constants';
import { CryptokiError, Pkcs11Error } from './errors';
import { defaultAttributes } from './default-attributes';
import { describeBytes, nameOr } from './inspect';
import { plainObject, wrongType } from './arguments';
import { PreparedTemplate } from './prepared-template';
import { Pkcs11Uri } from './uri';
import { matchesTokenUri, uriTemplate, uriType } from './uri-select';
import { attributesDecoder, type AttributeKey, type AttributeTemplate, type ReadAttributes } from './attributes';
import type { CallOptions } from './options';
import type { CryptokiObject } from './object';
import type { FindOptions, ObjectQuery, TokenContext } from './token-context';

/** Objects whose attributes are read in one crossing: large enough to be quick, small enough to begin early. */
const BATCH = 1000;
const ALL = 1_000_000;

interface Found {
  readonly handle: bigint;
  readonly attributes: ReadAttributes;
}

/** Finds objects. Nothing is held between two objects: the consumer may take its time, or leave. */
export async function* findObjects(
  context: TokenContext,
  query: ObjectQuery | undefined,
  options: FindOptions = {},
  most = ALL,
): AsyncGenerator<CryptokiObject, void, undefined> {
  const given = templateOf(context, query);
  context.assertOpen();
  if (given === undefined) return;
  const { attributes: more = [], signal, timeLimit } = plainObject(options, 'options') as FindOptions;
  if (!Array.isArray(more)) throw wrongType('options.attributes', 'an array of attribute names or numbers', more);
  const call = { signal, timeLimit };
  const template = new PreparedTemplate(given, 'query');
  const handles = await findHandles(context, template, most, call);
  for (let at = 0; at < handles.length; at += BATCH) {
    const batch = handles.slice(at, at + BATCH);
    for (const { handle, attributes } of await describe(context, batch, template.class, more, call)) {
      yield context.object(handle, ofClass(attributes, template.class));
    }
  }
}

/** The template of a query; undefined when it is a URI of another token. */
function templateOf(context: TokenContext, query: ObjectQuery | undefined): AttributeTemplate | undefined {
  if (query === undefined) return {};
  if (typeof query === 'string' || query instanceof Pkcs11Uri) {
    const { parts } = typeof query === 'string' ? Pkcs11Uri.parse(query) : query;
    return matchesTokenUri(parts, context.token) ? uriTemplate(parts) : undefined;
  }
  if (typeof query !== 'object') throw wrongType('query', 'an object with attributes, or a PKCS#11 URI', query);
  return query;
}

async function findHandles(context: TokenContext, template: PreparedTemplate, most: number, options: CallOptions): Promise<bigint[]> {
  return context.pool.use({ ...options, repeatable: true }, async (lease, left) => {
    const { client } = context;
    const request = template.writeTo(client.request(CALL.Find).u64(lease.id)).u32(most);
    return (await client.call(request, left)).ulongs();
  });
}

async function describe(
  context: TokenContext,
  handles: readonly bigint[],
  wantedClass: number | undefined,
  more: readonly AttributeKey[],
  options: CallOptions,
): Promise<Found[]> {
  if (wantedClass !== undefined) return readMany(context, handles, defaultAttributes(wantedClass, more), options);
  // The class decides what else there is to ask: a token that stops at the first attribute it does not know is asked none.
  const classes = await readMany(context, handles, ['class'], options);
  const byClass = new Map<number | undefined, bigint[]>();
  for (const { handle, attributes } of classes) {
    const group = byClass.get(attributes.class);
    if (group === undefined) byClass.set(attributes.class, [handle]);
    else group.push(handle);
  }
  const found = new Map<bigint, Found>();
  for (const [objectClass, group] of byClass) {
    for (const one of await readMany(context, group, defaultAttributes(objectClass, more), options)) found.set(one.handle, one);
  }
  return handles.flatMap((handle) => found.get(handle) ?? []);
}

/** The attributes of many objects; objects that have disappeared meanwhile are left out. */
async function readMany(context: TokenContext, handles: readonly bigint[], names: readonly AttributeKey[], options: CallOptions): Promise<Found[]> {
  return context.pool.use({ ...options, repeatable: true }, async (lease, left) => {
    const { client } = context;
    const reply = await client.call(client.request(CALL.ReadAttributes).u64(lease.id).ulongs(handles).readTemplate(names), left);
    const decode = attributesDecoder(names);
    const found: Found[] = [];
    for (const handle of handles) {
      const rv = reply.number();
      const attributes = decode(reply);
      if (READABLE.has(rv)) found.push({ handle, attributes });
      else if (rv !== CKR.OBJECT_HANDLE_INVALID) throw new Pkcs11Error(rv, 'C_GetAttributeValue');
    }
    return found;
  });
}

/** Answers of C_GetAttributeValue that come with values (PKCS #11 v3.2, section 5.7.5). */
const READABLE: ReadonlySet<number> = new Set<number>([CKR.OK, CKR.ATTRIBUTE_SENSITIVE, CKR.ATTRIBUTE_TYPE_INVALID, CKR.BUFFER_TOO_SMALL]);

/** What was asked for by its class is of that class, whatever is told of it. */
function ofClass(attributes: ReadAttributes, objectClass: number | undefined): ReadAttributes {
  return objectClass === undefined || attributes.class === objectClass ? attributes : { ...attributes, class: objectClass };
}

/** Reads the usual attributes of one handle and makes the object; `objectClass` is its class, where that is known. */
export async function loadObject(context: TokenContext, handle: bigint, options: FindOptions = {}, objectClass?: number): Promise<CryptokiObject> {
  const { attributes: more = [], signal, timeLimit } = options;
  const [found] = await describe(context, [handle], objectClass, more, { signal, timeLimit });
  if (found === undefined) throw new Pkcs11Error(CKR.OBJECT_HANDLE_INVALID, 'C_GetAttributeValue');
  return context.object(handle, ofClass(found.attributes, objectClass));
}

/** More than this many are not looked at to say that there are several. */
const CANDIDATES = 10;

/** Exactly one object: the errors say whether there is none, or which there are. */
export async function findOne(
  context: TokenContext,
  query: ObjectQuery | undefined,
  what: string,
  options: FindOptions = {},
): Promise<CryptokiObject> {
  const found: CryptokiObject[] = [];
  for await (const object of findObjects(context, query, options, CANDIDATES)) found.push(object);
  const [only, ...others] = found;
  if (only === undefined) throw notFound(context, what);
  if (others.length === 0) return only;
  const count = found.length === CANDIDATES ? `${CANDIDATES} or more` : `${found.length}`;
  const list = found.map(describeCandidate).join('; ');
  throw new CryptokiError('ERR_CRYPTOKI_AMBIGUOUS', `${count} objects match where one ${what} was asked for: ${list}`);
}

function notFound(context: TokenContext, what: string): CryptokiError {
  const hint = context.token.loggedIn ? '' : '. Nobody is logged in: private objects cannot be seen';
  return new CryptokiError('ERR_CRYPTOKI_NOT_FOUND', `No ${what} on the token "${context.token.label}" matches${hint}`);
}

function describeCandidate(object: CryptokiObject): string {
  const { label, id } = object;
  const parts = [...(label === undefined ? [] : [`label "${label}"`]), ...(id === undefined || id.length === 0 ? [] : [`id ${describeBytes(id)}`])];
  return parts.length > 0 ? parts.join(' ') : `${nameOr('CKO', object.class)} without label and id`;
}

/** Adds the class to a query: `privateKeys({ label })` asks for label and class. */
export function withClass(query: ObjectQuery | undefined, objectClass: number): ObjectQuery {
  if (query === undefined) return { class: objectClass };
  if (typeof query !== 'string' && !(query instanceof Pkcs11Uri)) return { ...plainObject(query, 'query'), class: objectClass };
  const { parts } = typeof query === 'string' ? Pkcs11Uri.parse(query) : query;
  const type = uriType(objectClass);
  if (parts.type !== undefined && parts.type !== type) {
    throw new CryptokiError('ERR_CRYPTOKI_NOT_FOUND', `The PKCS#11 URI asks for type=${parts.type}, not for type=${type ?? 'any'}`);
  }
  return new Pkcs11Uri({ ...parts, type });
}
