import { createHash, X509Certificate } from 'node:crypto';
import { CALL } from './generated/calls';
import { CKC, CKO } from './generated/constants';
import { bytes, plainObject, string, wrongType, wrongValue } from './arguments';
import { certificateParts, publicKeyBits } from './certificate-parts';
import { findKeyOf } from './key-match';
import { make } from './new-key';
import { withTemplate } from './prepared-template';
import type { AttributeTemplate } from './attributes';
import type { Certificate } from './certificate';
import type { CallOptions } from './options';
import type { TokenContext } from './token-context';

/** An X.509 certificate: node:crypto's, PEM text, or PEM or DER bytes. */
export type CertificateSource = X509Certificate | string | Uint8Array;

/** Options of `token.importCertificate`. */
export interface ImportCertificateOptions extends CallOptions {
  /** Default: the common name of the subject. */
  readonly label?: string | undefined;
  /** CKA_ID. Default: that of the key on this token, else the SHA-1 of the public key (RFC 5280, section 4.2.1.2). */
  readonly id?: Uint8Array | undefined;
  /** Kept on the token; false: as long as the token object in this process. Default: true. */
  readonly token?: boolean | undefined;
  /** Visible only after login. Default: false. */
  readonly private?: boolean | undefined;
  /** Further attributes. */
  readonly attributes?: AttributeTemplate | undefined;
}

/** Makes a certificate object of an X.509 certificate. */
export async function importCertificate(
  context: TokenContext,
  source: CertificateSource,
  options: ImportCertificateOptions = {},
): Promise<Certificate> {
  const handle = await createCertificate(context, parse(source), options);
  const { signal, timeLimit } = options;
  return (await context.load(handle, { signal, timeLimit }, CKO.CERTIFICATE)) as Certificate;
}

/** Makes the object and answers its handle. */
export async function createCertificate(context: TokenContext, x509: X509Certificate, options: ImportCertificateOptions): Promise<bigint> {
  plainObject(options, 'options');
  const { label = commonName(x509), id, token = true, private: isPrivate = false, attributes, signal, timeLimit } = options;
  const call = { signal, timeLimit };
  const parts = certificateParts(x509.raw);
  if (parts === undefined) throw wrongValue('certificate', 'must be an X.509 certificate in DER or PEM');
  context.assertOpen();
  const template: AttributeTemplate = {
    class: CKO.CERTIFICATE,
    certificateType: CKC.X_509,
    token,
    private: isPrivate,
    label: label === undefined ? undefined : string(label, 'options.label'),
    id: id === undefined ? await defaultId(context, parts.publicKeyInfo, call) : bytes(id, 'options.id'),
    subject: parts.subject,
    issuer: parts.issuer,
    serialNumber: parts.serialNumber,
    value: x509.raw,
    ...attributes,
  };
  return withTemplate(template, 'attributes', async (prepared) => {
    const request = (session: bigint) => prepared.writeTo(context.client.request(CALL.C_CreateObject).u64(session));
    const [handle] = await make(context, prepared.token === true, call, request, (reply) => [reply.u64()]);
    return handle as bigint;
  });
}

function parse(source: CertificateSource): X509Certificate {
  if (source instanceof X509Certificate) return source;
  if (typeof source !== 'string' && !ArrayBuffer.isView(source)) {
    throw wrongType('certificate', 'an X509Certificate, PEM text, or PEM or DER bytes', source);
  }
  try {
    return new X509Certificate(typeof source === 'string' ? source : bytes(source, 'certificate'));
  } catch {
    throw wrongValue('certificate', 'must be an X.509 certificate in DER or PEM');
  }
}

function commonName(x509: X509Certificate): string | undefined {
  return /^CN=(.+)$/m.exec(x509.subject ?? '')?.[1];
}

async function defaultId(context: TokenContext, publicKeyInfo: Uint8Array, options: CallOptions): Promise<Uint8Array> {
  for (const objectClass of [CKO.PRIVATE_KEY, CKO.PUBLIC_KEY] as const) {
    const key = await findKeyOf(context, objectClass, publicKeyInfo, undefined, options);
    if (key?.id !== undefined && key.id.length > 0) return key.id;
  }
  return createHash('sha1')
    .update(publicKeyBits(publicKeyInfo) ?? publicKeyInfo)
    .digest();
}
