// Keys of node:crypto as templates. Everything goes through DER: it is the one form that KeyObject gives for all its types, and
// unlike JWK it leaves no private number in a string that cannot be wiped.

import type { KeyObject } from 'node:crypto';
import { CKK, CKO } from './generated/constants';
import { CryptokiError } from './errors';
import { curveByOid, curveOf, ecParamsOf, ecPointOf, pointOf, type Curve } from './curves';
import { OID, publicDer } from './export-key';
import { DerReader, padded, parse, TAG, unpadded } from './der';
import { setHalf } from './set-keys';
import type { AttributeTemplate } from './attributes';
import type { TakenApart } from './set-keys';

const copy = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
const big = (bytes: Uint8Array): Uint8Array => copy(unpadded(bytes));

/** AlgorithmIdentifier, and the reader for its parameters. */
function algorithm(body: DerReader): { id: string; parameters: Uint8Array | undefined } {
  const reader = body.sequence();
  const id = reader.oid();
  return { id, parameters: reader.next === undefined ? undefined : reader.element().whole };
}

/**
 * The attributes of a public key. `bareFirst`: since PKCS#11 3.0 Edwards and Montgomery points stand bare in CKA_EC_POINT, before
 * inside an OCTET STRING, as Weierstrass points do.
 */
export function publicTemplates(key: KeyObject, bareFirst = false): TakenApart {
  const der = key.export({ format: 'der', type: 'spki' });
  const ofSet = setHalf(der);
  if (ofSet !== undefined) return ofSet.apart;
  return parse(der, (reader) => {
    const body = reader.sequence();
    const { id, parameters } = algorithm(body);
    const bits = body.bits();
    const common = { class: CKO.PUBLIC_KEY };
    if (id === OID.RSA) {
      const numbers = new DerReader(bits).sequence();
      const [modulus, publicExponent] = [big(numbers.unsigned()), big(numbers.unsigned())];
      return { type: 'rsa', templates: [{ ...common, keyType: CKK.RSA, modulus, publicExponent }] };
    }
    const { curve, spellings } = curveFrom(id, parameters, key);
    const both = bareFirst ? [copy(bits), ecPointOf(bits)] : [ecPointOf(bits), copy(bits)];
    const points = curve.kind === 'weierstrass' ? [ecPointOf(bits)] : both;
    const templates = typesOf(curve).flatMap((keyType) =>
      points.flatMap((ecPoint) => spellings.map((ecParams) => ({ ...common, keyType, ecParams, ecPoint }))),
    );
    return { type: typeOfCurve(curve), templates };
  });
}

/** The attributes of a private key. The caller wipes them with `wipe`. */
export function privateTemplates(key: KeyObject): TakenApart {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  try {
    const ofSet = setHalf(der);
    if (ofSet !== undefined) return ofSet.apart;
    return parse(der, (reader) => {
      const body = reader.sequence();
      body.small();
      const { id, parameters } = algorithm(body);
      const inner = body.read(TAG.OCTET_STRING);
      if (id === OID.RSA) return { type: 'rsa', templates: [rsaPrivate(inner)] };
      const { curve, spellings } = curveFrom(id, parameters, key);
      const value = curve.kind === 'weierstrass' ? scalar(inner, curve) : copy(parse(inner, (one) => one.read(TAG.OCTET_STRING)));
      const common = { class: CKO.PRIVATE_KEY, value };
      const templates = typesOf(curve).flatMap((keyType) => spellings.map((ecParams) => ({ ...common, keyType, ecParams })));
      return { type: typeOfCurve(curve), templates };
    });
  } finally {
    der.fill(0);
  }
}

/** RSAPrivateKey of RFC 8017, appendix A.1.2. */
function rsaPrivate(der: Uint8Array): AttributeTemplate {
  return parse(der, (reader) => {
    const numbers = reader.sequence();
    numbers.small();
    const next = (): Uint8Array => big(numbers.unsigned());
    return {
      class: CKO.PRIVATE_KEY,
      keyType: CKK.RSA,
      modulus: next(),
      publicExponent: next(),
      privateExponent: next(),
      prime1: next(),
      prime2: next(),
      exponent1: next(),
      exponent2: next(),
      coefficient: next(),
    };
  });
}

/** The number in the ECPrivateKey of RFC 5915, in the full length of the order. */
function scalar(der: Uint8Array, curve: Curve): Uint8Array {
  return parse(der, (reader) => {
    const body = reader.sequence();
    body.small();
    const value = body.read(TAG.OCTET_STRING);
    return padded(value, curve.orderBytes) ?? copy(value);
  });
}

function curveFrom(id: string, parameters: Uint8Array | undefined, key: KeyObject): { curve: Curve; spellings: Uint8Array[] } {
  if (id === OID.EC && parameters !== undefined) {
    const curve = curveOf(parameters, CKK.EC);
    if (curve !== undefined) return { curve, spellings: [copy(parameters)] };
  }
  const curve = curveByOid(id);
  if (curve !== undefined) return { curve, spellings: ecParamsOf(curve) };
  throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `Keys of type '${key.asymmetricKeyType}' cannot be put on a token by this library`, {
    reason: 'key-type',
  });
}

// SoftHSM 2.6 keeps Montgomery keys as Edwards keys.
const typesOf = (curve: Curve): number[] => (curve.kind === 'montgomery' ? [curve.keyType, CKK.EC_EDWARDS] : [curve.keyType]);

const typeOfCurve = (curve: Curve): string => (curve.kind === 'weierstrass' ? 'ec' : (curve.name ?? 'ec'));

/** The bare public value of the other side of a key agreement on this curve; undefined when it is of another, or no key at all. */
export function agreementPoint(key: KeyObject, curve: Curve): Uint8Array | undefined {
  try {
    publicDer(key);
  } catch {
    return undefined;
  }
  const { templates } = publicTemplates(key);
  const [first] = templates;
  const point = first?.ecPoint;
  if (!(point instanceof Uint8Array) || !(first?.ecParams instanceof Uint8Array)) return undefined;
  const theirs = curveOf(first.ecParams, curve.keyType);
  return theirs?.name === curve.name ? pointOf(point, curve) : undefined;
}

/** Overwrites the secrets of templates; their numbers are copies of ours. */
export function wipe(templates: readonly AttributeTemplate[]): void {
  for (const template of templates) {
    if (template.class === CKO.PUBLIC_KEY) continue;
    for (const [name, value] of Object.entries(template)) {
      if (value instanceof Uint8Array && name !== 'id' && name !== 'ecParams') value.fill(0);
    }
  }
}
