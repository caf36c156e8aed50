// AES-GCM with a key that never leaves the token.
import { randomBytes } from 'node:crypto';
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  const key = await token.generateKey('aes', { length: 256 });
  const algorithm = { name: 'aes-gcm', iv: randomBytes(12), additionalData: Buffer.from('not secret, but bound to it') };
  // The tag stands at the end of what comes back.
  const ciphertext = await key.encrypt(algorithm, Buffer.from('a secret'));
  console.log(Buffer.from(await key.decrypt(algorithm, ciphertext)).toString());
} finally {
  await module.close();
}
