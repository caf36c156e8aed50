// Many documents signed by the token, and every signature judged by node:crypto.
import { randomBytes, verify } from 'node:crypto';
import { Progress } from '../support/progress.mjs';

/** How many signatures are asked for at a time: they queue for the token's sessions. */
const inFlight = 32;

async function signAll(key, documents, signal, onSigned) {
  const signatures = [];
  let next = 0;
  const worker = async () => {
    while (next < documents.length) {
      const index = next++;
      signatures[index] = await key.privateKey.sign(key.algorithm, documents[index], { signal });
      onSigned();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return signatures;
}

/** Signs `count` documents, an equal share with each key; true when every signature is good. */
export async function signDocuments(keys, { count, signal }) {
  console.log(`\nSigning ${count.toLocaleString('en')} documents`);
  const progress = new Progress(count);
  const rows = [];
  let done = 0;
  for (const [index, key] of keys.entries()) {
    const share = Math.floor(count / keys.length) + (index < count % keys.length ? 1 : 0);
    const documents = Array.from({ length: share }, () => randomBytes(1024));
    const started = performance.now();
    const signatures = await signAll(key, documents, signal, () => progress.update(++done, key.name));
    const seconds = (performance.now() - started) / 1000;
    const publicKey = key.publicKey.toKeyObject();
    const good = signatures.filter((signature, i) => verify(key.algorithm, documents[i], publicKey, signature)).length;
    rows.push({ name: key.name, share, seconds, good });
  }
  progress.end();
  for (const { name, share, seconds, good } of rows) {
    console.log(`  ${name.padEnd(8)} ${String(good).padStart(4)} of ${share} good, ${Math.round(share / seconds).toLocaleString('en')}/s`);
  }
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const good = rows.reduce((sum, row) => sum + row.good, 0);
  const number = (value) => Math.round(value).toLocaleString('en');
  console.log(`\n${number(good)} of ${number(count)} signatures verified by node:crypto`);
  console.log(`${number(count / seconds)} signatures per second`);
  return good === count;
}
