// An ES module that uses the package: must compile with its published declarations.
import type { KeyObject } from 'node:crypto';
import { CKM, CryptokiError, Module, Pkcs11Error, Slot, Token, nameOf, type Attributes, type KeyPair, type SignatureOptions } from 'cryptoki';
import { CKF, Raw, type GcmParams } from 'cryptoki/raw';

const options: SignatureOptions = { padding: 'pss', saltLength: 32, signal: AbortSignal.timeout(1000) };

export async function main(path: string): Promise<Uint8Array | undefined> {
  await using module = await Module.load(path);
  const token = await module.token({ label: 'demo' });
  await token.login(({ purpose }) => (purpose === 'login' ? '1234' : null));
  const pair: KeyPair = await token.generateKeyPair('ec', { namedCurve: 'P-256' });
  const half: KeyObject = pair.publicKey.toKeyObject();
  const read: Pick<Attributes, 'label'> = await pair.privateKey.get(['label']);
  for await (const key of token.privateKeys({ label: read.label ?? '' })) return key.sign('sha256', new Uint8Array(1), options);
  // @ts-expect-error tokens are found, not made
  new Token();
  // @ts-expect-error slots are listed, not made
  new Slot();
  // @ts-expect-error there is no such option
  await pair.privateKey.sign('sha256', new Uint8Array(1), { pading: 'pss' });
  // @ts-expect-error there is no such type of key
  await token.generateKeyPair('rsa-2048');
  // @ts-expect-error what is private is not declared
  void module.state;
  void half;
  return undefined;
}

export async function raw(path: string): Promise<string | undefined> {
  await using library = await Raw.load(path);
  const [slot = 0] = await library.C_GetSlotList(true);
  const session: bigint = await library.C_OpenSession(slot, CKF.SERIAL_SESSION);
  const parameter: GcmParams = { iv: new Uint8Array(12), tagBits: 128 };
  await library.C_EncryptInit(session, { mechanism: CKM.AES_GCM, parameter }, 1n);
  // @ts-expect-error data is bytes
  await library.C_Encrypt(session, 'text');
  return nameOf('CKM', CKM.AES_GCM);
}

export const code = (error: unknown): string | undefined =>
  Pkcs11Error.is(error) || CryptokiError.is(error, 'ERR_CRYPTOKI_CLOSED') ? error.code : undefined;
