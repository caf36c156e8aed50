import type { X509Certificate } from 'node:crypto';
import type { TrustReason } from './trust';

/** From a certificate upwards, as far as issuers were found. */
export interface Path {
  readonly certificates: readonly X509Certificate[];
  readonly reasons: readonly TrustReason[];
}

const MOST_CERTIFICATES = 16;

export const isSame = (a: X509Certificate, b: X509Certificate): boolean => a.fingerprint256 === b.fingerprint256;

/** The names fit; keys and signatures have not been looked at. */
const names = (issuer: X509Certificate, subject: X509Certificate): boolean => subject.issuer === issuer.subject;

export function isSignedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.verify(issuer.publicKey);
  } catch {
    // An algorithm that this Node.js does not know: then nothing speaks for it.
    return false;
  }
}

/** The best path: one that ends at a trusted root before all others, then the longest. */
export function pathOf(certificate: X509Certificate, candidates: readonly X509Certificate[], roots: readonly X509Certificate[]): Path {
  const trusted = (one: X509Certificate): boolean => roots.some((root) => isSame(root, one));
  let best: Path | undefined;
  const consider = (path: readonly X509Certificate[], ...reasons: TrustReason[]): boolean => {
    const good = reasons.length === 0;
    if (best === undefined || good || path.length > best.certificates.length) best = { certificates: path, reasons };
    return good;
  };
  const climb = (path: readonly X509Certificate[], ...before: TrustReason[]): boolean => {
    const last = path.at(-1)!;
    if (trusted(last)) return consider(path, ...before);
    if (names(last, last)) return consider(path, ...before, ...(isSignedBy(last, last) ? [] : ['signatureInvalid' as const]), 'untrustedRoot');
    const issuers = candidates.filter((one) => names(one, last));
    if (issuers.length === 0) return consider(path, ...before, 'partialChain');
    const signers = issuers.filter((one) => isSignedBy(last, one));
    const next = (signers.length > 0 ? signers : issuers).filter((one) => !path.some((member) => isSame(member, one)));
    if (next.length === 0 || path.length >= MOST_CERTIFICATES) return consider(path, ...before, 'cyclicChain');
    const broken: TrustReason[] = signers.length > 0 ? [] : ['signatureInvalid'];
    return next.some((one) => climb([...path, one], ...before, ...broken));
  };
  climb([certificate]);
  return best!;
}
