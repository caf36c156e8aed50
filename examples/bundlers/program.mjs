// What is bundled: signs with a key of a token and says whether the signature is good.
import { verify } from 'node:crypto';
import { Module } from 'cryptoki';

const data = Buffer.from('signed from a bundle');

async function main() {
  const module = await Module.load(process.env.PKCS11_MODULE);
  try {
    const token = await module.token({ label: process.env.PKCS11_TOKEN });
    await token.login(process.env.PKCS11_PIN);
    const key = await token.privateKey({ label: 'signer' });
    const signature = await key.sign('sha256', data);
    const publicKey = (await key.findPublicKey()).toKeyObject();
    console.log(verify('sha256', data, publicKey, signature) ? 'good' : 'bad');
  } finally {
    await module.close();
  }
}

main().catch((error) => {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
});
