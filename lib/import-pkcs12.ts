// PKCS #12 files onto a token: keys, their certificates and the chain, all or nothing.

import { X509Certificate } from 'node:crypto';
import { CKM, CKO } from './generated/constants';
import { plainObject, wrongValue } from './arguments';
import { certificateParts, publicKeyBits } from './certificate-parts';
import { unpadded } from './der';
import { CryptokiError } from './errors';
import { keyIdentifier } from './export-key';
import { findObjects } from './find';
import { createCertificate, type ImportCertificateOptions } from './import-certificate';
import { createHalf, privateHalf, type KnownHalf } from './import-key';
import { wipe } from './key-formats';
import { randomId, type NewKeyOptions } from './new-key';
import { destroyObject } from './object-calls';
import { Patience } from './patience';
import { openFile, type Bag } from './pkcs12/file';
import { formatObjectUri } from './uri-select';
import type { Certificate } from './certificate';
import type { CallOptions } from './options';
import type { PrivateKey } from './private-key';
import type { TokenContext } from './token-context';

/** Options of `token.importPkcs12`. */
export interface ImportPkcs12Options extends NewKeyOptions {
  /** CKA_LABEL of the key and its certificate. Default: the friendly name in the file, else the common name of the certificate's subject. */
  readonly label?: string | undefined;
  /** CKA_ID of the key and its certificate. Default: the SHA-1 of the public key (RFC 5280, section 4.2.1.2). */
  readonly id?: Uint8Array | undefined;
  /** Kept on the token; false: as long as the token object in this process. Default: true. */
  readonly token?: boolean | undefined;
}

/** What `token.importPkcs12` has brought onto the token, in the order of the file. */
export interface ImportedPkcs12 {
  /** One for each in the file. */
  readonly privateKeys: readonly PrivateKey[];
  /** First those of the keys, then the others. */
  readonly certificates: readonly Certificate[];
}

/** A certificate of the file, and the object that it is or becomes. */
interface Entry {
  readonly x509: X509Certificate;
  readonly name: string | undefined;
  readonly localKeyId: Buffer | undefined;
}

interface Identity {
  readonly half: KnownHalf;
  readonly id: Uint8Array;
  readonly label: string | undefined;
  readonly entries: readonly Entry[];
}

/** What has been made, to be removed again when a later step fails. */
interface Made {
  readonly handle: bigint;
  readonly kept: boolean;
  readonly uri: string;
}

/** Removing takes moments; a token that hangs shall not hold back what has happened. */
const REMOVAL_LIMIT = 10_000;

/** `token.importPkcs12`. */
export async function importPkcs12(
  context: TokenContext,
  data: Uint8Array,
  password: string | Uint8Array | null | undefined,
  options: ImportPkcs12Options = {},
): Promise<ImportedPkcs12> {
  plainObject(options, 'options');
  context.assertOpen();
  const patience = new Patience(options);
  try {
    const { keys, certificates } = await patience.orEnd(openFile(data, password, patience.options.signal));
    return await importContents(context, keys, certificates, { ...options, ...patience.options, timeLimit: undefined });
  } finally {
    patience.end();
  }
}

async function importContents(
  context: TokenContext,
  keys: readonly Bag[],
  certificates: readonly Bag[],
  options: ImportPkcs12Options,
): Promise<ImportedPkcs12> {
  const halves: KnownHalf[] = [];
  try {
    for (const { der } of keys) halves.push(halfOf(context, der));
    const entries = distinct(certificates.map(entryOf));
    if (halves.length === 0 && entries.length === 0) throw wrongValue('data', 'is a PKCS #12 file without keys and X.509 certificates');
    if (halves.length !== 1 && (options.id !== undefined || options.label !== undefined)) {
      throw wrongValue(options.id === undefined ? 'options.label' : 'options.id', `is for a file with one key; this one has ${halves.length}`);
    }
    for (const half of halves) await expectSupported(context, half, { signal: options.signal });
    const identities = halves.map((half, at) => identityOf(half, keys[at] as Bag, entries, options));
    return await new Import(context, { ...options, token: options.token ?? true }).run(identities, entries);
  } finally {
    for (const { apart } of halves) wipe(apart.templates);
    for (const { der } of keys) der.fill(0);
  }
}

