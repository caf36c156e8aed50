// Finding: what is looked for, and what becomes of it.

import { CryptokiError } from './errors';
import { describeBytes, nameOr } from './inspect';
import { FoundObjects } from './found-objects';
import { ObjectReading, readObject, type Wanted } from './object-reading';
import { plainObject, wrongType, wrongValue } from './arguments';
import { PreparedTemplate } from './prepared-template';
import { Pkcs11Uri } from './uri';
import { matchesTokenUri, uriTemplate, uriType } from './uri-select';
import type { AttributeTemplate } from './attributes';
import type { CryptokiObject } from './object';
import type { FindOptions, ObjectQuery, TokenContext } from './token-context';

const ALL = 1_000_000;

/** Finds objects. */
export function findObjects<Kind extends CryptokiObject = CryptokiObject>(
  context: TokenContext,
  query: ObjectQuery | undefined,
  options: FindOptions = {},
  most = ALL,
): FoundObjects<Kind> {
  return new FoundObjects<Kind>(() => {
    const given = templateOf(context, query);
    context.assertOpen();
    if (given === undefined) return undefined;
    const { signal, timeLimit } = plainObject(options, 'options') as FindOptions;
    return new ObjectReading(context, new PreparedTemplate(given, 'query'), wantedOf(options), most, { signal, timeLimit });
  });
}

function wantedOf({ attributes = [], only }: FindOptions): Wanted {
  if (!Array.isArray(attributes)) throw wrongType('options.attributes', 'an array of attribute names or numbers', attributes);
  if (only !== undefined && !Array.isArray(only)) throw wrongType('options.only', 'an array of attribute names or numbers', only);
  if (only !== undefined && attributes.length > 0) throw wrongValue('options', 'has both "attributes" and "only"');
  return { attributes: [...attributes], only: only === undefined ? undefined : [...only] };
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

/** Reads the usual attributes of one handle and makes the object; `objectClass` is its class, where that is known. */
export function loadObject(context: TokenContext, handle: bigint, options: FindOptions = {}, objectClass?: number): Promise<CryptokiObject> {
  const { signal, timeLimit } = options;
  return readObject(context, handle, objectClass, wantedOf(options), { signal, timeLimit });
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
  const found = await findObjects(context, query, options, CANDIDATES).toArray();
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
