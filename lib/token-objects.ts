import { CKO } from './generated/constants';
import { createObject } from './object-calls';
import { findObjects, findOne, withClass } from './find';
import type { FoundObjects } from './found-objects';
import { generateKey, generateKeyPair } from './generate-key';
import { importCertificate, type CertificateSource, type ImportCertificateOptions } from './import-certificate';
import { importKey } from './import-key';
import { importPkcs12, type ImportedPkcs12, type ImportPkcs12Options } from './import-pkcs12';
import { TokenState, type Home } from './token-state';
import { bytes, plainObject } from './arguments';
import { classOf } from './prepared-template';
import type { AttributeTemplate } from './attributes';
import type { Certificate } from './certificate';
import type { DataObject } from './data';
import type { GenerateKeyOptions, GenerateKeyPairOptions, KeyPair, KeyPairType, SecretKeyType } from './generate-key';
import type { ImportKeyOptions, KeySource } from './import-key';
import type { TokenInfo } from './info';
import type { CryptokiObject } from './object';
import type { CallOptions } from './options';
import type { PrivateKey } from './private-key';
import type { PublicKey } from './public-key';
import type { SecretKey } from './secret-key';
import type { Token } from './token';
import type { FindOptions, ObjectQuery } from './token-context';

/** What a data object is made of. */
export interface DataOptions {
  /** The data (CKA_VALUE). */
  readonly value: Uint8Array;
  /** The name to find it by (CKA_LABEL). Default: none. */
  readonly label?: string | undefined;
  /** Which application it belongs to. */
  readonly application?: string | undefined;
  /** The object identifier of the data's type, in DER. */
  readonly objectId?: Uint8Array | undefined;
  /** Kept on the token; false: as long as the token object in this process. Default: true. */
  readonly token?: boolean | undefined;
  /** Visible only after login. Default: false. */
  readonly private?: boolean | undefined;
  /** Further attributes. */
  readonly attributes?: AttributeTemplate | undefined;
}

/** The state of a token. For the classes of this library only. */
export let stateOf: (token: TokenObjects) => TokenState;

/** The objects of a token: finding them and making new ones. `Token` is the class to use. */
export abstract class TokenObjects {
  readonly #state: TokenState;

  static {
    stateOf = (token) => token.#state;
  }

  /** @internal */
  constructor(home: Home, slotId: number, info: TokenInfo) {
    this.#state = new TokenState(home, slotId, this as unknown as Token, info);
  }

