// The demo itself, once everything is built: runs in the environment that scripts/demo.mjs has made for the token.
import { once } from 'node:events';
import { Module } from 'cryptoki';
import { describeSlots, describeToken, describeCertificates } from './describe.mjs';
import { Failure, main } from '../support/run.mjs';
import { makeKeys, makeToken } from './make.mjs';
import { signDocuments } from './sign.mjs';

const { module: path, fresh, reserved } = JSON.parse(process.env.CRYPTOKI_DEMO);
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

async function show(module, signal) {
  await describeSlots(module, path);
  const token = fresh ? await makeToken(module, fresh) : await module.token({ label: process.env.PKCS11_TOKEN });
  await token.login(fresh ? '1234' : process.env.PKCS11_PIN);
  await describeToken(token);
  const keys = await makeKeys(token, { lasting: Boolean(fresh), signal });
  await describeCertificates(token);
  return signDocuments(keys, { count: 1000, signal });
}

async function run(signal) {
  const module = await Module.load(path, reserved === undefined ? {} : { reserved });
  try {
    const interrupted = once(signal, 'abort').then(() => signal.throwIfAborted());
    return await Promise.race([show(module, signal), interrupted]);
  } finally {
    await module.close();
  }
}

await main(async () => {
  try {
    return (await run(interrupt.signal)) ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) {
      console.log('\nstopped');
      return 130;
    }
    // What the library or the token said is all there is to say; anything else is a mistake of ours, with its stack.
    throw typeof error.code === 'string' ? new Failure(error.message) : error;
  }
});
