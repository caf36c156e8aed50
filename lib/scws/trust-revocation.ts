import type { X509Certificate } from 'node:crypto';
import type * as pkijs from 'pkijs';
import type { CallOptions } from '../index';
import { load, parsed } from './trust-checks';
import type { CrlFetcher, TrustReason, TrustSources } from './trust';

const BASIC_CONSTRAINTS = '2.5.29.19';
const DISTRIBUTION_POINTS = '2.5.29.31';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const URI = 6;
const PEM = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g;

/** Revocation lists as they were given, in DER; a file in PEM may have several. undefined for what cannot be any. */
export function revocationLists(given: unknown): Uint8Array[] | undefined {
  if (typeof given !== 'string' && !(given instanceof Uint8Array)) return undefined;
  const text = typeof given === 'string' ? given : Buffer.from(given).toString('latin1');
  const lists = [...text.matchAll(PEM)].map(([, base64]) => Buffer.from(base64 as string, 'base64'));
  if (lists.length > 0) return lists;
  return typeof given === 'string' ? undefined : [Uint8Array.from(given)];
}

/**
 * What revocation lists say of a path; nothing where neither lists nor a fetcher were given: then revocation is not part of the judgement. The last one, a
 * root, nobody revokes by a list.
 */
export async function revocationReasons(
  path: readonly X509Certificate[],
  sources: TrustSources,
  now: number,
  options: CallOptions,
): Promise<Set<TrustReason>> {
  const reasons = new Set<TrustReason>();
  if (sources.crls.length === 0 && sources.fetchCrl === undefined) return reasons;
  const certificates = await Promise.all(path.map(parsed));
  for (const [index, certificate] of certificates.slice(0, -1).entries()) {
    const issuer = certificates[index + 1];
    if (certificate === undefined || issuer === undefined) reasons.add('revocationStatusUnknown');
    else for (const reason of await statusOf(certificate, issuer, sources, now, options)) reasons.add(reason);
  }
  return reasons;
}

async function statusOf(
  certificate: pkijs.Certificate,
  issuer: pkijs.Certificate,
  { crls, fetchCrl }: TrustSources,
  now: number,
  options: CallOptions,
): Promise<TrustReason[]> {
  const answer = (lists: readonly pkijs.CertificateRevocationList[]): TrustReason[] =>
    lists.some((list) => list.isCertificateRevoked(certificate)) ? ['revoked'] : [];
  const given = await listsOn(certificate, crls, issuer, now);
  if (given.length > 0) return answer(given);
  let offline = false;
  for (const url of fetchCrl === undefined ? [] : addressesOf(certificate)) {
    try {
      const fetched = await inTime(async () => (fetchCrl as CrlFetcher)(url), options);
      const lists = await listsOn(certificate, revocationLists(fetched) ?? [], issuer, now);
      if (lists.length > 0) return answer(lists);
    } catch {
      offline = true;
    }
  }
  return offline ? ['revocationStatusUnknown', 'revocationOffline'] : ['revocationStatusUnknown'];
}

/** A fetcher that does not answer in time is as good as one that fails. */
function inTime<Result>(work: () => Promise<Result>, { timeLimit, signal }: CallOptions): Promise<Result> {
  const limits = [...(signal === undefined ? [] : [signal]), ...(timeLimit === undefined ? [] : [AbortSignal.timeout(timeLimit)])];
  const limit = AbortSignal.any(limits);
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(limit.reason as Error);
    if (limit.aborted) stop();
    limit.addEventListener('abort', stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => limit.removeEventListener('abort', stop));
  });
}

/** The lists of this issuer whose signature is right, which are good now, and which speak of certificates such as this one. */
async function listsOn(
  certificate: pkijs.Certificate,
  lists: readonly Uint8Array[],
  issuer: pkijs.Certificate,
  now: number,
): Promise<pkijs.CertificateRevocationList[]> {
  const { CertificateRevocationList } = await load();
  const good: pkijs.CertificateRevocationList[] = [];
  for (const der of lists) {
    try {
      const list = CertificateRevocationList.fromBER(Uint8Array.from(der));
      const { thisUpdate, nextUpdate } = list;
      if (!list.issuer.isEqual(issuer.subject)) continue;
      if (thisUpdate.value.getTime() > now || (nextUpdate !== undefined && nextUpdate.value.getTime() < now)) continue;
      if (speaksOf(list, certificate) && (await list.verify({ issuerCertificate: issuer }))) good.push(list);
    } catch {
      // What cannot be read says nothing.
    }
  }
  return good;
}

/** RFC 5280, section 5.2.5: a list may be of some certificates only. One with a critical extension that is not understood says nothing. */
function speaksOf(list: pkijs.CertificateRevocationList, certificate: pkijs.Certificate): boolean {
  for (const { extnID, critical, parsedValue } of list.crlExtensions?.extensions ?? []) {
    if (extnID !== ISSUING_DISTRIBUTION_POINT) {
      if (critical) return false;
      continue;
    }
    const point = parsedValue as pkijs.IssuingDistributionPoint;
    const authority = isAuthority(certificate);
    if (point.indirectCRL || point.onlyContainsAttributeCerts || point.onlySomeReasons !== undefined) return false;
    if (authority ? point.onlyContainsUserCerts : point.onlyContainsCACerts) return false;
    const addresses = urisOf(point.distributionPoint);
    if (addresses.length > 0 && !addressesOf(certificate).some((address) => addresses.includes(address))) return false;
  }
  return true;
}

function isAuthority(certificate: pkijs.Certificate): boolean {
  const constraints = certificate.extensions?.find(({ extnID }) => extnID === BASIC_CONSTRAINTS)?.parsedValue as pkijs.BasicConstraints | undefined;
  return constraints?.cA === true;
}

function addressesOf(certificate: pkijs.Certificate): string[] {
  const points = certificate.extensions?.find(({ extnID }) => extnID === DISTRIBUTION_POINTS)?.parsedValue as pkijs.CRLDistributionPoints | undefined;
  return (points?.distributionPoints ?? []).flatMap(({ distributionPoint }) => urisOf(distributionPoint));
}

const urisOf = (point: pkijs.DistributionPointName | undefined): string[] =>
  Array.isArray(point) ? point.filter(({ type }) => type === URI).map(({ value }) => String(value)) : [];
