// PKCS#11 URIs, RFC 7512: which token, which object, written down.

import { inspect, type InspectOptions } from 'node:util';
import { integer, plainObject, string, wrongType } from './arguments';
import { CryptokiError } from './errors';
import { inspectAs } from './inspect';

/** What an object is, in the words of RFC 7512. */
export type UriObjectType = 'public' | 'private' | 'cert' | 'secret-key' | 'data';

/** The parts of a PKCS#11 URI; all are optional. */
export interface UriParts {
  /** Label of the token. */
  readonly token?: string | undefined;
  /** Who made the token. */
  readonly manufacturer?: string | undefined;
  /** Serial number of the token. */
  readonly serial?: string | undefined;
  /** Model of the token. */
  readonly model?: string | undefined;
  /** Who made the library. */
  readonly libraryManufacturer?: string | undefined;
  /** What the library says it is. */
  readonly libraryDescription?: string | undefined;
  /** 'major' or 'major.minor'. */
  readonly libraryVersion?: string | undefined;
  /** CKA_LABEL of the object. */
  readonly object?: string | undefined;
  /** Class of the object. */
  readonly type?: UriObjectType | undefined;
  /** CKA_ID of the object. */
  readonly id?: Uint8Array | undefined;
  /** Who made the slot. */
  readonly slotManufacturer?: string | undefined;
  /** What the slot says it is. */
  readonly slotDescription?: string | undefined;
  /** Number of the slot. */
  readonly slotId?: number | undefined;
  /** Where the PIN is: a file or a program, by agreement. Never read by this library. */
  readonly pinSource?: string | undefined;
  /** The PIN itself. Used only where the URI is given to `login`. */
  readonly pinValue?: string | undefined;
  /** Name of the library, without folder, 'lib' and ending. Never followed by this library. */
  readonly moduleName?: string | undefined;
  /** Path of the library. Never followed by this library. */
  readonly modulePath?: string | undefined;
  /** Vendor attributes of the path. */
  readonly vendor?: Readonly<Record<string, string>> | undefined;
  /** Vendor attributes of the query; there a name may come more than once. */
  readonly vendorQuery?: Readonly<Record<string, readonly string[]>> | undefined;
}

type PartName = Exclude<keyof UriParts, 'vendor' | 'vendorQuery'>;

const PATH: Readonly<Record<string, PartName>> = {
  token: 'token',
  manufacturer: 'manufacturer',
  serial: 'serial',
  model: 'model',
  'library-manufacturer': 'libraryManufacturer',
  'library-description': 'libraryDescription',
  'library-version': 'libraryVersion',
  object: 'object',
  type: 'type',
  id: 'id',
  'slot-manufacturer': 'slotManufacturer',
  'slot-description': 'slotDescription',
  'slot-id': 'slotId',
};

const QUERY: Readonly<Record<string, PartName>> = {
  'pin-source': 'pinSource',
  'pin-value': 'pinValue',
  'module-name': 'moduleName',
  'module-path': 'modulePath',
};

const TYPES: ReadonlySet<string> = new Set<UriObjectType>(['public', 'private', 'cert', 'secret-key', 'data']);

