// PKCS #12 files taken apart (RFC 7292). The ASN.1 is read by @peculiar/asn1-*, which knows BER as well as DER; it is loaded when a
// file comes, so that the package itself stays as light as it is.

import type * as Cms from '@peculiar/asn1-cms';
import type * as Pfx from '@peculiar/asn1-pfx';
import type * as Pkcs8 from '@peculiar/asn1-pkcs8';
import type * as Schema from '@peculiar/asn1-schema';
import { bytes, wrongValue } from '../arguments';
import { CryptokiError } from '../errors';
import { DerError, parse } from '../der';
import { abortReason, throwIfAborted } from '../options';
import { decryption, unsupported, verification, type Algorithm, type Protection } from './encryption';
import { spellings, wipeSpellings, type Spelling } from './password';

/** A private key, or a certificate, with what the file calls it. */
export interface Bag {
  /** PKCS#8, or X.509, in DER. */
  readonly der: Buffer;
  readonly friendlyName: string | undefined;
  readonly localKeyId: Buffer | undefined;
}

/** The keys and the X.509 certificates of a file, in its order. */
export interface Contents {
  readonly keys: readonly Bag[];
  readonly certificates: readonly Bag[];
}

/** Larger files are none that anybody made for a key and its certificates. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_NESTED = 8;

const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  encryptedData: '1.2.840.113549.1.7.6',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const;

type Library = typeof Cms & typeof Pfx & typeof Pkcs8 & typeof Schema & { EncryptedContentData: typeof EncryptedContentData };

let loaded: Library | undefined;

function library(): Library {
  if (loaded !== undefined) return loaded;
  const schema = require('@peculiar/asn1-schema') as typeof Schema;
  const cms = require('@peculiar/asn1-cms') as typeof Cms;
  schema.AsnProp({ type: schema.AsnPropTypes.Integer })(EncryptedContentData.prototype, 'version');
  schema.AsnProp({ type: cms.EncryptedContentInfo })(EncryptedContentData.prototype, 'encryptedContentInfo');
  schema.AsnType({ type: schema.AsnTypeTypes.Sequence })(EncryptedContentData);
  const pkcs8 = require('@peculiar/asn1-pkcs8') as typeof Pkcs8;
  const pfx = require('@peculiar/asn1-pfx') as typeof Pfx;
  return (loaded = { ...schema, ...cms, ...pkcs8, ...pfx, EncryptedContentData });
}

/** EncryptedData of RFC 5652, section 8, which asn1-cms leaves out. */
class EncryptedContentData {
  version = 0;
  encryptedContentInfo!: Cms.EncryptedContentInfo;
}

/** An OCTET STRING in one piece, or in the many of BER, where asn1-schema has a class for the first only. */
class Octets {
  bytes = Buffer.alloc(0);

  fromASN(asn: { getValue?: () => unknown }): this {
    // Other kinds of string give their text.
    const value = asn.getValue?.();
    if (!(value instanceof ArrayBuffer)) throw new DerError('it is no OCTET STRING');
    this.bytes = Buffer.from(value);
    return this;
  }

  /** What makes a class one that reads itself; nothing is written here. */
  toASN(): never {
    throw new DerError('it is for reading only');
  }

  toSchema(): never {
    return this.toASN();
  }
}

const damaged = (): TypeError => wrongValue('data', 'is not a PKCS #12 file, or a damaged one');
const wrongPassword = (): CryptokiError => new CryptokiError('ERR_CRYPTOKI_WRONG_PASSWORD');

