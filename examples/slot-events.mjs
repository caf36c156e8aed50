// Cards that come and go, for ten seconds.
import { Module } from 'cryptoki';

const module = await Module.load(process.env.PKCS11_MODULE);
const signal = AbortSignal.timeout(Number(process.env.SECONDS ?? 10) * 1000);
try {
  for await (const { slot, tokenPresent } of module.slotEvents({ signal })) {
    console.log(`slot ${slot.id}: ${tokenPresent ? (await slot.token()).label : 'empty'}`);
  }
} catch (error) {
  if (!signal.aborted) throw error;
} finally {
  await module.close();
}
console.log('done');
