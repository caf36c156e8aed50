import type { X509Certificate } from 'node:crypto';
import type { Certificate as OurCertificate } from '../index';
import { operation } from './error';
import { behind, TokenObject } from './object';
import { judge, type TrustReason, type Usage } from './trust';
import { isSame } from './trust-path';

/** What `getTrust` answers. */
export interface Trust {
  /** 'ok', or why not. */
  readonly trustStatus: 'ok' | TrustReason[];
  /** What the extended key usage of the certificate allows. */
  readonly usages: Usage[];
  /** The certificate and those above it, as far as they were found. Those that are not on the token have no handle: 0. */
  readonly certPath: Certificate[];
}

/**
 * A certificate.
 *
 * @example
 * const { trustStatus } = await certificate.getTrust();
 */
export class Certificate extends TokenObject<OurCertificate> {
  readonly type = 'certificate' as const;

  /** Whether it is its own issuer. */
  get root(): boolean {
    const { issuer, subject } = behind(this).ours.x509;
    return issuer === subject;
  }

  /** From when on it is valid. */
  get notBefore(): Date {
    return new Date(behind(this).ours.x509.validFrom);
  }

  /** Until when it is valid. */
  get notAfter(): Date {
    return new Date(behind(this).ours.x509.validTo);
  }

  /**
   * The certificate in PEM.
   *
   * @example
   * const pem = await certificate.getValue();
   */
  getValue(): Promise<string> {
    return operation(() => {
      const { ours, connection } = behind(this);
      connection.assertOpen();
      return ours.x509.toString();
    });
  }

  /**
   * Whether it can be trusted, what for, and the path to its root.
   *
   * @example
   * const { trustStatus, certPath } = await certificate.getTrust();
   */
  getTrust(): Promise<Trust> {
    return operation(async () => {
      const { ours, connection } = behind(this);
      const { token, options, trust } = connection;
      const present: OurCertificate[] = [];
      for await (const one of token.certificates(undefined, options)) if (isX509(one)) present.push(one);
      const others = present.map(({ x509 }) => x509);
      const { trustStatus, usages, path } = await judge(ours.x509, others, trust, options);
      connection.assertOpen();
      const certPath = path.map((x509, index) => {
        if (index === 0) return this;
        const here = present.find((one) => isSame(one.x509, x509));
        return new Certificate(this.parent, here ?? elsewhere(x509), connection);
      });
      return { trustStatus, usages, certPath };
    });
  }
}

/** A certificate of a path that is not on the token. */
const elsewhere = (x509: X509Certificate): OurCertificate =>
  ({ x509, handle: 0n, id: undefined, label: undefined, attributes: { modifiable: false, private: false } }) as unknown as OurCertificate;

/** Whether it can be read: what is of another kind, or damaged, is not shown. */
export function isX509(certificate: OurCertificate): boolean {
  try {
    return certificate.x509 !== undefined;
  } catch {
    return false;
  }
}
