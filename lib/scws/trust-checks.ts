import type { X509Certificate } from 'node:crypto';
import type * as pkijs from 'pkijs';
import type { TrustReason } from './trust';

export interface Judged {
  readonly reasons: readonly TrustReason[];
  /** The object identifiers of the first certificate's extended key usage. */
  readonly usages: readonly string[];
}

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const NAME_CONSTRAINTS = '2.5.29.30';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
/** RFC 5280, section 4.2: what is understood here, by ourselves or by PKI.js. */
const KNOWN: ReadonlySet<string> = new Set([
  BASIC_CONSTRAINTS,
  KEY_USAGE,
  EXTENDED_KEY_USAGE,
  NAME_CONSTRAINTS,
  '2.5.29.14', // subject key identifier
  SUBJECT_ALTERNATIVE_NAME,
  '2.5.29.18', // issuer alternative name
  '2.5.29.31', // CRL distribution points
  '2.5.29.32', // certificate policies
  '2.5.29.33', // policy mappings
  '2.5.29.35', // authority key identifier
  '2.5.29.36', // policy constraints
  '2.5.29.54', // inhibit anyPolicy
  '1.3.6.1.5.5.7.1.1', // authority information access
]);
/** The kinds of name (RFC 5280, section 4.2.1.6) whose constraints PKI.js checks; it passes over the others. */
const CHECKED_NAMES: ReadonlySet<number> = new Set([1, 2, 4, 6, 7]);
const POLICY = ['2.5.29.32', '2.5.29.33', '2.5.29.36', '2.5.29.54'];
const KEY_CERT_SIGN = 0x04;

/** What the chain validation of PKI.js answers, in the words of these conventions. */
const ENGINE_REASONS: ReadonlyMap<number, TrustReason> = new Map<number, TrustReason>([
  // No error, and no policy that holds from the first to the last, where one is required.
  [0, 'noIssuanceChainPolicy'],
  [41, 'forbiddenNameConstraint'],
  [42, 'excludedNameConstraint'],
  [98, 'invalidPolicyConstraints'],
  [99, 'invalidPolicyConstraints'],
]);

export const load = async (): Promise<typeof pkijs> => import('pkijs');

/** A certificate as PKI.js reads it; undefined where it cannot. */
export async function parsed(certificate: X509Certificate): Promise<pkijs.Certificate | undefined> {
  const { Certificate } = await load();
  try {
    return Certificate.fromBER(Uint8Array.from(certificate.raw));
  } catch {
    return undefined;
  }
}

const extension = (certificate: pkijs.Certificate, oid: string): pkijs.Extension | undefined =>
  certificate.extensions?.find(({ extnID }) => extnID === oid);

/** The checks of RFC 5280, section 6.1, that concern the certificates themselves: time, constraints, usages, names, policies. */
export async function reasonsOf(path: readonly X509Certificate[], now: number): Promise<Judged> {
  const reasons = new Set<TrustReason>();
  const certificates = await Promise.all(path.map(parsed));
  for (const [index, x509] of path.entries()) {
    if (!(now >= Date.parse(x509.validFrom) && now <= Date.parse(x509.validTo))) reasons.add('notTimeValid');
    const certificate = certificates[index];
    if (certificate === undefined) {
      reasons.add('invalidExtension');
      continue;
    }
    for (const { extnID, critical, parsedValue } of certificate.extensions ?? []) {
      if (critical && !KNOWN.has(extnID)) reasons.add('notSupportedCriticalExtension');
      if (KNOWN.has(extnID) && (parsedValue === null || parsedValue === undefined || 'parsingError' in (parsedValue as object)))
        reasons.add('invalidExtension');
    }
    if (index > 0) authority(certificate, index, reasons);
  }
  const read = certificates.filter((one) => one !== undefined);
  if (hasUncheckedNames(read)) reasons.add('unsupportedNameConstraint');
  if (read.length === path.length && needsEngine(read)) await byEngine(read, now, reasons);
  const usages = read[0] === undefined ? undefined : (extension(read[0], EXTENDED_KEY_USAGE)?.parsedValue as pkijs.ExtKeyUsage | undefined);
  return { reasons: [...reasons], usages: usages?.keyPurposes ?? [] };
}

/** One that has issued others: `index` certificates stand below it, and one of them is not counted. */
function authority(certificate: pkijs.Certificate, index: number, reasons: Set<TrustReason>): void {
  const constraints = extension(certificate, BASIC_CONSTRAINTS)?.parsedValue as pkijs.BasicConstraints | undefined;
  const limit = constraints?.pathLenConstraint;
  if (constraints?.cA !== true) reasons.add('invalidBasicConstraints');
  else if (typeof limit === 'number' && index - 1 > limit) reasons.add('invalidBasicConstraints');
  const usage = extension(certificate, KEY_USAGE)?.parsedValue as { valueBlock?: { valueHexView?: Uint8Array } } | undefined;
  const bits = usage?.valueBlock?.valueHexView?.[0];
  if (bits !== undefined && (bits & KEY_CERT_SIGN) === 0) reasons.add('invalidUsage');
}

/** Whether somebody constrains names of a kind that is not checked, and somebody below has such a name. */
function hasUncheckedNames(path: readonly pkijs.Certificate[]): boolean {
  const below = new Set<number>();
  for (const certificate of path) {
    const constraints = extension(certificate, NAME_CONSTRAINTS)?.parsedValue as pkijs.NameConstraints | undefined;
    const trees = [...(constraints?.permittedSubtrees ?? []), ...(constraints?.excludedSubtrees ?? [])];
    if (trees.some(({ base }) => !CHECKED_NAMES.has(base.type) && below.has(base.type))) return true;
    const names = extension(certificate, SUBJECT_ALTERNATIVE_NAME)?.parsedValue as pkijs.AltName | undefined;
    for (const { type } of names?.altNames ?? []) below.add(type);
  }
  return false;
}

const needsEngine = (path: readonly pkijs.Certificate[]): boolean =>
  path.some((certificate) => certificate.extensions?.some(({ extnID }) => extnID === NAME_CONSTRAINTS || POLICY.includes(extnID)) ?? false);

async function byEngine(path: readonly pkijs.Certificate[], now: number, reasons: Set<TrustReason>): Promise<void> {
  const { CertificateChainValidationEngine } = await load();
  // What it says of time, trust and signatures has been looked at already: the end of the path is given as trusted.
  const engine = new CertificateChainValidationEngine({
    trustedCerts: [path.at(-1)!],
    certs: path.slice(0, -1).toReversed(),
    checkDate: new Date(now),
  });
  const { result, resultCode } = await engine.verify({ passedWhenNotRevValues: true }).catch(() => ({ result: false, resultCode: -1 }));
  if (result) return;
  const reason = ENGINE_REASONS.get(resultCode);
  if (reason !== undefined) reasons.add(reason);
  else if (reasons.size === 0) reasons.add('unknown');
}
