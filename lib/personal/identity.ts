// Which certificates can act, over all tokens.

import { CKC, type Certificate, type KeyUsage, type PrivateKey, type Token } from '../index';
import { canonical } from './arguments';

/** The two actions, each of one kind of object. */
export type Action = 'Authenticate' | 'Sign';

/** A certificate with a private key, which the user may choose. */
export interface Identity {
  /** The certificate, as the library has it. */
  readonly certificate: Certificate;
  /** The token that it is on. */
  readonly token: Token;
  /** CKA_LABEL of the certificate, else the common name of its subject, else ''. */
  readonly label: string;
  /** The subject, one attribute a line, as node:crypto writes it. */
  readonly subject: string;
  /** The first serialNumber attribute of the subject: with BankID the number of a person. */
  readonly serialNumber: string | undefined;
  /** The issuer, in the form of the subject. */
  readonly issuer: string;
  /** When the certificate ends. */
  readonly validTo: Date;
  /** The PIN is typed on the reader itself: answer `pin: null`. */
  readonly pinPad: boolean;
}

const NEEDED: Readonly<Record<Action, KeyUsage>> = { Authenticate: 'digitalSignature', Sign: 'nonRepudiation' };
const SERIAL_NUMBER = '2.5.4.5';
const COMMON_NAME = '2.5.4.3';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes: UTF-8 where it is that, else ISO-8859-1. */
export function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    // Not TextDecoder's 'iso-8859-1', which is another set of characters (windows-1252).
    return Buffer.from(bytes).toString('latin1');
  }
}

/** The serial number that Subjects asks for; undefined for any other content, which is no filter. */
export function wantedSerial(subjects: string | null): string | undefined {
  const bytes = subjects === null ? undefined : canonical(subjects);
  return bytes && /^2\.5\.4\.5=([^,]+)$/s.exec(decoded(bytes))?.[1];
}

/** What the identities of one token were looked for with. */
export interface Wanted {
  readonly action: Action;
  readonly serialNumber: string | undefined;
}

/** The identities of a token. */
export async function identitiesOn(token: Token, wanted: Wanted, signal: AbortSignal): Promise<Identity[]> {
  const options = { signal };
  const info = await token.info(options);
  // One that was never initialised has nothing, and says so with whatever error.
  if (!info.tokenInitialized) return [];
  const candidates: Certificate[] = [];
  for await (const certificate of token.certificates({ certificateType: CKC.X_509 }, options)) candidates.push(certificate);
  const fitting = candidates.filter((certificate) => fits(certificate, wanted));
  if (fitting.length === 0) return [];
  const hasKey = await keyTest(token, options);
  return fitting.filter(hasKey).map((certificate) => identity(certificate, token, info.protectedAuthenticationPath));
}

function fits(certificate: Certificate, { action, serialNumber }: Wanted): boolean {
  if (certificate.id === undefined || certificate.id.length === 0) return false;
  if (!certificate.keyUsage?.includes(NEEDED[action])) return false;
  if (serialNumber !== undefined && serialOf(certificate) !== serialNumber) return false;
  return isUsable(certificate);
}

/** Keys that the signatures know. Somebody's broken certificate on the token is no reason to fail. */
function isUsable(certificate: Certificate): boolean {
  try {
    const type = certificate.x509.publicKey.asymmetricKeyType;
    return type === 'rsa' || type === 'ec';
  } catch {
    return false;
  }
}

const attributeOf = (certificate: Certificate, wanted: string): string | undefined =>
  certificate.subjectAttributes.find(({ type }) => type === wanted)?.value;

const serialOf = (certificate: Certificate): string | undefined => attributeOf(certificate, SERIAL_NUMBER);

function identity(certificate: Certificate, token: Token, pinPad: boolean): Identity {
  const { subject, issuer, validTo } = certificate.x509;
  const label = certificate.label || attributeOf(certificate, COMMON_NAME) || '';
  return { certificate, token, label, subject, serialNumber: serialOf(certificate), issuer, validTo: new Date(validTo), pinPad };
}

const named = (id: Uint8Array): string => Buffer.from(id).toString('hex');

/**
 * Whether a certificate has a private key with its CKA_ID. Before login most tokens hide their private keys; then their public keys speak
 * for them. Where there are neither, any certificate that is not an authority's may have a key: after login it turns out.
 */
async function keyTest(token: Token, options: { signal: AbortSignal }): Promise<(certificate: Certificate) => boolean> {
  const [secret, open] = [new Set<string>(), new Set<string>()];
  for await (const { id } of token.privateKeys(undefined, options)) if (id !== undefined && id.length > 0) secret.add(named(id));
  const exact = secret.size > 0 || token.loggedIn;
  if (exact) return ({ id }) => secret.has(named(id as Uint8Array));
  for await (const { id } of token.publicKeys(undefined, options)) if (id !== undefined && id.length > 0) open.add(named(id));
  if (open.size > 0) return ({ id }) => open.has(named(id as Uint8Array));
  return ({ x509 }) => !x509.ca;
}

/** The key of an identity, once its owner is logged in; undefined where it has none after all. */
export async function keyOf({ certificate, token }: Identity, signal: AbortSignal): Promise<PrivateKey | undefined> {
  const type = certificate.x509.publicKey.asymmetricKeyType;
  for await (const key of token.privateKeys({ id: certificate.id as Uint8Array }, { signal })) if (key.type === type) return key;
  return undefined;
}
