// Whether keys on several tokens are one key.

import { CryptokiError } from '../errors';
import { CKO } from '../generated/constants';
import { nameOr } from '../inspect';
import { PrivateKey } from '../private-key';
import { PublicKey } from '../public-key';
import type { Key } from '../key';
import { nameOf } from './member';
import type { CallOptions } from '../options';

/** What a key is known by. */
export interface Identity {
  /** Its token, in words. */
  readonly token: string;
  readonly class: number;
  readonly keyType: number;
  readonly id: Uint8Array | undefined;
  /** The public key in DER, or the check value of a secret key; undefined where the token does not tell. */
  readonly material: Uint8Array | undefined;
}

export async function identityOf(key: Key, options: CallOptions): Promise<Identity> {
  const { token, keyType, id } = key;
  return { token: nameOf(token), class: key.class, keyType, id, material: await materialOf(key, options) };
}

async function materialOf(key: Key, options: CallOptions): Promise<Uint8Array | undefined> {
  try {
    if (key instanceof PrivateKey) return (key.publicKey ?? (await key.findPublicKey(options)))?.toSpki();
    if (key instanceof PublicKey) return key.toSpki();
  } catch (error) {
    if (CryptokiError.is(error, 'ERR_CRYPTOKI_UNSUPPORTED')) return undefined;
    throw error;
  }
  const { checkValue } = await key.get(['checkValue'], options);
  return checkValue;
}

const unlike = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) !== 0;
const known = (bytes: Uint8Array | undefined): bytes is Uint8Array => bytes !== undefined && bytes.length > 0;

/** In what two keys differ; undefined where nothing says that they do. */
function difference(one: Identity, other: Identity): string | undefined {
  if (one.class !== other.class) return `one is a ${nameOr('CKO', one.class)}, the other a ${nameOr('CKO', other.class)}`;
  if (one.keyType !== other.keyType) return `one is a ${nameOr('CKK', one.keyType)}, the other a ${nameOr('CKK', other.keyType)}`;
  if (known(one.material) && known(other.material)) {
    if (!unlike(one.material, other.material)) return undefined;
    return one.class === CKO.SECRET_KEY ? 'their check values differ' : 'their public keys differ';
  }
  // Only the identifier is left to tell.
  if (!known(one.id) || !known(other.id)) return 'nothing tells: of one at least neither public key or check value nor CKA_ID is known';
  return unlike(one.id, other.id) ? 'their CKA_ID differ' : undefined;
}

/** The error for a key that is not the one that the group stands for; undefined where it is. */
export function mismatch(one: Identity, other: Identity): CryptokiError | undefined {
  const what = difference(one, other);
  if (what === undefined) return undefined;
  return new CryptokiError('ERR_CRYPTOKI_KEY_MISMATCH', `The keys on the tokens ${one.token} and ${other.token} are not the same: ${what}`);
}
