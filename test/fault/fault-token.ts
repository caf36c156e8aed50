// The programmable module with a key on its first token whose signatures are reckoned here too.

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { CKK, CKM, CKO, Module, type Token } from '../../lib';
import { FaultModule } from '../support/fault-module';
import type { Signing } from './workload';

export const PIN = '1234';
const LABEL = 'signer';

export interface Stage {
  readonly fault: FaultModule;
  readonly module: Module;
  readonly token: Token;
  readonly signing: Signing;
}

/** What its C_Sign makes with CKM_ECDSA_SHA256: see signatures.c. */
export function signatureBy(value: Uint8Array, input: Uint8Array): Buffer {
  const seed = createHash('sha256').update(value).digest();
  const mechanism = Buffer.alloc(8);
  mechanism.writeBigUInt64LE(BigInt(CKM.ECDSA_SHA256));
  const sum = createHmac('sha256', seed).update(mechanism).update(input).digest();
  return Buffer.concat([sum, sum]);
}

/** Logs in and finds the key. */
export async function openSigning(token: Token, value: Uint8Array, pin: string = PIN): Promise<Signing> {
  await token.login(pin);
  const key = await token.privateKey({ label: LABEL });
  return {
    key,
    algorithm: 'sha256',
    dsaEncoding: 'ieee-p1363',
    right: (input, signature) => signatureBy(value, input).equals(signature),
  };
}

/** Puts the key on the token. */
export async function addKey(token: Token, value: Uint8Array): Promise<void> {
  await token.create({
    class: CKO.PRIVATE_KEY,
    keyType: CKK.EC,
    token: true,
    label: LABEL,
    id: Buffer.from('01', 'hex'),
    sign: true,
    ecParams: Buffer.from('06082a8648ce3d030107', 'hex'),
    value,
  });
}

/** Runs `body` with a module, a token that is logged in and a key. `prepare` gives orders before the library is loaded. */
export async function withStage<T>(prepare: (fault: FaultModule) => void, body: (stage: Stage) => Promise<T>): Promise<T> {
  const fault = new FaultModule();
  try {
    prepare(fault);
    const module = await Module.load(fault.path);
    try {
      const token = await module.token({ slotId: 1 });
      const value = randomBytes(32);
      await token.login(PIN);
      await addKey(token, value);
      await token.logout();
      return await body({ fault, module, token, signing: await openSigning(token, value) });
    } finally {
      await module.close();
    }
  } finally {
    fault.close();
  }
}
