// Messages of RFC 5652 by pkijs: signed and enveloped.

import * as asn1js from 'asn1js';
import type { webcrypto } from 'node:crypto';
import * as pkijs from 'pkijs';
import type { x509 } from './certificates';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const ENVELOPED_DATA = '1.2.840.113549.1.7.3';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';

export const engineOf = (crypto: object): pkijs.CryptoEngine => new pkijs.CryptoEngine({ name: '', crypto: crypto as globalThis.Crypto });

const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const der = (schema: { toSchema(): asn1js.BaseBlock }): Buffer => Buffer.from(schema.toSchema().toBER());

export const certificateOf = (certificate: x509.X509Certificate): pkijs.Certificate => pkijs.Certificate.fromBER(certificate.rawData);

export interface Signing {
  readonly certificate: x509.X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
  readonly hash: string;
  /** The content is not in the message. */
  readonly detached?: boolean;
}

/** A SignedData with one signer and signed attributes. */
export async function signedData(content: Uint8Array, { certificate, privateKey, hash, detached = false }: Signing, crypto: object): Promise<Buffer> {
  const engine = engineOf(crypto);
  const parsed = certificateOf(certificate);
  const digest = await engine.digest(hash, exact(content));
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: DATA,
      ...(!detached && { eContent: new asn1js.OctetString({ valueHex: exact(content) }) }),
    }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: parsed.issuer, serialNumber: parsed.serialNumber }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            new pkijs.Attribute({ type: CONTENT_TYPE, values: [new asn1js.ObjectIdentifier({ value: DATA })] }),
            new pkijs.Attribute({ type: MESSAGE_DIGEST, values: [new asn1js.OctetString({ valueHex: digest })] }),
          ],
        }),
      }),
    ],
    certificates: [parsed],
  });
  await signed.sign(privateKey as never, 0, hash, exact(content), engine);
  return der(new pkijs.ContentInfo({ contentType: SIGNED_DATA, content: signed.toSchema(true) }));
}

/** Whether the first signature is that of its certificate; `content` where it is not in the message. */
export async function verifiedData(message: Uint8Array, crypto: object, content?: Uint8Array): Promise<boolean> {
  const signed = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(exact(message)).content });
  const given = content === undefined ? {} : { data: exact(content) };
  // What is wrong with a signature pkijs throws where it can name it.
  return signed.verify({ signer: 0, checkChain: false, ...given }, engineOf(crypto)).catch(() => false);
}

/** An EnvelopedData for the holder of a certificate. */
export async function envelopedData(content: Uint8Array, certificate: x509.X509Certificate, crypto: object): Promise<Buffer> {
  const engine = engineOf(crypto);
  const enveloped = new pkijs.EnvelopedData();
  // SoftHSM knows OAEP with SHA-1 only, and so does OpenSSL unless told otherwise.
  enveloped.addRecipientByCertificate(certificateOf(certificate), { oaepHashAlgorithm: 'SHA-1', kdfAlgorithm: 'SHA-256' }, undefined, engine);
  await enveloped.encrypt({ name: 'AES-CBC', length: 256 } as never, exact(content), engine);
  return der(new pkijs.ContentInfo({ contentType: ENVELOPED_DATA, content: enveloped.toSchema() }));
}

/** What is in it. */
export async function openedData(
  message: Uint8Array,
  certificate: x509.X509Certificate,
  privateKey: webcrypto.CryptoKey,
  crypto: object,
): Promise<Buffer> {
  const enveloped = new pkijs.EnvelopedData({ schema: pkijs.ContentInfo.fromBER(exact(message)).content });
  const engine = engineOf(crypto);
  return Buffer.from(
    await enveloped.decrypt(0, { recipientCertificate: certificateOf(certificate), recipientPrivateKey: privateKey as never }, engine),
  );
}
