import type { Client } from './wire/client';
import type { AttributeRows } from './attribute-rows';
import type { FoundObjects } from './found-objects';
import type { AttributeKey, AttributeTemplate, ReadAttributes } from './attributes';
import type { CallOptions } from './options';
import type { CryptokiObject } from './object';
import type { MechanismInfo } from './info';
import type { KeyPin } from './key-pin';
import type { SessionPool } from './pool';
import type { Token } from './token';
import type { Pkcs11Uri } from './uri';
import type { Quirks } from './algorithms/quirks';

/** What to look for: attribute values that must all match, or an RFC 7512 URI. */
export type ObjectQuery = AttributeTemplate | Pkcs11Uri | string;

/** How objects are found. Signal and time limit are for each crossing: all handles come in one with the first attributes, those of 1,000 objects in each that follows. */
export interface FindOptions extends CallOptions {
  /** Attributes to read with each object besides the usual ones of its class. */
  readonly attributes?: readonly AttributeKey[] | undefined;
  /**
   * Attributes to read with each object instead of the usual ones: for long lists. Its class comes with them, and of a key its type; all others are undefined
   * until they are asked for with `get`. Keys can be used all the same. A certificate without `value` has no `x509`, a public key without its numbers no `toKeyObject`.
   */
  readonly only?: readonly AttributeKey[] | undefined;
}

/**
 * When handles were given. There is a new one after each change, so that who has prepared something with a handle needs to compare no more than whether it is the
 * same one still.
 */
export interface Epoch {
  /** Private objects mean nothing after a logout. */
  readonly login: number;
  /** Nothing means anything when the token is made anew. */
  readonly token: number;
  /** Session objects are gone with all sessions. */
  readonly sessions: number;
  /** Handles may have changed, objects not. */
  readonly handles: number;
}

/**
 * What everything that belongs to one token shares. Objects, keys and operations know this, never the module or the slot.
 * Private to the library.
 */
export interface TokenContext {
  readonly client: Client;
  readonly slotId: number;
  readonly pool: SessionPool;
  readonly token: Token;
  /** Where the token, or its library, differs from the standard. */
  readonly quirks: Quirks;

  readonly epoch: Epoch;

  /** Why nobody is logged in although somebody was: the login was lost with the token and could not be restored. */
  readonly lostLogin: Error | undefined;

  /** Whether somebody is expected to be logged in, and it can be mended where nobody is. */
  readonly expectsLogin: boolean;

  /** Throws `ERR_CRYPTOKI_CLOSED` once the token or its module has been closed. */
  assertOpen(): void;

  /** The mechanisms of the token, asked once. */
  mechanisms(options?: CallOptions): Promise<ReadonlyMap<number, MechanismInfo>>;

  /** The object of the right class for attributes that have been read already; `attributes.class` decides. */
  object(handle: bigint, attributes: ReadAttributes): CryptokiObject;

  /** As `object`, for one row of a table, which is not read before somebody asks for it. */
  objectOf(rows: AttributeRows, row: number): CryptokiObject;

  /** Reads the usual attributes of a handle and makes the object: of `objectClass`, where that is known. */
  load(handle: bigint, options?: FindOptions, objectClass?: number): Promise<CryptokiObject>;

  /** Finds objects, many attributes in one crossing. */
  find(query?: ObjectQuery, options?: FindOptions): FoundObjects<CryptokiObject>;

  /** For operations with a key that asks for the PIN each time (CKA_ALWAYS_AUTHENTICATE): the PIN of the login, or what its provider answers then. */
  keyPin(key: CryptokiObject): KeyPin;
}
