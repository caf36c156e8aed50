import { inspect, type InspectOptions } from 'node:util';
import { CKO } from './generated/constants';
import { wrongType } from './arguments';
import { CryptokiError } from './errors';
import { describeBytes, inspectAs, nameOr } from './inspect';
import { copyObject, destroyObject, objectSize, readAttributes, writeAttributes } from './object-calls';
import { formatObjectUri } from './uri-select';
import type { AttributeKey, AttributeName, AttributeTemplate, ReadAttributes } from './attributes';
import type { CallOptions } from './options';
import type { Token } from './token';
import type { Epoch, TokenContext } from './token-context';

/** The context of an object's token. For the classes of this library only. */
export let contextOf: (object: CryptokiObject) => TokenContext;

/**
 * The handle of an object, for a call on `context`'s token. Throws when the object is known to be destroyed, stale, or of
 * another token (`name`: the argument it came as). For the classes of this library only.
 */
export let handleFor: (object: CryptokiObject, context: TokenContext, name?: string) => bigint;

/** How `currentHandle` may look for an object. */
export interface HandleSearch extends CallOptions {
  /** A session that the caller has lent already: on a token with one session there is no other to search in. */
  readonly session?: bigint | undefined;
}

/**
 * As `handleFor`, and where the handle was lost with its token: that of the same object, found again. To be asked anew each time a call is made, also when it is
 * repeated. For the classes of this library only.
 */
export let currentHandle: (object: CryptokiObject, context: TokenContext, name?: string, search?: HandleSearch) => bigint | Promise<bigint>;

/**
 * An object on a token: keys, certificates and data objects are of its subclasses, everything else is this itself.
 *
 * @example
 * for await (const object of token.objects()) console.log(object.label, nameOf('CKO', object.class));
 */
export class CryptokiObject {
  readonly #context: TokenContext;
  readonly #handle: bigint;
  readonly #epoch: Epoch;
  #attributes: Readonly<ReadAttributes>;
  #destroyed = false;

  static {
    contextOf = (object) => object.#context;
    handleFor = (object, context, name = 'object') => {
      if (typeof object !== 'object' || object === null || !(#handle in object)) throw wrongType(name, 'an object of a token', object);
      return object.#handleFor(context, name);
    };
    currentHandle = (object, context, name) => handleFor(object, context, name);
  }

  /** Not for callers: objects come from finding, generating and importing. The attributes are the object's from now on. */
  constructor(context: TokenContext, handle: bigint, attributes: ReadAttributes) {
    this.#context = context;
    this.#handle = handle;
    this.#epoch = context.epoch;
    this.#attributes = Object.freeze(attributes);
  }

  /** The library's handle; it means something as long as this process has the library initialised (CK_OBJECT_HANDLE). */
  get handle(): bigint {
    return this.#handle;
  }

  /** The token the object is on. */
  get token(): Token {
    return this.#context.token;
  }

  /** One of `CKO` (CKA_CLASS). */
  get class(): number {
    return this.#attributes.class ?? CKO.VENDOR_DEFINED;
  }

  /** CKA_LABEL; undefined where the object has none. */
  get label(): string | undefined {
    return this.#attributes.label;
  }

  /** CKA_ID of a key or certificate; undefined where the object has none. */
  get id(): Uint8Array | undefined {
    return this.#attributes.id;
  }

  /** What was read when the object was found or made, or after the last `set`. `get` asks the token. */
  get attributes(): Readonly<ReadAttributes> {
    return this.#attributes;
  }

  /**
   * Reads attributes. Those that the object does not have or the token does not reveal are left out (C_GetAttributeValue).
   *
   * @example
   * const { label, modulusBits } = await key.get(['label', 'modulusBits']);
   */
  async get<Name extends AttributeKey>(names: readonly Name[], options: CallOptions = {}): Promise<Pick<ReadAttributes, Name>> {
    return readAttributes(this.#context, this.#handleFor(this.#context), names, options);
  }

  /**
   * Changes attributes, as far as the token lets them be changed (C_SetAttributeValue).
   *
   * @example
   * await certificate.set({ label: 'signer 2027' });
   */
  async set(attributes: AttributeTemplate, options: CallOptions = {}): Promise<void> {
    const handle = this.#handleFor(this.#context);
    await writeAttributes(this.#context, handle, attributes, this.#attributes.token, options);
    const known = Object.keys(this.#attributes).map((key) => (/^\d/.test(key) ? Number(key) : (key as AttributeName)));
    this.#attributes = Object.freeze(await readAttributes(this.#context, handle, known, options));
  }

  /**
   * Makes a copy that differs in the given attributes; not every token can (C_CopyObject).
   *
   * @example
   * const kept = await object.copy({ token: true, label: 'kept' });
   */
  async copy(attributes: AttributeTemplate = {}, options: CallOptions = {}): Promise<this> {
    const handle = await copyObject(this.#context, this.#handleFor(this.#context), attributes, this.#attributes.token, options);
    return (await this.#context.load(handle, options, this.#attributes.class)) as this;
  }

  /**
   * Removes the object from the token (C_DestroyObject). Later uses reject with `ERR_CRYPTOKI_STALE`.
   *
   * @example
   * await object.destroy();
   */
  async destroy(options: CallOptions = {}): Promise<void> {
    await destroyObject(this.#context, this.#handleFor(this.#context), this.#attributes.token, options);
    this.#destroyed = true;
  }

  /**
   * The size in bytes as the token counts it; undefined where it does not tell (C_GetObjectSize).
   *
   * @example
   * const bytes = await object.size();
   */
  async size(options: CallOptions = {}): Promise<number | undefined> {
    return objectSize(this.#context, this.#handleFor(this.#context), options);
  }

  /**
   * The RFC 7512 URI that names this object, with its token: for configuration files.
   *
   * @example
   * key.uri(); // 'pkcs11:token=demo;object=signer;type=private'
   */
  uri(): string {
    return formatObjectUri(this.#context.token, this.#attributes);
  }

  #handleFor(context: TokenContext, name = 'object'): bigint {
    this.#context.assertOpen();
    if (context !== this.#context) {
      throw new CryptokiError('ERR_CRYPTOKI_FOREIGN_OBJECT', `The "${name}" argument is an object of another token: ${this.#context.token.label}`);
    }
    if (this.#destroyed) throw new CryptokiError('ERR_CRYPTOKI_STALE', 'The object has been destroyed');
    const { epoch } = context;
    if (this.#epoch.token !== epoch.token) {
      throw new CryptokiError('ERR_CRYPTOKI_STALE', 'The token was initialised after this object was found; the object is gone');
    }
    // Tokens may give the handles of private objects anew at each login (PKCS #11 v3.2, section 5.6.10, C_Logout).
    if (this.#isPrivate() && this.#epoch.login !== epoch.login) {
      throw new CryptokiError('ERR_CRYPTOKI_STALE', 'The token was logged out after this private object was found; log in and find it again');
    }
    return this.#handle;
  }

  #isPrivate(): boolean {
    return this.#attributes.private ?? (this.class === CKO.PRIVATE_KEY || this.class === CKO.SECRET_KEY);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs(this, this.describe(), depth, options);
  }

  /** @internal What inspection shows; subclasses add to it, never a secret. */
  protected describe(): Record<string, unknown> {
    const { label, id } = this.#attributes;
    return {
      ...(this.constructor === CryptokiObject && { class: nameOr('CKO', this.class) }),
      ...(label !== undefined && { label }),
      ...(id !== undefined && id.length > 0 && { id: describeBytes(id) }),
      token: this.#context.token.label,
    };
  }
}
