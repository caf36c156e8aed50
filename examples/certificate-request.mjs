// A request for a certificate, signed by a key pair that is made on the token and stays there; needs @peculiar/x509 and reflect-metadata.
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { Module } from 'cryptoki';
import { Crypto } from 'cryptoki/webcrypto';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  const crypto = new Crypto(token);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', token: true, label: 'www.example.com' };
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: 'CN=www.example.com',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'www.example.com' }])],
    },
    crypto,
  );
  console.log(request.toString('pem'));
} finally {
  await module.close();
}
