import { Certificate as OurCertificate, CryptokiError, DataObject, PrivateKey, PublicKey, type TokenInfo } from '../index';
import { alone } from '../one-login';
import { badParameters, operation, scwsError } from './error';
import { Certificate, isX509 } from './certificate';
import { DataContainer } from './data-container';
import { Key } from './key';
import { Pin } from './pin';
import { binary, hexadecimal } from './values';
import type { Connection } from './connection';
import type { TokenObject } from './object';
import type { Reader } from './reader';

/**
 * A token that has been connected. Its properties are what it said then.
 *
 * @example
 * const token = await reader.connect();
 * await token.pins[0].login('1234');
 * for (const object of await token.getObjects()) console.log(object.type, object.ckLabel);
 */
export class Token {
  /** Where it is. */
  readonly reader: Reader;
  readonly #connection: Connection;
  readonly #info: TokenInfo;
  readonly #pins: readonly Pin[];

  /** Not for callers: tokens come from `reader.connect()`. */
  constructor(reader: Reader, connection: Connection, info: TokenInfo) {
    this.reader = reader;
    this.#connection = connection;
    this.#info = info;
    this.#pins = Object.freeze([new Pin(connection, info)]);
  }

  /** Tells it from the others of its model. */
  get serialNumber(): string {
    return this.#info.serialNumber;
  }

  /** The name it was given. */
  get label(): string {
    return this.#info.label;
  }

  /** Which product it is. */
  get model(): string {
    return this.#info.model;
  }

  /** Its PINs: the standard has one, the user's. */
  get pins(): readonly Pin[] {
    return this.#pins;
  }

  /** Whether PINs are entered at the reader itself: give null in their place. */
  get protectedAuthPath(): boolean {
    return this.#info.protectedAuthenticationPath;
  }

  /**
   * The certificates, keys and data containers. Private ones are there after login only.
   *
   * @example
   * const objects = await token.getObjects();
   */
  getObjects(): Promise<TokenObject[]> {
    return operation(async () => {
      const { token, options } = this.#connection;
      const objects: TokenObject[] = [];
      for await (const ours of token.objects(undefined, { ...options, attributes: ['modifiable', 'private'] })) {
        if (ours instanceof OurCertificate && isX509(ours)) objects.push(new Certificate(this, ours, this.#connection));
        else if (ours instanceof PrivateKey || ours instanceof PublicKey) objects.push(new Key(this, ours, this.#connection));
        else if (ours instanceof DataObject) objects.push(new DataContainer(this, ours, this.#connection));
      }
      return objects;
    });
  }

  /**
   * Brings the keys and certificates of a PKCS #12 file onto the token. Somebody must be logged in.
   *
   * @example
   * await token.importPkcs12(readFileSync('signer.p12'), 'password');
   */
  importPkcs12(data: string | ArrayBuffer | Uint8Array, password: string): Promise<void> {
    return operation(async () => {
      const file = binary(data, 'data');
      if (typeof password !== 'string' || /\p{Cs}/u.test(password)) throw badParameters('"password" must be well-formed text.');
      // Of two at once with the same key, the second must see the first.
      await alone(this.#connection.token, () => this.#import(file, password));
    }, ofImport);
  }

  async #import(file: Uint8Array, password: string): Promise<void> {
    const { token, options } = this.#connection;
    const ids = new Set<string>();
    const handles = new Set<bigint>();
    for await (const key of token.privateKeys(undefined, options)) ids.add(hexadecimal(key.id));
    for await (const certificate of token.certificates(undefined, options)) handles.add(certificate.handle);
    const { privateKeys, certificates } = await token.importPkcs12(file, password, options);
    if (!privateKeys.some(({ id }) => ids.has(hexadecimal(id)))) return;
    // Which identifiers a file brings shows when it has been opened. Certificates that were there before stay.
    const made = [...privateKeys, ...certificates.filter(({ handle }) => !handles.has(handle))];
    await Promise.all(made.map((object) => object.destroy()));
    throw scwsError('CXR_CONTAINER_EXISTS');
  }

  /**
   * Ends the connection. Every call on the token and its objects rejects afterwards.
   *
   * @example
   * await token.disconnect();
   */
  disconnect(): Promise<void> {
    return operation(() => this.#connection.close());
  }
}

/** What went wrong with a file, and not with the parameters of a call. */
function ofImport(error: unknown): unknown {
  if (CryptokiError.is(error, 'ERR_CRYPTOKI_WRONG_PASSWORD')) return scwsError('MWR_IMPORT_PASSWORD_INVALID', undefined, error);
  if (CryptokiError.is(error, 'ERR_CRYPTOKI_UNSUPPORTED')) {
    if (error.reason === 'key-length') return scwsError('MWR_IMPORT_KEY_LENGTH_UNSUPPORTED', undefined, error);
    if (error.reason === 'key-type') return scwsError('MWR_IMPORT_KEY_TYPE_UNSUPPORTED', undefined, error);
    return scwsError('MWR_IMPORT_FILE_INVALID', undefined, error);
  }
  if (error instanceof TypeError) return scwsError('MWR_IMPORT_FILE_INVALID', undefined, error);
  return error;
}
