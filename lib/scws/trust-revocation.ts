import type { X509Certificate } from 'node:crypto';
import type * as pkijs from 'pkijs';
import { load, parsed } from './trust-checks';
import type { TrustReason, TrustSources } from './trust';

const DISTRIBUTION_POINTS = '2.5.29.31';
const URI = 6;

/**
 * What revocation lists say of a path; nothing where neither lists nor a fetcher were given: then revocation is not part of the judgement. The last one, a
 * root, nobody revokes by a list.
 */
export async function revocationReasons(path: readonly X509Certificate[], sources: TrustSources, now: number): Promise<Set<TrustReason>> {
  const reasons = new Set<TrustReason>();
  if (sources.crls.length === 0 && sources.fetchCrl === undefined) return reasons;
  const certificates = await Promise.all(path.map(parsed));
  for (const [index, certificate] of certificates.slice(0, -1).entries()) {
    const issuer = certificates[index + 1];
    if (certificate === undefined || issuer === undefined) reasons.add('revocationStatusUnknown');
    else for (const reason of await statusOf(certificate, issuer, sources, now)) reasons.add(reason);
  }
  return reasons;
}

async function statusOf(certificate: pkijs.Certificate, issuer: pkijs.Certificate, sources: TrustSources, now: number): Promise<TrustReason[]> {
  const given = await valid(sources.crls, issuer, now);
  if (given.length > 0) return given.some((list) => list.isCertificateRevoked(certificate)) ? ['revoked'] : [];
  if (sources.fetchCrl === undefined) return ['revocationStatusUnknown'];
  const urls = addressesOf(certificate);
  if (urls.length === 0) return ['revocationStatusUnknown'];
  let offline = false;
  for (const url of urls) {
    let fetched: Uint8Array | undefined;
    try {
      fetched = await sources.fetchCrl(url);
    } catch {
      offline = true;
      continue;
    }
    const [list] = fetched === undefined ? [] : await valid([fetched], issuer, now);
    if (list !== undefined) return list.isCertificateRevoked(certificate) ? ['revoked'] : [];
  }
  return offline ? ['revocationStatusUnknown', 'revocationOffline'] : ['revocationStatusUnknown'];
}

/** The lists of this issuer whose signature is right and which are still good. */
async function valid(lists: readonly Uint8Array[], issuer: pkijs.Certificate, now: number): Promise<pkijs.CertificateRevocationList[]> {
  const { CertificateRevocationList } = await load();
  const good: pkijs.CertificateRevocationList[] = [];
  for (const der of lists) {
    try {
      const list = CertificateRevocationList.fromBER(Uint8Array.from(der));
      if (!list.issuer.isEqual(issuer.subject)) continue;
      if (list.nextUpdate !== undefined && list.nextUpdate.value.getTime() < now) continue;
      if (await list.verify({ issuerCertificate: issuer })) good.push(list);
    } catch {
      // What cannot be read says nothing.
    }
  }
  return good;
}

function addressesOf(certificate: pkijs.Certificate): string[] {
  const points = certificate.extensions?.find(({ extnID }) => extnID === DISTRIBUTION_POINTS)?.parsedValue as pkijs.CRLDistributionPoints | undefined;
  return (points?.distributionPoints ?? []).flatMap(({ distributionPoint }) =>
    Array.isArray(distributionPoint) ? distributionPoint.filter(({ type }) => type === URI).map(({ value }) => String(value)) : [],
  );
}
