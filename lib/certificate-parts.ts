import { DerError, DerReader, parse, TAG, unpadded } from './der';

/** The parts of an X.509 certificate that PKCS #11 keeps as attributes of their own, each as whole DER. */
export interface CertificateParts {
  readonly serialNumber: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
}

/** Takes a certificate apart (RFC 5280, section 4.1); undefined for what is not one. */
export function certificateParts(der: Uint8Array): CertificateParts | undefined {
  try {
    const body = new DerReader(der).sequence().sequence();
    body.optional(TAG.CONTEXT_0);
    const serialNumber = body.element().whole;
    // The algorithm of the signature.
    body.element();
    const issuer = body.element().whole;
    // The time of validity.
    body.element();
    const subject = body.element().whole;
    return { serialNumber, issuer, subject, publicKeyInfo: body.element().whole };
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** The key itself in a SubjectPublicKeyInfo: what stands in its BIT STRING. */
export function publicKeyBits(publicKeyInfo: Uint8Array): Uint8Array | undefined {
  return quietly(() =>
    parse(publicKeyInfo, (reader) => {
      const body = reader.sequence();
      body.element();
      return body.bits();
    }),
  );
}

/** The modulus of an RSAPublicKey (RFC 8017, appendix A.1.1). */
export function rsaModulus(bits: Uint8Array): Uint8Array | undefined {
  return quietly(() => unpadded(new DerReader(bits).sequence().unsigned()));
}

/** The content of an OCTET STRING, where the bytes are just that. */
export function octets(bytes: Uint8Array): Uint8Array | undefined {
  return quietly(() => parse(bytes, (reader) => reader.read(TAG.OCTET_STRING)));
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
