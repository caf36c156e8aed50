// The certificates of a token, each with its key and its chain; one more from the file in CERTIFICATE.
import { readFileSync } from 'node:fs';
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  if (process.env.CERTIFICATE) await token.importCertificate(readFileSync(process.env.CERTIFICATE), { label: 'signer' });
  for await (const certificate of token.certificates()) {
    const { subject, validTo } = certificate.x509;
    const key = await certificate.privateKey().catch((error) => {
      if (error.code === 'ERR_CRYPTOKI_NOT_FOUND') return undefined;
      throw error;
    });
    console.log(`${subject}, until ${validTo}: ${key ? `its ${key.type} key is here` : 'without its key'}`);
    for (const issuer of (await certificate.chain()).slice(1)) console.log(`  issued by ${issuer.x509.subject}`);
  }
} finally {
  await module.close();
}
