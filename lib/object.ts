import { inspect, type InspectOptions } from 'node:util';
import { CKO } from './generated/constants';
import { wrongType } from './arguments';
import { CryptokiError } from './errors';
import { describeBytes, inspectAs, nameOr } from './inspect';
import { copyObject, destroyObject, objectSize, readAttributes, writeAttributes } from './object-calls';
import { findAgain } from './object-identity';
import { SharedWork } from './shared-work';
import { formatObjectUri } from './uri-select';
import type { AttributeRows } from './attribute-rows';
import type { AttributeKey, AttributeName, AttributeTemplate, ReadAttributes } from './attributes';
import type { CallOptions } from './options';
import type { Token } from './token';
import type { Epoch, TokenContext } from './token-context';

/** The context of an object's token. For the classes of this library only. */
export let contextOf: (object: CryptokiObject) => TokenContext;

/** Throws when the object is known to be destroyed, stale, or of another token than `context`'s (`name`: the argument it came as). For the classes of this library only. */
export let assertUsable: (object: CryptokiObject, context: TokenContext, name?: string) => void;

/** CKA_KEY_TYPE as far as it was read. For the classes of this library only. */
export let keyTypeOf: (object: CryptokiObject) => number | undefined;

/** How `currentHandle` may look for an object. */
export interface HandleSearch extends CallOptions {
  /** A session that the caller has lent already: on a token with one session there is no other to search in. */
  readonly session?: bigint | undefined;
}

/**
 * The handle of an object, for a call on `context`'s token; where it was lost with the token, that of the same object, found again. To be asked anew each time a
 * call is made, also when it is repeated. Throws as `assertUsable`. For the classes of this library only.
 */
export let currentHandle: (object: CryptokiObject, context: TokenContext, name?: string, search?: HandleSearch) => bigint | Promise<bigint>;

interface Search {
  readonly epoch: Epoch;
  readonly work: SharedWork<bigint>;
}

/** What is known of an object: its attributes, or a row of a table that is read at the first need. */
export type ObjectSource = ReadAttributes | AttributeRows;

/**
 * An object on a token: keys, certificates and data objects are of its subclasses, everything else is this itself.
 *
 * @example
 * for await (const object of token.objects()) console.log(object.label, nameOf('CKO', object.class));
 */
export class CryptokiObject {
  readonly #context: TokenContext;
  #handle: bigint | undefined;
  #epoch: Epoch;
  /** The searches after a recovery: one for all who wait for it. Who holds a session already must not wait for somebody who needs one. */
  #searches: { leased?: Search; free?: Search } | undefined;
  #attributes: Readonly<ReadAttributes> | undefined;
  /** Where the attributes are as long as nobody has asked for them. */
  #rows: AttributeRows | undefined;
  readonly #row: number;
  #destroyed = false;

