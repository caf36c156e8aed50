// Certificates made with @peculiar/x509 for the tests of messages.

// What @peculiar/x509 is built on wants it before everything else.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { webcrypto } from 'node:crypto';

export { x509 };

/** What the libraries take a Web Cryptography for. */
export type AnyCrypto = globalThis.Crypto;

/** A certificate of a pair for itself. */
export function selfSigned(
  crypto: object,
  keys: webcrypto.CryptoKeyPair,
  { name = 'CN=Somebody, O=Ours', signingAlgorithm = { name: keys.privateKey.algorithm.name, hash: 'SHA-256' } as object } = {},
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '0badcafe',
      name,
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2049-12-31'),
      signingAlgorithm: signingAlgorithm as never,
      keys: keys as never,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    crypto as AnyCrypto,
  );
}

/** A certificate for a public key, by somebody who may only agree or decrypt with it, issued by another pair. */
export function issued(
  crypto: object,
  publicKey: object,
  issuer: { readonly certificate: x509.X509Certificate; readonly privateKey: webcrypto.CryptoKey },
  { name = 'CN=Receiver, O=Ours', signingAlgorithm = { name: issuer.privateKey.algorithm.name, hash: 'SHA-256' } as object } = {},
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create(
    {
      serialNumber: '0badcaff',
      subject: name,
      issuer: issuer.certificate.subject,
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2049-12-31'),
      signingAlgorithm: signingAlgorithm as never,
      publicKey: publicKey as never,
      signingKey: issuer.privateKey as never,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true)],
    },
    crypto as AnyCrypto,
  );
}