function halfOf(context: TokenContext, pkcs8: Buffer): KnownHalf {
  try {
    return privateHalf(context, pkcs8);
  } catch (error) {
    if (CryptokiError.is(error)) throw error;
    throw new CryptokiError(
      'ERR_CRYPTOKI_UNSUPPORTED',
      'A private key in the PKCS #12 file is damaged, or of a type that node:crypto does not know',
      {
        reason: 'key-type',
      },
    );
  }
}

function entryOf({ der, friendlyName, localKeyId }: Bag): Entry {
  try {
    if (certificateParts(der) !== undefined) return { x509: new X509Certificate(der), name: friendlyName, localKeyId };
  } catch {
    // The same as one that cannot be taken apart.
  }
  throw wrongValue('data', 'is a PKCS #12 file with a damaged certificate in it');
}

const distinct = (entries: readonly Entry[]): Entry[] => [...new Map(entries.map((entry) => [entry.x509.fingerprint256, entry])).values()];

/** Mechanisms whose sizes tell which keys a token takes. */
const USES: Readonly<Record<string, readonly number[]>> = {
  rsa: [CKM.RSA_PKCS, CKM.RSA_X_509, CKM.RSA_PKCS_PSS, CKM.RSA_PKCS_OAEP, CKM.SHA256_RSA_PKCS, CKM.RSA_PKCS_KEY_PAIR_GEN],
  ec: [CKM.ECDSA, CKM.ECDSA_SHA256, CKM.ECDH1_DERIVE, CKM.EC_KEY_PAIR_GEN],
  ed25519: [CKM.EDDSA, CKM.EC_EDWARDS_KEY_PAIR_GEN],
  ed448: [CKM.EDDSA, CKM.EC_EDWARDS_KEY_PAIR_GEN],
};

/** Some tokens count the size of RSA keys in bytes: a limit as low as this is no number of bits. */
const LOWEST_MAXIMUM = 1024;

/** Says in words what the token would refuse with a code of its choice, or take and never use. */
async function expectSupported(context: TokenContext, { apart }: KnownHalf, options: CallOptions): Promise<void> {
  const uses = USES[apart.type];
  if (uses === undefined) return;
  const there = await context.mechanisms(options);
  const found = uses.flatMap((mechanism) => there.get(mechanism) ?? []).map(({ minKeySize = 0, maxKeySize = 0 }) => ({ minKeySize, maxKeySize }));
  const { label } = context.token;
  const what = `Keys of type '${apart.type}'`;
  if (found.length === 0)
    throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `${what} are nothing that the token "${label}" can use`, { reason: 'key-type' });
  const modulus = apart.templates[0]?.modulus;
  if (!(modulus instanceof Uint8Array)) return;
  const bits = 8 * modulus.length - Math.clz32(unpadded(modulus)[0] ?? 0) + 24;
  const fits = found.some(({ minKeySize, maxKeySize }) => maxKeySize < LOWEST_MAXIMUM || (bits >= minKeySize && bits <= maxKeySize));
  if (fits) return;
  const [least, most] = [Math.min(...found.map(({ minKeySize }) => minKeySize)), Math.max(...found.map(({ maxKeySize }) => maxKeySize))];
  throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', `${what} with ${bits} bits are not for the token "${label}": it takes ${least} to ${most}`, {
    reason: 'key-length',
  });
}

const commonName = (x509: X509Certificate): string | undefined => /^CN=(.+)$/m.exec(x509.subject ?? '')?.[1];

function identityOf(half: KnownHalf, { friendlyName, localKeyId }: Bag, all: readonly Entry[], options: ImportPkcs12Options): Identity {
  const { spki } = half;
  const entries = all.filter((entry) =>
    spki === undefined ? localKeyId !== undefined && entry.localKeyId?.equals(localKeyId) === true : isOf(entry.x509, spki),
  );
  const [first] = entries;
  const known = spki ?? (first && certificateParts(first.x509.raw)?.publicKeyInfo);
  const id = options.id ?? (known === undefined ? randomId() : keyIdentifier(known));
  const label = options.label ?? friendlyName ?? first?.name ?? (first && commonName(first.x509));
  return { half, id, label, entries };
}

