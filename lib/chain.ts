import type { X509Certificate } from 'node:crypto';
import { CKC, CKO } from './generated/constants';
import { findObjects } from './find';
import type { Certificate } from './certificate';
import type { CallOptions } from './options';
import type { TokenContext } from './token-context';

/** The certificate, its issuer, and so on, as far as the token has them. Bridges and cross-signatures cannot make it go in circles. */
export async function chainOf(context: TokenContext, certificate: Certificate, options: CallOptions): Promise<Certificate[]> {
  const candidates: Certificate[] = [];
  const query = { class: CKO.CERTIFICATE, certificateType: CKC.X_509 };
  for await (const object of findObjects(context, query, options)) candidates.push(object as Certificate);

  const chain = [certificate];
  const seen = new Set([certificate.x509.fingerprint256]);
  for (let last = certificate.x509; !isIssuer(last, last);) {
    const issuer = candidates.find((candidate) => {
      const x509 = readable(candidate);
      return x509 !== undefined && !seen.has(x509.fingerprint256) && isIssuer(x509, last);
    });
    if (issuer === undefined) break;
    last = issuer.x509;
    seen.add(last.fingerprint256);
    chain.push(issuer);
  }
  return chain;
}

/** Somebody else's broken certificate on the token is no reason to fail. */
function readable(certificate: Certificate): X509Certificate | undefined {
  try {
    return certificate.x509;
  } catch {
    return undefined;
  }
}

/** The names fit, and the signature: names alone anybody can write. */
function isIssuer(issuer: X509Certificate, subject: X509Certificate): boolean {
  if (!subject.checkIssued(issuer)) return false;
  try {
    return subject.verify(issuer.publicKey);
  } catch {
    // An algorithm that this Node does not know: then nothing can be said for it.
    return false;
  }
}
