// The encryption and the integrity of PKCS #12 files, with node:crypto's ciphers and hashes.

import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { CryptokiError } from '../errors';
import { DerError, parse, TAG, type DerReader } from '../der';
import { checkIterations, derive, derive2, PURPOSE, type Spelling, type Work } from './password';

/** An AlgorithmIdentifier: its parameters in DER. */
export interface Algorithm {
  readonly id: string;
  readonly parameters: Uint8Array;
}

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const PBMAC1 = '1.2.840.113549.1.5.14';

const HMAC: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const HASH: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
}

const CIPHER: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 },
};

/** RFC 7292, appendix C: SHA-1, and a cipher of its time. */
const WITH_SHA1: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 },
  '1.2.840.113549.1.12.1.4': { name: 'des-ede-cbc', keyBytes: 16, ivBytes: 8 },
};

const REFUSED: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': 'RC4 with 128 bits',
  '1.2.840.113549.1.12.1.2': 'RC4 with 40 bits',
  '1.2.840.113549.1.12.1.5': 'RC2 with 128 bits',
  '1.2.840.113549.1.12.1.6': 'RC2 with 40 bits',
  '1.2.840.113549.1.5.3': 'DES with MD5',
  '1.2.840.113549.1.5.6': 'RC2 with MD5',
  '1.2.840.113549.1.5.10': 'DES with SHA-1',
  '1.2.840.113549.1.5.11': 'RC2 with SHA-1',
  '1.2.840.113549.3.2': 'RC2',
  '1.3.14.3.2.7': 'DES',
  '1.3.6.1.4.1.11591.4.11': 'scrypt',
};

const MODERN = 'make the file anew with AES-256 and SHA-256, as openssl pkcs12 -export does since version 3';

/** The error of an algorithm that is not done here. */
export function unsupported(id: string, what: string): CryptokiError {
  const name = REFUSED[id];
  const advice = name === undefined ? '' : `; ${MODERN}`;
  return new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `${what} of the PKCS #12 file is ${name ?? id}, which is not supported${advice}`);
}

function algorithm(reader: DerReader): Algorithm {
  const body = reader.sequence();
  const id = body.oid();
  return { id, parameters: body.next === undefined ? new Uint8Array(0) : body.element().whole };
}

/** An INTEGER of up to four bytes. */
function count(reader: DerReader): number {
  const bytes = reader.unsigned();
  if (bytes.length > 4) throw new DerError('a count is too large');
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

interface Derivation {
  readonly hash: string;
  readonly work: Work;
  readonly keyLength: number | undefined;
}

/** PBKDF2-params (RFC 8018, appendix A.2). */
function pbkdf2Of({ id, parameters }: Algorithm, signal: AbortSignal | undefined): Derivation {
  if (id !== PBKDF2) throw unsupported(id, 'The key derivation');
  return parse(parameters, (reader) => {
    const body = reader.sequence();
    const salt = body.read(TAG.OCTET_STRING);
    const iterations = count(body);
    const keyLength = body.next === TAG.INTEGER ? count(body) : undefined;
    const prf = body.next === undefined ? '1.2.840.113549.2.7' : algorithm(body).id;
    const hash = HMAC[prf];
    if (hash === undefined) throw unsupported(prf, 'The hash of the key derivation');
    return { hash, work: { salt, iterations, signal }, keyLength };
  });
}

/** Takes encryption apart before any password is tried; answers what decrypts with one. */
export function decryption(
  { id, parameters }: Algorithm,
  signal: AbortSignal | undefined,
): (data: Uint8Array, spelling: Spelling) => Promise<Buffer> {
  if (id === PBES2) return pbes2(parameters, signal);
  const cipher = WITH_SHA1[id];
  if (cipher === undefined) throw unsupported(id, 'The encryption');
  const work = parse(parameters, (reader) => {
    const body = reader.sequence();
    return { salt: body.read(TAG.OCTET_STRING), iterations: count(body), signal };
  });
  checkIterations(work.iterations);
  return async (data, { wide }) => {
    const key = await derive('sha1', wide, work, PURPOSE.key, cipher.keyBytes);
    const iv = await derive('sha1', wide, work, PURPOSE.iv, cipher.ivBytes);
    return decrypted(cipher, key, iv, data);
  };
}

function pbes2(parameters: Uint8Array, signal: AbortSignal | undefined): (data: Uint8Array, spelling: Spelling) => Promise<Buffer> {
  const [from, how] = parse(parameters, (reader) => {
    const body = reader.sequence();
    return [algorithm(body), algorithm(body)] as const;
  });
  const cipher = CIPHER[how.id];
  if (cipher === undefined) throw unsupported(how.id, 'The encryption');
  const { hash, work } = pbkdf2Of(from, signal);
  checkIterations(work.iterations);
  const iv = parse(how.parameters, (reader) => reader.read(TAG.OCTET_STRING));
  if (iv.length !== cipher.ivBytes) throw new DerError('an IV has not the length of its cipher');
  return async (data, { narrow }) => decrypted(cipher, await derive2(hash, narrow, work, cipher.keyBytes), iv, data);
}

/** Wipes the key. Throws what OpenSSL throws where the padding does not fit. */
function decrypted({ name }: Cipher, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  try {
    // Two keys of three: node:crypto has them under the name with three only.
    const whole = name === 'des-ede-cbc' ? Buffer.concat([key, key.subarray(0, 8)]) : key;
    const decipher = createDecipheriv(name === 'des-ede-cbc' ? 'des-ede3-cbc' : name, whole, iv);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } finally {
    key.fill(0);
  }
}

/** What protects the whole file: a MAC, its parameters, and what it should be. */
export interface Protection {
  readonly algorithm: Algorithm;
  readonly digest: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** Answers what tells whether a password fits the content. */
export function verification(mac: Protection, signal: AbortSignal | undefined): (content: Uint8Array, spelling: Spelling) => Promise<boolean> {
  const { id, parameters } = mac.algorithm;
  if (id === PBMAC1) return pbmac1(parameters, mac.digest, signal);
  const hash = HASH[id];
  if (hash === undefined) throw unsupported(id, 'The integrity check');
  const work = { salt: mac.salt, iterations: mac.iterations, signal };
  checkIterations(work.iterations);
  return async (content, { wide }) => {
    const length = createHmac(hash, '').digest().length;
    return isMac(hash, await derive(hash, wide, work, PURPOSE.mac, length), content, mac.digest);
  };
}

/** RFC 9579. */
function pbmac1(parameters: Uint8Array, digest: Uint8Array, signal: AbortSignal | undefined): ReturnType<typeof verification> {
  const [from, how] = parse(parameters, (reader) => {
    const body = reader.sequence();
    return [algorithm(body), algorithm(body)] as const;
  });
  const hash = HMAC[how.id];
  if (hash === undefined) throw unsupported(how.id, 'The integrity check');
  const { hash: prf, work, keyLength } = pbkdf2Of(from, signal);
  checkIterations(work.iterations);
  if (keyLength === undefined || keyLength > 1024) throw new DerError('PBMAC1 does not say the length of its key');
  return async (content, { narrow }) => isMac(hash, await derive2(prf, narrow, work, keyLength), content, digest);
}

function isMac(hash: string, key: Uint8Array, content: Uint8Array, digest: Uint8Array): boolean {
  const mac = createHmac(hash, key).update(content).digest();
  key.fill(0);
  return mac.length === digest.length && timingSafeEqual(mac, digest);
}