/** Errors with a code are ours; everything else comes from bytes that are not what they should be. */
function explained(error: unknown): unknown {
  const ours = CryptokiError.is(error) || (error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_ARG_TYPE');
  return ours ? error : Object.assign(damaged(), { cause: error instanceof DerError ? error : undefined });
}

/** Opens a file. The caller wipes the keys. */
export async function openFile(data: Uint8Array, password: string | Uint8Array | null | undefined, signal?: AbortSignal): Promise<Contents> {
  const file = Buffer.from(bytes(data, 'data', true));
  const candidates = spellings(password);
  const opened: { keys: Bag[]; certificates: Bag[] } = { keys: [], certificates: [] };
  try {
    if (file.length > MOST_BYTES) throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `A PKCS #12 file may have ${MOST_BYTES} bytes`);
    await new Opening(candidates, signal, opened).open(file);
    throwIfAborted(signal);
    return opened;
  } catch (error) {
    for (const { der } of opened.keys) der.fill(0);
    if (signal?.aborted) throw abortReason(signal);
    throw explained(error);
  } finally {
    wipeSpellings(candidates);
    file.fill(0);
  }
}

/** One file on its way. */
class Opening {
  readonly #asn1 = library();
  readonly #signal: AbortSignal | undefined;
  readonly #out: { readonly keys: Bag[]; readonly certificates: Bag[] };
  /** Those that may still be it. */
  #candidates: readonly Spelling[];
  /** Whether a MAC has said that the password is right. */
  #verified = false;

  constructor(candidates: readonly Spelling[], signal: AbortSignal | undefined, out: { keys: Bag[]; certificates: Bag[] }) {
    this.#candidates = candidates;
    this.#signal = signal;
    this.#out = out;
  }

  async open(file: Uint8Array): Promise<void> {
    const { AsnConvert, AuthenticatedSafe, PFX } = this.#asn1;
    const { version, authSafe, macData } = AsnConvert.parse(file, PFX);
    if (version !== 3) throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `PKCS #12 files of version 3 are supported, and this is ${version}`);
    if (authSafe.contentType === OID.signedData) {
      throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', 'The PKCS #12 file is protected by a signature; one protected by a password is needed');
    }
    if (authSafe.contentType !== OID.data) throw damaged();
    const content = this.#octets(authSafe.content);
    // Where there is none, the library makes an empty one up.
    if (macData.mac.digestAlgorithm.algorithm !== '') await this.#verify(content, macData);
    for (const part of AsnConvert.parse(content, AuthenticatedSafe)) await this.#part(part);
  }

  #octets(content: ArrayBuffer): Buffer {
    return this.#asn1.AsnConvert.parse(content, Octets).bytes;
  }

  async #verify(content: Buffer, { mac, macSalt, iterations }: Pfx.MacData): Promise<void> {
    const protection: Protection = {
      algorithm: algorithmOf(mac.digestAlgorithm),
      digest: Buffer.from(mac.digest.buffer),
      salt: Buffer.from(macSalt.buffer),
      // It comes as text when it needs four bytes.
      iterations: Number(iterations),
    };
    const fits = verification(protection, this.#signal);
    for (const candidate of this.#candidates) {
      if (!(await fits(content, candidate))) continue;
      this.#candidates = [candidate];
      this.#verified = true;
      return;
    }
    throw wrongPassword();
  }

  async #part({ contentType, content }: Cms.ContentInfo): Promise<void> {
    const { AsnConvert, EncryptedContentData: EncryptedData } = this.#asn1;
    if (contentType === OID.data) return this.#safe(this.#octets(content), 0);
    if (contentType === OID.envelopedData) {
      throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', 'A part of the PKCS #12 file is encrypted for a key, and not by a password');
    }
    if (contentType !== OID.encryptedData) throw unsupported(contentType, 'A part');
    const { contentEncryptionAlgorithm, encryptedContent } = AsnConvert.parse(content, EncryptedData).encryptedContentInfo;
    const { value, constructedValue } = encryptedContent ?? {};
    const pieces = value === undefined ? (constructedValue ?? []) : [value];
    const encrypted = Buffer.concat(pieces.map((piece) => Buffer.from(piece.buffer)));
    const { SafeContents } = this.#asn1;
    const plain = await this.#decrypt(algorithmOf(contentEncryptionAlgorithm), encrypted, (der) => AsnConvert.parse(der, SafeContents));
    try {
      await this.#safe(plain, 0);
    } finally {
      plain.fill(0);
    }
  }

  /** `check` throws where the decrypted bytes are none: one wrong password in 256 leaves a padding that fits. */
  async #decrypt(how: Algorithm, data: Uint8Array, check: (plain: Buffer) => unknown): Promise<Buffer> {
    const decrypt = decryption(how, this.#signal);
    for (const candidate of this.#candidates.flatMap(bothWays)) {
      try {
        const plain = await decrypt(data, candidate);
        check(plain);
        this.#candidates = [candidate];
        return plain;
      } catch (error) {
        if (CryptokiError.is(error) || this.#signal?.aborted) throw error;
        // Another spelling, then.
      }
    }
    throw this.#verified ? damaged() : wrongPassword();
  }

  async #safe(contents: Uint8Array, depth: number): Promise<void> {
    const { AsnConvert, SafeContents } = this.#asn1;
    if (depth > MOST_NESTED) throw damaged();
    for (const bag of AsnConvert.parse(contents, SafeContents)) await this.#bag(bag, depth);
  }

  async #bag(bag: Pfx.SafeBag, depth: number): Promise<void> {
    const asn1 = this.#asn1;
    switch (bag.bagId) {
      case asn1.id_keyBag:
        this.#out.keys.push(named(Buffer.from(bag.bagValue), bag));
        break;
      case asn1.id_pkcs8ShroudedKeyBag: {
        const { encryptionAlgorithm, encryptedData } = asn1.AsnConvert.parse(bag.bagValue, asn1.EncryptedPrivateKeyInfo);
        const check = (der: Buffer): unknown => asn1.AsnConvert.parse(der, asn1.PrivateKeyInfo);
        const der = await this.#decrypt(algorithmOf(encryptionAlgorithm), Buffer.from(encryptedData.buffer), check);
        this.#out.keys.push(named(der, bag));
        break;
      }
      case asn1.id_certBag: {
        const { certId, certValue } = asn1.AsnConvert.parse(bag.bagValue, asn1.CertBag);
        if (certId === asn1.id_x509Certificate) this.#out.certificates.push(named(this.#octets(certValue), bag));
        break;
      }
      case asn1.id_SafeContents:
        await this.#safe(Buffer.from(bag.bagValue), depth + 1);
        break;
      // CRLs and whatever else a program keeps in its file.
      default:
    }
  }
}

