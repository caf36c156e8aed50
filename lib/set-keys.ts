// Keys of a parameter set (ML-DSA, ML-KEM, SLH-DSA) in DER, taken apart here: node:crypto knows them since version 24 only.

import { CKK, CKO } from './generated/constants';
import { DerError, parse, TAG, type DerReader } from './der';
import { parameterSetByOid, type ParameterSet } from './algorithms/parameter-sets';
import type { AttributeTemplate } from './attributes';

/** A key taken apart: what describes it, in the spellings tokens want, and what it is. */
export interface TakenApart {
  readonly type: string;
  readonly templates: readonly AttributeTemplate[];
}

/** One half of a key pair. */
export interface Half {
  readonly isPrivate: boolean;
  readonly apart: TakenApart;
}

const copy = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** RFC 9881 and its siblings: a seed, the expanded key, or both; SLH-DSA has the bare key. */
function secrets(set: ParameterSet, inner: Uint8Array): AttributeTemplate {
  if (set.keyType === CKK.SLH_DSA) return { value: copy(inner) };
  return parse(inner, (reader) => {
    if (reader.next === 0x80) return { seed: copy(reader.read(0x80)) };
    if (reader.next === TAG.OCTET_STRING) return { value: copy(reader.read(TAG.OCTET_STRING)) };
    const both = reader.sequence();
    const [seed, value] = [both.read(TAG.OCTET_STRING), both.read(TAG.OCTET_STRING)];
    return { seed: copy(seed), value: copy(value) };
  });
}

function takenApart(reader: DerReader): Half | undefined {
  const body = reader.sequence();
  const isPrivate = body.next === TAG.INTEGER;
  if (isPrivate) body.small();
  const set = parameterSetByOid(body.sequence().oid());
  if (set === undefined) return undefined;
  const common = { keyType: set.keyType, parameterSet: set.value };
  const apart = (template: AttributeTemplate): Half => ({ isPrivate, apart: { type: set.name, templates: [template] } });
  if (isPrivate) return apart({ class: CKO.PRIVATE_KEY, ...common, ...secrets(set, body.read(TAG.OCTET_STRING)) });
  const value = body.bits();
  if (value.length !== set.publicKeyBytes) throw new DerError('the public key has not the length of its parameter set');
  return apart({ class: CKO.PUBLIC_KEY, ...common, value: copy(value) });
}

/** The DER in the first block of PEM that holds a key as such, not encrypted. */
export function derInPem(pem: string): Uint8Array | undefined {
  const [, , text] = /-----BEGIN (PUBLIC|PRIVATE) KEY-----([A-Za-z0-9+/=\s]+)-----END \1 KEY-----/.exec(pem) ?? [];
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

/** The key of a SubjectPublicKeyInfo, or of a PKCS#8 that is not encrypted; undefined where it is anything else. */
export function setHalf(der: Uint8Array): Half | undefined {
  try {
    return parse(der, takenApart);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