  /**
   * All objects that match, of whatever class. Private ones are there only after login.
   *
   * @example
   * for await (const object of token.objects({ label: 'signer' })) console.log(object);
   */
  objects(query?: ObjectQuery, options?: FindOptions): FoundObjects<CryptokiObject> {
    return findObjects(this.#state, query, options);
  }

  /**
   * The private keys that match.
   *
   * @example
   * for await (const key of token.privateKeys({ sign: true })) console.log(key.label, key.type);
   */
  privateKeys(query?: ObjectQuery, options?: FindOptions): FoundObjects<PrivateKey> {
    return this.#all<PrivateKey>(CKO.PRIVATE_KEY, query, options);
  }

  /**
   * The public keys that match.
   *
   * @example
   * for await (const key of token.publicKeys()) console.log(key.toKeyObject().export({ format: 'jwk' }));
   */
  publicKeys(query?: ObjectQuery, options?: FindOptions): FoundObjects<PublicKey> {
    return this.#all<PublicKey>(CKO.PUBLIC_KEY, query, options);
  }

  /**
   * The secret keys that match.
   *
   * @example
   * for await (const key of token.secretKeys({ keyType: CKK.AES })) console.log(key.label);
   */
  secretKeys(query?: ObjectQuery, options?: FindOptions): FoundObjects<SecretKey> {
    return this.#all<SecretKey>(CKO.SECRET_KEY, query, options);
  }

  /**
   * The certificates that match.
   *
   * @example
   * for await (const { x509 } of token.certificates()) console.log(x509.subject);
   */
  certificates(query?: ObjectQuery, options?: FindOptions): FoundObjects<Certificate> {
    return this.#all<Certificate>(CKO.CERTIFICATE, query, options);
  }

  /**
   * The data objects that match.
   *
   * @example
   * for await (const data of token.dataObjects({ application: 'my app' })) console.log(data.label);
   */
  dataObjects(query?: ObjectQuery, options?: FindOptions): FoundObjects<DataObject> {
    return this.#all<DataObject>(CKO.DATA, query, options);
  }

  /**
   * The one object that matches: `ERR_CRYPTOKI_NOT_FOUND` for none, `ERR_CRYPTOKI_AMBIGUOUS` for several, which it names.
   *
   * @example
   * const object = await token.object('pkcs11:object=signer;type=private');
   */
  object(query: ObjectQuery, options?: FindOptions): Promise<CryptokiObject> {
    return findOne(this.#state, query, 'object', options);
  }

  /**
   * The one private key that matches; `ERR_CRYPTOKI_NOT_FOUND` and `ERR_CRYPTOKI_AMBIGUOUS` as `object`. Log in first.
   *
   * @example
   * const key = await token.privateKey({ label: 'signer' });
   */
  privateKey(query?: ObjectQuery, options?: FindOptions): Promise<PrivateKey> {
    return this.#one<PrivateKey>(CKO.PRIVATE_KEY, 'private key', query, options);
  }

  /**
   * The one public key that matches.
   *
   * @example
   * const publicKey = await token.publicKey({ label: 'signer' });
   */
  publicKey(query?: ObjectQuery, options?: FindOptions): Promise<PublicKey> {
    return this.#one<PublicKey>(CKO.PUBLIC_KEY, 'public key', query, options);
  }

  /**
   * The one secret key that matches.
   *
   * @example
   * const secretKey = await token.secretKey({ label: 'data key' });
   */
  secretKey(query?: ObjectQuery, options?: FindOptions): Promise<SecretKey> {
    return this.#one<SecretKey>(CKO.SECRET_KEY, 'secret key', query, options);
  }

  /**
   * The one certificate that matches.
   *
   * @example
   * const { x509 } = await token.certificate({ label: 'signer' });
   */
  certificate(query?: ObjectQuery, options?: FindOptions): Promise<Certificate> {
    return this.#one<Certificate>(CKO.CERTIFICATE, 'certificate', query, options);
  }

  /**
   * The one data object that matches.
   *
   * @example
   * const value = await (await token.dataObject({ label: 'note' })).value();
   */
  dataObject(query?: ObjectQuery, options?: FindOptions): Promise<DataObject> {
    return this.#one<DataObject>(CKO.DATA, 'data object', query, options);
  }

  #all<Kind extends CryptokiObject>(objectClass: number, query?: ObjectQuery, options?: FindOptions): FoundObjects<Kind> {
    return findObjects<Kind>(this.#state, withClass(query, objectClass), options);
  }

  async #one<Kind extends CryptokiObject>(objectClass: number, what: string, query?: ObjectQuery, options?: FindOptions): Promise<Kind> {
    return (await findOne(this.#state, withClass(query, objectClass), what, options)) as Kind;
  }

  /**
   * Makes an object from a whole template; the template says the class (C_CreateObject). Rejects with the token's judgement of it:
   * CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_VALUE_INVALID …
   *
   * @example
   * const note = await token.create({ class: CKO.DATA, token: true, label: 'note', value: document });
   */
  async create(attributes: AttributeTemplate, options: CallOptions = {}): Promise<CryptokiObject> {
    this.#state.assertOpen();
    const handle = await createObject(this.#state, attributes, options);
    return this.#state.load(handle, options, classOf(attributes));
  }

  /**
   * Keeps data on the token (CKO_DATA, C_CreateObject).
   *
   * @example
   * const note = await token.createData({ application: 'my app', label: 'note', value: document });
   */
  async createData(data: DataOptions, options: CallOptions = {}): Promise<DataObject> {
    plainObject(data, 'data');
    const { value, label, application, objectId, token = true, private: isPrivate = false, attributes } = data;
    const template = { class: CKO.DATA, token, private: isPrivate, label, application, objectId, value: bytes(value, 'data.value', true) };
    return (await this.create({ ...template, ...attributes }, options)) as DataObject;
  }

  /**
   * Makes a key pair on the token (C_GenerateKeyPair). The names are those of node:crypto's `generateKeyPair`. Unless the options say
   * otherwise the private key is sensitive, not extractable, and lives in this process only: `token: true` keeps the pair.
   *
   * @example
   * const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true });
   */
  generateKeyPair(type: KeyPairType, options?: GenerateKeyPairOptions): Promise<KeyPair> {
    return generateKeyPair(this.#state, type, options);
  }

  /**
   * Makes a secret key on the token (C_GenerateKey). `length` is in bits.
   *
   * @example
   * const key = await token.generateKey('aes', { length: 256 });
   */
  generateKey(type: SecretKeyType, options?: GenerateKeyOptions): Promise<SecretKey> {
    return generateKey(this.#state, type, options);
  }

  /**
   * Brings a key onto the token: a KeyObject, PEM, DER or a JSON Web Key; the bytes of a secret key with `type` (C_CreateObject).
   *
   * @example
   * const key = await token.importKey(createPrivateKey(pem), { label: 'signer', token: true });
   * const aes = await token.importKey(randomBytes(32), { type: 'aes' });
   */
  importKey(source: KeySource, options?: ImportKeyOptions): Promise<PrivateKey | PublicKey | SecretKey> {
    return importKey(this.#state, source, options);
  }

  /**
   * Keeps an X.509 certificate on the token. Its CKA_ID becomes that of its key, where the key is on the token.
   *
   * @example
   * await token.importCertificate(readFileSync('signer.pem'), { label: 'signer' });
   */
  importCertificate(source: CertificateSource, options?: ImportCertificateOptions): Promise<Certificate> {
    return importCertificate(this.#state, source, options);
  }

  /**
   * Brings the keys and certificates of a PKCS #12 file (.p12, .pfx) onto the token, so that they find each other by CKA_ID; all of them or
   * nothing. Rejects with `ERR_INVALID_ARG_VALUE` for a damaged file, `ERR_CRYPTOKI_WRONG_PASSWORD`, `ERR_CRYPTOKI_UNSUPPORTED` for a key or
   * a cipher that cannot be used, and `ERR_CRYPTOKI_PARTLY_DONE` where what was made could not be removed again after a failure (RFC 7292, C_CreateObject).
   *
   * @param password text, or its bytes in UTF-8; `undefined` or `null` where the file has none
   * @example
   * const { privateKeys, certificates } = await token.importPkcs12(readFileSync('signer.p12'), password);
   */
  importPkcs12(data: Uint8Array, password?: string | Uint8Array | null, options?: ImportPkcs12Options): Promise<ImportedPkcs12> {
    return importPkcs12(this.#state, data, password, options);
  }
}
