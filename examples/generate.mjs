// A key pair that is made on the token and stays there.
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  // token: true keeps it when the program ends; without, it is gone with the session.
  const { privateKey, publicKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'made by an example', token: true });
  const keyObject = publicKey.toKeyObject();
  console.log(keyObject.export({ type: 'spki', format: 'pem' }));
  console.log(await privateKey.get(['sensitive', 'extractable', 'alwaysSensitive']));
} finally {
  await module.close();
}