// RFC 7512, section 2.3: unreserved characters, and those reserved ones that may stand as they are.
const PATH_CHARACTER = /[A-Za-z0-9\-._~:[\]@!$'()*+,=&]/;
const QUERY_CHARACTER = /[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|]/;
const SCHEME = 'pkcs11:';
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A PKCS#11 URI. Made from text with `parse`, or from parts; `toString` writes it.
 *
 * @example
 * const uri = Pkcs11Uri.parse('pkcs11:token=demo;object=signer;type=private');
 * new Pkcs11Uri({ token: 'demo', id: key.id }).toString();
 */
export class Pkcs11Uri {
  readonly #parts: UriParts;

  /** Makes a URI from its parts; throws a TypeError or RangeError for what cannot be one. */
  constructor(parts: UriParts) {
    this.#parts = checked(parts);
  }

  /**
   * Reads a URI (RFC 7512). Throws `ERR_CRYPTOKI_URI` with the position of what is wrong.
   *
   * @example
   * const { token, object } = Pkcs11Uri.parse('pkcs11:token=demo;object=signer').parts;
   */
  static parse(text: string): Pkcs11Uri {
    return new Pkcs11Uri(parse(string(text, 'uri', true)));
  }

  /**
   * Whether `value` is text that claims to be a PKCS#11 URI.
   *
   * @example
   * const key = Pkcs11Uri.isUri(path) ? await token.privateKey(path) : createPrivateKey(pem);
   */
  static isUri(value: unknown): value is string {
    return typeof value === 'string' && value.slice(0, SCHEME.length).toLowerCase() === SCHEME;
  }

  /** Its parts, decoded. */
  get parts(): UriParts {
    return this.#parts;
  }

  /**
   * The URI as text, with the PIN when it has one.
   *
   * @example
   * new Pkcs11Uri({ token: 'demo', object: 'signer' }).toString(); // 'pkcs11:token=demo;object=signer'
   */
  toString(): string {
    return format(this.#parts);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { pinValue, ...parts } = this.#parts;
    return inspectAs(this, { ...parts, ...(pinValue !== undefined && { pinValue: '(hidden)' }) }, depth, options);
  }
}

function bad(reason: string, position: number): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_URI', `The PKCS#11 URI ${reason}, at position ${position}`);
}

function parse(text: string): UriParts {
  if (!Pkcs11Uri.isUri(text)) throw bad(`does not begin with "${SCHEME}"`, 0);
  const mark = text.indexOf('?');
  const pathEnd = mark < 0 ? text.length : mark;
  const parts: Record<string, unknown> = {};
  const vendor: Record<string, string> = Object.create(null) as Record<string, string>;
  const vendorQuery: Record<string, string[]> = Object.create(null) as Record<string, string[]>;

  for (const { name, value, at, valueAt } of attributes(text, SCHEME.length, pathEnd, ';')) {
    const bytes = decode(value, valueAt, PATH_CHARACTER);
    const part = Object.hasOwn(PATH, name) ? PATH[name] : undefined;
    if (part === undefined) {
      if (name in vendor) throw bad(`has "${name}" twice`, at);
      vendor[name] = asText(bytes, valueAt);
    } else {
      if (part in parts) throw bad(`has "${name}" twice`, at);
      parts[part] = part === 'id' ? bytes : typed(part, name, asText(bytes, valueAt), valueAt);
    }
  }
  if (mark >= 0) {
    for (const { name, value, at, valueAt } of attributes(text, mark + 1, text.length, '&')) {
      const decoded = asText(decode(value, valueAt, QUERY_CHARACTER), valueAt);
      const part = Object.hasOwn(QUERY, name) ? QUERY[name] : undefined;
      if (part === undefined) (vendorQuery[name] ??= []).push(decoded);
      else if (part in parts) throw bad(`has "${name}" twice`, at);
      else parts[part] = decoded;
    }
  }
  if (Object.keys(vendor).length > 0) parts['vendor'] = { ...vendor };
  if (Object.keys(vendorQuery).length > 0) parts['vendorQuery'] = { ...vendorQuery };
  return parts;
}

function* attributes(
  text: string,
  start: number,
  end: number,
  separator: string,
): Generator<{ name: string; value: string; at: number; valueAt: number }> {
  let at = start;
  while (at < end) {
    const next = text.indexOf(separator, at);
    const stop = next < 0 || next > end ? end : next;
    const equals = text.indexOf('=', at);
    // Without "=" it may be a PIN that went astray: the message must not show it.
    if (equals < 0 || equals >= stop) throw bad('has a part without "="', at);
    const name = text.slice(at, equals);
    if (!/^[A-Za-z0-9\-_]+$/.test(name)) throw bad('has a part whose name has other characters than letters, digits, "-" and "_"', at);
    yield { name, value: text.slice(equals + 1, stop), at, valueAt: equals + 1 };
    at = stop + 1;
    if (at >= end && stop < end) throw bad(`ends with "${separator}"`, stop);
  }
}

function decode(value: string, position: number, allowed: RegExp): Uint8Array {
  const bytes = new Uint8Array(value.length);
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const character = value[index]!;
    if (character === '%') {
      const hex = value.slice(index + 1, index + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) throw bad('has a "%" that two hexadecimal digits do not follow', position + index);
      bytes[length++] = Number.parseInt(hex, 16);
      index += 2;
    } else if (allowed.test(character)) {
      bytes[length++] = character.charCodeAt(0);
    } else {
      throw bad('has a character that must be written as "%" and two hexadecimal digits', position + index);
    }
  }
  return bytes.slice(0, length);
}

function asText(bytes: Uint8Array, position: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw bad('has a value that is not UTF-8', position);
  }
}

function typed(part: PartName, name: string, value: string, position: number): string | number {
  if (part === 'type' && !TYPES.has(value)) throw bad(`has a "type" that is none of ${[...TYPES].join(', ')}`, position);
  if (part === 'libraryVersion' && !/^\d+(\.\d+)?$/.test(value)) throw bad(`has a "${name}" that is not like 1 or 1.2`, position);
  if (part !== 'slotId') return value;
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) throw bad(`has a "${name}" that is not a number`, position);
  return Number(value);
}

function checked(parts: UriParts): UriParts {
  const given = plainObject(parts, 'parts');
  const result: Record<string, unknown> = {};
  for (const [name, part] of [...Object.entries(PATH), ...Object.entries(QUERY)]) {
    const value = given[part];
    if (value === undefined) continue;
    if (part === 'slotId') result[part] = integer(value, 'parts.slotId');
    else if (part !== 'id') result[part] = typed(part, name, string(value, `parts.${part}`, part === 'pinValue'), 0);
    else if (value instanceof Uint8Array) result[part] = Uint8Array.from(value);
    else throw wrongType('parts.id', 'an instance of Uint8Array', value);
  }
  if (given['vendor'] !== undefined) result['vendor'] = Object.freeze({ ...plainObject(given['vendor'], 'parts.vendor') });
  if (given['vendorQuery'] !== undefined) result['vendorQuery'] = Object.freeze({ ...plainObject(given['vendorQuery'], 'parts.vendorQuery') });
  return Object.freeze(result);
}

function format(parts: UriParts): string {
  const path: string[] = [];
  for (const [name, part] of Object.entries(PATH)) {
    const value = parts[part];
    if (value !== undefined) path.push(`${name}=${value instanceof Uint8Array ? encodeBytes(value) : encode(String(value), PATH_CHARACTER)}`);
  }
  for (const [name, value] of Object.entries(parts.vendor ?? {})) path.push(`${name}=${encode(value, PATH_CHARACTER)}`);
  const query: string[] = [];
  for (const [name, part] of Object.entries(QUERY)) {
    const value = parts[part];
    if (value !== undefined) query.push(`${name}=${encode(String(value), QUERY_CHARACTER)}`);
  }
  for (const [name, values] of Object.entries(parts.vendorQuery ?? {})) {
    for (const value of values) query.push(`${name}=${encode(value, QUERY_CHARACTER)}`);
  }
  return `${SCHEME}${path.join(';')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

function encode(text: string, allowed: RegExp): string {
  let result = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    result += byte < 0x80 && allowed.test(character) ? character : percent(byte);
  }
  return result;
}

/** Section 2.3 recommends that the whole CKA_ID be written in hexadecimal. */
function encodeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, percent).join('');
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
