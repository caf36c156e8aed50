// PKCS #12 files as no program makes them for a test: without a MAC, with PBMAC1, in BER, with odd numbers in them (RFC 7292).

import { createCipheriv, createHmac, pbkdf2Sync, randomBytes, type KeyObject } from 'node:crypto';
import { algorithmIdentifier, element, integer, nullValue, octetString, oid, sequence, TAG } from '../../lib/der';
import { derive, PURPOSE, spellings } from '../../lib/pkcs12/password';

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  crlBag: '1.2.840.113549.1.12.10.1.4',
  nested: '1.2.840.113549.1.12.10.1.6',
  x509: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha256: '2.16.840.1.101.3.4.2.1',
  hmacSha256: '1.2.840.113549.2.9',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  pbmac1: '1.2.840.113549.1.5.14',
  aes256: '2.16.840.1.101.3.4.1.42',
} as const;

const SET = 0x31;
const BMP_STRING = 0x1e;
const explicit = (...parts: Uint8Array[]): Uint8Array => element(TAG.CONTEXT_0, ...parts);
const number = (value: number): Uint8Array => integer(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));

/** UTF-16 with the high byte first. */
export const bmp = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();

export interface Part {
  readonly key?: KeyObject | Uint8Array;
  readonly certificate?: Uint8Array;
  readonly name?: string;
  readonly localKeyId?: Uint8Array;
  /** A bag of this kind, with this in it. */
  readonly other?: readonly [id: string, value: Uint8Array];
  /** Wrapped so many times into SafeContents. */
  readonly nested?: number;
}

export interface Making {
  readonly password?: string;
  /** The bytes that PBES2 gets as password. Default: UTF-8. */
  readonly narrow?: Uint8Array;
  readonly mac?: 'pkcs12' | 'pbmac1' | 'none';
  readonly iterations?: number;
  /** Of the derivation of the key that encrypts. */
  readonly encryption?: number;
  /** Keys and certificates as they are. */
  readonly plain?: boolean;
  readonly version?: number;
  /** The content in pieces and of indefinite length, as BER allows. */
  readonly ber?: boolean;
  /** Identifiers in place of the usual ones. */
  readonly ids?: { readonly cipher?: string; readonly prf?: string; readonly hash?: string; readonly content?: string; readonly part?: string };
}

function pbkdf2(salt: Uint8Array, iterations: number, prf: string, length?: number): Uint8Array {
  const more = length === undefined ? [] : [number(length)];
  return algorithmIdentifier(OID.pbkdf2, sequence(octetString(salt), number(iterations), ...more, algorithmIdentifier(prf, nullValue())));
}

function encrypt(plain: Uint8Array, making: Making): { algorithm: Uint8Array; data: Uint8Array } {
  const [salt, iv, iterations] = [randomBytes(8), randomBytes(16), making.encryption ?? 10];
  const password = making.narrow ?? Buffer.from(making.password ?? '');
  const key = pbkdf2Sync(password, salt, Math.min(iterations, 1000), 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  const { cipher: id = OID.aes256, prf = OID.hmacSha256 } = making.ids ?? {};
  const how = sequence(pbkdf2(salt, iterations, prf), algorithmIdentifier(id, octetString(iv)));
  return { algorithm: algorithmIdentifier(OID.pbes2, how), data };
}

function bag({ key, certificate, name, localKeyId, other, nested = 0 }: Part, making: Making): Uint8Array {
  const attributes = [
    ...(name === undefined ? [] : [sequence(oid(OID.friendlyName), element(SET, element(BMP_STRING, bmp(name))))]),
    ...(localKeyId === undefined ? [] : [sequence(oid(OID.localKeyId), element(SET, octetString(localKeyId)))]),
  ];
  const [id, value] = other ?? (key === undefined ? [OID.certBag, certBag(certificate!)] : keyBag(key, making));
  let whole = sequence(oid(id), explicit(value), ...(attributes.length > 0 ? [element(SET, ...attributes)] : []));
  for (let depth = 0; depth < nested; depth++) whole = sequence(oid(OID.nested), explicit(sequence(whole)));
  return whole;
}

const certBag = (der: Uint8Array): Uint8Array => sequence(oid(OID.x509), explicit(octetString(der)));

function keyBag(key: KeyObject | Uint8Array, making: Making): [string, Uint8Array] {
  const der = key instanceof Uint8Array ? key : key.export({ type: 'pkcs8', format: 'der' });
  if (making.plain) return [OID.keyBag, der];
  const { algorithm, data } = encrypt(der, making);
  return [OID.shroudedKeyBag, sequence(algorithm, octetString(data))];
}

function safe(bags: readonly Uint8Array[], making: Making): Uint8Array {
  const contents = sequence(...bags);
  if (making.plain) return sequence(oid(making.ids?.part ?? OID.data), explicit(octetString(contents)));
  const { algorithm, data } = encrypt(contents, making);
  const info = sequence(oid(OID.data), algorithm, element(0x80, data));
  return sequence(oid(making.ids?.part ?? OID.encryptedData), explicit(sequence(number(0), info)));
}

async function macData(content: Uint8Array, making: Making): Promise<Uint8Array[]> {
  const [salt, iterations] = [randomBytes(8), making.iterations ?? 10];
  if (making.mac === 'none') return [];
  if (making.mac === 'pbmac1') {
    const mac = createHmac('sha256', pbkdf2Sync(making.password ?? '', salt, iterations, 32, 'sha256'))
      .update(content)
      .digest();
    const how = sequence(pbkdf2(salt, iterations, OID.hmacSha256, 32), algorithmIdentifier(OID.hmacSha256, nullValue()));
    return [sequence(sequence(algorithmIdentifier(OID.pbmac1, how), octetString(mac)), octetString(Buffer.from('NOT USED')), number(1))];
  }
  const { wide } = spellings(making.password)[0]!;
  const key = await derive('sha256', wide, { salt, iterations: Math.min(Math.max(iterations, 1), 1000) }, PURPOSE.mac, 32);
  const mac = createHmac('sha256', key).update(content).digest();
  return [
    sequence(sequence(algorithmIdentifier(making.ids?.hash ?? OID.sha256, nullValue()), octetString(mac)), octetString(salt), number(iterations)),
  ];
}

/** The same OCTET STRING constructed of two, its length and that of what is around it indefinite. */
function inBer(content: Uint8Array): Uint8Array {
  const [half, end] = [content.length >> 1, Uint8Array.of(0, 0)];
  const pieces = [octetString(content.subarray(0, half)), octetString(content.subarray(half))];
  return Buffer.concat([Uint8Array.of(0xa0, 0x80, 0x24, 0x80), ...pieces, end, end]);
}

/** Makes a file. */
export async function makePkcs12(parts: readonly Part[], making: Making = {}): Promise<Buffer> {
  const safes = parts.map((part) => {
    const whole = bag(part, making);
    // Keys are encrypted by themselves, certificates as a whole: the way all programs do it.
    return part.key === undefined ? safe([whole], making) : safe([whole], { ...making, plain: true });
  });
  const content = sequence(...safes);
  const held = making.ber ? inBer(content) : explicit(octetString(content));
  const authSafe = sequence(oid(making.ids?.content ?? OID.data), held);
  return Buffer.from(sequence(number(making.version ?? 3), authSafe, ...(await macData(content, making))));
}