  static {
    contextOf = (object) => object.#context;
    keyTypeOf = (object) => (object.#attributes === undefined ? object.#rows!.keyType(object.#row) : object.#attributes.keyType);
    const checked = (object: CryptokiObject, name: string): CryptokiObject => {
      if (typeof object !== 'object' || object === null || !(#handle in object)) throw wrongType(name, 'an object of a token', object);
      return object;
    };
    assertUsable = (object, context, name = 'object') => void checked(object, name).#isCurrent(context, name);
    currentHandle = (given, context, name = 'object', search = {}) => {
      const object = checked(given, name);
      // An object that is used is kept: its table need not be.
      if (object.#rows !== undefined) object.#settle();
      return object.#isCurrent(context, name) ? object.handle : object.#findAgain(search);
    };
  }

  /** Not for callers: objects come from finding, generating and importing. The attributes are the object's from now on; of a table its row is given instead of a handle. */
  constructor(context: TokenContext, handle: bigint | number, source: ObjectSource) {
    this.#context = context;
    if (typeof handle === 'number') {
      this.#rows = source as AttributeRows;
      this.#row = handle;
      this.#epoch = this.#rows.epoch;
    } else {
      this.#handle = handle;
      this.#row = -1;
      this.#epoch = context.epoch;
      this.#attributes = Object.freeze(source as ReadAttributes);
    }
  }

  /**
   * The library's handle (CK_OBJECT_HANDLE). It means something as long as this process has the library initialised and the token is there; after a recovery
   * it is another one from the next use of the object on.
   */
  get handle(): bigint {
    return (this.#handle ??= this.#rows!.handle(this.#row));
  }

  /** The token the object is on. */
  get token(): Token {
    return this.#context.token;
  }

  /** One of `CKO` (CKA_CLASS). */
  get class(): number {
    return (this.#attributes === undefined ? this.#rows!.class(this.#row) : this.#attributes.class) ?? CKO.VENDOR_DEFINED;
  }

  /** CKA_LABEL; undefined where the object has none. */
  get label(): string | undefined {
    return this.#attributes === undefined ? this.#rows!.label(this.#row) : this.#attributes.label;
  }

  /** CKA_ID of a key or certificate; undefined where the object has none. */
  get id(): Uint8Array | undefined {
    return this.#attributes === undefined ? this.#rows!.id(this.#row) : this.#attributes.id;
  }

  /** What was read when the object was found or made, or after the last `set`. `get` asks the token. */
  get attributes(): Readonly<ReadAttributes> {
    return this.#attributes ?? this.#settle();
  }

  /** Takes what is its own out of the table, and lets go of the rest. */
  #settle(): Readonly<ReadAttributes> {
    this.#handle ??= this.#rows!.handle(this.#row);
    const attributes = Object.freeze(this.#rows!.attributes(this.#row));
    this.#attributes = attributes;
    this.#rows = undefined;
    return attributes;
  }

  /**
   * Reads attributes. Those that the object does not have or the token does not reveal are left out (C_GetAttributeValue).
   *
   * @example
   * const { label, modulusBits } = await key.get(['label', 'modulusBits']);
   */
  async get<Name extends AttributeKey>(names: readonly Name[], options: CallOptions = {}): Promise<Pick<ReadAttributes, Name>> {
    return readAttributes(this.#context, this, names, options);
  }

  /**
   * Changes attributes, as far as the token lets them be changed (C_SetAttributeValue).
   *
   * @example
   * await certificate.set({ label: 'signer 2027' });
   */
  async set(attributes: AttributeTemplate, options: CallOptions = {}): Promise<void> {
    await writeAttributes(this.#context, this, attributes, this.attributes.token, options);
    const known = Object.keys(this.attributes).map((key) => (/^\d/.test(key) ? Number(key) : (key as AttributeName)));
    this.#attributes = Object.freeze(await readAttributes(this.#context, this, known, options));
  }

  /**
   * Makes a copy that differs in the given attributes; not every token can (C_CopyObject).
   *
   * @example
   * const kept = await object.copy({ token: true, label: 'kept' });
   */
  async copy(attributes: AttributeTemplate = {}, options: CallOptions = {}): Promise<this> {
    const handle = await copyObject(this.#context, this, attributes, this.attributes.token, options);
    return (await this.#context.load(handle, options, this.attributes.class)) as this;
  }

  /**
   * Removes the object from the token (C_DestroyObject). Later uses reject with `ERR_CRYPTOKI_STALE`.
   *
   * @example
   * await object.destroy();
   */
  async destroy(options: CallOptions = {}): Promise<void> {
    await destroyObject(this.#context, this, this.attributes.token, options);
    this.#destroyed = true;
  }

  /**
   * The size in bytes as the token counts it; undefined where it does not tell (C_GetObjectSize).
   *
   * @example
   * const bytes = await object.size();
   */
  async size(options: CallOptions = {}): Promise<number | undefined> {
    return objectSize(this.#context, this, options);
  }

  /**
   * The RFC 7512 URI that names this object, with its token: for configuration files.
   *
   * @example
   * key.uri(); // 'pkcs11:token=demo;object=signer;type=private'
   */
  uri(): string {
    return formatObjectUri(this.#context.token, this.attributes);
  }

  /** Whether the handle is still good; throws where there is none any more. */
  #isCurrent(context: TokenContext, name: string): boolean {
    this.#context.assertOpen();
    if (context !== this.#context) {
      throw new CryptokiError('ERR_CRYPTOKI_FOREIGN_OBJECT', `The "${name}" argument is an object of another token: ${this.#context.token.label}`);
    }
    if (this.#destroyed) throw new CryptokiError('ERR_CRYPTOKI_STALE', 'The object has been destroyed');
    const { epoch } = context;
    if (this.#epoch === epoch) return true;
    if (this.#epoch.token !== epoch.token) {
      throw new CryptokiError('ERR_CRYPTOKI_STALE', 'The token was initialised after this object was found; the object is gone');
    }
    // Tokens may give the handles of private objects anew at each login (PKCS #11 v3.2, section 5.6.10, C_Logout).
    if (this.#isPrivate() && this.#epoch.login !== epoch.login) {
      throw new CryptokiError('ERR_CRYPTOKI_STALE', 'The token was logged out after this private object was found; log in and find it again');
    }
    if (this.#epoch.sessions !== epoch.sessions && this.attributes.token === false) {
      throw new CryptokiError(
        'ERR_CRYPTOKI_STALE',
        'The sessions of the token were lost, and with them this object, which was not kept on the token',
      );
    }
    return this.#epoch.handles === epoch.handles;
  }

  #findAgain(search: HandleSearch): Promise<bigint> {
    const { epoch, lostLogin } = this.#context;
    if (lostLogin !== undefined && this.#isPrivate()) throw lostLogin;
    const which = search.session === undefined ? 'free' : 'leased';
    const searches = (this.#searches ??= {});
    let running = searches[which];
    if (running?.epoch !== epoch || running.work.abandoned) {
      searches[which] = running = { epoch, work: new SharedWork((options) => this.#find(epoch, which, { ...options, session: search.session })) };
    }
    return running.work.wait({ signal: search.signal, timeLimit: search.timeLimit });
  }

  async #find(epoch: Epoch, which: 'leased' | 'free', search: HandleSearch): Promise<bigint> {
    try {
      const handle = await findAgain(this.#context, this.attributes, search);
      this.#handle = handle;
      this.#epoch = epoch;
      return handle;
    } catch (error) {
      // That it is not there is remembered until the next recovery; that it could not be looked for is not.
      if (!CryptokiError.is(error, 'ERR_CRYPTOKI_STALE')) {
        if (this.#searches?.[which]?.epoch === epoch && search.signal?.aborted !== true) delete this.#searches[which];
        throw error;
      }
      // Its session is still there, so it may be itself that is not fit to be found: then its handle is tried as it is.
      if (this.attributes.token === false) return this.handle;
      throw error;
    }
  }

  #isPrivate(): boolean {
    return this.attributes.private ?? (this.class === CKO.PRIVATE_KEY || this.class === CKO.SECRET_KEY);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs(this, this.describe(), depth, options);
  }

  /** @internal What inspection shows; subclasses add to it, never a secret. */
  protected describe(): Record<string, unknown> {
    const { label, id } = this;
    return {
      ...(this.constructor === CryptokiObject && { class: nameOr('CKO', this.class) }),
      ...(label !== undefined && { label }),
      ...(id !== undefined && id.length > 0 && { id: describeBytes(id) }),
      token: this.#context.token.label,
    };
  }
}