/** PBES2 takes UTF-8; some programs give it the form of the older derivation all the same. */
function bothWays({ wide, narrow }: Spelling): Spelling[] {
  return narrow.length === 0 && wide.length === 0
    ? [{ wide, narrow }]
    : [
        { wide, narrow },
        { wide, narrow: wide },
      ];
}

function algorithmOf({ algorithm, parameters }: { algorithm: string; parameters?: ArrayBuffer | null }): Algorithm {
  return { id: algorithm, parameters: new Uint8Array(parameters ?? new ArrayBuffer(0)) };
}

function named(der: Buffer, { bagAttributes }: Pfx.SafeBag): Bag {
  const value = (id: string): Uint8Array | undefined => {
    const found = bagAttributes?.find(({ attrId }) => attrId === id)?.attrValues[0];
    return found && parse(new Uint8Array(found), (reader) => reader.element().content);
  };
  const name = value(OID.friendlyName);
  const id = value(OID.localKeyId);
  return {
    der,
    friendlyName: name === undefined || name.length === 0 ? undefined : bmpText(name),
    localKeyId: id && Buffer.from(id),
  };
}

/** A BMPString: UTF-16, the high byte first. Half a pair would be no text. */
function bmpText(content: Uint8Array): string {
  return Buffer.from(content.subarray(0, content.length & ~1))
    .swap16()
    .toString('utf16le')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}
