// Thousands of signatures, over all sessions that the token stands. Ctrl-C stops what has not begun.
const { BulkError, Module } = require('cryptoki');

async function main() {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const module = await Module.load(process.env.PKCS11_MODULE);
  try {
    const token = await module.token({ label: process.env.PKCS11_TOKEN });
    await token.login(process.env.PKCS11_PIN);
    const key = await token.privateKey({ label: 'signer' });
    const documents = Array.from({ length: 1000 }, (_, index) => Buffer.from(`document ${index}`));
    const signatures = await key.signMany('sha256', documents, {
      signal: interrupt.signal,
      onProgress: ({ done, total, perSecond }) => console.log(`${done} of ${total}, ${perSecond} per second`),
    });
    console.log(`${signatures.length} signatures`);
  } catch (error) {
    if (!(error instanceof BulkError)) throw error;
    console.error(`document ${error.index}: ${error.cause.message}`);
    process.exitCode = 1;
  } finally {
    await module.close();
  }
}

main();
