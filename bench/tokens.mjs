// What is measured: a key on the instant module, or on SoftHSM.
import { Module } from '../dist/index.mjs';
import { instantModule } from './instant.mjs';

export { inputs } from './inputs.mjs';

/** Most calls at once in the table: twice as many as there are sessions, so that none falls idle. */
export const MANY = 128;

/** 32 bytes, like a digest. */
export const DATA = new Uint8Array(32).fill(7);

/** Gives `work` a token of the instant module with a P-256 key; `told` is the module's own side. `threads` is that of `Module.load`. */
export async function withInstant(work, { threads, ...options } = {}) {
  const told = instantModule(options);
  const module = await Module.load(told.path, { threads });
  try {
    const [slot] = await module.slots({ tokenPresent: true });
    const token = await slot.token();
    await token.login(told.pin);
    const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: false });
    return await work({ told, token, key: privateKey });
  } finally {
    await module.close();
    told.remove();
  }
}

/** Gives `work` a fresh SoftHSM token with two keys. Library and configuration come from the environment: see run.mjs. `threads` is that of `Module.load`. */
export async function withSoftHsm(work, { threads } = {}) {
  const path = process.env.PKCS11_MODULE;
  const module = await Module.load(path, { threads });
  try {
    const [slot] = await module.slots();
    const token = await slot.initToken({ label: 'bench', soPin: '12345678' });
    await token.login('12345678', { user: 'so' });
    await token.initPin('1234');
    await token.logout();
    await token.login('1234');
    const ec = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'P-256', token: true });
    const rsa = await token.generateKeyPair('rsa', { modulusLength: 2048, label: 'RSA-2048', token: true });
    // The yardstick looks for the slot itself: SoftHSM gives it another number in the next process.
    return await work({ told: { path, environment: {}, yardstick: { pin: '1234' } }, ec: ec.privateKey, rsa: rsa.privateKey });
  } finally {
    await module.close();
  }
}
