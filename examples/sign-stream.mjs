// A signature for each line of a file, however many lines it has: its own, or `node sign-stream.mjs file`.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Module } from 'cryptoki';

/** The lines of a file, as bytes. */
async function* lines(file) {
  for await (const line of createInterface({ input: createReadStream(file) })) yield Buffer.from(line);
}

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  const key = await token.privateKey({ label: 'signer' });
  for await (const signature of key.signStream('sha256', lines(process.argv[2] ?? new URL(import.meta.url))))
    console.log(Buffer.from(signature).toString('base64'));
} finally {
  await module.close();
}
