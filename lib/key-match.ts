// Which key on the token is that of a certificate.

import { CKO } from './generated/constants';
import { octets, publicKeyBits, rsaModulus } from './certificate-parts';
import { unpadded } from './der';
import { findObjects } from './find';
import type { ReadAttributes } from './attributes';
import type { CryptokiObject } from './object';
import type { CallOptions } from './options';
import type { TokenContext } from './token-context';

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Whether a key is, or belongs to, this public key; undefined where its attributes do not tell. */
export function isKeyOf(key: ReadAttributes, publicKeyInfo: Uint8Array): boolean | undefined {
  if (key.publicKeyInfo !== undefined && key.publicKeyInfo.length > 0) return equal(key.publicKeyInfo, publicKeyInfo);
  const bits = publicKeyBits(publicKeyInfo);
  if (bits === undefined) return undefined;
  if (key.modulus !== undefined && key.modulus.length > 0) {
    const modulus = rsaModulus(bits);
    return modulus !== undefined && equal(unpadded(key.modulus), modulus);
  }
  if (key.ecPoint !== undefined && key.ecPoint.length > 0) {
    // Some tokens give the point as it is, without its OCTET STRING (PKCS #11 v3.2, section 6.3.3).
    return equal(key.ecPoint, bits) || equal(octets(key.ecPoint) ?? new Uint8Array(0), bits);
  }
  return undefined;
}

/** The private or public key that belongs to a public key: with that CKA_ID if there is one, else by the key itself. */
export async function findKeyOf(
  context: TokenContext,
  objectClass: typeof CKO.PRIVATE_KEY | typeof CKO.PUBLIC_KEY,
  publicKeyInfo: Uint8Array,
  id: Uint8Array | undefined,
  options: CallOptions,
): Promise<CryptokiObject | undefined> {
  if (id !== undefined && id.length > 0) {
    const byId = await firstOf(context, { class: objectClass, id }, publicKeyInfo, options, true);
    if (byId !== undefined) return byId;
  }
  const byKey = await firstOf(context, { class: objectClass }, publicKeyInfo, options, false);
  if (byKey !== undefined || objectClass === CKO.PUBLIC_KEY) return byKey;
  // A private key of an elliptic curve does not tell its point: its public half does.
  const half = await firstOf(context, { class: CKO.PUBLIC_KEY }, publicKeyInfo, options, false);
  if (half?.id === undefined || half.id.length === 0) return undefined;
  return firstOf(context, { class: objectClass, id: half.id }, publicKeyInfo, options, true);
}

/** The first key that is it; with `unlessNot` also one that does not tell. */
async function firstOf(
  context: TokenContext,
  query: { class: number; id?: Uint8Array },
  publicKeyInfo: Uint8Array,
  options: CallOptions,
  unlessNot: boolean,
): Promise<CryptokiObject | undefined> {
  let possible: CryptokiObject | undefined;
  for await (const key of findObjects(context, query, options)) {
    const is = isKeyOf(key.attributes, publicKeyInfo);
    if (is === true) return key;
    if (is === undefined && unlessNot) possible ??= key;
  }
  return possible;
}
