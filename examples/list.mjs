// What is there: slots, tokens, and the objects that anyone may see.
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  for (const slot of await module.slots({ tokenPresent: true })) {
    const token = await slot.token();
    if (!(await token.info()).tokenInitialized) continue;
    console.log(`slot ${slot.id}: ${token.label || '(no label)'}, ${token.manufacturer} ${token.model}`);
    for await (const certificate of token.certificates()) {
      console.log(`  certificate ${certificate.x509.subject}, valid until ${certificate.x509.validTo}`);
    }
    for await (const key of token.publicKeys()) console.log(`  public key ${key.label ?? ''} (${key.type})`);
  }
} finally {
  await module.close();
}
