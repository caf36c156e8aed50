// Whether a certificate can be trusted, and why not. The path is built here; PKI.js reads the extensions, checks revocation lists, names and policies.

import type { X509Certificate } from 'node:crypto';
import type { CallOptions } from '../index';
import { pathOf, type Path } from './trust-path';
import { reasonsOf, type Judged } from './trust-checks';
import { revocationReasons } from './trust-revocation';

/** Why a certificate is not trusted. Not all of them can come from here: the list is that of the conventions. */
export const trustReasons = Object.freeze([
  'notTimeValid',
  'notTimeNested',
  'revoked',
  'revocationStatusUnknown',
  'revocationOffline',
  'signatureInvalid',
  'invalidUsage',
  'untrustedRoot',
  'cyclicChain',
  'partialChain',
  'invalidExtension',
  'invalidPolicyConstraints',
  'invalidBasicConstraints',
  'invalidNameConstraints',
  'unsupportedNameConstraint',
  'undefinedNameConstraint',
  'forbiddenNameConstraint',
  'excludedNameConstraint',
  'noIssuanceChainPolicy',
  'notSupportedCriticalExtension',
  'ctlNotTimeValid',
  'ctlSignatureInvalid',
  'ctlInvalidUsage',
  'unknown',
] as const);

/** One of `trustReasons`. */
export type TrustReason = (typeof trustReasons)[number];

/** Fetches the revocation list at an address: DER or PEM; undefined where there is none. One that takes longer than the time limit has failed. */
export type CrlFetcher = (url: string) => Promise<Uint8Array | string | undefined>;

/** What chains are judged by. */
export interface TrustSources {
  readonly roots: readonly X509Certificate[];
  /** DER. */
  readonly crls: readonly Uint8Array[];
  readonly fetchCrl: CrlFetcher | undefined;
}

/** What the extended key usage of a certificate allows. */
export interface Usage {
  /** The object identifier, such as '1.3.6.1.5.5.7.3.2'. */
  readonly oid: string;
  /** Such as 'clientAuth'; the object identifier where it has no name here. */
  readonly shortName: string;
  /** Such as 'TLS Web client authentication'. */
  readonly longName: string;
}

export interface Judgement {
  readonly trustStatus: 'ok' | TrustReason[];
  readonly usages: Usage[];
  /** From the certificate to its root, as far as it was found. */
  readonly path: readonly X509Certificate[];
}

/** RFC 5280, section 4.2.1.12, and what else is common. */
const USAGES: Readonly<Record<string, readonly [shortName: string, longName: string]>> = {
  '2.5.29.37.0': ['anyExtendedKeyUsage', 'Any extended key usage'],
  '1.3.6.1.5.5.7.3.1': ['serverAuth', 'TLS Web server authentication'],
  '1.3.6.1.5.5.7.3.2': ['clientAuth', 'TLS Web client authentication'],
  '1.3.6.1.5.5.7.3.3': ['codeSigning', 'Code signing'],
  '1.3.6.1.5.5.7.3.4': ['emailProtection', 'E-mail protection'],
  '1.3.6.1.5.5.7.3.8': ['timeStamping', 'Time stamping'],
  '1.3.6.1.5.5.7.3.9': ['OCSPSigning', 'Signing of OCSP responses'],
  '1.3.6.1.5.5.7.3.36': ['documentSigning', 'Document signing'],
  '1.3.6.1.4.1.311.20.2.2': ['msSmartcardLogin', 'Smart card logon'],
};

/** Judges a certificate now. `others` may stand between it and a root. */
export async function judge(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  sources: TrustSources,
  options: CallOptions,
): Promise<Judgement> {
  const found: Path = pathOf(certificate, [...others, ...sources.roots], sources.roots);
  const reasons = new Set<TrustReason>(found.reasons);
  const judged: Judged = await reasonsOf(found.certificates, Date.now());
  for (const reason of judged.reasons) reasons.add(reason);
  for (const reason of await revocationReasons(found.certificates, sources, Date.now(), options)) reasons.add(reason);
  const ordered = trustReasons.filter((reason) => reasons.has(reason));
  const usages = judged.usages.map((oid) => {
    const [shortName = oid, longName = oid] = USAGES[oid] ?? [];
    return { oid, shortName, longName };
  });
  return { trustStatus: ordered.length === 0 ? 'ok' : ordered, usages, path: found.certificates };
}
