import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { algorithmIdentifier, bitString, element, integer, oid, sequence, TAG } from '../../lib/der';

const ECDSA_WITH_SHA256 = algorithmIdentifier('1.2.840.10045.4.3.2');
const UTC_TIME = 0x17;
const SET = 0x31;

const name = (text: string): Uint8Array => sequence(element(SET, sequence(oid('2.5.4.3'), element(TAG.UTF8_STRING, Buffer.from(text)))));
const time = (year: number): Uint8Array => element(UTC_TIME, Buffer.from(`${String(year % 100).padStart(2, '0')}0101000000Z`));

/** Somebody with a key and a certificate. */
export interface Holder {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** DER. */
  readonly certificate: Buffer;
}

/** A certificate of P-256 keys (RFC 5280, section 4.1), issued by `issuer`, or by itself. */
export function issue(subject: string, issuer?: Holder, keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })): Holder {
  const by = issuer ?? { name: subject, privateKey: keys.privateKey };
  const body = sequence(
    element(TAG.CONTEXT_0, integer(Uint8Array.of(2))),
    integer(randomBytes(8)),
    ECDSA_WITH_SHA256,
    name(by.name),
    sequence(time(2020), time(2049)),
    name(subject),
    keys.publicKey.export({ format: 'der', type: 'spki' }),
  );
  const certificate = Buffer.from(sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, by.privateKey))));
  return { name: subject, ...keys, certificate };
}
