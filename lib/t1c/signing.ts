// Signing a hash with the key of a certificate, and verifying it.

import { constants, createECDH, publicDecrypt, type KeyObject } from 'node:crypto';
import type { Certificate, Module, PrivateKey, PublicKey, Token } from '../index';
import { CKC } from '../index';
import { alone, loggedOutAfter } from '../one-login';
import { exceptionOf, invalid } from './errors';
import type { SignRequest } from './requests';

/** The signature in base64. */
export function signedBy(module: Module, request: SignRequest): Promise<string> {
  return withToken(module, request, async (token) => {
    const certificate = await certificateOf(token, request);
    assertSigns(certificate);
    return loggedInFor(token, request.pin, true, async () => {
      const key = await keyOf(token, certificate);
      const signature = await key.signDigest(request.hash, request.digest, { dsaEncoding: key.type === 'ec' ? 'ieee-p1363' : undefined });
      return Buffer.from(signature).toString('base64');
    });
  });
}

/** Whether the signature of the request is the certificate's. */
export function isSigned(module: Module, request: SignRequest): Promise<boolean> {
  return withToken(module, request, async (token) => {
    const certificate = await certificateOf(token, request);
    assertSigns(certificate);
    return loggedInFor(token, request.pin, false, () => verified(token, certificate, request));
  });
}

async function withToken<Result>(module: Module, { slotId }: SignRequest, work: (token: Token) => Promise<Result>): Promise<Result> {
  const token = await module.slot(slotId).token();
  // A login is the token's, not the call's: two calls with two PINs must not meet.
  return alone(token, async () => {
    try {
      return await work(token);
    } catch (error) {
      throw await exceptionOf(error, token);
    }
  });
}

/** Runs `work` after a login where the request has a PIN, or it is `needed`. */
async function loggedInFor<Result>(token: Token, pin: string | undefined, needed: boolean, work: () => Promise<Result>): Promise<Result> {
  if (pin === undefined && !(needed && (await asksAtPinPad(token)))) return work();
  return loggedOutAfter(token, {}, async () => {
    await token.login(pin ?? null);
    return work();
  });
}

/** Whether the token wants a login and has a PIN pad for it; false where it wants none. */
async function asksAtPinPad(token: Token): Promise<boolean> {
  const { loginRequired, protectedAuthenticationPath } = await token.info();
  if (loginRequired && !protectedAuthenticationPath) throw invalid('"pin" is missing, and the token has no PIN pad of its own');
  return loginRequired;
}

function assertSigns(certificate: Certificate): void {
  const type = certificate.x509.publicKey.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') throw invalid('the key of this certificate is neither RSA nor EC: it signs no hash');
}

async function certificateOf(token: Token, { certificateId }: SignRequest): Promise<Certificate> {
  for await (const certificate of token.certificates({ id: certificateId })) {
    if (certificate.certificateType === CKC.X_509) return certificate;
  }
  throw invalid('the token has no certificate with this "cert_id"');
}

/** The private key with the CKA_ID of the certificate, of its kind: some cards number RSA and EC alike. */
async function keyOf(token: Token, { id, x509 }: Certificate): Promise<PrivateKey> {
  for await (const key of token.privateKeys({ id })) if (key.type === x509.publicKey.asymmetricKeyType) return key;
  throw invalid('no private key of this certificate is on the token');
}

async function verified(token: Token, certificate: Certificate, request: SignRequest): Promise<boolean> {
  const { publicKey } = certificate.x509;
  return publicKey.asymmetricKeyType === 'rsa' ? verifiedByRsa(publicKey, request) : verifiedByEc(token, certificate, request);
}

/** What stands before the hash in a DigestInfo (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** Not by the token: OpenSC answers CKR_GENERAL_ERROR to every wrong signature, as to a card in trouble. */
function verifiedByRsa(key: KeyObject, { hash, digest, signature }: SignRequest): boolean {
  try {
    const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature!);
    return opened.equals(Buffer.concat([Buffer.from(DIGEST_INFO[hash]!, 'hex'), digest]));
  } catch {
    return false;
  }
}

/** With the public key object of the certificate, or one that is made for this and goes again. */
async function verifiedByEc(token: Token, certificate: Certificate, request: SignRequest): Promise<boolean> {
  const { publicKey } = certificate.x509;
  for await (const key of token.publicKeys({ id: certificate.id, verify: true }))
    if (isOf(key, publicKey)) return verifiedBy(key, publicKey, request);
  const key = (await token.importKey(publicKey, { token: false })) as PublicKey;
  try {
    return await verifiedBy(key, publicKey, request);
  } finally {
    await key.destroy().catch(() => undefined);
  }
}

async function verifiedBy(key: PublicKey, { asymmetricKeyDetails }: KeyObject, { hash, digest, signature }: SignRequest): Promise<boolean> {
  const curve = asymmetricKeyDetails?.namedCurve;
  // A curve that has no name has a size that is not known here.
  const raw = curve === undefined || signature!.length === rawBytes(curve);
  return (
    (raw && (await key.verifyDigest(hash, digest, signature!, { dsaEncoding: 'ieee-p1363' }))) ||
    (await key.verifyDigest(hash, digest, signature!, { dsaEncoding: 'der' }))
  );
}

/** Bytes of r and s together: as many as the two coordinates of a point have, which stand behind one byte. */
function rawBytes(curve: string): number {
  return createECDH(curve).generateKeys().length - 1;
}

function isOf(key: PublicKey, publicKey: KeyObject): boolean {
  try {
    return key.toKeyObject().equals(publicKey);
  } catch {
    // Some tokens do not tell the key of which they have an object.
    return false;
  }
}
