import type { Certificate as OurCertificate, DataObject, PrivateKey, PublicKey } from '../index';
import { decrypt, hashAndSign, sign, type DecryptAlgorithm, type SignAlgorithm } from './algorithms';
import { operation, scwsError } from './error';
import { judge, type TrustReason, type Usage } from './trust';
import { isSame } from './trust-path';
import { arrayBuffer, binary, hexadecimal } from './values';
import type { Connection } from './connection';
import type { Token } from './token';

/** Our object behind one of these conventions. */
type Ours = OurCertificate | PublicKey | PrivateKey | DataObject;

/** Which of the classes an object is of. */
export type ObjectType = 'certificate' | 'publicKey' | 'privateKey' | 'dataContainer';

/** What certificates, keys and data containers have in common. */
export abstract class TokenObject {
  readonly #ours: Ours;
  /** The token it is on. */
  readonly parent: Token;
  /** Which of the classes it is. */
  abstract readonly type: ObjectType;

  /** Not for callers: objects come from `token.getObjects()`. */
  constructor(parent: Token, ours: Ours) {
    this.parent = parent;
    this.#ours = ours;
  }

  /** A number that means something as long as the token is connected. */
  get handle(): number {
    return Number(this.#ours.handle);
  }

  /** CKA_ID in hexadecimal: pairs certificates and keys; '' where there is none. */
  get ckId(): string {
    return hexadecimal(this.#ours.id);
  }

  /** CKA_LABEL; '' where there is none. */
  get ckLabel(): string {
    return this.#ours.label ?? '';
  }

  /** Whether it can be seen after login only. */
  get private(): boolean {
    return this.#ours.attributes.private === true;
  }

  /** Whether it can be changed. */
  get modifiable(): boolean {
    return this.#ours.attributes.modifiable !== false;
  }

  /** Which of `token.pins` protects it; undefined for what needs none. */
  get pinNumber(): number | undefined {
    return this.private ? 0 : undefined;
  }
}

/** What `getTrust` answers. */
export interface Trust {
  /** 'ok', or why not. */
  readonly trustStatus: 'ok' | TrustReason[];
  /** What the extended key usage of the certificate allows. */
  readonly usages: Usage[];
  /** The certificate and those above it, as far as they were found. Those that are not on the token have no handle: 0. */
  readonly certPath: Certificate[];
}

/**
 * A certificate.
 *
 * @example
 * const { trustStatus } = await certificate.getTrust();
 */
export class Certificate extends TokenObject {
  readonly type = 'certificate' as const;
  readonly #ours: OurCertificate;
  readonly #connection: Connection;

  /** Not for callers: objects come from `token.getObjects()`. */
  constructor(parent: Token, ours: OurCertificate, connection: Connection) {
    super(parent, ours);
    this.#ours = ours;
    this.#connection = connection;
  }

  /** Whether it is its own issuer. */
  get root(): boolean {
    const { issuer, subject } = this.#ours.x509;
    return issuer === subject;
  }

  /** From when on it is valid. */
  get notBefore(): Date {
    return new Date(this.#ours.x509.validFrom);
  }

  /** Until when it is valid. */
  get notAfter(): Date {
    return new Date(this.#ours.x509.validTo);
  }

  /**
   * The certificate in PEM.
   *
   * @example
   * const pem = await certificate.getValue();
   */
  getValue(): Promise<string> {
    return operation(() => {
      this.#connection.assertOpen();
      return this.#ours.x509.toString();
    });
  }

  /**
   * Whether it can be trusted, what for, and the path to its root.
   *
   * @example
   * const { trustStatus, certPath } = await certificate.getTrust();
   */
  getTrust(): Promise<Trust> {
    return operation(async () => {
      const { token, options, trust } = this.#connection;
      const present: OurCertificate[] = [];
      for await (const one of token.certificates(undefined, options)) if (isReadable(one)) present.push(one);
      const { trustStatus, usages, path } = await judge(
        this.#ours.x509,
        present.map(({ x509 }) => x509),
        trust,
      );
      const certPath = path.map((x509, index) => {
        if (index === 0) return this;
        const here = present.find((one) => isSame(one.x509, x509));
        return here === undefined
          ? new ForeignCertificate(this.parent, x509, this.#connection)
          : new Certificate(this.parent, here, this.#connection);
      });
      return { trustStatus, usages, certPath };
    });
  }
}

/** A certificate of a path that is not on the token. */
class ForeignCertificate extends Certificate {
  constructor(parent: Token, x509: OurCertificate['x509'], connection: Connection) {
    super(
      parent,
      { x509, handle: 0n, id: undefined, label: undefined, attributes: { modifiable: false, private: false } } as unknown as OurCertificate,
      connection,
    );
  }
}

function isReadable(certificate: OurCertificate): boolean {
  try {
    return certificate.x509 !== undefined;
  } catch {
    return false;
  }
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  ec: 'ECDSA',
  dsa: 'DSA',
  ed25519: 'EdDSA',
  ed448: 'EdDSA',
  x25519: 'ECDH',
  x448: 'ECDH',
  dh: 'DH',
};

/**
 * A public or private key. A public key does nothing here but pair with the others.
 *
 * @example
 * const key = (await token.getObjects()).find(({ type }) => type === 'privateKey');
 * const signature = await key.hashAndSign(document, 'sha256');
 */
export class Key extends TokenObject {
  readonly type: 'publicKey' | 'privateKey';
  readonly #ours: PublicKey | PrivateKey;
  readonly #connection: Connection;

  /** Not for callers: objects come from `token.getObjects()`. */
  constructor(parent: Token, ours: PublicKey | PrivateKey, type: 'publicKey' | 'privateKey', connection: Connection) {
    super(parent, ours);
    this.type = type;
    this.#ours = ours;
    this.#connection = connection;
  }

  /** 'RSA', 'ECDSA', 'EdDSA', 'DSA' …; the name of the library for others. */
  get algorithmName(): string {
    return ALGORITHMS[this.#ours.type] ?? this.#ours.type;
  }

  /** Whether the key wants its PIN for every use. */
  get alwaysAuthenticate(): boolean {
    return this.#ours.attributes.alwaysAuthenticate === true;
  }

  /**
   * Signs: with null the bytes as they are, by PKCS #1; with a hash's name data that is such a hash; with `{ mgf, saltLen }` a hash by PSS. EC signatures
   * are r‖s.
   *
   * @example
   * const signature = await key.sign(hash, 'sha256');
   */
  sign(data: string | ArrayBuffer | Uint8Array, algorithm?: SignAlgorithm): Promise<ArrayBuffer> {
    return this.#use(data, (key, bytes) => sign(key, bytes, algorithm, this.#connection.options));
  }

  /**
   * Hashes and signs.
   *
   * @example
   * const signature = await key.hashAndSign(document, 'sha256');
   */
  hashAndSign(data: string | ArrayBuffer | Uint8Array, algorithm: SignAlgorithm): Promise<ArrayBuffer> {
    return this.#use(data, (key, bytes) => hashAndSign(key, bytes, algorithm, this.#connection.options));
  }

  /**
   * Decrypts with an RSA key: PKCS #1 v1.5, `{ type: 'oaep', hashAlg, mgf }`, or `{ type: 'raw' }`.
   *
   * @example
   * const secret = await key.decrypt(sealed, { type: 'oaep', hashAlg: 'sha1' });
   */
  decrypt(data: string | ArrayBuffer | Uint8Array, algorithm?: DecryptAlgorithm): Promise<ArrayBuffer> {
    return this.#use(data, (key, bytes) => decrypt(key, bytes, algorithm, this.#connection.options));
  }

  #use(data: unknown, work: (key: PrivateKey, bytes: Uint8Array) => Promise<Uint8Array>): Promise<ArrayBuffer> {
    return operation(async () => {
      const bytes = binary(data, 'data');
      this.#connection.assertOpen();
      if (this.type !== 'privateKey') throw scwsError('CKR_KEY_FUNCTION_NOT_PERMITTED', 'It is a public key.');
      return arrayBuffer(await work(this.#ours as PrivateKey, bytes));
    });
  }
}

/**
 * Data on the token.
 *
 * @example
 * const value = await container.getValue();
 */
export class DataContainer extends TokenObject {
  readonly type = 'dataContainer' as const;
  readonly #ours: DataObject;
  readonly #connection: Connection;

  /** Not for callers: objects come from `token.getObjects()`. */
  constructor(parent: Token, ours: DataObject, connection: Connection) {
    super(parent, ours);
    this.#ours = ours;
    this.#connection = connection;
  }

  /** Which application it belongs to; '' where none is named. */
  get application(): string {
    return this.#ours.attributes.application ?? '';
  }

  /**
   * The data.
   *
   * @example
   * const bytes = new Uint8Array(await container.getValue());
   */
  getValue(): Promise<ArrayBuffer> {
    return operation(async () => {
      this.#connection.assertOpen();
      return arrayBuffer((await this.#ours.value(this.#connection.options)) ?? new Uint8Array(0));
    });
  }
}
