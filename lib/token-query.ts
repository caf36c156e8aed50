// Which token is meant.

import { integer, plainObject, string, wrongType, wrongValue } from './arguments';
import { CryptokiError } from './errors';
import { findTokenInfo, readSlotInfo } from './slot-calls';
import { Pkcs11Uri, type UriParts } from './uri';
import { matchesLibraryUri, matchesSlotUri, matchesTokenUri } from './uri-select';
import type { ModuleState } from './module-state';
import type { CallOptions } from './options';
import type { Token } from './token';

/** What a token must be: each part that is given must be equal. Or an RFC 7512 URI. */
export type TokenQuery = TokenParts | Pkcs11Uri | string;

/** What a token is told by. */
export interface TokenParts {
  /** Its name. */
  readonly label?: string | undefined;
  /** Its serial number. */
  readonly serialNumber?: string | undefined;
  /** Which product it is. */
  readonly model?: string | undefined;
  /** Who made it. */
  readonly manufacturer?: string | undefined;
  /** The number of the slot it is in. */
  readonly slotId?: number | undefined;
}

const NAMES = ['label', 'serialNumber', 'model', 'manufacturer'] as const;

export async function findTokens(state: ModuleState, query: TokenQuery | undefined, options: CallOptions): Promise<Token[]> {
  const matches = matcher(state, query, options);
  const tokens = await state.findTokens(options);
  const chosen = await Promise.all(tokens.map(matches));
  return tokens.filter((_token, index) => chosen[index]);
}

export async function findToken(state: ModuleState, query: TokenQuery | undefined, options: CallOptions): Promise<Token> {
  const found = await findTokens(state, query, options);
  const candidates = query === undefined && found.length > 1 ? await initialized(state, found, options) : found;
  const [only, ...others] = candidates;
  if (only === undefined) throw notFound(await state.findTokens(options));
  if (others.length === 0) return only;
  throw new CryptokiError('ERR_CRYPTOKI_AMBIGUOUS', `${candidates.length} tokens match where one was asked for: ${list(candidates)}`);
}

function matcher(state: ModuleState, query: TokenQuery | undefined, options: CallOptions): (token: Token) => Promise<boolean> {
  if (query === undefined) return async () => true;
  if (typeof query === 'string') {
    if (!Pkcs11Uri.isUri(query)) throw wrongValue('query', "must begin with 'pkcs11:' when it is text; a label goes into { label }");
    return matchesUri(state, Pkcs11Uri.parse(query).parts, options);
  }
  if (typeof query !== 'object') throw wrongType('query', 'an object, or a PKCS#11 URI', query);
  if (query instanceof Pkcs11Uri) return matchesUri(state, query.parts, options);
  const parts = checkParts(plainObject(query, 'query'));
  return async (token) =>
    (parts.slotId === undefined || token.slot.id === parts.slotId) && NAMES.every((name) => parts[name] === undefined || token[name] === parts[name]);
}

function checkParts(query: Record<string, unknown>): TokenParts {
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (name === 'slotId') parts['slotId'] = integer(value, 'query.slotId');
    else if ((NAMES as readonly string[]).includes(name)) parts[name] = string(value, `query.${name}`);
    else throw wrongValue('query', `has no '${name.slice(0, 64)}'. A token is known by ${NAMES.join(', ')} and slotId`);
  }
  return parts;
}

function matchesUri(state: ModuleState, parts: UriParts, options: CallOptions): (token: Token) => Promise<boolean> {
  const asksSlot = parts.slotId !== undefined || parts.slotDescription !== undefined || parts.slotManufacturer !== undefined;
  const asksLibrary = parts.libraryManufacturer !== undefined || parts.libraryDescription !== undefined || parts.libraryVersion !== undefined;
  return async (token) => {
    if (!matchesTokenUri(parts, token)) return false;
    if (asksLibrary && !matchesLibraryUri(parts, await state.info(options))) return false;
    return !asksSlot || matchesSlotUri(parts, token.slot.id, await readSlotInfo(state.client, token.slot.id, options));
  };
}

/** A library may offer a blank token for the next one to be made. */
async function initialized(state: ModuleState, tokens: readonly Token[], options: CallOptions): Promise<Token[]> {
  const infos = await Promise.all(tokens.map((token) => findTokenInfo(state.client, token.slot.id, options)));
  const ready = tokens.filter((_token, index) => infos[index]?.tokenInitialized === true);
  return ready.length > 0 ? ready : [...tokens];
}

function notFound(there: readonly Token[]): CryptokiError {
  const hint = there.length === 0 ? 'There is no token in any slot' : `There are: ${list(there)}`;
  return new CryptokiError('ERR_CRYPTOKI_NOT_FOUND', `No token matches. ${hint}`);
}

function list(tokens: readonly Token[]): string {
  return tokens.map((token) => `"${token.label}" (${token.model}, serial number ${token.serialNumber || 'none'}, slot ${token.slot.id})`).join('; ');
}
