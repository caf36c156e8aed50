// Initialises the token of $SOFTHSM2_CONF for scripts/package/consumers/sign.cjs and writes its certificate into $PKCS11_CERTIFICATE.
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Module } from '../../dist/index.mjs';
import { selfSigned } from '../support/certificate.mjs';

const PIN = '1234';
const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const [slot] = await module.slots({ tokenPresent: true });
  const token = await slot.initToken({ label: 'package', soPin: '12345678' });
  await token.login('12345678', { user: 'so' });
  await token.initPin(PIN);
  await token.logout();
  await token.login(PIN);
  const id = Buffer.of(1);
  const { privateKey, publicKey } = await token.generateKeyPair('rsa', { modulusLength: 2048, label: 'signer', id, token: true });
  const certificate = await selfSigned({
    subject: 'package',
    publicKey: publicKey.toKeyObject(),
    person: true,
    sign: (bytes) => privateKey.sign('sha256', bytes),
  });
  await token.importCertificate(certificate, { label: 'signer', id });
  writeFileSync(process.env.PKCS11_CERTIFICATE, new X509Certificate(certificate).toString());
} finally {
  await module.close();
}
