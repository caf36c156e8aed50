// One signature with the only private key of a token, verified by node:crypto.
import { verify } from 'node:crypto';
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  const key = await token.privateKey({ label: 'signer' });
  const document = Buffer.from('a document');
  const signature = await key.sign('sha256', document);
  // From its public key object or its certificate, or made of the private key's own attributes.
  const publicKey = (await key.findPublicKey()).toKeyObject();
  console.log(`${signature.length} bytes, ${verify('sha256', document, publicKey, signature) ? 'good' : 'bad'}`);
} finally {
  await module.close();
}