/** Whether it certifies this key. The bits of the key decide: its algorithm has more than one spelling. */
function isOf(x509: X509Certificate, spki: Uint8Array): boolean {
  const { publicKeyInfo } = certificateParts(x509.raw) as { publicKeyInfo: Uint8Array };
  const [theirs, ours] = [publicKeyBits(publicKeyInfo), publicKeyBits(spki)];
  return theirs !== undefined && ours !== undefined && Buffer.compare(theirs, ours) === 0;
}

/** One file on its way to the token. */
class Import {
  readonly #context: TokenContext;
  readonly #options: ImportPkcs12Options & { readonly token: boolean };
  readonly #call: CallOptions;
  readonly #made: Made[] = [];
  readonly #there: Certificate[] = [];

  constructor(context: TokenContext, options: ImportPkcs12Options & { readonly token: boolean }) {
    this.#context = context;
    this.#options = options;
    this.#call = { signal: options.signal };
  }

  async run(identities: readonly Identity[], entries: readonly Entry[]): Promise<ImportedPkcs12> {
    try {
      for await (const one of findObjects(this.#context, { class: CKO.CERTIFICATE }, this.#call)) this.#there.push(one as Certificate);
      const keys: bigint[] = [];
      for (const identity of identities) keys.push(await this.#key(identity));
      const certificates: (bigint | Certificate)[] = [];
      const taken = new Set<Entry>();
      for (const { id, label, entries: own } of identities) {
        for (const entry of own) {
          if (!taken.has(entry)) certificates.push(await this.#certificate(entry, label, id));
          taken.add(entry);
        }
      }
      for (const entry of entries) if (!taken.has(entry)) certificates.push(await this.#certificate(entry, entry.name, undefined));
      return {
        privateKeys: await this.#load<PrivateKey>(keys, CKO.PRIVATE_KEY),
        certificates: await this.#load<Certificate>(certificates, CKO.CERTIFICATE),
      };
    } catch (error) {
      throw await this.#undone(error);
    }
  }

  async #key({ half, id, label }: Identity): Promise<bigint> {
    const { token, extractable, sensitive } = this.#options;
    const handle = await createHalf(this.#context, half, { label, id, token, extractable, sensitive, ...this.#call });
    return this.#note(handle, CKO.PRIVATE_KEY, label, id);
  }

  /** One that is there already is not made twice, unless another CKA_ID is needed to find it from its key. */
  async #certificate({ x509 }: Entry, name: string | undefined, id: Uint8Array | undefined): Promise<bigint | Certificate> {
    const same = this.#there.find(
      (one) => Buffer.compare(one.raw, x509.raw) === 0 && (id === undefined || (one.id !== undefined && Buffer.compare(one.id, id) === 0)),
    );
    if (same !== undefined) return same;
    const label = name ?? commonName(x509);
    const options: ImportCertificateOptions = { label, id, token: this.#options.token, ...this.#call };
    return this.#note(await createCertificate(this.#context, x509, options), CKO.CERTIFICATE, label, id);
  }

  #note(handle: bigint, objectClass: number, label: string | undefined, id: Uint8Array | undefined): bigint {
    const uri = formatObjectUri(this.#context.token, { class: objectClass, ...(label !== undefined && { label }), ...(id !== undefined && { id }) });
    this.#made.push({ handle, kept: this.#options.token, uri });
    return handle;
  }

  #load<Kind>(all: readonly (bigint | Kind)[], objectClass: number): Promise<Kind[]> {
    const load = async (one: bigint | Kind): Promise<Kind> =>
      typeof one === 'bigint' ? ((await this.#context.load(one, this.#call, objectClass)) as Kind) : one;
    return Promise.all(all.map(load));
  }

  /** Removes what has been made, the last first; answers the error to reject with. */
  async #undone(error: unknown): Promise<unknown> {
    const left: string[] = [];
    for (const { handle, kept, uri } of this.#made.toReversed()) {
      await destroyObject(this.#context, handle, kept, { timeLimit: REMOVAL_LIMIT }).catch(() => left.push(uri));
    }
    if (left.length === 0) return error;
    const reason = error instanceof Error ? error.message : 'unknown';
    const message = `The import failed (${reason}), and these are left on the token: ${left.join(', ')}`;
    return new CryptokiError('ERR_CRYPTOKI_PARTLY_DONE', message, { cause: error, left });
  }
}
