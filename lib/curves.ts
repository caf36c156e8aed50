// Every curve we know by name, once. A curve we do not know still works when its parameters say how long its numbers are.

import { CKK } from './generated/constants';
import { DerError, TAG, element, octetString, oid, parse, unpadded } from './der';

export type CurveKind = 'weierstrass' | 'edwards' | 'montgomery';

export interface Curve {
  /** As node:crypto calls it; undefined for parameters given in full. */
  readonly name: string | undefined;
  readonly aliases: readonly string[];
  readonly oid: string | undefined;
  readonly kind: CurveKind;
  /** The key type of the standard. */
  readonly keyType: number;
  /** Bytes of a coordinate; of the whole public key where that is one number. */
  readonly fieldBytes: number;
  /** Bytes of the order: the length of r and of s. */
  readonly orderBytes: number;
  /** The curve name that PKCS#11 3.0 section 6.3 allows in place of the identifier. */
  readonly printable: string | undefined;
}

const weierstrass = (name: string, id: string, bits: number, aliases: string[] = [], orderBits = bits): Curve => ({
  name,
  aliases,
  oid: id,
  kind: 'weierstrass',
  keyType: CKK.EC,
  fieldBytes: Math.ceil(bits / 8),
  orderBytes: Math.ceil(orderBits / 8),
  printable: undefined,
});

const single = (name: string, id: string, kind: 'edwards' | 'montgomery', bytes: number, printable: string): Curve => ({
  name,
  aliases: [],
  oid: id,
  kind,
  keyType: kind === 'edwards' ? CKK.EC_EDWARDS : CKK.EC_MONTGOMERY,
  fieldBytes: bytes,
  orderBytes: bytes,
  printable,
});

const brainpool = '1.3.36.3.3.2.8.1.1';

const CURVES: readonly Curve[] = Object.freeze([
  weierstrass('prime256v1', '1.2.840.10045.3.1.7', 256, ['P-256', 'secp256r1']),
  weierstrass('secp384r1', '1.3.132.0.34', 384, ['P-384']),
  weierstrass('secp521r1', '1.3.132.0.35', 521, ['P-521']),
  weierstrass('secp256k1', '1.3.132.0.10', 256),
  weierstrass('secp224r1', '1.3.132.0.33', 224, ['P-224']),
  weierstrass('prime192v1', '1.2.840.10045.3.1.1', 192, ['P-192', 'secp192r1']),
  weierstrass('secp192k1', '1.3.132.0.31', 192),
  weierstrass('secp224k1', '1.3.132.0.32', 224, [], 225),
  ...[160, 192, 224, 256, 320, 384, 512].flatMap((bits, index) => [
    weierstrass(`brainpoolP${bits}r1`, `${brainpool}.${2 * index + 1}`, bits),
    weierstrass(`brainpoolP${bits}t1`, `${brainpool}.${2 * index + 2}`, bits),
  ]),
  weierstrass('SM2', '1.2.156.10197.1.301', 256),
  single('ed25519', '1.3.101.112', 'edwards', 32, 'edwards25519'),
  single('ed448', '1.3.101.113', 'edwards', 57, 'edwards448'),
  single('x25519', '1.3.101.110', 'montgomery', 32, 'curve25519'),
  single('x448', '1.3.101.111', 'montgomery', 56, 'curve448'),
]);

const byName = new Map(CURVES.flatMap((curve) => [curve.name ?? '', ...curve.aliases].map((name) => [name.toLowerCase(), curve])));
const byOid = new Map(CURVES.map((curve) => [curve.oid, curve]));
const byPrintable = new Map(CURVES.map((curve) => [curve.printable, curve]));

// One number for two things: GnuPG's Ed25519, and in NSS the Montgomery curve. The key type decides.
const SHARED_OID = '1.3.6.1.4.1.11591.15.1';
// The number of Curve25519 before RFC 8410.
const OLD_CURVE25519 = '1.3.6.1.4.1.3029.1.5.1';

/** The curve of this name, in any of its usual spellings. */
export const curveByName = (name: string): Curve | undefined => byName.get(name.toLowerCase());

export const curveByOid = (id: string): Curve | undefined => byOid.get(id);

/** The names of node:crypto for curves of that kind, for messages. */
export const curveNames = (kind: CurveKind): string[] =>
  CURVES.flatMap((curve) => (curve.kind === kind && curve.name !== undefined ? [curve.name] : []));

/** What a key's CKA_EC_PARAMS says: an identifier, a curve name (PKCS#11 3.0), or the parameters in full (X9.62). */
export function curveOf(ecParams: Uint8Array, keyType: number): Curve | undefined {
  try {
    return parse(ecParams, (reader) => {
      if (reader.next === TAG.OID) return withOid(reader.oid(), keyType);
      if (reader.next === TAG.PRINTABLE_STRING || reader.next === TAG.UTF8_STRING) {
        const name = Buffer.from(reader.element().content).toString('latin1');
        return byPrintable.get(name) ?? curveByName(name);
      }
      return explicit(reader.read(TAG.SEQUENCE));
    });
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function withOid(id: string, keyType: number): Curve | undefined {
  if (id === SHARED_OID) return curveByName(keyType === CKK.EC_EDWARDS ? 'ed25519' : 'x25519');
  return id === OLD_CURVE25519 ? curveByName('x25519') : byOid.get(id);
}

function explicit(content: Uint8Array): Curve {
  return parse(element(TAG.SEQUENCE, content), (outer) => {
    const body = outer.sequence();
    body.small();
    const field = body.sequence();
    if (field.oid() !== '1.2.840.10045.1.1') throw new DerError('only prime fields are understood');
    const prime = field.unsigned();
    body.sequence();
    body.read(TAG.OCTET_STRING);
    const order = body.unsigned();
    return {
      name: undefined,
      aliases: [],
      oid: undefined,
      kind: 'weierstrass',
      keyType: CKK.EC,
      fieldBytes: unpadded(prime).length,
      orderBytes: unpadded(order).length,
      printable: undefined,
    };
  });
}

/** The spellings of CKA_EC_PARAMS for a named curve, the usual one first. */
export function ecParamsOf(curve: Curve): Uint8Array[] {
  const spellings: Uint8Array[] = [];
  if (curve.oid !== undefined) spellings.push(oid(curve.oid));
  if (curve.printable !== undefined) spellings.push(element(TAG.PRINTABLE_STRING, Buffer.from(curve.printable, 'latin1')));
  return spellings;
}

/**
 * The bare public point of a CKA_EC_POINT. The standard wants it inside an OCTET STRING for Weierstrass curves and, since 3.0,
 * bare for the others; tokens do all of it, and a few use a BIT STRING. The length of a point tells which it is.
 */
export function pointOf(ecPoint: Uint8Array, curve: Curve): Uint8Array | undefined {
  if (isPoint(ecPoint, curve)) return ecPoint;
  try {
    const inner = parse(ecPoint, (reader) => (reader.next === TAG.BIT_STRING ? reader.bits() : reader.read(TAG.OCTET_STRING)));
    return isPoint(inner, curve) ? inner : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** A point inside an OCTET STRING. */
export const ecPointOf = (point: Uint8Array): Uint8Array => octetString(point);

function isPoint(bytes: Uint8Array, curve: Curve): boolean {
  if (curve.kind !== 'weierstrass') return bytes.length === curve.fieldBytes;
  const [form] = bytes;
  if (form === 2 || form === 3) return bytes.length === curve.fieldBytes + 1;
  return (form === 4 || form === 6 || form === 7) && bytes.length === 2 * curve.fieldBytes + 1;
}
