import type { Certificate, DataObject, PrivateKey, PublicKey } from '../index';
import { hexadecimal } from './values';
import type { Connection } from './connection';
import type { Token } from './token';

/** Our object behind one of these conventions. */
export type Ours = Certificate | PublicKey | PrivateKey | DataObject;

/** Which of the classes an object is of. */
export type ObjectType = 'certificate' | 'publicKey' | 'privateKey' | 'dataContainer';

/** What stands behind an object; for the classes of these conventions only. */
export let behind: <Kind extends Ours>(object: TokenObject<Kind>) => { readonly ours: Kind; readonly connection: Connection };

/** What certificates, keys and data containers have in common. */
export abstract class TokenObject<Kind extends Ours = Ours> {
  readonly #ours: Kind;
  readonly #connection: Connection;
  /** The token it is on. */
  readonly parent: Token;
  /** Which of the classes it is. */
  abstract readonly type: ObjectType;

  static {
    behind = (object) => ({ ours: object.#ours, connection: object.#connection });
  }

  /** Not for callers: objects come from `token.getObjects()`. */
  constructor(parent: Token, ours: Kind, connection: Connection) {
    this.parent = parent;
    this.#ours = ours;
    this.#connection = connection;
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
