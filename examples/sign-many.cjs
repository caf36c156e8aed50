// Many signatures at once: they queue for the token's sessions. Ctrl-C stops what has not begun.
const { Module } = require('cryptoki');

async function main() {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const module = await Module.load(process.env.PKCS11_MODULE);
  try {
    const token = await module.token({ label: process.env.PKCS11_TOKEN });
    await token.login(process.env.PKCS11_PIN);
    const key = await token.privateKey({ label: 'signer' });
    const documents = Array.from({ length: 100 }, (_, index) => Buffer.from(`document ${index}`));
    const signatures = await Promise.all(documents.map((document) => key.sign('sha256', document, { signal: interrupt.signal })));
    console.log(`${signatures.length} signatures`);
  } finally {
    await module.close();
  }
}

main();
