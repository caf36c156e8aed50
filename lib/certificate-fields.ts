// What of a certificate node:crypto does not tell, or only as text that could be read in two ways (RFC 5280, sections 4.1 and 4.2.1.3).

import { DerError, DerReader, parse, TAG } from './der';

/** What a key may be used for: the names of RFC 5280, section 4.2.1.3, in the order of its bits. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** One of the uses that the keyUsage extension of a certificate can allow; `nonRepudiation` is also called contentCommitment. */
export type KeyUsage = (typeof KEY_USAGES)[number];

/** One attribute of a name, such as its common name. */
export interface NameAttribute {
  /** Its object identifier: '2.5.4.3' for the common name, '2.5.4.5' for the serial number. */
  readonly type: string;
  /** Its text. */
  readonly value: string;
}

const KEY_USAGE = '2.5.29.15';
const CONTEXT_3 = 0xa3;

/** The uses of the keyUsage extension; undefined where there is none, or none that can be read. */
export function keyUsagesOf(der: Uint8Array): readonly KeyUsage[] | undefined {
  return quietly(() => {
    const body = new DerReader(der).sequence().sequence();
    while (body.next !== undefined && body.next !== CONTEXT_3) body.element();
    if (body.next === undefined) return undefined;
    const extensions = new DerReader(body.read(CONTEXT_3)).sequence();
    while (extensions.next !== undefined) {
      const extension = extensions.sequence();
      if (extension.oid() !== KEY_USAGE) continue;
      extension.optional(TAG.BOOLEAN);
      return usages(parse(extension.read(TAG.OCTET_STRING), (reader) => reader.read(TAG.BIT_STRING)));
    }
    return undefined;
  });
}

/** The first byte counts the bits at the end that are none. */
function usages([, ...bits]: Uint8Array): KeyUsage[] {
  return KEY_USAGES.filter((_, bit) => ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

/** The attributes of a Name in DER, in its order. */
export function nameAttributes(name: Uint8Array): readonly NameAttribute[] | undefined {
  return quietly(() => {
    const attributes: NameAttribute[] = [];
    const sets = new DerReader(name).sequence();
    while (sets.next !== undefined) {
      const set = new DerReader(sets.element().content);
      while (set.next !== undefined) {
        const attribute = set.sequence();
        const type = attribute.oid();
        const { tag, content } = attribute.element();
        attributes.push({ type, value: textOf(tag, content) });
      }
    }
    return attributes;
  });
}

const BMP_STRING = 0x1e;
const UNIVERSAL_STRING = 0x1c;

function textOf(tag: number, content: Uint8Array): string {
  if (tag === TAG.UTF8_STRING) return Buffer.from(content).toString('utf8');
  if (tag === BMP_STRING && content.length % 2 === 0) return Buffer.from(content).swap16().toString('utf16le');
  if (tag === UNIVERSAL_STRING && content.length % 4 === 0) return wideText(content);
  return Buffer.from(content).toString('latin1');
}

function wideText(content: Uint8Array): string {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const points = Array.from({ length: content.length / 4 }, (_, at) => view.getUint32(4 * at));
  return points.map((point) => (point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd')).join('');
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
