// Private keys that may be read, as PKCS#8 (RFC 5958) that node:crypto has written.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { CKK } from '../generated/constants';
import { curveOf } from '../curves';
import { algorithmIdentifier, bitString, DerReader, element, integer, nullValue, octetString, oid, parse, sequence, TAG } from '../der';
import { domError } from './errors';
import { OID, publicDer, subjectPublicKey } from '../export-key';
import { parameterSetOf } from '../algorithms/parameter-sets';
import type { AttributeName, ReadAttributes } from '../attributes';
import type { KeyObject } from 'node:crypto';
import type { PrivateKey } from '../private-key';

const RSA: readonly AttributeName[] = ['modulus', 'publicExponent', 'privateExponent', 'prime1', 'prime2', 'exponent1', 'exponent2', 'coefficient'];

const info = (algorithm: Uint8Array, inner: Uint8Array): Uint8Array => sequence(integer(Uint8Array.of(0)), algorithm, octetString(inner));

function rsa(attributes: ReadAttributes): Uint8Array | undefined {
  const numbers = RSA.map((name) => attributes[name] as Uint8Array | undefined);
  if (numbers.some((number) => number === undefined)) return undefined;
  const inner = sequence(integer(Uint8Array.of(0)), ...numbers.map((number) => integer(number!)));
  return info(algorithmIdentifier(OID.RSA, nullValue()), inner);
}

/** RFC 5915, with the public key, which many readers want to find there. */
function weierstrass(algorithm: Uint8Array, scalar: Uint8Array): Uint8Array {
  const parts = [integer(Uint8Array.of(1)), octetString(scalar)];
  const bare = info(algorithm, sequence(...parts));
  const spki = createPublicKey(privateKeyObject(bare)).export({ format: 'der', type: 'spki' });
  bare.fill(0);
  return info(algorithm, sequence(...parts, element(TAG.CONTEXT_1, bitString(subjectPublicKey(spki)))));
}

function onCurve({ ecParams, value }: ReadAttributes, keyType: number): Uint8Array | undefined {
  const curve = ecParams === undefined ? undefined : curveOf(ecParams, keyType);
  if (value === undefined || curve?.oid === undefined) return undefined;
  if (curve.kind === 'weierstrass') {
    const scalar = new Uint8Array(curve.orderBytes);
    scalar.set(value.subarray(-curve.orderBytes), Math.max(0, curve.orderBytes - value.length));
    return weierstrass(algorithmIdentifier(OID.EC, oid(curve.oid)), scalar);
  }
  // Some tokens have the number inside the OCTET STRING of RFC 8410.
  const wrapped = value.length === curve.fieldBytes + 2 && value[0] === TAG.OCTET_STRING;
  return info(algorithmIdentifier(curve.oid), wrapped ? value : octetString(value));
}

/** RFC 9881, RFC 9935: the seed where it is known, else the expanded key. */
function ofSet({ parameterSet, seed, value }: ReadAttributes, keyType: number): Uint8Array | undefined {
  const set = parameterSetOf(keyType, parameterSet);
  if (set === undefined) return undefined;
  if (seed !== undefined && seed.length > 0) return info(algorithmIdentifier(set.oid), element(0x80, seed));
  return value === undefined ? undefined : info(algorithmIdentifier(set.oid), octetString(value));
}

const unreadable = (): DOMException =>
  domError('OperationError', 'The token does not reveal this key; it can be wrapped by another key on the token');

/** The private key in PKCS#8. The caller wipes it. */
export async function privateKeyInfo(key: PrivateKey): Promise<Uint8Array> {
  const { keyType } = key;
  const numbered = keyType === CKK.ML_DSA || keyType === CKK.ML_KEM;
  const names: readonly AttributeName[] = keyType === CKK.RSA ? RSA : numbered ? ['parameterSet', 'seed', 'value'] : ['ecParams', 'value'];
  const attributes: ReadAttributes = await key.get(names);
  const der = keyType === CKK.RSA ? rsa(attributes) : numbered ? ofSet(attributes, keyType) : onCurve(attributes, keyType);
  for (const value of Object.values(attributes)) if (value instanceof Uint8Array) value.fill(0);
  if (der === undefined) throw unreadable();
  if (numbered) return der;
  try {
    return privateKeyObject(der).export({ format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

/** The same PKCS#8 with no more than the number in the ECPrivateKey of RFC 5915. */
function withoutPublicKey(der: Uint8Array): Uint8Array {
  return parse(der, (reader) => {
    const body = reader.sequence();
    body.small();
    const algorithm = body.element().whole;
    const fields = new DerReader(body.read(TAG.OCTET_STRING)).sequence();
    fields.small();
    return info(algorithm, sequence(integer(Uint8Array.of(1)), octetString(fields.read(TAG.OCTET_STRING))));
  });
}

/** Throws for a private key on an elliptic curve whose public half is another's: it says that half itself, and OpenSSL believes it. */
export function expectOwnHalf(key: KeyObject): void {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  let bare: Uint8Array | undefined;
  try {
    bare = withoutPublicKey(der);
    if (!publicDer(privateKeyObject(bare)).equals(publicDer(key))) throw new TypeError('The halves of the key do not belong together');
  } finally {
    der.fill(0);
    bare?.fill(0);
  }
}

/** The KeyObject of a PKCS#8. */
export const privateKeyObject = (der: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(der.buffer, der.byteOffset, der.byteLength), format: 'der', type: 'pkcs8' });
