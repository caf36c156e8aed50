// A file, encrypted and decrypted piece by piece with a key of the token.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { Module } from 'cryptoki';

const folder = await mkdtemp(join(tmpdir(), 'stream-'));
const [plain, sealed, opened] = ['plain', 'sealed', 'opened'].map((name) => join(folder, name));
await writeFile(plain, randomBytes(1_000_000));

const module = await Module.load(process.env.PKCS11_MODULE);
try {
  const token = await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(process.env.PKCS11_PIN);
  const key = await token.generateKey('aes', { length: 256 });
  const algorithm = { name: 'aes-cbc', iv: randomBytes(16) };
  await pipeline(key.encryptStream(algorithm, createReadStream(plain)), createWriteStream(sealed));
  await pipeline(key.decryptStream(algorithm, createReadStream(sealed)), createWriteStream(opened));
  console.log((await readFile(opened)).equals(await readFile(plain)) ? 'the same' : 'different');
} finally {
  await module.close();
  await rm(folder, { recursive: true });
}
