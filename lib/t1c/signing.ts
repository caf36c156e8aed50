// Signing a hash with the key of a certificate, and verifying it.

import type { KeyObject } from 'node:crypto';
import type { Certificate, Module, PublicKey, Token } from '../index';
import { CKC } from '../index';
import { alone, loggedOutAfter } from '../one-login';
import { exceptionOf, invalid } from './errors';
import type { SignRequest } from './requests';

/** The signature in base64. */
export function signedBy(module: Module, request: SignRequest): Promise<string> {
  return withToken(module, request, async (token) => {
    const certificate = await certificateOf(token, request);
    return loggedInFor(token, request.pin, true, async () => {
      const key = await onlyOne(token.privateKeys({ id: certificate.id }), 'no private key of this certificate is on the token');
      assertSigns(key.type);
      const signature = await key.signDigest(request.hash, request.digest, { dsaEncoding: key.type === 'ec' ? 'ieee-p1363' : undefined });
      return Buffer.from(signature).toString('base64');
    });
  });
}

/** Whether the signature of the request is the certificate's. */
export function isSigned(module: Module, request: SignRequest): Promise<boolean> {
  return withToken(module, request, async (token) => {
    const certificate = await certificateOf(token, request);
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
  const { loginRequired, protectedAuthenticationPath } = await token.info();
  const wanted = pin !== undefined || (needed && loginRequired);
  if (!wanted) return work();
  if (pin === undefined && !protectedAuthenticationPath) throw invalid('"pin" is missing, and the token has no PIN pad of its own');
  return loggedOutAfter(token, {}, async () => {
    await token.login(pin ?? null);
    return work();
  });
}

function assertSigns(type: string | undefined): void {
  if (type !== 'rsa' && type !== 'ec') throw invalid('the key of this certificate is neither RSA nor EC: it signs no hash');
}

async function certificateOf(token: Token, { certificateId }: SignRequest): Promise<Certificate> {
  for await (const certificate of token.certificates({ id: certificateId })) {
    if (certificate.certificateType === CKC.X_509) return certificate;
  }
  throw invalid('the token has no certificate with this "cert_id"');
}

async function onlyOne<Found>(found: AsyncIterable<Found>, otherwise: string): Promise<Found> {
  for await (const one of found) return one;
  throw invalid(otherwise);
}

/** With the public key object of the certificate, or one that is made for this and goes again. */
async function verified(token: Token, certificate: Certificate, { hash, digest, signature = new Uint8Array(0) }: SignRequest): Promise<boolean> {
  const { publicKey } = certificate.x509;
  assertSigns(publicKey.asymmetricKeyType);
  for await (const key of token.publicKeys({ id: certificate.id })) {
    if (isOf(key, publicKey)) return verifiedBy(key, hash, digest, signature);
  }
  const key = (await token.importKey(publicKey, { token: false })) as PublicKey;
  try {
    return await verifiedBy(key, hash, digest, signature);
  } finally {
    await key.destroy().catch(() => undefined);
  }
}

function isOf(key: PublicKey, publicKey: KeyObject): boolean {
  try {
    return key.toKeyObject().equals(publicKey);
  } catch {
    // Some tokens do not tell the key of which they have an object.
    return false;
  }
}

async function verifiedBy(key: PublicKey, hash: string, digest: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (key.type !== 'ec') return key.verifyDigest(hash, digest, signature);
  return (
    (await key.verifyDigest(hash, digest, signature, { dsaEncoding: 'ieee-p1363' })) ||
    (await key.verifyDigest(hash, digest, signature, { dsaEncoding: 'der' }))
  );
}
